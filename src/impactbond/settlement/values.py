"""Values to date: what the claims of every lot are worth before anything is withheld, and what
results of groups are, which are measured over the claims that stand.

Takes  quantities to date shaped (trial, lot), lots in settlement order.
Gives  minor units of the contract's currency, shaped (trial, lot); results have a lot for each
       period, group and result.
Keeps  a value follows from everything that stands on a claim date, never from how it came about.
       Exact fractions; a measure of which nothing is known pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.dates import day_number, from_day_number
from impactbond.money import (
    CURRENCIES,
    MOST_PENCE,
    Pence,
    assert_fits,
    minor_units,
    round_fraction,
    rounded,
)
from impactbond.settlement.funding import share_rule
from impactbond.settlement.lots import DISPUTED, LATE, LotKey, Lots, Numbers, paid_late
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
    for position, name in enumerate(contract.milestones):
        if is_plain(contract, name):
            continue
        stretches = _stretches(contract, lots, position, name)
        every = np.concatenate([own for _, own in stretches])
        running = np.cumsum(quantity[:, every], axis=1)
        for text, own in stretches:
            if text.milestones[name].bands:
                up_to = running[:, np.isin(every, own)]
                value[:, own] = _in_bands(text, lots, name, own, quantity[:, own], up_to)
        for part, own in _by_part(stretches, name):
            if part != 1:
                # Those in dispute last: what is paid beside them is rounded once, and not by each
                # gap that they leave.
                own = own[np.argsort(lots.standing[own] == DISPUTED, kind="stable")]
                worth = np.cumsum(value[:, own], axis=1)
                # Rounded on the running total, so that fractions of a penny do not pile up claim by
                # claim.
                paid = round_fraction(worth, part, contract.rounding.rule)
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


def is_plain(contract: Contract, name: str) -> bool:
    """Whether each claim of a milestone is worth its price, however many there are."""
    texts = (text for _, text in contract.texts_of_claims)
    terms = ((text, text.milestones[name]) for text in texts if name in text.milestones)
    return not any(term.bands or part_paid(text, term) != 1 for text, term in terms)


def _stretches(
    contract: Contract, lots: Lots, position: int, name: str
) -> list[tuple[Contract, Numbers]]:
    """The lots of a milestone, by the text that they are under."""
    texts, own = contract.texts_of_claims, np.flatnonzero(lots.milestone == position)
    governs = _governing(texts, lots.day[own])
    # Where a version has no such milestone nothing of it stands, though closed lines may be there.
    return [
        (text, own[governs == index])
        for index, (_, text) in enumerate(texts)
        if name in text.milestones
    ]


def _governing(texts: Sequence[tuple[date, Contract]], days: Numbers) -> Numbers:
    """Which of some texts governs each day: the last that does so from that day, or before, on."""
    turns = [day_number(from_) for from_, _ in texts[1:]]
    return np.searchsorted(np.array(turns, dtype=np.int64), days, side="right")


def _by_part(
    stretches: Iterable[tuple[Contract, Numbers]], name: str
) -> Iterator[tuple[Fraction, Numbers]]:
    """The lots one after another of which the same part is paid, in one version or in several."""
    paid = ((part_paid(text, text.milestones[name]), own) for text, own in stretches)
    for part, alike in groupby(paid, key=itemgetter(0)):
        yield part, np.concatenate([own for _, own in alike])


def _in_bands(
    text: Contract, lots: Lots, name: str, own: Numbers, quantity: Numbers, running: Numbers
) -> Pence:
    """The claims of one milestone at the prices of the bands that they fall in, one after another
    in settlement order; `running` is how many there are up to and with each lot.
    """
    term, value = text.milestones[name], np.zeros_like(running)
    starts = [Decimal(0), *(Decimal(band.after) for band in term.bands)]
    prices = [term.price, *(band.price for band in term.bands)]
    dearest = minor_units(max(prices), text.currency_of_prices)
    assert_fits(float(running.max(initial=0)) * dearest)
    for index, price in enumerate(prices):
        first = int(starts[index])
        most = int(starts[index + 1]) - first if index + 1 < len(starts) else None
        # The running total is parted, so that each claim is worth what it adds to it: which band it
        # falls in depends on all the claims before it, those of other versions too.
        before, after = (np.clip(one - first, 0, most) for one in (running - quantity, running))
        value += (after - before) * _of_a_claim(text, lots, name, own, price)
    return np.asarray(value, dtype=np.int64)


def _of_a_claim(text: Contract, lots: Lots, name: str, own: Numbers, price: Decimal) -> Pence:
    """The price of a band in minor units for each lot: less the discounts on its day, and for late
    claims what these earn of it.
    """
    discounts = text.discounts_of(name)
    minor = Fraction(minor_units(price, text.currency_of_prices))
    found: dict[int, int] = {}
    for day in set(lots.day[own].tolist()):
        left = minor
        for discount in discounts:
            left = discount.taken_off(left, from_day_number(day), {})
        found[day] = rounded(left, text.rounding.rule)
    prices = np.array([found[day] for day in lots.day[own].tolist()], dtype=np.int64)
    # Of one claim, not of what a lot comes to: three late claims counted together must come to what
    # they come to one by one, half pennies and all.
    late = lots.standing[own] == LATE
    prices[late] = paid_late(text, prices[late])
    return prices


def _without_deferred_fees(
    contract: Contract, lots: Lots, quantity: Numbers, value: Pence
) -> Pence:
    """Fees that wait for claims of a milestone are worth nothing until so many stand."""
    # A fee is governed by its day, whatever governs the claims of participants.
    governs = _governing(contract.texts, lots.day)
    for index, (_, text) in enumerate(contract.texts):
        for name, fee in text.fees.items():
            if fee.deferred_until is None:
                continue
            needed = contract.payables.index(fee.deferred_until.milestone)
            # Of those that stand: where claims are taken back below the number, the fee goes back
            # too.
            claims = quantity[:, lots.milestone == needed].sum(axis=1)
            waits = claims < fee.deferred_until.at_least
            concerned = (governs == index) & (lots.milestone == contract.payables.index(name))
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
        if not _is_governed(contract, lots, key):
            worth[:, lot] = 0
            continue
        group = group_of(contract, result_in(contract, name, key.period), key.group)
        for trial, ledger in enumerate(ledgers):
            worth[trial, lot] = ledger.added(name, group, key.period)
    return worth


def _is_governed(contract: Contract, lots: Lots, key: LotKey) -> bool:
    """Whether the version that governs the day of a result's lot pays it, by that share rule: of
    closed lines there may be lots that none pays any more.
    """
    if len(contract.texts) == 1:
        return True
    day, name = from_day_number(key.day), contract.payables[key.milestone]
    text = contract.text_on(day)
    if name not in text.results:
        return False
    each = text.results[name].each
    held = {} if each is None else {each: key.group[contract.grouping.index(each)]}
    entry = next(one for one in text.fundings_of(name) if one.applies(day, held))
    rule = replace(share_rule(text, entry, held), funding=contract.funding.index(entry))
    # Otherwise a result would be paid twice that another funder pays than the one that was asked.
    return rule == lots.rules[key.rule]


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


def text_of(contract: Contract, period: int) -> Contract:
    """The text that governs the results of a period: that of its last day."""
    return contract.text_on(contract.calendar.periods[period].last)


def result_in(contract: Contract, name: str, period: int) -> Result:
    """A result as the text that governs a period has it; where it has none, as it last was."""
    return text_of(contract, period).results.get(name) or contract.results[name]


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
        now, result = self.worth(name, group, period), result_in(self.contract, name, period)
        if result.starts_anew(self.contract.calendar, period):
            return now
        return now - self.worth(name, group, period - 1)

    def worth(self, name: str, group: str | None, period: int) -> int:
        """What a result is worth at the end of a period, in minor units."""
        if (name, group, period) not in self.known:
            self.known[name, group, period] = self._worth(name, group, period)
        return self.known[name, group, period]

    def _worth(self, name: str, group: str | None, period: int) -> int:
        result = result_in(self.contract, name, period)
        last = self.contract.calendar.periods[period].last
        # One that is new, or is measured for other groups than before, was worth nothing before.
        has_it = name in text_of(self.contract, period).results
        if not has_it or (result.each is None) != (group is None):
            return 0
        if result.on is not None and last < result.on:
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

        return sums_of(text_of(self.contract, period), summed)

    def taken_off(
        self, result: Result, group: str | None, period: int
    ) -> Iterator[tuple[str, str | None, int]]:
        """The results that are taken off a result, each with its group and the period."""
        for other in result.less:
            yield from ((other, of, period) for of in self._groups(other, group, period))

    def _groups(self, other: str, group: str | None, period: int) -> list[str | None]:
        """The groups of another result that lie within a group of this one."""
        each = text_of(self.contract, period).results[other].each
        if each is None or group is not None:
            return [group if each is not None else None]
        position = self.contract.grouping.index(each)
        return list(sorted({held[position] for _, _, held in self.counts}))
