"""When: the term, its periods, the claim dates, how late evidence may come, and when payment is
due.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import PlainSerializer, WithJsonSchema

from impactbond.contract.phrases import SpanPhrase, TermPhrase, parse_span
from impactbond.contract.term import Cited, Term, phrase
from impactbond.dates import Every, Nation, Period, Span, periods


def _parse_made(text: str) -> Span:
    words = " ".join(text.split())
    if not words.endswith(" after the period"):
        raise ValueError("not a claim date: write for example 1 month after the period")
    return parse_span(words.removesuffix(" after the period"))


MadePhrase = Annotated[
    Span,
    phrase(_parse_made),
    PlainSerializer(lambda span: f"{span} after the period", return_type=str),
    WithJsonSchema({"type": "string", "examples": ["1 month after the period"]}),
]


class Claims(Cited):
    """How often claims are made, and how long after a period's last day its claim is made."""

    every: Every
    made: MadePhrase


class EvidenceDeadline(Cited):
    """How soon after the day it speaks of evidence must be recorded, and what later evidence earns.

    `next claim`: it counts at the first claim date by which it is recorded. `nothing`: it does not
    count.
    """

    within: SpanPhrase
    late: Literal["next claim", "nothing"]


class PaymentTerms(Cited):
    """How long after the claim date payment is due, and in which nation banks must be open that
    day.
    """

    within: SpanPhrase
    working_days_of: Nation
    if_closed: Literal["next working day", "previous working day"] = "next working day"


class Calendar(Term):
    """The dates of a contract."""

    term: TermPhrase
    claims: Claims
    evidence: EvidenceDeadline
    payment: PaymentTerms

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods of the term, in order."""
        return periods(*self.term, self.claims.every)

    def claim_date(self, period: Period) -> date:
        """The day on which the claim for a period is made: evidence recorded by then counts.

        A period ends at the end of its last day, so that a month after 30 June is 31 July.
        """
        return self.claims.made.after(period.last + timedelta(days=1)) - timedelta(days=1)
