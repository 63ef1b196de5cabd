"""Values to date: what the claims of every lot are worth before anything is withheld, and what
results of groups are, which are measured over the claims that stand.

Takes  quantities to date shaped (trial, lot), lots in settlement order.
Gives  minor units of the contract's currency, shaped (trial, lot); results have a lot for each
       period, group and result.
Keeps  a value follows from everything that stands on a claim date, never from how it came about.
       Exact fractions; a measure of which nothing is known pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.money import (
    CURRENCIES,
    MOST_PENCE,
    Pence,
    assert_fits,
    minor_units,
    round_fraction,
    rounded,
)
from impactbond.settlement.lots import LATE, Lots, Numbers, paid_late
from impactbond.terms.measures import Sums
from impactbond.terms.milestones import Milestone
from impactbond.terms.results import Result


def values_to_date(contract: Contract, lots: Lots, quantity: Numbers, claim: int) -> Pence:
    """What the claims of every lot are worth at the claim date of that number."""
    # 64 bits would wrap without a word.
    most = quantity.max(axis=0, initial=0).astype(float) @ np.abs(lots.price_pence.astype(float))
    if most > MOST_PENCE:  # of all trials together: then each by itself is looked at
        assert_fits(float((quantity.astype(float) @ lots.price_pence.astype(float)).max(initial=0)))
    value = np.asarray(quantity * lots.price_pence, dtype=np.int64)
    for position, term in _priced_on_running_totals(contract):
        own = np.flatnonzero(lots.milestone == position)
        if term.bands:
            value[:, own] = _in_bands(contract, lots, term, own, quantity)
        part = part_paid(contract, term)
        if part != 1:
            running = np.cumsum(value[:, own], axis=1)
            # Rounded on the running total, so that fractions of a penny do not pile up claim by
            # claim.
            paid = round_fraction(running, part, contract.rounding.rule)
            value[:, own] = np.diff(paid, axis=1, prepend=0)
    value = _without_deferred_fees(contract, lots, quantity, value)
    return result_values(contract, lots, quantity, value, claim) if contract.results else value


def part_paid(contract: Contract, term: Milestone) -> Fraction:
    """What one minor unit of a milestone's price is paid at, in minor units of the currency of
    payments: the share that is paid for, times the rate between the currencies.
    """
    part = Fraction(1) if term.paid_for is None else term.paid_for
    if contract.prices_in is not None:
        prices = CURRENCIES[contract.prices_in.currency].decimals
        part *= Fraction(contract.prices_in.rate) * Fraction(10) ** (contract.decimals - prices)
    return part


def _priced_on_running_totals(contract: Contract) -> Iterator[tuple[int, Milestone]]:
    """The milestones whose claims are not simply worth their price, each with its position."""
    for position, term in enumerate(contract.milestones.values()):
        if term.bands or part_paid(contract, term) != 1:
            yield position, term


def _in_bands(
    contract: Contract, lots: Lots, term: Milestone, own: Numbers, quantity: Numbers
) -> Pence:
    """The claims of one milestone at the prices of the bands that they fall in, one after another
    in settlement order.
    """
    running = np.cumsum(quantity[:, own], axis=1)
    value = np.zeros_like(running)
    starts = [Decimal(0), *(Decimal(band.after) for band in term.bands)]
    prices = [term.price, *(band.price for band in term.bands)]
    dearest = minor_units(max(prices), contract.currency_of_prices)
    assert_fits(float(running.max(initial=0)) * dearest)
    for index, price in enumerate(prices):
        first = int(starts[index])
        in_band = np.maximum(running - first, 0)
        if index + 1 < len(starts):
            in_band = np.minimum(in_band, int(starts[index + 1]) - first)
        # The running total is parted, so that each claim is worth what it adds to it: which band it
        # falls in depends on all the claims before it.
        value += np.diff(in_band, axis=1, prepend=0) * _of_a_claim(contract, lots, own, price)
    return np.asarray(value, dtype=np.int64)


def _of_a_claim(contract: Contract, lots: Lots, own: Numbers, price: Decimal) -> Pence:
    """The price of a band in minor units for each lot: less the discounts on its day, and for late
    claims what these earn of it.
    """
    name = contract.payables[int(lots.milestone[own[0]])] if own.size else ""
    discounts = contract.discounts_of(name)
    minor = Fraction(minor_units(price, contract.currency_of_prices))
    found: dict[int, int] = {}
    for day in set(lots.day[own].tolist()):
        left = minor
        for discount in discounts:
            left = discount.taken_off(left, from_day_number(day), {})
        found[day] = rounded(left, contract.rounding.rule)
    prices = np.array([found[day] for day in lots.day[own].tolist()], dtype=np.int64)
    # Of one claim, not of what a lot comes to: three late claims counted together must come to what
    # they come to one by one, half pennies and all.
    late = lots.standing[own] == LATE
    prices[late] = paid_late(contract, prices[late])
    return prices


def _without_deferred_fees(
    contract: Contract, lots: Lots, quantity: Numbers, value: Pence
) -> Pence:
    """Fees that wait for claims of a milestone are worth nothing until so many stand."""
    for name, fee in contract.fees.items():
        if fee.deferred_until is None:
            continue
        needed = contract.payables.index(fee.deferred_until.milestone)
        # Of those that stand: where claims are taken back below the number, the fee goes back too.
        claims = quantity[:, lots.milestone == needed].sum(axis=1)
        waits = claims < fee.deferred_until.at_least
        concerned = lots.milestone == contract.payables.index(name)
        value = np.where(waits[:, None] & concerned[None, :], 0, value)
    return value


def result_values(
    contract: Contract, lots: Lots, quantity: Numbers, value: Pence, claim: int
) -> Pence:
    """Values with those of the results, as measured at the claim date of that number."""
    ledgers = [
        GroupCounts.of(contract, lots, quantity, value, trial) for trial in range(len(value))
    ]
    # Measured on the values as they were, not on those of results already written in.
    worth = value.copy()
    for lot, key in enumerate(lots.keys):
        name = contract.payables[key.milestone]
        # Lots of coming periods are there once a claim is open; their results are not measured yet.
        if name not in contract.results or key.period > claim:
            continue
        group = group_of(contract, contract.results[name], key.group)
        for trial, ledger in enumerate(ledgers):
            worth[trial, lot] = ledger.added(name, group, key.period)
    return worth


def falls_of_results(contract: Contract, lots: Lots, asked: Pence, paid: Pence) -> Pence:
    """What a limit lets through, of the amounts asked for, with every fall of a result taken first
    off what the limit had withheld of it: (trial, lot).
    """
    if not contract.results or not (asked < 0).any():
        return paid
    paid, withheld = paid.copy(), dict[tuple[int, tuple[str, ...]], Pence]()
    for lot, key in enumerate(lots.keys):
        if contract.payables[key.milestone] not in contract.results:
            continue
        # By result and group, period after period. Otherwise a rate that falls would take back what
        # nobody ever paid: all of what straddled a limit, or what was beyond that of its period.
        of = key.milestone, key.group
        left = withheld.get(of, np.zeros(len(paid), dtype=np.int64)) + asked[:, lot] - paid[:, lot]
        off = np.clip(left, 0, np.maximum(-asked[:, lot], 0))
        paid[:, lot] += off
        withheld[of] = np.maximum(left - off, 0)
    return paid


def group_of(contract: Contract, result: Result, group: tuple[str, ...]) -> str | None:
    """The value of the attribute that a result is for each of; None where it is for all."""
    return None if result.each is None else group[contract.grouping.index(result.each)]


def sums_of(contract: Contract, summed: Callable[[str, bool], int]) -> Sums:
    """What measures are worked out from; `summed` gives the claims of a milestone, or, where that
    is asked for, their worth in minor units.
    """
    unit = 10**contract.decimals
    return Sums(
        contract.measures,
        claims=lambda name: Fraction(summed(name, False)),
        value=lambda name: Fraction(summed(name, True), unit),
    )


def worth_pence(contract: Contract, result: Result, sums: Sums) -> int:
    """What a result pays for what is measured, before what is taken off, in minor units; halves go
    as the contract's rounding says.
    """
    exact: Fraction = result.worth(sums) * 10**contract.decimals
    return rounded(exact, contract.rounding.rule)


@dataclass(frozen=True)
class GroupCounts:
    """Claims and their worth in one trial, by milestone, period and group, and what results are
    worth that are measured on them.
    """

    contract: Contract
    counts: dict[tuple[int, int, tuple[str, ...]], tuple[int, int]]
    known: dict[tuple[str, str | None, int], int]

    @classmethod
    def of(
        cls, contract: Contract, lots: Lots, quantity: Numbers, value: Pence, trial: int
    ) -> GroupCounts:
        counts: dict[tuple[int, int, tuple[str, ...]], tuple[int, int]] = {}
        pairs = zip(quantity[trial].tolist(), value[trial].tolist(), strict=True)
        for key, (number, worth) in zip(lots.keys, pairs, strict=True):
            if key.milestone >= len(contract.milestones) or not (number or worth):
                continue
            group = (key.milestone, key.period, key.group)
            before = counts.get(group, (0, 0))
            counts[group] = (before[0] + number, before[1] + worth)
        return cls(contract, counts, {})

    def added(self, name: str, group: str | None, period: int) -> int:
        """What a result adds in one period, in minor units: its worth at the end of it, less that
        at the end of the period before where both are worth of the same stretch.
        """
        now = self.worth(name, group, period)
        if self.contract.results[name].starts_anew(self.contract.calendar, period):
            return now
        return now - self.worth(name, group, period - 1)

    def worth(self, name: str, group: str | None, period: int) -> int:
        """What a result is worth at the end of a period, in minor units."""
        if (name, group, period) not in self.known:
            self.known[name, group, period] = self._worth(name, group, period)
        return self.known[name, group, period]

    def _worth(self, name: str, group: str | None, period: int) -> int:
        result, calendar = self.contract.results[name], self.contract.calendar
        if result.on is not None and calendar.periods[period].last < result.on:
            return 0
        pence = worth_pence(self.contract, result, self.sums(result, group, period))
        others = (self.worth(*place) for place in self.taken_off(result, group, period))
        # Others that came to more leave nothing, and no debt; a result by itself may come to less
        # than nothing, as a deduction does.
        return max(0, pence - sum(others)) if result.less else pence

    def sums(self, result: Result, group: str | None, period: int) -> Sums:
        """What a result is measured on at the end of a period: the claims of its stretch and
        group.
        """
        first = result.first_period(self.contract.calendar, period)

        # Up to and including this period: a later claim date measures an earlier period again
        # without what was achieved since.
        def summed(milestone: str, in_money: bool) -> int:
            wanted = self.contract.payables.index(milestone)
            return sum(
                counted[in_money]
                for (number, at, held), counted in self.counts.items()
                if number == wanted
                and first <= at <= period
                and (group is None or group_of(self.contract, result, held) == group)
            )

        return sums_of(self.contract, summed)

    def taken_off(
        self, result: Result, group: str | None, period: int
    ) -> Iterator[tuple[str, str | None, int]]:
        """The results that are taken off a result, each with its group and the period."""
        for other in result.less:
            yield from ((other, of, period) for of in self._groups(other, group))

    def _groups(self, other: str, group: str | None) -> list[str | None]:
        """The groups of another result that lie within a group of this one."""
        each = self.contract.results[other].each
        if each is None or group is not None:
            return [group if each is not None else None]
        position = self.contract.grouping.index(each)
        return list(sorted({held[position] for _, _, held in self.counts}))
