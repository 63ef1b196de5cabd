"""Numbers that a measure starts from: what is counted, and what the contract states."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

from impactbond.money import show_share
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.measures.measure import MeasuredContract, MeasureTerm, Sums
from impactbond.terms.phrases import SharePhrase
from impactbond.terms.reference import MilestoneName
from impactbond.terms.term import Number, OneOrMany
from impactbond.terms.words import MoneyWords, number


class _OfClaims(MeasureTerm):
    """What is summed over the claims of some milestones."""

    @property
    def milestones(self) -> tuple[str, ...]:
        """The milestones: what stands at the key that makes it what it is."""
        names: tuple[str, ...] = getattr(self, self.key)
        return names

    def check(self, contract: MeasuredContract, path: Path) -> Diagnostics:
        if not self.milestones:
            yield fault_at((*path, self.key), "measures_nothing", "the measure names no milestone")


class ClaimsCounted(_OfClaims):
    """How many claims (or units) of these milestones stand."""

    key: ClassVar[str] = "claims"
    claims: OneOrMany[MilestoneName]

    @property
    def counted(self) -> tuple[str, ...]:
        return self.claims

    def measured(self, sums: Sums) -> Fraction:
        return sum(map(sums.claims, self.claims), Fraction(0))

    def says(self, words: MoneyWords) -> str:
        return f"the number of claims of {words.payables(self.claims)}"

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return f"{sums.shown(self)} claims of {_titles(self.claims, words)}"


class Value(_OfClaims):
    """What the claims of these milestones are worth, before limits, in pounds or the like."""

    key: ClassVar[str] = "value"
    value: OneOrMany[MilestoneName]

    def measured(self, sums: Sums) -> Fraction:
        return sum(map(sums.value, self.value), Fraction(0))

    def says(self, words: MoneyWords) -> str:
        return f"the value before limits of the claims of {words.payables(self.value)}"

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return f"{sums.shown(self)} for {_titles(self.value, words)}"


def _titles(names: Sequence[str], words: MoneyWords) -> str:
    return " and ".join(f"'{words.title(name)}'" for name in names)


class _Stated(MeasureTerm):
    """What the contract states: nothing can be wrong with it but how it is written."""

    def check(self, contract: MeasuredContract, path: Path) -> Diagnostics:
        yield from ()


class Constant(_Stated):
    """A number that the contract states, such as a baseline, a target or a counterfactual rate."""

    key: ClassVar[str] = "number"
    number: Number

    def measured(self, sums: Sums) -> Fraction:
        return Fraction(self.number)

    def says(self, words: MoneyWords) -> str:
        return number(self.number)

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return f"{self.number:f}"


class ConstantShare(_Stated):
    """A share that the contract states, such as a baseline rate."""

    key: ClassVar[str] = "share"
    share: SharePhrase

    def measured(self, sums: Sums) -> Fraction:
        return self.share

    def says(self, words: MoneyWords) -> str:
        return show_share(self.share)

    def tells(self, sums: Sums, words: MoneyWords) -> str:
        return show_share(self.share)
