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

from impactbond.simulation.binomial import Bits, Numbers
from impactbond.simulation.stages import Stage, Turn


def child_by_child(
    stages: Sequence[Stage],
    levels: Sequence[Numbers | None],
    children: int,
    stream: PCG64,
    leaving: PCG64,
    trials: int,
) -> Iterator[tuple[int, Turn, Numbers]]:
    """Every child with every turn of every stage, and in which of so many trials it comes to it: 1,
    or 0.
    """
    starts = int(bool(stages) and stages[0].is_start)
    for child in range(children):
        own = leaving.random_raw(starts * trials)
        rest = stream.random_raw((len(stages) - starts) * trials)
        bits = np.concatenate([own, rest]).reshape(len(stages), trials)
        standing = np.zeros(trials, dtype=np.int64)
        for stage, drawn, level in zip(stages, bits, levels, strict=True):
            after = standing.copy()
            for cell, turns in enumerate(stage.of_cell):
                chosen = np.where(standing == cell, _chosen(turns, drawn, level), -1)
                for number, turn in enumerate(turns):
                    after[chosen == number] = turn.cell
                    yield child, turn, np.asarray(chosen == number, dtype=np.int64)
            standing = after


def _chosen(turns: Sequence[Turn], drawn: Bits, level: Numbers | None) -> Numbers:
    """The number of the turn that each draw falls on."""
    if level is None:
        return np.searchsorted(_bars(turns, 0), drawn, side="right")
    found = np.zeros(drawn.shape, dtype=np.int64)
    for one in np.unique(level).tolist():
        at = level == one
        found[at] = np.searchsorted(_bars(turns, one), drawn[at], side="right")
    return found


def _bars(turns: Sequence[Turn], level: int) -> Bits:
    """The bits from which on each next turn is drawn at a level, exact to one in 2^53."""
    below, bars = 0.0, []
    for turn in turns[:-1]:
        below += turn.chances[level]
        bars.append(min(int(below * 2.0**53) << 11, 2**64 - 1))
    return np.array(bars, dtype=np.uint64)
