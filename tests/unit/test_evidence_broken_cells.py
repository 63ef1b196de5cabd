"""Cells that a workbook reader takes for blank, found in the sheet's own XML."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from impactbond.evidence.cells import Broken
from impactbond.evidence.workbook import broken_cells

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = f"""<x:workbook xmlns:x="main" xmlns:r="{OFFICE}">
<x:sheets><x:sheet name="Surveys" sheetId="1" r:id="rId1"/></x:sheets></x:workbook>"""
RELATION = '<Relationships><Relationship Id="rId1" Type="{}" Target="{}"/></Relationships>'


def workbook(sheet: str) -> bytes:
    """A workbook of one sheet, in folders of its own choosing."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as parts:
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
            [((2, 27), Broken.ERROR)],
        ),
        ("<x:row/><x:row><x:c/><x:c t='e'/></x:row>", [((1, 1), Broken.ERROR)]),
        ("<x:row><x:c><x:f>1+1</x:f></x:c></x:row>", [((0, 0), Broken.NOT_CALCULATED)]),
        ("<x:row><x:c><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row>", []),
        ("<x:row><x:c t='str'><x:f>A1</x:f><x:v></x:v></x:c></x:row>", []),
        ("<x:row><x:c><x:v>2</x:v></x:c></x:row>", []),
    ],
)
def test_errors_and_formulas_without_a_result_are_found(
    sheet: str, found: list[tuple[tuple[int, int], Broken]]
) -> None:
    assert list(broken_cells(workbook(sheet), "Surveys")) == found


def test_a_workbook_that_is_not_whole_is_told() -> None:
    with pytest.raises(KeyError):
        list(broken_cells(workbook(""), "Forms"))
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as parts:
        parts.writestr("_rels/.rels", RELATION.format("other", "other.xml"))
    with pytest.raises(KeyError):
        list(broken_cells(buffer.getvalue(), "Surveys"))
