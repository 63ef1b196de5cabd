"""What every kind of measure says of itself.

A kind is one class: what a file may write, what is wrong with it, what it comes to, how the
contract words it, and what an explanation tells of it. A measure that is made of others stands in
brackets among them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Protocol

from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.kind import Kind, Kinds, OfKind
from impactbond.terms.reference import MeasureName
from impactbond.terms.words import MoneyWords, quoted


class MeasuredContract(Protocol):
    """The parts of a contract that a measure is about."""

    @property
    def milestones(self) -> Mapping[str, Any]: ...
    @property
    def measures(self) -> Mapping[str, Any]: ...


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
    def check(self, contract: MeasuredContract, path: Path) -> Diagnostics:
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
