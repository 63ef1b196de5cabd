"""Lots: equal claims counted. Claims of one day, milestone, price and share rule are
interchangeable for money.

Takes  claims at every claim date, counted or one by one.
Gives  lots in the order in which limits meet them, and how many claims each held at each claim
       date.
Keeps  the order of the rows that come in is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.dates import Period, day_number
from impactbond.money import Pence
from impactbond.settlement.funders import ShareRule, share_rule

Numbers = NDArray[np.int64]


class LotKey(NamedTuple):
    """What makes claims interchangeable for money, in the order in which limits meet them.

    With a participant, a lot is one claim: the same settlement then gives lines.
    """

    period: int
    day: int
    milestone: int
    rule: int
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


@dataclass(frozen=True)
class Lots:
    """Lots in settlement order, with their prices and share rules."""

    keys: tuple[LotKey, ...]
    rules: tuple[ShareRule, ...]
    price_pence: Pence

    @property
    def milestone(self) -> Numbers:
        """The milestone of each lot, by its place in the contract."""
        return np.array([key.milestone for key in self.keys], dtype=np.int64)

    @property
    def rule(self) -> Numbers:
        """The share rule of each lot."""
        return np.array([key.rule for key in self.keys], dtype=np.int64)

    @property
    def period(self) -> Numbers:
        """The period in which each lot was achieved."""
        return np.array([key.period for key in self.keys], dtype=np.int64)


class ShareRules:
    """The share rules of a contract for numbered segments, and those of closed lines, in order."""

    def __init__(
        self,
        contract: Contract,
        segments: Mapping[int, Mapping[str, str]],
        closed: Iterable[ShareRule] = (),
    ) -> None:
        found = {
            (place, number): share_rule(contract, milestone, segment)
            for place, milestone in enumerate(contract.milestones)
            for number, segment in segments.items()
        }
        self.all: tuple[ShareRule, ...] = tuple(sorted({*found.values(), *closed}))
        numbers = {rule: number for number, rule in enumerate(self.all)}
        self._number = {place: numbers[rule] for place, rule in found.items()}

    def number(self, milestone: int, segment: int) -> int:
        """The number of the rule for a milestone and a segment."""
        return self._number[milestone, segment]


def period_of(periods: Sequence[Period], day: int) -> int:
    """The place of the period that a day number falls in; the day must be in the term."""
    lasts = [day_number(period.last) for period in periods]
    return int(np.searchsorted(lasts, day))


def make_lots(
    contract: Contract,
    rules: ShareRules,
    counted: Iterable[Counted],
    claims: int,
    closed: Iterable[LotKey] = (),
) -> tuple[Lots, Numbers]:
    """Lots in settlement order, and quantities to date shaped (claim date, lot).

    Lots of `closed` periods are kept although nothing of them may be left.
    """
    lasts = np.array([day_number(period.last) for period in contract.calendar.periods])
    found: dict[LotKey, dict[int, int]] = {key: {} for key in closed}
    for row in counted:
        period = int(np.searchsorted(lasts, row.day))
        key = LotKey(
            period,
            row.day,
            row.milestone,
            rules.number(row.milestone, row.segment),
            row.participant,
        )
        by_claim = found.setdefault(key, {})
        by_claim[row.claim] = by_claim.get(row.claim, 0) + row.quantity
    keys = tuple(sorted(found))
    quantities = np.zeros((claims, len(keys)), dtype=np.int64)
    for index, key in enumerate(keys):
        for claim, quantity in found[key].items():
            quantities[claim, index] = quantity
    prices = [contract.price_pence(name) for name in contract.milestones]
    price_pence = np.array([prices[key.milestone] for key in keys], dtype=np.int64)
    return Lots(keys, rules.all, price_pence), quantities
