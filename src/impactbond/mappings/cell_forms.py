"""What stands in a cell, in a stated form: days, percentages, fractions, reading ages, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Literal

from impactbond.evidence.cells import Percent, why_broken
from impactbond.evidence.refusals import Refusal, not_listed
from impactbond.mappings.days import in_school_year, local_day, written
from impactbond.mappings.refused_cells import (
    DAY_AS_NUMBER,
    MIXED_PERCENTAGES,
    NOT_A_FRACTION,
    NOT_A_MOMENT,
    NOT_A_PERCENTAGE,
    NOT_A_READING_AGE,
    NOT_A_SCHOOL_YEAR,
    not_written,
)
from impactbond.texts import one_spelling

Form = Literal[
    "date", "utc time", "school year", "percent", "fraction", "reading age", "number", "text"
]
Read = Callable[[object], object]
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%?", re.ASCII)
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_READING_AGE = re.compile(
    r"(?P<years>\d{1,2}) ?(?::|y(?:ears?|rs?)?,? ?)(?P<months>\d{1,2}) ?(?:m(?:onths?|ths?)?)?",
    re.IGNORECASE | re.ASCII,
)
# As a text too: whoever copies dates without their format has these, and 43,101 is no score.
_DAY_NUMBER = re.compile(r"[234]\d{4}(?:\.\d+)?", re.ASCII)  # from 1954 to 2036
_NOT_A_NUMBER = not_listed("text_in_number", "a plain number", ("digits, such as 17 or 91.5",))
_NOT_A_TEXT = Refusal("not_text", "this cell holds no text", "text", "Format the column as text.")


def read_as(
    kind: Form | None,
    forms: Sequence[str],
    zone: str,
    lone_year: str,
    on: str,
    within: tuple[date, date] | None,
    cells: Sequence[object],
) -> Read | None:
    """How a cell is read that is of a kind; None where it stays as it is.

    Of a column that holds both percentages and other numbers, with nothing said, every cell is
    refused: 1 may be one per cent, or a hundred.
    """
    # One way out for each form: split up, no single place would list them.
    match kind:
        case None:
            kinds = set(map(type, cells))
            return _mixed if Percent in kinds and kinds & {int, float, Decimal} else None
        case "date":
            refusal = not_written(forms)
            return lambda cell: _day(cell, forms, within, refusal)
        case "utc time":
            return lambda cell: _broken(cell) or local_day(cell, zone) or NOT_A_MOMENT
        case "school year":
            return lambda cell: _school_year(cell, lone_year, on)
        case "percent":
            return _percent
        case "fraction":
            return _fraction
        case "reading age":
            return _reading_age
        case "number":
            return read_number
        case "text":
            return lambda cell: _broken(cell) or (cell if isinstance(cell, str) else _NOT_A_TEXT)


def _is_number(cell: object) -> bool:
    return isinstance(cell, Percent | int | float | Decimal) and not isinstance(cell, bool)


def _mixed(cell: object) -> object:
    return MIXED_PERCENTAGES if _is_number(cell) else cell


def _broken(cell: object) -> Refusal | None:
    return None if isinstance(cell, Percent) else why_broken(cell)


def _day(
    cell: object, forms: Sequence[str], within: tuple[date, date] | None, refusal: Refusal
) -> object:
    # Of a moment with a zone nobody said whose day is meant.
    if isinstance(cell, datetime):
        return cell.date() if cell.tzinfo is None else NOT_A_MOMENT
    if isinstance(cell, date):
        return cell
    is_number = _is_number(cell)
    if isinstance(cell, str) and not cell.startswith("="):
        is_number = bool(_DAY_NUMBER.fullmatch(cell))
        # A text that is two days by two of the forms is none: see `written`.
        if found := _broken(cell) or written(cell, forms, within):
            return found
    return _broken(cell) or (DAY_AS_NUMBER if is_number else refusal)


def _school_year(cell: object, lone: str, on: str) -> object:
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return _broken(cell) or in_school_year(text, lone, on) or NOT_A_SCHOOL_YEAR


def _percent(cell: object) -> object:
    if isinstance(cell, Percent):
        return cell.shown
    if isinstance(cell, str) and (match := _PERCENT.fullmatch(cell)):
        return Decimal(match[1])
    if _is_number(cell):
        # By its shortest text: 0.07 of a float is not seven hundredths.
        number = Decimal(str(cell))
        return number if number.is_finite() else NOT_A_PERCENTAGE
    return _broken(cell) or NOT_A_PERCENTAGE


def _fraction(cell: object) -> object:
    if isinstance(cell, Percent):
        return cell.shown
    text = str(cell) if _is_number(cell) else cell
    if isinstance(text, str) and _PLAIN.fullmatch(text):
        number = Decimal(text)
        # Beyond one it is a percentage in a column of fractions: a hundred times too much, and
        # nobody would see it.
        return number * 100 if 0 <= number <= 1 else NOT_A_FRACTION
    return _broken(cell) or NOT_A_FRACTION


def _reading_age(cell: object) -> object:
    """Months. Excel makes a time of 7:10, which then is so many hours and minutes."""
    if isinstance(cell, timedelta):
        # Seven years and ten months, typed as 7:10, come as seven hours and ten minutes.
        minutes, rest = divmod(round(cell.total_seconds()), 60)
        return (
            minutes // 60 * 12 + minutes % 60
            if not rest and minutes % 60 < 12
            else (NOT_A_READING_AGE)
        )
    if isinstance(cell, time):
        return cell.hour * 12 + cell.minute if cell.minute < 12 else NOT_A_READING_AGE
    if isinstance(cell, str) and (match := _READING_AGE.fullmatch(cell)):
        # Twelve months are a year: such a text is another notation, perhaps of decimals.
        months = int(match["months"])
        return int(match["years"]) * 12 + months if months < 12 else NOT_A_READING_AGE
    return _broken(cell) or NOT_A_READING_AGE


def read_number(cell: object) -> object:
    """A plain number; a Refusal for anything else."""
    if isinstance(cell, str) and _PLAIN.fullmatch(cell):
        return Decimal(cell)
    if isinstance(cell, float) and not isfinite(cell):
        return _NOT_A_NUMBER
    if _is_number(cell) and not isinstance(cell, Percent):
        return cell
    return why_broken(cell) or _NOT_A_NUMBER


def day_in(
    cell: object, after: str, forms: Sequence[str], within: tuple[date, date] | None
) -> date | tuple[Refusal]:
    """The day in a cell above a table, after some words; a Refusal where there is none."""
    refusal = not_written(forms)
    if isinstance(cell, str):
        text = one_spelling(cell)
        # Where other words stand the sheet is another one than the mapping was written for.
        if not text.casefold().startswith(one_spelling(after).casefold()):
            return (refusal,)
        cell = text[len(one_spelling(after)) :].strip()
    found = _day(cell, forms, within, refusal)
    return found if isinstance(found, date) else (refusal,)
