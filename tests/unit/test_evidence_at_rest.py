"""Evidence that stays where it is: read, checked and settled as evidence in memory is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from tests.evidence_workbooks import FEB, JAN, MAR, small_contract
from tests.spark import spark_session

from impactbond.errors import EvidenceError
from impactbond.evidence import external_checks, repeated_hashes
from impactbond.evidence.evidence import Evidence, ExternalEvidence
from impactbond.evidence.read import read_evidence
from impactbond.explanation.explain import explain
from impactbond.settlement.settle import settle

PEOPLE = {
    "participant": ["C-1", "C-2"],
    "started_on": [JAN, JAN],
    "recorded_on": [FEB, FEB],
    "left_on": [None, MAR],
    "school": ["Oak", "O'Elm"],
    "borough": ["north", "south"],
}
SEEN = {
    "observation": ["R1/sdq", "R1/hours", "R1/consent", "R2", "R3", "R4", "R5"],
    "participant": ["C-1", "C-1", "C-1", "C-2", "C-1", "C-1", "C-1"],
    "metric": ["sdq", "hours", "consent", "session", "attendance", "sdq", "sdq"],
    "value": ["17", "-2.50", "Yes", "missed", "91.5", "0.0", None],
    "observed_on": [FEB, FEB, FEB, FEB, FEB, JAN, FEB],
    "recorded_on": [MAR, MAR, MAR, MAR, MAR, MAR, MAR],
    "supersedes": [None, None, None, None, None, None, "R1/sdq"],
    "status": [None, "recorded", None, None, None, None, "withdrawn"],
    "source": [None, "a form", None, None, None, None, None],
}
Tables = dict[str, Any]
TABLES = ("decisions", "lines", "shares", "payments", "balances")


def tables(**changed: list[Any]) -> Tables:
    return {"participants": pa.table(PEOPLE), "observations": pa.table(SEEN | changed)}


def as_parquet(given: Tables, folder: Path) -> Tables:
    for name, table in given.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return {name: folder / f"{name}.parquet" for name in given}


def as_folders(given: Tables, folder: Path) -> Tables:
    for name, table in given.items():
        (folder / name / "more").mkdir(parents=True)
        pq.write_table(table.slice(1), folder / name / "more" / "b.parquet", row_group_size=2)
        pq.write_table(table.slice(0, 1), folder / name / "a.parquet")
    return {name: str(folder / name) for name in given}


def as_csv(given: Tables, folder: Path) -> Tables:
    for name, table in given.items():
        pyarrow.csv.write_csv(table, folder / f"{name}-1.csv")
    return {name: str(folder / f"{name}-*.csv") for name in given}


def as_relations(given: Tables, folder: Path) -> Tables:
    connection = duckdb.connect(str(folder / "own.db"))
    for name, table in given.items():
        connection.register(f"{name}_arrow", table)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_arrow")
    return {name: connection.table(name) for name in given}


def as_spark(given: Tables, folder: Path) -> Tables:
    session = spark_session()
    return {name: session.createDataFrame(table) for name, table in given.items()}


KINDS: dict[str, Callable[[Tables, Path], Tables]] = {
    "Parquet files": as_parquet,
    "folders of Parquet": as_folders,
    "patterns of CSV": as_csv,
    "lists of files": lambda given, folder: {
        name: [path] for name, path in as_parquet(given, folder).items()
    },
    "Arrow": lambda given, folder: given,
    "pandas": lambda given, folder: {name: one.to_pandas() for name, one in given.items()},
    "Polars": lambda given, folder: {name: pl.from_arrow(one) for name, one in given.items()},
    "lazy Polars": lambda given, folder: {
        name: pl.from_arrow(one).lazy() for name, one in given.items()
    },
    "relations": as_relations,
    "Spark": as_spark,
}


def said(evidence: Evidence) -> list[Any]:
    """What evidence says, apart from where it stands."""
    place = ["file", "sheet", "row"]
    found = (evidence.participants_table, evidence.observations_table)
    return [table.drop_columns(place).to_pylist() for table in found]


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_what_stays_where_it_is_says_and_settles_the_same_as_in_memory(
    kind: str, tmp_path: Path
) -> None:
    contract = small_contract()
    expected = read_evidence(tables(), contract)
    assert expected.refused_table.num_rows == 0
    evidence = read_evidence(KINDS[kind](tables(), tmp_path), contract, at_rest=True)
    assert isinstance(evidence, ExternalEvidence)
    assert said(evidence) == said(expected)
    assert evidence.digest == expected.digest
    assert repr(evidence) == repr(expected)
    one, other = (settle(contract, each, as_of="2018-12-31") for each in (evidence, expected))
    for name in TABLES:
        assert getattr(one, f"{name}_table") == getattr(other, f"{name}_table")
    assert said(evidence.about("C-1")) == said(expected.about("C-1"))
    known = evidence.known_on(FEB), expected.known_on(FEB)
    assert said(known[0]) == said(known[1])


def test_numbers_answers_and_times_are_read_as_frames_hold_them(tmp_path: Path) -> None:
    table = pa.table(
        {
            "observation": ["a", "b", "c"],
            "participant": ["C-1"] * 3,
            "metric": ["hours", "attendance", "consent"],
            "value": pa.array([2.5, 91.0, 1.0]),
            "observed_on": pa.array([datetime(2017, 2, 28, 17)] * 3, pa.timestamp("us")),
            "recorded_on": ["2017-03-31"] * 3,
        }
    )
    source = {"participants": pa.table(PEOPLE), "observations": table}
    evidence = read_evidence(source, small_contract(), at_rest=True)
    assert said(evidence) == said(read_evidence(source, small_contract()))


def test_files_can_be_read_row_by_row_and_frames_stay_only_when_asked(tmp_path: Path) -> None:
    contract, files = small_contract(), as_parquet(tables(), tmp_path)
    evidence = read_evidence(files, contract, at_rest=False)
    assert type(evidence) is Evidence
    assert said(evidence) == said(read_evidence(tables(), contract))
    assert evidence.observations_table["file"].to_pylist()[0] == "observations.parquet"
    assert type(read_evidence(tables(), contract)) is Evidence
    assert type(read_evidence(files, contract)) is ExternalEvidence


def test_rows_are_told_by_file_and_number(tmp_path: Path) -> None:
    evidence = read_evidence(as_folders(tables(), tmp_path), small_contract())
    rows = evidence.observations_table.to_pylist()
    places = {row["observation"]: (row["file"], row["row"]) for row in rows}
    assert places["R1/sdq"] == ("a.parquet", 1)
    assert places["R1/hours"] == ("b.parquet", 1)


@pytest.mark.parametrize("kind", ["patterns of CSV", "Arrow"])
def test_rows_whose_number_nobody_knows_are_told_by_their_reference(
    kind: str, tmp_path: Path
) -> None:
    put_right = tables(
        metric=["sdq", "hours", "consent", "session", "consent", "sdq", "sdq"],
        value=["17", "-2.50", "yes", "missed", "yes", "0.0", None],
        supersedes=[None, None, None, None, "R1/consent", None, "R1/sdq"],
    )
    contract = small_contract()
    evidence = read_evidence(KINDS[kind](put_right, tmp_path), contract, at_rest=True)
    settlement = settle(contract, evidence, as_of="2018-12-31")
    told = explain(settlement, participant="C-1").text
    assert "\n        yes, observed 2017-02-28, recorded 2017-03-31, ref R3, replaces row" in told
    assert "left aside, replaced by row R3: consent in " in told
    assert told.count("row R1/consent") == 2
    assert "row 0" not in told


@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        ("Arrow", pa.Table),
        ("Polars", pl.DataFrame),
        ("lazy Polars", pl.LazyFrame),
        ("relations", duckdb.DuckDBPyRelation),
    ],
)
def test_out_comes_the_kind_that_went_in(kind: str, frame: type, tmp_path: Path) -> None:
    evidence = read_evidence(KINDS[kind](tables(), tmp_path), small_contract(), at_rest=True)
    settlement = settle(small_contract(), evidence, as_of="2018-12-31")
    assert isinstance(settlement.schedule, frame)
    assert isinstance(settlement.decisions, frame)
    assert isinstance(evidence.observations, frame)


def changed(name: str, place: int, value: Any) -> dict[str, list[Any]]:
    column = list(SEEN[name])
    column[place] = value
    return {name: column}


FAULTY: list[tuple[dict[str, list[Any]], str, str, int]] = [
    (changed("observation", 1, None), "observation", "missing_value", 2),
    (changed("observation", 1, "R2"), "observation", "reference_repeated", 2),
    (changed("participant", 3, "zebedee"), "participant", "unknown_participant", 4),
    (changed("participant", 3, " C-2"), "participant", "spaces_around", 4),
    (changed("metric", 2, "zebedee"), "metric", "unknown_metric", 3),
    (changed("metric", 2, ""), "metric", "missing_value", 3),
    (changed("value", 0, "zebedee"), "value", "text_in_number", 1),
    (changed("value", 0, "17."), "value", "text_in_number", 1),
    (changed("value", 0, "17.5"), "value", "text_in_number", 1),
    (changed("value", 0, "9" * 40), "value", "text_in_number", 1),
    (changed("value", 0, "41"), "value", "out_of_range", 1),
    (changed("value", 2, "zebedee"), "value", "not_yes_or_no", 3),
    (changed("value", 3, "zebedee"), "value", "unknown_mark", 4),
    (changed("value", 4, None), "value", "missing_value", 5),
    (changed("status", 4, "zebedee"), "status", "unknown_value", 5),
    (changed("observed_on", 0, date(2017, 4, 1)), "recorded_on", "recorded_before_observed", 1),
    (changed("observed_on", 0, date(1969, 1, 1)), "observed_on", "date_outside", 1),
    (changed("supersedes", 0, "zebedee"), "supersedes", "unknown_replaced", 1),
    (changed("supersedes", 0, "R5"), "supersedes", "replaces_itself", 1),
    (changed("observation", 1, "=R1"), "observation", "formula_as_text", 2),
    (changed("observation", 1, "#REF!"), "observation", "error_value", 2),
    (changed("observation", 1, "1\u200b"), "observation", "spaces_around", 2),
    (changed("observation", 1, "R 1  b"), "observation", "spaces_around", 2),
    (changed("observation", 1, "R1\x07"), "observation", "spaces_around", 2),
    (changed("source", 1, "a  form"), "source", "spaces_around", 2),
    (changed("source", 1, "=form"), "source", "formula_as_text", 2),
    (changed("supersedes", 6, "R1/sdq "), "supersedes", "spaces_around", 7),
    (changed("status", 1, " recorded"), "status", "unknown_value", 2),
    (changed("recorded_on", 0, None), "recorded_on", "missing_value", 1),
    ({"supersedes": [None, None, None, "R3", "R4", "R2", "R1/sdq"]},
     "supersedes", "replaces_itself", 4),
    (changed("observed_on", 5, FEB) | changed("status", 6, None) | changed("value", 6, "3"),
     "value", "contradictory_values", 6),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "column", "code", "row"), FAULTY)
def test_one_fault_refuses_everything_and_says_where(
    wrong: dict[str, list[Any]], column: str, code: str, row: int, tmp_path: Path
) -> None:
    files = as_parquet(tables(**wrong), tmp_path)
    with pytest.raises(EvidenceError) as raised:
        read_evidence(files, small_contract())
    assert [(one.column, one.code, one.row) for one in raised.value.faults] == [(column, code, row)]
    assert raised.value.faults[0].file == "observations.parquet"
    assert "zebedee" not in str(raised.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        changed("observation", 1, "R2"),
        changed("supersedes", 0, "R5"),
        changed("observed_on", 5, FEB) | changed("status", 6, None) | changed("value", 6, "3"),
    ],
)
def test_rows_that_are_compared_part_by_part_are_compared_with_all(
    wrong: dict[str, list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated_hashes, "MOST_IN_MEMORY", 16)
    monkeypatch.setattr(external_checks, "ROWS_AT_ONCE", 2)
    expected = [one[1:] for one in FAULTY if one[0] == wrong]
    found = []
    try:
        read_evidence(as_parquet(tables(**wrong), tmp_path), small_contract())
    except EvidenceError as error:
        found = [(one.column, one.code, one.row) for one in error.faults]
    assert found == expected


def test_dates_as_texts_are_not_guessed_at(tmp_path: Path) -> None:
    days = ["2017-02-28"] * 5 + ["31/01/2017", "2017-02-31"]
    with pytest.raises(EvidenceError, match="not a date") as raised:
        read_evidence(as_parquet(tables(observed_on=days), tmp_path), small_contract())
    assert raised.value.faults[0].found == "2 rows, of which this is the first"


@pytest.mark.parametrize(
    ("column", "values", "code"),
    [
        ("borough", ["north", "zebedee"], "unknown_value"),
        ("participant", ["C-1", "C-1"], "participant_repeated"),
        ("participant", ["C-1", None], "missing_value"),
        ("left_on", [None, date(2017, 1, 1)], "left_before_start"),
    ],
)
def test_a_faulty_participant_refuses_everything(
    column: str, values: list[Any], code: str, tmp_path: Path
) -> None:
    source = {"participants": pa.table(PEOPLE | {column: values}), "observations": pa.table(SEEN)}
    with pytest.raises(EvidenceError) as raised:
        read_evidence(as_parquet(source, tmp_path), small_contract())
    assert [one.code for one in raised.value.faults] == [code]
    assert "zebedee" not in str(raised.value)


def structure(tmp_path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    good, path = tables(), tmp_path / "observations.parquet"
    yield {"participants": good["participants"], "observations": tmp_path / "none"}, "no_files"
    yield good | {"observations": str(tmp_path / "*.txt")}, "no_files"
    yield good | {"observations": 5}, "not_a_frame"
    yield {"participants": good["participants"]}, "unknown_table"
    pq.write_table(good["observations"].drop_columns(["observation"]), path)
    yield good | {"observations": path}, "column_missing"
    yield good | {"observations": pa.table(SEEN | {"observed_on": [1] * 7})}, "not_a_date"
    yield good | {"participants": good["participants"].slice(2)}, "no_rows"


def test_what_is_no_table_of_evidence_is_refused(tmp_path: Path) -> None:
    for source, code in structure(tmp_path):
        with pytest.raises(EvidenceError) as raised:
            read_evidence(source, small_contract(), at_rest=True)
        assert {one.code for one in raised.value.faults} == {code}


def test_values_as_held_must_be_whole_numbers() -> None:
    contract = small_contract()
    held = read_evidence(tables(), contract)
    source = {"participants": pa.table(PEOPLE), "observations": held.observations_table}
    again = read_evidence(source, contract, at_rest=True, values="as held")
    assert said(again) == said(held)
    with pytest.raises(EvidenceError, match="whole numbers"):
        read_evidence(tables(), contract, at_rest=True, values="as held")


def test_files_that_change_after_they_were_checked_are_not_used(tmp_path: Path) -> None:
    files = as_parquet(tables(), tmp_path)
    evidence = read_evidence(files, small_contract())
    pq.write_table(tables()["observations"].slice(1), files["observations"])
    with pytest.raises(EvidenceError, match="changed after"):
        settle(small_contract(), evidence, as_of="2018-12-31")


def test_evidence_checked_for_other_metrics_is_not_used(tmp_path: Path) -> None:
    evidence = read_evidence(as_parquet(tables(), tmp_path), small_contract())
    metrics = dict(list(small_contract().metrics.items())[:1])
    other = small_contract().model_copy(update={"metrics": metrics})
    with pytest.raises(EvidenceError, match="another contract"):
        settle(other, evidence, as_of="2018-12-31")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_name_of_a_folder_is_no_column(tmp_path: Path, form: str) -> None:
    home = tmp_path / "value=0" / "observed_on=2010-01-01"
    home.mkdir(parents=True)
    given = {"csv": as_csv, "parquet": as_parquet}[form](tables(), home)
    contract = small_contract()
    assert said(read_evidence(given, contract)) == said(read_evidence(tables(), contract))
