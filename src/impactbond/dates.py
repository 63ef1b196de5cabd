"""Days, spans of the calendar, periods and working days. No clock: every date is an argument.

Inside evaluation a date is a *day number*, days since 1970-01-01, because engines disagree about
dates but not about integers. Calendar arithmetic happens here, in Python, once per distinct date.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

from dateutil.relativedelta import relativedelta

from impactbond.errors import Fault, ImpactBondError, libraries_unheard

if TYPE_CHECKING:
    from holidays import HolidayBase

EPOCH = date(1970, 1, 1)
ONE_DAY = timedelta(days=1)
# 2149-06-06: a day number fits 16 bits, so that facts can be packed into one integer.
LAST_DAY_NUMBER = 2**16 - 1

Every = Literal["month", "quarter", "year"]
Unit = Literal["day", "week", "month", "year"]
WeekDay = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEK_DAYS: tuple[WeekDay, ...] = get_args(WeekDay)
# There is no calendar of "the UK".
NATIONS = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT", "Northern Ireland": "NIR"}
# Where a region's own days take the place of the country's, on which its banks close all the same:
# Colorado has no Columbus Day.
_COUNTRY_TOO = frozenset({"US"})
# A bank that closes early is open.
_PART_OF_A_DAY = re.compile(r"\((from|until|afternoon|morning)\b")
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
        return _moved(day, self.count, self.unit)

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
        return _moved(day, -self.count, self.unit)

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


# The windows of every contract ask for the same few thousand days again and again.
@lru_cache(maxsize=1 << 14)
def _moved(day: date, count: int, unit: Unit) -> date:
    if unit in MONTHS:
        return day + relativedelta(months=count * MONTHS[unit])
    return day + timedelta(days=count * (7 if unit == "week" else 1))


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
        found.append(Period(max(opening, first), min(following - ONE_DAY, last), label))
        opening = following
    return tuple(found)


def assert_place(place: str) -> None:
    """Nothing where the bank holidays of a nation, country or region are known, or ValueError."""
    if place in NATIONS:
        return
    country, _, region = place.partition("-")
    if country in ("GB", "UK"):
        raise ValueError(f"the nations of the UK differ: write {', '.join(NATIONS)}")
    regions = _regions_of(country)
    if regions is None:
        raise ValueError(
            "a place whose bank holidays are not known: write England, Wales, Scotland, Northern"
            " Ireland, or a country or region by its code of ISO 3166, such as ZA or US-CO; or"
            " list the days under bank_holidays"
        )
    if region and region not in regions:
        known = f"write one of {', '.join(regions)} after {country}-" if regions else "it has none"
        raise ValueError(f"a region of {country} whose bank holidays are not known: {known}")


def said_place(place: str) -> str:
    """A place as people name it: `South Africa (ZA)`, `Colorado, United States (US-CO)`."""
    if place in NATIONS:
        return place
    from holidays import country_holidays
    from holidays.registry import COUNTRIES

    country, _, region = place.partition("-")
    names = {codes[1]: key.replace("_", " ").title() for key, codes in COUNTRIES.items()}
    if country not in names:
        return place
    aliases = country_holidays(country).get_subdivision_aliases().get(region) if region else None
    return f"{aliases[0]}, {names[country]} ({place})" if aliases else f"{names[country]} ({place})"


def has_regions(place: str) -> bool:
    """Whether a place is a country whose regions have days of their own."""
    return bool(_regions_of(place))


def _regions_of(country: str) -> tuple[str, ...] | None:
    """The regions of a country by their codes; None where its bank holidays are not known. The
    library's own list of all countries loads every one of them.
    """
    from holidays import country_holidays
    from holidays.registry import COUNTRIES

    if country not in {codes[1] for codes in COUNTRIES.values()}:
        return None
    return tuple(country_holidays(country).subdivisions)


@lru_cache(maxsize=32)
def bank_holidays(place: str, first_year: int, last_year: int) -> tuple[date, ...]:
    """The bank holidays of one nation, country or region in those years, sorted."""
    with libraries_unheard():  # told by `known_years`
        calendars = list(_calendars(place, range(first_year, last_year + 1)))
        for calendar in calendars:
            for day in [day for day, name in calendar.items() if _PART_OF_A_DAY.search(name)]:
                calendar.pop(day)
    return tuple(sorted(set().union(*calendars)))


def weekend_of(place: str) -> tuple[WeekDay, ...]:
    """The days of the week on which a place does not work."""
    return tuple(WEEK_DAYS[day] for day in sorted(next(_calendars(place, ())).weekend))


@lru_cache(maxsize=32)
def known_years(
    place: str, first_year: int, last_year: int
) -> tuple[dict[int, str], dict[int, str]]:
    """Of those years, the ones whose days are not known at all, and those of which some may be
    missing, each with what the library that keeps them says.
    """
    missing, partly = {}, {}
    for year in range(first_year, last_year + 1):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            calendar = next(_calendars(place, (year,)))
        first, last = calendar.start_year, calendar.end_year
        if not first <= year <= last:
            missing[year] = f"known from {first} through {last}"
        elif told:
            partly[year] = str(told[0].message).rstrip(".")
    return missing, partly


def _calendars(place: str, years: Iterable[int]) -> Iterator[HolidayBase]:
    """The calendars whose days are bank holidays of a place: that of the place itself first."""
    from holidays import country_holidays

    country, _, region = (
        place.partition("-") if place not in NATIONS else ("GB", "", NATIONS[place])
    )
    asked = country_holidays(country)
    categories = [name for name in ("public", "bank") if name in asked.supported_categories]
    said = "en_US" if "en_US" in asked.supported_languages else None
    regions = [region or None, None] if region and country in _COUNTRY_TOO else [region or None]
    for subdiv in regions:
        yield country_holidays(
            country, subdiv=subdiv, years=years, categories=categories, language=said
        )


def working_day(
    day: date,
    closed: Iterable[date],
    rule: Literal["next working day", "previous working day"],
    weekend: Iterable[WeekDay] = ("Saturday", "Sunday"),
) -> date:
    """`day` itself when banks are open, otherwise the next or previous working day."""
    shut, free = frozenset(closed), frozenset(map(WEEK_DAYS.index, weekend))
    step = timedelta(days=1 if rule == "next working day" else -1)
    while day.weekday() in free or day in shut:
        day += step
    return day
