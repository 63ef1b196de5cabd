"""Files of strangers, of the shapes that partners have and unlike any before: what is read is what
was meant, worked out by hand, and what could be meant in two ways is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from tests.partner_files import MARKS, contract, csv_file, read, refused, values, workbook

from impactbond.errors import EvidenceError
from impactbond.evidence.evidence import Evidence

D = date(2024, 9, 9)
ATTENDED, MISSED = 0, 1
LONG = """
  - files: "stranger.*"
    MORE
    constant: {recorded_on: 2024-12-30}
    columns: {participant: Child, observed_on: DAY}
    metrics: {club: {column: Mark, codes: {P: attended, A: missed}}}
"""


def long(more: str, day: str = "Day") -> str:
    return LONG.replace("MORE", more).replace("DAY", day)


def of(evidence: Evidence, metric: str = "club") -> dict[object, object]:
    return {who: value for who, _, value in values(evidence, metric)}


def test_a_cancelled_session_that_is_written_otherwise_is_not_counted(tmp_path: Path) -> None:
    words = ("Complete", "Canceled", "Cancelled", "canceled", " Canceled ", None, "Completed")
    rows = [[f"C-{at:02d}", D, "P", word] for at, word in enumerate(words, 1)]
    path = workbook(tmp_path / "stranger.xlsx", {"A": [["Child", "Day", "Mark", "Status"], *rows]})
    evidence = read([path], long("leave_out: {Status: Canceled}"))
    assert of(evidence) == dict.fromkeys(("C-01", "C-06", "C-07"), ATTENDED)
    assert refused(evidence) == [(row, "Status", "almost_left_out") for row in (4, 5)]
    assert "Cancelled" not in str(evidence.refused_table.to_pylist())
    both = read([path], long("leave_out: {Status: [Canceled, Cancelled, canceled]}"))
    assert of(both) == of(evidence)
    assert refused(both) == []
    # A word that is asked for counts, however near it is to one that does not.
    asked = long("leave_out: {Status: Completed}").replace(
        "{column: Mark,", "{column: Mark, where: {Status: Complete},"
    )
    assert of(read([path], asked)) == {"C-01": ATTENDED}


def test_what_says_the_same_of_a_refused_row_still_counts(tmp_path: Path) -> None:
    """Of one session: recorded before it was, then on the 10th, and put right on the 20th."""
    head = ["Child", "Day", "Half", "Mark", "Entered", "State"]
    later, early = date(2024, 9, 20), date(2024, 9, 5)
    rows = [
        ["C-01", D, "AM", "N", early, None],
        ["C-01", D, "AM", "N", date(2024, 9, 10), None],
        ["C-01", D, "AM", "/", later, None],
        ["C-02", D, "AM", "/", date(2024, 9, 10), None],
        ["C-02", D, "AM", "/", later, "withdrawn"],
        ["C-03", D, "AM", "/", early, None],
        ["C-03", D, "AM", "/", date(2024, 9, 10), None],
    ]
    table = """
  - files: "stranger.*"
    columns: {participant: Child, observed_on: Day, slot: Half, recorded_on: Entered, status: State}
    metrics: {register: {column: Mark, codes: register}}
    again: corrects
"""
    for order in (rows, rows[::-1]):
        evidence = read(
            [workbook(tmp_path / "stranger.xlsx", {"A": [head, *order]})], table, codes=MARKS
        )
        told = [
            (row["participant"], row["recorded_on"].day, row["value"], row["status"])
            for row in evidence.observations_table.to_pylist()
        ]
        # present 0, absent 2; the mark that was withdrawn has none, which is written 0.
        assert told == [
            *(("C-01", 10, 2, "recorded"), ("C-01", 20, 0, "recorded")),
            *(("C-02", 10, 0, "recorded"), ("C-02", 20, 0, "withdrawn")),
            ("C-03", 10, 0, "recorded"),
        ]
        replaced = evidence.observations_table["supersedes"].to_pylist()
        assert [one is not None for one in replaced] == [False, True, False, True, False]
        assert {code for *_, code in refused(evidence)} == {"recorded_before_observed"}


@pytest.mark.parametrize("written", ["utf-8", "utf-8-sig"])
def test_letters_are_not_read_as_others(tmp_path: Path, written: str) -> None:
    lines = ["Child,Day,Mark,School", "C-01,2024-09-09,P,St Zo\u00eb"]
    path = csv_file(tmp_path / "stranger.csv", lines, written)
    with pytest.raises(EvidenceError) as caught:
        read([path], long("encoding: windows-1252"))
    assert [fault.code for fault in caught.value.faults] == ["other_encoding"]
    assert "Zo" not in str(caught.value)
    csv_file(path, lines, "cp1252")
    assert of(read([path], long("encoding: windows-1252"))) == {"C-01": ATTENDED}


def test_a_line_that_is_too_short_is_told(tmp_path: Path) -> None:
    lines = ["Child,Day,Half,Mark", "C-01,2024-09-09,AM,P", "C-02,2024-09-09,P", "C-03;x;AM;P"]
    evidence = read([csv_file(tmp_path / "stranger.csv", lines)], long(""))
    assert of(evidence) == {"C-01": ATTENDED}
    told = "2 lines of the table, first line 3, end before the column 'Mark'"
    assert [one for one in evidence.cautions if told in one] != []
    whole = ["Child,Day,Half,Mark", "C-01,2024-09-09,AM,P", "C-02,2024-09-09,PM,"]
    assert read([csv_file(tmp_path / "stranger.csv", whole)], long("")).cautions == ()


def test_days_in_words_and_moments_around_midnight(tmp_path: Path) -> None:
    days = {
        **dict.fromkeys(("9 September 2024", "Mon 9 Sep 2024", "9th  Sept 2024"), D),
        **dict.fromkeys(("Tue 9 Sep 2024", "31 Sep 2024", "9/9/24", "09/09/2024"), None),
    }
    lines = [f"C-{at:02d};{day};P" for at, day in enumerate(days, 1)]
    path = csv_file(tmp_path / "stranger.csv", ["Child;Day;Mark", *lines])
    form = "{column: Day, as: date, format: [D MMM YYYY, DDD D MMM YYYY]}"
    evidence = read([path], long("separator: ;", form))
    meant = {f"C-{at:02d}": day for at, day in enumerate(days.values(), 1) if day}
    assert {who: day for who, day, _ in values(evidence, "club")} == meant
    assert len(refused(evidence)) == 4
    # Summer time began at 01:00 UTC on 30 March 2025 and ended then on 27 October 2024.
    moments = {
        "2025-03-29T23:30:00.000+0000": date(2025, 3, 29),
        "2025-03-30T23:30:00Z": date(2025, 3, 31),
        "2024-10-26T23:30:00+00:00": date(2024, 10, 27),
        "2024-10-27T23:30:00Z": date(2024, 10, 27),
        "2025-04-28T00:30:00+01:00": date(2025, 4, 28),
        "2025-04-27T19:30:00-04:00": date(2025, 4, 28),
    }
    lines = [f"C-{at:02d},{moment},P" for at, moment in enumerate(moments, 1)]
    none = ["C-10,2025-04-27T23:30:00,P", "C-11,2025-04-27,P", "C-12,2025-04-27T24:00:00Z,P"]
    csv_file(path, ["Child,Day,Mark", *lines, *none])
    later = long("", "{column: Day, as: utc time}").replace("2024-12-30", "2025-12-30")
    evidence = read([path], later)
    meant = {f"C-{at:02d}": day for at, day in enumerate(moments.values(), 1)}
    assert {who: day for who, day, _ in values(evidence, "club")} == meant
    assert refused(evidence) == [(row, "Day", "not_a_moment") for row in (8, 9, 10)]


def test_a_name_that_is_merged_over_its_sessions_and_a_row_that_is_filtered_away(
    tmp_path: Path,
) -> None:
    path = tmp_path / "stranger.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("A")
        sheet.merge_range(0, 0, 0, 3, "Register of Elm")
        sheet.write_row(1, 0, ["Child", "Day", "Half", "Mark"])
        halves = [("AM", "/"), ("PM", "I"), ("AM", "L"), ("PM", "\\")]
        for at, (half, mark) in enumerate(halves, 2):
            sheet.write_row(at, 1, ["09/09/2024", half, mark])
        sheet.merge_range(2, 0, 3, 0, "C-01")
        sheet.merge_range(4, 0, 5, 0, "C-02")
        sheet.autofilter(1, 0, 5, 3)
        sheet.set_row(5, None, None, {"hidden": True})
    table = """
  - files: "stranger.*"
    headings_on: [2]
    constant: {recorded_on: 2024-09-30}
    columns:
      {participant: Child, slot: Half, observed_on: {column: Day, as: date, format: DD/MM/YYYY}}
    metrics: {register: {column: Mark, codes: register}}
"""
    evidence = read([path], table, codes=MARKS)
    assert values(evidence, "register") == [("C-01", D, 0), ("C-02", D, 0)]
    assert refused(evidence) == [(row, "Child", "merged_cell") for row in (4, 6)]
    each = read([path], f"{table}    merged: each\n", codes=MARKS)
    marks = [(who, value) for who, _, value in values(each, "register")]
    assert sorted(marks) == [("C-01", 0), ("C-01", 2), ("C-02", 0), ("C-02", 0)]
    assert [one for one in each.cautions if "1 hidden row, read" in one] != []


def test_counts_and_percentages_that_do_not_fit_are_told(tmp_path: Path) -> None:
    lines = [
        "Child,Possible,Present,Auth,Unauth",
        *("C-01,380,342,38,0", "C-02,380,400,0,0", 'C-03,"1,204",1000,204,0', "C-04,,,,"),
        *("C-05,380,341.5,38.5,0", "C-06,-5,-5,0,0", "C-07,0,5,0,0"),
    ]
    path = csv_file(tmp_path / "stranger.csv", lines)
    table = """
  - files: "stranger.*"
    constant: {observed_on: 2024-12-20, recorded_on: 2025-01-06}
    columns: {participant: Child}
    metrics: {attendance: {share: Present, of: Possible, rounded: down}}
"""
    evidence = read([path], table)
    assert of(evidence, "attendance") == {"C-01": 900}  # 342 of 380
    assert refused(evidence) == [
        (3, "Possible", "more_than_the_whole"),
        (4, "Possible", "not_a_count"),
        (6, "Present", "part_of_a_count"),
        (7, "Present", "negative_count"),
        (8, "Possible", "more_than_the_whole"),
    ]


def test_heads_of_days_of_another_year_or_without_a_half_are_told(tmp_path: Path) -> None:
    def codes(table: str, rows: Sequence[Sequence[object]]) -> list[str]:
        path = workbook(tmp_path / "stranger.xlsx", {"A": rows})
        with pytest.raises(EvidenceError) as caught:
            read([path], table, codes=MARKS)
        return sorted(fault.code for fault in caught.value.faults)

    across = """
  - files: "stranger.*"
    within: [2024-09-01, 2025-08-31]
    constant: {recorded_on: 2024-10-30}
    columns: {participant: Child}
    across: {metric: METRIC, format: [D/M, DDD D MMM, D MMM], codes: CODES, blank: nothing MORE}
"""
    club = across.replace("METRIC", "club").replace("CODES", "{P: attended}").replace("MORE", "")
    typed_a_year_late = ["Child", date(2024, 9, 9), date(2025, 9, 16), 45566]
    assert codes(club, [typed_a_year_late, ["C-01", "P", "P", "P"]]) == [
        *("day_as_number", "heading_not_mapped")
    ]
    halves = across.replace("METRIC", "register").replace("CODES", "register")
    halves = halves.replace("MORE", ", slots: {AM: AM, PM: PM}")
    heads = ["Child", "Mon 9 Sep am", "Mon 9 Sep pm", "Tue 10 Sep", "9 Sep PM"]
    assert codes(halves, [heads, ["C-01", "/", "I", "/", "/"]]) == [
        *("day_twice", "heading_not_mapped")
    ]
    path = workbook(tmp_path / "stranger.xlsx", {"A": [heads[:3], ["C-01", "/", "I"]]})
    assert values(read([path], halves, codes=MARKS), "register") == [
        *(("C-01", D, 0), ("C-01", D, 2))
    ]
    assert contract().metrics["register"].slot_names == ("AM", "PM")


def test_a_text_file_has_no_sheet_and_is_told_by_its_name(tmp_path: Path) -> None:
    rows = ["C-01,2024-09-09,P", "C-01,2024-09-09,P", "X-99,2024-09-09,P", "C-02,1994-09-09,A"]
    path = csv_file(tmp_path / "stranger.csv", ["Child,Day,Mark", *rows])
    evidence = read([path], long(""))
    again, years = (
        next(one for one in evidence.cautions if word in one)
        for word in ("say the same", "ten years before")
    )
    assert again.startswith("sheet 'stranger.csv': some rows")
    assert years.startswith("sheet 'stranger.csv': 'observed_on' lies")
    (unknown,) = evidence.refused_table.to_pylist()
    assert unknown["allowed"] == "one whom a row tells of"
    assert unknown["hint"] == "Look for a typing mistake, or add a row about the participant."
