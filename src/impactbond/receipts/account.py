"""Every funder's account: what was due and what came, claim by claim, and what stands.

Takes  the payments of a settlement, the claims that were made, and receipts.
Gives  dues and credits, and the entries of one funder.
Keeps  an entry opens as the one before it closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

import pyarrow as pa

from impactbond.dates import ONE_DAY
from impactbond.errors import InvariantError
from impactbond.receipts.match import REFUND_OF, Claimed, Credit, Due


@dataclass(frozen=True, slots=True)
class Entry:
    """One funder's account from the day after one claim date through the next.

    `claim_period` is None in the last entry where days have passed since the latest claim. A
    closing with a minus sign is a credit of the funder's. What was paid back to it is taken off
    what was received.
    """

    funder: str
    claim_period: str | None
    first: date | None
    until: date
    opening_pence: int
    due_pence: int
    received_pence: int
    written_off_pence: int

    @property
    def closing_pence(self) -> int:
        """What stands at the end: opening, with what was due, less what was received or written
        off.
        """
        return self.opening_pence + self.due_pence - self.received_pence - self.written_off_pence


def dues_and_credits(
    payments: pa.Table, claims: Iterable[Claimed], receipts: pa.Table | None = None
) -> tuple[list[Due], list[Credit]]:
    """What those claims ask for, and what they give back, by funder, claim and due date; and what
    was paid back to funders, by the receipts.
    """
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
    return dues + ([] if receipts is None else _paid_back(receipts)), credits_


def received(receipts: pa.Table, written_off: pa.Table | None = None) -> list[Credit]:
    """The receipts as credits, by day and reference; after them what was written off."""
    found = [Credit(*row) for row in _rows(receipts) if row[3] > 0]
    off = [] if written_off is None else _rows(written_off)
    return [*found, *(replace(Credit(*row), is_write_off=True) for row in off)]


def _paid_back(receipts: pa.Table) -> list[Due]:
    """The refunds among the receipts. Each stands before what is asked for on its day: what is paid
    back cannot pay for that.
    """
    return [
        Due(funder, Claimed(-1, f"{REFUND_OF}{receipt}", day), day, -pence, -pence, is_refund=True)
        for funder, receipt, day, pence, *_ in _rows(receipts)
        if pence < 0
    ]


def _rows(receipts: pa.Table) -> list[tuple[Any, ...]]:
    columns = ("funder", "receipt", "received_on", "amount_pence", "amount_pence", "claim_period")
    return list(zip(*(receipts[column].to_pylist() for column in columns), strict=True))


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
        if isinstance(one, Due) and one.is_refund:
            continue
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
        within = [
            credit
            for credit in receipts
            if (first is None or first <= credit.day) and credit.day <= until
        ]
        off = sum(credit.amount_pence for credit in within if credit.is_write_off)
        back = sum(
            one.amount_pence
            for one in asked
            if isinstance(one, Due) and one.is_refund
            if (first is None or first <= one.due_on) and one.due_on <= until
        )
        came = sum(credit.amount_pence for credit in within) - off - back
        entry = Entry(funder, period, first, until, opening, due[period], came, off)
        found.append(entry)
        opening, first = entry.closing_pence, until + ONE_DAY
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
