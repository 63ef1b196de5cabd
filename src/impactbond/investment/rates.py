"""The internal rate of return of dated flows, with how many there are.

Takes  whole minor units, each with its day.
Gives  a status (one rate, several, none, total loss) and every rate from -99.99 % to 100,000 %.
Keeps  a rate is told alone only where there is no other: a library that looks for one is silent
       about the rest. Only the sign and the proportion of flows matter: they are scaled to at most
       one before they become floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import exp, expm1, log1p
from typing import Literal

from impactbond.errors import SettlementError, not_installed

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
