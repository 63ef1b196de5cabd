"""Children dealt out: who, of so many that come to each turn.

Takes  the stages of a group, how many of its children come to each turn in some trials, and an
       order of the children in each; or, for one trial, raw bits that nothing else depends on.
Gives  the children of every turn, trial by trial.
Keeps  whoever stands in one cell is alike: in an order that is drawn, the first so many of them
       come to its first turn, the next so many to the next. To draw it once is enough: who stands
       before whom among those who took one way says nothing of the way. By stage it is drawn anew
       in every cell, as the futures of a seed have been since they were first drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.random import PCG64

from impactbond.settlement.lots import Numbers
from impactbond.simulation.alike import Taken
from impactbond.simulation.stages import Stage, Turn


def deal(
    stages: Sequence[Stage], taken: Sequence[Sequence[Taken]], group: int, order: Numbers
) -> Iterator[tuple[Turn, Numbers, Numbers]]:
    """Of every turn, the trials and the children of whom it comes true, side by side. `group` is
    the number of the group among those that were drawn together; `order` is shaped (trial, child).
    """
    standing = np.zeros(order.shape, dtype=np.int64)
    for stage, of_stage in zip(stages, taken, strict=True):
        after = np.zeros_like(standing)
        cell, rank, below = -1, standing, np.zeros(len(order), dtype=np.int64)
        for one in of_stage:
            if one.cell != cell:
                cell, stands = one.cell, standing == one.cell
                # The place of each among those who stand in the cell, from one: nought is nobody.
                rank = np.where(stands, np.cumsum(stands, axis=1), 0)
                below = np.zeros(len(order), dtype=np.int64)
            children = one.children[group]
            if children.any():
                upto = below + children
                # The next so many after those of the turns before.
                chosen = (rank > below[:, None]) & (rank <= upto[:, None])
                turn = stage.of_cell[one.cell][one.turn]
                after[chosen] = turn.cell
                trial, place = chosen.nonzero()
                yield turn, trial, order[trial, place]
                below = upto
        standing = after


def deal_by_stage(
    stages: Sequence[Stage], taken: Iterable[Sequence[Taken]], stream: PCG64, place: int
) -> Iterator[tuple[int, Turn]]:
    """The children of a group in the trial at a place of its block, each with a turn of every
    stage.
    """
    standing: dict[int, Numbers] = {}
    for stage, of_stage in zip(stages, taken, strict=True):
        if not standing:
            everybody = sum(int(one.children[0, place]) for one in of_stage)
            standing = {0: np.arange(everybody)}
        after: dict[int, list[Numbers]] = {}
        waiting: dict[int, Numbers] = {}
        for cell, place_of_turn, children in of_stage:
            turn = stage.of_cell[cell][place_of_turn]
            if cell not in waiting:
                order = np.argsort(stream.random_raw(len(standing[cell])), kind="stable")
                waiting[cell] = standing[cell][order]
            chosen, waiting[cell] = np.split(waiting[cell], [int(children[0, place])])
            after.setdefault(turn.cell, []).append(chosen)
            for child in chosen.tolist():
                yield child, turn
        standing = {cell: np.concatenate(parts) for cell, parts in after.items()}
