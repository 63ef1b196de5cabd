"""Movements: what changed in each lot between one claim date and the next. They are appended to a
history that only grows.

Takes  quantities to date shaped (trial, claim date, lot), and the movements of closed claim dates.
Gives  movements in history order: claim date by claim date, within it in settlement order.
Keeps  entitled to date is the sum of the movements to date; a closed claim date is never rewritten.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.money import Pence
from impactbond.settlement.limits import apply_limits, grows_at
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.values import values_to_date


class Movements(NamedTuple):
    """History: which lot moved at which claim date, and by how much. Amounts are shaped (trial,
    movement).

    value: price × change of quantity. entitled: the part that limits on the whole let through.
    limited: bit i is set where what reason i of `reasons_to_withhold` withholds has changed.
    """

    claim: Numbers
    lot: Numbers
    limited: Numbers
    quantity: Numbers
    value: Pence
    entitled: Pence

    @property
    def is_release(self) -> NDArray[np.bool_]:
        """The movements of value 0, by which a funder pays what its limit had left unpaid."""
        moves = self.quantity.any(axis=0) | self.value.any(axis=0) | self.entitled.any(axis=0)
        return np.asarray(~moves)

    def where(self, chosen: NDArray[np.bool_] | Numbers) -> Movements:
        """The movements at which that is true, or at those positions."""
        return Movements(*(column[..., chosen] for column in self))

    def up_to(self, end: int) -> Movements:
        """The movements before the claim date of a number."""
        before = self.claim < end
        # Drawn futures are many, and all of them are of one stretch.
        return self if before.all() else self.where(before)


def none_yet(trials: int) -> Movements:
    """A history in which nothing has happened."""
    empty, nothing = np.zeros(0, dtype=np.int64), np.zeros((trials, 0), dtype=np.int64)
    return Movements(empty, empty, empty, nothing, nothing, nothing)


class _State(NamedTuple):
    """To date, shaped (trial, lot); `withheld` for each reason."""

    quantity: Numbers
    value: Pence
    entitled: Pence
    withheld: list[Pence]


def _state_of(contract: Contract, lots: Lots, quantity: Numbers, claim: int) -> _State:
    value = values_to_date(contract, lots, quantity, claim)
    return _State(quantity, value, *apply_limits(contract, lots, quantity, value, claim))


def _closed_state(contract: Contract, lots: Lots, closed: Movements, claim: int) -> _State:
    """The state that the closed movements add up to: what an earlier settlement paid, whatever
    the evidence says of it now. What limits withheld is no sum of movements, and is worked out
    again.
    """

    def summed(amounts: Numbers) -> Numbers:
        sums = np.zeros((len(lots.keys), amounts.shape[0]), dtype=np.int64)
        np.add.at(sums, closed.lot, amounts.T)
        return np.ascontiguousarray(sums.T)

    quantity, value = summed(closed.quantity), summed(closed.value)
    _, withheld = apply_limits(contract, lots, quantity, value, claim)
    return _State(quantity, value, summed(closed.entitled), withheld)


def find_movements(
    contract: Contract, lots: Lots, quantities: Numbers, closed: Movements, first_open: int
) -> Movements:
    """The whole history: the closed movements, then those of the claim dates from `first_open` on.

    `quantities` is shaped (trial, claim date, lot) and is read from `first_open` on only. Where a
    funder's headroom grows, every lot that moved before has a movement of value 0 first.
    """
    before = _closed_state(contract, lots, closed, max(first_open - 1, 0))
    parts = [closed]
    for claim in range(first_open, quantities.shape[1]):
        now = _state_of(contract, lots, quantities[:, claim], claim)
        if grows_at(contract, claim):
            parts.append(_releases(claim, parts))
        parts.append(_between(claim, before, now))
        before = now
    return Movements(*(np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True)))


def _releases(claim: int, before: list[Movements]) -> Movements:
    lot = np.unique(np.concatenate([part.lot for part in before]))
    nothing = np.zeros((before[0].value.shape[0], lot.size), dtype=np.int64)
    return Movements(np.full_like(lot, claim), lot, np.zeros_like(lot), nothing, nothing, nothing)


def _between(claim: int, before: _State, now: _State) -> Movements:
    limited = np.zeros(now.value.shape[1], dtype=np.int64)
    for bit, (then, withheld) in enumerate(zip(before.withheld, now.withheld, strict=True)):
        limited |= (then != withheld).any(axis=0).astype(np.int64) << bit
    quantity, value = now.quantity - before.quantity, now.value - before.value
    entitled = now.entitled - before.entitled
    # All trials share the rows: what moved in any of them has one. What is payable can move while
    # the value stands, where a limit has room again.
    moved = value.any(axis=0) | entitled.any(axis=0) | quantity.any(axis=0)
    lot = np.flatnonzero(moved)
    at = np.full_like(lot, claim)
    return Movements(at, lot, limited[lot], quantity[:, lot], value[:, lot], entitled[:, lot])
