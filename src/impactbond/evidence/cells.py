"""What is in a column of cells: texts, dates, numbers, answers and marks. Nothing is guessed.

Each function takes the cells of one column and gives their values, None where a cell is blank or
refused, with the refusals by the cell's place in the column. A refusal is a stable code and words
that never hold what was in the cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Generic, TypeVar

from impactbond.evidence.coded_cells import CodedCells, CodedColumn
from impactbond.evidence.refusals import (
    COUNT_TOO_LARGE,
    DATE_OUTSIDE,
    ERROR_VALUE,
    FIRST_DAY,
    FORMULA_TEXT,
    LAST_DAY,
    MAY_BE_THOUSANDS,
    MERGED,
    MOST_COUNTED,
    NEGATIVE_COUNT,
    NOT_A_COUNT,
    NOT_A_DATE,
    NOT_CALCULATED,
    NOT_TEXT,
    ONLY_COLOURED,
    PART_OF_A_COUNT,
    SHOWN_AS_PERCENT,
    SHOWS_OTHER,
    TIME_WITH_ZONE,
    Refusal,
    not_listed,
    outside,
)
from impactbond.money import thousands_in
from impactbond.terms.metrics import Chosen, Metric, Numbered
from impactbond.terms.metrics.metric import LARGEST
from impactbond.terms.metrics.numbers import Percentage

T = TypeVar("T")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
ERRORS = frozenset(
    f"#{name}"
    for name in (
        *("N/A", "REF!", "VALUE!", "DIV/0!", "NAME?", "NULL!", "NUM!", "SPILL!", "CALC!", "FIELD!"),
        *("GETTING_DATA", "BLOCKED!", "CONNECT!", "UNKNOWN!", "BUSY!", "PYTHON!", "EXTERNAL!"),
    )
)
# Fifteen digits are what every decimal number keeps through a float and back.
_EXACT = 1e15  # a float below it has no more digits than its shortest text
_ANSWERS = {"yes": 1, "no": 0}
_NO_ANSWER = not_listed("not_yes_or_no", "an answer", ("yes", "no", "TRUE", "FALSE", "1", "0"))


class Broken(Enum):
    """A cell that shows no value though it is not blank, or none that could be told."""

    ERROR = ERROR_VALUE
    NOT_CALCULATED = NOT_CALCULATED
    SHOWS_OTHER = SHOWS_OTHER
    ONLY_COLOURED = ONLY_COLOURED
    MERGED = MERGED


@dataclass(frozen=True, slots=True)
class Percent:
    """A number that a cell shows as a percentage: 92.5 where it shows 92.5% and holds 0.925."""

    shown: Decimal


@dataclass(slots=True, eq=False, repr=False)
class CellColumn(Generic[T]):
    """The values of a column and its refusals, by place; `told_at` is the heading at which one is
    told where it is not the column's own. `cautions` are about all of them.
    """

    values: list[T | None]
    refusals: dict[int, Refusal]
    told_at: dict[int, str] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()


class _CellError(Exception):
    """A cell that cannot be read, with the reason."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def _each(cells: Sequence[object], read: Callable[[object], T]) -> CellColumn[T]:
    """Every cell that is not blank read by itself; cells that are alike are read once."""
    column = read_coded(CodedCells.of(cells), read)
    return CellColumn(column.values, column.refusals)


def read_coded(cells: CodedCells, read: Callable[[object], T]) -> CodedColumn[T]:
    """What is in a coded column, by a reader of one cell: each thing that it holds is read once."""
    held: list[T | None] = [None] * len(cells.held)
    wrong: dict[int, Refusal] = {}
    for code in cells.used.tolist():
        if (cell := cells.held[code]) is None:
            continue
        try:
            held[code] = read(cell)
        except _CellError as error:
            wrong[code] = error.refusal
    return CodedColumn(cells.codes, held, wrong)


def coded_texts(cells: CodedCells) -> CodedColumn[str]:
    """The texts in a coded column."""
    held = list(cells.held[1:])
    # Together they are looked at as quickly as one: nothing that is broken begins otherwise.
    if set(map(type, held)) == {str}:
        every = "\n".join(["", *held])
        if "\n=" not in every and "\n#" not in every:
            return CodedColumn(cells.codes, [None, *held], {})
    return read_coded(cells, read_text)


def texts(cells: Sequence[object]) -> CellColumn[str]:
    """Texts; whole numbers count as their digits."""
    return _each(cells, read_text)


def listed_reader(allowed: tuple[str, ...], *, what: str) -> Callable[[object], str]:
    """A reader of texts that must be among those listed."""
    refusal = not_listed("unknown_value", what, allowed)
    known = frozenset(allowed)

    def read(cell: object) -> str:
        text = read_text(cell)
        if text not in known:
            raise _CellError(refusal)
        return text

    return read


def dates(cells: Sequence[object]) -> CellColumn[date]:
    """Dates, of Excel or typed as 2017-01-31; the time of day is dropped."""
    return _each(cells, read_date)


def value_reader(metric: Metric) -> Callable[[object], int]:
    """A reader of the values of a metric as whole numbers: scaled scores and quantities, answers as
    1 and 0, the places of marks and states.
    """
    match metric:
        case Chosen():
            return _place_reader(metric)
        case Numbered():
            return _number_reader(metric)
        case _:
            return _answer


def values_of(metric: Metric, cells: Sequence[object]) -> CellColumn[int]:
    """The values of a metric, by `value_reader`."""
    return _each(cells, value_reader(metric))


def numbers_counted(cells: Sequence[object]) -> CellColumn[int]:
    """How many there were of something: whole numbers from 0 to MOST_COUNTED."""
    return _each(cells, read_count)


def why_broken(cell: object) -> Refusal | None:
    """Why a cell holds no value: an error, or a formula without its result; None where it may."""
    if isinstance(cell, Broken):
        return cell.value
    if isinstance(cell, Percent):
        return SHOWN_AS_PERCENT
    if isinstance(cell, str):
        if cell.startswith("="):
            return FORMULA_TEXT
        if cell in ERRORS:
            return ERROR_VALUE
    return None


def _refuse_broken(cell: object) -> None:
    refusal = why_broken(cell)
    if refusal is not None:
        raise _CellError(refusal)


def read_text(cell: object) -> str:
    """A text; a whole number counts as its digits."""
    # Nothing that is broken begins otherwise, and there is a text in nearly every cell.
    if type(cell) is str and not cell.startswith(("=", "#")):
        return cell
    _refuse_broken(cell)
    if isinstance(cell, str):
        return cell
    # Spreadsheets hold every number as a fraction: the reference 1024 comes as 1024.0.
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return str(cell)
    raise _CellError(NOT_TEXT)


def read_date(cell: object) -> date:
    """A date, of Excel or typed as 2017-01-31."""
    if type(cell) is date:
        day = cell
    elif isinstance(cell, datetime) and cell.tzinfo is not None:
        raise _CellError(TIME_WITH_ZONE)
    elif isinstance(cell, datetime):
        day = cell.date()
    elif isinstance(cell, str) and _ISO.fullmatch(cell):
        try:
            day = date.fromisoformat(cell)
        except ValueError:
            raise _CellError(NOT_A_DATE) from None
    else:
        _refuse_broken(cell)
        raise _CellError(NOT_A_DATE)
    if FIRST_DAY <= day <= LAST_DAY:
        return day
    raise _CellError(DATE_OUTSIDE)


def read_count(cell: object) -> int:
    """A whole number from 0 to MOST_COUNTED."""
    if isinstance(cell, str) and not _PLAIN.fullmatch(cell):
        _refuse_broken(cell)
        raise _CellError(NOT_A_COUNT)
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal | str):
        _refuse_broken(cell)
        raise _CellError(NOT_A_COUNT)
    number = Decimal(cell)
    # First of all: what is no number is neither less nor more than any, and would pass.
    if not number.is_finite():
        raise _CellError(NOT_A_COUNT)
    if isinstance(cell, str) and thousands_in(number, 0):
        raise _CellError(MAY_BE_THOUSANDS)
    if number < 0:
        raise _CellError(NEGATIVE_COUNT)
    if number > MOST_COUNTED:
        raise _CellError(COUNT_TOO_LARGE)
    if number % 1:
        raise _CellError(PART_OF_A_COUNT)
    return int(number)


def _answer(cell: object) -> int:
    if isinstance(cell, str) and cell.casefold() in _ANSWERS:
        return _ANSWERS[cell.casefold()]
    # TRUE and 1 are one answer; no other number is any.
    if isinstance(cell, bool | int | float | Decimal) and cell in (0, 1):
        return int(cell)
    _refuse_broken(cell)
    raise _CellError(_NO_ANSWER)


def _place_reader(metric: Chosen) -> Callable[[object], int]:
    places = {word: place for place, word in enumerate(metric.choices)}
    what = f"one of the {metric.noun}s of this metric"
    refusal = not_listed(f"unknown_{metric.noun}", what, metric.choices)

    def read(cell: object) -> int:
        _refuse_broken(cell)
        # A mark that is a digit comes out of a spreadsheet as a number; TRUE is no 1 here.
        if isinstance(cell, int | float) and not isinstance(cell, bool) and cell == cell // 1:
            cell = str(int(cell))
        place = places.get(cell) if isinstance(cell, str) else None
        if place is None:
            raise _CellError(refusal)
        return place

    return read


def thousands_pattern(decimals: int) -> str:
    """The texts such as 1.500 that `thousands_in` knows, and that a metric with so many decimals is
    as fine as: where texts are looked at in SQL.
    """
    held = min(decimals, 3)
    return rf"-?0*[1-9][0-9]{{0,2}}\.[0-9]{{{held}}}0{{{3 - held}}}"


def may_have_thousands(metric: Numbered) -> bool:
    """Whether a text such as 1.500 may be one and a half of a metric, and may be 1,500 of it."""
    return metric.decimals != 3 and max(map(abs, metric.bounds)) >= 1_000 * 10**metric.decimals


def _number_reader(metric: Numbered) -> Callable[[object], int]:
    allowed = metric.allowed
    scale: int = 10**metric.decimals
    lowest, highest = metric.bounds
    has_thousands = may_have_thousands(metric)
    not_a_number = Refusal(
        "text_in_number", "this is not a plain number", allowed, "Type digits alone, such as 17."
    )
    finer = "this number is finer than its metric"
    too_fine = Refusal("too_many_decimals", finer, allowed, "Round it in the workbook.")
    large = "this number is too large to work with"
    too_large = Refusal("value_too_large", large, f"below {LARGEST} counted in its last decimal")

    def read(cell: object) -> int:
        if isinstance(cell, Percent) and isinstance(metric, Percentage):
            cell = cell.shown
        # Up to 15 digits, exact: it holds when the float's shortest text has no further decimals. A
        # float beyond may have no product with the scale.
        if type(cell) is float and -_EXACT < cell < _EXACT:
            # Back again to the same float: then no digit beyond the metric's decimals was there.
            scaled = round(cell * scale)
            is_whole = scaled / scale == cell
        elif isinstance(cell, int | float | Decimal | str) and not isinstance(cell, bool):
            scaled, is_whole = exactly(cell)
        else:
            _refuse_broken(cell)
            raise _CellError(not_a_number)
        if not is_whole:
            raise _CellError(too_fine)
        if lowest <= scaled <= highest:
            return scaled
        # Within what the metric may be, and too large to be packed: said so, and not called
        # outside.
        low, high = metric.ends
        raise _CellError(too_large if low * scale <= scaled <= high * scale else outside(metric))

    def exactly(cell: int | float | Decimal | str) -> tuple[int, bool]:
        if isinstance(cell, str) and not _PLAIN.fullmatch(cell):
            _refuse_broken(cell)
            raise _CellError(not_a_number)
        number = Decimal(cell)
        # Before it is made whole: a number of a thousand digits would be worked out for nothing.
        if not number.is_finite() or number.adjusted() > 15:
            raise _CellError(outside(metric))
        scaled = Fraction(number) * scale
        is_whole = scaled.denominator == 1
        is_text = has_thousands and isinstance(cell, str)
        if is_text and is_whole and thousands_in(number, metric.decimals):
            raise _CellError(MAY_BE_THOUSANDS)
        return int(scaled), is_whole

    return read
