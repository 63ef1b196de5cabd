"""Faults in the structure of a delivery: all of them at once, or nothing is read."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from tests.evidence_workbooks import HEADINGS, small_contract, write_book

from impactbond.contract.read import parse_contract
from impactbond.errors import EvidenceError
from impactbond.evidence.read import Source, read_evidence

WITHOUT_SHEETS = small_contract().model_copy(update={"sheets": {}})


def faults(source: Source) -> list[tuple[str, str, str, str]]:
    """File, sheet, column and code of every fault of structure."""
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract())
    return [(one.file, one.sheet, one.column, one.code) for one in raised.value.faults]


def test_all_faults_of_all_sheets_are_told_at_once(tmp_path: Path) -> None:
    headings = {
        "Children": ("Child", "Started", "Left", "From", "Recorded", "school ", "Borough"),
        "Survey": HEADINGS["Surveys"],
        "Forms": (*HEADINGS["Forms"], " Child"),
        "Meetings": (),
        "Sessions": ("Child", "Planned"),
    }
    path = write_book(tmp_path / "wrong.xlsx", {"Children": []}, headings)
    assert faults([path, tmp_path / "none.xlsx"]) == [
        ("none.xlsx", "", "", "no_file"),
        ("wrong.xlsx", "Children", "School", "column_missing"),
        ("wrong.xlsx", "Forms", "Child", "duplicate_heading"),
        ("wrong.xlsx", "Meetings", "", "no_headings"),
        ("wrong.xlsx", "Sessions", "Mark", "column_missing"),
        ("wrong.xlsx", "Sessions", "Recorded", "column_missing"),
        ("wrong.xlsx", "Surveys", "", "sheet_missing"),
    ]


def test_close_headings_and_sheets_are_suggested(tmp_path: Path) -> None:
    headings = {
        **HEADINGS,
        "Children": ("Child", "started", "Left", "From", "Recorded", "School", "Borough"),
    }
    headings["Survey"] = headings.pop("Surveys")
    path = write_book(tmp_path / "wrong.xlsx", {"Children": []}, headings)
    with pytest.raises(EvidenceError, match=r"Did you mean 'started'\?") as raised:
        read_evidence(path, small_contract())
    assert "Did you mean 'Survey'?" in str(raised.value)


def test_headings_that_repeat_outside_the_contract_do_no_harm(tmp_path: Path) -> None:
    headings = HEADINGS | {"Surveys": (*HEADINGS["Surveys"], "Remarks", "Remarks")}
    path = write_book(tmp_path / "evidence.xlsx", {}, headings)
    assert read_evidence(path, small_contract()).refused_table.num_rows == 0


def test_a_delivery_without_any_child_is_no_delivery(tmp_path: Path) -> None:
    path = write_book(tmp_path / "empty.xlsx", {"Children": []})
    assert faults(path) == [("empty.xlsx", "Children", "", "no_rows")]


def test_no_path_at_all_is_told() -> None:
    assert faults([]) == [("", "", "", "no_file")]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("old.xls", b"\xd0\xcf\x11\xe0", "not_xlsx"),
        ("table.csv", b"Child,Started", "not_xlsx"),
        ("macros.xlsm", b"", "macros"),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0 and more", "not_a_workbook"),
        ("text.xlsx", b"hello", "not_a_workbook"),
        ("empty.xlsx", b"", "not_a_workbook"),
    ],
)
def test_what_is_not_a_workbook_is_not_read(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert faults(tmp_path / name) == [(name, "", "", code)]


def test_a_folder_is_no_workbook(tmp_path: Path) -> None:
    assert faults(tmp_path) == [(tmp_path.name, "", "", "no_file")]


def test_macros_are_found_under_another_name(tmp_path: Path) -> None:
    path = write_book(tmp_path / "evidence.xlsx", {})
    with zipfile.ZipFile(path, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"macros")
    assert faults(path) == [("evidence.xlsx", "", "", "macros")]


@pytest.mark.parametrize("lost", ["xl/worksheets/sheet3.xml", "xl/workbook.xml", "_rels/.rels"])
def test_a_damaged_workbook_is_told(tmp_path: Path, lost: str) -> None:
    whole, damaged = write_book(tmp_path / "whole.xlsx", {}), tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(damaged, "w") as kept:
        for name in parts.namelist():
            content = parts.read(name)
            kept.writestr(name, content[: len(content) // 2] if name == lost else content)
    assert {(one[0], one[3]) for one in faults(damaged)} == {("damaged.xlsx", "not_a_workbook")}


def test_a_zip_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    archive = shutil.make_archive(str(tmp_path / "archive"), "zip", tmp_path / "folder")
    shutil.move(archive, tmp_path / "archive.xlsx")
    assert faults(tmp_path / "archive.xlsx") == [("archive.xlsx", "", "", "not_a_workbook")]


def test_a_contract_without_sheets_reads_the_two_evidence_tables_alone(tmp_path: Path) -> None:
    path = write_book(tmp_path / "evidence.xlsx", {})
    with pytest.raises(EvidenceError) as raised:
        read_evidence(path, WITHOUT_SHEETS)
    told = [(one.sheet, one.code) for one in raised.value.faults]
    assert told == [("Observations", "sheet_missing"), ("Participants", "sheet_missing")]


def test_a_sheet_may_deliver_two_columns_under_one_heading(tmp_path: Path) -> None:
    text = small_contract().source.decode().replace("from_on: From", "from_on: Started")
    contract = parse_contract(text.encode(), name="small.yaml")
    evidence = read_evidence(write_book(tmp_path / "evidence.xlsx", {}), contract)
    assert evidence.participants_table["from_on"] == evidence.participants_table["started_on"]


def test_a_title_above_the_headings_is_told_and_what_nobody_sees_in_a_heading_is_read(
    tmp_path: Path,
) -> None:
    rows = {"Surveys": [HEADINGS["Surveys"]]}
    headings = HEADINGS | {"Surveys": ("Surveys of the autumn term",)}
    path = write_book(tmp_path / "title.xlsx", rows, headings)
    with pytest.raises(EvidenceError, match="they seem to stand in row 2") as raised:
        read_evidence(path, small_contract())
    assert [(one.row, one.code) for one in raised.value.faults] == [(1, "headings_below")]
    unseen = tuple(f"{one}\u200b".replace(" ", "\u00a0") for one in HEADINGS["Surveys"])
    path = write_book(tmp_path / "unseen.xlsx", {}, HEADINGS | {"Surveys": unseen})
    assert read_evidence(path, small_contract()).refused_table.num_rows == 0


def test_two_sheets_of_one_name_are_refused(tmp_path: Path) -> None:
    headings = HEADINGS | {"Surveys ": HEADINGS["Surveys"]}
    path = write_book(tmp_path / "twice.xlsx", {}, headings)
    assert faults(path) == [("twice.xlsx", "Surveys", "", "duplicate_sheet")]


def test_a_workbook_with_backslashes_and_other_capitals_in_its_names_is_read(
    tmp_path: Path,
) -> None:
    whole, other = write_book(tmp_path / "whole.xlsx", {}), tmp_path / "other.xlsx"
    with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(other, "w") as kept:
        for name in parts.namelist():
            kept.writestr(name.replace("/", "\\").replace("sheet", "Sheet"), parts.read(name))
    read = read_evidence(other, small_contract())
    assert read.digest == read_evidence(whole, small_contract()).digest
