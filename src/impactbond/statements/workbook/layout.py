"""The one table of a sheet: its columns, and where their cells are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import wrap
from typing import Any, Literal

from xlsxwriter.utility import xl_col_to_name

# Pence stand for the minor units of any currency; an amount is in units, with so many decimals.
Kind = Literal[
    "identifier",
    "text",
    "link",
    "pence",
    "amount 0",
    "amount 2",
    "amount 3",
    "count",
    "date",
    "percent",
    "flag",
    "ordinal",
]

RIGHT_ALIGNED = ("pence", "amount 0", "amount 2", "amount 3", "count", "percent")
# The variant of look of a text beside a number, which ends at its right edge.
AFTER = " after"
Formula = str | Callable[[int], str] | None
_CELL = re.compile(r"\[([^\]^]+)(\^?)\]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its values as shown and, where they are worked out in the sheet, the formula of
    each row.

    A formula is a pattern in which `[price]` is the cell of that column in the same row and
    `[price^]` the cell above, or a function from the row's index to a pattern, which gives "" for a
    row that holds a plain value. A value of None is a blank cell, without a formula.
    """

    key: str
    header: str
    kind: Kind
    width: float
    values: Sequence[Any]
    formula: Formula = None


@dataclass(frozen=True, slots=True)
class ColumnTotal:
    """A figure shown above a table, in the column `key`, with a label at the left."""

    label: str
    key: str
    kind: Kind
    value: Any
    formula: Callable[[SheetTable], str]


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The one table of a sheet, and where its cells are.

    The rows of `strong` are totals. Columns after `last_printed` show the working; they are left
    out of the printed page, which could not be read otherwise.
    """

    sheet: str
    name: str
    title: str
    holds: str
    intro: tuple[str, ...]
    columns: tuple[Column, ...]
    if_empty: str
    totals: tuple[ColumnTotal, ...] = ()
    frozen: bool = False
    last_printed: str = ""
    strong: frozenset[int] = frozenset()

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
        return str(xl_col_to_name(self.place(key)))

    def place(self, key: str) -> int:
        """The place of a column, counted from 0."""
        return next(place for place, column in enumerate(self.columns) if column.key == key)

    def distance(self, place: int) -> str:
        """The variant of look that a column needs beside the one at its left."""
        begins_left = self.columns[place].kind not in RIGHT_ALIGNED
        return (
            AFTER if place and begins_left and self.columns[place - 1].kind in RIGHT_ALIGNED else ""
        )

    def row(self, index: int) -> int:
        """The number, as the sheet shows it, of the row of a value."""
        return self.header_row + 2 + index

    def cell(self, key: str, index: int) -> str:
        """The address of one value, for formulas on other sheets."""
        return f"{self._quoted}!${self.letter(key)}${self.row(index)}"

    def span(self, key: str) -> str:
        """The address of all values of a column."""
        letter = self.letter(key)
        return f"{self._quoted}!${letter}${self.header_row + 2}:${letter}${self.last_row + 1}"

    def formula_of(self, column: Column) -> Callable[[int], str]:
        """The formula of each row of a column, by the row's index; "" where the column has none."""
        formula = column.formula
        if formula is None:
            return lambda index: ""
        if isinstance(formula, str):
            pattern = self._pattern(formula)
            return lambda index: pattern.format(self.row(index), self.row(index) - 1)
        by_row = formula
        return lambda index: self._pattern(by_row(index)).format(
            self.row(index), self.row(index) - 1
        )

    def _pattern(self, formula: str) -> str:
        return _CELL.sub(
            lambda found: f"{self.letter(found[1])}{{{1 if found[2] else 0}}}", formula
        )

    @property
    def _quoted(self) -> str:
        return f"'{self.sheet}'" if " " in self.sheet else self.sheet


def fitting(texts: Sequence[str | None], least: float, most: float) -> float:
    """A column width that shows the longest of the texts, within bounds."""
    return min(max([least, *(len(text) * 1.1 + 1 for text in texts if text)]), most)


@lru_cache(maxsize=4096)
def line_count(text: str, width: float) -> int:
    """How many lines a text takes in a column so wide."""
    return max(len(wrap(text, int(width * 1.12))), 1)
