"""Every reason to refuse a row, with its place and code, and without what was in the cell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from pathlib import Path

import openpyxl
import pytest
from tests.evidence_workbooks import (
    CHILDREN,
    CONTRACT,
    FEB,
    HEADINGS,
    JAN,
    MAR,
    Rows,
    read_book,
    refusals,
    small_contract,
    values,
    write_book,
)

from impactbond.contract.read import parse_contract
from impactbond.evidence.read import read_evidence


def child(**changed: object) -> Sequence[object]:
    cells: dict[str, object] = dict(zip(HEADINGS["Children"], CHILDREN[0], strict=True))
    return list((cells | {"Child": "C-9"} | changed).values())


def survey(**changed: object) -> Sequence[object]:
    cells = dict.fromkeys(HEADINGS["Surveys"])
    return list(
        (cells | {"Ref": "R1", "Child": "C-1", "Done": FEB, "Recorded": MAR} | changed).values()
    )


def form(**changed: object) -> Sequence[object]:
    cells = dict.fromkeys(HEADINGS["Forms"])
    return list(
        (cells | {"Ref": "R1", "Child": "C-1", "Signed": FEB, "Recorded": MAR} | changed).values()
    )


CASES: list[tuple[str, str, list[Sequence[object]], list[tuple[int, str]]]] = [
    ("unknown_participant", "Surveys", [survey(Child="C-77", SDQ=7)], [(2, "Child")]),
    ("missing_value", "Surveys", [survey(Child=None, SDQ=7)], [(2, "Child")]),
    ("missing_value", "Surveys", [survey(Done="  ", SDQ=7)], [(2, "Done")]),
    ("missing_value", "Surveys", [survey(Recorded=None, SDQ=7)], [(2, "Recorded")]),
    ("missing_value", "Children", [child(Started=None)], [(2, "Started")]),
    ("missing_value", "Children", [child(School=None)], [(2, "School")]),
    ("text_in_number", "Surveys", [survey(SDQ="1,5")], [(2, "SDQ")]),
    ("text_in_number", "Surveys", [survey(SDQ="12 months")], [(2, "SDQ")]),
    ("text_in_number", "Surveys", [survey(SDQ="n/a")], [(2, "SDQ")]),
    ("text_in_number", "Surveys", [survey(SDQ=FEB)], [(2, "SDQ")]),
    ("text_in_number", "Surveys", [survey(SDQ=True)], [(2, "SDQ")]),
    ("text_in_number", "Surveys", [survey(**{"Attendance %": "91.5%"})], [(2, "Attendance %")]),
    ("too_many_decimals", "Surveys", [survey(SDQ=7.5)], [(2, "SDQ")]),
    ("too_many_decimals", "Surveys", [survey(Hours="1.234")], [(2, "Hours")]),
    ("too_many_decimals", "Surveys", [survey(Hours=1 / 3)], [(2, "Hours")]),
    ("too_many_decimals", "Surveys", [survey(Hours="1." + "0" * 40 + "1")], [(2, "Hours")]),
    ("out_of_range", "Surveys", [survey(SDQ=41)], [(2, "SDQ")]),
    ("out_of_range", "Surveys", [survey(Hours=-5.01)], [(2, "Hours")]),
    ("out_of_range", "Surveys", [survey(Hours=1e308)], [(2, "Hours")]),
    ("out_of_range", "Surveys", [survey(Hours=-1e308)], [(2, "Hours")]),
    ("out_of_range", "Surveys", [survey(Hours=1e15)], [(2, "Hours")]),
    ("out_of_range", "Surveys", [survey(SDQ="9" * 5000)], [(2, "SDQ")]),
    ("value_too_large", "Surveys", [survey(Hours=10737418.24)], [(2, "Hours")]),
    ("not_a_date", "Surveys", [survey(Done="31/01/2017", SDQ=7)], [(2, "Done")]),
    ("not_a_date", "Surveys", [survey(Done="2017-02-30", SDQ=7)], [(2, "Done")]),
    ("not_a_date", "Surveys", [survey(Done=42766, SDQ=7)], [(2, "Done")]),
    ("not_a_date", "Children", [child(Left="soon")], [(2, "Left")]),
    ("date_outside", "Surveys", [survey(Done=date(1917, 1, 1), SDQ=7)], [(2, "Done")]),
    ("date_outside", "Surveys", [survey(Recorded=date(2150, 1, 1), SDQ=7)], [(2, "Recorded")]),
    ("recorded_before_observed", "Surveys", [survey(Done=MAR, Recorded=FEB)], [(2, "Recorded")]),
    ("unknown_mark", "Sessions", [["C-1", FEB, MAR, "absent"]], [(2, "Mark")]),
    ("unknown_mark", "Sessions", [["C-1", FEB, MAR, 1]], [(2, "Mark")]),
    ("not_yes_or_no", "Forms", [form(Consent="maybe")], [(2, "Consent")]),
    ("not_yes_or_no", "Forms", [form(Agreement=2)], [(2, "Agreement")]),
    ("unknown_value", "Children", [child(Borough="west")], [(2, "Borough")]),
    ("left_before_start", "Children", [child(Started=FEB, Left=JAN)], [(2, "Left")]),
    ("not_text", "Children", [child(Child=FEB)], [(2, "Child")]),
    ("error_value", "Surveys", [survey(SDQ="#N/A")], [(2, "SDQ")]),
    ("error_value", "Surveys", [survey(SDQ=("=1/0", "#DIV/0!"))], [(2, "SDQ")]),
    ("error_value", "Surveys", [survey(Child=("=NA()", "#N/A"), SDQ=7)], [(2, "Child")]),
    ("formula_as_text", "Surveys", [survey(SDQ="=1+1")], [(2, "SDQ")]),
    ("formula_as_text", "Surveys", [survey(Ref="=A1", SDQ=7)], [(2, "Ref")]),
    ("formula_not_calculated", "Surveys", [survey(SDQ=("=1+1", ""))], [(2, "SDQ")]),
    (
        "contradictory_values",
        "Surveys",
        [survey(SDQ=7), survey(Ref="R2", SDQ=9), survey(Ref="R3", SDQ=7)],
        [(2, "SDQ"), (3, "SDQ"), (4, "SDQ")],
    ),
    (
        "contradictory_participant",
        "Children",
        [child(School="Oak"), child(School="Elm")],
        [(2, "Child"), (3, "Child")],
    ),
    ("reference_reused", "Surveys", [survey(SDQ=7), survey(SDQ=9)], [(2, "Ref"), (3, "Ref")]),
    ("unknown_replaced", "Surveys", [survey(SDQ=7, Replaces="R0")], [(2, "Replaces")]),
    ("replaces_itself", "Surveys", [survey(SDQ=7, Replaces="R1")], [(2, "Replaces")]),
    (
        "replaces_itself",
        "Surveys",
        [survey(SDQ=7, Replaces="R2"), survey(SDQ=8, Ref="R2", Replaces="R1")],
        [(2, "Replaces"), (3, "Replaces")],
    ),
]


@pytest.mark.parametrize(
    ("code", "sheet", "rows", "places"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)]
)
def test_a_bad_row_is_refused_with_its_place_and_code(
    tmp_path: Path,
    code: str,
    sheet: str,
    rows: list[Sequence[object]],
    places: list[tuple[int, str]],
) -> None:
    everyone = [*rows, *CHILDREN] if sheet == "Children" else rows
    evidence = read_book(tmp_path, {sheet: everyone})
    assert refusals(evidence) == [(sheet, row, column, code) for row, column in places]
    assert evidence.participants_table.num_rows == 2
    assert evidence.observations_table.num_rows == 0
    for one in evidence.refused_table.to_pylist():
        assert one["problem"]
        assert one["allowed"]
        assert one["hint"] or code == "value_too_large"


def test_only_the_bad_cell_of_a_wide_row_is_left_out(tmp_path: Path) -> None:
    evidence = read_book(
        tmp_path, {"Surveys": [survey(SDQ=55, Hours=2.25), survey(Ref="R2", SDQ="17")]}
    )
    assert refusals(evidence) == [("Surveys", 2, "SDQ", "out_of_range")]
    assert values(evidence) == [
        ("R1/hours", "C-1", 225, "recorded"),
        ("R2/sdq", "C-1", 17, "recorded"),
    ]


def test_refusals_of_one_cell_have_one_order_whatever_they_differ_in(tmp_path: Path) -> None:
    # Eight metrics under one heading, each with a range of its own: 99 is outside of all of them.
    ranges = {f"m{number}": f"[0, {number}]" for number in (17, 12, 15, 10, 14, 11, 16, 13)}
    terms = "".join(
        f"  {name}: {{kind: score, range: {scale}, better: lower}}\n"
        for name, scale in ranges.items()
    )
    headings = "".join(f", {name}: SDQ" for name in ranges)
    text = CONTRACT.replace("metrics:\n", f"metrics:\n{terms}", 1)
    text = text.replace("sdq: SDQ", f"sdq: SDQ{headings}")
    book = write_book(tmp_path / "evidence.xlsx", {"Surveys": [survey(SDQ=99)]})
    refused = read_evidence(book, parse_contract(text.encode(), name="small.yaml")).refused_table
    assert set(refused["code"].to_pylist()) == {"out_of_range"}
    allowed = refused["allowed"].to_pylist()
    assert len(set(allowed)) == 9
    assert allowed == sorted(allowed)


def test_every_fault_of_a_row_is_told_at_once(tmp_path: Path) -> None:
    evidence = read_book(tmp_path, {"Surveys": [survey(Child="C-77", Done="soon", SDQ="many")]})
    assert refusals(evidence) == [
        ("Surveys", 2, "Child", "unknown_participant"),
        ("Surveys", 2, "Done", "not_a_date"),
        ("Surveys", 2, "SDQ", "text_in_number"),
    ]


def test_a_participant_whose_own_row_was_refused_is_told_apart(tmp_path: Path) -> None:
    rows: Rows = {
        "Children": [*CHILDREN, child(Borough="west")],
        "Surveys": [survey(Child="C-9", SDQ=7), survey(Ref="R2", Child="C-8", SDQ=7)],
    }
    hints = {
        one["row"]: one["hint"] for one in read_book(tmp_path, rows).refused_table.to_pylist()[1:]
    }
    assert "was refused" in hints[2]
    assert "typing mistake" in hints[3]


def test_a_row_may_replace_one_that_was_refused(tmp_path: Path) -> None:
    rows = [survey(SDQ=55), survey(Ref="R2", SDQ=5, Replaces="R1")]
    evidence = read_book(tmp_path, {"Surveys": rows})
    assert refusals(evidence) == [("Surveys", 2, "SDQ", "out_of_range")]
    assert values(evidence) == [("R2/sdq", "C-1", 5, "recorded")]


def test_a_missing_sheet_row_and_blank_rows_do_not_move_row_numbers(tmp_path: Path) -> None:
    blank = [None] * 8
    rows = [blank, survey(SDQ=7), blank, ["  "] * 8, survey(Ref="R2", SDQ=41)]
    evidence = read_book(tmp_path, {"Surveys": rows})
    assert refusals(evidence) == [("Surveys", 6, "SDQ", "out_of_range")]
    assert evidence.observations_table["row"].to_pylist() == [3]


def test_a_sheet_that_starts_further_down_and_right_keeps_excel_row_numbers(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(
        write_book(tmp_path / "evidence.xlsx", {"Surveys": [survey(SDQ=41)]})
    )
    book["Surveys"].insert_rows(1, 2)
    book["Surveys"].insert_cols(1, 1)
    book.save(tmp_path / "moved.xlsx")
    evidence = read_evidence(tmp_path / "moved.xlsx", small_contract())
    assert refusals(evidence) == [("Surveys", 4, "SDQ", "out_of_range")]


def test_a_formula_that_was_never_calculated_is_not_taken_for_a_blank_cell(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_book(tmp_path / "evidence.xlsx", {"Surveys": [survey()]}))
    book["Surveys"]["F2"] = "=3+4"
    book["Surveys"]["G2"] = "#N/A"
    book.save(tmp_path / "openpyxl.xlsx")
    evidence = read_evidence(tmp_path / "openpyxl.xlsx", small_contract())
    assert refusals(evidence) == [
        ("Surveys", 2, "Hours", "error_value"),
        ("Surveys", 2, "SDQ", "formula_not_calculated"),
    ]


def test_a_time_of_day_is_no_date_and_a_date_may_carry_one(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(
        write_book(tmp_path / "evidence.xlsx", {"Surveys": [survey(SDQ=7)] * 2})
    )
    book["Surveys"]["C2"] = time(9, 30)
    book["Surveys"]["C3"].number_format = "yyyy-mm-dd hh:mm"
    book["Surveys"]["C3"] = 42766.75
    book.save(tmp_path / "times.xlsx")
    evidence = read_evidence(tmp_path / "times.xlsx", small_contract())
    assert refusals(evidence) == [("Surveys", 2, "Done", "not_a_date")]
    assert evidence.observations_table["observed_on"].to_pylist() == [JAN]


def test_what_people_write_is_read_exactly(tmp_path: Path) -> None:
    rows: Rows = {
        "Forms": [
            form(Consent="YES", Agreement=False, **{"Signed by": "#1 team"}),
            form(Ref="R2", Consent=" no ", Agreement=1),
        ],
        "Surveys": [
            survey(SDQ=" 17 ", Hours="2.50", Recorded="2017-03-31", **{"Attendance %": 91.7}),
            survey(Ref=2017, Child="C-2", SDQ=("=8+9", 17), Hours=-0.29),
        ],
        "Sessions": [["C-1", FEB, MAR, "missed"]],
        "Meetings": [[1.5, "C-1", FEB, MAR, None]],
    }
    evidence = read_book(tmp_path, rows)
    assert refusals(evidence) == []
    assert set(evidence.observations_table["source"].to_pylist()) == {None, "#1 team"}
    found = [(one[0], one[2]) for one in values(evidence) if "/" in one[0]]
    assert found == [
        ("1.5/meeting", 1),
        ("2017/hours", -29),
        ("2017/sdq", 17),
        ("R1/agreement", 0),
        ("R1/attendance", 917),
        ("R1/consent", 1),
        ("R1/hours", 250),
        ("R1/sdq", 17),
        ("R2/agreement", 1),
        ("R2/consent", 0),
    ]
    assert [one[2] for one in values(evidence) if "/" not in one[0]] == [1]
