"""Rooms: how much of what meets a limit it lets through, in the order of the limit's queue.

Takes  what is asked for by every lot of a queue, and the room of each group of it.
Gives  what passes.
Keeps  no group is ever let through more than its room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from impactbond.errors import InvariantError
from impactbond.money import Pence
from impactbond.settlement.lots import Numbers
from impactbond.settlement.priority import Queue
from impactbond.terms.limits import WholeLimit

_LARGEST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Asked:
    """What meets a limit, shaped (trial, place in the queue).

    `amount` is what limits before it let through of the `value` of `quantity` claims.
    """

    amount: Pence
    quantity: Numbers
    value: Pence

    @cached_property
    def claims(self) -> Numbers:
        """How many claims anything is asked for: of equal claims, the first are asked for."""
        is_paid = (self.amount > 0) & (self.quantity > 0)
        value = np.where(is_paid, self.value, 1)
        return np.where(is_paid, -(-self.amount * self.quantity // value), 0)

    def left(self, passed: Pence) -> Asked:
        """What is still asked for when some of it has passed."""
        return replace(self, amount=self.amount - passed)


def let_in(limit: WholeLimit, queue: Queue, asked: Asked, most: Numbers) -> Pence:
    """What passes a limit, of the amounts asked for.

    `most` is the room, shaped (trial or 1, group): pence, claims or participants.
    """
    match limit.at_most.of:
        case "money":
            passed = _money(limit, queue, asked, most)
            used = queue.totals(passed)
        case "participants":
            passed = _participants(limit, queue, asked, most)
            used = queue.totals(_opens(queue, passed)[0])
        case _:
            passed = _claims(limit, queue, asked, most)
            used = queue.totals(replace(asked, amount=passed).claims)
    if limit.first != "in proportion" and (used > most).any():
        raise InvariantError("a limit on the whole is exceeded")
    return passed


def _money(limit: WholeLimit, queue: Queue, asked: Asked, most: Numbers) -> Pence:
    amount = asked.amount
    if limit.first == "in proportion":
        return _in_proportion(queue, amount, most, queue.totals(amount))
    if limit.straddling == "unpaid":
        # What is taken off makes no claim after the one that straddles the limit payable again.
        fits = queue.running(np.maximum(amount, 0)) <= most[:, queue.group]
        return np.where(fits | (amount < 0), amount, 0)
    # The running total is cut, not each amount: what is taken off makes room for the claims after
    # it, and no more passes in all than the limit or than was asked for.
    return queue.steps(np.minimum(queue.running(amount), most[:, queue.group]))


def _claims(limit: WholeLimit, queue: Queue, asked: Asked, most: Numbers) -> Pence:
    if limit.first == "in proportion":
        return _in_proportion(queue, asked.amount, most, queue.totals(asked.claims))
    before = queue.running(asked.claims) - asked.claims
    fit = np.clip(most[:, queue.group] - before, 0, asked.claims)
    # Limits before this one may have left less than the claims that fit are worth; what they
    # withheld is not given back here.
    part = np.minimum(asked.amount, asked.value * fit // np.maximum(asked.quantity, 1))
    return np.where(fit == asked.claims, asked.amount, part)


def _participants(limit: WholeLimit, queue: Queue, asked: Asked, most: Numbers) -> Pence:
    opens, first = _opens(queue, asked.amount)
    if limit.first == "in proportion":
        return _in_proportion(queue, asked.amount, most, queue.totals(opens))
    trial, person = np.nonzero(first >= 0)
    at = first[trial, person]
    is_let_in = np.zeros(first.shape, dtype=bool)
    room = np.broadcast_to(most, (opens.shape[0], most.shape[1]))
    is_let_in[trial, person] = queue.running(opens)[trial, at] <= room[trial, queue.group[at]]
    return np.where(is_let_in[:, queue.person], asked.amount, 0)


def _opens(queue: Queue, amount: Pence) -> tuple[Numbers, Numbers]:
    """Where each participant is first paid anything: 1 at those places, and the places, or -1."""
    people = int(queue.person.max(initial=-1)) + 1
    trial, place = np.nonzero(amount > 0)
    first = np.full((amount.shape[0], people), amount.shape[1], dtype=np.int64)
    np.minimum.at(first, (trial, queue.person[place]), place)
    opens = np.zeros(amount.shape, dtype=np.int64)
    trial, person = np.nonzero(first < amount.shape[1])
    opens[trial, first[trial, person]] = 1
    return opens, np.where(first < amount.shape[1], first, -1)


def _in_proportion(queue: Queue, amount: Pence, part: Numbers, whole: Numbers) -> Pence:
    """Amounts in the proportion of part to whole, where the whole is more.

    They are cut where running totals are, boundaries rounded down, so that they never add up to
    more.
    """
    running = queue.running(amount)
    part, whole = np.broadcast_arrays(part, whole)
    part, whole = part[:, queue.group], whole[:, queue.group]
    binds = whole > part
    largest = int(np.abs(running).max(initial=0)) * int(np.abs(part).max(initial=0))
    kind: Any = np.int64 if largest < _LARGEST else object
    parts = running.astype(kind) * part.astype(kind) // np.where(binds, whole, 1).astype(kind)
    return queue.steps(np.where(binds, parts, running).astype(np.int64))
