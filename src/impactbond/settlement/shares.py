"""Shares: every movement cut among its funders, and passed on where a funder's limit is reached.

Takes  movements in history order, each under a share rule.
Gives  for every movement and funder: value, payable, passed on, taken over, and the amount the
       funder pays.
Keeps  the parts sum to the whole; no funder is a penny from its share of the running total; no
       limit is exceeded; what
       comes later never shifts a penny of what came before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.contract.limits import FunderLimit, PassedTo
from impactbond.errors import InvariantError
from impactbond.money import Pence, cut, minor_units
from impactbond.settlement.funders import UNFUNDED, Funders
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.movements import Movements


@dataclass(frozen=True)
class Parts:
    """Amounts shaped (trial, movement, funder).

    value: the funder's share of what was achieved. payable: its share of what limits on the whole
    let through. moved: what it took over from other funders, less what it passed on. amount =
    payable + moved: what it pays.
    """

    value: Pence
    payable: Pence
    moved: Pence

    @property
    def amount(self) -> Pence:
        """What each funder pays for each movement."""
        return self.payable + self.moved


def share_out(contract: Contract, lots: Lots, funders: Funders, history: Movements) -> Parts:
    """The parts of every movement of the history."""
    rule = lots.rule[history.lot] if len(lots.keys) else history.lot
    value = _cut_by_rule(contract, lots, funders, rule, history.value)
    payable = _cut_by_rule(contract, lots, funders, rule, history.entitled)
    moved = _pass_on(contract, funders, payable)
    parts = Parts(value, payable, moved)
    if (parts.amount.sum(axis=2) != history.entitled).any():
        raise InvariantError("the funders' parts do not sum to the whole")
    return parts


def _cut_by_rule(
    contract: Contract, lots: Lots, funders: Funders, rule: Numbers, moved: Pence
) -> Pence:
    parts = np.zeros((*moved.shape, len(funders.all)), dtype=np.int64)
    for number in np.unique(rule):
        under = np.flatnonzero(rule == number)
        terms = lots.rules[number]
        running = np.cumsum(moved[:, under], axis=1)
        boundaries = cut(running, terms.shares, contract.rounding.half)
        places = [funders.place(funder) for funder in terms.funders]
        parts[:, under[:, None], np.array(places)[None, :]] = np.diff(boundaries, axis=1, prepend=0)
    return parts


def _pass_on(contract: Contract, funders: Funders, payable: Pence) -> Pence:
    """What each funder takes over (+) and passes on (-) because of funders' limits, in the stated
    order.
    """
    moved = np.zeros_like(payable)
    for limit in contract.limits:
        if not isinstance(limit, FunderLimit):
            continue
        at_most = minor_units(limit.at_most.amount, contract.currency)
        target = funders.place(
            limit.beyond.funder if isinstance(limit.beyond, PassedTo) else UNFUNDED
        )
        for funder in funders.of_term(limit.funder):
            asked = payable[..., funder] + moved[..., funder]
            room_used = np.minimum(np.cumsum(asked, axis=1), at_most)
            beyond = asked - np.diff(room_used, axis=1, prepend=0)
            moved[..., funder] -= beyond
            moved[..., target] += beyond
    return moved
