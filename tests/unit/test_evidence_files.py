"""Evidence in CSV and Parquet files: however a file is written, all of it is read, or it is refused
and the reader is told where.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.evidence_workbooks import CONTRACT, FEB, JAN, MAR, small_contract
from tests.spark import spark_session

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.errors import EngineError, EvidenceError
from impactbond.evidence.csv_files import CsvFiles
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.settlement.settle import settle
from impactbond.tables import EngineSession

PEOPLE = "participant,started_on,recorded_on,school,borough\nC-1,2017-01-31,2017-02-28,Oak,north\n"
HEADINGS = ("observation", "participant", "metric", "value", "observed_on", "recorded_on", "note")
ROWS = [
    ("R1", "C-1", "consent", "yes", "2017-02-28", "2017-03-31", "seen"),
    ("R2", "C-1", "sdq", "17", "2017-02-28", "2017-03-31", "two\nlines, and a comma"),
    ("#3", "C-1", "hours", "12.50", "2017-02-28", "2017-03-31", ""),
]
FOUND = [("#3", "hours", 1250), ("R1", "consent", 1), ("R2", "sdq", 17)]
CHILDREN = {
    "participant": ["C-1"],
    "started_on": [JAN],
    "recorded_on": [FEB],
    "school": ["Oak"],
    "borough": ["north"],
}


def written(rows: Sequence[Sequence[str]] = ROWS, **how: Any) -> str:
    """A CSV text with the headings and these rows."""
    text = StringIO()
    csv.writer(text, **{"lineterminator": "\n", **how}).writerows([HEADINGS, *rows])
    return text.getvalue()


def turned(order: Sequence[int], rows: Sequence[Sequence[str]] = ROWS) -> str:
    """A CSV text with its columns in another order."""
    text = StringIO()
    cells = [[row[place] for place in order] for row in [HEADINGS, *rows]]
    csv.writer(text).writerows(cells)
    return text.getvalue()


def given(folder: Path, files: dict[str, str | bytes]) -> dict[str, Any]:
    """Participants in a file of their own, and a folder of observations with these files."""
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "in").mkdir(exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / "in" / name).write_bytes(data)
    return {"participants": folder / "people.csv", "observations": folder / "in"}


def found(evidence: Evidence) -> list[tuple[str, str, int]]:
    names = ("observation", "metric", "value")
    rows = evidence.observations_table.to_pylist()
    return sorted(tuple(row[name] for name in names) for row in rows)  # type: ignore[misc]


BACKWARDS = [6, 5, 4, 3, 2, 1, 0]
SHAPES: dict[str, dict[str, str | bytes]] = {
    "as it is": {"o.csv": written()},
    "with the mark of UTF-8": {"o.csv": "\ufeff" + written()},
    "with line ends of Windows": {"o.csv": written(lineterminator="\r\n")},
    "with line ends of old": {"o.csv": written(lineterminator="\r", quoting=csv.QUOTE_ALL)},
    "with everything quoted": {"o.csv": written(quoting=csv.QUOTE_ALL)},
    "with columns in another order": {"o.csv": turned(BACKWARDS)},
    "without a last line end": {"o.csv": written().rstrip("\n")},
    "with empty lines": {"o.csv": written().replace("\nR2", "\n\nR2") + "\n\n"},
    "with a comma too many in every line": {"o.csv": written().replace(",seen\n", ",seen,\n")},
    "in capitals": {"O.CSV": written()},
    "compressed": {"o.csv.gz": gzip.compress(written().encode())},
    "in two files": {"a.csv": written(ROWS[:1]), "b.csv": written(ROWS[1:])},
    "in two that differ": {"a.csv": written(ROWS[:1]), "b.CSV": turned(BACKWARDS, ROWS[1:])},
    "plain and compressed": {
        "a.csv": written(ROWS[:1]),
        "b.csv.gz": gzip.compress(turned(BACKWARDS, ROWS[1:]).encode()),
    },
    "in a file named like a pattern": {"o[1]*.csv": written(), "o1.csv": written([])},
    "beside what Spark leaves": {"o.csv": written(), "_SUCCESS": "", ".o.csv.crc": "x"},
}


@pytest.mark.parametrize("at_rest", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_row_is_read_whatever_the_shape_of_the_file(
    shape: str, at_rest: bool, tmp_path: Path
) -> None:
    evidence = read_evidence(given(tmp_path, SHAPES[shape]), small_contract(), at_rest=at_rest)
    assert found(evidence) == FOUND
    assert not evidence.refused_table.num_rows


@pytest.mark.parametrize("shape", ["in two that differ", "with everything quoted"])
def test_spark_reads_the_same_files_to_the_same_money(shape: str, tmp_path: Path) -> None:
    # 100.00 for consent, whichever engine reads it and wherever its columns stand.
    spark_session()
    contract = small_contract()
    evidence = read_evidence(given(tmp_path, SHAPES[shape]), contract)
    for engine in ("duckdb", "polars", "pyspark"):
        settlement = settle(contract, evidence, as_of="2017-12-31", engine=engine)
        assert settlement.payments_table["amount_pence"].to_pylist() == [10000]


BROKEN: dict[str, tuple[str | bytes, str, int]] = {
    "a cell too many": (written() + "R4,C-1,consent,yes,2017-02-28,2017-03-31,a,b\n",
                        "too_many_cells", 6),
    "a cell too few": (written() + "R4,C-1,consent\n", "too_few_cells", 6),
    "a total": (written() + "Total,4\n", "too_few_cells", 6),
    "an open quotation mark": (written() + 'R4,C-1,"consent,yes,2017-02-28,2017-03-31,\n' * 3,
                               "not_csv", 6),
    "an open quotation mark in a long file": (
        written(ROWS[:1] * 4_000) + 'R4,C-1,consent,"yes,2017-02-28,2017-03-31,\n'
        + written(ROWS[:1] * 9_000).partition("\n")[2], "not_csv", 4_002),
    "text behind a quotation mark": (written() + 'R4,C-1,"consent"s,yes,2017-02-28,2017-03-31,\n',
                                     "not_csv", 6),
    "another encoding": (written([("R1", "C-1", "consent", "yes", *ROWS[0][4:6], "café")]).encode(
        "cp1252"), "not_utf8", 2),
    "UTF-16": (written().encode("utf-16"), "not_utf8", 0),
    "nothing": ("", "no_headings", 0),
    "a title": ("Observations of the autumn\n\n" + written(), "headings_below", 1),
    "semicolons": (written().replace(",", ";"), "not_csv", 1),
    "tabs": (written(delimiter="\t"), "not_csv", 1),
    "sep=,": ("sep=,\n" + written(), "headings_below", 1),
    "an empty first line": ("\n" + written(), "headings_below", 1),
    "a heading twice": (written().replace(",note", ",value", 1), "duplicate_heading", 0),
    "a heading twice but for capitals": (written().replace(",note", ",Value", 1),
                                         "duplicate_heading", 0),
    "two exports, pasted": (
        written([ROWS[0]]) + "observation,participant,metric,value,observed_on,recorded_on,a,b\n"
        "R9,C-1,consent,yes,2017-02-28,2017-03-31,,\n", "too_many_cells", 3),
}  # fmt: skip


@pytest.mark.parametrize("at_rest", [True, False])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_crooked_file_is_refused_with_its_line(kind: str, at_rest: bool, tmp_path: Path) -> None:
    content, code, line = BROKEN[kind]
    source = given(tmp_path, {"whole.csv": written(), "broken.csv": content})
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract(), at_rest=at_rest)
    told = {(one.file, one.code, one.line) for one in raised.value.faults}
    assert ("broken.csv", code, line) in told
    assert "C-1" not in str(raised.value)


def test_a_table_that_is_in_order_is_not_blamed_for_the_other(tmp_path: Path) -> None:
    source = given(tmp_path, {"o.csv": written([ROWS[0]])})
    source["participants"].write_text(f"{PEOPLE}C-2,2017-01-31,2017-02-28,Oak,north,more\n")
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract())
    told = [(one.file, one.sheet, one.line, one.code) for one in raised.value.faults]
    assert told == [("people.csv", "participants", 3, "too_many_cells")]


def test_a_crooked_file_says_what_was_seen(tmp_path: Path) -> None:
    told = {
        "a title": "they seem to stand in line 3",
        "semicolons": "this file is separated by semicolons",
        "sep=,": "Take it out: cells are separated by commas",
    }
    for kind, words in told.items():
        with pytest.raises(EvidenceError, match=words):
            read_evidence(given(tmp_path, {"o.csv": BROKEN[kind][0]}), small_contract())


def test_a_row_of_a_child_where_headings_should_be_is_not_repeated(tmp_path: Path) -> None:
    files = given(tmp_path, {"o.csv": "R1,C-77,consent,2017-02-01,2017-02-01\n" * 2})
    with pytest.raises(EvidenceError, match="columns 4 and 5 have the same heading") as raised:
        read_evidence(files, small_contract())
    assert not any(cell in str(raised.value) for cell in ("R1", "C-77", "2017"))


def test_line_ends_of_two_sorts_are_read_row_by_row_and_refused_at_rest(tmp_path: Path) -> None:
    rest = ",C-1,consent,yes,2017-02-01,2017-03-31,seen"
    text = f"{written([])}R1{rest}\r\nR4{rest}\nR5{rest}\r\n"
    source = given(tmp_path, {"o.csv": text})
    evidence = read_evidence(source, small_contract(), at_rest=False)
    assert found(evidence) == [(one, "consent", 1) for one in ("R1", "R4", "R5")]
    with pytest.raises(EvidenceError, match="lines end in more than one way"):
        read_evidence(source, small_contract())


def test_lines_too_long_for_an_engine_are_read_row_by_row(tmp_path: Path) -> None:
    row = (*ROWS[0][:6], "x" * 900_000)
    wide = {"o.csv": written([row]).replace(",note", ",note,a,b", 1).replace("x\n", "x,y,z\n")}
    long = {"o.csv": wide["o.csv"].replace(",y,z", f",{'y' * 900_000},{'z' * 900_000}")}
    for files in (wide, long):
        source = given(tmp_path, dict(files))
        assert found(read_evidence(source, small_contract(), at_rest=False)) == FOUND[1:2]
    with pytest.raises(EvidenceError, match="row by row"):
        read_evidence(source, small_contract())


def test_spaces_around_a_cell_are_no_part_of_it_or_are_refused(tmp_path: Path) -> None:
    source = given(tmp_path, {"o.csv": written().replace(",sdq,17", ', sdq ,"17"')})
    assert found(read_evidence(source, small_contract(), at_rest=False)) == FOUND
    with pytest.raises(EvidenceError, match="column 'metric'"):
        read_evidence(source, small_contract())


@pytest.mark.parametrize("other", ["read me.txt", "o.csv.zip", "o.xlsx", "o.parquet"])
def test_a_folder_that_holds_anything_else_is_refused_and_the_file_named(
    other: str, tmp_path: Path
) -> None:
    with pytest.raises(EvidenceError) as raised:
        read_evidence(given(tmp_path, {"o.csv": written(), other: "x"}), small_contract())
    assert [one.code for one in raised.value.faults] == ["file_form"]
    assert other in str(raised.value) or other == "o.parquet"


def test_a_folder_of_what_was_never_finished_is_refused(tmp_path: Path) -> None:
    source = given(tmp_path, {"o.csv": written()})
    (tmp_path / "in" / "_temporary").mkdir()
    with pytest.raises(EvidenceError, match="_temporary"):
        read_evidence(source, small_contract())


def test_refused_rows_are_told_by_their_lines(tmp_path: Path) -> None:
    rows = [ROWS[1], *(("S", "C-1", "sdq", "many", *ROWS[0][4:]) for _ in range(2))]
    rows = [(f"{name}{place}", *row) for place, (name, *row) in enumerate(rows)]
    source = given(tmp_path, {"o.csv": written(rows)})
    evidence = read_evidence(source, small_contract(), at_rest=False)
    # The cell of two lines makes the second row begin in line 4.
    assert [one["row"] for one in evidence.refused_table.to_pylist()] == [4, 5]
    assert type(evidence.observations).__module__.startswith("pandas")


def parquet(folder: Path, *columns: dict[str, Any]) -> dict[str, Any]:
    """Children, and one Parquet file of observations for each given dict of columns."""
    pq.write_table(pa.table(CHILDREN), folder / "people.parquet")
    (folder / "in").mkdir(exist_ok=True)
    for place, other in enumerate(columns):
        count = max(map(len, other.values()))
        usual = {
            "observation": [f"R{place}-{row}" for row in range(count)],
            "participant": ["C-1"] * count,
            "metric": ["hours"] * count,
            "observed_on": [date(2017, 2, 1 + place)] * count,
            "recorded_on": [MAR] * count,
        }
        pq.write_table(pa.table({**usual, **other}), folder / "in" / f"{place}.parquet")
    return {"participants": folder / "people.parquet", "observations": folder / "in"}


def test_whole_numbers_beside_fractions_are_read_by_every_engine(tmp_path: Path) -> None:
    spark_session()
    source = parquet(tmp_path, {"value": [10_000_001]}, {"value": [91.15]})
    contract = small_contract()
    for at_rest in (True, False):
        evidence = read_evidence(source, contract, at_rest=at_rest)
        assert found(evidence) == [("R0-0", "hours", 1_000_000_100), ("R1-0", "hours", 9115)]
    settle(contract, read_evidence(source, contract), as_of="2017-12-31", engine="pyspark")


def test_columns_of_another_sort_in_another_file_are_refused(tmp_path: Path) -> None:
    source = parquet(tmp_path, {"value": [1.5]}, {"value": ["17"]})
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract())
    (fault,) = raised.value.faults
    assert (fault.file, fault.column, fault.code) == ("1.parquet", "value", "several_types")
    assert fault.found == "numbers in 0.parquet and texts in 1.parquet"


@pytest.mark.parametrize(
    ("values", "held"),
    [
        (pa.array([10_000_001.0]), 1_000_000_100),
        (pa.array([0.07]), 7),
        (pa.array([1e-4]), None),
        (pa.array([91.155]), None),
        (pa.array([True]), None),
        (pa.array([8], pa.uint8()), 800),
        (pa.array(["8.50"]).cast(pa.decimal128(20, 6)), 850),
        (pa.array(["8.505"]).cast(pa.decimal128(20, 6)), None),
        (pa.array([91.5], pa.float32()), 9150),
        (pa.array([float("inf")]), None),
    ],
)
def test_numbers_are_read_as_they_are_and_never_as_texts(
    values: pa.Array, held: int | None, tmp_path: Path
) -> None:
    source = parquet(tmp_path, {"value": values})
    for at_rest in (True, False):
        if held is not None or not at_rest:
            evidence = read_evidence(source, small_contract(), at_rest=at_rest)
            assert [one[2] for one in found(evidence)] == [held] * (held is not None)
            assert evidence.refused_table.num_rows == (held is None)
        else:
            with pytest.raises(EvidenceError, match="column 'value'"):
                read_evidence(source, small_contract())


def test_what_is_no_number_is_nothing(tmp_path: Path) -> None:
    source = parquet(tmp_path, {"value": [float("nan")]})
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract())
    assert [one.code for one in raised.value.faults] == ["missing_value"]


@pytest.mark.parametrize("kind", [pa.null(), pa.float64(), pa.int64()])
def test_a_column_without_any_value_is_blank_whatever_its_type(
    kind: pa.DataType, tmp_path: Path
) -> None:
    source = parquet(tmp_path, {"value": [8], "supersedes": pa.array([None], kind)})
    people = {**CHILDREN, "left_on": pa.array([None], kind)}
    pq.write_table(pa.table(people), tmp_path / "people.parquet")
    for at_rest in (True, False):
        evidence = read_evidence(source, small_contract(), at_rest=at_rest)
        assert found(evidence) == [("R0-0", "hours", 800)]
        assert evidence.participants_table["left_on"].to_pylist() == [None]


def test_references_in_numbers_are_their_digits_in_every_door(tmp_path: Path) -> None:
    source = parquet(tmp_path, {"value": [8], "observation": [7.0]})
    for at_rest in (True, False):
        evidence = read_evidence(source, small_contract(), at_rest=at_rest)
        assert found(evidence) == [("7", "hours", 800)]


def test_times_with_a_zone_are_no_days_in_any_door(tmp_path: Path) -> None:
    late = pa.array([datetime(2017, 6, 30, 23, 30, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    source = parquet(tmp_path, {"value": [8], "observed_on": late, "recorded_on": late})
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract())
    assert {one.code for one in raised.value.faults} == {"time_with_zone"}
    refused = read_evidence(source, small_contract(), at_rest=False).refused_table
    assert set(refused["code"].to_pylist()) == {"time_with_zone"}


@pytest.mark.parametrize(
    ("school", "code"),
    [
        ("#N/A", "error_value"),
        ("=A1", "formula_as_text"),
        ("Oak\u00a0School", "spaces_around"),
        ("Oak  School", "spaces_around"),
        ("Cafe\u0301", "spaces_around"),
        ("Oak\u200b", "spaces_around"),
    ],
)
def test_what_decides_money_is_checked_where_it_lies(
    school: str, code: str, tmp_path: Path
) -> None:
    source = parquet(tmp_path, {"value": [8]})
    pq.write_table(pa.table({**CHILDREN, "school": [school]}), tmp_path / "people.parquet")
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract())
    assert [(one.column, one.code) for one in raised.value.faults] == [("school", code)]


def of_sources() -> Contract:
    text = CONTRACT.replace("{kind: event}", "{kind: event, sources: [a parent, a carer]}", 1)
    return parse_contract(text.encode(), name="small.yaml")


@pytest.mark.parametrize("source", ["a neighbour", None])
@pytest.mark.parametrize("engine", ["duckdb", "pyspark"])
def test_evidence_from_a_source_that_the_contract_does_not_take_is_not_paid(
    engine: str, source: str | None, tmp_path: Path
) -> None:
    columns = {"metric": ["consent"] * 2, "value": ["yes"] * 2, "source": ["a carer", source]}
    tables = parquet(tmp_path, columns)
    if engine == "pyspark":
        read = spark_session().read
        tables = {name: read.parquet(str(path)) for name, path in tables.items()}
    with pytest.raises(EvidenceError) as raised:
        read_evidence(tables, of_sources())
    (fault,) = raised.value.faults
    assert (fault.column, fault.code) == ("source", "source_not_accepted")
    assert fault.found.startswith("1 row")


def test_an_engine_that_reads_otherwise_is_not_settled_with(tmp_path: Path) -> None:
    # What a second engine would not see: the check of the first is repeated by it.
    spark_session()
    contract = small_contract()
    evidence = read_evidence(given(tmp_path, {"o.csv": written()}), contract)
    object.__setattr__(evidence.summary, "rows", {"consent": 2})  # type: ignore[attr-defined]
    with pytest.raises(EvidenceError, match="read in two ways"):
        settle(contract, evidence, as_of="2017-12-31", engine="pyspark")


def test_a_cast_of_a_text_in_a_file_is_made_after_it_is_read(tmp_path: Path) -> None:
    # DuckDB 2.0.1 would read the column as the type of a cast that stands alone, and break off.
    (tmp_path / "o.csv").write_text("observation,value\na,0042\nb,2.675\nc,none\n")
    session = EngineSession()
    session.scan("seen", CsvFiles.opened((str(tmp_path / "o.csv"),), "observations", ()))
    found = session.query("SELECT TRY_CAST(value AS BIGINT) AS value FROM seen")
    assert found["value"].to_pylist() == [42, 3, None]


QUERIES: dict[str, Callable[[EngineSession], object]] = {
    "unknown": lambda session: session.query("SELECT no_such_column"),
    "cast": lambda session: session.query("SELECT CAST('C-1 Maria' AS BIGINT)"),
    "view": lambda session: session.create_view("x", "SELECT CAST('C-1 Maria' AS DATE)", once=True),
}


@pytest.mark.parametrize("query", QUERIES)
def test_what_an_engine_says_is_not_repeated(query: str) -> None:
    with pytest.raises(EngineError) as raised:
        QUERIES[query](EngineSession())
    assert "Maria" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_cell_of_more_than_a_million_characters_is_named_as_that(tmp_path: Path) -> None:
    long = written([("R1", "C-1", "consent", "yes", "2017-02-28", "2017-03-31", "x" * 1_000_001)])
    with pytest.raises(EvidenceError) as refused:
        read_evidence(given(tmp_path, {"o.csv": long}), small_contract(), at_rest=False)
    assert [(one.code, one.line) for one in refused.value.faults] == [("cell_too_long", 2)]


@pytest.mark.parametrize("at_rest", [True, False])
@pytest.mark.parametrize("heading", ["Status", "STATUS ", "statuss", "Supersedes", "superseeds"])
def test_a_heading_that_may_be_a_slip_of_a_known_one_is_not_passed_over(
    heading: str, at_rest: bool, tmp_path: Path
) -> None:
    # A consent that was withdrawn would be paid if the column were taken for somebody else's.
    text = written([ROWS[0]]).replace(",note", f",{heading}", 1).replace(",seen", ",withdrawn")
    with pytest.raises(EvidenceError, match="Rename the column") as raised:
        read_evidence(given(tmp_path, {"o.csv": text}), small_contract(), at_rest=at_rest)
    column = "status" if heading.strip().casefold().startswith("st") else "supersedes"
    assert [(one.column, one.code) for one in raised.value.faults] == [(column, "column_missing")]


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 10**3), ("us", 10**6)])
def test_times_beyond_every_calendar_are_refused_and_take_nothing_down(
    unit: str, scale: int
) -> None:
    far = pa.array([10**12 * scale], pa.int64()).cast(pa.timestamp(unit))  # in the year 33658
    seen = {name: [row] for name, row in zip(HEADINGS[:4], ROWS[0][:4], strict=True)}
    table = pa.table({**seen, "observed_on": far, "recorded_on": [MAR]})
    for frame in (table, pl.from_arrow(table)):
        evidence = read_evidence(
            {"participants": pa.table(CHILDREN), "observations": frame}, small_contract()
        )
        codes = set(evidence.refused_table["code"].to_pylist())
        assert codes == {"not_a_date"}


def test_what_a_file_says_of_its_rows_is_not_believed(tmp_path: Path) -> None:
    # The file says that its days end in March 2017. In the middle one, on the disk, it is 2300.
    days = [datetime(2017, 1, 31), datetime(2017, 2, 28), datetime(2017, 3, 31)]
    columns = {"value": [8, 9, 10], "observed_on": [JAN] * 3, "recorded_on": days}
    source = parquet(tmp_path, columns)
    path = source["observations"] / "0.parquet"
    pq.write_table(pq.read_table(path), path, compression="none", use_dictionary=False)
    held, other = (
        int((day - datetime(1970, 1, 1)).total_seconds() * 10**6).to_bytes(8, "little")
        for day in (days[1], datetime(2300, 1, 1))
    )
    assert path.read_bytes().count(held) == 1
    path.write_bytes(path.read_bytes().replace(held, other))
    with pytest.raises(EvidenceError) as raised:
        read_evidence(source, small_contract())
    assert [(one.column, one.code, one.row) for one in raised.value.faults] == [
        ("recorded_on", "date_outside", 2)
    ]


@pytest.mark.parametrize("at_rest", [False, True])
def test_what_is_wrong_with_both_tables_is_told_at_once(tmp_path: Path, at_rest: bool) -> None:
    tables = {name: tmp_path / f"{name}.csv" for name in ("participants", "observations")}
    for path in tables.values():
        path.write_text("participant;recorded_on\nC-1;2017-02-28\n")
    with pytest.raises(EvidenceError) as caught:
        read_evidence(tables, small_contract(), at_rest=at_rest)
    assert [one.file for one in caught.value.faults] == ["observations.csv", "participants.csv"]
