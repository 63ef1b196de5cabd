"""What a person sees in a cell counts, or the cell is refused; never another number."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from tests.evidence_workbooks import (
    CHILDREN,
    FEB,
    HEADINGS,
    MAR,
    refusals,
    small_contract,
    values,
)

from impactbond.evidence.number_formats import Shows, shown_by
from impactbond.evidence.read import read_evidence


def of(code: str, number: float) -> Shows:
    above, below, nought = shown_by(code)
    return above if number > 0 else below if number else nought


@pytest.mark.parametrize(
    ("code", "number", "shows"),
    [
        ("General", -1, Shows.NUMBER),
        ("#,##0.00", 1, Shows.NUMBER),
        ("0.00E+00", 1, Shows.NUMBER),
        ("# ?/8", 1, Shows.NUMBER),
        ('0" pts"', 1, Shows.NUMBER),
        ("@", 1, Shows.NUMBER),
        ('_(* #,##0_);_(* (#,##0);_(* "-"??_);_(@_)', -1, Shows.NUMBER),
        ('#,##0;-#,##0;"-"', 0, Shows.NUMBER),
        ("[$£-809]#,##0.00", 1, Shows.NUMBER),
        ("0%", 1, Shows.PERCENT),
        ("0.0%;[Red]-0.0%", -1, Shows.PERCENT),
        ("0%%", 1, Shows.OTHER),
        (r"0\%", 1, Shows.NUMBER),  # a sign that is written beside the number
        ("0.0,", 1, Shows.OTHER),  # thousands
        ("#,##0,,", 1, Shows.OTHER),  # millions
        ("0,.0", 1, Shows.OTHER),
        ('"9"0', 1, Shows.OTHER),  # 7 is seen as 97
        ("0;0", -1, Shows.OTHER),  # the minus is not seen
        ("-0", 1, Shows.OTHER),  # or one where there is none
        ('"-"0;0', 1, Shows.OTHER),
        ("000-000", 1, Shows.OTHER),
        ('"<"0', 1, Shows.OTHER),  # a bound is seen
        ('"~"0', 1, Shows.OTHER),
        ('0" (of 40)"', 1, Shows.OTHER),
        ('0" (score)"', 1, Shows.NUMBER),
        ("0.0E-0", 1, Shows.NUMBER),
        ('_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-', 1, Shows.NUMBER),
        ("0;[Red]0", 1, Shows.NUMBER),
        (";;;", 1, Shows.OTHER),
        ("0;-0;;@", 0, Shows.OTHER),  # nought is not seen
        ("[=1]0%;0", 1, Shows.OTHER),
        ("dd/mm/yyyy", 1, Shows.DAY),
        ("mmmm", 1, Shows.DAY),
        ("[$-409]d-mmm-yy;@", 1, Shows.DAY),
        ("yyyy-mm-dd hh:mm", 1, Shows.DAY),
        ("h:mm AM/PM", 1, Shows.TIME),
        ("[h]:mm", 1, Shows.TIME),
        ("mm:ss.0", 1, Shows.TIME),
    ],
)
def test_a_format_shows_the_number_or_something_else(code: str, number: int, shows: Shows) -> None:
    assert of(code, number) is shows


def test_a_cell_that_shows_90_percent_holds_90_of_a_percentage_and_nothing_of_a_score(
    tmp_path: Path,
) -> None:
    path = tmp_path / "percent.xlsx"
    cells = [  # column, what the cell holds, its format
        (7, 0.9, "0%"),  # seen as 90%: 900 tenths of a percent
        (7, 0.925, "0.0%"),
        (7, 0.07, "0%"),  # 100 * 0.07 is 7.000000000000001 in floats
        (7, 92.5, "0.0"),
        (7, 92500, "0.0,"),
        (5, 0.17, "0%"),
        (5, 17, "0"),
    ]
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, headings in HEADINGS.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, headings)
            for row, child in enumerate(CHILDREN if name == "Children" else [], 1):
                for column, value in enumerate(child):
                    if isinstance(value, date):
                        sheet.write_datetime(row, column, value, day)
                    else:
                        sheet.write(row, column, value)
            for row, (column, number, code) in enumerate(cells if name == "Surveys" else [], 1):
                sheet.write_row(row, 0, (f"R{row}", "C-1"))
                sheet.write_datetime(row, 2, date(2017, 2, row), day)
                sheet.write_datetime(row, 3, MAR, day)
                sheet.write_number(row, column, number, book.add_format({"num_format": code}))
    evidence = read_evidence(path, small_contract())
    assert {(one, value) for one, _, value, _ in values(evidence)} == {
        ("R1/attendance", 900),
        ("R2/attendance", 925),
        ("R3/attendance", 70),
        ("R4/attendance", 925),
        ("R7/sdq", 17),
    }
    assert refusals(evidence) == [
        ("Surveys", 6, "Attendance %", "shows_other"),
        ("Surveys", 7, "SDQ", "shown_as_percentage"),
    ]


@pytest.mark.parametrize("is_1904", [False, True])
def test_days_are_counted_from_the_day_that_the_workbook_says(
    tmp_path: Path, is_1904: bool
) -> None:
    path = tmp_path / "days.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": is_1904}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, headings in HEADINGS.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, headings)
            if name == "Children":
                sheet.write_row(1, 0, ("C-1", "2017-01-31", None, None, None, "Oak", "north"))
                sheet.write_datetime(1, 4, FEB, day)
    evidence = read_evidence(path, small_contract())
    assert evidence.participants_table["recorded_on"].to_pylist() == [FEB]
