"""Shares: every movement cut among its funders, and what lies beyond a funder's own limit: its
overflow, paid by another funder or by nobody.

Takes  movements in history order, each under a share rule.
Gives  for every movement and funder: value, payable, overflow taken over or passed on, and the
       amount the funder pays.
Keeps  the parts sum to the whole; no funder is a penny from its share of the running total; what
       comes later never shifts a penny of what came before. No funder's limit is exceeded; where
       its headroom grows, what was left unpaid is released, and what another funder took over stays
       with that funder.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.errors import InvariantError
from impactbond.money import Pence
from impactbond.settlement.funding import UNFUNDED, Funders
from impactbond.settlement.limits import headroom_by_claim
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.movements import Movements
from impactbond.settlement.priorities import years_of
from impactbond.terms.limits import ShareLimit


class Parts(NamedTuple):
    """Amounts shaped (trial, movement, funder).

    value: the funder's share of what was achieved. payable: its share of what limits on the whole
    let through. overflow: what it took over from other funders, less what it passed on. amount =
    payable + overflow: what it pays. withheld: what each limit on a funder withholds, shaped
    (trial, movement, limited funder); less than nothing where it releases what it had withheld.
    """

    value: Pence
    payable: Pence
    overflow: Pence
    withheld: Pence

    @property
    def amount(self) -> Pence:
        """What each funder pays for each movement."""
        return self.payable + self.overflow


def share_out(contract: Contract, lots: Lots, funders: Funders, history: Movements) -> Parts:
    """The parts of every movement of the history."""
    rule = lots.rule[history.lot] if len(lots.keys) else history.lot
    value = _cut_by_rule(contract, lots, funders, rule, history.value)
    payable = _cut_by_rule(contract, lots, funders, rule, history.entitled)
    parts = Parts(value, payable, *_apply_funder_limits(contract, lots, funders, history, payable))
    if (parts.amount.sum(axis=2) != history.entitled).any():
        raise InvariantError("the funders' parts do not sum to the whole")
    return parts


def without_idle(history: Movements, parts: Parts) -> tuple[Movements, Parts]:
    """A history and its parts without the movements that were to release something and did not."""
    is_release = history.is_release
    if not is_release.any():
        return history, parts
    stays = ~is_release | parts.overflow.any(axis=(0, 2))
    return history.where(stays), Parts(*(amounts[:, stays] for amounts in parts))


def _cut_by_rule(
    contract: Contract, lots: Lots, funders: Funders, rule: Numbers, moved: Pence
) -> Pence:
    parts = np.zeros((*moved.shape, len(funders.all)), dtype=np.int64)
    for number in np.unique(rule):
        under = np.flatnonzero(rule == number)
        terms = lots.rules[number]
        running = np.cumsum(moved[:, under], axis=1)
        boundaries = terms.cut(running, contract.rounding.rule)
        positions = np.array([funders.position(funder) for funder in terms.funders])
        parts[:, under[:, None], positions] = np.diff(boundaries, axis=1, prepend=0)
    return parts


def _apply_funder_limits(
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
        taker = funders.position(UNFUNDED if limit.taker is None else limit.taker)
        for funder in funders.of_term(limit.on_funder):
            # Limits apply in the stated order: what an earlier one passed on to this funder meets
            # its own limit too.
            asked = payable[..., funder] + overflow[..., funder]
            beyond = np.zeros_like(asked)
            for own in _by_headroom(contract, limit, lots, history):
                paid = _paid(limit, history.where(own), asked[:, own], headroom[own])
                beyond[:, own] = asked[:, own] - paid
            overflow[..., funder] -= beyond
            overflow[..., taker] += beyond
            withheld.append(beyond)
    if contract.rounding.to is not None:
        _in_whole_units(contract, funders, payable, overflow)
    none = np.zeros((*payable.shape[:2], 0), dtype=np.int64)
    return overflow, np.stack(withheld, axis=-1) if withheld else none


def _in_whole_units(contract: Contract, funders: Funders, payable: Pence, overflow: Pence) -> None:
    """Pass on what each funder's running total is more than whole units to nobody, which is paid
    by the movement that completes the unit.
    """
    nobody = funders.position(UNFUNDED)
    for funder in range(nobody):
        running = np.cumsum(payable[..., funder] + overflow[..., funder], axis=1)
        whole = contract.rounding.whole_units(running, contract.currency)
        left = np.diff(running - whole, axis=1, prepend=0)
        overflow[..., funder] -= left
        overflow[..., nobody] += left


def _by_headroom(
    contract: Contract, limit: ShareLimit, lots: Lots, history: Movements
) -> Iterator[Numbers]:
    """The movements that share one headroom: all of them, or those of what each year achieved."""
    if not limit.is_yearly or not history.lot.size:
        yield np.arange(history.lot.size)
        return
    year = years_of(contract, lots)[history.lot]
    for one in np.unique(year):
        yield np.flatnonzero(year == one)


def _paid(limit: ShareLimit, history: Movements, asked: Pence, headroom: Numbers) -> Pence:
    """What the funder pays of every movement that it is asked for, shaped (trial, movement): of the
    running total, what there is headroom for at each.

    Where headroom has grown and nobody else pays what lies beyond, what was left unpaid is paid by
    the movements made for that; what was passed on before stays out of the running total.
    """
    trials, count = asked.shape
    paid = np.zeros_like(asked)
    total, used, gone = (np.zeros((trials, 1), dtype=np.int64) for _ in range(3))
    begins = np.flatnonzero(np.diff(headroom, prepend=-1)).tolist()
    for begin, end in pairwise([*begins, count]):
        most, here = int(headroom[begin]), slice(begin, end)
        if limit.taker is None:
            freed = np.minimum(total, most) - used
            paid[:, here] = _released(history, asked - paid, freed, begin, end)
            used = used + freed
        else:
            gone = total - used
        running = total + np.cumsum(asked[:, here], axis=1)
        kept = np.minimum(np.maximum(running - gone, np.minimum(running, 0)), most)
        paid[:, here] += np.diff(kept, axis=1, prepend=used)
        total, used = running[:, -1:], kept[:, -1:]
    return paid


def _released(history: Movements, left: Pence, freed: Pence, begin: int, end: int) -> Pence:
    """What growing headroom releases of each lot of which something is left unpaid, earliest lots
    first, at the movements from `begin` up to `end`.
    """
    released = np.zeros_like(left[:, begin:end])
    if not freed.any():
        return released
    is_new = history.claim[begin:end] == history.claim[begin]
    at = np.flatnonzero(history.is_release[begin:end] & is_new)
    if not at.size:
        raise InvariantError(
            "the headroom of a funder has grown, and no movement releases what was unpaid"
        )
    unpaid = np.zeros((left.shape[0], int(history.lot.max()) + 1), dtype=np.int64)
    np.add.at(unpaid.T, history.lot[:begin], left[:, :begin].T)
    waiting = np.maximum(unpaid[:, history.lot[begin:end][at]], 0)
    steps = np.diff(np.minimum(np.cumsum(waiting, axis=1), freed), axis=1, prepend=0)
    # Single claims of one lot may be apart, one taken back and one unpaid: the sum is what counts.
    steps[:, :1] += freed - steps.sum(axis=1, keepdims=True)
    released[:, at] = steps
    return released
