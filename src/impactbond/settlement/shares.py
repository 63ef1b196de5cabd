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
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.errors import InvariantError
from impactbond.money import Pence, boundaries
from impactbond.settlement.funding import UNFUNDED, Funders
from impactbond.settlement.limits import headroom_by_claim
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.movements import Movements
from impactbond.settlement.parts import Entries, Parts
from impactbond.settlement.priorities import years_of
from impactbond.settlement.running import (
    added_at,
    begins,
    lengths,
    off_what_was_held,
    running_total,
    running_within,
    steps_of,
    steps_within,
)
from impactbond.terms.limits import ShareLimit


def share_out(contract: Contract, lots: Lots, funders: Funders, history: Movements) -> Parts:
    """The parts of every movement of the history."""
    rule = lots.rule[history.lot] if len(lots) else history.lot
    entries = _entries(contract, lots, funders, history, rule)
    payables = _cut_by_rule(contract, lots, funders, entries, rule, history.entitled)
    limited = _apply_funder_limits(contract, lots, funders, history, entries, payables)

    values = partial(_cut_by_rule, contract, lots, funders, entries, rule, history.value)
    parts = Parts(entries, values, payables, *limited)
    paid = added_at(parts.amounts, entries.movement, rule.size)
    if (paid != history.entitled).any():
        raise InvariantError("the funders' parts do not sum to the whole")
    return parts


def shared_alike(contract: Contract, lots: Lots) -> Numbers:
    """A number for every lot: of lots with the same, all is shared and limited that is shared and
    limited together. They have one share rule and, where a funder's limit is on each year, one
    year.
    """
    if not any(limit.is_yearly for limit in contract.limits_on_funders):
        return lots.rule
    years = years_of(contract, lots)
    return np.asarray(lots.rule * (years.max(initial=0) + 1) + years, dtype=np.int64)


def without_idle(history: Movements, parts: Parts) -> tuple[Movements, Parts]:
    """A history and its parts without the movements that were to release something and did not."""
    stays = ~history.is_release
    if stays.all():
        return history, parts
    stays[parts.entries.movement[parts.overflows.any(axis=0)]] = True
    return history.where(stays), parts.where(stays)


def _entries(
    contract: Contract, lots: Lots, funders: Funders, history: Movements, rule: Numbers
) -> Entries:
    """The entries that can be other than nothing: a rule's own funders, and whoever may take over
    from them. And a limit is met by the first movement under other headroom, whoever's it is.
    """
    pays = np.zeros((len(funders.all), len(lots.rules)), dtype=bool)
    for number in np.unique(rule).tolist():
        pays[[funders.position(funder) for funder in lots.rules[number].funders], number] = True
    concerned = pays[:, rule]
    # In the order of the limits, as they are applied: what a funder takes over can meet a limit of
    # its own that stands later, and is passed on from there.
    for limit, taker, headroom in _funder_limits(contract, funders, history):
        for funder in funders.of_term(limit.on_funder):
            for own in _by_headroom(contract, limit, lots, history.lot):
                concerned[funder, np.arange(rule.size)[own][begins(headroom[own])]] = True
            concerned[taker] |= concerned[funder]
    if contract.rounding.to is not None:
        concerned[funders.position(UNFUNDED)] |= concerned.any(axis=0)
    return Entries.where(concerned)


def _cut_by_rule(
    contract: Contract,
    lots: Lots,
    funders: Funders,
    entries: Entries,
    rule: Numbers,
    moved: Pence,
) -> Pence:
    """What moved cut at the boundaries of the running total under each share rule, shaped (trial,
    entry). Rules of equal shares, such as those of every school, are cut together.
    """
    parts = np.zeros((entries.movement.size, len(moved)), dtype=np.int64).T
    different, of_rule = lots.shares_of_rules
    # Stable: under each rule the movements stay in the order of history. In another, pennies that
    # were paid would fall to other claims.
    order = np.argsort(rule, kind="stable")
    alike = of_rule[rule[order]]
    for number in np.unique(alike).tolist():
        under = order[alike == number]
        starts = begins(rule[under])
        counts = lengths(starts, under.size)
        rules = [lots.rules[one] for one in rule[under[starts]].tolist()]
        running = running_within(moved, under, starts)
        # The part of a funder is what lies between two boundaries: so parts sum to the whole
        # without a last funder that takes what is left over.
        before: Pence | int = 0
        for index, to in enumerate(boundaries(running, different[number], contract.rounding.rule)):
            steps = steps_within(to, starts)
            payer = [funders.position(one.funders[index]) for one in rules]
            parts[:, entries.number(np.repeat(payer, counts), under)] = steps - before
            before = steps
    return parts


def _funder_limits(
    contract: Contract, funders: Funders, history: Movements
) -> Iterator[tuple[ShareLimit, int, Numbers]]:
    """The limits on funders in the stated order: each with the funder that takes over and its
    headroom at every movement.
    """
    claims = int(history.claim.max(initial=0)) + 1
    for limit in contract.limits_on_funders:
        headroom = headroom_by_claim(contract, limit, claims)[history.claim]
        yield limit, funders.position(UNFUNDED if limit.taker is None else limit.taker), headroom


def _apply_funder_limits(
    contract: Contract,
    lots: Lots,
    funders: Funders,
    history: Movements,
    entries: Entries,
    payable: Pence,
) -> tuple[Pence, list[tuple[Numbers, Pence]]]:
    """What each funder takes over (+) and passes on (-), shaped (trial, entry), and what each limit
    withholds; see `Parts`.
    """
    overflow = np.zeros_like(payable)
    withheld: list[tuple[Numbers, Pence]] = []
    is_release = history.is_release
    for limit, taker, headroom in _funder_limits(contract, funders, history):
        for funder in funders.of_term(limit.on_funder):
            # Limits apply in the stated order: what an earlier one passed on to this funder meets
            # its own limit too.
            of, at = entries.of(funder), entries.movement[entries.of(funder)]
            asked = payable[:, of] + overflow[:, of]
            beyond = np.empty_like(asked)
            for own in _by_headroom(contract, limit, lots, history.lot[at]):
                here = at[own]
                meets = Meeting(
                    history.claim[here], history.lot[here], is_release[here], headroom[here]
                )
                beyond[:, own] = asked[:, own] - _paid(limit, meets, asked[:, own])
            if limit.is_yearly and contract.results and (asked < 0).any():
                beyond -= off_what_was_held(
                    asked, beyond, years_of(contract, lots)[history.lot[at]]
                )
            overflow[:, of] -= beyond
            overflow[:, entries.number(taker, at)] += beyond
            withheld.append((at, beyond))
    if contract.rounding.to is not None:
        _in_whole_units(contract, funders, entries, payable, overflow)
    return overflow, withheld


def _in_whole_units(
    contract: Contract, funders: Funders, entries: Entries, payable: Pence, overflow: Pence
) -> None:
    """Pass on what each funder's running total is more than whole units to nobody, which is paid
    by the movement that completes the unit.
    """
    nobody = funders.position(UNFUNDED)
    for funder in range(nobody):
        own = entries.of(funder)
        running = running_total(payable[:, own] + overflow[:, own])
        whole = contract.rounding.whole_units(running, contract.currency)
        left = steps_of(running - whole)
        overflow[:, own] -= left
        overflow[:, entries.number(nobody, entries.movement[own])] += left


def _by_headroom(
    contract: Contract, limit: ShareLimit, lots: Lots, lot: Numbers
) -> Iterator[Numbers | slice]:
    """The movements, of these lots, that share one headroom: all of them, or those of what each
    year achieved.
    """
    if not limit.is_yearly or not lot.size:
        yield slice(None)
        return
    year = years_of(contract, lots)[lot]
    for one in np.unique(year):
        yield np.flatnonzero(year == one)


class Meeting(NamedTuple):
    """The movements that meet a funder's limit: the claim date and lot of each, whether it is made
    to release what was left unpaid, and the headroom at it.
    """

    claim: Numbers
    lot: Numbers
    is_release: NDArray[np.bool_]
    headroom: Numbers


def _paid(limit: ShareLimit, meets: Meeting, asked: Pence) -> Pence:
    """What the funder pays of every movement that it is asked for, shaped (trial, movement): of the
    running total, what there is headroom for at each.

    Where headroom has grown and nobody else pays what lies beyond, what was left unpaid is paid by
    the movements made for that; what was passed on before stays out of the running total.
    """
    trials, count = asked.shape
    paid = np.zeros_like(asked)
    total, used, gone = (np.zeros((trials, 1), dtype=np.int64) for _ in range(3))
    # From one change of headroom to the next: within, running totals are simply cut off at it.
    for begin, end in pairwise([*begins(meets.headroom).tolist(), count]):
        most, here = int(meets.headroom[begin]), slice(begin, end)
        if limit.taker is None:
            freed = np.minimum(total, most) - used
            paid[:, here] = _released(meets, asked - paid, freed, begin, end)
            used = used + freed
        else:
            # Another funder has paid this and keeps it, though there would be room for it now.
            gone = total - used
        running = running_total(asked[:, here])
        if begin:
            running += total
        if gone.any():
            # What was passed on is no part of what this funder is asked for, but what is taken back
            # below nothing is: it gives back no more than it ever paid.
            kept = np.minimum(np.maximum(running - gone, np.minimum(running, 0)), most)
        else:
            kept = np.minimum(running, most)
        steps = steps_of(kept)
        # The first movement under new headroom bears the difference to what was paid under the old:
        # closed movements stand.
        steps[:, :1] -= used
        paid[:, here] += steps
        total, used = running[:, -1:], kept[:, -1:]
    return paid


def _released(meets: Meeting, left: Pence, freed: Pence, begin: int, end: int) -> Pence:
    """What growing headroom releases of each lot of which something is left unpaid, earliest lots
    first, at the movements from `begin` up to `end`.
    """
    released = np.zeros_like(left[:, begin:end])
    if not freed.any():
        return released
    # Only at the claim date at which it grew: at a later one the release would be of that one's
    # money.
    is_new = meets.claim[begin:end] == meets.claim[begin]
    at = np.flatnonzero(meets.is_release[begin:end] & is_new)
    if not at.size:
        raise InvariantError(
            "the headroom of a funder has grown, and no movement releases what was unpaid"
        )
    unpaid = np.zeros((left.shape[0], int(meets.lot.max()) + 1), dtype=np.int64)
    np.add.at(unpaid.T, meets.lot[:begin], left[:, :begin].T)
    waiting = np.maximum(unpaid[:, meets.lot[begin:end][at]], 0)
    steps = np.diff(np.minimum(np.cumsum(waiting, axis=1), freed), axis=1, prepend=0)
    # Single claims of one lot may be apart, one taken back and one unpaid: the sum is what counts.
    steps[:, :1] += freed - steps.sum(axis=1, keepdims=True)
    released[:, at] = steps
    return released
