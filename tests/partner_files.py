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
  emotion:    {kind: score, range: [0, 10], better: lower}
  wellbeing:  {kind: score, range: [7, 35], better: higher, decimals: 2}
  reading_age: {kind: score, range: [60, 200], better: higher}
  sas:        {kind: score, range: [69, 141], better: higher}
windows:
  year: start to 1 year after start
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
# 5: a Common Transfer File, with two years of attendance and three results for each child.
CTF = """<?xml version="1.0" encoding="UTF-8"?>
<CTfile><Header><DocumentName>Common Transfer File</DocumentName><CTFversion>{version}</CTFversion>
</Header><CTFpupilData>{pupils}</CTFpupilData></CTfile>
"""
PUPIL = """
<Pupil><UPN>{who}</UPN><Surname>Invented</Surname><{sex}>F</{sex}>
<Attendance>{years}</Attendance>
<StageAssessments><KeyStage><Stage>KS2</Stage>{results}</KeyStage></StageAssessments></Pupil>"""
YEAR = """<YearData><Year>{0}</Year><SessionsPossible>{1}</SessionsPossible><SessionsAuthorised>{2}
</SessionsAuthorised><SessionsAttended>{3}</SessionsAttended><SessionsUnauthorised>{4}
</SessionsUnauthorised></YearData>"""
RESULT = """<StageAssessment><Year>2025</Year><Subject>{0}</Subject><Method>{1}</Method>
<Component>{2}</Component><Result>{3}</Result></StageAssessment>"""


def ctf(path: Path, version: str) -> Path:
    """A transfer file of two children; before version 25 it says Gender."""
    first = [YEAR.format(2023, 380, 10, 370, 0), YEAR.format(2024, 372, 18, 350, 4)]
    second = [YEAR.format(2024, 371, 18, 350, 4)]
    results = [
        [("REA", "TT", "SCR", "99"), ("MAT", "TT", "MTC", "25"), ("PHO", "TT", "SCR", "A")],
        [("REA", "TT", "SCR", "N")],
    ]
    pupils = [
        PUPIL.format(
            who=who,
            sex="Sex" if version == "25.0" else "Gender",
            years="".join(years),
            results="".join(RESULT.format(*one) for one in some),
        )
        for who, years, some in zip(("C-01", "C-02"), (first, second), results, strict=True)
    ]
    path.write_text(CTF.format(version=version, pupils="".join(pupils)), encoding="utf-8")
    return path


CTF_TABLES = """
  - files: "ctf_*.xml"
    rows_at: CTFpupilData/Pupil/Attendance/YearData
    constant: {recorded_on: 2025-07-31}
    columns:
      participant: ../../UPN
      observed_on: {column: Year, as: school year, year: starts, on: 07-18}
    metrics:
      attendance: {share: SessionsAttended, of: SessionsPossible, rounded: half up,
                   adding_up: [SessionsAttended, SessionsAuthorised, SessionsUnauthorised]}
  - files: "ctf_*.xml"
    rows_at: CTFpupilData/Pupil/StageAssessments/KeyStage/StageAssessment
    constant: {recorded_on: 2025-07-31}
    columns:
      participant: ../../../UPN
      observed_on: {column: Year, as: school year, year: ends, on: 07-18}
    metrics:
      reading: {column: Result, where: {Subject: REA}, as: number, codes: {N: nothing, A: nothing}}
      tables:  {column: Result, where: {Subject: MAT, Component: MTC}, as: number}
      phonics: {column: Result, where: {Subject: PHO}, as: number, codes: {A: nothing, D: nothing}}
"""
# 6: pupil downloads: a retake, a rule over twelve goals, and the old framework.
PHONICS = [
    "Phonics_ACADYR,Phonics_UPN,Ref,Phonics_PHONICS_MARK,Phonics_PHONICS_OUTCOME",
    "2023/2024,B801200005001,C-01,28,Wt",
    "2024/2025,B801200005001,C-01,34,Wa",
    "2024/2025,D20512324500A,C-02,,A",
]
AREAS = {"COM": 2, "PSE": 3, "PHY": 2, "LIT": 3, "MAT": 2, "UTW": 3, "EXP": 2}
_AREA_OF = [area for area, count in AREAS.items() for _ in range(count)]
GOALS = [f"FSP_{area}_E{at:02d}" for at, area in enumerate(_AREA_OF, 1)]
OLD_AREAS = {"COM": 3, "PHY": 2, "PSE": 3, "LIT": 2, "MAT": 2, "UTW": 3, "EXP": 2}
_OLD_AREA_OF = [area for area, count in OLD_AREAS.items() for _ in range(count)]
OLD_GOALS = [f"FSP_{area}_G{at:02d}" for at, area in enumerate(_OLD_AREA_OF, 1)]


def profile(year: str, who: str, old: str, new: str) -> str:
    """A row of the profile, with seventeen goals of the old framework or of the new."""
    goals = [*(old or " " * 17), *(new or " " * 17)]
    return ",".join([year, "B801200005001", "Invented", who, *map(str.strip, goals), "x"])


EYFSP = [
    ",".join(
        ["FSP_ACADYR", "FSP_UPN", "FSP_SURNAME", "Ref", *OLD_GOALS, *GOALS, "FSP_GLD"],
    ),
    profile("2024/2025", "C-01", "", "222222222222" + "12222"),
    profile("2024/2025", "C-02", "", "222212222222" + "22222"),
    profile("2024/2025", "C-03", "", "A" * 17),
    profile("2018/2019", "C-04", "322222222222" + "11111", ""),
    profile("2024/2025", "C-05", "", "222222222227" + "22222"),
]
KS2 = [
    "ACADYR,PupilMatchingRef,UPN,Surname,Ref,READSCORE,READSCORE_noSpeccon,MATSCORE,FSM6,READEXP",
    "2024/2025,PM-1,B801200005001,Invented,C-01,102,101,99,1,1",
    "2024/2025,PM-2,D20512324500A,Invented,C-02,N,N,N,0,0",
    "2024/2025,PM-3,B801200005001,Invented,C-03,79,79,99,0,0",
    "2024/2025,PM-4,B801200005001,Invented,C-04,B,,B,0,0",
    "2024/2025,PM-5,B801200005001,Invented,C-05,120,120,120,,1",
    "202425,PM-6,B801200005001,Invented,C-06,80,80,80,0,0",
    "2014/2015,PM-7,B801200005001,Invented,C-07,4B,,4B,0,1",
    "2024/2025,PM-8,B801200005001,Invented,C-08,Z,,,0,0",
]
KS2_TABLE = """
  - files: "*ks2*.csv"
    never: ["*UPN", Surname, PupilMatchingRef, "*_noSpeccon"]
    leave_out: {ACADYR: 2014/2015}
    constant: {recorded_on: 2025-07-31}
    columns:
      participant: Ref
      observed_on: {column: ACADYR, as: school year, on: 05-15}
    metrics:
      reading:
        {column: READSCORE, as: number,
         codes: {A: nothing, B: nothing, N: nothing, U: nothing, T: nothing}}
"""
PHONICS_TABLE = """
  - files: "*phonics*.csv"
    never: "*UPN"
    constant: {recorded_on: 2025-07-31}
    columns:
      participant: Ref
      observed_on: {column: Phonics_ACADYR, as: school year, on: 06-13}
    metrics: {phonics: {column: Phonics_PHONICS_MARK, as: number}}
    choose: latest
"""
EYFSP_TABLE = f"""
  - files: "*eyfsp*.csv"
    never: "*UPN"
    constant: {{recorded_on: 2025-07-31}}
    columns:
      participant: Ref
      observed_on: {{column: FSP_ACADYR, as: school year, on: 06-30}}
    metrics: {{gld: {{every: [{", ".join(GOALS[:12])}], is: "2", not: "1", nothing: A}}}}
"""
# Before 2021 goals were others, and 3 was more than was expected: a rule of its own.
OLD_EYFSP_TABLE = EYFSP_TABLE.replace(", ".join(GOALS[:12]), ", ".join(OLD_GOALS[:12])).replace(
    'is: "2"', 'is: ["2", "3"]'
)
# 7: answers in words, some with a space behind, and one block coded 1 to 3.
WORDS = {"0": "Not true", "1": "Somewhat true ", "2": "Certainly true"}
ITEMS = [f"Q{number}" for number in range(1, 21)]


def answers(who: str, by: str, said: Sequence[str]) -> Row:
    return [who, by, date(2024, 10, 1), *said]


SDQ: list[Row] = [
    ["Child", "Completed by", "Date", *ITEMS],
    answers("C-01", "T", ["Not true"] * 10 + ["Somewhat true "] * 10),
    answers("C-02", "T", ["Somewhat true "] * 20),
    answers("C-03", "T", ["Certainly true"] * 10 + ["Somewhat True "] * 10),
    answers("C-04", "P", ["Certainly true"] * 20),
    answers("C-05", "T", ["Certainly true"] * 10 + [""] * 10),
]
SDQ_TABLE = f"""
  - files: "sdq_*.xlsx"
    constant: {{recorded_on: 2024-10-02}}
    columns: {{participant: Child, observed_on: Date}}
    metrics:
      difficulty:
        sum: [{", ".join(ITEMS)}]
        where: {{Completed by: T}}
        codes: {{Not true: 0, Somewhat true: 1, Certainly true: 2}}
"""
# 8: before and after on one row, each with its day; a raw sum, and the table it is looked up in.
SWEMWBS: list[Row] = [
    [
        *("Child", "Pre date", *(f"Pre {n}" for n in range(1, 8))),
        *("Post date", *(f"Post {n}" for n in range(1, 8))),
    ],
    ["C-01", date(2024, 9, 9), *[3] * 7, date(2025, 3, 10), *[4] * 5, 3, 3],
    ["C-02", date(2024, 9, 9), *[3] * 6, None, date(2025, 3, 10), *[4] * 5, 3, 3],
    ["C-03", date(2024, 9, 9), *[3] * 7, date(2024, 3, 10), *[4] * 5, 3, 3],
]


def swemwbs(word: str, more: str = "") -> str:
    items = ", ".join(f"{word} {number}" for number in range(1, 8))
    return f"""
  - files: "swemwbs_*.xlsx"
    constant: {{recorded_on: 2025-03-31}}
    columns: {{participant: Child, observed_on: {{column: {word} date{more}}}}}
    metrics: {{wellbeing: {{sum: [{items}], look_up: {{21: 19.25, 26: 23.21}}}}}}
"""


SWEMWBS_TABLES = swemwbs("Pre") + swemwbs("Post", ", not_before: Pre date")
# 9: reading ages as people and Excel write them, and standard age scores at the ends.
NGRT: list[Row] = [
    ["Ref", "Test date", "Reading age", "SAS"],
    ["C-01", date(2024, 9, 9), time(7, 10), 69],
    ["C-02", date(2024, 9, 9), "10:06", 141],
    ["C-03", date(2024, 9, 9), "7.10", 68],
    ["C-04", date(2024, 9, 9), "<6:00", 100],
    ["C-05", date(2024, 9, 9), "16+", 100],
    ["C-06", date(2024, 9, 9), "7:09", 100],
    ["C-07", date(2024, 9, 9), "7y 10m", 100],
    ["C-08", date(2024, 9, 9), 7.1, 100],
]
NGRT_TABLE = """
  - files: "ngrt_*.xlsx"
    constant: {recorded_on: 2024-09-30}
    columns: {participant: Ref, observed_on: Test date}
    metrics:
      reading_age: {column: Reading age, as: reading age, codes: {16+: 192, <6:00: nothing}}
      sas: SAS
"""
# 10: deliveries of a case system in UTC.
PMM = [
    "Id,Client,Delivered,Session,Attendance status,Created",
    "a0X01AbC,C-01,2025-04-27T23:30:00.000+0000,Complete,Attended (late),2025-04-29T09:00:00Z",
    "a0X01ABC,C-01,2025-05-04T14:00:00.000Z,Complete,Present,2025-05-06T09:00:00Z",
    "a0X01abd,C-02,2025-05-04T14:00:00.000Z,Canceled,Present,2025-05-06T09:00:00Z",
    "a0X01abe,C-02,2025-05-11T14:00:00.000Z,Complete,,2025-05-12T09:00:00Z",
    "a0X01abf,C-02,2025-05-18 14:00,Complete,Unexcused Absence,2025-05-19T09:00:00Z",
]
PMM_TABLE = """
  - files: "pmm_*.csv"
    leave_out: {Session: Canceled}
    columns:
      ref: Id
      participant: Client
      observed_on: {column: Delivered, as: utc time, zone: Europe/London}
      recorded_on: {column: Created, as: utc time, zone: Europe/London}
    metrics:
      club:
        column: Attendance status
        codes: {Present: attended, Attended (late): attended, Unexcused Absence: missed}
"""
# 11: the same percentages, as Excel shows them and as people type them.
PERCENT: list[Row] = [
    ["Child", "Attendance", "Absence"],
    ["C-01", 0.9, 0.1],
    ["C-02", 1, 0],
    ["C-03", 92.5, 0.075],
    ["C-04", "92.5%", 0.075],
]
SHOWN = {(1, 1): "0%", (2, 1): "0.0%"}
PERCENT_TABLE = """
  - files: "percent_*.xlsx"
    constant: {observed_on: 2024-12-20, recorded_on: 2025-01-06}
    columns: {participant: Child}
    metrics:
      attendance: {column: Attendance, as: percent}
      absence: {column: Absence, as: fraction}
"""
# 12: numbers by which others know a child, under headings that do not say so. All are examples that
# the authorities print, or made up with their check character.
LEAK: list[Row] = [
    ["Child", "Ref", "Date", "Mark", "DoB", "Adno", "Note"],
    ["B801200005001", "943 476 5919", date(2024, 9, 9), "/", "2014-03-02", 17, "moved to SW1A 1AA"],
    ["D20512324500A", "943 476 5919", date(2024, 9, 9), "/", "2014-03-03", 18, ""],
]
LEAK_TABLE = """
  - files: "pii_*.xlsx"
    constant: {recorded_on: 2024-09-30}
    columns: {participant: Child, ref: Ref, observed_on: Date}
    metrics: {club: {column: Mark, codes: {"/": attended}}}
"""
