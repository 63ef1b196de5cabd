"""What is paid for the results of whole groups: what is measured of whom, over which claims, and
what must hold beside it. How money follows the measure is a way to pay.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import Field

from impactbond.money import rounded
from impactbond.terms.calendar import Calendar
from impactbond.terms.diagnostic import Path
from impactbond.terms.measures import Measure, Sums
from impactbond.terms.phrases import ThresholdPhrase
from impactbond.terms.reference import AttributeName, ResultName
from impactbond.terms.rounding import Rounding
from impactbond.terms.term import Cited, Day, Listed, OneOrMany, Term
from impactbond.terms.ways_to_pay import Pays
from impactbond.terms.workings import SIGNS, Quotient, Workings, all_hold


class Gate(Term):
    """A test on a measure without which nothing is paid."""

    measure: Measure
    """The measure that is tested, or its name."""
    is_: ThresholdPhrase = Field(alias="is")
    """The bar that it must pass, such as at least 5."""


class Result(Cited):
    """A payment for the measured result of a group: the whole, or each value of an attribute.

    `counted` says over which claims the measure is taken: all to date, those achieved in the
    period, the year, or so many periods up to it. With `on`, it is taken at the claims for periods
    that end on that day or later, otherwise at every claim. What `less` names is taken off.
    """

    title: str = ""
    """What people call it."""
    measure: Measure
    """What is measured: a measure, or the name of one."""
    each: AttributeName | None = None
    """The attribute by whose values participants are measured apart, such as borough."""
    counted: Literal["to date", "each period", "each year"] = "to date"
    """Which claims are measured: all to date, or those of a period or a year."""
    over: int = Field(default=1, ge=1, description="how many periods or years, up to this one")
    on: Day | None = None
    """The day from which it is measured at all, such as 2018-12-31."""
    only_if: Listed[Gate] = ()
    """Tests that must be passed, or nothing is paid."""
    pays: Pays
    """How the amount follows the measure: tiers, slides, or each so much."""
    times: Measure | None = None
    """A measure by which the amount is multiplied, or its name."""
    less: OneOrMany[ResultName] = ()
    """The result, or the list of them, whose amount is taken off."""

    @property
    def measures(self) -> tuple[tuple[Path, Measure], ...]:
        """Every measure that is written in it, each with its place from here."""
        gates = ((("only_if", at, "measure"), one.measure) for at, one in enumerate(self.only_if))
        times = () if self.times is None else ((("times",), self.times),)
        return ((("measure",), self.measure), *times, *gates)

    @property
    def most(self) -> Decimal | None:
        """The most that it ever pays; None where that is not known: it is paid time and again, for
        each of many, or times what is measured.
        """
        is_once = self.counted == "to date" and self.each is None and self.times is None
        return self.pays.most if is_once else None

    def worth(self, sums: Sums) -> Fraction:
        """What it pays for what is measured, before what is taken off, in pounds or the like."""
        measured = sums.measured(self.measure)
        gates = [(sums.measured(gate.measure), gate.is_) for gate in self.only_if]
        # A test on what is not known is not passed.
        is_open = all(found is not None and bar.is_passed_by(found) for found, bar in gates)
        times = Fraction(1) if self.times is None else sums.measured(self.times)
        if measured is None or times is None or not is_open:
            return Fraction(0)
        return self.pays.pays_for(measured) * times

    def work(self, workings: Workings, rounding: Rounding) -> Quotient:
        """The same in minor units, in steps from the counts to the amount, rounded once."""
        workings.part = "measure"
        measured = workings.measure(self.measure)
        needed = [measured.known]
        for gate in self.only_if:
            workings.part = "only_if"
            found = workings.measure(gate.measure)
            bar = workings.given("needed", f"Needed: {gate.is_}", gate.is_.exact, "number")
            passed = found.compared(SIGNS[gate.is_.comparison], bar)
            says = f"Whether it is {gate.is_} (1: yes)"
            needed.append(workings.truth("gate", says, all_hold([found.known, passed])))
        workings.part = "pays"
        paid = self.pays.work(workings, measured)
        if self.times is not None:
            workings.part = "times"
            times = workings.measure(self.times)
            needed.append(times.known)
            paid *= times
        workings.part = "value"
        is_paid = all_hold(needed)
        pence = rounded(Fraction(paid.n, paid.d), rounding.rule) if is_paid.holds else 0
        formula = paid.top if paid.bottom == "1" else rounding.formula(paid.ratio)
        if is_paid.formula != "TRUE":
            formula = f"IF({is_paid.formula},{formula},0)"
        worth = Quotient(pence, 1, formula)
        return workings.worked("worth", "Worth over that stretch", worth, "minor units")

    def first_period(self, calendar: Calendar, period: int) -> int:
        """The first period that a measure at the end of a period looks at."""
        if self.counted == "to date":
            return 0
        if self.counted == "each period":
            return max(0, period - self.over + 1)
        years = [calendar.year_of(one.last) for one in calendar.periods]
        # By the years that periods end in: a period over two years is of the second.
        return next(n for n, year in enumerate(years) if year > years[period] - self.over)

    def starts_anew(self, calendar: Calendar, period: int) -> bool:
        """Whether what it paid for the period before is of another stretch than this one's."""
        if self.counted == "to date" or period == 0:
            return period == 0
        before, now = (calendar.year_of(one.last) for one in calendar.periods[period - 1 :][:2])
        return self.counted == "each period" or before != now
