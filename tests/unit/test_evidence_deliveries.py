"""Repeats, orders and corrections: what several rows and several files say together."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evidence_workbooks import (
    CHILDREN,
    FEB,
    JAN,
    MAR,
    Rows,
    read_book,
    refusals,
    small_contract,
    values,
    write_book,
)

from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence

APR = date(2017, 4, 30)
PLACE = ["file", "sheet", "row"]


def survey(ref: object, sdq: object, replaces: object = None, **changed: object) -> list[object]:
    cells = {"ref": ref, "child": "C-1", "done": FEB, "recorded": MAR, "replaces": replaces}
    return [*(cells | changed).values(), sdq, None, None]


def surveys(path: Path, *rows: list[object]) -> Evidence:
    return read_book(path, {"Surveys": rows})


def said(evidence: Evidence) -> tuple[list[object], list[object], list[object]]:
    """What the evidence says, without where it stands."""
    refused = evidence.refused_table.drop_columns(PLACE).to_pylist()
    return (
        evidence.participants_table.drop_columns(PLACE).to_pylist(),
        evidence.observations_table.drop_columns(PLACE).to_pylist(),
        sorted(refused, key=repr),
    )


def test_a_row_delivered_twice_counts_once(tmp_path: Path) -> None:
    evidence = surveys(tmp_path, survey("R1", 7), survey("R1", 7), survey("R1", "7"))
    assert values(evidence) == [("R1/sdq", "C-1", 7, "recorded")]
    assert (evidence.repeated, evidence.refused_table.num_rows) == (2, 0)
    assert evidence.observations_table["row"].to_pylist() == [2]


def test_an_answer_and_a_number_are_not_the_same_row(tmp_path: Path) -> None:
    evidence = surveys(tmp_path, survey("R1", 1), survey("R1", True))
    assert values(evidence) == [("R1/sdq", "C-1", 1, "recorded")]
    assert refusals(evidence) == [("Surveys", 3, "SDQ", "text_in_number")]


def test_a_bad_row_delivered_twice_is_refused_once(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"Surveys": [survey("R1", 55)]})
    again = write_book(tmp_path / "b.xlsx", {"Surveys": [survey("R1", 55), survey("R2", 7)]})
    evidence = read_evidence([again, path], small_contract())
    assert [one["file"] for one in evidence.refused_table.to_pylist()] == ["a.xlsx"]
    assert evidence.repeated == 3


def test_the_same_workbook_twice_is_the_same_evidence(tmp_path: Path) -> None:
    rows: Rows = {
        "Surveys": [survey("R1", 7), survey("R2", 55)],
        "Meetings": [["M1", "C-1", FEB, MAR]],
    }
    path = write_book(tmp_path / "evidence.xlsx", rows)
    once, twice = (read_evidence(source, small_contract()) for source in (path, [path, path]))
    assert said(once) == said(twice)
    assert once.refused_table == twice.refused_table
    assert (once.digest, twice.repeated) == (twice.digest, 5)


def test_the_first_file_by_name_is_named_whatever_the_order(tmp_path: Path) -> None:
    later = write_book(tmp_path / "b.xlsx", {"Surveys": [survey("R1", 7)]})
    first = write_book(tmp_path / "a.xlsx", {"Surveys": [survey("R1", 7), survey("R2", 41)]})
    one = read_evidence([later, first], small_contract())
    other = read_evidence([first, later], small_contract())
    assert one.observations_table == other.observations_table
    assert one.refused_table == other.refused_table
    assert one.observations_table["file"].to_pylist() == ["a.xlsx"]


def test_a_later_delivery_corrects_an_earlier_one(tmp_path: Path) -> None:
    first = write_book(tmp_path / "first.xlsx", {"Surveys": [survey("R1", 7)]})
    second = write_book(
        tmp_path / "second.xlsx", {"Surveys": [survey("R2", 9, "R1", recorded=APR)]}
    )
    evidence = read_evidence([second, first], small_contract())
    assert values(evidence) == [
        ("R1/sdq", "C-1", 7, "recorded"),
        ("R2/sdq", "C-1", 9, "recorded"),
    ]
    assert evidence.observations_table["supersedes"].to_pylist() == [None, "R1/sdq"]
    assert values(evidence.known_on(MAR)) == [("R1/sdq", "C-1", 7, "recorded")]
    assert evidence.known_on(JAN).participants_table.num_rows == 0


def test_the_second_delivery_alone_does_not_know_what_it_replaces(tmp_path: Path) -> None:
    evidence = surveys(tmp_path, survey("R2", 9, "R1"))
    assert refusals(evidence) == [("Surveys", 2, "Replaces", "unknown_replaced")]


def test_replacing_a_value_by_a_blank_cell_withdraws_it(tmp_path: Path) -> None:
    wrong = ["R1", "C-1", FEB, MAR, None, 7, 2.5, None]
    evidence = surveys(tmp_path, wrong, ["R2", "C-1", FEB, MAR, "R1", 9, None, None])
    assert values(evidence) == [
        ("R1/hours", "C-1", 250, "recorded"),
        ("R1/sdq", "C-1", 7, "recorded"),
        ("R2/hours", "C-1", 0, "withdrawn"),
        ("R2/sdq", "C-1", 9, "recorded"),
    ]


def test_a_row_that_was_replaced_contradicts_nothing(tmp_path: Path) -> None:
    rows = [survey("R1", 7), survey("R2", 9, "R1"), survey("R3", 8, "R2"), survey("R4", 8)]
    assert refusals(surveys(tmp_path, *rows)) == []


def test_a_refused_correction_put_right_does_not_bring_back_the_first_value(tmp_path: Path) -> None:
    rows = [survey("R1", 7), survey("R2", 77, "R1"), survey("R3", 9, "R2")]
    evidence = surveys(tmp_path, *rows)
    assert refusals(evidence) == [("Surveys", 3, "SDQ", "out_of_range")]
    assert evidence.observations_table.select(["observation", "supersedes"]).to_pylist() == [
        {"observation": "R1/sdq", "supersedes": None},
        {"observation": "R3/sdq", "supersedes": "R1/sdq"},
    ]


def test_what_contradicts_only_once_a_contradiction_is_out_is_refused_too(tmp_path: Path) -> None:
    rows = [survey("R1", 7), survey("R2", 8, "R1"), survey("R3", 9), survey("R4", 7)]
    again = [survey("R5", 5), survey("R6", 6, "R5", done=JAN), survey("R7", 1, done=JAN)]
    evidence = surveys(tmp_path, *rows, *again)
    assert {row for _, row, _, _ in refusals(evidence)} == set(range(2, 9))


def test_a_chain_of_rows_that_ends_in_a_circle_is_refused_where_it_is_circular(
    tmp_path: Path,
) -> None:
    rows = [survey("R1", 7, "R2"), survey("R2", 8, "R1"), survey("R3", 9, "R1")]
    evidence = surveys(tmp_path, *rows)
    assert [(one[1], one[3]) for one in refusals(evidence)] == [
        (2, "replaces_itself"),
        (3, "replaces_itself"),
    ]
    assert [one[0] for one in values(evidence)] == ["R3/sdq"]


def test_references_belong_to_their_sheet(tmp_path: Path) -> None:
    rows: Rows = {
        "Surveys": [survey("1", 7)],
        "Meetings": [["1", "C-1", FEB, MAR, None], ["2", "C-1", FEB, MAR, "1"]],
    }
    evidence = read_book(tmp_path, rows)
    assert refusals(evidence) == []
    assert [one[0] for one in values(evidence)] == ["1/meeting", "1/sdq", "2/meeting"]


def test_every_row_of_a_sheet_may_be_an_event(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [
        ["M1", "C-1", FEB, MAR],
        ["M2", "C-1", FEB, MAR],
        [None, "C-1", FEB, MAR],
    ]
    evidence = read_book(tmp_path, {"Meetings": rows})
    assert [one[2] for one in values(evidence)] == [1, 1, 1]


def test_rows_alike_without_a_reference_count_once_with_a_caution(tmp_path: Path) -> None:
    evidence = read_book(tmp_path, {"Meetings": [[None, "C-1", FEB, MAR]] * 2})
    assert (evidence.observations_table.num_rows, evidence.repeated) == (1, 1)
    assert len(evidence.cautions) == 1
    assert "rows without a reference" in evidence.cautions[0]


def test_percentages_written_as_fractions_are_cautioned(tmp_path: Path) -> None:
    rows = [
        ["R1", "C-1", FEB, MAR, None, None, None, 0.9],
        ["R2", "C-2", FEB, MAR, None, None, None, 1],
    ]
    evidence = surveys(tmp_path, *rows)
    assert ["no percentage is above 1" in caution for caution in evidence.cautions] == [True]
    assert surveys(tmp_path, *rows, ["R3", "C-1", MAR, MAR, None, None, None, 91]).cautions == ()


def test_a_row_about_a_child_holds_from_its_start_unless_it_says_otherwise(tmp_path: Path) -> None:
    moved: Sequence[object] = ("C-1", JAN, APR, MAR, MAR, "Elm", "north")
    children: list[Sequence[object]] = [moved, *CHILDREN, CHILDREN[0]]
    table = read_book(tmp_path, {"Children": children}).participants_table
    assert table["from_on"].to_pylist() == [JAN, MAR, JAN]
    assert table["school"].to_pylist() == ["Oak", "Elm", "Elm"]
    assert table["left_on"].to_pylist() == [None, APR, None]
    assert table["row"].to_pylist() == [3, 2, 4]


CELLS = st.sampled_from([None, 7, 7.0, "7", 9, 55, "many", True])
ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, "R1", "R2", "R3"]),
        st.sampled_from(["C-1", "C-2", "C-3", None]),
        st.sampled_from([JAN, FEB, "2017-02-28", "soon"]),
        st.sampled_from([FEB, MAR]),
        st.sampled_from([None, None, "R1", "R2", "R4"]),
        CELLS,
        CELLS,
        st.just(None),
    ),
    max_size=7,
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, cut=st.integers(0, 7), seed=st.integers(0, 99))
def test_the_order_of_rows_files_and_repeats_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]], cut: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("orders")
    together = write_book(folder / "together.xlsx", {"Surveys": rows})
    shuffled = random.Random(seed).sample(rows, len(rows))
    parts = [
        write_book(folder / "b.xlsx", {"Surveys": shuffled[:cut]}),
        write_book(folder / "a.xlsx", {"Surveys": [*shuffled[cut:], *shuffled[:2]]}),
    ]
    one = read_evidence(together, small_contract())
    other = read_evidence(parts, small_contract())
    assert said(one) == said(other)
    assert one.digest == other.digest
