"""Movements: what changed in each lot between one claim date and the next. They are appended to a
history that only grows.

Takes  quantities to date shaped (trial, claim date, lot), and the movements of closed claim dates.
Gives  movements in history order: claim date by claim date, within it in settlement order. Where
       nobody asks for single lots, pooled: those of one claim date and share rule as one.
Keeps  entitled to date is the sum of the movements to date; a closed claim date is never rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.money import Pence
from impactbond.settlement.limits import (
    apply_limits,
    grows_at,
    is_known_nothing,
    is_nothing,
)
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.priorities import Apart
from impactbond.settlement.running import summed
from impactbond.settlement.values import values_to_date


class Movements(NamedTuple):
    """History: which lot moved at which claim date, and by how much. Amounts are shaped (trial,
    movement).

    value: price × change of quantity. entitled: the part that limits on the whole let through.
    limited: bit i is set where what reason i of `reasons_to_withhold` withholds has changed.
    is_release: where nothing moves, so that a funder can pay what its limit had left unpaid.
    """

    claim: Numbers
    lot: Numbers
    limited: Numbers
    is_release: NDArray[np.bool_]
    quantity: Numbers
    value: Pence
    entitled: Pence

    def pooled(self, alike: Numbers) -> Movements:
        """Movements of one claim date and one number in `alike` as one movement, of the first lot
        among them; those that are to release something apart from the others, and before them.
        """
        moves = ~self.is_release
        # What was left unpaid is released first, before new claims ask for the same headroom.
        order = np.lexsort((alike, moves, self.claim))
        claim, moves, alike = self.claim[order], moves[order], alike[order]
        is_new = np.ones(order.size, dtype=bool)
        is_new[1:] = np.diff(claim).astype(bool) | np.diff(alike).astype(bool)
        is_new[1:] |= moves[1:] != moves[:-1]
        first = np.flatnonzero(is_new)
        if not first.size:
            return self
        sums = (
            summed(amounts, order, first) for amounts in (self.quantity, self.value, self.entitled)
        )
        limited = np.bitwise_or.reduceat(self.limited[order], first)
        return Movements(claim[first], self.lot[order][first], limited, ~moves[first], *sums)

    def where(self, chosen: NDArray[np.bool_] | Numbers) -> Movements:
        """The movements at which that is true, or at those positions."""
        return Movements._make(column[..., chosen] for column in self)

    def up_to(self, end: int) -> Movements:
        """The movements before the claim date of a number."""
        before = self.claim < end
        # Drawn futures are many, and all of them are of one stretch.
        return self if before.all() else self.where(before)


def none_yet(trials: int) -> Movements:
    """A history in which nothing has happened."""
    empty, nothing = np.zeros(0, dtype=np.int64), np.zeros((trials, 0), dtype=np.int64)
    return Movements(empty, empty, empty, empty.astype(bool), nothing, nothing, nothing)


class LotState(NamedTuple):
    """To date, shaped (trial, lot): quantity, value, entitled, and what each reason withholds."""

    quantity: Numbers
    value: Pence
    entitled: Pence
    withheld: Sequence[Pence]


def _state_of(
    contract: Contract, lots: Lots, quantity: Numbers, claim: int, apart: Apart | None
) -> LotState:
    value = values_to_date(contract, lots, quantity, claim)
    return LotState(quantity, value, *apply_limits(contract, lots, quantity, value, claim, apart))


def _closed_state(contract: Contract, lots: Lots, closed: Movements, claim: int) -> LotState:
    """The state that the closed movements add up to: what an earlier settlement paid, whatever
    the evidence says of it now. What limits withheld is no sum of movements, and is worked out
    again.
    """
    amounts = np.stack([closed.quantity, closed.value, closed.entitled])
    sums = np.zeros((*amounts.shape[:2], len(lots)), dtype=np.int64)
    np.add.at(np.moveaxis(sums, -1, 0), closed.lot, np.moveaxis(amounts, -1, 0))
    # Whether a limit is why a lot moves is told from the difference to this: without it the first
    # open claim would blame every limit that ever withheld anything.
    _, withheld = apply_limits(contract, lots, sums[0], sums[1], claim)
    return LotState(sums[0], sums[1], sums[2], withheld)


def find_movements(
    contract: Contract,
    lots: Lots,
    quantities: Numbers,
    closed: Movements,
    first_open: int,
    apart: Apart | None = None,
) -> tuple[Movements, Pence]:
    """The whole history: the closed movements, then those of the claim dates from `first_open` on;
    and what each of `reasons_to_withhold` withholds to date at these, shaped (trial, open claim
    date, reason).

    `quantities` is shaped (trial, claim date, lot) and is read from `first_open` on only. Where a
    funder's headroom grows, every lot that moved before has a movement of value 0 first. What
    limits on each participant withhold may be worked out `apart`: (trial, claim date, lot).
    """
    # By the limits as they were at the last closed claim date: that one has grown is a movement of
    # the open claim.
    before = _closed_state(contract, lots, closed, max(first_open - 1, 0))
    parts = [closed]
    open_dates = range(first_open, quantities.shape[1])
    held = np.zeros((len(open_dates), len(before.withheld), len(quantities)), dtype=np.int64)
    for claim in open_dates:
        known = None if apart is None else apart.at(claim)
        now = _state_of(contract, lots, quantities[:, claim], claim, known)
        # In the order in which the money goes: what is freed goes first to what waited, and its
        # lines stand before those of new claims.
        if grows_at(contract, claim):
            parts.append(_releases(claim, parts))
        parts.append(_between(claim, before, now))
        for reason, amounts in enumerate(now.withheld):
            if not is_nothing(amounts):
                held[claim - first_open, reason] = amounts.sum(axis=1)
        before = now
    columns = (_side_by_side(column) for column in zip(*parts, strict=True))
    return Movements._make(columns), held.transpose(2, 0, 1)


def movements_in_order(
    contract: Contract,
    lots: Lots,
    counts: Numbers,
    claims: int,
    apart: Apart | None = None,
) -> tuple[Movements, Pence]:
    """What `find_movements` gives for claims, shaped (trial, lot), that are all known at the claim
    date of their own period, under a contract that settles in order (`settles_in_order`).

    Every lot moves once, by what it has come to at the last claim date. What limits on each
    participant withhold of it may be worked out `apart`: (trial, lot).
    """
    # One look at the end tells all: nothing that came later has changed what came before.
    state = _state_of(contract, lots, counts, claims - 1, apart)
    limited = np.zeros(len(lots), dtype=np.int64)
    held = np.zeros((claims, len(state.withheld), len(counts)), dtype=np.int64)
    for bit, amounts in enumerate(state.withheld):
        if is_known_nothing(amounts):
            continue
        is_held = amounts.any(axis=0)
        limited |= is_held.astype(np.int64) << bit
        for one in np.flatnonzero(is_held).tolist():
            # Withheld since the claim date of its own period, when it was first asked for.
            held[lots.period[one], bit] += amounts[:, one]
    lot = np.flatnonzero(_any_of(state[:3]))
    # Lots stand in the order of their periods, which is that of the history.
    are_all = lot.size == len(lots)
    found = state[:3] if are_all else (each[:, lot] for each in state[:3])
    history = Movements(lots.period[lot], lot, limited[lot], np.zeros(lot.size, bool), *found)
    return history, np.cumsum(held, axis=0).transpose(2, 0, 1)


def _any_of(amounts: Sequence[Numbers]) -> NDArray[np.bool_]:
    """The columns in which any of several is other than nothing in any trial."""
    found = np.asarray(amounts[0].any(axis=0))
    for others in amounts[1:]:
        # Most lots have a quantity: only the others are looked at again.
        left = np.flatnonzero(~found)
        found[left] = others[:, left].any(axis=0)
    return found


def _side_by_side(parts: Sequence[Numbers]) -> Numbers:
    """Columns of several arrays in one, the trials of each side by side in memory."""
    return np.concatenate([part.T for part in parts]).T


def _releases(claim: int, before: list[Movements]) -> Movements:
    # Of every lot that ever moved: which of them is paid is not known before funders' parts are.
    lot = np.unique(np.concatenate([part.lot for part in before]))
    nothing = np.zeros((before[0].value.shape[0], lot.size), dtype=np.int64)
    claims, is_release = np.full_like(lot, claim), np.ones(lot.size, dtype=bool)
    return Movements(claims, lot, np.zeros_like(lot), is_release, nothing, nothing, nothing)


def _between(claim: int, before: LotState, now: LotState) -> Movements:
    limited = np.zeros(now.value.shape[1], dtype=np.int64)
    for bit, (were, are) in enumerate(zip(before.withheld, now.withheld, strict=True)):
        limited |= (were != are).any(axis=0).astype(np.int64) << bit
    # All trials share the rows: what moved in any of them has one. What is payable can move while
    # the value stands, where a limit has room again.
    moved = np.zeros(now.value.shape[1], dtype=bool)
    for were, are in zip(before[:3], now[:3], strict=True):
        moved |= (were != are).any(axis=0)
    lot = np.flatnonzero(moved)
    amounts = (are[:, lot] - were[:, lot] for were, are in zip(before[:3], now[:3], strict=True))
    is_release = np.zeros(lot.size, dtype=bool)
    return Movements(np.full_like(lot, claim), lot, limited[lot], is_release, *amounts)
