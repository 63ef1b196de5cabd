"""The empty workbook for evidence: it reads back, explains itself, and is the same every time."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from tests.evidence_workbooks import CHILDREN, FEB, HEADINGS, MAR, refusals, small_contract, values

from impactbond.contract.read import parse_contract, read_contract
from impactbond.errors import EvidenceError
from impactbond.evidence.read import read_evidence
from impactbond.evidence.template import write_template


def test_a_filled_template_reads_without_a_fault(tmp_path: Path) -> None:
    path = write_template(small_contract(), tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(path)
    for child in CHILDREN:
        book["Children"].append(list(child))
    book["Surveys"].append(["1", "C-1", FEB, MAR, None, 17, 2.5, 91.5])
    book["Forms"].append(["2", "C-1", FEB, MAR, None, None, None, "yes", "no"])
    book["Meetings"].append(["3", "C-1", FEB, MAR])
    book["Sessions"].append(["C-1", FEB, MAR, "missed"])
    book.save(path)
    evidence = read_evidence(path, small_contract())
    assert refusals(evidence) == []
    assert evidence.cautions == ()
    assert len(values(evidence)) == 7


def test_an_empty_template_is_no_delivery(tmp_path: Path) -> None:
    path = write_template(small_contract(), tmp_path / "template.xlsx")
    with pytest.raises(EvidenceError) as raised:
        read_evidence(path, small_contract())
    assert [one.code for one in raised.value.faults] == ["no_rows"]


def test_the_template_has_the_sheets_and_headings_of_the_contract_and_notes(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_template(small_contract(), tmp_path / "template.xlsx"))
    assert book.sheetnames == ["Instructions", "Examples", *HEADINGS, "Notes", "Lists"]
    assert book["Lists"].sheet_state == "hidden"
    for name in HEADINGS:
        assert {cell.value for cell in book[name][1]} == set(HEADINGS[name])
    notes = [tuple(cell.value for cell in row) for row in book["Notes"].iter_rows(min_row=2)]
    assert len(notes) == sum(map(len, HEADINGS.values())) + 1
    assert ("Surveys", "Done", "yes", "The day that this row speaks of", "a date") in notes
    assert any(note[0] == "Meetings" and "'meeting'" in str(note[3]) for note in notes)


def test_excel_checks_lists_dates_and_ranges(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_template(small_contract(), tmp_path / "template.xlsx"))
    rules = {
        (sheet.title, sheet[1][next(iter(rule.sqref.ranges)).min_col - 1].value): rule
        for sheet in book.worksheets
        for rule in sheet.data_validations.dataValidation
    }
    assert rules["Surveys", "Done"].type == "date"
    sdq, attendance = rules["Surveys", "SDQ"], rules["Surveys", "Attendance %"]
    assert (sdq.type, sdq.formula1, sdq.formula2) == ("whole", "0", "40")
    assert attendance.type == "custom"
    assert attendance.formula1 == "IF(ISNUMBER(H2),AND(H2>=0.0,H2<=100.0,ROUND(H2,1)=H2),FALSE)"
    assert "with at most 1 decimal" in attendance.prompt
    lists = {
        rules[place].formula1: [
            row[0].value
            for row in book["Lists"][rules[place].formula1.split("!")[1].replace("$", "")]
        ]
        for place in (("Children", "Borough"), ("Forms", "Consent"), ("Sessions", "Mark"))
    }
    assert list(lists.values()) == [["north", "south"], ["yes", "no"], ["attended", "missed"]]
    assert rules["Children", "School"].type in (None, "none")


def test_the_same_contract_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [write_template(small_contract(), tmp_path / name) for name in ("a.xlsx", "b.xlsx")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_sheet_of_the_contract_may_be_called_notes(tmp_path: Path) -> None:
    text = small_contract().source.decode().replace("  Sessions:", "  Notes:")
    contract = parse_contract(text.encode(), name="small.yaml")
    book = openpyxl.load_workbook(write_template(contract, tmp_path / "template.xlsx"))
    assert book.sheetnames[-3:] == ["Notes", "Notes (impactbond)", "Lists"]


def test_a_template_without_lists_has_no_sheet_for_them(tmp_path: Path) -> None:
    contract = small_contract()
    only = {"Surveys": contract.sheets["Surveys"], "Meetings": contract.sheets["Meetings"]}
    contract = contract.model_copy(update={"sheets": only})
    book = openpyxl.load_workbook(write_template(contract, tmp_path / "template.xlsx"))
    assert book.sheetnames == ["Instructions", "Examples", "Surveys", "Meetings", "Notes"]


def test_a_template_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="cannot be written"):
        write_template(small_contract(), tmp_path / "nowhere" / "template.xlsx")
    text = small_contract().source.decode().replace("  Sessions:", "  Sessions of [all] kinds:")
    with pytest.raises(EvidenceError, match="name that Excel does not take"):
        write_template(parse_contract(text.encode(), name="small.yaml"), tmp_path / "template.xlsx")


def test_the_template_of_the_shipped_contract_can_be_written(tmp_path: Path) -> None:
    contract = read_contract("fixtures/contracts/west_london_zone.yaml")
    book = openpyxl.load_workbook(write_template(contract, tmp_path / "template.xlsx"))
    assert book.sheetnames[2:-2] == list(contract.sheets)
