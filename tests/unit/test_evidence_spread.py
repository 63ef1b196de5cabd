"""A stray cell at the far end of a sheet is told, and does not take the process down."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from tests.unit.test_evidence_broken_cells import workbook

from impactbond.contract.read import read_contract
from impactbond.errors import EvidenceError, ReceiptError
from impactbond.evidence.read import read_evidence
from impactbond.evidence.spreadsheet import Spreadsheet, UnreadableError
from impactbond.receipts.read import read_receipts

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.mark.parametrize(
    ("row", "column", "is_too_far"),
    [
        (1_048_576, "XFD", True),
        (1_048_576, "S", False),  # 19 columns: a little less than twenty million cells
        (1_048_576, "T", True),
        (5, "XFD", False),
    ],
)
def test_the_area_of_the_cells_decides(row: int, column: str, is_too_far: bool) -> None:
    last = f"<x:row r='{row}'><x:c r='{column}{row}'><x:v>1</x:v></x:c></x:row>"
    book = Spreadsheet.of(workbook(f"<x:sheetData>{last}</x:sheetData>"))
    if is_too_far:
        with pytest.raises(UnreadableError):
            book.rows(0)
    else:
        assert list(book.rows(0)) == [row - 1]


def test_what_is_packed_more_tightly_than_any_workbook_is_not_unpacked() -> None:
    spaces = " " * 2**27  # 134 MB of blanks beside no cell, in 130 kB
    with pytest.raises(UnreadableError):
        Spreadsheet.of(workbook(f"<x:sheetData>{spaces}</x:sheetData>"))


def test_evidence_and_receipts_with_a_stray_cell_are_refused_with_what_to_do(
    tmp_path: Path,
) -> None:
    contract = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Children"
    sheet["A1"], sheet["XFD1048576"] = "Child", 1
    book.save(tmp_path / "far.xlsx")
    for error, read in ((EvidenceError, read_evidence), (ReceiptError, read_receipts)):
        with pytest.raises(error, match="a cell stands so far from the others") as caught:
            read(tmp_path / "far.xlsx", contract)
        assert "Delete the rows below" in str(caught.value)
