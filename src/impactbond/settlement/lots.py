"""Lots: equal claims counted. Claims of one day, milestone, price and share rule are
interchangeable for money.

Takes  claims at every claim date, counted or one by one.
Gives  lots in the order in which limits meet them, and how many claims each held at each claim
       date.
Keeps  the order of the rows that come in is nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.dates import Period, day_number, from_day_number
from impactbond.money import Pence, round_fraction
from impactbond.settlement.funders import ShareRule, share_rule
from impactbond.settlement.prices import price_pence
from impactbond.terms.applicability import is_about
from impactbond.terms.funding import Funding

Numbers = NDArray[np.int64]

# How a claim stands: for its whole price, for what late evidence earns, or in dispute.
FULL, LATE, DISPUTED = 0, 1, 2


class LotKey(NamedTuple):
    """What makes claims interchangeable for money, in the order in which limits meet them.

    `milestone` is a place in the contract's payables. `standing` is FULL, LATE or DISPUTED; `group`
    holds the attributes by which limits and results tell participants apart. With a participant, a
    lot is one claim: the same settlement then gives lines.
    """

    period: int
    day: int
    milestone: int
    rule: int
    price_pence: int
    standing: int = 0
    group: tuple[str, ...] = ()
    participant: str = ""


class Counted(NamedTuple):
    """So many equal claims, as known at one claim date; `segment` numbers a combination of
    attributes.
    """

    claim: int
    milestone: int
    day: int
    segment: int
    quantity: int
    participant: str = ""
    standing: int = FULL


@dataclass(frozen=True, eq=False)
class Lots:
    """Lots in settlement order, with their share rules.

    `worked_out` keeps what follows from the lots alone: the queue of each limit, by its place.
    """

    keys: tuple[LotKey, ...]
    rules: tuple[ShareRule, ...]
    worked_out: dict[int, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def price_pence(self) -> Pence:
        """The price of one claim of each lot, in minor units of the currency of prices."""
        return self._of_keys("price_pence")

    @cached_property
    def milestone(self) -> Numbers:
        """What each lot is paid for, by its place in the contract's payables."""
        return self._of_keys("milestone")

    @cached_property
    def rule(self) -> Numbers:
        """The share rule of each lot."""
        return self._of_keys("rule")

    @cached_property
    def period(self) -> Numbers:
        """The period in which each lot was achieved."""
        return self._of_keys("period")

    @cached_property
    def day(self) -> Numbers:
        """The day number on which each lot was achieved."""
        return self._of_keys("day")

    @cached_property
    def standing(self) -> Numbers:
        """How the claims of each lot stand."""
        return self._of_keys("standing")

    def _of_keys(self, name: str) -> Numbers:
        return np.array([getattr(key, name) for key in self.keys], dtype=np.int64)


class ShareRules:
    """What a contract says about a claim on a day by a participant of a numbered segment: which of
    the share rules it is under, and its price. `all` are the rules in order, with those of closed
    lines.
    """

    def __init__(
        self,
        contract: Contract,
        segments: Mapping[int, Mapping[str, str]],
        closed: Iterable[ShareRule] = (),
    ) -> None:
        self._contract = contract
        self._segments = segments
        self._payables = contract.payables
        found = {
            share_rule(contract, rule, attributes)
            for name in contract.milestones
            for rule in contract.fundings_of(name)
            for attributes in segments.values()
            if is_about(rule.only, attributes)
        }
        self._uncounted = list(self._without_participants())
        found |= {rule for _, rule in self._uncounted}
        self.all: tuple[ShareRule, ...] = tuple(sorted({*found, *closed}))
        self._number: dict[ShareRule, int] = {rule: number for number, rule in enumerate(self.all)}
        self._known: dict[tuple[int, ...], LotKey] = {}
        self._shared: dict[tuple[int, int], int] = {}

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
        contract, name = self._contract, self._payables[milestone]
        attributes, day = self._segments[segment], from_day_number(number)
        rule = next(rule for rule in contract.fundings_of(name) if rule.applies(day, attributes))
        price = price_pence(contract, name, day, attributes)
        if standing == LATE and contract.calendar.evidence.late_pays is not None:
            part = contract.calendar.evidence.late_pays
            price = int(round_fraction(np.array(price), part, contract.rounding.rule))
        return LotKey(
            period_of(contract.calendar.periods, number),
            number,
            milestone,
            self._rule_number(rule, segment),
            price,
            standing,
            tuple(attributes[attribute] for attribute in contract.grouping),
        )

    def _rule_number(self, rule: Funding, segment: int) -> int:
        """The number of a share rule for a segment; the days of a term need it again and again."""
        entry = (self._contract.funding.index(rule), segment)
        if entry not in self._shared:
            shared = share_rule(self._contract, rule, self._segments[segment])
            self._shared[entry] = self._number[shared]
        return self._shared[entry]

    @property
    def first_fee(self) -> int:
        """The place of the first fee among what is paid for."""
        return len(self._payables) - len(self._contract.fees)

    def uncounted(self, claims: int) -> list[LotKey]:
        """The lots that are not made of anybody's claims, known by so many claim dates: results at
        the end of every period, for every group; fees on their dates.
        """
        return [
            key._replace(rule=self._number[rule])
            for key, rule in self._uncounted
            if key.period < claims
        ]

    def _without_participants(self) -> Iterator[tuple[LotKey, ShareRule]]:
        contract = self._contract
        for name, result in contract.results.items():
            values = self._values_of(result.each) if result.each else [""]
            for period in contract.calendar.periods:
                for value in values:
                    held = {result.each: value} if result.each else {}
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
        place = self._payables.index(name)
        return LotKey(period, number, place, 0, price, FULL, group), share_rule(
            contract, rule, held
        )

    def _values_of(self, attribute: str) -> list[str]:
        """The values of an attribute that the contract lists or a participant has."""
        listed = self._contract.participants.attributes[attribute]
        known = {attributes[attribute] for attributes in self._segments.values()}
        return sorted(known if listed == "text" else known | set(listed))


def period_of(periods: Sequence[Period], day: int) -> int:
    """The place of the period that a day number falls in; the day must be in the term."""
    return bisect_left(periods, day, key=lambda period: day_number(period.last))


def make_lots(
    rules: ShareRules,
    counted: Iterable[Counted],
    claims: int,
    closed: Iterable[LotKey] = (),
) -> tuple[Lots, Numbers]:
    """Lots in settlement order, and quantities to date shaped (claim date, lot).

    Lots of `closed` periods are kept although nothing of them may be left.
    """
    found: dict[LotKey, dict[int, int]] = {key: {} for key in closed}
    fees = rules.first_fee
    for key in rules.uncounted(claims):
        found[key] = {claim: int(key.milestone >= fees) for claim in range(key.period, claims)}
    alike: dict[tuple[int, int, int, str, int], dict[int, int]] = {}
    for claim, milestone, day, segment, quantity, participant, standing in counted:
        one = alike.setdefault((milestone, day, segment, participant, standing), {})
        one[claim] = one.get(claim, 0) + quantity
    for described, quantity_by_claim in alike.items():
        by_claim = found.setdefault(rules.key(*described), {})
        for claim, quantity in quantity_by_claim.items():
            by_claim[claim] = by_claim.get(claim, 0) + quantity
    keys = tuple(sorted(found))
    quantities = np.zeros((claims, len(keys)), dtype=np.int64)
    for index, key in enumerate(keys):
        for claim, quantity in found[key].items():
            quantities[claim, index] = quantity
    return Lots(keys, rules.all), quantities
