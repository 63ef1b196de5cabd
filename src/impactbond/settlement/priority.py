"""Priority: the lots that a limit is on, in the order in which they meet it, group after group.

Takes  lots in settlement order, and one limit on the whole.
Gives  which lots the limit is on, what it is on by itself, and who comes first.
Keeps  equal claims stand together, so that lots and single claims meet a limit alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.settlement.lots import Lots, Numbers
from impactbond.terms.limits import WholeLimit

Truths = NDArray[np.bool_]
_COUNTED = ("claims", "share of claims")


@dataclass(frozen=True, eq=False)
class Priority:
    """The lots of one limit; everything is in the order in which they meet it.

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
        """The place at which each group begins."""
        return np.flatnonzero(np.diff(self.group, prepend=-1))

    def running(self, amounts: Numbers) -> Numbers:
        """Amounts shaped (trial, place) added up from the beginning of each group."""
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


def priority_of(contract: Contract, lots: Lots, place: int, limit: WholeLimit) -> Priority:
    """The order under the limit at that place among those on the whole, worked out once."""
    found: Priority | None = lots.worked_out.get(place)
    if found is None:
        found = lots.worked_out[place] = _priority(contract, lots, limit)
    return found


def _priority(contract: Contract, lots: Lots, limit: WholeLimit) -> Priority:
    place = np.arange(len(lots.keys))
    years = _years(contract, lots) if limit.is_yearly else np.zeros_like(place)
    label, known = _labels(contract, lots, limit, years)
    named = _named(contract, lots, limit) & known
    concerned = named & _only(contract, lots, limit)
    lot = np.lexsort((place, limit.precedence(lots.price_pence), label))
    lot = lot[concerned[lot]]
    groups, group = np.unique(label[lot], return_inverse=True)
    base = np.flatnonzero(named & np.isin(label, groups))
    group = group.reshape(-1)
    return Priority(
        lot,
        group,
        _persons(lots, lot, group) if limit.at_most.of == "participants" else np.zeros_like(lot),
        years[lot],
        base,
        np.searchsorted(groups, label[base]),
    )


def _named(contract: Contract, lots: Lots, limit: WholeLimit) -> Truths:
    """The lots of what the limit names, as far as they can be counted as it counts."""
    named = [index for index, name in enumerate(contract.payables) if limit.is_on(name)]
    found = np.isin(lots.milestone, named)
    if limit.at_most.of in _COUNTED:
        found &= lots.milestone < len(contract.milestones)
    if limit.at_most.of == "participants" or limit.each == "participant":
        found &= np.array([bool(key.participant) for key in lots.keys], dtype=bool)
    return found


def _only(contract: Contract, lots: Lots, limit: WholeLimit) -> Truths:
    """The lots of participants with the attributes that the limit is about."""
    found = np.ones(len(lots.keys), dtype=bool)
    for attribute, values in limit.only.items():
        held = _held(contract, lots, attribute)
        found &= np.array([value in values for value in held], dtype=bool)
    return found


def _held(contract: Contract, lots: Lots, attribute: str) -> list[str]:
    """The value of an attribute in every lot; nothing where the lot is of no participant."""
    place = contract.grouping.index(attribute)
    return [key.group[place] if key.group else "" for key in lots.keys]


def _labels(
    contract: Contract, lots: Lots, limit: WholeLimit, years: Numbers
) -> tuple[Numbers, Truths]:
    """What the limit is on by itself, as a number for every lot, and for which lots there is any.

    Where the headroom of later years pays, the years are not groups: they follow one another.
    """
    known = np.ones(len(lots.keys), dtype=bool)
    match limit.each:
        case None:
            return np.zeros(len(lots.keys), dtype=np.int64), known
        case "year":
            carried = limit.beyond == "next year"
            return np.zeros_like(years) if carried else years, known
        case "period":
            return lots.period, known
        case "participant":
            return _numbered([key.participant for key in lots.keys]), known
        case attribute:
            held = _held(contract, lots, attribute)
            return _numbered(held), np.array([bool(value) for value in held], dtype=bool)


def _persons(lots: Lots, lot: Numbers, group: Numbers) -> Numbers:
    """A number for every participant of every group, in the order in which they meet the limit."""
    person = _numbered([lots.keys[place].participant for place in lot.tolist()])
    most = int(person.max(initial=0)) + 1
    _, number = np.unique(group * most + person, return_inverse=True)
    return np.asarray(number.reshape(-1), dtype=np.int64)


def _numbered(words: list[str]) -> Numbers:
    number = {word: index for index, word in enumerate(sorted(set(words)))}
    return np.array([number[word] for word in words], dtype=np.int64)


def _years(contract: Contract, lots: Lots) -> Numbers:
    day = np.array([key.day for key in lots.keys], dtype=np.int64)
    days, place = np.unique(day, return_inverse=True)
    year = [contract.calendar.year_of(from_day_number(number)) for number in days.tolist()]
    return np.asarray(np.array(year, dtype=np.int64)[place.reshape(-1)], dtype=np.int64)
