"""Shares: every movement cut among its funders, and passed on where a funder's limit is reached.

Takes  movements in history order, each under a share rule.
Gives  for every movement and funder: value, payable, passed on, taken over, and the amount the
       funder pays.
Keeps  the parts sum to the whole; no funder is a penny from its share of the running total; what
       comes later never shifts a penny of what came before.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.errors import InvariantError
from impactbond.money import Pence, cut
from impactbond.settlement.funders import Funders
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.movements import Movements
from impactbond.settlement.overflow import apply_funder_limits


@dataclass(frozen=True)
class Parts:
    """Amounts shaped (trial, movement, funder).

    value: the funder's share of what was achieved. payable: its share of what limits on the whole
    let through. moved: what it took over from other funders, less what it passed on. amount =
    payable + moved: what it pays. beyond: what each limit on a funder holds back, shaped (trial,
    movement, limited funder); less than nothing where it releases what it had held back.
    """

    value: Pence
    payable: Pence
    moved: Pence
    beyond: Pence

    @property
    def amount(self) -> Pence:
        """What each funder pays for each movement."""
        return self.payable + self.moved


def share_out(contract: Contract, lots: Lots, funders: Funders, history: Movements) -> Parts:
    """The parts of every movement of the history."""
    rule = lots.rule[history.lot] if len(lots.keys) else history.lot
    value = _cut_by_rule(contract, lots, funders, rule, history.value)
    payable = _cut_by_rule(contract, lots, funders, rule, history.entitled)
    moved, beyond = apply_funder_limits(contract, lots, funders, history, payable)
    parts = Parts(value, payable, moved, beyond)
    if (parts.amount.sum(axis=2) != history.entitled).any():
        raise InvariantError("the funders' parts do not sum to the whole")
    return parts


def without_idle(history: Movements, parts: Parts) -> tuple[Movements, Parts]:
    """A history and its parts without the movements that were to release something and did not."""
    if not history.is_release.any():
        return history, parts
    stays = ~history.is_release | parts.moved.any(axis=(0, 2))
    kept = {field.name: getattr(history, field.name)[..., stays] for field in fields(history)}
    cut_down = {field.name: getattr(parts, field.name)[:, stays] for field in fields(parts)}
    return Movements(**kept), Parts(**cut_down)


def _cut_by_rule(
    contract: Contract, lots: Lots, funders: Funders, rule: Numbers, moved: Pence
) -> Pence:
    parts = np.zeros((*moved.shape, len(funders.all)), dtype=np.int64)
    for number in np.unique(rule):
        under = np.flatnonzero(rule == number)
        terms = lots.rules[number]
        running = np.cumsum(moved[:, under], axis=1)
        boundaries = cut(running, terms.shares, contract.rounding.rule)
        places = [funders.place(funder) for funder in terms.funders]
        parts[:, under[:, None], np.array(places)[None, :]] = np.diff(boundaries, axis=1, prepend=0)
    return parts
