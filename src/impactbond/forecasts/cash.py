"""The provider's cash in every drawn future: what funders pay on its day, less what is spent.

Takes  a forecast, and what the provider has to begin with.
Gives  whole pence at the end of every day on which money moves, shaped (trial, day).
Keeps  a claim's money is there on its due day and not on the day of the claim; up-front money on
       its own day. What is spent in a month is taken from the first day of it.

And amounts of every future that more than one answer asks for, and how they spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

import numpy as np

from impactbond.money import Pence, half_up, round_fraction
from impactbond.settlement.lots import Numbers
from impactbond.settlement.schedule import due_on
from impactbond.settlement.settle import bank_holidays_of
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.spread import percentile


@dataclass(frozen=True, eq=False, repr=False)
class Cash:
    """What the provider has: `days` on which money moves, in order, and `pence` at the end of each,
    shaped (trial, day). `opening_pence` is what it has before the first.
    """

    days: tuple[date, ...]
    pence: Pence
    opening_pence: int

    @cached_property
    def lowest_pence(self) -> Pence:
        """The least that there ever is, in every trial: no more than there was to begin with."""
        least = self.pence.min(axis=1, initial=self.opening_pence)
        return np.asarray(least, dtype=np.int64)

    @cached_property
    def lowest_at(self) -> Numbers:
        """The place of the first day on which there is least, in every trial."""
        return np.asarray(self.pence.argmin(axis=1), dtype=np.int64)

    @property
    def need_pence(self) -> Pence:
        """What the provider lacks at worst, in every trial: the deepest need, above nothing."""
        return np.maximum(-self.lowest_pence, 0)


def received_by_day(forecast: Forecast) -> tuple[tuple[date, ...], Pence]:
    """What all funders pay on every due day, and these days: (trial, day)."""
    holidays = bank_holidays_of(forecast.draws.versions.all)
    due = forecast.due_pence[..., :-1].sum(axis=2)
    moved: dict[date, Pence] = {}

    def add(day: date, pence: Pence | int) -> None:
        moved[day] = moved.get(day, np.zeros(forecast.trials, dtype=np.int64)) + pence

    up_front = _up_front(forecast)
    for claim in forecast.claim_dates:
        early = sum(pence for number, _, pence in up_front if number == claim.number)
        add(
            due_on(forecast.terms_on(claim.known_by), claim.known_by, holidays),
            due[:, claim.number] - early,
        )
    for _, on, pence in up_front:
        add(forecast.contract.calendar.payment.open_day(on, holidays), pence)
    days = tuple(sorted(moved))
    return days, np.stack([moved[day] for day in days], axis=1)


def cash_of(forecast: Forecast, opening_pence: int = 0) -> Cash:
    """The provider's cash in every trial of a forecast."""
    days, received = received_by_day(forecast)
    every = sorted({*days, *forecast.cost_dates})
    place = {day: number for number, day in enumerate(every)}
    flows = np.zeros((forecast.trials, len(every)), dtype=np.int64)
    flows[:, [place[day] for day in days]] += received
    if forecast.cost_dates:
        spent = forecast.cost_pence.sum(axis=2)
        flows[:, [place[day] for day in forecast.cost_dates]] -= spent
    return Cash(tuple(every), opening_pence + flows.cumsum(axis=1), opening_pence)


def _up_front(forecast: Forecast) -> list[tuple[int, date, int]]:
    """Up-front money: the claim date that it is counted from, its own day, and how much. What is
    paid up front is the same in every trial.
    """
    tranches = list(forecast.contract.tranches.values())
    if not tranches:
        return []
    paid = np.diff(forecast.settled(0).up_front[:, 0].sum(axis=2), axis=1, prepend=0)
    return [
        (int(claim), tranches[index].on, int(paid[index, claim]))
        for index, claim in zip(*np.nonzero(paid), strict=True)
    ]


def unpaid_pence(forecast: Forecast) -> Pence:
    """What was achieved and nobody pays, in every trial: what limits on the whole hold back, and
    what passes beyond the last funder's limit.
    """
    whole = [place for place, limit in enumerate(forecast.limits_on) if not limit.funder]
    held = forecast.held_back_pence[:, -1, whole].sum(axis=1)
    return np.asarray(held + forecast.due_pence[..., -1].sum(axis=1))


def spread_of(amounts: Pence) -> tuple[int, int, int, int]:
    """Mean to the nearest penny, and the 5th, 50th and 95th percentile, of amounts by trial."""
    ascending = np.sort(amounts)
    total = np.array(int(ascending.sum()), dtype=np.int64)
    mean = int(round_fraction(total, Fraction(1, len(amounts)), half_up))
    five, half, most = (int(percentile(ascending, percent)) for percent in (5, 50, 95))
    return mean, five, half, most
