"""A stray cell at the far end of a sheet is told, and does not take the process down."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from impactbond.contract.read import read_contract
from impactbond.errors import EvidenceError, ReceiptError
from impactbond.evidence.read import read_evidence
from impactbond.evidence.workbook import is_spread_too_far
from impactbond.receipts.read import read_receipts

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        (1_048_576, "XFD", True),
        (1_048_576, "ALL", True),
        (1_048_576, "CQ", False),  # 95 columns: a little less than a hundred million cells
        (1_048_576, "CR", True),
        (5, "XFD", False),
        (1_000_000, "Z", False),
    ],
)
def test_the_area_of_the_cells_decides(row: int, column: str, expected: bool) -> None:
    last = f'<row r="{row}"><c r="{column}{row}"><v>1</v></c></row>'
    sheet = f'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>{last}</sheetData>'
    assert is_spread_too_far(sheet.encode()) is expected
    prefixed = sheet.replace("<row", "<x:row").replace("<c ", "<x:c ")
    assert is_spread_too_far(prefixed.encode()) is expected


def test_an_empty_sheet_is_not_spread() -> None:
    assert not is_spread_too_far(b"<sheetData/>")


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
