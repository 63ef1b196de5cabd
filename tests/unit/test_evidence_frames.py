"""Evidence in frames: every kind reads the same, and comes back as it went in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.evidence_workbooks import FEB, JAN, MAR, read_book, refusals, small_contract, values

from impactbond.errors import EvidenceError
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence

PEOPLE: dict[str, list[Any]] = {
    "participant": ["C-1", "C-2"],
    "started_on": [JAN, JAN],
    "recorded_on": [FEB, FEB],
    "left_on": [None, MAR],
    "school": ["Oak", "Elm"],
    "borough": ["north", "south"],
}
SEEN: dict[str, list[Any]] = {
    "observation": ["R1/sdq", "R1/hours", "R1/consent", "R2", "R3", "R4", "R5", "R6"],
    "participant": ["C-1", "C-1", "C-1", "C-2", "C-1", "C-1", "C-9", "C-1"],
    "metric": ["sdq", "hours", "consent", "session", "attendance", "sdq", "sdq", "sdq"],
    "value": ["17", "2.50", "yes", "missed", "91.5", "many", "7", None],
    "observed_on": [FEB, FEB, FEB, FEB, FEB, JAN, FEB, FEB],
    "recorded_on": [MAR, MAR, MAR, MAR, MAR, MAR, MAR, MAR],
    "supersedes": [None, None, None, None, None, None, None, "R1/sdq"],
    "status": [None, "recorded", None, None, None, None, None, "withdrawn"],
}
KINDS: dict[str, tuple[type, Callable[[dict[str, list[Any]]], Any]]] = {
    "pandas": (pd.DataFrame, pd.DataFrame),
    "polars": (pl.DataFrame, pl.DataFrame),
    "pyarrow": (pa.Table, pa.table),
}


def frames(
    make: Callable[[dict[str, list[Any]]], Any] = pa.table, **changed: list[Any]
) -> Evidence:
    source = {"participants": make(PEOPLE), "observations": make(SEEN | changed)}
    return read_evidence(source, small_contract())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_frame_gives_the_same_evidence_and_comes_back_as_its_kind(kind: str) -> None:
    frame, make = KINDS[kind]
    evidence, expected = frames(make), frames()
    assert evidence.participants_table == expected.participants_table
    assert evidence.observations_table == expected.observations_table
    assert evidence.refused_table == expected.refused_table
    assert evidence.digest == expected.digest
    assert evidence.kind == kind
    for given in (evidence.participants, evidence.observations, evidence.refused):
        assert isinstance(given, frame)


def test_a_frame_says_what_a_sheet_says() -> None:
    evidence = frames()
    assert values(evidence) == [
        ("R1/consent", "C-1", 1, "recorded"),
        ("R1/hours", "C-1", 250, "recorded"),
        ("R1/sdq", "C-1", 17, "recorded"),
        ("R2", "C-2", 1, "recorded"),
        ("R3", "C-1", 915, "recorded"),
        ("R6", "C-1", 0, "withdrawn"),
    ]
    assert refusals(evidence) == [
        ("observations", 6, "value", "text_in_number"),
        ("observations", 7, "participant", "unknown_participant"),
    ]


def test_a_workbook_and_frames_of_the_same_rows_have_one_digest(tmp_path: Path) -> None:
    rows = [["R1", "C-1", FEB, MAR, None, 17, 2.5, 91.5]]
    book = read_book(tmp_path, {"Surveys": rows})
    seen = {
        "observation": ["R1/sdq", "R1/hours", "R1/attendance"],
        "participant": ["C-1"] * 3,
        "metric": ["sdq", "hours", "attendance"],
        "value": [17, 2.5, 91.5],
        "observed_on": [FEB] * 3,
        "recorded_on": [MAR] * 3,
    }
    people = PEOPLE | {"left_on": [None, None]}
    source = {"participants": pd.DataFrame(people), "observations": pd.DataFrame(seen)}
    assert read_evidence(source, small_contract()).digest == book.digest
    assert isinstance(book.observations, pd.DataFrame)


def test_numbers_of_every_sort_are_read_exactly() -> None:
    numbers = [7, 7.0, Decimal("7.00"), np.int64(7), np.float64(7), "7", np.nan, 0.1 + 0.2]
    seen = pd.DataFrame(
        {
            "participant": "C-1",
            "metric": "hours",
            "value": pd.Series(numbers, dtype=object),
            "observed_on": pd.to_datetime([f"2017-02-0{day}" for day in range(1, 9)]),
            "recorded_on": datetime(2017, 3, 31, 18, 0),
        }
    )
    source = {"participants": pd.DataFrame(PEOPLE), "observations": seen}
    evidence = read_evidence(source, small_contract())
    assert evidence.observations_table["value"].to_pylist() == [700] * 6
    assert evidence.observations_table["recorded_on"].to_pylist() == [MAR] * 6
    assert refusals(evidence) == [
        ("observations", 7, "value", "missing_value"),
        ("observations", 8, "value", "too_many_decimals"),
    ]


def test_what_no_column_can_hold_is_refused() -> None:
    seen = pd.DataFrame(SEEN | {"value": [[7], {"a": 7}, *SEEN["value"][2:]]})
    source = {"participants": pd.DataFrame(PEOPLE), "observations": seen}
    found = refusals(read_evidence(source, small_contract()))
    assert found[:2] == [("observations", row, "value", "text_in_number") for row in (1, 2)]


@pytest.mark.parametrize(
    ("changed", "code", "column"),
    [
        ({"metric": ["mood", *SEEN["metric"][1:]]}, "unknown_metric", "metric"),
        ({"metric": [None, *SEEN["metric"][1:]]}, "missing_value", "metric"),
        ({"status": ["lost", *SEEN["status"][1:]]}, "unknown_value", "status"),
        ({"value": [float("inf")] + [None] * 7}, "out_of_range", "value"),
        ({"value": [Decimal("1e99")] + [None] * 7}, "out_of_range", "value"),
        ({"value": ["", *SEEN["value"][1:]]}, "missing_value", "value"),
        ({"supersedes": ["R0", *[None] * 7]}, "unknown_replaced", "supersedes"),
        ({"supersedes": ["R1/sdq", *[None] * 7]}, "replaces_itself", "supersedes"),
        (
            {"observation": ["R1/sdq", "R1/sdq", *SEEN["observation"][2:]]},
            "reference_reused",
            "observation",
        ),
    ],
)
def test_faults_that_only_frames_have(
    changed: dict[str, list[Any]], code: str, column: str
) -> None:
    source = {"participants": pd.DataFrame(PEOPLE), "observations": pd.DataFrame(SEEN | changed)}
    assert ("observations", 1, column, code) in refusals(read_evidence(source, small_contract()))


def test_file_sheet_and_row_are_kept_when_a_frame_has_them() -> None:
    places: dict[str, list[Any]] = {
        "file": ["b.xlsx"] * 4 + ["a.xlsx"] * 4,
        "sheet": ["S"] * 8,
        "row": list(range(10, 18)),
    }
    evidence = frames(pa.table, **places)
    assert refusals(evidence) == [
        ("S", 15, "value", "text_in_number"),
        ("S", 16, "participant", "unknown_participant"),
    ]
    assert set(evidence.observations_table["file"].to_pylist()) == {"a.xlsx", "b.xlsx"}


def test_frames_whose_columns_have_numbers_for_names_are_told_so() -> None:
    nameless = pd.DataFrame([["C-1", JAN, FEB]])
    with pytest.raises(EvidenceError) as raised:
        read_evidence({"participants": nameless, "observations": nameless}, small_contract())
    assert {fault.code for fault in raised.value.faults} == {"column_missing"}
    columns = [fault.column for fault in raised.value.faults if fault.sheet == "observations"]
    assert columns == ["metric", "observed_on", "participant", "recorded_on", "value"]


def test_a_column_with_a_number_for_a_name_stands_beside_those_that_are_read() -> None:
    people = pd.DataFrame(PEOPLE | {0: ["spare", "spare"]})  # type: ignore[arg-type]
    source = {"participants": people, "observations": pd.DataFrame(SEEN)}
    assert read_evidence(source, small_contract()).digest == frames().digest


def test_lazy_frames_and_relations_are_collected() -> None:
    source = {"participants": pl.LazyFrame(PEOPLE), "observations": pl.LazyFrame(SEEN)}
    assert read_evidence(source, small_contract()).digest == frames().digest
    people, seen = pa.table(PEOPLE), pa.table(SEEN)
    with duckdb.connect() as connection:
        relations = {
            "participants": connection.from_arrow(people),
            "observations": connection.from_arrow(seen),
        }
        assert read_evidence(relations, small_contract()).digest == frames().digest


def test_all_structural_faults_of_both_frames_are_told_at_once() -> None:
    people = pa.table(PEOPLE).rename_columns(
        ["participant", "startd_on", "recorded_on", "left_on", "school", "borough"]
    )
    seen = pa.table(SEEN).drop_columns(["value", "metric"])
    with pytest.raises(EvidenceError, match=r"Did you mean 'startd_on'\?") as raised:
        read_evidence(
            {"participants": people, "observations": seen, "cohorts": seen}, small_contract()
        )
    assert [(one.sheet, one.column, one.code) for one in raised.value.faults] == [
        ("", "", "unknown_table"),
        ("observations", "metric", "column_missing"),
        ("observations", "value", "column_missing"),
        ("participants", "started_on", "column_missing"),
    ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"participants": pa.table(PEOPLE)}, "sheet_missing"),
        ({"participants": pa.table(PEOPLE), "observations": [1, 2]}, "not_a_frame"),
        ({"participants": pa.table(PEOPLE).slice(0, 0), "observations": pa.table(SEEN)}, "no_rows"),
    ],
)
def test_what_is_no_pair_of_frames_is_not_read(source: dict[str, Any], code: str) -> None:
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract())
    assert [one.code for one in raised.value.faults] == [code]


def test_children_of_whom_nothing_is_observed_are_evidence() -> None:
    source = {"participants": pa.table(PEOPLE), "observations": pa.table(SEEN).slice(0, 0)}
    evidence = read_evidence(source, small_contract())
    assert (evidence.participants_table.num_rows, evidence.observations_table.num_rows) == (2, 0)
    assert evidence.known_on(date(2017, 1, 1)).participants_table.num_rows == 0


def test_a_list_of_one_value_is_no_value_in_any_frame() -> None:
    one_each = {**SEEN, "value": [["yes"]] * len(SEEN["value"])}
    for frame in (pa.table(one_each), pa.table(one_each).to_pandas(), pl.DataFrame(one_each)):
        read = read_evidence(
            {"participants": pd.DataFrame(PEOPLE), "observations": frame}, small_contract()
        )
        # R6 withdraws an earlier row, and needs no value for that.
        assert read.observations_table["observation"].to_pylist() == ["R6"]
