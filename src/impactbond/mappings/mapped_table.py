"""One table of a mapping: which files and sheets, where it stands in them, what its columns hold.
Only the columns that it names are read.

And the kinds of values that a mapping may write, registered in the order in which they are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fnmatch import translate
from functools import cached_property
from re import IGNORECASE, Pattern
from re import compile as compiled
from typing import Annotated, Literal

from pydantic import Field

from impactbond.mappings.codes import Codes
from impactbond.mappings.instruments import InstrumentScore
from impactbond.mappings.several_columns import EveryColumn, ShareOfCounts, SumOfColumns
from impactbond.mappings.values import VALUES, ColumnValue, MappedValue
from impactbond.terms.kind import OfKind
from impactbond.terms.sheets import (
    OBSERVATION_COLUMNS,
    PARTICIPANT_COLUMNS,
    REQUIRED_OBSERVATION_COLUMNS,
    REQUIRED_PARTICIPANT_COLUMNS,
)
from impactbond.terms.term import Cited, Day, Listed, OneOrMany, Term
from impactbond.texts import one_spelling

VALUES.register(ColumnValue)
VALUES.register(ShareOfCounts)
VALUES.register(SumOfColumns)
VALUES.register(EveryColumn)
VALUES.register(InstrumentScore)
AnyValue = Annotated[str | MappedValue, OfKind(VALUES, named=True)]


WEEK = "the week"


def pattern_of(text: str) -> Pattern[str]:
    """The pattern of names in which * is anything and ? one letter, whatever their capitals."""
    return compiled(translate(text), IGNORECASE)


class CellAbove(Term):
    """A day that stands once, above the table: in a title such as `Printed 30/09/2024`."""

    cell: str = Field(pattern=r"^[A-Z]{1,3}[1-9][0-9]{0,3}$", examples=["A2"])
    """The cell, such as A2."""
    after: str = ""
    """The words before it in the cell."""
    format: OneOrMany[str] = Field(min_length=1)
    """The forms of the day."""


class AcrossColumns(Term):
    """A register with a column for each day: every cell below such a heading is a mark."""

    metric: str
    """The metric that the marks are of."""
    format: OneOrMany[str] = Field(min_length=1)
    """The forms in which days stand in the headings; real dates are always taken."""
    blank: str
    """What a blank cell stands for: a mark, or nothing."""
    slots: dict[str, str] = Field(
        default_factory=dict,
        description="words at the end of a heading, each with its slot; or nothing, where the "
        "metric has none",
    )
    marks_of: Listed[str] = ()
    """The slots whose marks stand in one cell, one after the other."""
    week_of: CellAbove | None = None
    """The cell above the table with a day of the week whose weekdays the headings are."""
    codes: str | Codes | None = Field(
        default=None, description="codes, each with its meaning; or the name of a list"
    )


class ListsInCells(Term):
    """A register with a row for each session, and who was there in one cell."""

    metric: str
    """The metric that the marks are of."""
    columns: dict[str, str] = Field(
        min_length=1, description="headings of lists, each with the mark of whoever stands in it"
    )
    separated_by: OneOrMany[str] = (";", ",")
    """What stands between two participants."""


class MappedTable(Cited):
    """One table of a partner's files: which files and sheets, where it stands in them, and what its
    columns hold.
    """

    files: OneOrMany[str] = Field(min_length=1)
    """The names of the files; * is anything, and ? one letter."""
    sheet: str = ""
    """The name of the sheets, as a pattern; by default the only sheet that holds anything."""
    rows_at: str = ""
    """Of an XML file: the path of the elements that are rows, below the outermost."""
    optional: bool = False
    """Whether a delivery may be without such a file, or a file without such a sheet."""
    encoding: Literal["utf-8", "windows-1252", "utf-16"] = "utf-8"
    """How a text file is encoded."""
    separator: Literal[",", ";", "tab", "|"] = ","
    """What separates the cells of a text file."""
    headings_on: Listed[int] = ()
    """The row of the headings, or the two rows; by default the first that is not blank."""
    until: OneOrMany[str] = ()
    """Words with which the first row below the table begins, such as Total."""
    leave_out: dict[str, OneOrMany[str]] = Field(
        default_factory=dict,
        description="headings, each with what stands there in rows to leave out",
    )
    never: OneOrMany[str] = ()
    """Headings, as patterns, that are not read and are known not to be."""
    identifiers: OneOrMany[str] = ()
    """Headings that may hold pupil numbers or the like all the same."""
    holds: Literal["participants", "observations"] = "observations"
    """Which of the two evidence tables it holds rows of."""
    within: Listed[Day] = ()
    """The first and the last day of which it may speak."""
    constant: dict[str, str | Day] = Field(
        default_factory=dict, description="columns, each with what holds for every row"
    )
    given: OneOrMany[str] = ()
    """Columns that hold for every row and are said with the delivery."""
    above: dict[str, CellAbove] = Field(
        default_factory=dict, description="columns, each with the cell above the table it stands in"
    )
    columns: dict[str, AnyValue] = Field(
        default_factory=dict, description="columns of the evidence, each with its heading"
    )
    metrics: dict[str, AnyValue] = Field(
        default_factory=dict, description="metrics, each with its heading, or a value"
    )
    across: AcrossColumns | None = None
    """A column for each day."""
    lists: ListsInCells | None = None
    """A list of participants in a cell."""
    colours: Literal["refused", "ignored"] = "refused"
    """What a blank cell is whose colour tells it from others."""
    merged: Literal["refused", "each"] = "refused"
    """What a cell is that a merged cell covers: refused, or each holds what all show."""
    choose: Literal["all", "latest", "first"] = "all"
    """Which of several results of a participant counts, by the day observed."""
    again: Literal["refused", "corrects"] = "refused"
    """What a row is that says otherwise of a participant, metric, day and slot, and was recorded
    later: refused, or a correction of the earlier."""

    @cached_property
    def file_patterns(self) -> tuple[Pattern[str], ...]:
        """The patterns of the names of its files."""
        return tuple(map(pattern_of, self.files))

    def takes(self, name: str) -> bool:
        """Whether it reads a file of that name."""
        return any(one.match(name) for one in self.file_patterns)

    def is_never(self, heading: str) -> bool:
        """Whether a heading is one of those that are not read."""
        return any(pattern_of(one).match(heading) for one in self.never)

    @property
    def span(self) -> tuple[date, date] | None:
        """The days of which it may speak."""
        return (self.within[0], self.within[1]) if len(self.within) == 2 else None

    @property
    def cells_above(self) -> dict[str, CellAbove]:
        """The cells above it, by the column that they fill; under WEEK that of the week."""
        week = self.across.week_of if self.across else None
        return {**self.above, **({WEEK: week} if week else {})}

    @property
    def of_columns(self) -> dict[str, MappedValue]:
        """Each column with its value."""
        return {name: as_value(value) for name, value in self.columns.items()}

    @property
    def of_metrics(self) -> dict[str, MappedValue]:
        """Each metric with its value."""
        return {name: as_value(value) for name, value in self.metrics.items()}

    @property
    def delivers(self) -> tuple[str, ...]:
        """The metrics that it holds observations of."""
        others = [one.metric for one in (self.across, self.lists) if one is not None]
        return (*self.metrics, *others)

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings that must be there, each once."""
        values = (*self.of_columns.values(), *self.of_metrics.values())
        named = [heading for value in values for heading in value.every_heading]
        named += self.leave_out
        named += self.lists.columns if self.lists else ()
        return tuple(dict.fromkeys(map(one_spelling, named)))

    @property
    def optional_headings(self) -> set[str]:
        """The headings of columns that may be blank in every row."""
        needed = {*REQUIRED_PARTICIPANT_COLUMNS, *REQUIRED_OBSERVATION_COLUMNS}
        known = {*PARTICIPANT_COLUMNS, *OBSERVATION_COLUMNS} - needed
        columns = self.of_columns.items()
        return {one_spelling(value.column) for name, value in columns if name in known}

    def named_columns(self) -> Iterator[tuple[str, str]]:
        """Every column of the evidence that it fills, with the key under which it does."""
        for key in ("columns", "constant", "above"):
            yield from ((name, key) for name in getattr(self, key))
        yield from ((name, "given") for name in self.given)


def as_value(value: str | MappedValue) -> MappedValue:
    """A value; a heading alone is what stands under it."""
    return ColumnValue(column=value) if isinstance(value, str) else value
