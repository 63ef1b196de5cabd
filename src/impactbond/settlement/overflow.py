"""Overflow: what lies beyond each funder's limit, paid by another funder or by nobody.

Takes  every funder's share of every movement, in history order.
Gives  what each funder takes over and passes on, and what each limit withholds.
Keeps  no funder's limit is exceeded; where its headroom grows, what was left unpaid is released,
       and what another funder took over stays with that funder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.errors import InvariantError
from impactbond.money import Pence, minor_units
from impactbond.settlement.funders import UNFUNDED, Funders
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.movements import Movements
from impactbond.terms.limits import LimitKind, ShareLimit


def headroom_pence(contract: Contract, limit: LimitKind, day: date) -> int:
    """What a limit in money lets through as of a claim date, to date or of each year."""
    most = limit.most_on(contract.funders, day)
    if most is None:
        raise InvariantError(f"the limit on the {limit.name} is not in money")
    return minor_units(most, contract.currency)


def headroom_by_claim(contract: Contract, limit: LimitKind, claims: int) -> Numbers:
    """What a limit in money lets through, at each of the first so many claim dates."""
    calendar = contract.calendar
    days = [calendar.claim_date(period) for period in calendar.periods[:claims]]
    return np.array([headroom_pence(contract, limit, day) for day in days], dtype=np.int64)


def grows_at(contract: Contract, claim: int) -> bool:
    """Whether a funder's headroom, beyond which nobody pays, is larger than a claim before."""
    for limit in contract.limits_on_funders:
        if claim and limit.taker is None:
            headroom = headroom_by_claim(contract, limit, claim + 1)
            if headroom[claim] > headroom[claim - 1]:
                return True
    return False


@dataclass(frozen=True, eq=False)
class _Demand:
    """What one funder is asked for under one limit, shaped (trial, movement), and its headroom at
    each movement. `releases` says that nobody else pays what lies beyond.
    """

    asked: Pence
    headroom: Numbers
    claim: Numbers
    lot: Numbers
    is_release: NDArray[np.bool_]
    releases: bool


def apply_funder_limits(
    contract: Contract, lots: Lots, funders: Funders, history: Movements, payable: Pence
) -> tuple[Pence, Pence]:
    """What each funder takes over (+) and passes on (-), shaped (trial, movement, funder), and what
    each limit withholds (release is negative), shaped (trial, movement, limited funder).
    """
    overflow = np.zeros_like(payable)
    withheld: list[Pence] = []
    claims = int(history.claim.max(initial=0)) + 1
    for limit in contract.limits_on_funders:
        headroom = headroom_by_claim(contract, limit, claims)[history.claim]
        taker = funders.place(UNFUNDED if limit.taker is None else limit.taker)
        for funder in funders.of_term(limit.on_funder):
            # Limits apply in the stated order: what an earlier one passed on to this funder meets
            # its own limit too.
            asked = payable[..., funder] + overflow[..., funder]
            beyond = np.zeros_like(asked)
            for own in _each(contract, limit, lots, history):
                demand = _Demand(
                    asked[:, own],
                    headroom[own],
                    history.claim[own],
                    history.lot[own],
                    history.is_release[own],
                    limit.taker is None,
                )
                beyond[:, own] = demand.asked - _paid(demand)
            overflow[..., funder] -= beyond
            overflow[..., taker] += beyond
            withheld.append(beyond)
    none = np.zeros((*payable.shape[:2], 0), dtype=np.int64)
    return overflow, np.stack(withheld, axis=-1) if withheld else none


def _each(
    contract: Contract, limit: ShareLimit, lots: Lots, history: Movements
) -> Iterator[Numbers]:
    """The movements that share one headroom: all of them, or those of what each year achieved."""
    if not limit.is_yearly or not history.lot.size:
        yield np.arange(history.lot.size)
        return
    years = [contract.calendar.year_of(from_day_number(key.day)) for key in lots.keys]
    year = np.array(years, dtype=np.int64)[history.lot]
    for one in np.unique(year):
        yield np.flatnonzero(year == one)


def _paid(demand: _Demand) -> Pence:
    """What the funder pays of every movement: of the running total, what there is headroom for.

    Where headroom has grown, what was left unpaid is paid by the movements made for that; what was
    passed on before stays out of the running total.
    """
    trials, count = demand.asked.shape
    paid = np.zeros_like(demand.asked)
    total, used, gone = (np.zeros((trials, 1), dtype=np.int64) for _ in range(3))
    begins = np.flatnonzero(np.diff(demand.headroom, prepend=-1)).tolist()
    for begin, end in pairwise([*begins, count]):
        most, here = int(demand.headroom[begin]), slice(begin, end)
        if demand.releases:
            freed = np.minimum(total, most) - used
            paid[:, here] = _released(demand, paid, freed, begin, end)
            used = used + freed
        else:
            gone = total - used
        running = total + np.cumsum(demand.asked[:, here], axis=1)
        kept = np.minimum(np.maximum(running - gone, np.minimum(running, 0)), most)
        paid[:, here] += np.diff(kept, axis=1, prepend=used)
        total, used = running[:, -1:], kept[:, -1:]
    return paid


def _released(demand: _Demand, paid: Pence, freed: Pence, begin: int, end: int) -> Pence:
    """What growing headroom releases of each lot that was left unpaid, earliest lots first."""
    released = np.zeros_like(demand.asked[:, begin:end])
    if not freed.any():
        return released
    at = np.flatnonzero(
        demand.is_release[begin:end] & (demand.claim[begin:end] == demand.claim[begin])
    )
    if not at.size:
        raise InvariantError(
            "the headroom of a funder has grown, and no movement releases what was unpaid"
        )
    unpaid = np.zeros((demand.asked.shape[0], int(demand.lot.max()) + 1), dtype=np.int64)
    np.add.at(unpaid.T, demand.lot[:begin], (demand.asked[:, :begin] - paid[:, :begin]).T)
    waiting = np.maximum(unpaid[:, demand.lot[begin:end][at]], 0)
    steps = np.diff(np.minimum(np.cumsum(waiting, axis=1), freed), axis=1, prepend=0)
    # Single claims of one lot may be apart, one taken back and one unpaid: the sum is what counts.
    steps[:, :1] += freed - steps.sum(axis=1, keepdims=True)
    released[:, at] = steps
    return released
