"""The rows of a table go out in the bytes of XlsxWriter, which this project does not write by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from xlsxwriter.worksheet import Worksheet

from impactbond.errors import InvariantError, StatementError
from impactbond.statements.workbook import book as book_room
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.layout import Column, SheetTable
from impactbond.statements.workbook.table_sheet import Looks, writable

ROWS = 36  # of which 16 and 16 say together how far they reach


class ByXlsxWriter(Worksheet):
    """The same worksheet, cell by cell through XlsxWriter's own methods."""

    def mark_up(self, header_row: int, last_row: int, options: dict[str, Any]) -> bool:
        self.first, self.next = header_row + 1, 0
        last_column = len(options["columns"]) - 1
        return not self.add_table(header_row, 0, last_row, last_column, options)

    def add_column(
        self, values: Sequence[Any], looks: Looks, formulas: Callable[[], Iterable[str]]
    ) -> bool:
        column, self.next = self.next, self.next + 1
        for index, (value, formula) in enumerate(zip(values, formulas(), strict=True)):
            is_strong, row = index in looks.strong_rows, self.first + index
            look = looks.strong if is_strong else looks.usual
            if value is None and is_strong:
                self.write_blank(row, column, None, look)
            elif formula and value is not None:
                self.write_formula(row, column, f"={unescape(formula)}", look, value)
            elif isinstance(value, str):
                self.write_string(row, column, writable(value), look)
            elif isinstance(value, date):
                self.write_datetime(row, column, value, look)
            elif value is not None:
                self.write_number(row, column, value, look)
        return True

    def add_links(self, targets: Sequence[str], look: Any) -> None:
        column, self.next = self.next, self.next + 1
        for row, target in enumerate(targets, self.first):
            self.write_url(row, column, f"internal:'{target}'!A1", look, target)

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


def mixed(table: SheetTable, index: int) -> str:
    """A formula in every other row."""
    return 'IF([whole]<>1,"a&b","")' if index % 2 else ""


TEXTS = ["0042", "a & b", "<r>bold</r>", " spaces ", "x\ufffey", '"quoted" > 1', None]
TABLE = SheetTable(
    sheet="All lines",
    title="Lines",
    holds="Cells of every kind",
    intro=("Told before.",),
    columns=(
        Column("text", "Text", "text", 30, [TEXTS[at % 7] for at in range(ROWS)]),
        Column("to", "Go to", "link", 12, ["All lines"] * ROWS),
        Column("whole", "Whole", "pence", 10, [None, *range(-7, ROWS - 8)]),
        Column("third", "A third", "amount 2", 12, [at / 3 for at in range(ROWS)], "[whole]/3"),
        Column("above", "Above", "count", 9, [10**15 + at for at in range(ROWS)], "[whole^]+1"),
        Column("said", "Said", "identifier", 9, ["a&b", "", "c"] * 12, mixed),
        Column("error", "Error", "identifier", 9, ["#N/A"] * ROWS, "NA()"),
        Column("is", "Is it", "flag", 9, [at % 2 == 0 for at in range(ROWS)], "[whole]<0"),
        Column("true", "True", "flag", 9, [True] * ROWS),
        Column("day", "Day", "date", 12, [date(1900, 2, 27 + at % 2) for at in range(ROWS)]),
        Column("blank", "Blank", "percent", 9, [None] * ROWS),
        Column("last", "Few", "number", 9, [None if at < 20 else at / 7 for at in range(ROWS)]),
    ),
    frozen=True,
    strong=frozenset({5, ROWS - 1}),
)  # fmt: skip


def written(*tables: SheetTable, charted: bool = False) -> bytes:
    """A workbook of some tables and, where asked for, of a chart over the first."""
    book = Book(title="T", subject="S", company="C", created=date(2024, 9, 1))
    for table in tables:
        book.add_table(table)
    if charted:
        chart = book.workbook.add_chart({"type": "line"})
        first, last = tables[0].header_row + 1, tables[0].last_row
        for values in (2, 3, 4, 11):
            place = [tables[0].sheet, first, values, last, values]
            names = [tables[0].sheet, first, 0, last, 0]
            chart.add_series({"values": place, "categories": names})
        book.add_sheet("Chart").insert_chart(0, 0, chart)
    return book.close()


@pytest.mark.parametrize("charted", [False, True])
def test_rows_are_written_in_the_bytes_of_xlsxwriter(
    charted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = replace(
        TABLE,
        sheet="None",
        columns=tuple(replace(one, values=[]) for one in TABLE.columns),
        if_empty="Nothing.",
        strong=frozenset[int](),
    )
    ours = written(TABLE, empty, charted=charted)
    monkeypatch.setattr(book_room, "TableSheet", ByXlsxWriter)
    assert ours == written(TABLE, empty, charted=charted)


def of_one(*values: Any) -> SheetTable:
    return replace(TABLE, columns=(Column("one", "One", "number", 9, values),), strong=frozenset())


def test_a_text_longer_than_a_cell_is_refused() -> None:
    written(of_one("\U0001f600" * 16_383))
    with pytest.raises(StatementError, match="longer than a cell can hold"):
        written(of_one("\U0001f600" * 16_384))


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(InvariantError, match="All lines has a number that is none"):
        written(of_one(1.0, float("nan")))


def test_nothing_is_written_below_a_table() -> None:
    book = Book(title="T", subject="S", company="C", created=date(2024, 9, 1))
    book.add_table(of_one(1, 2))
    book.write(book.workbook.get_worksheet_by_name("All lines"), 99, 0, "below", "plain")
    with pytest.raises(InvariantError, match="goes on below its table"):
        book.close()
