"""What of a partner's file a proposal for its mapping repeats: its headings, tabs and name, and of
these nothing that reads like a child.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from impactbond.mappings.propose import propose_mapping

WHO = (
    *("Zebedee Smith", "Smith, Zebedee", "SDQ Zebedee Smith", "Zebedee_O'Neil", "ZS-017"),
    *("943 476 5919", "9434765919", "020 7946 0000", "W10 6TR", "zebedee@example.org"),
    *("07/09/2010", "2010-09-07", "7 Sep 2010"),
)


@pytest.mark.parametrize("who", WHO)
def test_a_heading_that_reads_like_a_child_is_told_by_its_place(who: str, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    rows = '"C-01",09/09/2024,P,x\n"C-02",10/09/2024,L,y\n'
    path.write_text(f'Child,Date,Art Club,"{who}"\n{rows}')
    found = propose_mapping(path)
    assert who not in found.text + str(found.unsure)
    assert any("the heading of column 4 reads like" in one for one in found.unsure)
    assert "Art Club" in found.text


def test_tabs_and_files_that_read_like_children_are_told_by_their_place(tmp_path: Path) -> None:
    for name, sheets in (("Zebedee Smith.xlsx", ("Autumn",)), ("club.xlsx", WHO[:1])):
        path = tmp_path / name
        with xlsxwriter.Workbook(str(path)) as book:
            for sheet in (*sheets, "Year 3"):
                made = book.add_worksheet(sheet)
                made.write_row(0, 0, ["Child", "Date", "Mark"])
                made.write_row(1, 0, ["C-01", "09/09/2024", "P"])
        found = propose_mapping(path)
        assert "zebedee" not in f"{found.text} {found.unsure}".casefold()
        assert any("reads like a name, and is not repeated" in one for one in found.unsure)
        assert "sheet: Year 3" in found.text


USUAL = (
    *("Session Date", "Pupil Premium", "Year Group", "Recorded On", "Total Difficulties"),
    *("Key Worker", "Attendance %", "2024/25", "Number of Sessions", "q1", "KS2", "Art Club"),
    *("Autumn Term", "Free School Meals", "Reading Age", "Completed by", "Half Term 1", "AM"),
)


def test_usual_headings_are_told(tmp_path: Path) -> None:
    path = tmp_path / "usual.csv"
    headings = ["Child", "09/09/2024", "10/09/2024", *USUAL]
    path.write_text(f"{','.join(headings)}\nC-01,P,L,{','.join('abcdefghijklmnopqr')}\n")
    text = propose_mapping(path).text
    assert [one for one in USUAL if one not in text] == []
