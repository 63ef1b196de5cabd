"""Quantities, states, sources and disputes as they are delivered, in frames and in workbooks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.errors import EvidenceError
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.evidence.template import write_template

DAY = date(2017, 2, 1)
TERMS = """
metrics:
  earned: {kind: quantity, unit: pounds, decimals: 2, sources: [HMRC, payslip]}
  beds:   {kind: quantity}
  work:   {kind: state, states: [none, full time]}
sheets:
  Children: {holds: participants, columns: {participant: Child, started_on: Start,
    recorded_on: Recorded, school: School, borough: Borough}}
  Work:
    columns: {participant: Child, observed_on: Day, recorded_on: Recorded, source: Source,
      status: Status, ref: Ref, replaces: Replaces}
    metrics: {earned: Pay, beds: Beds, work: Work}
  Rest:
    columns: {participant: Child, observed_on: Day, recorded_on: Recorded}
    metrics: {consent: C, agreement: A, assessed: S, meeting: M, session: N, sdq: Q, reading: R,
      attendance: T}
"""
PEOPLE = {
    "participant": ["c1"],
    "started_on": [DAY],
    "recorded_on": [DAY],
    "school": ["Elm"],
    "borough": ["north"],
}


def read(metric: str, value: object, **more: Any) -> Evidence:
    """The evidence of one row."""
    row = {"participant": "c1", "metric": metric, "value": value, "source": "HMRC", **more}
    seen = pd.DataFrame([{**row, "observed_on": DAY, "recorded_on": DAY}], dtype="object")
    return read_evidence(
        {"participants": pd.DataFrame(PEOPLE, dtype="object"), "observations": seen},
        contract_of(TERMS),
    )


@pytest.mark.parametrize(
    ("metric", "value", "held"),
    [
        ("earned", "768.50", 76850),
        ("earned", 0, 0),
        ("beds", 14, 14),
        ("work", "none", 0),
        ("work", "full time", 1),
    ],
)
def test_quantities_and_states_are_held_as_whole_numbers(
    metric: str, value: object, held: int
) -> None:
    assert read(metric, value).observations_table["value"].to_pylist() == [held]


@pytest.mark.parametrize(
    ("metric", "value", "code", "allowed"),
    [
        ("earned", "-0.01", "out_of_range", "a number of 0 or more with at most 2 decimals"),
        ("earned", "0.001", "too_many_decimals", "a number of 0 or more with at most 2 decimals"),
        ("earned", "some", "text_in_number", "a number of 0 or more with at most 2 decimals"),
        ("beds", "1.5", "too_many_decimals", "a whole number of 0 or more"),
        ("beds", 2**30, "out_of_range", "a whole number of 0 or more"),
        ("work", "part time", "unknown_state", "none, full time"),
    ],
)
def test_a_quantity_or_state_that_cannot_be_is_refused(
    metric: str, value: object, code: str, allowed: str
) -> None:
    (row,) = read(metric, value).refused_table.to_pylist()
    assert (row["code"], row["allowed"], row["column"]) == (code, allowed, "value")
    assert str(value) not in row["problem"]


@pytest.mark.parametrize("value", ["1.500", "-1.500", "999.000", "01.500", "1.230"])
def test_a_text_that_may_be_of_thousands_is_refused_at_every_door(value: str) -> None:
    """Where a metric has thousands: 1.500 is fifteen hundred in half of the world."""
    (row,) = read("earned", value).refused_table.to_pylist()
    assert (row["code"], row["column"]) == ("may_be_thousands", "value")
    row = {"participant": "c1", "metric": "earned", "value": value, "source": "HMRC"}
    row |= {"observation": "R1", "observed_on": DAY, "recorded_on": DAY}
    tables = {"participants": pd.DataFrame(PEOPLE), "observations": pd.DataFrame([row])}
    with pytest.raises(EvidenceError) as caught:
        read_evidence(tables, contract_of(TERMS), at_rest=True)
    assert [one.code for one in caught.value.faults] == ["may_be_thousands"]


@pytest.mark.parametrize(
    ("metric", "value", "held"),
    [
        ("earned", "1500", 150000),
        ("earned", "1.5", 150),
        ("earned", "1.5000", 150),
        ("earned", "0.500", 50),
        ("earned", "1000.000", 100000),
        ("earned", 1.500, 150),
        ("earned", Decimal("1.500"), 150),
        ("sdq", "12.000", 12),  # at most 40: no thousands can be meant
        ("attendance", "91.500", 915),
    ],
)
def test_what_can_be_read_in_one_way_alone_is_read(metric: str, value: object, held: int) -> None:
    for at_rest in (False, True):
        row = {"participant": "c1", "metric": metric, "value": value, "source": "HMRC"}
        row |= {"observation": "R1", "observed_on": DAY, "recorded_on": DAY}
        seen = pd.DataFrame([row])
        tables = {"participants": pd.DataFrame(PEOPLE), "observations": seen}
        found = read_evidence(tables, contract_of(TERMS), at_rest=at_rest)
        assert found.observations_table["value"].to_pylist() == [held]


@pytest.mark.parametrize("source", [None, "a neighbour", "hmrc"])
def test_only_the_sources_that_the_contract_names_are_believed(source: str | None) -> None:
    evidence = read("earned", "1", source=source)
    (row,) = evidence.refused_table.to_pylist()
    assert (row["code"], row["column"]) == ("source_not_accepted", "source")
    assert row["allowed"] == "HMRC, payslip"
    assert not evidence.observations_table.num_rows
    assert read("beds", "1", source=source).observations_table.num_rows == 1


def test_a_row_is_in_dispute_where_it_says_so_and_nowhere_else() -> None:
    assert read("beds", 1, status="disputed").observations_table["status"].to_pylist() == [
        "disputed"
    ]
    (row,) = read("beds", 1, status="doubtful").refused_table.to_pylist()
    assert (row["code"], row["allowed"]) == ("unknown_value", "recorded, disputed, withdrawn")


def test_a_template_takes_quantities_states_sources_and_disputes(tmp_path: Path) -> None:
    contract = contract_of(TERMS)
    path = write_template(contract, tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(path)
    headings = [cell.value for cell in book["Work"][1]]
    assert headings == [
        "Child",
        "Day",
        "Recorded",
        "Source",
        "Status",
        "Ref",
        "Replaces",
        "Pay",
        "Beds",
        "Work",
    ]
    notes = {
        (row[0].value, row[1].value): row[4].value for row in book["Notes"].iter_rows(min_row=2)
    }
    assert notes["Work", "Pay"] == "a number of 0 or more with at most 2 decimals"
    assert notes["Work", "Work"] == "none, full time"
    assert notes["Work", "Status"] == "recorded, disputed, withdrawn"
    book["Children"].append(["c1", DAY, DAY, "Elm", "north"])
    book["Work"].append(["c1", DAY, DAY, "HMRC", None, "1", None, 100.5, 3, "none"])
    book["Work"].append(["c1", DAY, DAY, "HMRC", "disputed", "2", "1", 90, 3, "none"])
    # Of this row the pay is refused, and what it says of work is not.
    book["Work"].append(["c1", DAY, DAY, "a friend", None, "3", None, 7, None, "full time"])
    book.save(path)
    evidence = read_evidence(path, contract)
    held = [
        (row["metric"], row["value"], row["status"])
        for row in evidence.observations_table.to_pylist()
    ]
    assert sorted(held) == [
        ("beds", 3, "disputed"),
        ("beds", 3, "recorded"),
        ("earned", 9000, "disputed"),
        ("earned", 10050, "recorded"),
        ("work", 0, "disputed"),
        ("work", 0, "recorded"),
        ("work", 1, "recorded"),
    ]
    refused = [(row["row"], row["column"]) for row in evidence.refused_table.to_pylist()]
    assert refused == [(4, "Source")]
