"""When: the term, its periods, the claim dates, how late evidence may come, and when payment is
due.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema

from impactbond.dates import (
    MONTH_NAMES,
    NATIONS,
    Every,
    Period,
    Span,
    WeekDay,
    assert_place,
    bank_holidays,
    periods,
    working_day,
)
from impactbond.money import show_share
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.phrases import SharePhrase, SpanPhrase, TermPhrase, parse_span
from impactbond.terms.term import Cited, Day, Some, Term, phrase


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


def _parse_place(text: str) -> str:
    place = " ".join(text.split())
    assert_place(place)
    return place


PlacePhrase = Annotated[
    str,
    phrase(_parse_place),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^\s*({'|'.join(NATIONS)}|[A-Z]{{2}}(-.+)?)\s*$".replace(" ", r"\s+"),
            "examples": [*NATIONS, "ZA", "US-CO"],
        }
    ),
]


class ClaimTiming(Cited):
    """How often claims are made, and how long after a period's last day its claim is made."""

    every: Every | Literal["listed"]
    """How often claims are made; listed where the periods have days of their own."""
    made: MadePhrase
    """When a period's claim is made, such as 1 month after the period."""
    listed: dict[str, TermPhrase] = Field(default_factory=dict)
    """The periods by name, each from a day through a day, where they are listed."""


class EvidenceDeadline(Cited):
    """How soon after the day it speaks of evidence must be recorded, and what later evidence earns.

    `next claim`: it counts at the first claim date by which it is recorded. `nothing`: it does not
    count.
    """

    within: SpanPhrase
    """How long after its day evidence may be recorded, such as 90 days."""
    late: Literal["next claim", "nothing"]
    """What later evidence earns: the next claim pays it, or nothing does."""
    late_pays: SharePhrase | None = Field(
        default=None, description="the share of the price that late evidence earns, such as 50%"
    )

    @property
    def earns_nothing(self) -> bool:
        """Whether what is recorded late earns nothing."""
        return self.late == "nothing"

    @property
    def tells_late(self) -> bool:
        """Whether what is recorded late earns anything else than what is recorded in time."""
        return self.earns_nothing or self.late_pays is not None

    def errors(self, path: Path) -> Diagnostics:
        """Late evidence earns a share of the price, or nothing, and not both."""
        if self.late_pays is not None and self.earns_nothing:
            problem = "late evidence earns nothing, and a share of the price"
            hint = "Write late: next claim beside late_pays, or take late_pays out"
            rests = ((*path, "late"),)
            yield fault_at(
                (*path, "late_pays"), "late_pays_nothing", problem, hint=hint, rests=rests
            )

    def says_late(self) -> str:
        """What evidence earns that is recorded after its deadline."""
        if self.late_pays is not None:
            earns = f"earns {show_share(self.late_pays)} of the price"
            if self.earns_nothing:
                return f"later evidence {earns}, and otherwise nothing"
            return f"later evidence {earns}, at the first claim date by which it is recorded"
        if self.earns_nothing:
            return "later evidence earns nothing"
        return "later evidence counts at the first claim date by which it is recorded"


class PaymentTerms(Cited):
    """How long after the claim date payment is due, and on which days banks must be open: those of
    a place, or the days that are no bank holidays of a list.
    """

    within: SpanPhrase
    """How long after the claim date payment is due, such as 30 days."""
    working_days_of: PlacePhrase | None = Field(
        default=None,
        description="whose bank holidays are no working days: a nation of the UK, or a country or "
        "region by its code of ISO 3166, such as ZA or US-CO",
    )
    bank_holidays: Literal["none"] | Some[Day] | None = Field(
        default=None, description="the bank holidays themselves, in place of a place's; or none"
    )
    weekend: Some[WeekDay] = Field(
        default=("Saturday", "Sunday"), max_length=3, description="what is no working day of a week"
    )
    if_closed: Literal["next working day", "previous working day"] = "next working day"
    """Where a due day moves on which banks are closed."""
    invoiced: Literal["by the provider", "by the funder itself"] | None = None
    """Who writes the invoice."""

    def closed(self, first_year: int, last_year: int) -> tuple[date, ...]:
        """The bank holidays of those years, sorted."""
        if self.working_days_of is not None:
            return bank_holidays(self.working_days_of, first_year, last_year)
        return tuple(sorted(self.bank_holidays)) if isinstance(self.bank_holidays, tuple) else ()

    def open_day(self, day: date, closed: Iterable[date]) -> date:
        """A day itself where banks are open, otherwise the working day that payment moves to."""
        return working_day(day, closed, self.if_closed, self.weekend)

    def errors(self, path: Path) -> Diagnostics:
        """Bank holidays are those of a place, or listed, and never both nor neither."""
        if (self.working_days_of is None) == (self.bank_holidays is None):
            problem = "nothing says on which days banks are closed"
            if self.bank_holidays is not None:
                problem = "bank holidays are those of a place, and are listed as well"
            hint = "Write working_days_of: and a place, or bank_holidays: and the days, or none"
            rests = ((*path, "working_days_of"), (*path, "bank_holidays"))
            yield fault_at(path, "whose_bank_holidays", problem, hint=hint, rests=rests)


class Calendar(Term):
    """The dates of a contract. `year_starts` is the first day of a year of the contract."""

    term: TermPhrase
    """The first and last day, such as 2017-01-01 through 2018-12-31."""
    year_starts: YearStartPhrase = (1, 1)
    """The first day of a year of the contract, such as 1 April."""
    claims: ClaimTiming
    """How often claims are made, and when."""
    evidence: EvidenceDeadline
    """How soon evidence must be recorded."""
    payment: PaymentTerms
    """When payment is due."""

    @property
    def closes_on(self) -> date:
        """The day after which nothing is known yet; there is one only where a year is closed."""
        return date.max

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods of the term, in order."""
        if self.claims.every == "listed":
            listed = self.claims.listed.items()
            return tuple(Period(first, last, label) for label, (first, last) in listed)
        return periods(*self.term, self.claims.every, self.year_starts)

    @cached_property
    def claim_dates(self) -> tuple[date, ...]:
        """The day on which the claim for each period is made."""
        return tuple(map(self.claim_date, self.periods))

    def year_of(self, day: date) -> int:
        """The year of the contract that a day falls in, by the calendar year that it starts in."""
        return day.year if (day.month, day.day) >= self.year_starts else day.year - 1

    @property
    def payment_years(self) -> tuple[int, int]:
        """The years in which a payment can fall due, and the one after them, into which one can
        move.
        """
        latest = self.payment.within.after(self.claims.made.after(self.term[1]))
        return self.term[0].year, latest.year + 1

    def claim_date(self, period: Period) -> date:
        """The day on which the claim for a period is made: evidence recorded by then counts.

        A period ends at the end of its last day, so that a month after 30 June is 31 July.
        """
        return self.claims.made.after(period.last + timedelta(days=1)) - timedelta(days=1)
