"""Values to date: what the claims of every lot are worth before anything is held back.

Takes  quantities to date shaped (trial, lot), lots in settlement order.
Gives  minor units of the contract's currency, shaped (trial, lot).
Keeps  a value follows from everything that stands on a claim date, never from how it came about.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.money import CURRENCIES, Pence, minor_units, round_fraction
from impactbond.settlement.lots import LATE, Lots, Numbers
from impactbond.settlement.results import result_values
from impactbond.terms.milestones import Milestone


def values_to_date(contract: Contract, lots: Lots, quantity: Numbers, claim: int) -> Pence:
    """What the claims of every lot are worth at the claim date of that number."""
    value = np.asarray(quantity * lots.price_pence, dtype=np.int64)
    for place, term in _priced_on_running_totals(contract):
        own = np.flatnonzero(lots.milestone == place)
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
    """The milestones whose claims are not simply worth their price, each with its place."""
    for place, term in enumerate(contract.milestones.values()):
        if term.bands or part_paid(contract, term) != 1:
            yield place, term


def _in_bands(
    contract: Contract, lots: Lots, term: Milestone, own: Numbers, quantity: Numbers
) -> Pence:
    """The claims of one milestone at the prices of the bands that they fall in, one after another
    in settlement order.
    """
    running = np.cumsum(quantity[:, own], axis=1)
    worth = np.zeros_like(running)
    starts = [Decimal(0), *(Decimal(band.after) for band in term.bands)]
    for index, price in enumerate([term.price, *(band.price for band in term.bands)]):
        first = int(starts[index])
        in_band = np.maximum(running - first, 0)
        if index + 1 < len(starts):
            in_band = np.minimum(in_band, int(starts[index + 1]) - first)
        worth += in_band * minor_units(price, contract.currency_of_prices)
    # The running total is priced, so that each claim is worth what it adds to it: which band it
    # falls in depends on all the claims before it.
    value = np.diff(worth, axis=1, prepend=0)
    part = contract.calendar.evidence.late_pays
    late = np.array([lots.keys[lot].standing == LATE for lot in own], dtype=bool)
    if part is not None and late.any():
        value[:, late] = round_fraction(value[:, late], part, contract.rounding.rule)
    return np.asarray(value, dtype=np.int64)


def _without_deferred_fees(
    contract: Contract, lots: Lots, quantity: Numbers, value: Pence
) -> Pence:
    """Fees that wait for claims of a milestone are worth nothing until so many stand."""
    for name, fee in contract.fees.items():
        if fee.deferred_until is None:
            continue
        needed = contract.payables.index(fee.deferred_until.milestone)
        claims = quantity[:, lots.milestone == needed].sum(axis=1)
        waits = claims < fee.deferred_until.at_least
        concerned = lots.milestone == contract.payables.index(name)
        value = np.where(waits[:, None] & concerned[None, :], 0, value)
    return value
