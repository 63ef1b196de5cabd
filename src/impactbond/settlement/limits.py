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
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.dates import day_number, from_day_number
from impactbond.errors import InvariantError
from impactbond.money import Pence, minor_units
from impactbond.settlement.lots import DISPUTED, Lots, Numbers
from impactbond.terms.fees import InsteadOf
from impactbond.terms.limits import LimitKind, WholeLimit

Truths = NDArray[np.bool_]

DISPUTE, RELIEF = "dispute", "relief"
_COUNTED = ("claims", "share of claims")
_LARGEST = np.iinfo(np.int64).max


def reasons_to_withhold(contract: Contract) -> list[str]:
    """Every reason for which something can be withheld on the whole, in the order applied."""
    limits = [limit.name for limit in contract.limits_on_the_whole]
    return [DISPUTE, *(f"{RELIEF} {name}" for name, _ in _reliefs(contract)), *limits]


def apply_limits(
    contract: Contract, lots: Lots, quantity: Numbers, value: Pence, claim: int
) -> tuple[Pence, list[Pence]]:
    """Payable to date at the claim date of that number, and what was withheld for each of
    `reasons_to_withhold`; all shaped (trial, lot).

    Of equal claims, those that come first in settlement order are paid first.
    """
    payable, withheld = _before_limits(contract, lots, value)
    before = payable
    for position, limit in enumerate(contract.limits_on_the_whole):
        priority = priority_of(contract, lots, position, limit)
        paid = payable.copy()
        if (lot := priority.lot).size:
            # A limit counts claims by what dispute and relief have left of their value.
            demand = Demand(payable[:, lot], quantity[:, lot], before[:, lot])
            headroom = _headroom(contract, limit, priority, quantity)
            paid[:, lot] = (
                _year_by_year(contract, limit, priority, demand, headroom, claim)
                if limit.beyond == "next year"
                else within_headroom(limit, priority, demand, headroom)
            )
        withheld.append(payable - paid)
        payable = paid
    return payable, withheld


def _before_limits(contract: Contract, lots: Lots, value: Pence) -> tuple[Pence, list[Pence]]:
    """What is left of the values before limits, and what each reason before them withholds."""
    concerned = [lots.standing == DISPUTED]
    for _, instead in _reliefs(contract):
        first, last = day_number(instead.from_), day_number(instead.through)
        milestones = [contract.payables.index(name) for name in instead.milestones]
        is_within = (first <= lots.day) & (lots.day <= last)
        concerned.append(np.isin(lots.milestone, milestones) & is_within)
    left, withheld = value, []
    for mask in concerned:
        kept = np.where(mask, 0, left)
        withheld.append(left - kept)
        left = kept
    return left, withheld


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
    calendar = contract.calendar
    days = [calendar.claim_date(period) for period in calendar.periods[:claims]]
    return np.array([headroom_pence(contract, limit, day) for day in days], dtype=np.int64)


def grows_at(contract: Contract, claim: int) -> bool:
    """Whether a funder's headroom, beyond which nobody pays, is larger than a claim before."""
    for limit in contract.limits_on_funders:
        if claim and limit.taker is None:
            headroom = headroom_by_claim(contract, limit, claim + 1)
            if headroom[claim] > headroom[claim - 1]:
                return True
    return False


def _headroom(
    contract: Contract, limit: WholeLimit, priority: Priority, quantity: Numbers
) -> Numbers:
    """The headroom of each group, shaped (trial or 1, group)."""
    groups = priority.starts.size

    def claims() -> Numbers:
        every = np.zeros((groups, quantity.shape[0]), dtype=np.int64)
        np.add.at(every, priority.base_group, quantity[:, priority.base].T)
        return every.T

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
    for year in range(int(priority.year.min()), last + 1):
        waiting = np.where(priority.year <= year, demand.amount - paid, 0)
        paid += within_headroom(limit, priority, demand.of(waiting), headroom)
    return paid


@dataclass(frozen=True, eq=False)
class Demand:
    """What meets a limit, shaped (trial, position in the order of priority).

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
    counted = _counted(limit, priority, demand)
    if limit.first == "in proportion":
        return _in_proportion(priority, demand.amount, headroom, priority.totals(counted))
    match limit.at_most.of:
        case "money":
            paid = _money(limit, priority, demand.amount, headroom)
        case "participants":
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
        case "participants":
            return _first_paid(priority, demand.amount)
        case _:
            return demand.claims


def _money(limit: WholeLimit, priority: Priority, amount: Pence, headroom: Numbers) -> Pence:
    if limit.straddling == "unpaid":
        # What is taken off makes no claim after the one that straddles the limit payable again.
        fits = priority.running(np.maximum(amount, 0)) <= headroom[:, priority.group]
        return np.where(fits | (amount < 0), amount, 0)
    # The running total is cut, not each amount: what is taken off makes room for the claims after
    # it, and no more passes in all than the limit or than was asked for.
    return priority.steps(np.minimum(priority.running(amount), headroom[:, priority.group]))


def _claims(priority: Priority, demand: Demand, headroom: Numbers) -> Pence:
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
    fits = priority.running(first)[trial, at] <= most[trial, priority.group[at]]
    is_paid[trial, priority.person[at]] = fits
    return np.where(is_paid[:, priority.person], amount, 0)


def _first_paid(priority: Priority, amount: Pence) -> Numbers:
    """Where each participant is first paid anything: 1 at those positions."""
    trial, position = np.nonzero(amount > 0)
    first = np.full((amount.shape[0], priority.people), amount.shape[1], dtype=np.int64)
    np.minimum.at(first, (trial, priority.person[position]), position)
    opens = np.zeros(amount.shape, dtype=np.int64)
    trial, person = np.nonzero(first < amount.shape[1])
    opens[trial, first[trial, person]] = 1
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
    kind: Any = np.int64 if largest < _LARGEST else object
    parts = running.astype(kind) * part.astype(kind) // np.where(binds, whole, 1).astype(kind)
    return priority.steps(np.where(binds, parts, running).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Priority:
    """The lots that one limit is on, in the order in which they meet it, group after group.

    `group` numbers what the limit is on by itself, such as each year. Where the limit asks for
    them, `person` numbers the participants of each group, and `year` is the year of the contract in
    which the lot was achieved.
    `base` are the lots of whose claims a share may be let through, `base_group` their groups.
    """

    lot: Numbers
    group: Numbers
    person: Numbers
    year: Numbers
    base: Numbers
    base_group: Numbers

    @cached_property
    def starts(self) -> Numbers:
        """The position at which each group begins."""
        return np.flatnonzero(np.diff(self.group, prepend=-1))

    @property
    def people(self) -> int:
        """How many participants of groups there are."""
        return int(self.person.max(initial=-1)) + 1

    def running(self, amounts: Numbers) -> Numbers:
        """Amounts shaped (trial, position) added up from the beginning of each group."""
        total = np.cumsum(amounts, axis=1)
        before = (total - amounts)[:, self.starts]
        return np.asarray(total - before[:, self.group])

    def steps(self, running: Numbers) -> Numbers:
        """What was added up: the opposite of `running`."""
        steps = np.diff(running, axis=1, prepend=0)
        steps[:, self.starts] = running[:, self.starts]
        return steps

    def totals(self, amounts: Numbers) -> Numbers:
        """Amounts added up over each group, shaped (trial, group)."""
        return np.asarray(np.add.reduceat(amounts, self.starts, axis=1))


def priority_of(contract: Contract, lots: Lots, position: int, limit: WholeLimit) -> Priority:
    """The order under the limit at that position among those on the whole, worked out once."""
    found: Priority | None = lots.priorities.get(position)
    if found is None:
        found = lots.priorities[position] = _priority(contract, lots, limit)
    return found


def _priority(contract: Contract, lots: Lots, limit: WholeLimit) -> Priority:
    number = np.arange(len(lots.keys))
    years = years_of(contract, lots) if limit.is_yearly else np.zeros_like(number)
    label, has_label = _labels(contract, lots, limit, years)
    named = _named(contract, lots, limit) & has_label
    concerned = named.copy()
    for attribute, values in limit.only.items():
        held = _held(contract, lots, attribute)
        concerned &= np.array([value in values for value in held], dtype=bool)
    lot = np.lexsort((number, limit.precedence(lots.price_pence), label))
    lot = lot[concerned[lot]]
    groups, group = np.unique(label[lot], return_inverse=True)
    base = np.flatnonzero(named & np.isin(label, groups))
    group = group.reshape(-1)
    counts_people = limit.at_most.of == "participants"
    person = _persons(lots, lot, group) if counts_people else np.zeros_like(lot)
    return Priority(lot, group, person, years[lot], base, np.searchsorted(groups, label[base]))


def _named(contract: Contract, lots: Lots, limit: WholeLimit) -> Truths:
    """The lots of what the limit names, as far as they can be counted as it counts."""
    named = [index for index, name in enumerate(contract.payables) if limit.is_on(name)]
    found = np.isin(lots.milestone, named)
    if limit.at_most.of in _COUNTED:
        found &= lots.milestone < len(contract.milestones)
    if limit.at_most.of == "participants" or limit.each == "participant":
        found &= np.array([bool(key.participant) for key in lots.keys], dtype=bool)
    return found


def _held(contract: Contract, lots: Lots, attribute: str) -> list[str]:
    """The value of an attribute in every lot; nothing where the lot is of no participant."""
    position = contract.grouping.index(attribute)
    return [key.group[position] if key.group else "" for key in lots.keys]


def _labels(
    contract: Contract, lots: Lots, limit: WholeLimit, years: Numbers
) -> tuple[Numbers, Truths]:
    """What the limit is on by itself, as a number for every lot, and for which lots there is any.

    Where the headroom of later years pays, the years are not groups: they follow one another.
    """
    every = np.ones(len(lots.keys), dtype=bool)
    match limit.each:
        case None:
            return np.zeros(len(lots.keys), dtype=np.int64), every
        case "year":
            carried = limit.beyond == "next year"
            return np.zeros_like(years) if carried else years, every
        case "period":
            return lots.period, every
        case "participant":
            return _numbered([key.participant for key in lots.keys]), every
        case attribute:
            held = _held(contract, lots, attribute)
            return _numbered(held), np.array([bool(value) for value in held], dtype=bool)


def _persons(lots: Lots, lot: Numbers, group: Numbers) -> Numbers:
    """A number for every participant of every group, in the order in which they meet the limit."""
    person = _numbered([lots.keys[number].participant for number in lot.tolist()])
    most = int(person.max(initial=0)) + 1
    _, number = np.unique(group * most + person, return_inverse=True)
    return np.asarray(number.reshape(-1), dtype=np.int64)


def _numbered(words: list[str]) -> Numbers:
    number = {word: index for index, word in enumerate(sorted(set(words)))}
    return np.array([number[word] for word in words], dtype=np.int64)


def years_of(contract: Contract, lots: Lots) -> Numbers:
    """The year of the contract in which every lot was achieved."""
    days, position = np.unique(lots.day, return_inverse=True)
    year = [contract.calendar.year_of(from_day_number(number)) for number in days.tolist()]
    return np.asarray(np.array(year, dtype=np.int64)[position.reshape(-1)], dtype=np.int64)
