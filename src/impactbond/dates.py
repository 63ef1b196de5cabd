"""Days, spans of the calendar, periods and working days. No clock: every date is an argument.

Inside evaluation a date is a *day number*, days since 1970-01-01, because engines disagree about
dates but not about integers. Calendar arithmetic happens here, in Python, once per distinct date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from dateutil.relativedelta import relativedelta

from impactbond.errors import Fault, ImpactBondError

EPOCH = date(1970, 1, 1)
# 2149-06-06: a day number fits 16 bits, so that facts can be packed into one integer.
LAST_DAY_NUMBER = 2**16 - 1

Every = Literal["month", "quarter", "year"]
Unit = Literal["day", "week", "month", "year"]
Nation = Literal["England", "Wales", "Scotland", "Northern Ireland"]
_NATION_CODES = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT", "Northern Ireland": "NIR"}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPAN = re.compile(r"(\d+) (day|week|month|year)s?")


def said_day(day: date) -> str:
    """A day as people write it: 1 November 2016."""
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def between(first: date | None, last: date | None) -> str:
    """From one day through another in words, either of which may be open."""
    opened = f"from {said_day(first)}" if first else ""
    closed = f"through {said_day(last)}" if last else ""
    return f"{opened} {closed}".strip()


def day_given(given: object, name: str, error: type[ImpactBondError]) -> date:
    """The day that somebody gave as the argument `name`: a date, or text such as 2018-01-31.

    Raises `error` for anything else: of a time of day nobody can say whose day it is, and
    31/07/2018 and 07/08/2018 are days of two months somewhere.
    """
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    found = f"a value of type {type(given).__name__}"
    if isinstance(given, str):
        found = f"{given[:40]!a}"
        if _ISO_DAY.fullmatch(given):
            try:
                return date.fromisoformat(given)
            except ValueError:
                found = f"{given}, which no calendar has"
    fault = Fault(
        code="not_a_day",
        problem=f"{name} is not a day",
        found=found,
        allowed="a date without a time, or text as YYYY-MM-DD",
        hint="Write it as 2018-07-31",
    )
    raise error("A day cannot be read.", [fault])


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def from_day_number(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True, slots=True)
class Span:
    """A length of the calendar: so many days, weeks, months or years."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Span:
        """A span from a phrase such as `90 days` or `1 month`.

        Raises ValueError for anything else.
        """
        match = _SPAN.fullmatch(" ".join(text.split()))
        if not match:
            raise ValueError(
                "not a length of time: write for example 90 days, 6 weeks, 3 months or 1 year"
            )
        return cls(int(match[1]), match[2])  # type: ignore[arg-type]

    def after(self, day: date) -> date:
        """The day this long after `day`; the month's last day where the month is shorter."""
        return day + self._delta()

    def times(self, count: int) -> Span:
        """So many of it: from the 31st, two months are two months and not one after another."""
        return Span(self.count * count, self.unit)

    def length_from(self, day: date) -> int:
        """How many days it is, counted from `day`: a month is as long as that day makes it."""
        return (self.after(day) - day).days

    @property
    def days(self) -> int | None:
        """How many days it always has; None of months and years, which have more or fewer."""
        return None if self.unit in MONTHS else self.count * (7 if self.unit == "week" else 1)

    def before(self, day: date) -> date:
        """The day this long before `day`; the month's last day where the month is shorter."""
        return day - self._delta()

    def _delta(self) -> relativedelta:
        if (days := self.days) is not None:
            return relativedelta(days=days)
        return relativedelta(months=self.count * MONTHS[self.unit])

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A stretch of the term for which claims are made; `last` is its last day."""

    first: date
    last: date
    label: str


@lru_cache(maxsize=64)
def periods(
    first: date, last: date, every: Every, year_starts: tuple[int, int] = (1, 1)
) -> tuple[Period, ...]:
    """Calendar months or quarters from `first` to `last`, or years that start on this month and
    day, the outer ones cut to the term. A year in two calendar years is called by both.
    """
    months = MONTHS[every]
    opening = date(first.year, (first.month - 1) // months * months + 1, 1)
    if every == "year":
        opening = date(first.year - ((first.month, first.day) < year_starts), *year_starts)
    found = []
    while opening <= last:
        following = opening + relativedelta(months=months)
        label = {
            "month": f"{opening.year}-{opening.month:02d}",
            "quarter": f"{opening.year}-Q{(opening.month - 1) // 3 + 1}",
            "year": f"{opening.year}" + f"-{opening.year + 1}" * (year_starts != (1, 1)),
        }[every]
        found.append(Period(max(opening, first), min(following - timedelta(days=1), last), label))
        opening = following
    return tuple(found)


@lru_cache(maxsize=32)
def bank_holidays(nation: Nation, first_year: int, last_year: int) -> tuple[date, ...]:
    """The bank holidays of one nation in those years, sorted. There is no calendar of "the UK"."""
    import holidays

    calendar = holidays.country_holidays(
        "GB", subdiv=_NATION_CODES[nation], years=range(first_year, last_year + 1)
    )
    return tuple(sorted(calendar))


def working_day(
    day: date, closed: Iterable[date], rule: Literal["next working day", "previous working day"]
) -> date:
    """`day` itself when banks are open, otherwise the next or previous working day."""
    shut = frozenset(closed)
    step = timedelta(days=1 if rule == "next working day" else -1)
    while day.weekday() >= 5 or day in shut:
        day += step
    return day
