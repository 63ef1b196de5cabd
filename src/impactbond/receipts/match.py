"""Matching: which money paid what.

Takes  what one funder was asked for, and what it sent or was given back.
Gives  the matches, in the order of the days on which they could be made.
Keeps  a receipt that names a claim pays that claim first; any other pays the oldest due first; what
       is left over is carried and pays what is asked for next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from impactbond.receipts.dues import Claimed, Credit, Due, Match

_ASKED, _CLAIMED, _RECEIVED = range(3)


def match(
    dues: Sequence[Due], credits_: Sequence[Credit], claims: Sequence[Claimed]
) -> list[Match]:
    """The matches of one funder; `open_pence` and `left_pence` say afterwards what is unmatched."""
    ledger = _Ledger({claim.claim_period: claim.claim_date for claim in claims})
    events: list[tuple[date, int, int, Due | Credit | None]] = []
    ordered = sorted(dues, key=lambda due: (due.due_on, due.claim.number))
    events += [(due.asked_on, _ASKED, place, due) for place, due in enumerate(ordered)]
    events += [(claim.claim_date, _CLAIMED, claim.number, None) for claim in claims]
    by_day = sorted(credits_, key=lambda credit: (credit.day, credit.receipt or ""))
    events += [(credit.day, _RECEIVED, place, credit) for place, credit in enumerate(by_day)]
    for day, _, _, what in sorted(events, key=lambda event: event[:3]):
        if isinstance(what, Due):
            ledger.dues.append(what)
            ledger.dues.sort(key=lambda due: (due.due_on, due.claim.number))
        elif isinstance(what, Credit):
            ledger.credits.append(what)
        ledger.match(day)
    return ledger.matches


class _Ledger:
    """One funder's open dues and unspent credits, as the days go by."""

    def __init__(self, claim_dates: dict[str, date]) -> None:
        self.claim_dates = claim_dates
        self.dues: list[Due] = []
        self.credits: list[Credit] = []
        self.matches: list[Match] = []

    def match(self, day: date) -> None:
        """Everything that can be matched on a day: money for a named claim before any other."""
        for credit in self.credits:
            if credit.claim_period is not None:
                named = credit.claim_period
                self._spend(credit, [due for due in self.dues if _is_of(due, named)], day)
        for credit in self.credits:
            if credit.claim_period is None or self._is_made(credit.claim_period, day):
                self._spend(credit, self.dues, day)
        self.dues = [due for due in self.dues if due.open_pence]
        self.credits = [credit for credit in self.credits if credit.left_pence]

    def _is_made(self, claim_period: str, day: date) -> bool:
        """Whether a claim has been made, so that money left over of it is free for others."""
        made_on = self.claim_dates.get(claim_period)
        return made_on is not None and made_on <= day

    def _spend(self, credit: Credit, dues: Sequence[Due], day: date) -> None:
        for due in dues:
            pence = min(credit.left_pence, due.open_pence)
            if pence:
                credit.left_pence -= pence
                due.open_pence -= pence
                self.matches.append(Match(credit, due, day, pence))


def _is_of(due: Due, claim_period: str) -> bool:
    return due.claim.claim_period == claim_period
