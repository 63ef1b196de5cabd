"""Children drawn one by one, where a limit has to tell apart who claims what.

Takes  the stages of a group, the levels of their chances, and raw bits: a stream for what children
       reach, and one for when they leave.
Gives  every child with every turn of every stage, and in which trials it comes to it.
Keeps  a turn depends on the bits alone: a chance is exact to one in 2^53.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.random import PCG64

from impactbond.settlement.priorities import Truths
from impactbond.simulation.binomial import Bits, Numbers
from impactbond.simulation.stages import Stage, Turn

# More numbers at once than this need more memory than there is near the processor.
_NUMBERS_AT_ONCE = 2**14


def child_by_child(
    stages: Sequence[Stage],
    levels: Sequence[Numbers | None],
    children: int,
    stream: PCG64,
    leaving: PCG64,
    trials: int,
) -> Iterator[tuple[slice, Turn, Truths]]:
    """Some children after others with every turn of every stage, and which of them come to it in
    which of so many trials: (child, trial).
    """
    starts = int(bool(stages) and stages[0].is_start)
    at_once = max(1, _NUMBERS_AT_ONCE // trials)
    for first in range(0, children, at_once):
        some = slice(first, min(first + at_once, children))
        shape = (some.stop - first, -1, trials)
        # The bits of a child stand together, whoever is drawn beside it.
        own = leaving.random_raw(shape[0] * starts * trials).reshape(shape)
        rest = stream.random_raw(shape[0] * (len(stages) - starts) * trials).reshape(shape)
        bits = np.concatenate([own, rest], axis=1)
        standing = np.zeros((shape[0], trials), dtype=np.int64)
        for number, (stage, level) in enumerate(zip(stages, levels, strict=True)):
            after = np.zeros_like(standing)
            for cell, turns in enumerate(stage.of_cell):
                chosen = _chosen(turns, bits[:, number], level)
                if len(stage.of_cell) > 1:
                    # A child stands in one cell: in the others it takes no turn.
                    chosen[standing != cell] = -1
                for place, turn in enumerate(turns):
                    is_taken = chosen == place
                    # Cell 0 is where everybody stands unless told otherwise.
                    if turn.cell:
                        after[is_taken] = turn.cell
                    yield some, turn, is_taken
            standing = after


def _chosen(turns: Sequence[Turn], drawn: Bits, level: Numbers | None) -> Numbers:
    """The number of the turn that each draw, shaped (child, trial), falls on."""
    if level is None:
        return np.searchsorted(_bars(turns, 0), drawn, side="right")
    found = np.zeros(drawn.shape, dtype=np.int64)
    for one in np.unique(level).tolist():
        at = level == one
        found[:, at] = np.searchsorted(_bars(turns, one), drawn[:, at], side="right")
    return found


def _bars(turns: Sequence[Turn], level: int) -> Bits:
    """The bits from which on each next turn is drawn at a level, exact to one in 2^53."""
    below, bars = 0.0, []
    for turn in turns[:-1]:
        below += turn.chances[level]
        # The lowest eleven bits of a draw decide nothing: chances are floats and hold no more.
        bars.append(min(int(below * 2.0**53) << 11, 2**64 - 1))
    return np.array(bars, dtype=np.uint64)
