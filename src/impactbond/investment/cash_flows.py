"""Dated cash flows of somebody who invests, and what they come to.

Takes  whole minor units by day: below nothing what is paid in, above it what comes back.
Gives  money multiple, gain, deepest need, payback and value on a day, exactly; the internal rate
       of return, with a status that says how many rates there are.
Keeps  all but the internal rate is whole minor units or an exact fraction. That rate is a float,
       made at one door, and is never taken back into money.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import Any

from impactbond.errors import Fault, SettlementError
from impactbond.investment.rates import InternalRate, internal_rate
from impactbond.money import half_up, rounded, show

DAYS_IN_YEAR = 365  # as XIRR of spreadsheets counts, in leap years too
_DIGITS = 60


@dataclass(frozen=True)
class CashFlows:
    """Whole minor units by day, in order of days; a day on which nothing is left has no flow."""

    pence: Mapping[date, int]
    currency: str = "GBP"

    @classmethod
    def of(cls, flows: Iterable[tuple[date, int]], currency: str = "GBP") -> CashFlows:
        """Flows in any order, those of one day added up.

        Raises SettlementError where an amount is no whole number of minor units.
        """
        sums: dict[date, int] = {}
        for day, pence in flows:
            if isinstance(pence, bool) or not isinstance(pence, int):
                fault = Fault(
                    code="not_whole",
                    problem=f"the flow of {day} is no whole number of minor units",
                    found=f"a {type(pence).__name__}",
                    hint="Write 1050 for £10.50",
                )
                raise SettlementError("The cash flows cannot be used.", [fault])
            sums[day] = sums.get(day, 0) + pence
        return cls({day: sums[day] for day in sorted(sums) if sums[day]}, currency)

    @property
    def paid_in_pence(self) -> int:
        """Everything paid in, above nothing."""
        return -sum(min(pence, 0) for pence in self.pence.values())

    @property
    def came_back_pence(self) -> int:
        """Everything that came back."""
        return sum(max(pence, 0) for pence in self.pence.values())

    @property
    def gain_pence(self) -> int:
        """What came back less what was paid in."""
        return sum(self.pence.values())

    @property
    def multiple(self) -> Fraction | None:
        """What came back for each unit paid in, exactly; None where nothing was."""
        paid = self.paid_in_pence
        return Fraction(self.came_back_pence, paid) if paid else None

    @cached_property
    def to_date(self) -> dict[date, int]:
        """What came back less what was paid in, up to and including each day of a flow."""
        return dict(zip(self.pence, accumulate(self.pence.values()), strict=True))

    @property
    def peak_need_pence(self) -> int:
        """The most that was out at the end of any day, above nothing."""
        return -min([0, *self.to_date.values()])

    @property
    def peak_need_on(self) -> date | None:
        """The first day on which so much was out; None where nothing ever was."""
        peak = self.peak_need_pence
        return next((day for day, sum_ in self.to_date.items() if peak and sum_ == -peak), None)

    @property
    def payback_on(self) -> date | None:
        """The day from which what came back is never less than what was paid in; None where it is
        less at the end, or where nothing was paid in.
        """
        found: date | None = None
        for day, sum_ in self.to_date.items():
            found = None if sum_ < 0 else found or day
        return found if self.paid_in_pence else None

    def value_pence(self, rate: Fraction, on: date) -> int:
        """The net present value on a day, at a rate for each year of 365 days: the exact sum of
        flow × (1 + rate) to the power of minus its days from that day over 365, rounded half up.

        The first flow is discounted as any other is. Raises SettlementError at a rate of -100 % or
        less.
        """
        if rate <= -1:
            fault = Fault(
                code="no_rate",
                problem="nothing has a value at a rate of -100 % or less",
                found=f"{float(rate):.2%}",
                allowed="above -100 %",
            )
            raise SettlementError("The cash flows have no value at this rate.", [fault])
        days = [(pence, (on - day).days) for day, pence in self.pence.items()]
        return half_up_of(sum((pence * growth(rate, apart) for pence, apart in days), Decimal(0)))

    @cached_property
    def internal_rate(self) -> InternalRate:
        """The internal rate of return, and whether there is one, several or none.

        Raises SettlementError where pyxirr, of the extra `investors`, is not installed.
        """
        return internal_rate(list(self.pence.items()))

    def __add__(self, other: CashFlows) -> CashFlows:
        return CashFlows.of([*self.pence.items(), *other.pence.items()], self.currency)

    def as_dict(self) -> dict[str, Any]:
        """What they come to as plain data, for `--json`; the multiple is exact, as text."""
        multiple, rate = self.multiple, self.internal_rate
        return {
            "paid_in_pence": self.paid_in_pence,
            "came_back_pence": self.came_back_pence,
            "gain_pence": self.gain_pence,
            "multiple": None if multiple is None else str(multiple),
            "peak_need_pence": self.peak_need_pence,
            "peak_need_on": _iso(self.peak_need_on),
            "payback_on": _iso(self.payback_on),
            "internal_rate": {"status": rate.status, "rates": list(rate.rates)},
        }

    @property
    def said(self) -> Iterator[tuple[str, str]]:
        """What they come to, as people read it: multiple, gain and deepest need before any rate."""
        multiple = self.multiple
        yield "Paid in", show(self.paid_in_pence, self.currency)
        yield "Came back", show(self.came_back_pence, self.currency)
        times = None if multiple is None else Decimal(round(multiple * 1000)) / 1000
        yield "Money multiple", "none" if times is None else f"{times:.3f}"
        yield "Net gain", show(self.gain_pence, self.currency)
        peak, on = show(self.peak_need_pence, self.currency), self.peak_need_on
        yield "Deepest need", f"{peak} on {on}" if on else peak
        yield "Paid back on", str(self.payback_on or "never")
        yield "Internal rate of return", self.internal_rate.said


def growth(rate: Fraction, days: int) -> Decimal:
    """(1 + rate) to the power of days over 365, to sixty digits: the same on every machine."""
    with localcontext() as context:
        context.prec = _DIGITS
        base = Decimal(rate.numerator + rate.denominator) / Decimal(rate.denominator)
        years = Decimal(days) / DAYS_IN_YEAR
        return base**years if days else Decimal(1)


def half_up_of(amount: Decimal) -> int:
    """A number of minor units as a whole one, half up."""
    return rounded(Fraction(amount), half_up)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
