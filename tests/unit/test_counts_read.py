"""Reading counts: what every door takes, and every row that is refused, all at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from tests.spec.drawn_tables import contract_of, rows

from impactbond.errors import EvidenceError
from impactbond.evidence.counts import Counts
from impactbond.evidence.read_counts import read_claims
from impactbond.records.following import settle

TERMS = """
participants: {covered: {borough: [north]}}
milestones:
  consent:   {when: {observed: consent, in: year one}, price: 100.00}
  agreement: {when: {observed: agreement, in: year one}, price: 50.00, only: {school: [Elm]}}
  visits:    {when: {observed: consent, in: year one}, units: {rows: meeting, in: year one}, price: 9.00}
funding: [{for: every milestone, shares: {school: 50%, council: the rest}}]
"""  # noqa: E501
GOOD = [
    {"milestone": "consent", "achieved_on": "2017-02-01", "number": 3, "school": "Elm"},
    {"milestone": "visits", "period": "2017-Q2", "units": 7, "school": "Oak"},
]


def refused(drawn: str, terms: str = TERMS) -> list[tuple[int, str, str]]:
    """Of every refused cell, the row, the column and the code; rows of the table count from 1."""
    frame = pd.DataFrame(rows(drawn)).replace("", None)
    found = read_claims(frame, contract_of(terms)).refused_table.to_pylist()
    return [(row["row"], row["column"], row["code"]) for row in found]


def written(folder: Path, door: str) -> Any:
    frame = pd.DataFrame(GOOD, dtype=object)
    match door:
        case "csv":
            frame.to_csv(folder / "counts.csv", index=False)
            return folder / "counts.csv"
        case "a folder":
            for number in (0, 1):
                frame.iloc[[number]].to_csv(folder / f"{number}.csv", index=False)
            return str(folder)
        case "parquet":
            whole = pd.DataFrame(GOOD).astype({"number": "Int64", "units": "Int64"})
            pq.write_table(pa.Table.from_pandas(whole), folder / "counts.parquet")
            return [folder / "counts.parquet"]
        case "workbook":
            book = Workbook()
            book.active.title = "Counts"
            book.active.append(["Milestone", "Achieved on", "Period", "Number", "Units", "School"])
            for row in GOOD:
                names = ("milestone", "achieved_on", "period", "number", "units", "school")
                book.active.append([row.get(name) for name in names])
            book.save(folder / "counts.xlsx")
            return folder / "counts.xlsx"
        case "pandas":
            return frame
        case "polars":
            return pl.DataFrame(GOOD).lazy()
        case _:
            return pa.Table.from_pylist(
                [dict.fromkeys(("milestone", "achieved_on", "period", "number", "units")) | row
                 for row in GOOD]
            )  # fmt: skip


DOORS = ["csv", "a folder", "parquet", "workbook", "pandas", "polars", "arrow"]


@pytest.mark.parametrize("door", DOORS)
def test_every_door_gives_the_same_counts(door: str, tmp_path: Path) -> None:
    contract = contract_of(TERMS)
    counts = read_claims(written(tmp_path, door), contract)
    assert counts.refused_table.num_rows == 0
    assert counts.digest == read_claims(pd.DataFrame(GOOD, dtype=object), contract).digest
    # 3 × £100.00 and 7 × £9.00, half of it to each school.
    paid: Counter[str] = Counter()
    for row in settle(contract, claims=counts, as_of="2017-07-31").balances_table.to_pylist():
        paid[row["funder"]] += row["due_pence"]
    assert +paid == {"council": 181_50, "school: Elm": 150_00, "school: Oak": 31_50}


def test_everything_wrong_with_a_row_is_told_at_once() -> None:
    drawn = """
        milestone | achieved_on | period  | number | units | school | borough | standing
        consent   | 2016-12-31  |         | -1     |       |        | west    | paid
        consnet   | 31/01/2017  | 2017-Q9 | many   | 2     | Elm    | north   | full
        consent   | 2017-02-01  |         | 2      |       | Elm    | south   | full
    """
    assert refused(drawn) == [
        (1, "achieved_on", "outside_term"),
        (1, "borough", "unknown_value"),
        (1, "number", "negative_count"),
        (1, "school", "missing_value"),
        (1, "standing", "unknown_value"),
        (2, "achieved_on", "not_a_date"),
        (2, "milestone", "unknown_value"),
        (2, "number", "not_a_count"),
        (2, "period", "unknown_value"),
        (3, "borough", "not_covered"),
    ]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("consent | 2017-02-01 | | 1.5 | | Elm | | |", "number", "part_of_a_count"),
        ("consent | 2017-02-01 | | 2000000000 | | Elm | | |", "number", "count_too_large"),
        ("consent | 2017-02-01 | | 1,000 | | Elm | | |", "number", "not_a_count"),
        ("consent | 2017-02-01 | | 1.000 | | Elm | | |", "number", "may_be_thousands"),
        ("consent | 2017-02-01 | | 50% | | Elm | | |", "number", "not_a_count"),
        ("consent | 2017-02-01 | | | | Elm | | |", "number", "missing_value"),
        ("consent | 2017-02-01 | | | 3 | Elm | | |", "units", "not_by_unit"),
        ("visits | 2017-02-01 | | 3 | | Elm | | |", "number", "paid_by_unit"),
        ("visits | 2017-02-01 | | 3 | 9 | Elm | | |", "number", "paid_by_unit"),
        ("agreement | 2017-02-01 | | 3 | | Oak | | |", "school", "not_for_these"),
        ("consent | | | 3 | | Elm | | |", "achieved_on", "no_day"),
        ("consent | 2017-02-01 | 2017-Q1 | 3 | | Elm | | |", "period", "day_and_period"),
        ("consent | 2017-02-01 | | 3 | | Elm | 2017-01-31 | |", "recorded_on",
         "recorded_before_observed"),
        ("consent | | 2017-Q1 | 3 | | Elm | 2017-03-30 | |", "recorded_on",
         "recorded_before_observed"),
        ("consent | 2017-02-01 | | 3 | | Elm | 2017-03-31 | | x", "replaces", "unknown_replaced"),
        ("consent | 2017-02-01 | | 3 | | Elm | 2017-03-31 | x | x", "replaces", "replaces_itself"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_refused_with_its_reason(
    row: str, column: str, code: str
) -> None:
    head = (
        "milestone | achieved_on | period | number | units | school | recorded_on | ref | replaces"
    )
    assert refused(f"{head}\n{row}") == [(1, column, code)]


@pytest.mark.parametrize(
    ("others", "codes"),
    [
        # Nothing tells two equal rows apart; a ref of its own on each does.
        (["2017-02-01 |  | 3 | | ", "2017-02-01 | | 4 | |"], ["counted_twice"] * 2),
        (["2017-02-01 |  | 3 | a | ", "2017-02-01 | | 4 | b |"], []),
        (["2017-02-01 |  | 3 | a | ", "2017-02-02 | | 4 | a |"], ["reference_reused"] * 2),
        # A whole quarter beside a day of it; with a day of the next, nothing is counted twice.
        (["2017-02-01 |  | 3 | a | ", " | 2017-Q1 | 4 | |"], ["day_beside_period"] * 2),
        (["2017-04-01 |  | 3 | a | ", " | 2017-Q1 | 4 | |"], []),
    ],
)
def test_rows_that_may_count_the_same_are_refused(others: list[str], codes: list[str]) -> None:
    drawn = [f"consent | Elm | {row}" for row in others]
    head = "milestone | school | achieved_on | period | number | ref | replaces"
    assert [code for *_, code in refused("\n".join([head, *drawn]))] == codes


def test_a_correction_says_when_it_was_recorded() -> None:
    drawn = """
        milestone | school | achieved_on | number | recorded_on | ref | replaces
        consent   | Elm    | 2017-02-01  | 3      | 2017-02-01  | a   |
        consent   | Elm    | 2017-02-01  | 2      |             | b   | a
    """
    assert refused(drawn) == [(2, "recorded_on", "correction_undated")]


def test_what_money_does_not_depend_on_need_not_be_there() -> None:
    frame = pd.DataFrame([{"milestone": "consent", "achieved_on": "2017-02-01", "number": 1}])
    assert read_claims(frame, contract_of("")).refused_table.num_rows == 0
    with pytest.raises(EvidenceError, match="there is no column 'school'"):
        read_claims(frame, contract_of(TERMS))


def test_faults_of_every_file_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("milestone,numbr,school\nconsent,1,Elm\n", encoding="utf-8")
    book = Workbook()
    book.create_sheet("Other")
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(EvidenceError) as told:
        read_claims(
            [tmp_path / "a.csv", tmp_path / "b.xlsx", tmp_path / "c.csv"], contract_of(TERMS)
        )
    assert {fault.code for fault in told.value.faults} >= {"no_files", "sheet_missing"}
    with pytest.raises(EvidenceError) as told:
        read_claims(tmp_path / "a.csv", contract_of(TERMS))
    assert [(fault.code, fault.column) for fault in told.value.faults] == [
        ("column_missing", "number")
    ]


def test_refused_counts_are_not_settled_unless_that_is_said() -> None:
    contract = contract_of("")
    rows_ = [
        {"milestone": "consent", "achieved_on": "2017-02-01", "number": 3},
        {"milestone": "consent", "achieved_on": "2017-02-02", "number": -3},
    ]
    counts: Counts = read_claims(pd.DataFrame(rows_), contract)
    with pytest.raises(EvidenceError, match="Rows of the counts that cannot be used: 1"):
        settle(contract, claims=counts, as_of="2017-04-30")
    settlement = settle(contract, claims=counts, as_of="2017-04-30", leave_out_refused=True)
    assert (settlement.due_pence(), settlement.refused_left_out) == (300_00, 1)


def test_what_is_too_much_for_64_bits_is_refused() -> None:
    contract = contract_of("milestones: {consent: {when: {observed: consent, in: year one}, "
                           "price: 99999999999.00}}")  # fmt: skip
    row = {"milestone": "consent", "achieved_on": "2017-02-01", "number": 10**9}
    counts = read_claims(pd.DataFrame([row]), contract)
    assert counts.refused_table.num_rows == 0
    with pytest.raises(Exception, match="too large"):
        settle(contract, claims=counts, as_of="2017-04-30")
