"""Every funder's account: opening, what was due, what was received, closing, claim by claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from impactbond.errors import InvariantError
from impactbond.receipts.dues import Claimed, Credit, Due


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
