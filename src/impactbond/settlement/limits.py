"""Limits on the whole: what is withheld on the net state to date, in the stated order. Before any
limit come claims in dispute, and claims that relief is paid instead of. And headroom: how much any
limit lets through.

Takes  values to date shaped (trial, lot), lots in settlement order.
Gives  what is payable to date, and what was withheld for each reason.
Keeps  no limit is ever exceeded; nothing is deleted, what is withheld stays visible under its
       reason. Equal claims stand together, so that lots and single claims meet a limit alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.errors import InvariantError
from impactbond.money import Pence, minor_units
from impactbond.settlement.lots import DISPUTED, Lots, Numbers
from impactbond.settlement.priorities import Apart, Priority, Truths, priority_of
from impactbond.settlement.values import falls_of_results
from impactbond.terms.fees import InsteadOf
from impactbond.terms.limits import LimitKind, WholeLimit

DISPUTE, RELIEF = "dispute", "relief"
_LARGEST = np.iinfo(np.int64).max


def reasons_to_withhold(contract: Contract) -> list[str]:
    """Every reason for which something can be withheld on the whole, in the order applied."""
    limits = [limit.name for limit in contract.limits_on_the_whole]
    return [DISPUTE, *(f"{RELIEF} {name}" for name, _ in _reliefs(contract)), *limits]


def apply_limits(
    contract: Contract,
    lots: Lots,
    quantity: Numbers,
    value: Pence,
    claim: int,
    apart: Apart | None = None,
) -> tuple[Pence, list[Pence]]:
    """Payable to date at the claim date of that number, and what was withheld for each of
    `reasons_to_withhold`; all shaped (trial, lot).

    Of equal claims, those that come first in settlement order are paid first. Where claims are
    counted, what limits on each participant withhold is worked out `apart`.
    """
    payable, withheld = _before_limits(contract, lots, value)
    before = asked_apart = payable
    for position, limit in enumerate(contract.limits_on_the_whole):
        if apart is not None and position in apart.held:
            paid = apart.let_through(contract, lots, position, payable, asked_apart)
            withheld.append(payable - paid)
            # As long as no other limit has withheld anything, what is asked for here is what was
            # worked out apart, and it is the same array: that is told by identity, without a look
            # at a million amounts.
            asked_apart = paid if payable is asked_apart else asked_apart - apart.held[position]
            payable = paid
            continue
        priority = priority_of(contract, lots, position, limit)
        paid = payable
        if priority.lot.size:
            # Where it is on every lot as they stand, none is looked for.
            lot = slice(None) if priority.is_as_settled else priority.lot
            # A limit counts claims by what dispute and relief have left of their value.
            demand = Demand(payable[:, lot], quantity, before, lot)
            every = Demand(payable, quantity, before, slice(None))
            headroom = _headroom(contract, limit, priority, every)
            if apart is not None and limit.at_most.of != "money":
                apart.note_number(limit, priority, quantity, before - asked_apart, headroom)
            let_through = (
                _year_by_year(contract, limit, priority, demand, headroom, claim)
                if limit.beyond == "next year"
                else within_headroom(limit, priority, demand, headroom)
            )
            # The very amounts that were asked for come back where nothing is withheld: no copy is
            # made.
            if let_through is not demand.amount:
                paid = payable.copy(order="K")
                paid[:, lot] = let_through
                paid = falls_of_results(contract, lots, payable, paid)
        withheld.append(nothing_of(payable) if paid is payable else payable - paid)
        payable = paid
    return payable, withheld


def _before_limits(contract: Contract, lots: Lots, value: Pence) -> tuple[Pence, list[Pence]]:
    """What is left of the values before limits, and what each reason before them withholds."""
    # Before every limit: what is not paid now must not take the room of claims that are.
    concerned = [lots.standing == DISPUTED]
    for _, instead in _reliefs(contract):
        first, last = day_number(instead.from_), day_number(instead.through)
        milestones = [contract.payables.index(name) for name in instead.milestones]
        # Both days are among those on which relief is paid.
        is_within = (first <= lots.day) & (lots.day <= last)
        concerned.append(np.isin(lots.milestone, milestones) & is_within)
    left, withheld = value, []
    for mask in concerned:
        if not mask.any():
            withheld.append(nothing_of(left))
            continue
        kept = np.where(mask, 0, left)
        withheld.append(left - kept)
        left = kept
    return left, withheld


def nothing_of(amounts: Pence) -> Pence:
    """Nothing, in the shape of amounts, and in no memory."""
    return np.broadcast_to(np.int64(0), amounts.shape)


def is_known_nothing(amounts: Pence) -> bool:
    """Whether amounts are `nothing_of` others."""
    return not any(amounts.strides)


def is_nothing(amounts: Pence) -> bool:
    """Whether amounts are nothing; of `nothing_of` it is known without a look."""
    return is_known_nothing(amounts) or not amounts.any()


def settles_in_order(contract: Contract) -> bool:
    """Whether what is claimed later changes nothing of what was claimed before it.

    Then claims that are known at the claim date of their own period earn the same at every later
    one, and all claim dates can be settled at once.
    """
    # With any of these a later claim or day moves money of an earlier period: results are measured
    # anew, a fee waits for claims, headroom grows, the dearest or the last is paid first, next year
    # pays what waited. Relief is rare, and goes the general way.
    fees = [fee for _, text in contract.texts for fee in text.fees.values()]
    return not (
        contract.results
        or any(fee.deferred_until is not None or fee.instead_of is not None for fee in fees)
        or any(grows_at(contract, claim) for claim in range(len(contract.calendar.periods)))
        or any(
            limit.first != "earliest" or limit.at_most.is_share or limit.beyond == "next year"
            for limit in contract.limits_on_the_whole
        )
    )


def _reliefs(contract: Contract) -> list[tuple[str, InsteadOf]]:
    return [(name, fee.instead_of) for name, fee in contract.fees.items() if fee.instead_of]


def headroom_pence(contract: Contract, limit: LimitKind, day: date) -> int:
    """What a limit in money lets through as of a claim date, to date or of each year."""
    most = limit.most_on(contract.funders, day)
    if most is None:
        raise InvariantError(f"the limit on the {limit.name} is not in money")
    return minor_units(most, contract.currency)


def headroom_by_claim(contract: Contract, limit: LimitKind, claims: int) -> Numbers:
    """What a limit in money lets through, at each of the first so many claim dates."""
    days = contract.calendar.claim_dates[:claims]
    return np.array([headroom_pence(contract, limit, day) for day in days], dtype=np.int64)


def grows_at(contract: Contract, claim: int) -> bool:
    """Whether a funder's headroom, beyond which nobody pays, is larger than a claim before."""
    for limit in contract.limits_on_funders:
        if claim and limit.taker is None:
            headroom = headroom_by_claim(contract, limit, claim + 1)
            if headroom[claim] > headroom[claim - 1]:
                return True
    return False


def _headroom(contract: Contract, limit: WholeLimit, priority: Priority, every: Demand) -> Numbers:
    """The headroom of each group, shaped (trial or 1, group), of what is asked of every lot."""
    groups, most = priority.starts.size, limit.at_most.of

    def claims() -> Numbers:
        number = every.quantities
        if most == "share of paid claims":
            # Those that the limit is on are let through by the number of the others that are paid.
            number = every.claims.copy()
            number[:, priority.lot] = 0
        number = number[:, priority.base]
        # Whoever has several claims is one participant.
        if most == "share of participants":
            number = _first_of_each(priority.base_person, number > 0)
        found = np.zeros((groups, number.shape[0]), dtype=np.int64)
        # Several lots are of one group; what is added by an index alone would count one of them.
        np.add.at(found, priority.base_group, number.T)
        return found.T

    headroom = limit.headroom(claims, contract.currency)
    return headroom if isinstance(headroom, np.ndarray) else np.full((1, groups), headroom)


def _year_by_year(
    contract: Contract,
    limit: WholeLimit,
    priority: Priority,
    demand: Demand,
    headroom: Numbers,
    claim: int,
) -> Pence:
    """What is paid when each year that has begun pays first what earlier years withheld."""
    calendar = contract.calendar
    last = calendar.year_of(calendar.periods[claim].last)
    paid = np.zeros_like(demand.amount)
    # From the first year in which anything was achieved, whether or not it is the contract's first:
    # the headroom of each year goes first to what waited longest.
    for year in range(int(priority.year.min()), last + 1):
        # Of later years nothing waits yet, or a claim would be paid from the headroom of a year
        # before it was made.
        waiting = np.where(priority.year <= year, demand.amount - paid, 0)
        paid += within_headroom(limit, priority, demand.of(waiting), headroom)
    return paid


@dataclass(frozen=True, eq=False)
class Demand:
    """What meets a limit, shaped (trial, position in the order of priority).

    `amount` is what limits before it let through of the value of claims; `quantities` and `values`
    are of all lots, of which these are meant.
    """

    amount: Pence
    quantities: Numbers
    values: Pence
    lot: Numbers | slice

    @cached_property
    def quantity(self) -> Numbers:
        """How many claims."""
        return self.quantities[:, self.lot]

    @cached_property
    def value(self) -> Pence:
        """What they are worth."""
        return self.values[:, self.lot]

    @cached_property
    def claims(self) -> Numbers:
        """How many claims anything is asked for: of equal claims, the first are asked for."""
        is_paid = (self.amount > 0) & (self.quantity > 0)
        value = np.where(is_paid, self.value, 1)
        # Rounded up: a claim of which a penny is still asked for takes the room of a whole one, so
        # that no limit on a number lets one more through in parts.
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
    if limit.at_most.of == "money" and _fits(priority, demand.amount, headroom):
        return demand.amount
    counted = _counted(limit, priority, demand)
    # Shares of claims, not claims, are let through: there is no number that could be checked below.
    if limit.first == "in proportion":
        return _in_proportion(priority, demand.amount, headroom, priority.totals(counted))
    match limit.at_most.of:
        case "money":
            paid = _money(limit, priority, demand.amount, headroom)
        case "participants" | "share of participants":
            paid = _participants(priority, demand.amount, headroom, counted)
        case _:
            paid = _claims(priority, demand, headroom)
    if (priority.totals(_counted(limit, priority, demand.of(paid))) > headroom).any():
        raise InvariantError("a limit on the whole is exceeded")
    return paid


def _counted(limit: WholeLimit, priority: Priority, demand: Demand) -> Numbers:
    """What a limit counts: pence, claims, or 1 where each participant is first paid anything."""
    match limit.at_most.of:
        case "money":
            return demand.amount
        case "participants" | "share of participants":
            return _first_paid(priority, demand.amount)
        case _:
            return demand.claims


def _money(limit: WholeLimit, priority: Priority, amount: Pence, headroom: Numbers) -> Pence:
    if limit.straddling == "unpaid":
        # What is taken off makes no claim after the one that straddles the limit payable again.
        fits = priority.running(np.maximum(amount, 0)) <= headroom[:, priority.group]
        # The fall of a result is let through here, and goes first off what was withheld of it: see
        # `falls_of_results`.
        return np.where(fits | (amount < 0), amount, 0)
    # The running total is cut, not each amount: what is taken off makes room for the claims after
    # it, and no more passes in all than the limit or than was asked for.
    running = priority.running(amount)
    return priority.steps(np.minimum(running, headroom[:, priority.group], out=running))


def _fits(priority: Priority, amount: Pence, headroom: Numbers) -> bool:
    """Whether amounts of money stay within headroom wherever they are added up to."""
    # Mostly nothing is taken off, and no second array of all amounts is made.
    added = amount if amount.min(initial=0) >= 0 else np.maximum(amount, 0)
    return bool((priority.totals(added) <= headroom).all())


def _claims(priority: Priority, demand: Demand, headroom: Numbers) -> Pence:
    # Of a lot that straddles the limit, the first claims are paid and the rest is not.
    before = priority.running(demand.claims) - demand.claims
    fit = np.clip(headroom[:, priority.group] - before, 0, demand.claims)
    # Limits before this one may have left less than the claims that fit are worth; what they
    # withheld is not given back here.
    part = np.minimum(demand.amount, demand.value * fit // np.maximum(demand.quantity, 1))
    return np.where(fit == demand.claims, demand.amount, part)


def _participants(priority: Priority, amount: Pence, headroom: Numbers, first: Numbers) -> Pence:
    trial, at = np.nonzero(first)
    is_paid = np.zeros((amount.shape[0], priority.people), dtype=bool)
    most = np.broadcast_to(headroom, (amount.shape[0], headroom.shape[1]))
    # By each participant's first paid claim; all later ones are paid with it, and take no more
    # room.
    fits = priority.running(first)[trial, at] <= most[trial, priority.group[at]]
    is_paid[trial, priority.person[at]] = fits
    return np.where(is_paid[:, priority.person], amount, 0)


def _first_paid(priority: Priority, amount: Pence) -> Numbers:
    """Where each participant is first paid anything: 1 at those positions."""
    return _first_of_each(priority.person, amount > 0)


def _first_of_each(person: Numbers, holds: Truths) -> Numbers:
    """1 at the first position of each participant at which something holds, shaped (trial,
    position); `person` numbers the participants of the positions.
    """
    trial, position = np.nonzero(holds)
    people = int(person.max(initial=-1)) + 1
    first = np.full((holds.shape[0], people), holds.shape[1], dtype=np.int64)
    # Positions stand in the order of priority, so the smallest is the claim that came first.
    np.minimum.at(first, (trial, person[position]), position)
    opens = np.zeros(holds.shape, dtype=np.int64)
    trial, someone = np.nonzero(first < holds.shape[1])
    opens[trial, first[trial, someone]] = 1
    return opens


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
    # Amounts times amounts leave 64 bits long before amounts do; whole numbers of any size are
    # slow, and used where they are needed.
    kind: Any = np.int64 if largest < _LARGEST else object
    parts = running.astype(kind) * part.astype(kind) // np.where(binds, whole, 1).astype(kind)
    return priority.steps(np.where(binds, parts, running).astype(np.int64))
