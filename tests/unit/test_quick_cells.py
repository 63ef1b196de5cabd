"""What is read without a parser is what the parser reads, and what is not plain is left to it."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
import xlsxwriter

from impactbond.evidence.cells import Broken
from impactbond.evidence.plain_xml import quick_texts
from impactbond.evidence.quick_cells import Bounds, quick_rows
from impactbond.evidence.sheet_rows import SheetRows, grid_from, spanned
from impactbond.evidence.spreadsheet import Spreadsheet

FIXTURE = Path(__file__).parents[2] / "fixtures" / "evidence" / "west_london_zone.xlsx"
ROW = b'<row r="1"><c r="A1"><v>1</v></c></row>'
SHEET = b'<worksheet xmlns="m"><sheetData>%s</sheetData></worksheet>'


def quickly(content: bytes, last_row: int = 9) -> SheetRows | None:
    texts = ["a", "b", ""]
    return quick_rows(content, book().value, texts, Bounds(last_row, 50, 400))


def book() -> Spreadsheet:
    content = BytesIO()
    with xlsxwriter.Workbook(content) as made:
        sheet = made.add_worksheet("One")
        percent = made.add_format({"num_format": "0%"})
        day = made.add_format({"num_format": "dd/mm/yyyy"})
        for row, cells in enumerate([["a", "b  c", "\u00e9"], [1, 2.5, True], [None, "", " x "]]):
            sheet.write_row(row, 0, cells)
        sheet.write_number(5, 1, 0.9, percent)
        sheet.write_datetime(5, 40, datetime(2024, 9, 9), day)
        sheet.write_blank(6, 0, None, percent)
    return Spreadsheet.of(content.getvalue())


def test_plain_sheets_are_read_as_the_parser_reads_them() -> None:
    for opened in (book(), Spreadsheet.of(FIXTURE.read_bytes())):
        for place in range(len(opened.sheets)):
            quick = opened._quickly(place)
            assert quick is not None
            assert quick == opened._parsed(place)
    made = book()
    assert made.rows(0)[5][40] == date(2024, 9, 9)


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>',
        b'<row r="1"><c r="A1" t="inlineStr"><is><r><t>x</t></r></is></c></row>',
        b'<row r="1"><c r="A1" t="inlineStr"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><is><t>x</t></is></c></row>',
        b'<row r="1"><c r="A1" t="s"><is><t>0</t></is></c></row>',
        b'<row r="1"><c r="A1" t="inlineStr"><w>x</w></c></row>',
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c><c r="B1"><w>x</w></c></row>',
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1&#50;</v></c></row>',
        b'<row r="1"><!-- x --><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1" t="str"><v>a\r\nb</v></c></row>',
        b'<row r="1"><c r="A1"><v/></c></row>',
        b'<row r="1"><c><v>1</v></c></row>',
        b'<row><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c>',
        ROW + b"<x/>",
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(rows: bytes) -> None:
    assert quickly(SHEET % ROW) == {0: {0: 1.0}}
    assert quickly(SHEET % rows) is None


@pytest.mark.parametrize(
    "rows",
    [
        ROW + ROW,
        ROW.replace(b'"A1"', b'"A2"'),
        ROW.replace(b'"1"', b'"99"').replace(b"A1", b"A99"),
        ROW.replace(b"</row>", b'<c r="A1"><v>2</v></c></row>'),
    ],
)
def test_rows_and_cells_that_are_there_twice_or_elsewhere_are_left_to_it_too(rows: bytes) -> None:
    assert quickly(SHEET % rows) is None


def test_a_row_whose_number_stands_elsewhere_in_it_is_read_like_any_other() -> None:
    """Its own number may be that of a style, of a span, or in a text."""
    opened = book()
    rows = b"".join(
        b'<row r="%d" spans="1:%d" ht="%d"><c r="A%d" s="%d"><v>%d</v></c><c r="B%d" t="str">'
        b'<v>size %d" x</v></c><c r="C%d"/><c r="D%d"><v>4</v></c></row>' % ((row,) * 10)
        for row in (1, 2)
    )
    rows += b'<row r="3" spans="1:3"/><row r="4" s="4"></row><row r="5"> <c r="B5"> </c></row>'
    assert quickly(SHEET % rows) is None  # a blank that is open
    quick = quickly(SHEET % rows.replace(b'"> </c>', b'"/>\n'))
    percent, day = opened.value("n", "1", "1"), opened.value("n", "2", "2")
    assert quick == {
        0: {0: percent, 1: 'size 1" x', 3: 4.0},
        1: {0: day, 1: 'size 2" x', 3: 4.0},
    }


def test_rows_that_stand_elsewhere_are_left_to_the_parser() -> None:
    above = b'<worksheet xmlns="m">' + ROW + b"<sheetData></sheetData></worksheet>"
    below = b'<worksheet xmlns="m"><sheetData></sheetData>' + ROW + b"</worksheet>"
    for content in (above, below):
        assert quickly(content) is None


def test_names_that_belong_to_no_language_are_read_as_the_parser_reads_them() -> None:
    made = BytesIO()
    with ZipFile(FIXTURE) as old, ZipFile(made, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.startswith(("xl/worksheets/", "xl/sharedStrings")):
                part = part.replace(b' xmlns="http://schemas.openxmlformats.org', b' lost="', 1)
            new.writestr(name, part)
    nameless, whole = Spreadsheet.of(made.getvalue()), Spreadsheet.of(FIXTURE.read_bytes())
    assert nameless.texts == whole.texts == tuple(whole._shared("xl/sharedStrings.xml"))
    assert nameless.texts == tuple(nameless._shared("xl/sharedStrings.xml"))
    assert nameless._parsed(2) == nameless._quickly(2) == whole.rows(2) != {}


def test_texts_in_their_cells_are_read_as_openpyxl_and_others_write_them() -> None:
    inline = b'<c r="%s" t="inlineStr"><is><t%s>%s</t></is></c>'
    rows = b'<row r="1">%s%s%s<c r="D1" s="1" /><c r="E1" t="inlineStr" /></row>' % (
        inline % (b"A1", b"", b"a x_x000D_"),
        inline % (b"B1", b' xml:space="preserve"', b" b "),
        inline % (b"C1", b"", b""),
    )
    assert quickly(SHEET % rows) == {0: {0: "a x\r", 1: " b "}}


def test_texts_with_runs_are_left_to_the_parser() -> None:
    plain = b'<sst xmlns="m"><si><t>a</t></si><si><t xml:space="preserve"> b</t></si></sst>'
    assert quick_texts(plain) == ["a", " b"]
    assert quick_texts(plain.replace(b"<t>a</t>", b"<r><t>a</t></r>")) is None
    assert quick_texts(plain.replace(b">a<", b">a&amp;<")) is None


def test_a_sheet_that_ends_too_soon_is_no_sheet() -> None:
    with ZipFile(FIXTURE) as file:
        sheet = file.read("xl/worksheets/sheet1.xml")
    assert quickly(sheet.replace(b"</worksheet>", b""), 1_048_576) is None


def test_rows_come_one_by_one_all_at_once_and_by_column() -> None:
    sheet = SHEET % (
        b'<row r="3"><c r="B3"><v>1</v></c><c r="D3" t="e"/></row><row r="4"/>'
        b'<row r="2"><c r="A2" s="0"/><c r="B2" t="s"><v>2</v></c></row>'
        b'<row r="6" hidden="1"><c r="A6" t="s"><v>1</v></c><c r="B6"><v></v></c></row>'
    )
    rows = quickly(sheet)
    assert rows is not None
    # Row 2 holds a blank cell and a text without a letter, and row 4 nothing: neither is a row.
    assert dict(rows) == {2: {1: 1.0, 3: Broken.ERROR}, 5: {0: "b"}}
    assert rows.firsts() == [1.0, "b"]
    assert rows.columns_of((0, 1, 2), (5,)) == {0: ["b"], 1: [None], 2: [None]}
    assert rows[5] == {0: "b"}
    assert 4 not in rows
    assert spanned(rows) == 6 * 4
    blank: list[object] = [""] * 4
    grid = [blank, blank, ["", 1.0, "", Broken.ERROR], blank, blank, ["b", "", "", ""]]
    assert grid_from(rows) == grid
    assert grid_from(dict(rows)) == grid
