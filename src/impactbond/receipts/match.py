"""Which money pays what: the dues and credits of a funder, and their matches.

Takes  the dues and the credits of one funder, oldest first.
Gives  its matches, in the order of the days on which they could be made.
Keeps  a receipt that names a claim pays that claim first; any other pays the oldest due first; what
       is left over is carried and pays what is asked for next.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

REFUND_OF = "refund "  # before the reference of what was paid back, in place of a claim period


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim that was made: its period and its date."""

    number: int
    claim_period: str
    claim_date: date


@dataclass(slots=True)
class Due:
    """What one funder was asked to pay on one day for one claim, and what is still open of it.

    A refund stands as one too: money paid back to a funder takes up what is carried for it, and
    what nothing carried covers is open again.
    """

    funder: str
    claim: Claimed
    due_on: date
    amount_pence: int
    open_pence: int
    is_refund: bool = False

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
    any is named. What the provider has written off is one too, though no money.
    """

    funder: str
    receipt: str | None
    day: date
    amount_pence: int
    left_pence: int
    claim_period: str | None
    is_write_off: bool = False

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
    # Money for a named claim first, whichever receipt came first: it would otherwise pay another
    # claim that day.
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
