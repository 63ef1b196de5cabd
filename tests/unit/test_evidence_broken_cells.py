"""Cells as they are written in a sheet's own XML, in every spelling that a program may choose."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest

from impactbond.evidence.cells import Broken
from impactbond.evidence.spreadsheet import Spreadsheet

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = f"""<x:workbook xmlns:x="main" xmlns:r="{OFFICE}">
<x:sheets><x:sheet name="Surveys" sheetId="1" r:id="rId1"/></x:sheets></x:workbook>"""
RELATION = '<Relationships><Relationship Id="rId1" Type="{}" Target="{}"/></Relationships>'


def workbook(sheet: str) -> bytes:
    """A workbook of one sheet, in folders of its own choosing."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("_rels/.rels", RELATION.format(f"{OFFICE}/officeDocument", "/odd/book.xml"))
        parts.writestr("odd/book.xml", BOOK)
        parts.writestr(
            "odd/_rels/book.xml.rels", RELATION.format(f"{OFFICE}/worksheet", "../one.xml")
        )
        parts.writestr("one.xml", f"<x:worksheet xmlns:x='main'>{sheet}</x:worksheet>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("sheet", "found"),
    [
        (
            "<x:row r='3'><x:c r='AB3' t='e'><x:v>#N/A</x:v></x:c></x:row>",
            {2: {27: Broken.ERROR}},
        ),
        ("<x:row/><x:row><x:c/><x:c t='e'/></x:row>", {1: {1: Broken.ERROR}}),
        ("<x:row><x:c><x:f>1+1</x:f></x:c></x:row>", {0: {0: Broken.NOT_CALCULATED}}),
        ("<x:row><x:c><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row>", {0: {0: 2.0}}),
        ("<x:row><x:c t='str'><x:f>A1</x:f><x:v></x:v></x:c></x:row>", {}),
        ("<x:row r='&#50;'><x:c r = 'B&#x32;' ><x:v>2</x:v></x:c></x:row>", {1: {1: 2.0}}),
        (
            "<x:row><x:c t='b'><x:v>1</x:v></x:c><x:c><x:v>NaN</x:v></x:c></x:row>",
            {0: {0: True, 1: Broken.SHOWS_OTHER}},
        ),
        (
            "<x:row><x:c t='inlineStr'><x:is><x:r><x:t>a</x:t></x:r><x:rPh><x:t>b</x:t></x:rPh>"
            "<x:r><x:t>_x0041__xD83D__xDE00_</x:t></x:r></x:is></x:c></x:row>",
            {0: {0: "aA😀"}},
        ),
        (
            "<x:row><x:c t='d'><x:v>2017-01-31</x:v></x:c>"
            "<x:c t='d'><x:v>2017-01-31T09:30:00Z</x:v></x:c></x:row>",
            {0: {0: date(2017, 1, 31), 1: datetime(2017, 1, 31, 9, 30)}},
        ),
    ],
)
def test_cells_are_found_however_they_are_written(
    sheet: str, found: dict[int, dict[int, object]]
) -> None:
    assert Spreadsheet.of(workbook(f"<x:sheetData>{sheet}</x:sheetData>")).rows(0) == found


@pytest.mark.parametrize(
    "sheet",
    [
        "<x:row r='1'/><x:row r='0'/>",
        "<x:row><x:c r='A2'><x:v>1</x:v></x:c></x:row>",
        "<x:row r='1'><x:c r='A1'><x:v>1</x:v></x:c><x:c r='A1'><x:v>2</x:v></x:c></x:row>",
        "<x:row r='1'><x:c><x:v>1</x:v></x:c></x:row><x:row r='1'><x:c><x:v>2</x:v></x:c></x:row>",
        "<x:row><x:c t='s'><x:v>-1</x:v></x:c></x:row>",
        "<x:row><x:c s='1'><x:v>1</x:v></x:c></x:row>",
        "<x:row><x:c t='x'><x:v>1</x:v></x:c></x:row>",
        "<x:row r='1048577'/>",
    ],
)
def test_cells_of_which_it_is_not_sure_where_or_what_they_are_are_not_read(sheet: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Spreadsheet.of(workbook(f"<x:sheetData>{sheet}</x:sheetData>")).rows(0)


def test_a_workbook_that_is_not_whole_is_told() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as parts:
        parts.writestr("_rels/.rels", RELATION.format("other", "other.xml"))
    with pytest.raises(StopIteration):
        Spreadsheet.of(buffer.getvalue())
