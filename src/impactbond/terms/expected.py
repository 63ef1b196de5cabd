"""What is expected to be paid: worked examples, which travel with the contract and must hold
whenever it is read, and plans, which bind nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from impactbond.dates import Span, Unit
from impactbond.terms.diagnostic import Path
from impactbond.terms.reference import MILESTONE, PAYABLE, NameOf, Naming, Reference
from impactbond.terms.term import Amount, Cited, Day, Money, Some, parse_day

EACH: dict[str, Unit] = {
    "each day from": "day",
    "each week from": "week",
    "each month from": "month",
}
PERSON, CLAIMS, ON = "participant", "claims", "on"
OF_PERSON = ("participant", "start", "left", "from", "recorded")
OF_CLAIMS = ("claims", "times", "on")
OF_ROW = ("on", "slot", "times", "recorded", "source", *EACH)
TOTAL = "total"
_CALENDAR = re.compile(r"(\d{4})(?:-Q([1-4])|-(\d\d))?")
# More than any example needs. Every day of a row is written out, and so is every claim where a
# limit looks at single ones.
MOST_DAYS, MOST_SINGLE, MOST_CLAIMS, _DIGITS = 9_999, 999_999, 999_999_999, 9


def _as_text(value: Any) -> Any:
    """A cell as people would type it into a workbook."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int | Decimal) else value


Cell = Annotated[
    str,
    BeforeValidator(_as_text),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}),
]
# Besides its own keys, a row of a participant or of claims has attributes, one of evidence metrics.
RowKey = Annotated[str, NameOf(("metrics", "attributes"), (*OF_PERSON, *OF_CLAIMS, *OF_ROW))]
Row = Annotated[dict[RowKey, Cell], Field(min_length=1)]


PaidName = Annotated[str, NameOf((*PAYABLE, "funders"), (TOTAL,))]


class Example(Cited, Naming):
    """What is paid for a few rows of evidence.

    A row names a participant, and the rows after it are about that one: `{on: 2017-01-12,
    consent: yes, source: school}`, or `{each week from: 2017-01-16, times: 8, link_worker: yes}`.
    Instead of evidence a row may state claims: `{claims: level_2, times: 33, on: 2014-05-01}` is
    one claim each of 33 participants, never 33 of one. `expect` says for each claim period what is
    paid by milestone, result or fee, by funder, or in total; what it leaves out comes to nothing.
    Without it nothing is expected, and a check of the contract tells what comes.
    """

    name: str = Field(min_length=1)
    """What it shows, in a few words."""
    given: Some[Row]
    """Rows of participants, of their evidence, or of claims: times: 33 is 33 participants."""
    expect: dict[str, dict[PaidName, Money]] = Field(default_factory=dict)
    """For each claim period what is paid, by name of what or who pays, or in total."""

    def named(self, path: Path) -> Iterator[Reference]:
        """The milestones of rows that state claims."""
        for index, row in enumerate(self.given):
            if CLAIMS in row:
                yield Reference((*path, "given", index, CLAIMS), row[CLAIMS], MILESTONE)


def days_of(row: dict[str, str]) -> Iterator[date]:
    """The days of a row of evidence or claims. Raises ValueError for what is no day or number."""
    for key, unit in EACH.items():
        if key in row:
            first = _day(row[key])
            for number in range(times_of(row)):
                yield Span(number, unit).after(first)
            return
    yield _day(row[ON])


def times_of(row: Mapping[str, str], *, singly: bool = False) -> int:
    """How many days a row of evidence has, or how many participants a row of claims, one claim
    each; `singly` where every claim is looked at. Raises ValueError for what is no such number.
    """
    text = row.get("times", "1")
    most = MOST_DAYS if any(key in row for key in EACH) else MOST_CLAIMS
    most = min(most, MOST_SINGLE) if singly else most
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0
    if not 1 <= number <= most:
        raise ValueError(f"write times as a whole number from 1 to {most:,}")
    return number


def _day(text: str) -> date:
    day = parse_day(text)
    if day is None:
        raise ValueError("write a day such as 2017-01-31")
    return day


class Plan(Cited):
    """A schedule as planned on a day: for each period what is to be paid, by milestone, result or
    fee, by funder, or in total. A later plan does not replace it.

    Its periods are claim periods, or its own: `2017`, `2017-Q1`, `2017-03`, `to 2017-06-30` (from
    the start of the term), `2017-01-16 through 2017-06-30`. An amount may be finer than the
    currency; where the plan says nothing, so much is left out.
    """

    title: str = ""
    """What people call it."""
    made_on: Day
    """The day on which it was made, such as 2016-12-01."""
    payments: dict[str, dict[PaidName, Amount]] = Field(
        min_length=1,
        description="by period (a claim period, or the plan's own: 2017, 2017-Q1, 2017-03,"
        " to 2017-06-30, 2017-01-16 through 2017-06-30), what is to be paid of each name; leave"
        " out what the plan leaves blank",
    )

    @staticmethod
    def days_of(label: str, known: Mapping[str, tuple[date, date]]) -> tuple[date, date]:
        """The first and the last day of one of its periods; `known` are the claim periods, in
        order. Raises ValueError for what is none.
        """
        if label in known:
            return known[label]
        opening = min((first for first, _ in known.values()), default=date.min)
        if label.startswith("to "):
            return opening, _day(label.removeprefix("to "))
        if " through " in label:
            begins, ends = label.split(" through ", 1)
            return _day(begins), _day(ends)
        match = _CALENDAR.fullmatch(label)
        if match is None:
            raise ValueError("no period")
        year, quarter, month = match.groups()
        opens, months = int(month or 1), 1 if month else 12
        if quarter:
            opens, months = int(quarter) * 3 - 2, 3
        first = date(int(year), opens, 1)
        return first, Span(1, "day").before(Span(months, "month").after(first))
