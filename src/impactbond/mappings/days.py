"""Days as partners write them: in a stated form, as moments in UTC, and as school years. Nothing is
guessed: what is not of the form that is stated is no day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_WEEKDAY = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?"
    "|sat(?:urday)?|sun(?:day)?"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# What stands for what in a form; the longest first, or MM would be found in MMM.
_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
    "MMM": rf"(?P<name>{_MONTH})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DDD": rf"(?P<weekday>{_WEEKDAY})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})(?:st|nd|rd|th)?",
    "hh": r"(?:[01]\d|2[0-3])",
    "mm": r"[0-5]\d",
    "ss": r"[0-5]\d",
}
_PART = re.compile("|".join(_PARTS))
FORMS = "such as DD/MM/YYYY, D MMM YYYY or DDD D MMM, of YYYY YY MMM MM M DDD DD D hh mm ss"
_UTC = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)", re.ASCII
)
_SCHOOL_YEAR = re.compile(r"(?:AY ?)?(\d{4})(?:[/-]?(\d{2}|\d{4}))?", re.ASCII)
_MONTH_AND_DAY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
FIRST_MONTH = 9  # of a school year


@cache
def form(text: str, in_week: bool = False) -> re.Pattern[str]:
    """The pattern of a form such as DD/MM/YYYY, and `in_week` of DDD alone. Raises ValueError for
    one that names no day.
    """
    pattern, names, end = "", [], 0
    for part in _PART.finditer(text):
        pattern += re.escape(text[end : part.start()]) + _PARTS[part[0]]
        names.append(part[0])
        end = part.end()
    pattern += re.escape(text[end:])
    kinds = [name[0] for name in names if name not in ("DDD", "hh", "mm", "ss")]
    is_weekday = in_week and not kinds and "DDD" in names
    if not is_weekday and sorted(kinds) not in (["D", "M"], ["D", "M", "Y"]):
        raise ValueError(f"this names no day: write a form {FORMS}")
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def has_year(text: str) -> bool:
    """Whether days of a form name their year."""
    return "Y" in text


def written(
    text: str, forms: Sequence[str], within: tuple[date, date] | None, in_week: bool = False
) -> date | None:
    """The day that a text stands for in one of some forms; None where it is none of them, or two.

    A day without a year is the only such day `within`; a weekday must be that of its day, and is
    one by itself where `within` is a week.
    """
    found: set[date] = set()
    for one in forms:
        match = form(one, in_week).fullmatch(text)
        if match is not None:
            found |= set(_days(match.groupdict(), within))
    # A day that two forms read as two is nobody's: 03/04 is not guessed.
    return found.pop() if len(found) == 1 else None


def _days(parts: dict[str, str | None], within: tuple[date, date] | None) -> list[date]:
    weekday = (parts.get("weekday") or "")[:3].lower()
    if within and weekday and not parts.get("day"):
        week = [within[0] + timedelta(days=one) for one in range((within[1] - within[0]).days + 1)]
        return [day for day in week if _WEEKDAYS[day.weekday()] == weekday]
    name = parts.get("name")
    month = _MONTHS.index(name[:3].lower()) + 1 if name else int(parts.get("month") or 0)
    year, short = parts.get("year"), parts.get("short")
    if year or short:
        # Two digits are of this century: no child here was registered in the last one.
        years = [int(year or 2000 + int(short or 0))]
    else:
        # All years that the term touches; only one of them has the day within it, or none is taken.
        years = list(range(within[0].year, within[1].year + 1)) if within else []
    days = []
    for each in years:
        try:
            day = date(each, month, int(parts["day"] or 0))
        except ValueError:
            continue
        # A weekday of another day says that one of the two is a slip, or the year another.
        if weekday and _WEEKDAYS[day.weekday()] != weekday:
            continue
        if within is None or within[0] <= day <= within[1]:
            days.append(day)
    return days


def week_of(day: date) -> tuple[date, date]:
    """The Monday and the Sunday of the week of a day."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def local_day(cell: object, zone: str) -> date | None:
    """The day in a zone of a moment in UTC, or with its own distance from UTC."""
    if isinstance(cell, str):
        match = _UTC.fullmatch(cell)
        if match is None:
            return None
        offset = "+00:00" if match[3] == "Z" else match[3]
        try:
            cell = datetime.fromisoformat(f"{match[1]}T{match[2]}{offset}")
        except ValueError:
            return None
    if not isinstance(cell, datetime):
        return None
    # A moment without a zone is in UTC, as the form says; its day in summer can be the next.
    moment = cell if cell.tzinfo else cell.replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(zone)).date()


def month_and_day(text: str) -> tuple[int, int]:
    """A day of every year, written 07-31. Raises ValueError for any other text."""
    match = _MONTH_AND_DAY.fullmatch(text)
    if match is not None:
        month, day = int(match[1]), int(match[2])
        date(2000, month, day)  # raises ValueError where there is no such day
        return month, day
    raise ValueError("this is no day of a year: write month and day, such as 07-31")


def in_school_year(text: str, lone: str, on: str) -> date | None:
    """The day `on` of a school year written 2024/25, 2024/2025 or 202425; a lone 2024 is the year
    that it `starts` or `ends` in, if that is said.
    """
    match = _SCHOOL_YEAR.fullmatch(text)
    if match is None:
        return None
    first = int(match[1])
    if match[2]:
        # 2024/26 is no school year but a slip, or two.
        if int(match[2]) not in (first + 1, (first + 1) % 100):
            return None
    elif lone == "ends":
        first -= 1
    elif lone != "starts":
        return None
    month, day = month_and_day(on)
    try:
        # From September on a day is in the first of the two years, before that in the second.
        return date(first if month >= FIRST_MONTH else first + 1, month, day)
    except ValueError:  # 29 February of a year without one
        return None
