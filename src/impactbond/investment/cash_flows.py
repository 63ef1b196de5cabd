"""Dated cash flows of somebody who invests, and what they come to.

Takes  whole minor units by day: below nothing what is paid in, above it what comes back.
Gives  money multiple, gain, deepest need, payback and value on a day, exactly; the internal rate
       of return, with a status that says how many rates there are.
Keeps  all but the internal rate is whole minor units or an exact fraction. That rate is a float,
       made at one door, and is never taken back into money.

And the internal rate of return of dated flows, with how many there are.

Takes  whole minor units, each with its day.
Gives  a status (one rate, several, none, total loss) and every rate from -99.99 % to 100,000 %.
Keeps  a rate is told alone only where there is no other: a library that looks for one is silent
       about the rest. Only the sign and the proportion of flows matter: they are scaled to at most
       one before they become floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise
from math import exp, expm1, log1p
from typing import Any, Literal

from impactbond.errors import Fault, SettlementError, not_installed
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


RateStatus = Literal["one", "several", "none", "total loss"]
LEAST, MOST = -0.9999, 1000.0
_YEAR = 365
_HALVINGS = 200


@dataclass(frozen=True, slots=True)
class InternalRate:
    """Every internal rate of return of some flows, in ascending order: 0.05 is 5 % for each year of
    365 days. `why` says why there is no single one.
    """

    status: RateStatus
    rates: tuple[float, ...] = ()
    why: str = ""

    @property
    def rate(self) -> float | None:
        """The rate where there is one alone; -1.0 of a total loss; otherwise None."""
        return self.rates[0] if self.status in ("one", "total loss") else None

    @property
    def said(self) -> str:
        """The rate, or why there is none, as people read it."""
        told = " and ".join(f"{100 * rate:.2f}%" for rate in self.rates)
        return {
            "one": told,
            "several": f"several: {told}; none of them alone says what was earned",
            "total loss": "-100%: nothing came back",
            "none": f"none: {self.why}",
        }[self.status]


def internal_rate(flows: Sequence[tuple[date, int]]) -> InternalRate:
    """Every rate at which flows on days in ascending order are worth nothing.

    Raises SettlementError where pyxirr is not installed.
    """
    amounts = [pence for _, pence in flows]
    if not any(pence < 0 for pence in amounts):
        return InternalRate("none", why="nothing was paid in" if flows else "nothing was paid")
    if not any(pence > 0 for pence in amounts):
        return InternalRate("total loss", (-1.0,))
    if flows[0][0] == flows[-1][0]:
        return InternalRate("none", why="all flows are on one day")
    # As a sum of exponentials of the logarithm of 1 and the rate: of such a sum every root can be
    # found, and none is made up.
    largest = max(map(abs, amounts))
    first = flows[0][0]
    terms = [((day - first).days / _YEAR, pence / largest) for day, pence in flows]
    found = sorted(expm1(-place) for place in _roots(terms, -log1p(MOST), -log1p(LEAST)))
    rates = tuple(_by_pyxirr(flows, largest, near) for near in found)
    if not rates:
        why = f"no rate from {LEAST:.2%} to {MOST:,.0%} makes them worth nothing"
        return InternalRate("none", why=why)
    return InternalRate("one" if len(rates) == 1 else "several", rates)


def _by_pyxirr(flows: Sequence[tuple[date, int]], largest: int, near: float) -> float:
    """The rate that pyxirr finds from a guess; the guess where it goes to another or to none."""
    try:
        from pyxirr import xirr
    except ImportError:
        fault = not_installed("an internal rate of return needs", "pyxirr", "investors")
        raise SettlementError("There is no internal rate of return.", [fault]) from None
    days, scaled = [day for day, _ in flows], [pence / largest for _, pence in flows]
    rate = xirr(days, scaled, guess=near, silent=True)
    # It names another root where that is nearer to its own way; ours are told apart by their signs.
    is_near = rate is not None and abs(rate - near) <= 1e-6 * (1 + abs(near))
    return float(rate) if is_near and rate is not None else near


Terms = Sequence[tuple[float, float]]


def _roots(terms: Terms, low: float, high: float) -> list[float]:
    """Where a sum of a × e^(t × u), its terms in ascending order of t, passes through nothing
    between two values of u.

    Divided by the first exponential, the sum has a derivative with one term less, and between two
    of its own roots at most one root: so none is missed, however close they are, and none made up.
    """
    if len(terms) < 2:
        return []
    first = terms[0][0]
    moved = [(t - first, a) for t, a in terms]
    turns = sum((one[1] < 0) != (other[1] < 0) for one, other in pairwise(terms))
    if turns == 0:
        return []
    # With one change of sign there is at most one root, wherever the sum turns (Descartes' rule).
    slope = [(t, a * t) for t, a in moved[1:]]
    ends = [low, *(_roots(slope, low, high) if turns > 1 else ()), high]
    found: list[float] = []
    for left, right in pairwise(ends):
        at_left, at_right = _at(moved, left), _at(moved, right)
        if at_left == 0 and left != low and (not found or found[-1] != left):
            found.append(left)  # it touches nothing and turns back
        elif at_left * at_right < 0:
            found.append(_halved(moved, left, right, at_left))
    return found


def _at(terms: Terms, u: float) -> float:
    """A value whose sign is that of the sum: divided by the largest exponential, none overflows."""
    largest = max(t * u for t, _ in terms)
    return sum(a * exp(t * u - largest) for t, a in terms)


def _halved(terms: Terms, left: float, right: float, at_left: float) -> float:
    for _ in range(_HALVINGS):
        middle = (left + right) / 2
        if middle in (left, right):
            break
        at_middle = _at(terms, middle)
        if at_middle == 0:
            return middle
        if (at_middle < 0) == (at_left < 0):
            left = middle
        else:
            right = middle
    return (left + right) / 2
