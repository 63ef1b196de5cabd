"""Groups that are alike: as many stages, of the same cells with the same chances, and children of
as many digits. They are drawn side by side, each from its own bits.

Takes  the stages of every group, and how many children it has.
Gives  groups in batches; of a batch, how many children of each cell come to each turn.
Keeps  the numbers of a group are the same whichever groups stand beside it.

And children dealt out: who, of so many that come to each turn.

Takes  the stages of a group, how many of its children come to each turn in some trials, and an
       order of the children in each; or, for one trial, raw bits that nothing else depends on.
Gives  the children of every turn, trial by trial.
Keeps  whoever stands in one cell is alike: in an order that is drawn, the first so many of them
       come to its first turn, the next so many to the next. To draw it once is enough: who stands
       before whom among those who took one way says nothing of the way. By stage it is drawn anew
       in every cell, as the futures of a seed have been since they were first drawn.

And children drawn one by one, where a limit has to tell apart who claims what.

Takes  the stages of a group, the levels of their chances, and raw bits: a stream for what children
       reach, and one for when they leave.
Gives  every child with every turn of every stage, and in which trials it comes to it.
Keeps  a turn depends on the bits alone: a chance is exact to one in 2^53.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.random import PCG64

from impactbond.settlement.lots import Numbers
from impactbond.settlement.priorities import Truths
from impactbond.simulation.binomial import Binomial, Bits, digits_of
from impactbond.simulation.stages import Stage, Turn

# More numbers at once than this need more memory than there is near the processor.
_NUMBERS_AT_ONCE = 2**14
# And all that stand in the cells of a stage together: 64 MB.
_MOST_STANDING = 2**23


class Taken(NamedTuple):
    """How many children of a cell come to the turn of a number: (group, trial)."""

    cell: int
    turn: int
    children: Numbers


@dataclass(frozen=True, eq=False)
class AlikeGroups:
    """The numbers of some groups that are alike, how many children each has, the stages of the
    first of them, and of each stage and cell the numbers of all its turns but the last.
    """

    groups: tuple[int, ...]
    children: tuple[int, ...]
    stages: tuple[Stage, ...]
    binomials: tuple[tuple[tuple[Binomial, ...], ...], ...]

    @property
    def digits(self) -> int:
        """How many draws a number of their children needs in every trial."""
        return digits_of(self.children[0])

    def alone(self, group: int) -> AlikeGroups:
        """One of the groups by itself."""
        at = self.groups.index(group)
        return replace(self, groups=(group,), children=(self.children[at],))

    def taken(
        self,
        trials: int,
        bits: Callable[[Stage], Bits],
        level: Callable[[int], Numbers | None],
    ) -> Iterator[list[Taken]]:
        """Of every stage, how many children of each cell come to each turn.

        `bits` are the next of a stage, shaped (digit, group, trial); `level` is that of the chances
        of the stage of a number, (group, trial), or None where they are certain.
        """
        children = np.array(self.children, dtype=np.int64)
        standing = {0: np.repeat(children, trials).reshape(-1, trials)}
        for number, (stage, of_cell) in enumerate(zip(self.stages, self.binomials, strict=True)):
            found: list[Taken] = []
            after: dict[int, Numbers] = {}
            at = level(number)
            for cell, (turns, binomials) in enumerate(zip(stage.of_cell, of_cell, strict=True)):
                left = standing[cell]
                for place, turn in enumerate(turns):
                    taken = left
                    if place < len(binomials):
                        taken = binomials[place].draw(left, bits(stage), at)
                        # Turn by turn, each of those who are left: the parts add up to everybody,
                        # and the last turn takes the rest without a draw.
                        left = left - taken
                    found.append(Taken(cell, place, taken))
                    before = after.get(turn.cell)
                    after[turn.cell] = taken if before is None else before + taken
            standing = after
            yield found


def alike_groups(
    stages: Sequence[tuple[Stage, ...]], children: Sequence[int], trials: int
) -> list[AlikeGroups]:
    """The groups in batches of such as are alike, for so many trials at once."""
    together: dict[object, list[int]] = {}
    for group, own in enumerate(stages):
        chances = tuple(
            (stage.varies, stage.is_start, tuple(map(_chances_of, stage.of_cell))) for stage in own
        )
        # Only with as many digits: groups that draw other numbers of bits would not stand side by
        # side.
        together.setdefault((digits_of(children[group]), chances), []).append(group)
    found = []
    for alike in together.values():
        own = stages[alike[0]]
        binomials = tuple(
            tuple(tuple(map(_binomial, _parts(turns))) for turns in stage.of_cell) for stage in own
        )
        turns = max((sum(map(len, stage.of_cell)) for stage in own), default=1)
        at_once = max(1, min(_NUMBERS_AT_ONCE, _MOST_STANDING // turns) // trials)
        for first in range(0, len(alike), at_once):
            some = tuple(alike[first : first + at_once])
            found.append(AlikeGroups(some, tuple(children[one] for one in some), own, binomials))
    return found


@lru_cache(maxsize=64)
def _binomial(chances: tuple[float, ...]) -> Binomial:
    """The same for all who draw with these chances: designs are compared on the same ones."""
    return Binomial(np.array(chances))


def _chances_of(turns: Sequence[Turn]) -> tuple[tuple[tuple[float, ...], int], ...]:
    return tuple((turn.chances, turn.cell) for turn in turns)


def _parts(turns: Sequence[Turn]) -> Iterator[tuple[float, ...]]:
    """The chance of each turn but the last, at each level, where those before it were not drawn."""
    left = [1.0] * len(turns[0].chances)
    for turn in turns[:-1]:
        pairs = zip(turn.chances, left, strict=True)
        # Floats can come to a hair above one; of whom nobody is left, any chance will do.
        yield tuple(min(1.0, own / of) if of > 0 else 0.0 for own, of in pairs)
        left = [of - own for own, of in zip(turn.chances, left, strict=True)]


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


# More numbers at once than this need more memory than there is near the processor.


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
