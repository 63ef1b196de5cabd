"""Small workbooks of evidence that are drawn, with what people and programs leave in them: texts in
columns of numbers, days as texts, as numbers and with a time, blanks of all kinds, errors, formats
that hide, rich texts, repeats, corrections, contradictions, references that are used again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract

CONTRACT = """
impactbond: 1
contract: drawn
title: A contract for drawn workbooks
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
  consent:    {kind: event, sources: [parent, school]}
  register:
    kind: session
    slots: [AM, PM]
    marks: [/, L, I, J]
    dated: [{marks: [J], from: 2017-02-03, through: 2017-02-05}]
  sdq:        {kind: score, range: [0, 40], better: lower}
  attendance: {kind: percentage, better: higher, decimals: 1}
  meeting:    {kind: event, repeats: true}
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
  Surveys:
    columns: {ref: Ref, participant: Child, observed_on: Done, recorded_on: Recorded,
              replaces: Replaces, source: Who, status: Status}
    metrics: {sdq: SDQ, attendance: Attendance, consent: Consent}
  Meetings:
    columns: {participant: Child, observed_on: Held, recorded_on: Recorded, status: Status}
    metrics: {meeting: each row}
  Register:
    columns: {ref: Ref, participant: Child, observed_on: Day, slot: Half, recorded_on: Recorded,
              replaces: Replaces, metric: What, value: Mark}
    metrics: {register: attendance mark}
"""
HEADINGS = {
    "Children": ("Child", "Started", "Left", "From", "Recorded", "School", "Borough"),
    "Surveys": (
        *("Ref", "Child", "Done", "Recorded", "Replaces", "Who", "Status"),
        *("SDQ", "Attendance", "Consent"),
    ),
    "Meetings": ("Child", "Held", "Recorded", "Status"),
    "Register": ("Ref", "Child", "Day", "Half", "Recorded", "Replaces", "What", "Mark"),
}
_DAYS = {"Started", "Left", "From", "Recorded", "Done", "Held", "Day"}
_CHILDREN = ("C-1", "C-2", "C-3", "17")
_ODD: tuple[object, ...] = (
    *(
        "",
        " ",
        "\u00a0",
        "x",
        "C-1 ",
        " C-1",
        "C\u20111",
        "c-1",
        "=1+1",
        "#N/A",
        "yes",
        "No",
        "1.5",
    ),
    *("1.500", "2017-02-03", "03/02/2017", "2017-02-30", "n/a", "-", "  double  space ", "\u00e9"),
    *(0, 1, -1, 17, 40, 41, 0.5, 0.1 + 0.2, 1e16, 42769, 42769.5, True, False, date(1969, 1, 1)),
    *(date(2017, 2, 4), datetime(2017, 2, 4, 9, 30), ("=NA()", "#N/A"), ("=1+1", 2), ("=A1", "")),
    *(("percent", 0.925), ("hidden", 5), ("rich", "C-1"), ("thousands", 1500), None, None, None),
)


def drawn_contract() -> Contract:
    """The contract that the workbooks are under."""
    return parse_contract(CONTRACT.encode(), name="drawn.yaml")


def _cell(draw: Random, heading: str, number: int) -> object:
    """A cell that is in order, most often."""
    if heading in _DAYS:
        day = date(2017, 2, 1) + timedelta(days=draw.randrange(6))
        if heading in ("Left", "From"):
            return None if draw.random() < 0.8 else day + timedelta(days=40)
        return day + timedelta(days=30) if heading == "Recorded" else day
    choices: dict[str, Sequence[object]] = {
        "Child": _CHILDREN,
        "School": ("Oak", "Elm"),
        "Borough": ("north", "south"),
        "Ref": (f"R{number}",) * 9 + (f"R{draw.randrange(1, 9)}", None),
        "Replaces": (None,) * 6 + (f"R{draw.randrange(1, 9)}",),
        "Who": ("parent", "school", "school", "neighbour"),
        "Status": (None, None, None, "recorded", "disputed", "withdrawn"),
        "SDQ": (12, 17, 17, "20", None),
        "Attendance": (92.5, 0.9, "91.5", None, ("percent", 0.925)),
        "Consent": ("yes", "no", 1, True, None),
        "Half": ("AM", "PM"),
        "What": ("attendance mark",) * 6 + ("sdq",),
        "Mark": ("/", "/", "L", "I", "J", 12),
    }
    return draw.choice(choices[heading])


def drawn_sheets(draw: Random, odd: float) -> dict[str, list[list[object]]]:
    """The rows of each sheet; so many of the cells are odd."""
    found = {}
    for name, headings in HEADINGS.items():
        rows: list[list[object]] = []
        if name == "Children":
            rows = [[who, date(2017, 1, 9), None, None, date(2017, 1, 31), "Oak", "north"]
                    for who in _CHILDREN]  # fmt: skip
        for number in range(1, draw.randrange(2, 14)):
            if rows and draw.random() < 0.15:
                rows.append(list(draw.choice(rows)))
            elif draw.random() < 0.05:
                rows.append([None] * len(headings))
            else:
                cells = [_cell(draw, heading, number) for heading in headings]
                rows.append([draw.choice(_ODD) if draw.random() < odd else one for one in cells])
        found[name] = rows
    return found


def write_drawn(path: Path, sheets: dict[str, list[list[object]]], draw: Random) -> Path:
    """A workbook with these rows, its days counted from 1900 or 1904, its texts shared or not."""
    options = {"strings_to_formulas": False, "strings_to_numbers": False}
    options |= {"date_1904": draw.random() < 0.3, "constant_memory": draw.random() < 0.3}
    with xlsxwriter.Workbook(path, options) as book:
        formats = {
            "percent": book.add_format({"num_format": "0.0%"}),
            "hidden": book.add_format({"num_format": ";;;"}),
            "thousands": book.add_format({"num_format": "0.0,"}),
            "day": book.add_format({"num_format": "dd/mm/yyyy"}),
        }
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            first = draw.choice([0, 0, 0, 2])  # blank rows above
            for row, cells in enumerate([HEADINGS[name], *rows], first):
                for column, cell in enumerate(cells):
                    _writer(sheet, formats, cell)(row, column)
    return path


def _writer(sheet: Any, formats: dict[str, Any], cell: object) -> Callable[[int, int], object]:
    match cell:
        case None:
            return lambda row, column: None
        case ("rich", str(text)):
            return lambda row, column: sheet.write_rich_string(
                row, column, formats["hidden"], text[:1], text[1:]
            )
        case (str(kind), int() | float() as number) if kind in formats:
            return lambda row, column: sheet.write_number(row, column, number, formats[kind])
        case (str(formula), shown):
            return lambda row, column: sheet.write_formula(row, column, formula, None, shown)
        case date():
            return lambda row, column: sheet.write_datetime(row, column, cell, formats["day"])
        case str():
            return lambda row, column: sheet.write_string(row, column, cell)
    return lambda row, column: sheet.write(row, column, cell)
