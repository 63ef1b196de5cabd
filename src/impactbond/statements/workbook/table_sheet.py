"""A worksheet whose table goes out row by row from its columns.

XlsxWriter keeps a record for every cell until a workbook is closed, and then looks into each once
more. Of a long statement that is most of the time and of the memory; here a cell is what its column
says it is, and becomes text once, in the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from math import isfinite
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_range
from xlsxwriter.worksheet import Worksheet

from impactbond.errors import InvariantError

# What a formula can give besides numbers, truths and texts.
_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
_UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
_SPANNED = 16  # rows that say together from which column to which they reach


class Shared(int):
    """A text, by its place among the texts of the workbook."""


@dataclass(frozen=True, slots=True)
class Looks:
    """The look of the cells of a column, and that of its totals, which stand in some rows."""

    usual: Format
    strong: Format
    strong_rows: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class _ColumnCells:
    """A column of a table: texts as `Shared`, days as numbers, None where a cell is blank. The
    formulas are made when the rows go out.
    """

    values: Sequence[Any]
    looks: Looks
    formulas: Callable[[], Iterable[str]]

    def is_there(self, index: int) -> bool:
        """Whether there is a cell in a row: one that is blank, but of a total, has its line."""
        return self.values[index] is not None or index in self.looks.strong_rows

    def written(self, letter: str, first: int) -> Iterator[str]:
        """The cells as XML, from the row `first` as the sheet counts; "" where there is none.

        Numbers are written as XlsxWriter does: 16 digits in a cell, all of them beside a formula.
        """
        looks, strong_rows = self.looks, self.looks.strong_rows
        marks = {False: "", True: ""}
        rows = zip(count(first), self.values, self.formulas(), strict=False)
        for index, (row, value, formula) in enumerate(rows):
            is_strong = index in strong_rows
            if value is None and not is_strong:
                yield ""
                continue
            mark = marks[is_strong]
            if not mark:
                # Looks are numbered as they are met, so not before.
                shape = looks.strong if is_strong else looks.usual
                mark = marks[is_strong] = f' s="{shape._get_xf_index()}"'
            if value is None:
                yield f'<c r="{letter}{row}"{mark}/>'
            elif formula:
                kind, shown = ("", value) if type(value) in (int, float) else _given(value)
                yield f'<c r="{letter}{row}"{mark}{kind}><f>{formula}</f><v>{shown}</v></c>'
            elif type(value) is Shared:
                yield f'<c r="{letter}{row}"{mark} t="s"><v>{value:d}</v></c>'
            else:
                yield f'<c r="{letter}{row}"{mark}><v>{value:.16G}</v></c>'


class TableSheet(Worksheet):  # type: ignore[misc]
    """A worksheet with one table, whose rows are the last of the sheet. Its formulas hold no
    function newer than the file format: XlsxWriter would search every one for 29 of them.
    """

    dim_rowmax: Any  # the last row with a cell, of which XlsxWriter does not say what it is

    def __init__(self) -> None:
        super().__init__()
        self._cells: list[_ColumnCells] = []
        self._first = 0

    def mark_up(self, header_row: int, last_row: int, options: dict[str, Any]) -> bool:
        """Marks rows up as a table, whose columns come next; False where two have one name."""
        last_column = len(options["columns"]) - 1
        # XlsxWriter looks at every cell of a table for another table, and there is none.
        if self.add_table(header_row, 0, header_row + 1, last_column, options):
            return False
        whole = xl_range(header_row, 0, last_row, last_column)
        self.tables[-1] |= {"range": whole, "a_range": whole}
        self._first = header_row + 1
        return True

    def add_column(
        self,
        values: Sequence[Any],
        looks: Looks,
        formulas: Callable[[], Iterable[str]],
    ) -> bool:
        """The next column of the table: numbers, days, texts that can be written, or None; with
        the formulas that give them, as they stand in XML, "" where there is none. False where a
        text is longer than a cell can hold.
        """
        days: dict[date, float] = {}
        places: dict[str, Shared] = {}
        # No formula is made twice but for the texts beside it: few columns have both.
        of_formulas = iter(formulas() if any(type(one) is str for one in values) else ())
        held = []
        for value in values:
            formula = next(of_formulas, "")
            if isinstance(value, str) and not formula:
                if value not in places:
                    text = writable(value)
                    if len(text) > self.xls_strmax // 2 and _units(text) > self.xls_strmax:
                        return False
                    places[value] = Shared(self.str_table._get_shared_string_index(text))
                else:
                    self.str_table.count += 1
                value = places[value]
            elif isinstance(value, date):
                if value not in days:
                    days[value] = self._convert_date_time(value)
                value = days[value]
            elif isinstance(value, float) and not isfinite(value):
                raise InvariantError(f"The sheet {self.get_name()} has a number that is none.")
            held.append(value)
        cells = _ColumnCells(held, looks, formulas)
        for way in (range(len(held)), range(len(held) - 1, -1, -1)):
            index = next(filter(cells.is_there, way), None)
            if index is not None:
                self._check_dimensions(self._first + index, len(self._cells))
        self._cells.append(cells)
        return True

    def add_links(self, targets: Sequence[str], look: Format) -> None:
        """The next column of the table: the names of sheets, each a link to its first cell."""
        column = len(self._cells)
        for row, target in enumerate(targets, self._first):
            self.write_url(row, column, f"internal:'{target}'!A1", look, target)
        held = [
            Shared(self.table.pop(self._first + at)[column].string) for at in range(len(targets))
        ]
        self._cells.append(_ColumnCells(held, Looks(look, look), lambda: [""] * len(held)))

    @property
    def _height(self) -> int:
        return len(self._cells[0].values) if self._cells else 0

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")

    def _calculate_spans(self) -> None:
        super()._calculate_spans()
        height = self._height
        for block in range(self._first // _SPANNED, (self._first + height - 1) // _SPANNED + 1):
            first = max(block * _SPANNED - self._first, 0)
            rows = range(first, min((block + 1) * _SPANNED - self._first, height))
            above = self.row_spans.get(block)
            reached = [int(end) for end in above.split(":")] if above else []
            numbered = list(enumerate(self._cells, 1))
            for way in (numbered, reversed(numbered)):
                reached += next(([at] for at, one in way if any(map(one.is_there, rows))), [])
            if reached:
                self.row_spans[block] = f"{min(reached)}:{max(reached)}"

    def _write_rows(self) -> None:
        if not self._height:
            super()._write_rows()
            return
        if self.dim_rowmax >= self._first + self._height:
            raise InvariantError(f"The sheet {self.get_name()} goes on below its table.")
        last, self.dim_rowmax = self.dim_rowmax, self._first - 1
        super()._write_rows()
        self.dim_rowmax = last
        columns = [
            one.written(xl_col_to_name(at), self._first + 1) for at, one in enumerate(self._cells)
        ]
        for row, cells in enumerate(zip(*columns, strict=True), self._first):
            span, info = self.row_spans.get(row // _SPANNED), self.row_info.get(row)
            if any(cells):
                self._write_row(row, span, info)
                self.fh.write(f"{''.join(cells)}</row>")
            elif info:
                self._write_empty_row(row, span, info)

    def _get_range_data(
        self, row_start: int, col_start: int, row_end: int, col_end: int
    ) -> Sequence[Any]:
        """What a chart keeps of the cells it shows."""
        if not self._height or row_start < self._first:
            found: Sequence[Any] = super()._get_range_data(row_start, col_start, row_end, col_end)
            return found
        rows = range(row_start - self._first, row_end - self._first + 1)
        columns = [list(self._charted(one, rows)) for one in self._cells[col_start : col_end + 1]]
        return [value for row in zip(*columns, strict=True) for value in row]

    def _charted(self, cells: _ColumnCells, rows: range) -> Iterator[Any]:
        formulas = list(cells.formulas())
        for index in rows:
            value = cells.values[index]
            if value is None:
                yield "" if cells.is_there(index) else None
            elif type(value) is Shared:
                yield self.str_table._get_shared_string(value)
            else:
                yield value if formulas[index] else f"{value:.16g}"


def writable(text: str) -> str:
    """A text without what XML cannot hold, or XlsxWriter would take for its own markup."""
    if _UNWRITABLE.search(text):
        text = _UNWRITABLE.sub("\ufffd", text)
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def _given(value: Any) -> tuple[str, Any]:
    """The type and the spelling of what a formula gives, of texts and truths too."""
    if isinstance(value, bool):
        return ' t="b"', int(value)
    if not isinstance(value, str):
        return "", value
    kind = "" if not value else ' t="e"' if value in _ERRORS else ' t="str"'
    return kind, in_xml(value)


def in_xml(text: str) -> str:
    """A text as it stands between two tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _units(text: str) -> int:
    """How long a text is for a spreadsheet, which counts units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
