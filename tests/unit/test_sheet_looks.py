"""What people see in a workbook beside its cells is told: colours without a word, merged cells, and
what is hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet
from tests.evidence_workbooks import FEB, MAR, refusals, small_contract, write_book
from tests.partner_files import CLUB, CLUB_TABLE, read, refused, values, workbook

import impactbond as ib
from impactbond.evidence.evidence import Evidence

Paint = Callable[[Worksheet], object]
GREEN, GREY, BAD = (
    PatternFill("solid", fgColor=colour) for colour in ("FF92D050", "FFD9D9D9", "FFFFC7CE")
)
WHITE = PatternFill("solid", fgColor="FFFFFFFF")


def painted(path: Path, paint: Paint, sheet: str) -> Path:
    book = openpyxl.load_workbook(path)
    paint(book[sheet])
    book.save(path)
    return path


def club(folder: Path, paint: Paint, more: str = "") -> Evidence:
    rows = [list(row) for row in CLUB]
    rows[5][4] = "DNA"  # which in the file of twelve marks is a slip
    path = workbook(folder / "register_wide_club.xlsx", {"Autumn": rows})
    return read([painted(path, paint, "Autumn")], CLUB_TABLE + more)


def fill(what: PatternFill, *areas: str) -> Paint:
    def paint(sheet: Worksheet) -> None:
        for area in areas:
            for row in sheet[area]:
                for cell in row:
                    cell.fill = what

    return paint


# C-02 is blank on 9 September, C-03 on the 16th and the 23rd: C4, D5 and E5.
@pytest.mark.parametrize(
    ("paint", "told"),
    [
        (fill(GREEN, "C4:C4"), [(4, "9/9")]),
        (fill(BAD, "C4:C4"), [(4, "9/9")]),  # Excel's style 'Bad', which is not our mark
        (
            fill(GREEN, "B3:B6", "C4:C4", "D5:E5"),
            [(4, "9/9"), (5, "2024-09-23"), (5, "Mon 16 Sep")],
        ),
        (fill(GREY, "A2:F2", "A4:F4"), []),  # headings, and a row in a band
        (fill(GREY, "C3:C6"), []),  # a column in a colour, say half term
        (fill(GREY, "C3:C40"), []),
        (fill(WHITE, "C4:C4"), []),
        (fill(GREEN, "C3:C3", "F4:F4"), []),  # a mark, and the total that is not read
    ],
)
def test_a_cell_that_has_only_a_colour_is_refused(
    tmp_path: Path, paint: Paint, told: list[tuple[int, str]]
) -> None:
    evidence = club(tmp_path, paint)
    assert sorted(refused(evidence), key=str) == sorted(
        ((row, column, "only_coloured") for row, column in told), key=str
    )
    # 16 cells without the three that are blank.
    assert len(values(evidence, "club")) == 13
    ignored = club(tmp_path, paint, "    colours: ignored\n")
    assert refused(ignored) == []


def test_a_copy_sent_back_and_delivered_as_it_is_is_refused_for_the_same_colour(
    tmp_path: Path,
) -> None:
    evidence = club(tmp_path, fill(GREEN, "C4:C4"))
    folder = tmp_path / "again"
    folder.mkdir()
    copy = folder / "register_wide_club.xlsx"
    ib.mark_workbook(tmp_path / copy.name, evidence, copy)
    again = read([copy], CLUB_TABLE)
    assert refused(again) == refused(evidence) == [(4, "9/9", "only_coloured")]


def test_a_colour_is_no_blank_that_stands_for_a_mark(tmp_path: Path) -> None:
    table = CLUB_TABLE.replace("blank: nothing", "blank: x")
    rows = [list(row) for row in CLUB[:4]]
    path = workbook(tmp_path / "register_wide_club.xlsx", {"Autumn": rows})
    evidence = read([painted(path, fill(GREEN, "C4:C4"), "Autumn")], table)
    assert refused(evidence) == [(4, "9/9", "only_coloured")]
    assert len(values(evidence, "club")) == 7  # eight cells, of which one is in a colour alone


def test_merged_cells_are_refused_or_hold_what_all_show(tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A1:F1")  # the title, which is none of the table
        sheet.merge_cells("C5:E5")
        sheet.merge_cells("D3:D4")

    evidence = club(tmp_path, merge)
    told = [(4, "Mon 16 Sep"), (5, "2024-09-23"), (5, "Mon 16 Sep")]
    assert sorted(refused(evidence), key=str) == sorted(
        ((row, column, "merged_cell") for row, column in told), key=str
    )
    each = club(tmp_path, merge, "    merged: each\n")
    assert refused(each) == []
    found = {(who, day): mark for who, day, mark in values(each, "club")}
    # C-03 came on the 9th, merged with the 16th and 23rd; C-01's mark of the 16th is C-02's too.
    days = [date(2024, 9, day) for day in (9, 16, 23)]
    assert [found["C-03", day] for day in days] == [0, 0, 0]
    assert found["C-02", days[1]] == 0


def test_what_is_hidden_is_told(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.column_dimensions["D"].hidden = True
        sheet.column_dimensions["F"].hidden = True
        sheet.row_dimensions[4].hidden = True
        sheet.parent.create_sheet("Front")
        sheet.sheet_state = "hidden"

    evidence = club(tmp_path, hide)
    assert len(values(evidence, "club")) == 13
    told = [one for one in evidence.cautions if "hidden" in one]
    assert sorted(told) == [
        "sheet 'Autumn', column 'Mon 16 Sep': hidden, and read like the others",
        "sheet 'Autumn': 1 hidden row, read like the others: look at them",
        "sheet 'Autumn': hidden, and read like the others",
    ]


def test_the_sheets_of_a_contract_are_looked_at_too(tmp_path: Path) -> None:
    def spoil(sheet: Worksheet) -> None:
        sheet.merge_cells("F2:F3")
        fill(GREEN, "G3:G3")(sheet)
        sheet.row_dimensions[4].hidden = True
        sheet.column_dimensions["H"].hidden = True

    rows = {
        "Surveys": [
            ("1", "C-1", FEB, MAR, None, 17, 2.5, 91.5),
            ("2", "C-1", MAR, MAR, None, 17, None, 92.5),
            ("3", "C-2", MAR, MAR, None, 12, 1, 93.5),
        ]
    }
    path = painted(write_book(tmp_path / "delivered.xlsx", rows), spoil, "Surveys")
    evidence = ib.read_evidence(path, small_contract())
    assert [one for one in refusals(evidence) if one[0] == "Surveys"] == [
        ("Surveys", 3, "SDQ", "merged_cell")
    ]
    told = sorted(one for one in evidence.cautions if one.startswith("sheet 'Surveys'"))
    assert [one.partition(": ")[0] for one in told] == [
        "sheet 'Surveys', column 'Attendance %'",
        "sheet 'Surveys', column 'Hours'",
        "sheet 'Surveys'",
    ]
    assert "1 blank cell in a colour" in told[1]
