"""A small contract, and workbooks of evidence under it, for the tests of evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence

EXAMPLE = Path(__file__).parents[1] / "fixtures" / "evidence" / "west_london_zone.xlsx"
CONTRACT = """
impactbond: 1
contract: small
title: A small contract
version: {number: 1, kind: original, signed_on: 2017-01-01, effective_on: 2017-01-01}
provider: A charity
funders:
  council: {name: A council, kind: council}
calendar:
  term: 2017-01-01 through 2018-12-31
  claims: {every: quarter, made: 1 month after the period}
  evidence: {within: 90 days, late: next claim}
  payment: {within: 30 days, working_days_of: England}
participants:
  attributes: {school: text, borough: [north, south]}
metrics:
  consent:    {kind: event}
  agreement:  {kind: event}
  meeting:    {kind: event, repeats: true}
  session:    {kind: session, marks: [attended, missed]}
  sdq:        {kind: score, range: [0, 40], better: lower}
  hours:      {kind: score, range: [-5, 99999999], better: higher, decimals: 2}
  attendance: {kind: percentage, better: higher, decimals: 1}
windows:
  year: start to 1 year after start
milestones:
  consent: {when: {observed: consent, in: year}, price: 100.00}
funding:
  - {for: every milestone, shares: {council: 100%}}
sheets:
  Children:
    holds: participants
    columns: {participant: Child, started_on: Started, left_on: Left, from_on: From,
              recorded_on: Recorded, school: School, borough: Borough}
  Forms:
    columns: {ref: Ref, participant: Child, observed_on: Signed, recorded_on: Recorded,
              replaces: Replaces, source: Signed by, evidence_ref: Scan}
    metrics: {consent: Consent, agreement: Agreement}
  Surveys:
    columns: {ref: Ref, participant: Child, observed_on: Done, recorded_on: Recorded,
              replaces: Replaces}
    metrics: {sdq: SDQ, hours: Hours, attendance: Attendance %}
  Meetings:
    columns: {ref: Ref, participant: Child, observed_on: Held, recorded_on: Recorded,
              replaces: Replaces}
    metrics: {meeting: each row}
  Sessions:
    columns: {participant: Child, observed_on: Planned, recorded_on: Recorded}
    metrics: {session: Mark}
"""
# An area that fits the contract.
AREA = """
impactbond: 1
area: place
title: A place
groups:
  - {name: one, children: 3, start: 2017-01-09, attributes: {school: Oak, borough: north}}
chances:
  consent: {chance: 90%, after: 10 days}
"""
HEADINGS = {
    "Children": ("Child", "Started", "Left", "From", "Recorded", "School", "Borough"),
    "Forms": (
        *("Ref", "Child", "Signed", "Recorded", "Replaces", "Signed by", "Scan"),
        *("Consent", "Agreement"),
    ),
    "Surveys": ("Ref", "Child", "Done", "Recorded", "Replaces", "SDQ", "Hours", "Attendance %"),
    "Meetings": ("Ref", "Child", "Held", "Recorded", "Replaces"),
    "Sessions": ("Child", "Planned", "Recorded", "Mark"),
}
JAN, FEB, MAR = date(2017, 1, 31), date(2017, 2, 28), date(2017, 3, 31)
CHILDREN: list[Sequence[object]] = [
    ("C-1", JAN, None, None, FEB, "Oak", "north"),
    ("C-2", JAN, None, None, FEB, "Elm", "south"),
]
Rows = Mapping[str, Sequence[Sequence[object]]]


def small_contract() -> Contract:
    """The contract of these tests."""
    return parse_contract(CONTRACT.encode(), name="small.yaml")


def write_book(path: Path, rows: Rows, headings: Mapping[str, Sequence[str]] | None = None) -> Path:
    """Write a workbook with the headings of the contract and these rows; children are added."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, titles in (headings or HEADINGS).items():
        sheet = book.add_worksheet(name)
        cells = [titles, *({"Children": CHILDREN} | dict(rows)).get(name, [])]
        for row, values in enumerate(cells):
            for column, value in enumerate(values):
                if isinstance(value, date | datetime):
                    sheet.write_datetime(row, column, value, day)
                elif isinstance(value, tuple):  # a formula and its result
                    sheet.write_formula(row, column, value[0], None, value[1])
                elif value is not None:
                    sheet.write(row, column, value)
    book.close()
    return path


def read_book(path: Path, rows: Rows) -> Evidence:
    """The evidence in a workbook with these rows."""
    return read_evidence(write_book(path / "evidence.xlsx", rows), small_contract())


def refusals(evidence: Evidence) -> list[tuple[str, int, str, str]]:
    """Sheet, row, column and code of everything refused, in order."""
    return [
        (one["sheet"], one["row"], one["column"], one["code"])
        for one in evidence.refused_table.to_pylist()
    ]


def values(evidence: Evidence) -> list[tuple[str, str, int, str]]:
    """Observation, participant, value and status of every observation, by observation."""
    return sorted(
        (one["observation"], one["participant"], one["value"], one["status"])
        for one in evidence.observations_table.to_pylist()
    )


FEW = {f"C-{number:04}" for number in (*range(1, 21), *range(71, 81))}


def few_children(target: Path) -> Path:
    """The example evidence with the rows about thirty children alone: for what is asked of the
    product whoever the evidence is about, and would read twenty thousand rows each time. C-0071
    is the first for whom anything is claimed.
    """
    source = CalamineWorkbook.from_path(EXAMPLE)
    with xlsxwriter.Workbook(target, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name in source.sheet_names:
            heading, *rows = source.get_sheet_by_name(name).to_python(skip_empty_area=False)
            page = book.add_worksheet(name)
            page.write_row(0, 0, heading)
            if "Child" in heading:
                at = heading.index("Child")
                rows = [row for row in rows if row[at] in FEW]
            for number, row in enumerate(rows, 1):
                page.write_row(number, 0, row)
    return target
