"""The order in which lots meet a limit on the whole, and what the limit is on by itself.

Takes  lots in settlement order, and a limit.
Gives  the lots that it is on, group after group, those that come first by its terms first.

And what limits on each participant withhold where claims are counted, and nobody is told apart.

Takes  what each of them withholds of everybody's claims as long as no other limit withholds
       anything: worked out from one participant's claims after another.
Gives  what they let through beside the other limits, as far as counts tell; and where they do not.
Keeps  what is let through is what single claims would be let through; where it may be otherwise,
       the trial is `unsure`, and has to be settled claim by claim.

A limit before one on each participant withholds from some claims of a lot and not from others.
Whose they are matters only where the one on each participant withholds anything there; and what it
withholds is known as long as nobody's earlier claims were touched. A limit on a number after it has
to know how many claims of a lot are paid: it does where it lets all of them through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.money import Pence
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
        # Then limits read columns as they lie in memory, instead of picking each of a million.
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
        # The last key counts first. Settlement order decides between equals, or two runs of one
        # settlement could pay different claims.
        named_values, held = lots.held(contract.grouping.index(attribute))
        concerned &= np.array([value in values for value in named_values], dtype=bool)[held]
    lot = np.lexsort((number, limit.precedence(lots.price_pence), label))
    lot = lot[concerned[lot]]
    groups, group = np.unique(label[lot], return_inverse=True)
    # Of the whole that a share is of, nobody is left out by `only`: a tenth of all claims, for some
    # of them.
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
    # A fee or a result is money, and no claim that could be counted.
    if limit.at_most.of in ("claims", "share of claims", "share of paid claims"):
        found &= lots.milestone < len(contract.milestones)
    # What is nobody's passes by limits on participants, or all of it together would be one
    # participant.
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
            # Years that lend each other headroom are one group, and are gone through in turn.
            return np.zeros_like(years) if carried else years, every
        case "period":
            return lots.period, every
        case "participant":
            # What has no value of it, such as a fee, is in no group and passes by the limit.
            return lots.columns.participant, every
        case attribute:
            values, held = lots.held(contract.grouping.index(attribute))
            return held, np.array([bool(value) for value in values], dtype=bool)[held]


def _persons(lots: Lots, lot: Numbers, group: Numbers) -> Numbers:
    """A number for every participant of every group, in the order in which they meet the limit."""
    person = lots.columns.participant[lot]
    most = int(person.max(initial=0)) + 1
    # Numbered group by group: whoever claims in two groups, such as two years, is a participant of
    # each.
    _, number = np.unique(group * most + person, return_inverse=True)
    return np.asarray(number.reshape(-1), dtype=np.int64)


def years_of(contract: Contract, lots: Lots) -> Numbers:
    """The year of the contract in which every lot was achieved."""
    days, position = np.unique(lots.day, return_inverse=True)
    year = [contract.calendar.year_of(from_day_number(number)) for number in days.tolist()]
    return np.asarray(np.array(year, dtype=np.int64)[position.reshape(-1)], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Apart:
    """What limits withhold to date, by their positions among those on the whole: (trial, lot), or
    (trial, claim date, lot); and of every trial, whether counts do not tell what it comes to.
    """

    held: Mapping[int, Pence]
    unsure: Truths

    @classmethod
    def of(cls, held: Mapping[int, Pence], trials: int) -> Apart:
        """Nothing is unsure yet."""
        return cls(held, np.zeros(trials, dtype=bool))

    def at(self, claim: int) -> Apart:
        """At the claim date of a number; what is unsure there is unsure here."""
        return replace(self, held={of: held[:, claim] for of, held in self.held.items()})

    def let_through(
        self, contract: Contract, lots: Lots, position: int, asked: Pence, apart: Pence
    ) -> Pence:
        """What a limit on each participant lets through of the amounts asked for: (trial, lot).
        `apart` is what would be asked for if no other limit withheld anything.
        """
        held, limit = self.held[position], contract.limits_on_the_whole[position]
        if asked is apart:
            return apart - held
        # What has no participant, such as a fee, it passes by.
        named = [number for number, name in enumerate(contract.milestones) if limit.is_on(name)]
        # What others have left untouched is exactly what was worked out for one participant after
        # another.
        touched = (asked != apart) & np.isin(lots.milestone, named)
        if limit.first == "earliest" and not limit.at_most.is_share:
            # What is asked for later moves nothing; and the less was asked for before, the less is
            # withheld: of nothing, nothing.
            np.logical_or.accumulate(touched, axis=1, out=touched)
            touched &= (held != 0) & (asked != 0)
        else:
            touched |= touched.any(axis=1, keepdims=True)
        self.unsure[...] |= touched.any(axis=1)
        # Never less than nothing nor more than was asked for; where that bound binds the trial is
        # unsure, and settled claim by claim.
        return np.asarray(np.clip(asked - held, 0, asked))

    def note_number(
        self,
        limit: WholeLimit,
        priority: Priority,
        quantity: Numbers,
        left: Pence,
        headroom: Numbers,
    ) -> None:
        """Note where it matters to a limit on a number that of equal claims some are worth less
        than others: `left` is what limits on each participant withheld before, (trial, lot).
        """
        lot, of_paid = priority.lot, limit.at_most.of == "share of paid claims"
        some = (left[:, priority.base if of_paid else lot] != 0).any(axis=1)
        # A number that is not reached withholds nothing, whoever's claims are worth less.
        if not of_paid and limit.beyond != "next year":
            some &= (priority.totals(quantity[:, lot]) > headroom).any(axis=1)
        self.unsure[...] |= some
