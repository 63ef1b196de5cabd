"""What was due, and the credits against it: the two sides that are matched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim that was made: its period and its date."""

    number: int
    claim_period: str
    claim_date: date


@dataclass(slots=True)
class Due:
    """What one funder was asked to pay on one day for one claim, and what is still open of it."""

    funder: str
    claim: Claimed
    due_on: date
    amount_pence: int
    open_pence: int

    @property
    def asked_on(self) -> date:
        """The day from which it can be paid: up-front money may be due before its claim is made."""
        return min(self.claim.claim_date, self.due_on)


@dataclass(slots=True)
class Credit:
    """Money that a funder sent, or that a claim gives back to it, and what is left of it.

    `receipt` is None for what a claim gives back. `claim_period` is the claim that it is for, if
    any is named.
    """

    funder: str
    receipt: str | None
    day: date
    amount_pence: int
    left_pence: int
    claim_period: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """A part of a credit that pays a part of a due."""

    credit: Credit
    due: Due
    matched_on: date
    amount_pence: int


def dues_and_credits(
    payments: pa.Table, claims: Iterable[Claimed]
) -> tuple[list[Due], list[Credit]]:
    """What those claims ask for, and what they give back, by funder, claim and due date."""
    made = {claim.claim_period: claim for claim in claims}
    sums: defaultdict[tuple[str, str, date], int] = defaultdict(int)
    for row in payments.to_pylist():
        if row["claim_period"] in made:
            sums[row["funder"], row["claim_period"], row["due_on"]] += row["amount_pence"]
    dues, credits_ = [], []
    for (funder, period, due_on), pence in sums.items():
        claim = made[period]
        if pence > 0:
            dues.append(Due(funder, claim, due_on, pence, pence))
        elif pence < 0:
            day = min(claim.claim_date, due_on)
            credits_.append(Credit(funder, None, day, -pence, -pence, period))
    return dues, credits_


def received(receipts: pa.Table) -> list[Credit]:
    """The receipts as credits, by day and reference."""
    columns = ("funder", "receipt", "received_on", "amount_pence", "claim_period")
    return [
        Credit(funder, receipt, day, pence, pence, period)
        for funder, receipt, day, pence, period in _rows(receipts, *columns)
    ]


def _rows(table: pa.Table, *columns: str) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[column].to_pylist() for column in columns), strict=True)
