"""Sheets in long form, one row an observation: a partner's own, and those of a contract that says
nothing of sheets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from tests.evidence_workbooks import CONTRACT, FEB, JAN, MAR, refusals, values, write_book

from impactbond.contract.read import parse_contract
from impactbond.errors import ContractError, EvidenceError, Fault
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.evidence.template import write_template

HEAD, _, _ = CONTRACT.partition("sheets:\n")
PLAIN = parse_contract(HEAD.encode(), name="plain.yaml")
LONG = """sheets:
  Children:
    holds: participants
    columns: {participant: Child, started_on: Started, recorded_on: Recorded, school: School,
              borough: Borough}
  Export:
    columns: {ref: Id, participant: Client, metric: Measure, value: Result, observed_on: Date,
              recorded_on: Entered, replaces: Corrects}
"""
WORDS = "    metrics: {consent: Signed form, sdq: consent, hours: Hours}\n"
# The other metrics of the contract come in a sheet of their own.
OTHERS = """  Others:
    columns: {participant: Client, observed_on: Date, recorded_on: Entered}
    metrics: {agreement: Agreed, meeting: Met, session: Mark, attendance: Attendance}
"""
TABLES = {
    "Participants": ("participant", "started_on", "recorded_on", "school", "borough"),
    "Observations": ("participant", "metric", "value", "observed_on", "recorded_on"),
}
PEOPLE: list[Sequence[object]] = [("C-1", JAN, FEB, "Oak", "north")]
EXPORT = ("Id", "Client", "Measure", "Result", "Date", "Entered", "Corrects")
CHILDREN = ("Child", "Started", "Recorded", "School", "Borough")


def long(more: str = "") -> str:
    """The text of the contract with a sheet in long form."""
    return HEAD + LONG + more


def exported(folder: Path, rows: Sequence[Sequence[object]], more: str = "") -> Evidence:
    """The evidence of a partner's export with these rows."""
    headings = {"Children": CHILDREN, "Export": EXPORT}
    sheets = {"Children": PEOPLE, "Export": rows}
    if "Others" in more:
        headings["Others"] = ("Client", "Date", "Entered", "Agreed", "Met", "Mark", "Attendance")
    path = write_book(folder / "export.xlsx", sheets, headings)
    return read_evidence(path, parse_contract(long(more).encode(), name="long.yaml"))


def plain(
    folder: Path, rows: Sequence[Sequence[object]], *more: str, people: Sequence[object] = ()
) -> Evidence:
    """The evidence of a contract without sheets, with further columns of observations."""
    headings = TABLES | {"Observations": (*TABLES["Observations"], *more)}
    sheets = {"Participants": [*PEOPLE, *([people] if people else [])], "Observations": rows}
    return read_evidence(write_book(folder / "plain.xlsx", sheets, headings), PLAIN)


def faults(text: str) -> list[Fault]:
    with pytest.raises(ContractError) as raised:
        parse_contract(text.encode(), name="long.yaml")
    return list(raised.value.faults)


def test_an_export_in_long_form_is_read_and_a_row_corrects_another(tmp_path: Path) -> None:
    rows = [
        ("1", "C-1", "consent", "yes", FEB, MAR, None),
        ("2", "C-1", "sdq", 17, FEB, MAR, None),
        ("3", "C-1", "sdq", 12, FEB, MAR, "2"),
    ]
    evidence = exported(tmp_path, rows)
    assert refusals(evidence) == []
    found = {
        row["observation"]: (row["metric"], row["value"], row["supersedes"])
        for row in evidence.observations_table.to_pylist()
    }
    # A reference of a sheet is one of that sheet: another export may begin with 1 as well.
    assert found == {
        "Export/1": ("consent", 1, None),
        "Export/2": ("sdq", 17, None),
        "Export/3": ("sdq", 12, "Export/2"),
    }


def test_the_words_of_an_export_stand_for_metrics_and_nothing_else_does(tmp_path: Path) -> None:
    rows = [
        ("1", "C-1", "Signed  form", "yes", FEB, MAR, None),
        ("2", "C-1", "consent", 17, FEB, MAR, None),  # the word that stands for the score
        ("3", "C-1", "sdq", 12, FEB, MAR, None),  # the contract's name, which the export has not
        ("4", "C-1", None, 12, FEB, MAR, None),
        ("5", "C-1", "Hours", None, FEB, MAR, None),
    ]
    evidence = exported(tmp_path, rows, WORDS + OTHERS)
    told = {row["observation"]: row["metric"] for row in evidence.observations_table.to_pylist()}
    assert told == {"Export/1": "consent", "Export/2": "sdq"}
    assert refusals(evidence) == [
        ("Export", 4, "Measure", "unknown_metric"),
        ("Export", 5, "Measure", "missing_value"),
        ("Export", 6, "Result", "missing_value"),
    ]
    (unknown,) = evidence.refused_table.slice(0, 1).to_pylist()
    assert "Signed form, consent, Hours" in unknown["allowed"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("value: Result, ", "", "column_not_mapped"),
        ("metric: Measure, ", "", "column_not_mapped"),
        ("consent: Signed form", "consent: each row", "each_row_in_long_form"),
        ("sdq: consent", "sdq: Hours", "same_word"),
        (", hours: Hours", "", "metric_not_delivered"),
    ],
)
def test_a_sheet_in_long_form_that_cannot_be_read_is_refused(old: str, new: str, code: str) -> None:
    text = long(WORDS + OTHERS)
    assert old in text
    assert [one.code for one in faults(text.replace(old, new))] == [code]


def test_a_metric_of_some_sources_needs_a_source_in_long_form_too() -> None:
    text = long().replace("consent:    {kind: event}", "consent: {kind: event, sources: [school]}")
    (fault,) = faults(text)
    assert (fault.code, fault.clause) == ("source_not_mapped", "sheets > Export > columns")


def test_without_sheets_columns_that_are_not_needed_may_be_left_out(tmp_path: Path) -> None:
    evidence = plain(tmp_path, [("C-1", "consent", "yes", FEB, MAR)])
    assert refusals(evidence) == []
    assert [one[1:] for one in values(evidence)] == [("C-1", 1, "recorded")]


def test_without_sheets_references_are_as_in_frames(tmp_path: Path) -> None:
    rows = [
        ("C-1", "sdq", 17, FEB, MAR, "a", None, None),
        ("C-1", "sdq", 12, FEB, MAR, "b", "a", "disputed"),
    ]
    evidence = plain(tmp_path, rows, "observation", "supersedes", "status")
    assert values(evidence) == [("a", "C-1", 17, "recorded"), ("b", "C-1", 12, "disputed")]


@pytest.mark.parametrize("written", ["supercedes", "Status", "Supersedes"])
def test_without_sheets_a_heading_that_may_be_a_slip_is_told(tmp_path: Path, written: str) -> None:
    # Read past, a withdrawal would be lost.
    with pytest.raises(EvidenceError, match="Did you mean") as raised:
        plain(tmp_path, [("C-1", "consent", "yes", FEB, MAR, None)], written)
    (fault,) = raised.value.faults
    assert (fault.file, fault.sheet, fault.code) == ("plain.xlsx", "Observations", "column_missing")


def test_without_sheets_a_row_above_the_headings_is_told(tmp_path: Path) -> None:
    headings = {"Participants": TABLES["Participants"], "Observations": ("All our rows",)}
    rows = [TABLES["Observations"], ("C-1", "consent", "yes", FEB, MAR)]
    path = write_book(tmp_path / "e.xlsx", {"Participants": PEOPLE, "Observations": rows}, headings)
    with pytest.raises(EvidenceError, match="they seem to stand in row 2"):
        read_evidence(path, PLAIN)


def test_without_sheets_two_columns_of_one_heading_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as raised:
        plain(tmp_path, [("C-1", "consent", "yes", FEB, MAR, "no")], "value")
    assert [one.code for one in raised.value.faults] == ["duplicate_heading"]


def test_the_template_without_sheets_offers_the_metrics_and_says_what_each_takes(
    tmp_path: Path,
) -> None:
    book = openpyxl.load_workbook(write_template(PLAIN, tmp_path / "template.xlsx"))
    own = ["Participants", "Observations"]
    assert book.sheetnames == ["Instructions", "Examples", *own, "Notes", "Lists"]
    notes = [tuple(cell.value for cell in row) for row in book["Notes"].iter_rows(min_row=2)]
    told = {str(note[3]): note[4] for note in notes if note[:2] == ("Observations", "value")}
    assert told["Where the metric is 'session'"] == "attended, missed"
    lists = {tuple(cell.value for cell in column if cell.value) for column in book["Lists"].columns}
    assert tuple(PLAIN.metrics) in lists
