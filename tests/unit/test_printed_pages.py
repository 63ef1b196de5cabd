"""Nothing on a printed page is cut: of statements of every kind, forecasts and year ends.

Widths come from another source than the library's, so that a wrong measure is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import takewhile
from typing import Any

import pytest
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from tests.arial import DIGIT, pixels
from tests.opened import opened, rows_of
from tests.spec.drawn_tables import contract_of, settled
from tests.statement_sources import large_source, small_source, with_cells
from tests.unit.test_forecast_files import outlook_of
from tests.unit.test_up_front import TERMS
from tests.unit.test_year_end_workbook import book as year_end

from impactbond.forecasts.workbook import forecast_workbook
from impactbond.statements import make_statement, statement_workbook
from impactbond.statements.source import statement_source
from impactbond.statements.up_front import up_front_source
from impactbond.statements.workbook.text_widths import digits, line_count

LONG = (
    "The Worshipful Company of Wheelwrights, Pewterers and Cordwainers, with its Charitable Trust"
)
NOTHING = "\n    child | metric | on | value\n    c1 | consent | 2017-02-01 | no\n"


def long_named() -> bytes:
    return statement_workbook(
        make_statement(with_cells(small_source(), "funders", "name", {0: LONG}), "lbhf")
    )


def up_front() -> bytes:
    source = up_front_source(contract_of(TERMS), "starting")
    return statement_workbook(make_statement(source, "council"))


def nothing_due() -> bytes:
    return statement_workbook(make_statement(statement_source(settled("", NOTHING, "2017-05-01"))))


def in_yen() -> bytes:
    priced = "{when: {observed: consent, in: year one}, price: 12000}"
    terms = f"currency: JPY\nmilestones: {{consent: {priced}}}"
    evidence = "\n    child | metric | on | value\n    c1 | consent | 2017-02-01 | yes\n"
    source = statement_source(settled(terms, evidence, "2017-05-01"))
    return statement_workbook(make_statement(source, "council"))


BOOKS: dict[str, Callable[[], bytes]] = {
    "one funder": lambda: statement_workbook(make_statement(large_source(60), "trust")),
    "all funders": lambda: statement_workbook(make_statement(large_source(60), None)),
    "a long name": long_named,
    "up-front": up_front,
    "nothing due": nothing_due,
    "in yen": in_yen,
    "a forecast": lambda: forecast_workbook(outlook_of()),
    "a year end": year_end,
}


def shown(cell: Cell) -> str:
    """About what a cell shows."""
    value: Any = cell.value
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        if "%" in cell.number_format:
            return f"{value:.2%}"
        decimals = cell.number_format.partition(";")[0].rpartition(".")[2].count("0")
        is_decimal = "." in cell.number_format.partition(";")[0]
        return f"{value:,.{decimals if is_decimal else 0}f}"
    return str(value)


def areas(sheet: Worksheet) -> list[str]:
    """What of a sheet is printed: the columns of each page across."""
    return [one.split("!")[-1].replace("$", "") for one in sheet.print_area.split(",")]


def cut(sheet: Worksheet) -> Iterator[str]:
    """The cells of a sheet of which something is not seen in print."""
    dimensions = sheet.column_dimensions.values()
    widths = {
        at: int(one.width * DIGIT) for one in dimensions for at in range(one.min, one.max + 1)
    }
    rows = [row for area in areas(sheet) for row in sheet[area]]
    # On every page across but the first, the first column stands once more.
    again = [(sheet.cell(row[0].row, 1),) for row in rows if row[0].column > 1]
    for row in [*rows, *again]:
        for place, cell in enumerate(row):
            if cell.value is None:
                continue
            needs = pixels(shown(cell), cell.font.sz, bold=bool(cell.font.b))
            if cell.alignment.wrap_text:
                # No single word is wider than its cell.
                words = shown(cell).split()
                needs = max((pixels(one, bold=bool(cell.font.b)) for one in words), default=0)
            room = widths[cell.column]
            if isinstance(cell.value, str) and not cell.alignment.wrap_text:
                # A text runs on over the blank cells at its right, or before it where it ends.
                is_right = cell.alignment.horizontal == "right"
                beside = reversed(row[:place]) if is_right else row[place + 1 :]
                blank = takewhile(lambda one: one.value is None, beside)
                room += sum(widths[one.column] for one in blank)
            if needs > room + 1:
                yield f"{sheet.title}!{cell.coordinate}: {needs:.0f} pixels in {room}"


@pytest.mark.parametrize("name", BOOKS)
def test_nothing_is_cut_and_nothing_is_shown_as_hashes(name: str) -> None:
    found = [one for sheet in opened(BOOKS[name](), values=True) for one in cut(sheet)]
    assert not found


@pytest.mark.parametrize("name", BOOKS)
def test_a_totals_label_stands_right_before_its_figure(name: str) -> None:
    for sheet in opened(BOOKS[name](), values=True).worksheets[1:]:
        for table in sheet.tables.values():
            head = sheet[table.ref][0][0].row
            for row in sheet.iter_rows(min_row=3, max_row=head - 1):
                said = [cell for cell in row if cell.value is not None]
                if len(said) == 2:
                    label, figure = said
                    assert label.column == figure.column - 1, label.coordinate


@pytest.mark.parametrize("name", BOOKS)
def test_headings_do_not_touch(name: str) -> None:
    for sheet in opened(BOOKS[name](), values=True):
        for table in sheet.tables.values():
            for cell in sheet[table.ref][0]:
                text, width = str(cell.value), sheet.column_dimensions[cell.column_letter].width
                if width is None or cell.alignment.horizontal == "right":
                    continue
                indent = 12 * cell.alignment.indent
                on_one_line = pixels(text, bold=True) + indent <= width * DIGIT
                # On one line it ends before the next column begins; on more, words fit.
                assert not on_one_line or pixels(text, bold=True) + indent + 3 <= width * DIGIT + 7


@pytest.mark.parametrize("name", BOOKS)
def test_what_takes_two_pages_across_is_whole_on_each(name: str) -> None:
    for sheet in opened(BOOKS[name](), values=True).worksheets:
        ranges = [sheet[area] for area in areas(sheet)]
        columns = [[cell.column for cell in cells[0]] for cells in ranges]
        assert [at for own in columns for at in own] == list(range(1, columns[-1][-1] + 1))
        if len(ranges) == 1:
            continue
        (table,) = sheet.tables.values()
        head = sheet[table.ref][0][0].row
        (first, *_), *later = ranges
        assert first[0].coordinate == "A1"
        assert sheet.print_title_cols == "$A:$A"
        assert sheet.print_title_rows == f"${head}:${head}"
        # No title or sentence is on a page of which it would show a part.
        above = [str(row[0].value) for row in sheet["A1" : f"A{later[0][0][0].row - 1}"]]
        assert above[1] == "This worksheet contains one table."
        for cells in later:
            assert cells[0][0].row == later[0][0][0].row <= head
            said = [cell.value for row in cells for cell in row if row[0].row < head]
            assert said.count(None) < len(said) or cells[0][0].row == head
        # A4 across between margins of a quarter of an inch, in 8 points.
        for own in columns:
            shown = {1, *own}
            wide = sum(sheet.column_dimensions[get_column_letter(at)].width * DIGIT for at in shown)
            assert wide * 0.68 <= 1074
    assert name not in ("all funders", "a year end") or any(
        "," in sheet.print_area for sheet in opened(BOOKS[name]()).worksheets
    )


def test_the_working_is_not_printed_in_a_currency_without_decimals_either() -> None:
    for sheet in opened(in_yen()).worksheets[1:]:
        (table,) = sheet.tables.values()
        last = sheet[areas(sheet)[-1]][0][-1].column
        printed = [str(cell.value) for cell in sheet[table.ref][0] if cell.column <= last]
        assert not [header for header in printed if "before this claim" in header], sheet.title


def test_a_chart_of_nothing_is_not_drawn() -> None:
    assert "Charts" not in opened(up_front()).sheetnames
    assert "Charts" not in opened(nothing_due()).sheetnames
    listed = [row["Sheet"] for row in rows_of(opened(up_front())["Contents"])]
    assert "Charts" not in listed


def test_a_measure_is_never_below_that_of_the_fonts_maker() -> None:
    texts = [
        LONG,
        "Achieved; beyond your own limit, Sch 3 §3",
        "2019-Q1/0001",
        "180,000.00",
        "TRUE",
    ]
    texts += ["mobilisation up-front", "Number to date", "High engagement in year 1"]
    for text in texts:
        for bold in (False, True):
            assert digits(text) * DIGIT + 2 >= pixels(text, bold=bold), text


def test_lines_are_counted_by_words_and_long_words_are_broken() -> None:
    # A digit is one wide and a blank less than half: two words of four take nine, not eight.
    assert line_count("1234 1234", 9) == 1
    assert line_count("1234 1234", 8) == 2
    assert line_count("1234 1234 1234", 9) == 2
    assert line_count("12345678", 3) == 3
    assert line_count("", 5) == 1
