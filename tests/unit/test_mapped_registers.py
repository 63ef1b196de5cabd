"""Registers and attendance as schools and clubs export them become the right observations."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.partner_files import (
    CLUB,
    CLUB_TABLE,
    LISTS,
    LISTS_TABLE,
    MARKS,
    SIMS,
    SIMS_TABLE,
    SUMMARY,
    SUMMARY_TABLE,
    contract,
    csv_file,
    read,
    refused,
    values,
    workbook,
)

from impactbond import explain
from impactbond.errors import EvidenceError
from impactbond.settlement.settle import settle

S9, S10 = date(2024, 9, 9), date(2024, 9, 10)
ATTENDED, MISSED, CANCELLED = 0, 1, 2


def test_marks_of_sessions_keep_both_halves_of_a_day(tmp_path: Path) -> None:
    path = workbook(tmp_path / "sims_session_marks_2024-09.xlsx", {"Marks": SIMS})
    evidence = read([path], SIMS_TABLE, codes=MARKS, recorded_on="2024-09-30")
    # present 0, elsewhere 1, absent 2, not possible 3
    assert values(evidence, "register") == [
        *(("C-01", S9, 0), ("C-01", S9, 0), ("C-01", S10, 2), ("C-01", S10, 2)),
        ("C-02", S10, 3),
    ]
    assert sorted(evidence.observations_table["slot"].to_pylist()) == ["AM", "AM", "AM", "PM", "PM"]
    assert refused(evidence) == [(9, "Mark", "code_not_in_force"), (10, "Mark", "unknown_code")]
    assert "Invented" not in str(evidence.refused_table.to_pylist())
    # 2 of 4 possible sessions are 50%: below the 70% that pay.
    settled = settle(contract(), evidence, as_of="2026-08-31", leave_out_refused=True)
    assert settled.payments_table.num_rows == 0
    told = explain(settled, participant="C-01").text
    assert "2 of 4" in told
    assert "50%" in told or "50.0%" in told


def test_a_code_that_is_put_right_later_corrects_the_one_before(tmp_path: Path) -> None:
    early = [*SIMS[:3], ["C-01", "x", S9, "AM", "N"], ["C-01", "x", S9, "PM", "/"]]
    later = [*SIMS[:3], ["C-01", "x", S9, "AM", "/"], ["C-01", "x", S9, "PM", "/"]]
    table = SIMS_TABLE.replace("    given: recorded_on\n", "") + (
        "    above: {recorded_on: {cell: A1, after: Printed, format: D/M/YYYY}}\n"
    )
    early[0], later[0] = ["Printed 30/9/2024"], ["printed  7/10/2024"]
    paths = [
        workbook(tmp_path / "sims_1.xlsx", {"Marks": early}),
        workbook(tmp_path / "sims_2.xlsx", {"Marks": later}),
    ]
    for order in (paths, paths[::-1]):
        evidence = read(order, table, codes=MARKS)
        rows = evidence.observations_table.to_pylist()
        told = [(row["slot"], row["value"], row["supersedes"] is not None) for row in rows]
        assert sorted(told) == [("AM", 0, True), ("AM", 2, False), ("PM", 0, False)]
        assert refused(evidence) == []


def test_counts_become_exact_shares(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "mis_summary_autumn.csv", SUMMARY, "cp1252")
    evidence = read([path], SUMMARY_TABLE)
    day = date(2024, 12, 20)
    # 342/380 = 90.0%; 341/379 = 89.974%, cut to 89.9%; of nothing there is no share.
    assert values(evidence, "attendance") == [("C-01", day, 900), ("C-02", day, 899)]
    # Rounded to the nearer it shows 90.0: a contract that pays from 90% says which it means.
    shown = read([path], SUMMARY_TABLE.replace("rounded: down", "rounded: half up"))
    assert values(shown, "attendance") == [("C-01", day, 900), ("C-02", day, 900)]
    # 38/380 = 10.0%, which is persistent; 38/379 = 10.026%.
    assert values(evidence, "absence") == [("C-01", day, 100), ("C-02", day, 100)]
    assert set(refused(evidence)) == {(5, "Possible", "parts_differ")}


def test_a_column_for_each_day_is_read_below_its_heading(tmp_path: Path) -> None:
    path = workbook(tmp_path / "register_wide_club.xlsx", {"Autumn": CLUB})
    evidence = read([path], CLUB_TABLE)
    days = [date(2024, 9, day) for day in (2, 9, 16, 23)]
    marks = {
        "C-01": [ATTENDED, MISSED, ATTENDED, MISSED],
        "C-02": [ATTENDED, None, MISSED, ATTENDED],
        "C-03": [MISSED, ATTENDED, None, None],
        "C-04": [ATTENDED, ATTENDED, ATTENDED, None],
    }
    assert values(evidence, "club") == [
        (who, day, mark)
        for who, row in marks.items()
        for day, mark in zip(days, row, strict=True)
        if mark is not None
    ]
    assert len(values(evidence, "club")) == 12
    assert refused(evidence) == [(6, "2024-09-23", "unknown_code")]
    missed = read([path], CLUB_TABLE.replace("blank: nothing", "blank: x"))
    assert len(values(missed, "club")) == 15


def test_a_half_in_one_heading_a_hidden_day_and_a_colour_are_read_or_told(tmp_path: Path) -> None:
    rows = [list(row) for row in CLUB]
    rows[1][3] = "Mon 16 Sep AM"
    path = workbook(
        *(tmp_path / "register_wide_club.xlsx", {"Autumn": rows}),
        formats={(4, 4): "colour"},
        hidden=[4],
    )
    table = CLUB_TABLE.replace("blank: nothing", "blank: nothing\n      slots: {AM: nothing}")
    evidence = read([path], table)
    assert values(evidence, "club") == values(read([path], table), "club")
    assert len(values(evidence, "club")) == 12
    # C-03 of the 23rd is only coloured; C-04's mark of that day is none.
    assert sorted(refused(evidence)) == [
        (5, "2024-09-23", "only_coloured"),
        (6, "2024-09-23", "unknown_code"),
    ]
    assert [one for one in evidence.cautions if "hidden" in one] == [
        "sheet 'Autumn', column '2024-09-23': hidden, and read like the others"
    ]
    # Unsaid, the half is no part of a day; where the metric has slots, each heading needs one.
    with pytest.raises(EvidenceError) as caught:
        read([path], CLUB_TABLE)
    assert [fault.code for fault in caught.value.faults] == ["heading_not_mapped"]
    halves = table.replace("metric: club", "metric: register").replace("{AM: nothing}", "{AM: AM}")
    halves = halves.replace("attended, x: missed, DNA: missed", "present, x: absent, DNA: absent")
    with pytest.raises(EvidenceError) as caught:
        read([path], halves)
    assert {fault.code for fault in caught.value.faults} == {"heading_not_mapped"}
    assert len(caught.value.faults) == 3


def test_the_same_file_again_in_another_order_says_nothing_new(tmp_path: Path) -> None:
    lines = [*SUMMARY[:3]]
    lines = [f"{line},," for line in lines]  # columns without a heading behind, all of them blank
    again = [lines[0], *reversed(lines[1:])]
    paths = [
        csv_file(tmp_path / f"mis_summary_{at}.csv", some, "cp1252")
        for at, some in enumerate((lines, again))
    ]
    evidence = read(paths, SUMMARY_TABLE)
    assert values(evidence, "attendance") == values(read(paths[:1], SUMMARY_TABLE), "attendance")
    assert evidence.repeated == 4  # two children, each with two metrics
    assert refused(evidence) == []
    twice = csv_file(tmp_path / "mis_summary_3.csv", [f"{lines[0]}Possible", *lines[1:]], "cp1252")
    with pytest.raises(EvidenceError) as caught:
        read([twice], SUMMARY_TABLE)
    assert {fault.code for fault in caught.value.faults} == {"duplicate_heading"}


def test_a_leap_day_is_a_day_where_there_is_one(tmp_path: Path) -> None:
    rows = [["Child", "29 Feb", "1 Mar"], ["C-01", "x", "x"]]
    path = workbook(tmp_path / "register_wide_leap.xlsx", {"S": rows})
    table = CLUB_TABLE.replace("headings_on: [2]", "headings_on: [1]").replace("DDD D MMM", "D MMM")
    table = table.replace("    never: Total\n", "")
    with pytest.raises(EvidenceError) as caught:  # 2025 has none
        read([path], table)
    assert [fault.column for fault in caught.value.faults] == ["29 Feb"]
    leap = table.replace("2024-09-01, 2025-08-31", "2023-09-01, 2024-08-31")
    assert [day for _, day, _ in values(read([path], leap), "club")] == [
        date(2024, 2, 29),
        date(2024, 3, 1),
    ]


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("30/9/24", "heading_not_mapped"),
        ("Tue 30 Sep", "heading_not_mapped"),
        ("16/9", "day_twice"),
    ],
)
def test_a_heading_that_is_no_day_loses_nothing_in_silence(
    tmp_path: Path, heading: str, code: str
) -> None:
    rows = [list(row) for row in CLUB]
    rows[1][4] = heading
    path = workbook(tmp_path / "register_wide_club.xlsx", {"Autumn": rows})
    with pytest.raises(EvidenceError) as caught:
        read([path], CLUB_TABLE)
    assert [(fault.code, fault.column) for fault in caught.value.faults] == [(code, heading)]


def test_two_rows_of_headings_tell_the_day_and_its_half(tmp_path: Path) -> None:
    rows = [
        ["", S9, None, S10, None],
        ["Child", "AM", "PM", "AM", "PM"],
        ["C-01", "/", "\\", "I", None],
    ]
    path = workbook(tmp_path / "week 1.xlsx", {"Week 1": rows})
    table = """
  - files: "week *.xlsx"
    sheet: "week *"
    headings_on: [1, 2]
    constant: {recorded_on: 2024-09-30}
    columns: {participant: Child}
    across:
      {metric: register, format: YYYY-MM-DD, codes: register, blank: nothing,
       slots: {AM: AM, PM: PM}}
"""
    evidence = read([path], table, codes=MARKS)
    assert values(evidence, "register") == [("C-01", S9, 0), ("C-01", S9, 0), ("C-01", S10, 2)]


def test_a_list_in_a_cell_is_everybody_in_it(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "register_session_lists.csv", LISTS)
    evidence = read([path], LISTS_TABLE)
    assert values(evidence, "club") == [
        ("C-01", S9, ATTENDED),
        ("C-01", date(2024, 9, 16), ATTENDED),
        ("C-02", S9, ATTENDED),
        ("C-02", date(2024, 9, 23), ATTENDED),
        ("C-03", S9, CANCELLED),
        ("C-07", S9, ATTENDED),
    ]
    # A child that nobody knows is refused alone; one in both lists counts in neither.
    assert refused(evidence) == [
        (3, "Attendees", "unknown_participant"),
        (4, "Apologies", "listed_twice"),
        (4, "Attendees", "listed_twice"),
    ]
    assert "C-99" not in str(evidence.refused_table.to_pylist())


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (",", ";", "other_separator"),
        ('C-03",C-03', "C-03,C-03", "not_csv"),
        ("16/09/2024,Art,C-01;C-99,", "16/09/2024,Art,C-01,C-99,C-02", "too_many_cells"),
        ("Attendees", "Present", "column_missing"),
    ],
)
def test_a_broken_list_is_told_and_nothing_is_read(
    tmp_path: Path, before: str, after: str, code: str
) -> None:
    lines = "\n".join(LISTS).replace(before, after).split("\n")
    path = csv_file(tmp_path / "register_session_lists.csv", lines)
    with pytest.raises(EvidenceError) as caught:
        read([path], LISTS_TABLE)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert "C-0" not in str(caught.value)


def test_a_place_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "sims_1.xlsx", {"Marks": SIMS})
    table = SIMS_TABLE.replace("column: Mark,", "column: Mark, place: 2,")
    with pytest.raises(EvidenceError, match="fewer times than its place"):
        read([path], table, codes=MARKS, recorded_on="2024-09-30")
