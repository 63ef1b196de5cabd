"""Measures: what is counted and worked out for the result of a whole group, in exact fractions.

A kind is one class: what a file may write, what is wrong with it, what it comes to, how the
contract words it, and what an explanation tells of it. A measure that is made of others stands in
brackets among them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Annotated, ClassVar

from impactbond.money import show_share
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.kind import Kind, Kinds, OfKind
from impactbond.terms.phrases import SharePhrase
from impactbond.terms.reference import MeasureName, MilestoneName
from impactbond.terms.term import Number, OneOrMany, Pair, Some
from impactbond.terms.words import MoneyWords, capital, number, quoted
from impactbond.terms.workings import Quotient, Unit, Workings, whole


@dataclass(frozen=True)
class Sums:
    """What is summed over a stretch of time, for everybody or for one group.

    `claims` gives how many claims of a milestone stand, `value` what they are worth before limits,
    in pounds or the like; `measures` are those that have a name.
    """

    measures: Mapping[str, Measure]
    claims: Callable[[str], Fraction]
    value: Callable[[str], Fraction]

    def measured(self, measure: Measure) -> Fraction | None:
        """What a measure comes to, exactly; None where nothing is known."""
        term = self.measures[measure] if isinstance(measure, str) else measure
        return self.measured(term) if isinstance(term, str) else term.measured(self)

    def shown(self, measure: Measure) -> str:
        """What a measure comes to, in digits where that is exact in four decimals, otherwise as a
        fraction and about.
        """
        found = self.measured(measure)
        if found is None:
            return "not known"
        if found.denominator == 1:
            return f"{found.numerator:,}"
        if 10**4 % found.denominator == 0:
            return f"{float(found):g}"
        return f"{found.numerator}/{found.denominator} (about {float(found):.4f})"


class MeasureTerm(Kind):
    """A measure, of any kind."""

    @property
    def inside(self) -> tuple[tuple[Path, Measure], ...]:
        """The measures in it, each with its place from here; most kinds have none."""
        return ()

    @property
    def counted(self) -> tuple[str, ...]:
        """The milestones whose claims it counts, of which the price may well be nothing: what they
        are paid for is the result. Most kinds count none themselves.
        """
        return ()

    @abstractmethod
    def check(self, path: Path) -> Diagnostics:
        """What is wrong with it, beside its parts; `path` is where it stands."""

    @abstractmethod
    def measured(self, sums: Sums) -> Fraction | None:
        """What it comes to, exactly; None where nothing is known."""

    @abstractmethod
    def says(self, words: MoneyWords) -> str:
        """What it is, in a phrase."""

    @abstractmethod
    def tells(self, sums: Sums, words: MoneyWords) -> str:
        """What it is, with the numbers in it."""

    @abstractmethod
    def work(self, workings: Workings) -> Quotient:
        """What it comes to, in steps: what it counts or states, and what follows from that."""


MEASURES: Kinds[MeasureTerm] = Kinds("measure", MeasureTerm, "name one, or write one of")
Measure = Annotated[MeasureName | MeasureTerm, OfKind(MEASURES, named=True)]


def said(measure: Measure, words: MoneyWords, *, inside: bool = False) -> str:
    """A measure in a phrase: by its name, or as it is written; one made of others stands in
    brackets inside another.
    """
    if isinstance(measure, str):
        return f"the measure {quoted(measure)}"
    says = measure.says(words)
    return f"({says})" if inside and measure.inside else says


def told(measure: Measure, sums: Sums, words: MoneyWords) -> str:
    """A measure with the numbers in it, and with its name where it has one."""
    if isinstance(measure, str):
        return f"{measure} ({told(sums.measures[measure], sums, words)})"
    return measure.tells(sums, words)


def parts_of(path: Path, measure: Measure) -> Iterator[tuple[Path, Measure]]:
    """A measure that is written at a place, and every part of it."""
    yield path, measure
    if isinstance(measure, MeasureTerm):
        for place, part in measure.inside:
            yield from parts_of((*path, *place), part)


class _OfClaims(MeasureTerm):
    """What is summed over the claims of some milestones."""

    @property
    def milestones(self) -> tuple[str, ...]:
        """The milestones: what stands at the key that makes it what it is."""
        names: tuple[str, ...] = getattr(self, self.key)
        return names

    def check(self, path: Path) -> Diagnostics:
        if not self.milestones:
            yield fault_at((*path, self.key), "measures_nothing", "the measure names no milestone")


class ClaimsCounted(_OfClaims):
    """How many claims (or units) of these milestones stand."""

    key: ClassVar[str] = "claims"
    claims: OneOrMany[MilestoneName]
    """The milestone, or the list of them, whose claims are counted."""

    @property
    def counted(self) -> tuple[str, ...]:
        return self.claims

    def measured(self, sums: Sums) -> Fraction:
        return sum(map(sums.claims, self.claims), Fraction(0))

    def says(self, words: MoneyWords) -> str:
        return f"the number of claims of {words.claims(self.claims)}"

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return f"{sums.shown(self)} claims of {_titles(self.claims, words)}"

    def work(self, workings: Workings) -> Quotient:
        count = workings.sums.claims
        found = [workings.counted(self.key, name, count(name), "claims") for name in self.claims]
        return _together(found, "Claims of these together", workings)


class Value(_OfClaims):
    """What the claims of these milestones are worth, before limits, in pounds or the like."""

    key: ClassVar[str] = "value"
    value: OneOrMany[MilestoneName]
    """The milestone, or the list of them, whose claims are added up."""

    def measured(self, sums: Sums) -> Fraction:
        return sum(map(sums.value, self.value), Fraction(0))

    def says(self, words: MoneyWords) -> str:
        return f"the value before limits of the claims of {words.payables(self.value)}"

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return f"{sums.shown(self)} for {_titles(self.value, words)}"

    def work(self, workings: Workings) -> Quotient:
        unit, value = workings.minor_unit, workings.sums.value
        found = [
            workings.counted(self.key, name, value(name) * unit.n, "minor units")
            for name in self.value
        ]
        return _together(found, "Value of these together", workings, "minor units") / unit


def _together(
    found: Sequence[Quotient], says: str, workings: Workings, unit: Unit = "claims"
) -> Quotient:
    """The sum of what was counted; a step of its own where there are several."""
    if len(found) == 1:
        return found[0]
    return workings.worked("sum", says, sum(found[1:], start=found[0]), unit)


def _titles(names: Sequence[str], words: MoneyWords) -> str:
    return " and ".join(f"'{words.title(name)}'" for name in names)


class _Stated(MeasureTerm):
    """What the contract states: nothing can be wrong with it but how it is written."""

    def check(self, path: Path) -> Diagnostics:
        yield from ()


class Constant(_Stated):
    """A number that the contract states, such as a baseline, a target or a counterfactual rate."""

    key: ClassVar[str] = "number"
    number: Number
    """The number, such as 155."""

    def measured(self, sums: Sums) -> Fraction:
        return Fraction(self.number)

    def says(self, words: MoneyWords) -> str:
        return number(self.number)

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return f"{self.number:f}"

    def work(self, workings: Workings) -> Quotient:
        says = "A number that the contract states"
        return workings.given(self.key, says, Fraction(self.number), "number")


class ConstantShare(_Stated):
    """A share that the contract states, such as a baseline rate."""

    key: ClassVar[str] = "share"
    share: SharePhrase
    """The share, such as 20% or 1/3."""

    def measured(self, sums: Sums) -> Fraction:
        return self.share

    def says(self, words: MoneyWords) -> str:
        return show_share(self.share)

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return show_share(self.share)

    def work(self, workings: Workings) -> Quotient:
        says = f"A share that the contract states: {show_share(self.share)}"
        return workings.given(self.key, says, self.share, "number")


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

    def check(self, path: Path) -> Diagnostics:
        # Its parts are checked where they stand.
        yield from ()

    def measured(self, sums: Sums) -> Fraction | None:
        found = [sums.measured(part) for part in self.parts]
        # Nothing follows from a part that is not known, not even from nought times it.
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

    def work(self, workings: Workings) -> Quotient:
        parts = [workings.measure(part) for part in self.parts]
        says = f"{capital(self.key)}: {self.between.join(part.step for part in parts)}"
        return workings.worked(self.key, says, self.formula(parts))

    @abstractmethod
    def formula(self, parts: Sequence[Quotient]) -> Quotient:
        """The same as `of`, of steps; over nought nothing is known by itself."""


class Ratio(MadeOf):
    """The first measure over the second; nothing is known where the second is nought."""

    key: ClassVar[str] = "ratio"
    between, told_between = " divided by ", " over "
    ratio: Pair[Measure]
    """The measure above the line and the one below it."""

    def of(self, numbers: Sequence[Fraction]) -> Fraction | None:
        # Over nought nothing is known, and that is not 0: as 0 it would pass a bar such as 'at
        # most 20%' and be paid where there is nothing to compare with.
        return numbers[0] / numbers[1] if numbers[1] else None

    def formula(self, parts: Sequence[Quotient]) -> Quotient:
        return parts[0] / parts[1]

    def says(self, words: MoneyWords) -> str:
        return f"{super().says(words)} (nothing is known where that is nought)"


class Difference(MadeOf):
    """The first measure less the second."""

    key: ClassVar[str] = "difference"
    between, told_between = " less ", " less "
    difference: Pair[Measure]
    """The measure, and the one that is taken off it."""

    def of(self, numbers: Sequence[Fraction]) -> Fraction:
        return numbers[0] - numbers[1]

    def formula(self, parts: Sequence[Quotient]) -> Quotient:
        return parts[0] - parts[1]


class Reduction(MadeOf):
    """By what share the first measure is lower than the second: 1 less first over second."""

    key: ClassVar[str] = "reduction"
    between, told_between = " is lower than ", " below "
    reduction: Pair[Measure]
    """The measure, and the one that it is compared with."""

    def of(self, numbers: Sequence[Fraction]) -> Fraction | None:
        return 1 - numbers[0] / numbers[1] if numbers[1] else None

    def formula(self, parts: Sequence[Quotient]) -> Quotient:
        return whole(1) - parts[0] / parts[1]

    def says(self, words: MoneyWords) -> str:
        return f"the share by which {super().says(words)}"

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return f"the reduction of {super().tells(sums, words)}"


class Product(MadeOf):
    """The measures multiplied."""

    key: ClassVar[str] = "product"
    between, told_between = " times ", " times "
    product: Some[Measure]
    """The measures that are multiplied."""

    def of(self, numbers: Sequence[Fraction]) -> Fraction:
        return prod(numbers, start=Fraction(1))

    def formula(self, parts: Sequence[Quotient]) -> Quotient:
        return prod(parts, start=whole(1))


# In the order in which they are offered to whoever writes something else.
_KINDS = (ClaimsCounted, Value, Constant, ConstantShare, Ratio, Difference, Reduction, Product)
for _kind in _KINDS:
    MEASURES.register(_kind)
