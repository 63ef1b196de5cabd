"""Lots: equal claims counted. Claims of one day, milestone, price and share rule are
interchangeable for money. What one claim is worth on a day, for a participant with some attributes,
is here too: its price.

Takes  claims at every claim date, counted or one by one; prices with their rates and changes.
Gives  lots in the order in which limits meet them (made of claims by `make_lots`). Prices are whole
       minor units of the currency that prices are in.
Keeps  the order of the rows that come in is nothing. Prices are exact fractions until the one
       rounding that the contract states.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Stretch, Versions, unit_stretches
from impactbond.dates import Period, day_number, from_day_number
from impactbond.money import CURRENCIES, Pence, round_fraction, rounded
from impactbond.numbering import alike
from impactbond.reasons import Standing
from impactbond.settlement.funding import ShareRule, share_rule
from impactbond.terms.applicability import Dated, is_about
from impactbond.terms.funding import Funding
from impactbond.terms.prices import Indexed

Numbers = NDArray[np.int64]

FULL, LATE, DISPUTED = (one.number for one in Standing)


class LotKey(NamedTuple):
    """What makes claims interchangeable for money, in the order in which limits meet them.

    `milestone` is a position in the payables of the whole contract. `standing` is FULL, LATE or
    DISPUTED; `group` holds the attributes by which limits and results tell participants apart. With
    a participant, a lot is one claim: the same settlement then gives lines.
    """

    period: int
    day: int
    milestone: int
    rule: int
    price_pence: int
    standing: int = 0
    group: tuple[str, ...] = ()
    participant: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class LotColumns:
    """What makes claims interchangeable, as columns: the numbers of LotKey, in its order, and the
    places of its `group` among `groups`, of its `participant` among `participants`; both in order.
    """

    numbers: tuple[Numbers, ...]
    group: Numbers
    participant: Numbers
    groups: Sequence[tuple[str, ...]]
    participants: pa.Array

    @classmethod
    def of(cls, keys: Sequence[LotKey]) -> LotColumns:
        """The columns of some keys, in their order."""
        numbers = np.array([key[:6] for key in keys], dtype=np.int64).reshape(-1, 6)
        groups = sorted({key.group for key in keys})
        people = sorted({key.participant for key in keys})
        group_at = {group: place for place, group in enumerate(groups)}
        person_at = {person: place for place, person in enumerate(people)}
        return cls(
            tuple(numbers.T.copy()),
            np.array([group_at[key.group] for key in keys], dtype=np.int64),
            np.array([person_at[key.participant] for key in keys], dtype=np.int64),
            groups,
            pa.array(people, pa.string()),
        )

    def keys(self) -> tuple[LotKey, ...]:
        """The keys one by one."""
        held = (self.groups[place] for place in self.group.tolist())
        who = self.participants.take(pa.array(self.participant)).to_pylist()
        return tuple(map(LotKey, *(column.tolist() for column in self.numbers), held, who))


@dataclass(eq=False)
class Lots:
    """Lots in settlement order, with their share rules.

    Of every lot, as int64: the `period` and the `day` (number) in which it was achieved, what it is
    paid for (`milestone`, its position in the contract's payables), its share `rule`, the price of
    one claim in minor units of the currency of prices, how its claims stand (`standing`), and whose
    they are (`columns`). `priorities` keeps the order of priority under each limit, which follows
    from the lots alone.
    """

    columns: LotColumns
    rules: tuple[ShareRule, ...]
    priorities: dict[int, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        of = self.columns.numbers
        self.period, self.day, self.milestone, self.rule, self.price_pence, self.standing = of

    def __len__(self) -> int:
        return len(self.period)

    @cached_property
    def keys(self) -> tuple[LotKey, ...]:
        """The lots one by one: of single claims they are many, and made when they are asked for."""
        return self.columns.keys()

    def held(self, position: int) -> tuple[Sequence[str], Numbers]:
        """The values of an attribute of `group`, blank where a lot has none, in order; and of every
        lot, the place of its own among these.
        """
        values = [group[position] if group else "" for group in self.columns.groups]
        named = sorted(set(values))
        place = np.array([named.index(value) for value in values], dtype=np.int64)
        return named, place[self.columns.group]

    @cached_property
    def is_of_somebody(self) -> NDArray[np.bool_]:
        """Whether each lot has a participant."""
        blank = pc.equal(self.columns.participants, "").to_numpy(zero_copy_only=False)
        return np.asarray(~blank[self.columns.participant])

    @cached_property
    def shares_of_rules(self) -> tuple[Sequence[tuple[Fraction, ...]], Numbers]:
        """The different shares under the rules, and which of these each rule has."""
        number: dict[tuple[Fraction, ...], int] = {}
        found = [number.setdefault(rule.shares, len(number)) for rule in self.rules]
        return list(number), np.array(found, dtype=np.int64)


class ShareRules:
    """What one version says about a claim on a day by a participant of a numbered segment: which of
    the share rules it is under, and its price.

    Milestones and share rules have the numbers that they have in the whole contract, so that claims
    of several versions meet in one order under the same limits. `all` are the rules that occur,
    `number` the numbers that they have among those of all versions, once these are known.
    """

    def __init__(
        self, versions: Versions, stretch: Stretch, segments: Mapping[int, Mapping[str, str]]
    ) -> None:
        whole, contract = versions.whole, versions.within(stretch.terms)
        self._versions, self._stretch = versions, stretch
        self._contract = contract
        self._segments = segments
        self._payables = contract.payables
        self._position = [whole.payables.index(name) for name in self._payables]
        self._funding = [whole.funding.index(entry) for entry in contract.funding]
        self._uncounted = list(self._without_participants())
        found = {
            self._in_whole(share_rule(contract, rule, attributes))
            for name in contract.milestones
            for rule in contract.fundings_of(name)
            for attributes in segments.values()
            if is_about(rule.only, attributes)
        }
        self.all = found | {rule for _, rule in self._uncounted}
        self.number: Mapping[ShareRule, int] = {}
        self._known: dict[tuple[int, ...], LotKey] = {}
        self._shared: dict[tuple[int, int], int] = {}
        self._period_ends = [day_number(one.last) for one in contract.calendar.periods]
        self._turns: dict[int, list[int] | None] = {}
        self._worth: dict[tuple[int, int, int, int], tuple[int, int, tuple[str, ...]]] = {}

    def _in_whole(self, rule: ShareRule) -> ShareRule:
        return replace(rule, funding=self._funding[rule.funding])

    def key(
        self, milestone: int, number: int, segment: int, participant: str, standing: int
    ) -> LotKey:
        """The lot that claims of a day are in."""
        asked = (milestone, number, segment, standing)
        if asked not in self._known:
            self._known[asked] = self._key(*asked)
        key = self._known[asked]
        return key._replace(participant=participant) if participant else key

    def _key(self, milestone: int, number: int, segment: int, standing: int) -> LotKey:
        rule, price, group = self._worth_at(milestone, number, segment, standing)
        # A period includes its last day.
        period = bisect_left(self._period_ends, number)
        return LotKey(period, number, self._position[milestone], rule, price, standing, group)

    def _turns_at(self, milestone: int) -> list[int] | None:
        if milestone not in self._turns:
            self._turns[milestone] = self._turns_of(self._payables[milestone])
        return self._turns[milestone]

    def _worth_at(
        self, milestone: int, number: int, segment: int, standing: int
    ) -> tuple[int, int, tuple[str, ...]]:
        """The share rule, the price and the group of a claim."""
        turns = self._turns_at(milestone)
        # Days are many, and those of one stretch come to the same money.
        stretch = number if turns is None else bisect_right(turns, number)
        asked = (milestone, stretch, segment, standing)
        if asked not in self._worth:
            self._worth[asked] = self._worth_of(milestone, number, segment, standing)
        return self._worth[asked]

    def described(
        self, milestone: Numbers, day: Numbers, segment: Numbers, standing: Numbers
    ) -> tuple[Sequence[Numbers], list[tuple[str, ...]], Numbers]:
        """The lots of claims as columns: the first numbers of LotKey; the groups that occur, and
        the place of each claim's among them. What claims of one stretch are worth is asked once.
        """
        stretch = np.empty_like(day)
        for one in np.unique(milestone).tolist():
            own = milestone == one
            turns = self._turns_at(one)
            stretch[own] = day[own] if turns is None else np.searchsorted(turns, day[own], "right")
        first, place = alike((milestone, stretch, segment, standing))
        asked = (one[first].tolist() for one in (milestone, day, segment, standing))
        worth = [self._worth_at(*one) for one in zip(*asked, strict=True)]
        rule, price = np.array([one[:2] for one in worth], dtype=np.int64).reshape(-1, 2).T
        groups = sorted({group for _, _, group in worth})
        at = {group: number for number, group in enumerate(groups)}
        group = np.array([at[group] for _, _, group in worth], dtype=np.int64)
        period = np.searchsorted(self._period_ends, day)
        position = np.array(self._position, dtype=np.int64)[milestone]
        return (period, day, position, rule[place], price[place], standing), groups, group[place]

    def _turns_of(self, name: str) -> list[int] | None:
        """The first days of the stretches in which a claim comes to the same money; None where a
        kind of change of its price does not say when it sets in.
        """
        changes = self._contract.milestones[name].changes
        if not all(isinstance(change, Dated | Indexed) for change in changes):
            return None
        return list(map(day_number, unit_stretches(self._contract, name)))

    def _worth_of(
        self, milestone: int, number: int, segment: int, standing: int
    ) -> tuple[int, int, tuple[str, ...]]:
        """The share rule, the price and the group of a claim."""
        contract, name = self._contract, self._payables[milestone]
        attributes, day = self._segments[segment], from_day_number(number)
        # The first entry that applies, as written: entries may overlap, and a claim is paid once.
        rule = next(rule for rule in contract.fundings_of(name) if rule.applies(day, attributes))
        price = price_pence(contract, name, day, attributes)
        # Of one claim: rounded here, and multiplied by how many afterwards.
        if standing == LATE:
            price = int(paid_late(contract, np.array(price)))
        group = tuple(attributes[attribute] for attribute in contract.grouping)
        return self._rule_number(rule, segment), price, group

    def _rule_number(self, rule: Funding, segment: int) -> int:
        """The number of a share rule for a segment; the days of a term need it again and again."""
        entry = (self._contract.funding.index(rule), segment)
        if entry not in self._shared:
            shared = share_rule(self._contract, rule, self._segments[segment])
            self._shared[entry] = self.number[self._in_whole(shared)]
        return self._shared[entry]

    @property
    def closes_on(self) -> int:
        """The day after which results and fees are not known yet; see `Calendar.closes_on`."""
        return day_number(self._contract.calendar.closes_on)

    def uncounted(self, claims: int) -> list[LotKey]:
        """The lots that are not made of anybody's claims, known by so many claim dates: results at
        the end of every period, for every group; fees on their dates. Only on days that the version
        governs: another one says what is due on the rest.
        """
        # Of all versions, each day is governed by one: an instalment would otherwise be due under
        # each.
        return [
            key._replace(rule=self.number[rule])
            for key, rule in self._uncounted
            if key.period < claims and self._governs(key.day)
        ]

    def _governs(self, day: int) -> bool:
        return self._versions.governing(from_day_number(day)) is self._stretch.terms

    def _without_participants(self) -> Iterator[tuple[LotKey, ShareRule]]:
        contract = self._contract
        for name, result in contract.results.items():
            each = result.each
            groups = [{each: value} for value in self._values_of(each)] if each else [{}]
            for period in contract.calendar.periods:
                for held in groups:
                    yield self._uncounted_lot(name, period.last, 0, held)
        for name, fee in contract.fees.items():
            for day, amount in fee.instalments(contract.currency, contract.rounding.rule):
                yield self._uncounted_lot(name, day, amount, {})

    def _uncounted_lot(
        self, name: str, day: date, price: int, held: Mapping[str, str]
    ) -> tuple[LotKey, ShareRule]:
        contract, number = self._contract, day_number(day)
        rule = next(rule for rule in contract.fundings_of(name) if rule.applies(day, held))
        group = tuple(held.get(attribute, "") for attribute in contract.grouping)
        period = period_of(contract.calendar.periods, number)
        milestone = self._position[self._payables.index(name)]
        shared = self._in_whole(share_rule(contract, rule, held))
        return LotKey(period, number, milestone, 0, price, FULL, group), shared

    def _values_of(self, attribute: str) -> list[str]:
        """The values of an attribute that the contract lists or a participant has."""
        listed = self._contract.participants.attributes[attribute]
        known = {attributes[attribute] for attributes in self._segments.values()}
        # A listed value that nobody has is a group too: its count is known, and is nought.
        return sorted(known if listed == "text" else known | set(listed))


def price_pence(
    contract: Contract, milestone: str, day: date, attributes: Mapping[str, str]
) -> int:
    """The price of a claim achieved on a day, in minor units of the currency of prices."""
    term, halves = contract.milestones[milestone], contract.rounding.rule
    rates = (rate.price for rate in term.rates if rate.applies(day, attributes))
    # The first rate that applies takes the place of the price; changes and discounts then follow in
    # the order in which they stand, exact until the end.
    price = Fraction(next(rates, term.price))
    for change in term.changes:
        price = change.changed(price, contract, day, attributes)
    for discount in contract.discounts_of(milestone):
        price = discount.taken_off(price, day, attributes)
    if term.rounded is not None:
        price = term.rounded.rounded(price, halves)
    return rounded(price * CURRENCIES[contract.currency_of_prices].in_one, halves)


def paid_late(contract: Contract, worth: Pence) -> Pence:
    """What claims on late evidence earn, in minor units, of what they would be worth in time."""
    part = contract.calendar.evidence.late_pays
    return worth if part is None else round_fraction(worth, part, contract.rounding.rule)


def period_of(periods: Sequence[Period], day: int) -> int:
    """The position of the period that a day number falls in; the day must be in the term."""
    return bisect_left(periods, day, key=lambda period: day_number(period.last))


class Rulebook:
    """The share rules of every version in force, and of closed lines; `all` in order."""

    def __init__(
        self,
        versions: Versions,
        segments: Sequence[Mapping[int, Mapping[str, str]]],
        closed: Iterable[ShareRule] = (),
    ) -> None:
        whole = versions.whole
        self.by_version = [
            ShareRules(versions, stretch, own)
            for stretch, own in zip(versions.stretches, segments, strict=True)
        ]
        occurring = {rule for rules in self.by_version for rule in rules.all}
        self.all: tuple[ShareRule, ...] = tuple(sorted({*occurring, *closed}))
        self.first_fee = len(whole.payables) - len(whole.fees)
        number = {rule: number for number, rule in enumerate(self.all)}
        for rules in self.by_version:
            rules.number = number
