"""The one table of a sheet: its columns, how amounts stand in them, and where their cells are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal

from xlsxwriter.utility import xl_col_to_name

from impactbond.money import Currency
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.text_widths import widest

# Pence stand for the minor units of any currency; an amount is in units, with so many decimals.
Kind = Literal[
    "identifier",
    "text",
    "link",
    "pence",
    "amount 0",
    "amount 2",
    "amount 3",
    "amount 4",
    "count",
    "date",
    "number",
    "percent",
    "flag",
    "ordinal",
]

_AMOUNTS: dict[int, Kind] = {0: "amount 0", 2: "amount 2", 3: "amount 3", 4: "amount 4"}
RIGHT_ALIGNED = ("pence", *_AMOUNTS.values(), "count", "number", "percent")
# The variant of look of a text beside a column that may be full to its right edge.
AFTER = " after"
# What gives the formula of each row; see `Column`.
Formula = str | Callable[["SheetTable", int], str] | None
_CELL = re.compile(r"\[([^\]^@]+)([\^@]?)\]")
_ROWS = {"": 0, "^": 1, "@": 2}


@dataclass(frozen=True, slots=True, repr=False)
class Column:
    """One column: its values as shown and, where they are worked out in the sheet, the formula of
    each row.

    A formula is a pattern in which `[price]` is the cell of that column in the same row, `[price^]`
    the cell above and `[price@]` that of the row in `links`, or a function from the table and the
    row's index to a pattern, which gives "" for a row that holds a plain value. A value of None is
    a blank cell, without a formula.
    """

    key: str
    header: str
    kind: Kind
    width: float
    values: Sequence[Any]
    formula: Formula = None
    links: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class ColumnTotal:
    """A figure shown above a table, in the column `key`, with its label before it."""

    label: str
    key: str
    kind: Kind
    value: Any
    formula: Callable[[SheetTable], str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One row of bars, or one line, of a chart: the cells of its name, of what stands along the
    axis and of the values.
    """

    name: str
    along: str
    values: str
    is_line: bool = False


@dataclass(frozen=True, slots=True)
class SheetChart:
    """A chart below the table of a sheet, over cells of the workbook: with a title, what somebody
    who does not see it is told, and a height in pixels. `lying` bars have their names at the left;
    along `days`, what stands between two of them is as long as the time.
    """

    title: str
    told: str
    currency: Currency
    height: int
    drawn: tuple[Drawn, ...]
    lying: bool = False
    days: bool = False


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The one table of a sheet, and where its cells are; below it, its charts.

    The rows of `strong` are totals. Columns after `last_printed` show the working; they are left
    out of the printed page, which could not be read otherwise.
    """

    sheet: str
    title: str
    holds: str
    intro: tuple[str, ...]
    columns: tuple[Column, ...]
    if_empty: str = ""
    totals: tuple[ColumnTotal, ...] = ()
    frozen: bool = False
    last_printed: str = ""
    strong: frozenset[int] = frozenset()
    charts: tuple[SheetChart, ...] = ()

    @property
    def name(self) -> str:
        """The table's own name, which no formula uses."""
        return self.sheet.lower().replace(" ", "_")

    @property
    def height(self) -> int:
        """How many rows of values there are."""
        return len(self.columns[0].values)

    @property
    def header_row(self) -> int:
        """The header's row, counted from 0: below the title, the sentence on tables, the
        introduction and the totals.
        """
        return 2 + len(self.intro) + len(self.totals)

    @property
    def last_row(self) -> int:
        """The last row, counted from 0; an empty table keeps one blank row."""
        return self.header_row + max(self.height, 1)

    def letter(self, key: str) -> str:
        """The letter of a column."""
        return str(xl_col_to_name(self.position(key)))

    def position(self, key: str) -> int:
        """The position of a column, counted from 0."""
        return [column.key for column in self.columns].index(key)

    def distance(self, position: int) -> str:
        """The variant of look that a column needs beside the one at its left, whose cells may be
        full to their right edge: figures, and texts that are wrapped.
        """
        if not position or self.columns[position].kind in RIGHT_ALIGNED:
            return ""
        return AFTER if self.columns[position - 1].kind in (*RIGHT_ALIGNED, "text") else ""

    def row(self, index: int) -> int:
        """The number, as the sheet shows it, of the row of a value."""
        return self.header_row + 2 + index

    def cell(self, key: str, index: int) -> str:
        """The address of one value, for formulas on other sheets."""
        return f"{self._quoted}!${self.letter(key)}${self.row(index)}"

    def heading(self, key: str) -> str:
        """The address of the header of a column."""
        return f"{self._quoted}!${self.letter(key)}${self.header_row + 1}"

    def span(self, key: str) -> str:
        """The address of all values of a column."""
        letter = self.letter(key)
        return f"{self._quoted}!${letter}${self.header_row + 2}:${letter}${self.last_row + 1}"

    def total(self, key: str) -> str:
        """The address of the last value of a column, where that is the total of the others."""
        return self.cell(key, self.height - 1)

    def formulas_of(self, column: Column, spelt: Callable[[str], str] = str) -> Iterator[str]:
        """The formula of each row of a column as `spelt` spells it; "" where a row has none."""
        formula, links, first = column.formula, column.links, self.row(0)
        if formula is None:  # as most are
            yield from repeat("", self.height)
            return
        patterns = {"": ""}  # few formulas stand in many rows
        for index in range(self.height):
            told = formula(self, index) if callable(formula) else formula
            pattern = patterns.get(told)
            if pattern is None:
                pattern = patterns[told] = spelt(self._pattern(told))
            row = first + index
            yield pattern and pattern.format(row, row - 1, first + links[index] if links else 0)

    def _pattern(self, formula: str) -> str:
        return _CELL.sub(lambda found: f"{self.letter(found[1])}{{{_ROWS[found[2]]}}}", formula)

    @property
    def _quoted(self) -> str:
        return f"'{self.sheet}'" if " " in self.sheet else self.sheet


@dataclass(frozen=True, slots=True)
class AmountCells:
    """How amounts of one currency stand: in pounds, which are read, beside pence, which are worked
    out. Pounds stand for the units of any currency and pence for its minor units; a currency
    without decimals has one column for both.
    """

    currency: Currency

    @property
    def is_doubled(self) -> bool:
        """Whether an amount stands in units and in minor units."""
        return self.currency.in_one > 1

    @property
    def kind(self) -> Kind:
        """The kind of a cell in units."""
        return _AMOUNTS[self.currency.decimals]

    def look(self, name: str) -> str:
        """The look of an amount in units on the cover: `total` or `left`."""
        return f"{name} {self.currency.decimals}"

    def heading(self, text: str) -> str:
        """What an amount in units is headed: `Amount (£)`."""
        return f"{text} ({self.currency.sign.strip()})"

    def heading_in_minor(self, text: str) -> str:
        """What an amount in minor units is headed: `Amount (pence)`."""
        return f"{text} ({self.currency.minor})" if self.is_doubled else self.heading(text)

    def heading_by_code(self, text: str) -> str:
        """What minor units are headed beside those of another currency: `Price (EUR cents)`."""
        if not self.is_doubled:
            return self.heading(text)
        return f"{text} ({self.currency.code} {self.currency.minor})"

    def value(self, pence: int | None) -> float | None:
        """The value of the formula pence/100, as a spreadsheet divides."""
        return pence / self.currency.in_one if pence is not None and self.is_doubled else pence

    def divided(self, formula: str) -> str:
        """The formula of minor units as one of units."""
        return f"{formula}/{self.currency.in_one}" if self.is_doubled else formula

    def shown(self, key: str) -> str:
        """The key of the column in units beside the column of minor units `key`."""
        return f"{key} shown" if self.is_doubled else key

    def in_units(
        self, key: str, text: str, width: float, pence: Sequence[int | None]
    ) -> tuple[Column, ...]:
        """The column in units of the column of minor units `key`; none where both are the same."""
        if not self.is_doubled:
            return ()
        values = [self.value(amount) for amount in pence]
        formula = self.divided(f"[{key}]")
        return (Column(self.shown(key), self.heading(text), self.kind, width, values, formula),)

    def in_minor(
        self,
        key: str,
        text: str,
        width: float,
        pence: Sequence[int | None],
        formula: Formula = None,
    ) -> Column:
        """The column in minor units."""
        return Column(key, self.heading_in_minor(text), "pence", width, pence, formula)

    def both(
        self,
        key: str,
        text: str,
        width: float,
        pence: Sequence[int | None],
        formula: Formula = None,
    ) -> tuple[Column, ...]:
        """The column in units, and beside it the one in minor units."""
        minor = self.in_minor(key, text, width, pence, formula)
        return (*self.in_units(key, text, width, pence), minor)

    def total(
        self, label: str, key: str, pence: int, formula: Callable[[SheetTable], str]
    ) -> ColumnTotal:
        """A figure in units above the column of `key`, whose formula gives minor units."""
        return ColumnTotal(
            self.heading(label),
            self.shown(key),
            self.kind,
            self.value(pence),
            lambda table: self.divided(formula(table)),
        )

    def sum_of(self, label: str, key: str, pence: Sequence[int]) -> ColumnTotal:
        """The sum of the whole column of `key`, in units above it."""
        return self.total(label, key, sum(pence), lambda table: f"SUM({table.span(key)})")


class Sheets:
    """The sheets of one statement, each made when it is first asked for by its name.

    `makers` gives for every sheet, in reading order, what makes its table: it can ask for the other
    sheets that its formulas name, and gives None where the statement has no such sheet.
    """

    def __init__(
        self, statement: Statement, makers: Mapping[str, Callable[[Sheets], SheetTable | None]]
    ) -> None:
        self.statement = statement
        self._makers = makers
        self._made: dict[str, SheetTable | None] = {}

    def __getitem__(self, name: str) -> SheetTable:
        table = self._table(name)
        assert table is not None, f"the statement has no sheet {name}"
        return table

    def __iter__(self) -> Iterator[SheetTable]:
        return self.after("")

    def after(self, name: str) -> Iterator[SheetTable]:
        """The sheets that come after one, or all where it has no name."""
        names = list(self._makers)
        first = names.index(name) + 1 if name else 0
        return filter(None, map(self._table, names[first:]))

    def _table(self, name: str) -> SheetTable | None:
        if name not in self._made:
            self._made[name] = self._makers[name](self)
        return self._made[name]


def on_sheet(address: str) -> str:
    """The address as formulas of the same sheet write it."""
    return address.rpartition("!")[2]


def fitting(texts: Sequence[str | None], least: float, most: float) -> float:
    """A column width that shows the longest of the texts, within bounds."""
    return min(max(least, widest({text for text in texts if text}) + 1), most)
