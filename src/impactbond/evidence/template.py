"""An empty workbook for evidence: the contract's sheets and headings, and what may be typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.utility import xl_range_abs

from impactbond.contract.contract import Contract
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.deliveries import STATUSES
from impactbond.evidence.refusals import FIRST_DAY, LAST_DAY
from impactbond.evidence.workbook import NOTES, headings_of
from impactbond.files import Writing, write_file
from impactbond.terms.metrics import Metric, Numbered
from impactbond.terms.sheets import EACH_ROW, METRIC, VALUE, Sheet

_CREATED = datetime(2000, 1, 1)  # the same contract gives the same bytes
_LAST_ROW = 1_048_575
_ABOUT = {
    "participant": "The key that stands for the child; never a name, NHS number or pupil number",
    "started_on": "The day on which the child started",
    "left_on": "The day on which the child left; blank while it has not",
    "from_on": "The day from which this row holds; blank: from the start",
    "recorded_on": "The day on which you came to know what this row says",
    "observed_on": "The day that this row speaks of",
    "metric": "What was observed",
    "value": "What it came to",
    "ref": "A reference of its own for each row; needed to correct the row later",
    "replaces": "The reference of the row that this one corrects; blank for all others",
    "source": "Who or what it was learnt from",
    "evidence_ref": "Where the proof is kept",
    "slot": "Which part of the day the row speaks of",
    "status": "Whether what the row says is in dispute, or taken back; blank: recorded",
}
_Note = tuple[str, str, str, str, str]
_DATES = ("started_on", "left_on", "from_on", "recorded_on", "observed_on")


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of the template: what it holds, what is allowed, and how Excel checks that."""

    heading: str
    about: str
    allowed: str
    is_needed: bool
    style: str = "text"
    choices: tuple[str, ...] = ()
    rule: tuple[tuple[str, Any], ...] = ()


def write_template(contract: Contract, path: str | PathLike[str], **how: Unpack[Writing]) -> Path:
    """Write an empty workbook for evidence; the same contract gives the same bytes.

    With `replace=True` another file of that name is replaced, such as an older template: never say
    so of one that may be filled in. Gives the path. Raises EvidenceError when the file cannot be
    written or would replace another. A contract without sheets has the two evidence tables.
    """
    try:
        content = _workbook(contract)
    except XlsxWriterException:
        problem = "a sheet has a name that Excel does not take"
        allowed = "at most 31 characters, none of []:*?/\\"
        fault = Fault(code="sheet_name", problem=problem, allowed=allowed)
        raise EvidenceError("The template cannot be written.", [fault]) from None
    refused = partial(EvidenceError, "The template cannot be written.")
    return write_file(path, content, refused, **how)


def _workbook(contract: Contract) -> bytes:
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": f"Evidence: {contract.title}", "created": _CREATED})
    styles = {
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "number": book.add_format(),
        "heading": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    sheets = contract.workbook_sheets
    columns = {name: _columns(contract, sheet) for name, sheet in sheets.items()}
    lists = _Lists(columns)
    for name in columns:
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, None, styles["heading"])
        for place, column in enumerate(columns[name]):
            sheet.write_string(0, place, column.heading, styles["heading"])
            sheet.set_column(place, place, max(12, len(column.heading) + 2), styles[column.style])
            sheet.data_validation(1, place, _LAST_ROW, place, _validation(column, lists))
    _write_notes(book.add_worksheet(_free_name("Notes", columns)), contract, columns, styles)
    lists.write(book)
    book.close()
    return buffer.getvalue()


class _Lists:
    """The lists to choose from, on a sheet of their own: Excel takes only short ones in place."""

    def __init__(self, columns: Mapping[str, list[_Column]]) -> None:
        every = (column.choices for sheet in columns.values() for column in sheet if column.choices)
        self._places = {choices: place for place, choices in enumerate(dict.fromkeys(every))}
        self._name = _free_name("Lists", columns)

    def range_of(self, choices: tuple[str, ...]) -> str:
        """Where a list stands, as a formula."""
        place = self._places[choices]
        return f"='{self._name}'!{xl_range_abs(0, place, len(choices) - 1, place)}"

    def write(self, book: xlsxwriter.Workbook) -> None:
        """Write every list, on a hidden sheet."""
        if not self._places:
            return
        sheet = book.add_worksheet(self._name)
        sheet.hide()
        for choices, place in self._places.items():
            for row, choice in enumerate(choices):
                sheet.write_string(row, place, choice)


def _free_name(name: str, columns: Mapping[str, object]) -> str:
    """A name for a sheet that the contract does not use."""
    assert name in NOTES
    return f"{name} (impactbond)" if name in columns else name


def _columns(contract: Contract, sheet: Sheet) -> list[_Column]:
    """The columns of a sheet, each heading once; what the first use of a heading says counts."""
    found = []
    for heading, held in headings_of(sheet).items():
        if sheet.holds == "participants" and held in contract.participants.attributes:
            found.append(_attribute_column(heading, held, contract))
        elif held in _ABOUT:
            found.append(_plain_column(heading, held, sheet, contract))
        else:
            found.append(_metric_column(heading, held, contract.metrics[held]))
    return found


def _plain_column(heading: str, held: str, sheet: Sheet, contract: Contract) -> _Column:
    needed = held in sheet.required
    if held == METRIC:
        words = tuple(sheet.delivers(contract.metrics).values())
        return _Column(heading, _ABOUT[held], ", ".join(words), needed, choices=words)
    if held == VALUE:
        allowed = "what its metric takes, as the notes say"
        return _Column(heading, _ABOUT[held], allowed, needed, "number")
    if held == "status":
        return _Column(heading, _ABOUT[held], ", ".join(STATUSES), False, choices=STATUSES)
    if held == "slot":
        delivered = [contract.metrics[one] for one in sheet.delivers(contract.metrics)]
        slots = tuple(dict.fromkeys(slot for one in delivered for slot in one.slot_names))
        # Beside metrics that have none, a row of such a metric leaves it blank.
        needed = all(one.slot_names for one in delivered)
        return _Column(heading, _ABOUT[held], ", ".join(slots), needed, choices=slots)
    if held not in _DATES:
        return _Column(heading, _ABOUT[held], "text", needed)
    between = {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY}
    return _Column(heading, _ABOUT[held], "a date", needed, "date", rule=tuple(between.items()))


def _attribute_column(heading: str, held: str, contract: Contract) -> _Column:
    values = contract.participants.attributes[held]
    about = f"The attribute '{held}'"
    if values == "text":
        return _Column(heading, about, "text", True)
    choices = tuple(values)
    return _Column(heading, about, ", ".join(choices), True, choices=choices)


def _metric_column(heading: str, held: str, metric: Metric) -> _Column:
    about = f"The metric '{held}'; blank: not evidenced"
    if not isinstance(metric, Numbered):
        return _Column(heading, about, metric.allowed, False, choices=metric.choices)
    low, high = (f"{end:f}" for end in metric.ends)
    kind = "decimal" if metric.decimals else "integer"
    between = {"validate": kind, "criteria": "between", "minimum": low, "maximum": high}
    about = f"{metric.label}; blank: not evidenced" if metric.label else about
    rule = tuple(between.items())
    return _Column(heading, about, metric.allowed, False, "number", rule=rule)


def _validation(column: _Column, lists: _Lists) -> dict[str, Any]:
    """How Excel checks a column; a message beside the cell says what it holds."""
    rule: dict[str, Any] = dict(column.rule) or {"validate": "any"}
    if column.choices:
        rule = {"validate": "list", "source": lists.range_of(column.choices)}
    return rule | {
        "ignore_blank": True,
        "input_title": column.heading[:32],
        "input_message": f"{column.about}. Allowed: {column.allowed}."[:255],
        "error_title": "Not allowed here",
        "error_message": f"Allowed: {column.allowed}."[:255],
    }


def _of_metrics(name: str, sheet: Sheet, contract: Contract) -> list[_Note]:
    """What the notes say of the metrics that have no column of their own."""
    if sheet.is_long:
        value = sheet.columns[VALUE]
        return [
            (name, value, "", f"Where the metric is '{word}'", contract.metrics[metric].allowed)
            for metric, word in sheet.delivers(contract.metrics).items()
        ]
    return [
        (name, "", "", f"Every row is one of the metric '{metric}'", "")
        for metric, heading in sheet.metrics.items()
        if heading == EACH_ROW
    ]


def _write_notes(
    sheet: Any, contract: Contract, columns: Mapping[str, list[_Column]], styles: Mapping[str, Any]
) -> None:
    sheet.set_column(0, 1, 24)
    sheet.set_column(2, 2, 10)
    sheet.set_column(3, 4, 56)
    sheet.freeze_panes(1, 0)
    rows: list[_Note] = [("Sheet", "Column", "Needed", "What it holds", "Allowed")]
    for name, held in columns.items():
        rows += [
            (name, one.heading, "yes" if one.is_needed else "no", one.about, one.allowed)
            for one in held
        ]
        rows += _of_metrics(name, contract.workbook_sheets[name], contract)
    for row, cells in enumerate(rows):
        for place, cell in enumerate(cells):
            sheet.write_string(row, place, cell, styles["wrapped" if row else "heading"])
