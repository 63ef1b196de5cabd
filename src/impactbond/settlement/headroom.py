"""Headroom: how much of what meets a limit it lets through, in the limit's order of priority.

Takes  the demand of every lot that the limit is on, and the headroom of each group of them.
Gives  what is paid.
Keeps  no group is ever paid more than its headroom.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from impactbond.errors import InvariantError
from impactbond.money import Pence
from impactbond.settlement.lots import Numbers
from impactbond.settlement.priority import Priority
from impactbond.terms.limits import WholeLimit

_LARGEST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Demand:
    """What meets a limit, shaped (trial, place in the order of priority).

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

    def of(self, amount: Pence) -> Demand:
        """The demand of other amounts, for the same claims."""
        return replace(self, amount=amount)


def within_headroom(
    limit: WholeLimit, priority: Priority, demand: Demand, headroom: Numbers
) -> Pence:
    """What a limit lets through, of the amounts asked for.

    `headroom` is shaped (trial or 1, group): pence, claims or participants.
    """
    match limit.at_most.of:
        case "money":
            paid = _money(limit, priority, demand, headroom)
            used = priority.totals(paid)
        case "participants":
            paid = _participants(limit, priority, demand, headroom)
            used = priority.totals(_opens(priority, paid)[0])
        case _:
            paid = _claims(limit, priority, demand, headroom)
            used = priority.totals(demand.of(paid).claims)
    if limit.first != "in proportion" and (used > headroom).any():
        raise InvariantError("a limit on the whole is exceeded")
    return paid


def _money(limit: WholeLimit, priority: Priority, demand: Demand, headroom: Numbers) -> Pence:
    amount = demand.amount
    if limit.first == "in proportion":
        return _in_proportion(priority, amount, headroom, priority.totals(amount))
    if limit.straddling == "unpaid":
        # What is taken off makes no claim after the one that straddles the limit payable again.
        fits = priority.running(np.maximum(amount, 0)) <= headroom[:, priority.group]
        return np.where(fits | (amount < 0), amount, 0)
    # The running total is cut, not each amount: what is taken off makes room for the claims after
    # it, and no more passes in all than the limit or than was asked for.
    return priority.steps(np.minimum(priority.running(amount), headroom[:, priority.group]))


def _claims(limit: WholeLimit, priority: Priority, demand: Demand, headroom: Numbers) -> Pence:
    if limit.first == "in proportion":
        return _in_proportion(priority, demand.amount, headroom, priority.totals(demand.claims))
    before = priority.running(demand.claims) - demand.claims
    fit = np.clip(headroom[:, priority.group] - before, 0, demand.claims)
    # Limits before this one may have left less than the claims that fit are worth; what they
    # withheld is not given back here.
    part = np.minimum(demand.amount, demand.value * fit // np.maximum(demand.quantity, 1))
    return np.where(fit == demand.claims, demand.amount, part)


def _participants(
    limit: WholeLimit, priority: Priority, demand: Demand, headroom: Numbers
) -> Pence:
    opens, first = _opens(priority, demand.amount)
    if limit.first == "in proportion":
        return _in_proportion(priority, demand.amount, headroom, priority.totals(opens))
    trial, person = np.nonzero(first >= 0)
    at = first[trial, person]
    is_paid = np.zeros(first.shape, dtype=bool)
    most = np.broadcast_to(headroom, (opens.shape[0], headroom.shape[1]))
    is_paid[trial, person] = priority.running(opens)[trial, at] <= most[trial, priority.group[at]]
    return np.where(is_paid[:, priority.person], demand.amount, 0)


def _opens(priority: Priority, amount: Pence) -> tuple[Numbers, Numbers]:
    """Where each participant is first paid anything: 1 at those places, and the places, or -1."""
    people = int(priority.person.max(initial=-1)) + 1
    trial, place = np.nonzero(amount > 0)
    first = np.full((amount.shape[0], people), amount.shape[1], dtype=np.int64)
    np.minimum.at(first, (trial, priority.person[place]), place)
    opens = np.zeros(amount.shape, dtype=np.int64)
    trial, person = np.nonzero(first < amount.shape[1])
    opens[trial, first[trial, person]] = 1
    return opens, np.where(first < amount.shape[1], first, -1)


def _in_proportion(priority: Priority, amount: Pence, part: Numbers, whole: Numbers) -> Pence:
    """Amounts in the proportion of part to whole, where the whole is more.

    They are cut where running totals are, boundaries rounded down, so that they never add up to
    more.
    """
    running = priority.running(amount)
    part, whole = np.broadcast_arrays(part, whole)
    part, whole = part[:, priority.group], whole[:, priority.group]
    binds = whole > part
    largest = int(np.abs(running).max(initial=0)) * int(np.abs(part).max(initial=0))
    kind: Any = np.int64 if largest < _LARGEST else object
    parts = running.astype(kind) * part.astype(kind) // np.where(binds, whole, 1).astype(kind)
    return priority.steps(np.where(binds, parts, running).astype(np.int64))
