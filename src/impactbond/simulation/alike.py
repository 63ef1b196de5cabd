"""Groups that are alike: as many stages, of the same cells with the same chances, and children of
as many digits. They are drawn side by side, each from its own bits.

Takes  the stages of every group, and how many children it has.
Gives  groups in batches; of a batch, how many children of each cell come to each turn.
Keeps  the numbers of a group are the same whichever groups stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from impactbond.simulation.binomial import Binomial, Bits, Numbers, digits_of
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
