"""The manners of every sheet of a statement: what accountants and screen readers rely on."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tests.opened import beside, opened
from tests.statement_sources import LATEST, large_source

from impactbond.errors import StatementError
from impactbond.statements import Statement, make_statement, statement_workbook
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.layout import Column, SheetTable

SHEETS = [
    "Cover",
    "Contents",
    "Notes",
    "Summary",
    "To date",
    "Schedule",
    "Remittance",
    "By milestone",
    "By school",  # in the statement for all funders alone
    "Charts",
    "Lines",
    "Adjustments",
    "Rates and limits",
    "Shares",
    "Checks",
]


def sheets_of(statement: Statement) -> list[str]:
    return [name for name in SHEETS if statement.is_whole or name != "By school"]


FUNCTIONS = {
    *("SUM", "SUMIFS", "COUNTIFS", "INDEX", "MATCH", "IF", "ROUND", "AND", "ABS", "INT", "MIN"),
}
BROOK = "school: Brook Green Primary"


@pytest.fixture(scope="module", params=[None, "trust", BROOK])
def statement(request: pytest.FixtureRequest) -> Statement:
    return make_statement(large_source(60), request.param)


@pytest.fixture(scope="module")
def content(statement: Statement) -> bytes:
    return statement_workbook(statement)


def test_the_sheets_stand_in_reading_order(statement: Statement, content: bytes) -> None:
    assert opened(content).sheetnames == sheets_of(statement)


def test_every_sheet_but_the_cover_has_one_table_with_unique_headers(content: bytes) -> None:
    for sheet in opened(content).worksheets[1:]:
        (table,) = sheet.tables.values()
        headers = [cell.value for cell in sheet[table.ref][0]]
        assert all(headers), sheet.title
        assert len({header.casefold() for header in headers}) == len(headers), sheet.title
        assert (table.totalsRowCount, table.autoFilter) == (None, None)
        assert sheet["A1"].font.sz == 16
        more = " and, below it, 2 charts" if sheet.title == "Charts" else ""
        assert sheet["A2"].value == f"This worksheet contains one table{more}."


def test_nothing_is_merged_filled_hidden_or_filtered(content: bytes) -> None:
    for sheet in opened(content):
        assert not sheet.merged_cells.ranges
        assert sheet.sheet_state == "visible"
        assert sheet.auto_filter.ref is None
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.fill.fill_type is None
                assert cell.font.name == "Arial"


def test_only_the_lines_are_frozen_below_their_header(content: bytes) -> None:
    for sheet in opened(content):
        if sheet.title == "Lines":
            (table,) = sheet.tables.values()
            header = int(re.findall(r"\d+", table.ref)[0])
            assert sheet.freeze_panes == f"A{header + 1}"
        else:
            assert sheet.freeze_panes is None


def widths_of(sheet: Worksheet) -> dict[int, float]:
    """The width of every column; openpyxl holds neighbours of one width as one."""
    dimensions = sheet.column_dimensions.values()
    return {at: one.width for one in dimensions for at in range(one.min, one.max + 1)}


def test_every_sheet_prints_on_a4_in_8_points_or_more_with_its_header_repeated(
    content: bytes,
) -> None:
    for sheet in opened(content):
        is_cover = sheet.title == "Cover"
        page = sheet.page_setup
        assert (page.paperSize, page.orientation) == (9, "portrait" if is_cover else "landscape")
        assert "&P" in sheet.oddFooter.right.text
        assert sheet.HeaderFooter.scaleWithDoc is False
        # The header of a short table is not repeated above a chart.
        assert bool(sheet.print_title_rows) == (sheet.title not in ("Cover", "Charts"))
        first, last = sheet.print_area.replace("$", "").split("!")[-1].split(":")
        top = sheet[f"{first}:{last}"][0]
        # A digit of Arial 12 is 9 pixels wide, and widths are in digits.
        wide = sum(int(widths_of(sheet)[cell.column] * 9) for cell in top)
        # A4 within its margins holds 746 or 1,074 pixels across, and 1,007 down, at full size.
        across = 746 if is_cover else 1074
        if page.fitToWidth is None and page.scale:
            assert page.scale * 12 >= 800
            assert sheet.print_title_cols or wide * page.scale / 100 <= across
        else:
            scale = min(1, across / wide)
            if is_cover:
                assert page.fitToHeight in (None, 1)
                scale = min(scale, 1007 / (20.5 * sheet.max_row))
            assert 12 * scale >= 8, (sheet.title, scale)


def test_no_column_of_a_table_is_wholly_blank(content: bytes) -> None:
    for sheet in opened(content).worksheets[1:]:
        (table,) = sheet.tables.values()
        header, *rows = sheet[table.ref]
        for column, name in enumerate(header):
            told = (row[column].value for row in rows)
            assert any(one not in (None, "") for one in told), (sheet.title, name.value)


def test_formulas_use_few_functions_and_no_names_of_tables(content: bytes) -> None:
    found = [
        cell.value
        for sheet in opened(content)
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert len(found) > 100
    assert {
        name for formula in found for name in re.findall(r"([A-Z][A-Z.]+)\(", formula)
    } <= FUNCTIONS
    assert not [formula for formula in found if "[" in formula or "#" in formula]


def test_every_formula_has_a_value_and_the_sums_are_right(
    statement: Statement, content: bytes
) -> None:
    formulas, values = opened(content), opened(content, values=True)
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert values[sheet.title][cell.coordinate].value is not None
    cover = values["Cover"]
    assert beside(cover, "Total due (£)") == statement.due_pence / 100 != 0
    assert beside(cover, "Checks") == "All checks hold"
    assert beside(cover, "Lines in this claim") == len(statement.lines)


def test_the_same_statement_gives_the_same_bytes(statement: Statement, content: bytes) -> None:
    assert statement_workbook(statement) == content


def test_the_properties_tell_title_language_and_a_fixed_day(content: bytes) -> None:
    book = opened(content)
    assert book.properties.title.startswith("Statement wlz-lbhf / 2017-Q4 / ")
    assert book.properties.created == datetime(2018, 1, 31)
    with ZipFile(BytesIO(content)) as archive:
        assert "<dc:language>en-GB</dc:language>" in archive.read("docProps/core.xml").decode()
        # Excel would otherwise ask to save a workbook that nobody changed.
        assert "fullCalcOnLoad" not in archive.read("xl/workbook.xml").decode()


_PARTS = ("new_in_this_claim", "adjustments_of_earlier_claims", "up_front_money_recovered")


def test_names_lead_to_single_cells_of_the_cover(content: bytes) -> None:
    book = opened(content, values=True)
    found = {
        name: book["Cover"][defined.attr_text.split("!")[1]].value
        for name, defined in book.defined_names.items()
    }
    assert found["contract_id"] == "wlz-lbhf"
    assert found["claim_period"] == LATEST
    assert found["claim_date"] == datetime(2018, 1, 31)
    names = {"contract_id", "funder", "claim_period", "claim_date", "total_due_pounds"}
    parts = {f"{name}_pounds" for name in _PARTS} & set(found)
    assert set(found) - {"payment_reference"} == names | parts
    assert len(parts) > 1
    assert round(sum(found[name] for name in parts), 2) == found["total_due_pounds"]
    # The payment of all together has no reference: each funder's has its own.
    assert ("payment_reference" in found) == (found["funder"] != "All funders")


def test_the_contents_lead_to_every_sheet(statement: Statement, content: bytes) -> None:
    sheet = opened(content)["Contents"]
    links = {row[0].value: row[0].hyperlink for row in sheet.iter_rows() if row[0].hyperlink}
    names = sheets_of(statement)[2:]
    assert list(links) == names
    assert {name: link.location for name, link in links.items()} == {
        name: f"'{name}'!A1" for name in names
    }


def test_two_columns_of_one_name_are_refused() -> None:
    columns = (Column("a", "Name", "text", 9, ["x"]), Column("b", "name", "text", 9, ["y"]))
    table = SheetTable("Sheet", "Title", "", (), columns, if_empty="")
    book = Book(title="", subject="", company="", created=datetime(2018, 1, 31).date())
    with (
        pytest.warns(UserWarning, match="header"),
        pytest.raises(StatementError, match="two columns of one name"),
    ):
        book.add_table(table)
