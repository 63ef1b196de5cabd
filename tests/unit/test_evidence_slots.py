"""A day has a session for each slot: in workbooks, in files where they lie, and in a record."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.evidence_workbooks import CHILDREN, CONTRACT, FEB, MAR, refusals

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.errors import ContractError, EvidenceError
from impactbond.evidence.read import read_evidence
from impactbond.evidence.template import write_template
from impactbond.records.record import write_record
from impactbond.records.regenerate import regenerate
from impactbond.settlement.settle import settle

METRIC = """
  register:
    kind: session
    slots: [AM, PM]
    marks: [/, I, J, J1]
    dated: [{marks: [J], through: 2017-02-28}, {marks: [J1], from: 2017-03-01}]
windows:"""
SHEET = """
  Register:
    columns: {participant: Child, observed_on: Day, recorded_on: Recorded, slot: Half day}
    metrics: {register: Mark, hours: Hours}
"""


def contract(sheet: str = SHEET) -> Contract:
    text = CONTRACT.replace("\nwindows:", METRIC) + sheet
    when = "{share: register, marked: [/, J], in: year, at_least: 1/2}"
    text = text.replace("{observed: consent, in: year}", when)
    return parse_contract(text.encode(), name="slots.yaml")


def test_a_workbook_has_a_session_for_each_slot_and_its_record_is_made_again(
    tmp_path: Path,
) -> None:
    book = openpyxl.load_workbook(write_template(contract(), tmp_path / "template.xlsx"))
    told = {row[1].value: row[4].value for row in book["Notes"].rows if row[0].value == "Register"}
    assert told["Half day"] == "AM, PM"
    assert told["Mark"] == "/, I, J (through 28 February 2017), J1 (from 1 March 2017)"
    book["Children"].append(list(CHILDREN[0]))
    for slot, mark in (("AM", "I"), ("PM", "I"), ("AM", "/")):
        day = FEB if mark == "I" else MAR
        book["Register"].append(["C-1", day, MAR, slot, mark, 2.5])
    book["Register"].append(["C-1", MAR, MAR, "PM", "J", None])
    book["Register"].append(["C-1", MAR, MAR, None, "I", None])
    book["Register"].append(["C-1", MAR, MAR, None, None, 2.5])
    book.save(tmp_path / "filled.xlsx")
    evidence = read_evidence(tmp_path / "filled.xlsx", contract())
    assert refusals(evidence) == [
        ("Register", 5, "Mark", "mark_not_in_force"),
        ("Register", 6, "Half day", "missing_value"),
    ]
    assert [
        (row["metric"], row["slot"], row["observed_on"])
        for row in evidence.observations_table.to_pylist()
        if row["metric"] == "register"
    ] == [("register", "AM", FEB), ("register", "PM", FEB), ("register", "AM", MAR)]
    settlement = settle(contract(), evidence, as_of=date(2018, 4, 30), leave_out_refused=True)
    # Two half days of illness and one present: 1 of 3.
    assert settlement.decisions_table["reason"].to_pylist() == ["not_met"]
    path = write_record(settlement, tmp_path / "slots.record.zip")
    assert regenerate(path).differences == ()


WRONG = {
    ("AM", "AM"): "slot_twice",
    ("AM", None): "missing_value",
    ("AM", "XX"): "unknown_slot",
}


@pytest.mark.parametrize("slots", WRONG)
def test_files_are_refused_whole_for_what_a_row_is_refused_for(
    slots: tuple[str, str | None], tmp_path: Path
) -> None:
    rows = {
        "observation": ["1", "2"],
        "participant": ["C-1", "C-1"],
        "metric": ["register", "register"],
        "value": ["/", "/"],
        "observed_on": [MAR, MAR],
        "recorded_on": [MAR, MAR],
        "slot": list(slots),
    }
    people = pa.table({"participant": ["C-1"], "started_on": [FEB], "recorded_on": [FEB]})
    people = people.append_column("school", pa.array(["Oak"]))
    people = people.append_column("borough", pa.array(["north"]))
    pq.write_table(pa.table(rows), tmp_path / "rows.parquet")
    source = {"participants": people, "observations": tmp_path / "rows.parquet"}
    with pytest.raises(EvidenceError) as caught:
        read_evidence(source, contract())
    assert [fault.code for fault in caught.value.faults] == [WRONG[slots]]
    by_rows = read_evidence(source, contract(), at_rest=False)
    assert set(by_rows.refused_table["code"].to_pylist()) == {WRONG[slots]}


def test_a_metric_without_slots_takes_none(tmp_path: Path) -> None:
    people = {"participant": ["C-1"], "started_on": [FEB], "recorded_on": [FEB]}
    people |= {"school": ["Oak"], "borough": ["north"]}
    row = {"observation": ["1"], "participant": ["C-1"], "metric": ["meeting"], "value": ["yes"]}
    row |= {"observed_on": [MAR], "recorded_on": [MAR], "slot": ["AM"]}
    frames = {"participants": pa.table(people), "observations": pa.table(row)}
    found = read_evidence(frames, contract()).refused_table.to_pylist()
    assert [(one["column"], one["code"]) for one in found] == [("slot", "slot_not_taken")]


SHEETS = {
    "slot: Half day}": ("recorded_on: Recorded}", "column_not_mapped"),
    "{register: Mark, hours: Hours}": ("{hours: Hours}", "slot_unused"),
}


@pytest.mark.parametrize("was", SHEETS)
def test_a_sheet_has_a_column_of_slots_where_its_metrics_have_them(was: str) -> None:
    now, code = SHEETS[was]
    sheet = SHEET.replace(f"recorded_on: Recorded, {was}", now).replace(was, now)
    with pytest.raises(ContractError) as caught:
        contract(sheet)
    assert code in [fault.code for fault in caught.value.faults]


# The terms of this file's contract, of which no sheet is said.
WITHOUT_SHEETS = (CONTRACT.replace("\nwindows:", METRIC)).split("sheets:")[0]
LONG = """
sheets:
  Children:
    holds: participants
    columns: {participant: Child, started_on: Started, recorded_on: Recorded, school: School,
              borough: Borough}
  Export:
    columns: {participant: Who, metric: What, value: Came to, observed_on: Day,
              recorded_on: Known SLOT}
"""


@pytest.mark.parametrize("sheets", ["", LONG.replace(" SLOT", ", slot: Half day")])
def test_the_template_of_one_row_an_observation_has_a_column_for_slots(
    tmp_path: Path, sheets: str
) -> None:
    terms = parse_contract((WITHOUT_SHEETS + sheets).encode(), name="slots.yaml")
    path = write_template(terms, tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(path)
    people, seen = book.worksheets[2:4]
    for sheet, row in [
        (people, {"started_on": FEB, "school": "Elm", "borough": "north"}),
        *((seen, {"metric": "register", "value": "/", "slot": one}) for one in ("AM", "PM")),
        (seen, {"metric": "consent", "value": "yes", "slot": None}),
    ]:
        whole = {"participant": "C-1", "observed_on": MAR, "recorded_on": MAR} | row
        holds = terms.workbook_sheets[sheet.title].columns
        headings = {heading: column for column, heading in holds.items()}
        sheet.append([whole.get(headings[cell.value]) for cell in sheet[1]])
    book.save(path)
    evidence = read_evidence(path, terms)
    assert refusals(evidence) == []
    rows = evidence.observations_table.to_pylist()
    assert sorted((row["metric"], row["slot"]) for row in rows) == [
        ("consent", None),
        ("register", "AM"),
        ("register", "PM"),
    ]


def test_a_long_sheet_of_a_metric_with_slots_needs_their_column() -> None:
    with pytest.raises(ContractError, match="slot"):
        parse_contract((WITHOUT_SHEETS + LONG.replace(" SLOT", "")).encode(), name="slots.yaml")
