"""How a value is found in a row of a partner's file: in a column, as a share of counts, as a sum,
by a rule over several columns, or as the score of an instrument.

Each kind is one class, which says everything about itself: to add one, write a `MappedValue` and
register it in `VALUES`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from impactbond.evidence.cells import CellColumn, texts
from impactbond.evidence.deliveries import Cells
from impactbond.evidence.refusals import Refusal
from impactbond.mappings.cell_forms import Form, read_as
from impactbond.mappings.codes import Codes, check_codes, code_of, meant
from impactbond.mappings.days import form, month_and_day
from impactbond.mappings.refused_cells import (
    OTHER_BEFORE,
    unknown_code,
)
from impactbond.mappings.tables import SourceTable
from impactbond.questionnaires.instrument import Instrument
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at, unknown
from impactbond.terms.kind import Kind, Kinds
from impactbond.terms.term import Listed, OneOrMany


@dataclass(frozen=True)
class RowContext:
    """What is known of the rows of a table besides their cells: their days, the decimals that a
    value may have, the code lists and instruments of the mapping, and the days within which they
    lie.
    """

    days: Sequence[date | None] = ()
    decimals: int = 0
    lists: dict[str, Codes] = field(default_factory=dict)
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    within: tuple[date, date] | None = None

    def day(self, place: int) -> date | None:
        """The day that a row speaks of, where it is known."""
        return self.days[place] if self.days else None

    def codes(self, given: str | Codes | None) -> Codes:
        """The codes that a value gives, or names; none where it has none."""
        return self.lists.get(given, {}) if isinstance(given, str) else given or {}


class MappedValue(Kind):
    """How a value is found in a row."""

    where: dict[str, OneOrMany[str]] = Field(
        default_factory=dict, description="headings, each with what stands there in rows that count"
    )

    @property
    @abstractmethod
    def headings(self) -> tuple[str, ...]:
        """The headings that it reads."""

    @property
    @abstractmethod
    def column(self) -> str:
        """The heading at which a value that is refused is told."""

    @abstractmethod
    def read(self, table: SourceTable, context: RowContext) -> CellColumn[Any]:
        """The value in every row of a table; None where there is none."""

    @abstractmethod
    def check(self, path: Path, lists: Sequence[str]) -> Diagnostics:
        """What is wrong with it by itself."""

    @property
    def asks(self) -> tuple[str, ...]:
        """The headings of what decides which rows count."""
        return tuple(self.where)

    @property
    def every_heading(self) -> tuple[str, ...]:
        """The headings that it reads or asks."""
        return (*self.headings, *self.asks)

    def counting(self, table: SourceTable, context: RowContext) -> list[bool]:
        """The rows in which the value is looked for."""
        counts = [True] * len(table.rows)
        for heading, words in self.where.items():
            # By the texts and not by their codes: which rows count is written as the file shows it.
            cells = texts(table.cells(heading)).values
            counts = [one and cell in words for one, cell in zip(counts, cells, strict=True)]
        return counts


VALUES: Kinds[MappedValue] = Kinds("value", MappedValue, "write a heading, or one of")
CODES = Field(default=None, description="codes, each with its meaning; or the name of a list")


def check_list(given: str | Codes | None, path: Path, lists: Sequence[str]) -> Diagnostics:
    """Whether codes are in order, or the list that is named is there."""
    if isinstance(given, str) and given not in lists:
        fault = unknown("code_list", given, lists)
        yield fault_at(path, fault.code, f"there is no list of codes '{given}'", hint=fault.hint)
    elif isinstance(given, dict):
        yield from check_codes(given, path)


class ColumnValue(MappedValue):
    """What stands under a heading: by its codes, in a stated form, or as it is."""

    key: ClassVar[str] = "column"

    column_: str = Field(alias="column", min_length=1)
    """The heading."""
    place: int = Field(default=0, ge=0)
    """Which of several columns under the same heading, from 1."""
    codes: str | Codes | None = CODES
    as_: Form | None = Field(default=None, alias="as")
    """What stands in the cells: date, utc time, school year, percent, fraction, reading age,
    number, text."""
    format: OneOrMany[str] = ()
    """The forms of a date."""
    zone: str = "Europe/London"
    """The zone whose day a moment in UTC is."""
    year: Literal["", "starts", "ends"] = ""
    """What a lone year of a school year is."""
    on: str = ""
    """The day of a school year, such as 07-31."""
    blank: str | int | Decimal | None = None
    """What a blank cell stands for; by default nothing."""
    marks_of: Listed[str] = ()
    """The slots whose marks stand in a cell, one after the other."""
    not_before: str = ""
    """The heading of a day before which this one may not come."""

    @property
    def headings(self) -> tuple[str, ...]:
        return (self.column_, *((self.not_before,) if self.not_before else ()))

    @property
    def column(self) -> str:
        return str(self.column_)

    def read(self, table: SourceTable, context: RowContext) -> CellColumn[Any]:
        found = self.of_cells(self.cells(table), context)
        if not self.not_before:
            return found
        other = self.of_cells(table.cells(self.not_before), context)
        for place, (day, before) in enumerate(zip(found.values, other.values, strict=True)):
            if isinstance(day, date) and isinstance(before, date) and day < before:
                found.values[place] = None
                found.refusals[place] = OTHER_BEFORE
        return found

    def cells(self, table: SourceTable) -> Cells:
        """The cells of its column."""
        if not self.place:
            return table.cells(self.column_)
        places = [at for at, name in enumerate(table.headings) if name == self.column_]
        return table.at(places[self.place - 1])

    def of_cells(self, cells: Cells, context: RowContext) -> CellColumn[Any]:
        """The values in some cells."""
        codes = context.codes(self.codes)
        dated = any(one.from_ or one.through for some in codes.values() for one in some)
        read = read_as(self.as_, self.format, self.zone, self.year, self.on, context.within, cells)
        forms = "a value of the form that is stated" if self.as_ else ""
        unlisted = unknown_code(codes, forms)

        def value(cell: object, day: date | None) -> object:
            if codes:
                code = code_of(cell)
                if isinstance(code, Refusal):
                    # What is no code may still be a value of the stated form: numbers beside a few
                    # codes.
                    return code if read is None else read(cell)
                # Codes first: a 9 that stands for nothing known must not be read as nine.
                if code in codes:
                    return meant(codes[code], day)
                if read is None:
                    return unlisted
            return cell if read is None else read(cell)

        blank = None if self.blank == "nothing" else self.blank
        if not codes and read is None and blank is None:
            return CellColumn(list(cells), {})
        # The day is looked at only where a code has days: without it cells that are alike are read
        # once for all days.
        days = context.days if dated and context.days else None
        return each_cell(cells, value, days, blank)

    def check(self, path: Path, lists: Sequence[str]) -> Diagnostics:
        yield from check_list(self.codes, (*path, "codes"), lists)
        yield from self._check_format((*path, "format"))
        if self.as_ == "date" and not self.format:
            problem, hint = "the form of the dates is not said", "Write format: DD/MM/YYYY"
            yield fault_at(path, "no_form", problem, hint=hint)
        if self.format and self.as_ not in (None, "date"):
            problem = f"a format says how a date is written, and this is read as {self.as_}"
            yield fault_at((*path, "format"), "no_date", problem, hint="Write as: date")
        if self.as_ == "utc time":
            yield from _check_zone(self.zone, (*path, "zone"))
        if self.as_ == "school year":
            try:
                month_and_day(self.on)
            except ValueError as error:
                problem, _, hint = str(error).partition(": ")
                hint = hint or "Write month and day, such as 07-31"
                yield fault_at((*path, "on"), "no_day", problem, found=self.on, hint=hint)

    def _check_format(self, path: Path) -> Diagnostics:
        for index, one in enumerate(self.format):
            try:
                form(one)
            except ValueError as error:
                problem, _, hint = str(error).partition(": ")
                place = (*path, index) if len(self.format) > 1 else path
                yield fault_at(place, "no_form", problem, found=one, hint=hint)


def _check_zone(zone: str, path: Path) -> Diagnostics:
    try:
        ZoneInfo(zone)
    except Exception:  # unknown, no name of a file, or a machine without the list of zones
        problem, hint = "this zone is not known here", "Write it as Europe/London is written"
        yield fault_at(path, "unknown_zone", problem, found=zone, hint=hint)


def each_cell(
    cells: Sequence[object],
    value: Callable[[object, date | None], object],
    days: Sequence[date | None] | None = None,
    blank: object = None,
) -> CellColumn[Any]:
    """Every cell by a function that gives its value or a Refusal; cells that are alike, on one day
    where days matter, are read once.
    """
    known: dict[object, object] = {}
    values: list[object] = []
    refusals: dict[int, Refusal] = {}
    for place, cell in enumerate(cells):
        if cell is None:
            values.append(blank)
            continue
        day = days[place] if days else None
        # With its type, or TRUE would be taken for 1, and the one read first for both.
        key = (type(cell), cell, day)
        if key not in known:
            known[key] = value(cell, day)
        found = known[key]
        if isinstance(found, Refusal):
            refusals[place] = found
            found = None
        values.append(found)
    return CellColumn(values, refusals)


def by_rows(
    count: int,
    columns: Mapping[str, CellColumn[Any]],
    value: Callable[[tuple[object, ...]], object],
) -> CellColumn[Any]:
    """Every row of some columns, by their headings, by a function that gives a value or a
    Refusal; the first cell that is refused is the row's refusal.
    """
    values: list[object] = [None] * count
    refusals: dict[int, Refusal] = {}
    told_at: dict[int, str] = {}
    for heading, column in columns.items():
        for place, refusal in column.refusals.items():
            # The first column that is wrong is told: the others may be wrong because of it.
            refusals.setdefault(place, refusal)
            told_at.setdefault(place, heading)
    for place, row in enumerate(zip(*(one.values for one in columns.values()), strict=True)):
        if place in refusals:
            continue
        found = value(row)
        if isinstance(found, Refusal):
            refusals[place] = found
        else:
            values[place] = found
    return CellColumn(values, refusals, told_at)
