"""Workings: how the money of a result comes about, step by step: each in words, as an exact number,
and as a formula over the steps before it, as a spreadsheet writes it.

Takes  sums over claims, and the terms, each of which adds its own steps.
Gives  steps in the order in which they are worked out, counts first.
Keeps  the exact number of a step is what its formula comes to. Numerator and denominator stand
       apart, so that in a spreadsheet too 180 of 200 is 10% less, and not a little under it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, Protocol

from impactbond.terms.phrases import Comparison
from impactbond.terms.words import MoneyWords

Unit = Literal["claims", "number", "minor units", "yes or no"]
# A result of a group at the end of a period: its name, the group ("" where it is for all), and the
# number of the period.
Place = tuple[str, str, int]
SIGNS: dict[Comparison, str] = {"at least": ">=", "at most": "<=", "above": ">", "below": "<"}
_COUNTED = {"claims": "Claims of", "value": "Value before limits of"}
_TRUE: dict[str, Callable[[int, int], bool]] = {
    ">=": int.__ge__,
    "<=": int.__le__,
    ">": int.__gt__,
    "<": int.__lt__,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a number that is given, or one that is worked out.

    `part` is the part of the result that it belongs to, `kind` what it is there, as the contract
    writes it where it is a term; `name` is the milestone, measure or other result that it is of.
    `numerator` and `denominator` (None for whole numbers) are what the formulas give; a denominator
    of 0 says that nothing is known. A step without formulas is given: counted, or stated. `of` are
    the results whose own last step it is the sum of.
    """

    part: str
    kind: str
    says: str
    unit: Unit
    numerator: int
    denominator: int | None
    name: str = ""
    formula: str = ""
    formula_below: str = ""
    of: tuple[Place, ...] = ()

    @property
    def value(self) -> Fraction | None:
        """What it comes to, exactly; None where nothing is known."""
        below = 1 if self.denominator is None else self.denominator
        return Fraction(self.numerator, below) if below else None


@dataclass(frozen=True, slots=True)
class Quotient:
    """An exact number that is being worked out: numerator and denominator as whole numbers, and as
    formulas in which `[n3]` and `[d3]` are those of step 3.

    A denominator is never below 0; where it is 0 nothing is known, and whatever is made of it is
    not known either. `signed` is false for what cannot be below nought.
    """

    n: int
    d: int
    top: str
    bottom: str = "1"
    signed: bool = True

    def __add__(self, other: Quotient) -> Quotient:
        return self._joined(other, "+", 1)

    def __sub__(self, other: Quotient) -> Quotient:
        return replace(self._joined(other, "-", -1), signed=True)

    def _joined(self, other: Quotient, sign: str, by: int) -> Quotient:
        signed = self.signed or other.signed
        if self.bottom == other.bottom:
            top = f"{self.top}{sign}{_bracketed(other.top)}"
            return Quotient(self.n + by * other.n, self.d, top, self.bottom, signed)
        top = f"{_product(self.top, other.bottom)}{sign}{_product(other.top, self.bottom)}"
        n, bottom = self.n * other.d + by * other.n * self.d, _product(self.bottom, other.bottom)
        return Quotient(n, self.d * other.d, top, bottom, signed)

    def __mul__(self, other: Quotient) -> Quotient:
        top, bottom = _product(self.top, other.top), _product(self.bottom, other.bottom)
        signed = self.signed or other.signed
        return Quotient(self.n * other.n, self.d * other.d, top, bottom, signed)

    def __truediv__(self, other: Quotient) -> Quotient:
        # The divisor's own denominator comes in twice above and once below, so that what is not
        # known (over 0) stays so when something is divided by it; and its sign moves above.
        sign, size = (other.n > 0) - (other.n < 0), abs(other.n)
        signed, bottom = "1", other.top
        if other.signed:
            signed, bottom = f"SIGN({other.top})", f"ABS({other.top})"
        else:
            sign = 1
        return Quotient(
            self.n * other.d * other.d * sign,
            self.d * size * other.d,
            _product(self.top, other.bottom, other.bottom, signed),
            _product(self.bottom, bottom, other.bottom),
            self.signed or other.signed,
        )

    def compared(self, sign: str, other: Quotient) -> Truth:
        """Whether it stands so to another, where both are known."""
        formula = f"{_product(self.top, other.bottom)}{sign}{_product(other.top, self.bottom)}"
        return Truth(_TRUE[sign](self.n * other.d, other.n * self.d), formula)

    @property
    def known(self) -> Truth:
        """Whether anything is known of it."""
        return Truth(self.d > 0, "TRUE" if self.bottom == "1" else f"{self.bottom}>0")

    @property
    def step(self) -> str:
        """The step whose numerator it has, counted from 1, in words."""
        return f"step {int(self.top[2:-1]) + 1}"

    @property
    def ratio(self) -> str:
        """The formula of the number itself, which a spreadsheet divides once."""
        return self.top if self.bottom == "1" else f"{_bracketed(self.top)}/({self.bottom})"


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether something holds, and the formula that says so."""

    holds: bool
    formula: str

    def chosen(self, one: Quotient, other: Quotient) -> Quotient:
        """One number where it holds, otherwise another."""
        n, d = (one.n, one.d) if self.holds else (other.n, other.d)
        bottom = one.bottom
        if one.bottom != other.bottom:
            bottom = f"IF({self.formula},{one.bottom},{other.bottom})"
        top = f"IF({self.formula},{one.top},{other.top})"
        return Quotient(n, d, top, bottom, one.signed or other.signed)


def all_hold(truths: Sequence[Truth]) -> Truth:
    """Whether all of them hold; what always does stands in no formula."""
    told = [one.formula for one in truths if one.formula != "TRUE"]
    formula = f"AND({','.join(told)})" if len(told) > 1 else "".join(told) or "TRUE"
    return Truth(all(one.holds for one in truths), formula)


def whole(number: int) -> Quotient:
    """A whole number that stands in a formula itself."""
    return Quotient(number, 1, str(number), signed=number < 0)


def _product(*factors: str) -> str:
    if "0" in factors:
        return "0"
    return "*".join(_bracketed(one) for one in factors if one != "1") or "1"


def _bracketed(formula: str) -> str:
    """A formula as a factor: in brackets where it may be a sum."""
    return f"({formula})" if any(sign in formula for sign in "+-") else formula


class Worked(Protocol):
    """A term that can be worked out: a measure is one."""

    def work(self, workings: Workings) -> Quotient:
        """What it comes to, in steps."""


class GroupSums(Protocol):
    """What is counted and summed of a stretch and group: `Sums` is that."""

    @property
    def measures(self) -> Mapping[str, str | Worked]:
        """The measures that have a name."""

    @property
    def claims(self) -> Callable[[str], Fraction]:
        """How many claims of a milestone stand."""

    @property
    def value(self) -> Callable[[str], Fraction]:
        """What they are worth before limits, in pounds or the like."""


class Workings:
    """The steps of one result as they are worked out; terms add their own.

    `sums` are those of the stretch and group that is measured, `words` the contract's. What has a
    name is worked out once: a count that comes again is the step that it was.
    """

    def __init__(self, sums: GroupSums, words: MoneyWords, minor_units: int) -> None:
        self.sums, self.words, self._minor_units = sums, words, minor_units
        self.steps: list[Step] = []
        self.part = ""
        self._known: dict[Hashable, Quotient] = {}

    def given(
        self,
        kind: str,
        says: str,
        value: Fraction | int,
        unit: Unit,
        name: str = "",
        of: Sequence[Place] = (),
    ) -> Quotient:
        """A step that is counted, or stated by the contract or the settlement."""
        exact = Fraction(value)
        below = None if exact.denominator == 1 else exact.denominator
        step = Step(self.part, kind, says, unit, exact.numerator, below, name, of=tuple(of))
        return self._added(step, is_signed=exact < 0)

    def counted(self, kind: str, milestone: str, value: Fraction, unit: Unit) -> Quotient:
        """What is counted of a milestone's claims, once."""
        if (kind, milestone) not in self._known:
            says = f"{_COUNTED[kind]} {self.words.title(milestone)}"
            self._known[kind, milestone] = self.given(kind, says, value, unit, milestone)
        return self._known[kind, milestone]

    def amount(self, kind: str, says: str, units: Fraction) -> Quotient:
        """An amount that the contract states in pounds or the like, as a step in minor units."""
        return self.given(kind, says, units * self._minor_units, "minor units")

    @property
    def minor_unit(self) -> Quotient:
        """How many minor units make one unit."""
        return whole(self._minor_units)

    def worked(
        self, kind: str, says: str, found: Quotient, unit: Unit = "number", name: str = ""
    ) -> Quotient:
        """A step that follows from those before it."""
        is_whole = found.bottom == "1"
        below, formula_below = (None, "") if is_whole else (found.d, found.bottom)
        step = Step(self.part, kind, says, unit, found.n, below, name, found.top, formula_below)
        return self._added(step, found.signed)

    def truth(self, kind: str, says: str, found: Truth) -> Truth:
        """A step that says whether something holds."""
        formula = f"IF({found.formula},1,0)"
        one = self.worked(kind, says, Quotient(int(found.holds), 1, formula), "yes or no")
        return Truth(found.holds, f"{one.top}=1")

    def measure(self, measure: str | Worked) -> Quotient:
        """The steps of a measure; of one that has a name, once."""
        if not isinstance(measure, str):
            return measure.work(self)
        if measure not in self._known:
            found, last = self.measure(self.sums.measures[measure]), len(self.steps) - 1
            step = self.steps[last]
            if found.top == f"[n{last}]" and not step.name:
                says = f"{measure}: {step.says[:1].lower()}{step.says[1:]}"
                self.steps[last] = replace(step, name=measure, says=says)
            else:
                found = self.worked("measure", f"The measure {measure}", found, name=measure)
            self._known[measure] = found
        return self._known[measure]

    def _added(self, step: Step, is_signed: bool) -> Quotient:
        number = len(self.steps)
        self.steps.append(step)
        bottom = "1" if step.denominator is None else f"[d{number}]"
        below = 1 if step.denominator is None else step.denominator
        return Quotient(step.numerator, below, f"[n{number}]", bottom, is_signed)
