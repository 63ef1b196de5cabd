"""Every funder's account: what was due and what came, which money paid what, and what stands.

Takes  the payments of a settlement, the claims that were made, and receipts.
Gives  dues and credits; the matches of one funder, in the order of the days on which they could be
       made, and its entries claim by claim.
Keeps  a receipt that names a claim pays that claim first; any other pays the oldest due first; what
       is left over is carried and pays what is asked for next; an entry opens as the one before it
       closed.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa

from impactbond.errors import InvariantError


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

    @property
    def order(self) -> tuple[date, int]:
        """Its place among the dues of its funder, oldest first."""
        return self.due_on, self.claim.number


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

    @property
    def order(self) -> tuple[date, str]:
        """Its place among the credits of its funder, oldest first."""
        return self.day, self.receipt or ""


class Match(NamedTuple):
    """A part of a credit that pays a part of a due: a row of the matches."""

    funder: str
    receipt: str | None
    received_on: date
    claim_period: str
    due_on: date
    matched_on: date
    amount_pence: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One funder's account from the day after one claim date through the next.

    `claim_period` is None in the last entry where days have passed since the latest claim. A
    closing with a minus sign is a credit of the funder's.
    """

    funder: str
    claim_period: str | None
    first: date | None
    until: date
    opening_pence: int
    due_pence: int
    received_pence: int

    @property
    def closing_pence(self) -> int:
        """What stands at the end: opening, with what was due, less what was received."""
        return self.opening_pence + self.due_pence - self.received_pence


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
        due = Due(funder, made[period], due_on, pence, pence)
        if pence > 0:
            dues.append(due)
        elif pence < 0:
            credits_.append(Credit(funder, None, due.asked_on, -pence, -pence, period))
    return dues, credits_


def received(receipts: pa.Table) -> list[Credit]:
    """The receipts as credits, by day and reference."""
    columns = ("funder", "receipt", "received_on", "amount_pence", "amount_pence", "claim_period")
    rows = zip(*(receipts[column].to_pylist() for column in columns), strict=True)
    return [Credit(*row) for row in rows]


def match(
    dues: Iterable[Due], credits_: Iterable[Credit], claims: Iterable[Claimed]
) -> list[Match]:
    """The matches of one funder, whose dues and credits come oldest first; `open_pence` and
    `left_pence` say afterwards what is unmatched.
    """
    # What names no claim is free for every due from the start.
    free_from: dict[str | None, date] = {None: date.min}
    free_from |= {claim.claim_period: claim.claim_date for claim in claims}
    events: list[tuple[date, Due | Credit | None]] = [
        *((due.asked_on, due) for due in dues),
        *((claim.claim_date, None) for claim in claims),
        *((credit.day, credit) for credit in credits_),
    ]
    still_open: list[Due] = []
    unspent: list[Credit] = []
    matches: list[Match] = []
    # The sort keeps the order of equals: on one day what is asked for, then claims, then money.
    for day, event in sorted(events, key=lambda dated: dated[0]):
        if isinstance(event, Due):
            insort(still_open, event, key=lambda due: due.order)
        elif isinstance(event, Credit):
            unspent.append(event)
        matches += _spend(unspent, still_open, free_from, day)
        still_open = [due for due in still_open if due.open_pence]
        unspent = [credit for credit in unspent if credit.left_pence]
    return matches


def _spend(
    credits_: Sequence[Credit], dues: Sequence[Due], free_from: dict[str | None, date], day: date
) -> Iterator[Match]:
    """Everything that can be matched on a day: money for a named claim before any other."""
    named = [
        (credit, [due for due in dues if due.claim.claim_period == credit.claim_period])
        for credit in credits_
    ]
    # Money left over of a claim is free for others once that claim has been made.
    free = [(one, dues) for one in credits_ if free_from.get(one.claim_period, date.max) <= day]
    for credit, payable in [*named, *free]:
        for due in payable:
            pence = min(credit.left_pence, due.open_pence)
            if pence:
                credit.left_pence -= pence
                due.open_pence -= pence
                paid = (due.claim.claim_period, due.due_on, day, pence)
                yield Match(credit.funder, credit.receipt, credit.day, *paid)


def entries(
    funder: str,
    asked: Sequence[Due | Credit],
    receipts: Sequence[Credit],
    claims: Sequence[Claimed],
    on: date,
) -> list[Entry]:
    """The entries of one funder, each opening as the one before closed."""
    due: defaultdict[str | None, int] = defaultdict(int)
    for one in asked:
        if isinstance(one, Due):
            due[one.claim.claim_period] += one.amount_pence
        else:
            due[one.claim_period] -= one.amount_pence
    spans: list[tuple[str | None, date]] = [
        (claim.claim_period, claim.claim_date) for claim in claims
    ]
    # Days after the latest claim have an entry of their own: no receipt falls outside of all.
    if not spans or spans[-1][1] < on:
        spans.append((None, on))
    found: list[Entry] = []
    opening, first = 0, None
    for period, until in spans:
        came = sum(
            credit.amount_pence
            for credit in receipts
            if (first is None or first <= credit.day) and credit.day <= until
        )
        entry = Entry(funder, period, first, until, opening, due[period], came)
        found.append(entry)
        opening, first = entry.closing_pence, until + timedelta(days=1)
    return found


def assert_balanced(
    found: Sequence[Entry], dues: Sequence[Due], credits_: Sequence[Credit]
) -> None:
    """Promise: every opening is the closing before it, and the last closing is what is open less
    what is carried.

    Raises InvariantError otherwise.
    """
    for before, after in pairwise(found):
        if after.opening_pence != before.closing_pence:
            raise InvariantError("an account does not open as the one before it closed")
    stands = sum(due.open_pence for due in dues) - sum(one.left_pence for one in credits_)
    if found[-1].closing_pence != stands:
        raise InvariantError("an account does not close on what is open less what is carried")
