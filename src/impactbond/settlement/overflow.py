"""Passing on: what lies beyond each funder's limit, moved to another funder or to nobody.

Takes  every funder's share of every movement, in history order.
Gives  what each funder takes over and passes on, and what each limit holds back.
Keeps  no funder's limit is exceeded; where its room grows, what was left unpaid is released, and
       what another funder took over stays with that funder.
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
from impactbond.terms.limits import FunderLimit, PassedTo


def funder_limits(contract: Contract) -> list[FunderLimit]:
    """The limits on funders, in the stated order."""
    return [limit for limit in contract.limits if isinstance(limit, FunderLimit)]


def committed_pence(contract: Contract, funder: str, day: date) -> int:
    """What a funder has committed in all by a day."""
    return minor_units(contract.funders[funder].committed_on(day), contract.currency)


def most_pence(contract: Contract, limit: FunderLimit, day: date) -> int:
    """The most that a funder pays to date as of a claim date, or of each year; 0 until released."""
    if limit.released_when is not None:
        others = limit.released_when.committed_by
        joined = sum(committed_pence(contract, funder, day) for funder in others)
        if joined < minor_units(limit.released_when.at_least, contract.currency):
            return 0
    if limit.at_most.of == "commitment":
        return committed_pence(contract, limit.funder, day)
    return minor_units(limit.at_most.amount, contract.currency)


def most_by_claim(contract: Contract, limit: FunderLimit, claims: int) -> Numbers:
    """The most that a funder pays, at each of the first so many claim dates."""
    calendar = contract.calendar
    days = [calendar.claim_date(period) for period in calendar.periods[:claims]]
    return np.array([most_pence(contract, limit, day) for day in days], dtype=np.int64)


def grows_at(contract: Contract, claim: int) -> bool:
    """Whether the room of a funder, beyond which nobody pays, is larger than a claim before."""
    for limit in funder_limits(contract):
        if claim and limit.beyond == "unpaid":
            most = most_by_claim(contract, limit, claim + 1)
            if most[claim] > most[claim - 1]:
                return True
    return False


@dataclass(frozen=True, eq=False)
class _Overflow:
    """What one funder is asked for under one limit, shaped (trial, movement), and its room."""

    asked: Pence
    most: Numbers
    claim: Numbers
    lot: Numbers
    is_release: NDArray[np.bool_]
    releases: bool


def pass_on(
    contract: Contract, lots: Lots, funders: Funders, history: Movements, payable: Pence
) -> tuple[Pence, Pence]:
    """What each funder takes over (+) and passes on (-), shaped (trial, movement, funder), and what
    each limit holds back (release is negative), shaped (trial, movement, limited funder).
    """
    moved = np.zeros_like(payable)
    held: list[Pence] = []
    for limit in funder_limits(contract):
        most = most_by_claim(contract, limit, int(history.claim.max(initial=0)) + 1)[history.claim]
        passed_to = limit.beyond.funder if isinstance(limit.beyond, PassedTo) else UNFUNDED
        target = funders.place(passed_to)
        for funder in funders.of_term(limit.funder):
            # Limits apply in the stated order: what an earlier one passed on to this funder meets
            # its own limit too.
            asked = payable[..., funder] + moved[..., funder]
            beyond = np.zeros_like(asked)
            for own in _each(contract, limit, lots, history):
                course = _Overflow(
                    asked[:, own],
                    most[own],
                    history.claim[own],
                    history.lot[own],
                    history.is_release[own],
                    passed_to == UNFUNDED,
                )
                beyond[:, own] = course.asked - _paid(course)
            moved[..., funder] -= beyond
            moved[..., target] += beyond
            held.append(beyond)
    none = np.zeros((*payable.shape[:2], 0), dtype=np.int64)
    return moved, np.stack(held, axis=-1) if held else none


def _each(
    contract: Contract, limit: FunderLimit, lots: Lots, history: Movements
) -> Iterator[Numbers]:
    """The movements that share one room: all of them, or those of what each year achieved."""
    if limit.each is None or not history.lot.size:
        yield np.arange(history.lot.size)
        return
    years = [contract.calendar.year_of(from_day_number(key.day)) for key in lots.keys]
    year = np.array(years, dtype=np.int64)[history.lot]
    for one in np.unique(year):
        yield np.flatnonzero(year == one)


def _paid(course: _Overflow) -> Pence:
    """What the funder pays of every movement: of the running total, as much as there is room for.

    Where room has grown, what was left unpaid is paid by the movements made for that; what was
    passed on before stays out of the running total.
    """
    trials, count = course.asked.shape
    paid = np.zeros_like(course.asked)
    total, used, gone = (np.zeros((trials, 1), dtype=np.int64) for _ in range(3))
    begins = np.flatnonzero(np.diff(course.most, prepend=-1)).tolist()
    for begin, end in pairwise([*begins, count]):
        most, here = int(course.most[begin]), slice(begin, end)
        if course.releases:
            room = np.minimum(total, most) - used
            paid[:, here] = _released(course, paid, room, begin, end)
            used = used + room
        else:
            gone = total - used
        running = total + np.cumsum(course.asked[:, here], axis=1)
        kept = np.minimum(np.maximum(running - gone, np.minimum(running, 0)), most)
        paid[:, here] += np.diff(kept, axis=1, prepend=used)
        total, used = running[:, -1:], kept[:, -1:]
    return paid


def _released(course: _Overflow, paid: Pence, room: Pence, begin: int, end: int) -> Pence:
    """What growing room releases of each lot that was left unpaid, earliest lots first."""
    released = np.zeros_like(course.asked[:, begin:end])
    if not room.any():
        return released
    at = np.flatnonzero(
        course.is_release[begin:end] & (course.claim[begin:end] == course.claim[begin])
    )
    if not at.size:
        raise InvariantError("room of a funder has grown, and no movement releases what was unpaid")
    unpaid = np.zeros((course.asked.shape[0], int(course.lot.max()) + 1), dtype=np.int64)
    np.add.at(unpaid.T, course.lot[:begin], (course.asked[:, :begin] - paid[:, :begin]).T)
    waiting = np.maximum(unpaid[:, course.lot[begin:end][at]], 0)
    steps = np.diff(np.minimum(np.cumsum(waiting, axis=1), room), axis=1, prepend=0)
    # Single claims of one lot may be apart, one taken back and one unpaid: the sum is what counts.
    steps[:, :1] += room - steps.sum(axis=1, keepdims=True)
    released[:, at] = steps
    return released
