"""When: the term, its periods, the claim dates, how late evidence may come, and when payment is
due.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema

from impactbond.dates import MONTH_NAMES, Every, Nation, Period, Span, periods
from impactbond.terms.phrases import SharePhrase, SpanPhrase, TermPhrase, parse_span
from impactbond.terms.term import Cited, Term, phrase


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


def _parse_year_start(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,2}) ([A-Z][a-z]+)", " ".join(text.split()))
    if match and match[2] in MONTH_NAMES and 1 <= int(match[1]) <= 28:
        return MONTH_NAMES.index(match[2]) + 1, int(match[1])
    raise ValueError("not the first day of a year: write for example 1 April, up to day 28")


YearStartPhrase = Annotated[
    tuple[int, int],
    phrase(_parse_year_start),
    PlainSerializer(lambda day: f"{day[1]} {MONTH_NAMES[day[0] - 1]}", return_type=str),
    WithJsonSchema({"type": "string", "examples": ["1 April"]}),
]


class ClaimTiming(Cited):
    """How often claims are made, and how long after a period's last day its claim is made."""

    every: Every | Literal["listed"]
    made: MadePhrase
    listed: dict[str, TermPhrase] = Field(default_factory=dict)


class EvidenceDeadline(Cited):
    """How soon after the day it speaks of evidence must be recorded, and what later evidence earns.

    `next claim`: it counts at the first claim date by which it is recorded. `nothing`: it does not
    count.
    """

    within: SpanPhrase
    late: Literal["next claim", "nothing"]
    late_pays: SharePhrase | None = Field(
        default=None, description="the share of the price that late evidence earns, such as 50%"
    )

    @property
    def tells_late(self) -> bool:
        """Whether what is recorded late earns anything else than what is recorded in time."""
        return self.late == "nothing" or self.late_pays is not None


class PaymentTerms(Cited):
    """How long after the claim date payment is due, and in which nation banks must be open that
    day.
    """

    within: SpanPhrase
    working_days_of: Nation
    if_closed: Literal["next working day", "previous working day"] = "next working day"
    invoiced: Literal["by the provider", "by the funder itself"] | None = None


class Calendar(Term):
    """The dates of a contract. `year_starts` is the first day of a year of the contract."""

    term: TermPhrase
    year_starts: YearStartPhrase = (1, 1)
    claims: ClaimTiming
    evidence: EvidenceDeadline
    payment: PaymentTerms

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods of the term, in order."""
        if self.claims.every == "listed":
            listed = self.claims.listed.items()
            return tuple(Period(first, last, label) for label, (first, last) in listed)
        return periods(*self.term, self.claims.every, self.year_starts)

    def year_of(self, day: date) -> int:
        """The year of the contract that a day falls in, by the calendar year that it starts in."""
        return day.year if (day.month, day.day) >= self.year_starts else day.year - 1

    def claim_date(self, period: Period) -> date:
        """The day on which the claim for a period is made: evidence recorded by then counts.

        A period ends at the end of its last day, so that a month after 30 June is 31 July.
        """
        return self.claims.made.after(period.last + timedelta(days=1)) - timedelta(days=1)
