"""The files that partners really have, made with invented children: twelve of the shapes that
schools, clubs and case systems export, each with what makes it tricky.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

import xlsxwriter

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.mappings.read import parse_mapping

CONTRACT = """
impactbond: 1
contract: partners
title: A contract with partners
version: {number: 1, kind: original, signed_on: 2024-08-01, effective_on: 2024-08-01}
provider: A charity
funders:
  council: {name: A council, kind: council}
calendar:
  term: 2024-08-01 through 2026-07-31
  claims: {every: quarter, made: 1 month after the period}
  evidence: {within: 2 years, late: next claim}
  payment: {within: 30 days, working_days_of: England}
participants:
  attributes: {school: text}
metrics:
  register:
    kind: session
    slots: [AM, PM]
    marks: [present, elsewhere, absent, not possible]
  club:       {kind: session, marks: [attended, missed, cancelled]}
  attendance: {kind: percentage, better: higher, decimals: 1}
  absence:    {kind: percentage, better: lower, decimals: 1}
  reading:    {kind: score, range: [80, 120], better: higher}
  tables:     {kind: score, range: [0, 25], better: higher}
  phonics:    {kind: score, range: [0, 40], better: higher}
  gld:        {kind: event}
  difficulty: {kind: score, range: [0, 40], better: lower}
  wellbeing:  {kind: score, range: [7, 35], better: higher, decimals: 2}
  reading_age: {kind: score, range: [60, 200], better: higher}
  sas:        {kind: score, range: [69, 141], better: higher}
windows:
  year: start to 2 years after start
milestones:
  regular:
    when: {share: register, marked: [present, elsewhere], leaving_out: [not possible], in: year,
           at_least: 70%}
    price: 200.00
funding:
  - {for: every milestone, shares: {council: 100%}}
"""
HEAD = "mapping: partner\nversion: 1\ndated: 2024-09-01\n"
# Who the participants are, in a file of its own beside every other.
CHILDREN = """
  - files: children.csv
    holds: participants
    constant: {started_on: 2024-09-02, recorded_on: 2024-09-02, school: Elm}
    columns: {participant: Child}
"""
MARKS = """
codes:
  register:
    {"/": present, "\\\\": present, L: present, V: elsewhere, I: absent, N: absent, D: not possible,
     J: {is: elsewhere, through: 2024-08-18}, J1: {is: absent, from: 2024-08-19}, "-": nothing}
"""
Row = Sequence[object]


def contract() -> Contract:
    return parse_contract(CONTRACT.encode(), name="partners.yaml")


def children(folder: Path, count: int = 12) -> Path:
    path = folder / "children.csv"
    lines = ["Child", *(f"C-{number:02d}" for number in range(1, count + 1))]
    path.write_text("\r\n".join(lines), encoding="utf-8-sig")
    return path


def read(paths: Sequence[Path], tables: str, *, codes: str = "", **given: str) -> Evidence:
    """The evidence in some files by the tables of a mapping, with the children beside them."""
    text = HEAD + codes + "tables:" + CHILDREN + tables
    mapping = parse_mapping(text.encode(), name="partner.yaml")
    people = children(paths[0].parent)
    return read_evidence([people, *paths], contract(), mapping=mapping, given=given)


def values(evidence: Evidence, metric: str) -> list[tuple[object, ...]]:
    """Participant, day and value of every observation of a metric, in order."""
    table = evidence.observations_table.to_pylist()
    found = [row for row in table if row["metric"] == metric]
    return [(row["participant"], row["observed_on"], row["value"]) for row in found]


def refused(evidence: Evidence) -> list[tuple[object, ...]]:
    """Row, column and code of everything that was refused."""
    return [(row["row"], row["column"], row["code"]) for row in evidence.refused_table.to_pylist()]


def workbook(
    path: Path,
    sheets: Mapping[str, Sequence[Row]],
    formats: Mapping[tuple[int, int], str] | None = None,
    hidden: Sequence[int] = (),
) -> Path:
    """A workbook of sheets, row by row; `formats` are number formats or colours by place."""
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        clock = book.add_format({"num_format": "hh:mm"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for column in hidden:
                sheet.set_column(column, column, None, None, {"hidden": True})
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    said = (formats or {}).get((row, column))
                    if said is not None and said.startswith("colour"):
                        sheet.write_blank(row, column, None, book.add_format({"bg_color": "red"}))
                    elif said is not None:
                        sheet.write_number(
                            row, column, float(str(cell)), book.add_format({"num_format": said})
                        )
                    elif isinstance(cell, date):
                        sheet.write_datetime(row, column, datetime.combine(cell, time()), day)
                    elif isinstance(cell, time):
                        sheet.write_datetime(
                            row, column, datetime.combine(date(1899, 12, 31), cell), clock
                        )
                    elif cell is not None:
                        sheet.write(row, column, cell)
    return path


def csv_file(path: Path, lines: Sequence[str], encoding: str = "utf-8-sig") -> Path:
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


# 1: one row a session, two title rows and a footer.
SIMS: list[Row] = [
    ["Session marks"],
    ["Elm School, autumn term"],
    ["Pupil", "Surname", "Date", "Session", "Mark"],
    ["C-01", "Invented", date(2024, 9, 9), "AM", "/"],
    ["C-01", "Invented", date(2024, 9, 9), "PM", "\\"],
    ["C-01", "Invented", date(2024, 9, 10), "AM", "I"],
    ["C-01", "Invented", date(2024, 9, 10), "PM", "I "],
    ["C-02", "Invented", date(2024, 9, 10), "AM", "D"],
    ["C-02", "Invented", date(2024, 9, 10), "PM", "J"],
    ["C-02", "Invented", date(2024, 9, 11), "AM", "!"],
    ["Printed 30/09/2024"],
]
SIMS_TABLE = """
  - files: "sims_*.xlsx"
    headings_on: [3]
    until: Printed
    never: [Surname]
    given: recorded_on
    constant: {source: school}
    columns: {participant: Pupil, observed_on: Date, slot: Session}
    metrics: {register: {column: Mark, codes: register}}
    again: corrects
"""
# 2: counts of an autumn, in the encoding of an older Windows.
SUMMARY = [
    "Pupil,Possible,Present,AEA,Authorised,Unauthorised,Attendance %,Note",
    "C-01,380,330,12,30,8,90.0,caf\u00e9 \u00a35",
    "C-02,379,341,0,30,8,90.0,",
    "C-03,0,0,0,0,0,,",
    "C-04,380,330,12,30,7,90.0,",
]
SUMMARY_TABLE = """
  - files: "mis_summary_*.csv"
    encoding: windows-1252
    constant: {observed_on: 2024-12-20, recorded_on: 2025-01-06}
    columns: {participant: Pupil}
    metrics:
      attendance: {share: [Present, AEA], of: Possible, rounded: down,
                   adding_up: [Present, AEA, Authorised, Unauthorised]}
      absence:    {share: [Authorised, Unauthorised], of: Possible, rounded: half up,
                   adding_up: [Present, AEA, Authorised, Unauthorised]}
"""
# 3: a column for each day: real dates, text, a weekday; a total, and a column that is hidden.
CLUB: list[Row] = [
    ["Club register", None, None, None, None, None],
    ["Child", date(2024, 9, 2), "9/9", "Mon 16 Sep", date(2024, 9, 23), "Total"],
    ["C-01", "\u2713", "x", "\u2713", "DNA", 3],
    ["C-02", "\u2713", None, "DNA", "\u2713", 2],
    ["C-03", "x", "\u2713", None, None, 1],
    ["C-04", "\u2713", "\u2713", "\u2713", "?", 3],
]
CLUB_TABLE = """
  - files: "register_wide_*.xlsx"
    headings_on: [2]
    within: [2024-09-01, 2025-08-31]
    never: Total
    constant: {recorded_on: 2024-09-30}
    columns: {participant: Child}
    across:
      metric: club
      format: [D/M, DDD D MMM]
      codes: {"\u2713": attended, x: missed, DNA: missed}
      blank: nothing
"""
# 4: a row for each session, with lists of who was there.
LISTS = [
    "Session date,Activity,Attendees,Apologies",
    '09/09/2024,Art,"C-01; C-02,C-07",C-03',
    "16/09/2024,Art,C-01;C-99,",
    '23/09/2024,Art,"C-02, C-03",C-03',
]
LISTS_TABLE = """
  - files: "register_session_*.csv"
    constant: {recorded_on: 2024-09-30}
    columns: {observed_on: {column: Session date, as: date, format: DD/MM/YYYY}}
    lists: {metric: club, columns: {Attendees: attended, Apologies: cancelled}}
"""
