"""Measures made of other measures, exactly: nothing is known of one that rests on what is not."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import ClassVar

from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.measures.measure import (
    Measure,
    MeasuredContract,
    MeasureTerm,
    Sums,
    said,
    told,
)
from impactbond.terms.term import Pair, Some
from impactbond.terms.words import MoneyWords


class MadeOf(MeasureTerm):
    """A measure that is worked out from the measures in it, when all of them are known."""

    between: ClassVar[str]
    """What stands between the measures in the contract's wording."""
    told_between: ClassVar[str]
    """What stands between them in an explanation, with their numbers."""

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The measures in it: what stands at the key that makes it what it is."""
        found: tuple[Measure, ...] = getattr(self, self.key)
        return found

    @property
    def inside(self) -> tuple[tuple[Path, Measure], ...]:
        return tuple(((self.key, index), part) for index, part in enumerate(self.parts))

    def check(self, contract: MeasuredContract, path: Path) -> Diagnostics:
        # Its parts are checked where they stand.
        yield from ()

    def measured(self, sums: Sums) -> Fraction | None:
        found = [sums.measured(part) for part in self.parts]
        known = [one for one in found if one is not None]
        return self.of(known) if len(known) == len(found) else None

    def says(self, words: MoneyWords) -> str:
        return self.between.join(said(part, words, inside=True) for part in self.parts)

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        # Told part by part: over nought the whole is not known, while its parts are.
        return self.told_between.join(told(part, sums, words) for part in self.parts)

    @abstractmethod
    def of(self, numbers: Sequence[Fraction]) -> Fraction | None:
        """What follows from what its measures come to; None where something is over nought."""


class Ratio(MadeOf):
    """The first measure over the second; nothing is known where the second is nought."""

    key: ClassVar[str] = "ratio"
    between, told_between = " divided by ", " over "
    ratio: Pair[Measure]

    def of(self, numbers: Sequence[Fraction]) -> Fraction | None:
        # Over nought nothing is known, and that is not 0: as 0 it would pass a bar such as 'at
        # most 20%' and be paid where there is nothing to compare with.
        return numbers[0] / numbers[1] if numbers[1] else None

    def says(self, words: MoneyWords) -> str:
        return f"{super().says(words)} (nothing is known where that is nought)"


class Difference(MadeOf):
    """The first measure less the second."""

    key: ClassVar[str] = "difference"
    between, told_between = " less ", " less "
    difference: Pair[Measure]

    def of(self, numbers: Sequence[Fraction]) -> Fraction:
        return numbers[0] - numbers[1]


class Reduction(MadeOf):
    """By what share the first measure is lower than the second: 1 less first over second."""

    key: ClassVar[str] = "reduction"
    between, told_between = " is lower than ", " below "
    reduction: Pair[Measure]

    def of(self, numbers: Sequence[Fraction]) -> Fraction | None:
        return 1 - numbers[0] / numbers[1] if numbers[1] else None

    def says(self, words: MoneyWords) -> str:
        return f"the share by which {super().says(words)}"

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return f"the reduction of {super().tells(sums, words)}"


class Product(MadeOf):
    """The measures multiplied."""

    key: ClassVar[str] = "product"
    between, told_between = " times ", " times "
    product: Some[Measure]

    def of(self, numbers: Sequence[Fraction]) -> Fraction:
        return prod(numbers, start=Fraction(1))
