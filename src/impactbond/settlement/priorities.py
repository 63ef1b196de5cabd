"""The order in which lots meet a limit on the whole, and what the limit is on by itself.

Takes  lots in settlement order, and a limit.
Gives  the lots that it is on, group after group, those that come first by its terms first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.running import begins, running_from_zero, steps_within, sums_between
from impactbond.terms.limits import WholeLimit

Truths = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Priority:
    """The lots that one limit is on, in the order in which they meet it, group after group.

    `group` numbers what the limit is on by itself, such as each year. Where the limit asks for
    them, `person` numbers the participants of each group, and `year` is the year of the contract in
    which the lot was achieved.
    `base` are the lots of whose claims a share may be let through, `base_group` their groups and
    `base_person`, as `person`, their participants. `lots` is how many there are in all.
    """

    lot: Numbers
    group: Numbers
    person: Numbers
    year: Numbers
    base: Numbers
    base_group: Numbers
    base_person: Numbers
    lots: int

    @cached_property
    def starts(self) -> Numbers:
        """The position at which each group begins."""
        return begins(self.group)

    @cached_property
    def is_as_settled(self) -> bool:
        """Whether every lot meets the limit, in the order of settlement."""
        return (
            bool((self.lot == np.arange(self.lots)).all()) if self.lot.size == self.lots else False
        )

    @property
    def people(self) -> int:
        """How many participants of groups there are."""
        return int(self.person.max(initial=-1)) + 1

    def running(self, amounts: Numbers) -> Numbers:
        """Amounts shaped (trial, position) added up from the beginning of each group."""
        total = running_from_zero(amounts)
        if self.starts.size == 1:
            return total[:, 1:]
        return np.asarray(total[:, 1:] - total[:, self.starts[self.group]])

    def steps(self, running: Numbers) -> Numbers:
        """What was added up: the opposite of `running`."""
        return steps_within(running, self.starts)

    def totals(self, amounts: Numbers) -> Numbers:
        """Amounts added up over each group, shaped (trial, group)."""
        if self.starts.size == 1:
            return np.asarray(amounts.sum(axis=1, keepdims=True))
        ends = np.append(self.starts[1:], self.group.size)
        return sums_between(running_from_zero(amounts), self.starts, ends)


def priority_of(contract: Contract, lots: Lots, position: int, limit: WholeLimit) -> Priority:
    """The order under the limit at that position among those on the whole, worked out once."""
    found: Priority | None = lots.priorities.get(position)
    if found is None:
        found = lots.priorities[position] = _priority(contract, lots, limit)
    return found


def _priority(contract: Contract, lots: Lots, limit: WholeLimit) -> Priority:
    number = np.arange(len(lots))
    years = years_of(contract, lots) if limit.is_yearly else np.zeros_like(number)
    label, has_label = _labels(contract, lots, limit, years)
    named = _named(contract, lots, limit) & has_label
    concerned = named.copy()
    for attribute, values in limit.only.items():
        named_values, held = lots.held(contract.grouping.index(attribute))
        concerned &= np.array([value in values for value in named_values], dtype=bool)[held]
    lot = np.lexsort((number, limit.precedence(lots.price_pence), label))
    lot = lot[concerned[lot]]
    groups, group = np.unique(label[lot], return_inverse=True)
    base = np.flatnonzero(named & np.isin(label, groups))
    group = group.reshape(-1)
    base_group = np.searchsorted(groups, label[base])
    person, of_base = (
        _persons(lots, some, where) if limit.at_most.is_of_people else np.zeros_like(some)
        for some, where in ((lot, group), (base, base_group))
    )
    return Priority(lot, group, person, years[lot], base, base_group, of_base, len(lots))


def _named(contract: Contract, lots: Lots, limit: WholeLimit) -> Truths:
    """The lots of what the limit names, as far as they can be counted as it counts."""
    named = [index for index, name in enumerate(contract.payables) if limit.is_on(name)]
    found = np.isin(lots.milestone, named)
    if limit.at_most.of in ("claims", "share of claims", "share of paid claims"):
        found &= lots.milestone < len(contract.milestones)
    if limit.at_most.is_of_people or limit.each == "participant":
        found &= lots.is_of_somebody
    return found


def _labels(
    contract: Contract, lots: Lots, limit: WholeLimit, years: Numbers
) -> tuple[Numbers, Truths]:
    """What the limit is on by itself, as a number for every lot, and for which lots there is any.

    Where the headroom of later years pays, the years are not groups: they follow one another.
    """
    every = np.ones(len(lots), dtype=bool)
    match limit.each:
        case None:
            return np.zeros(len(lots), dtype=np.int64), every
        case "year":
            carried = limit.beyond == "next year"
            return np.zeros_like(years) if carried else years, every
        case "period":
            return lots.period, every
        case "participant":
            return lots.columns.participant, every
        case attribute:
            values, held = lots.held(contract.grouping.index(attribute))
            return held, np.array([bool(value) for value in values], dtype=bool)[held]


def _persons(lots: Lots, lot: Numbers, group: Numbers) -> Numbers:
    """A number for every participant of every group, in the order in which they meet the limit."""
    person = lots.columns.participant[lot]
    most = int(person.max(initial=0)) + 1
    _, number = np.unique(group * most + person, return_inverse=True)
    return np.asarray(number.reshape(-1), dtype=np.int64)


def years_of(contract: Contract, lots: Lots) -> Numbers:
    """The year of the contract in which every lot was achieved."""
    days, position = np.unique(lots.day, return_inverse=True)
    year = [contract.calendar.year_of(from_day_number(number)) for number in days.tolist()]
    return np.asarray(np.array(year, dtype=np.int64)[position.reshape(-1)], dtype=np.int64)
