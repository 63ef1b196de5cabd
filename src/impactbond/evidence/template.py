"""An empty workbook for evidence: instructions, rows as they may look, the contract's sheets and
headings, and what may be typed; or the two evidence tables as CSV files.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from io import BytesIO, StringIO
from os import PathLike
from pathlib import Path
from textwrap import wrap
from typing import Any, Unpack

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from impactbond.contract.contract import Contract
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.template_parts import (
    CELL,
    TemplateColumn,
    columns_of,
    example_rows,
    instructions,
)
from impactbond.evidence.workbook import NOTES, headings_of
from impactbond.files import Writing, write_file, write_files
from impactbond.terms.sheets import EACH_ROW, VALUE, Sheet, evidence_tables

_CREATED = datetime(2000, 1, 1)  # the same contract gives the same bytes
_LAST_ROW = 1_048_575
_Note = tuple[str, str, str, str, str]
_A4 = 9
_WIDE, _NOTED = 92, 56  # letters of a column of instructions, and of one of notes
_LINE = 15  # points
_NOT_WRITTEN = partial(EvidenceError, "The template cannot be written.")


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
    return write_file(path, content, _NOT_WRITTEN, **how)


def write_csv_templates(
    contract: Contract, folder: str | PathLike[str], **how: Unpack[Writing]
) -> list[Path]:
    """Write the two evidence tables with their headings alone, `participants.csv` and
    `observations.csv`, and `instructions.md` with rows as they may look; gives the paths.

    They are read as `{"participants": path, "observations": path}`, whatever sheets the contract
    has. Raises EvidenceError as `write_template` does.
    """
    attributes = contract.participants.attributes
    tables = evidence_tables(attributes, has_slots=bool(contract.slots))
    files, examples = {}, []
    for number, (name, sheet) in enumerate(tables.items(), 1):
        headings = list(headings_of(sheet))
        file = f"{name.casefold()}.csv"
        files[file] = _csv([headings])
        rows = [
            [one[heading] for heading in headings] for one in example_rows(contract, sheet, number)
        ]
        examples.append(
            f"\n## Rows as they may look in {file}\n\n```\n{_csv([headings, *rows]).decode()}```\n"
        )
    told: list[str] = []
    for mark, says in instructions(contract, "Fill in participants.csv and observations.csv."):
        told.append(f"{mark} {says}" if mark else f"\n## {says}\n" if told else f"# {says}")
    files["instructions.md"] = ("\n".join(told) + "\n" + "".join(examples)).encode()
    return write_files(Path(folder), files, _NOT_WRITTEN, **how)


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = StringIO()
    cells = (["" if cell is None else cell for cell in row] for row in rows)
    csv.writer(text, lineterminator="\n").writerows(cells)
    return text.getvalue().encode()


def _workbook(contract: Contract) -> bytes:
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": f"Evidence: {contract.title}", "created": _CREATED})
    styles = {
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "number": book.add_format(),
        "heading": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
        "top": book.add_format({"valign": "top"}),
        "title": book.add_format({"bold": True}),
    }
    sheets = contract.workbook_sheets
    columns = {name: columns_of(contract, sheet) for name, sheet in sheets.items()}
    lists = _Lists(columns)
    _write_instructions(book.add_worksheet(_free_name("Instructions", columns)), contract, styles)
    _write_examples(book.add_worksheet(_free_name("Examples", columns)), contract, styles)
    for name in columns:
        sheet = book.add_worksheet(name)
        _for_print(sheet)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, None, styles["heading"])
        for place, column in enumerate(columns[name]):
            sheet.write_string(0, place, column.heading, styles["heading"])
            sheet.set_column(place, place, max(12, len(column.heading) + 2), styles[column.style])
            rule = _validation(column, lists, xl_rowcol_to_cell(1, place))
            sheet.data_validation(1, place, _LAST_ROW, place, rule)
    _write_notes(book.add_worksheet(_free_name("Notes", columns)), contract, columns, styles)
    lists.write(book)
    book.close()
    return buffer.getvalue()


class _Lists:
    """The lists to choose from, on a sheet of their own: Excel takes only short ones in place."""

    def __init__(self, columns: Mapping[str, list[TemplateColumn]]) -> None:
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


def _for_print(sheet: Any, *, landscape: bool = True) -> None:
    """On A4, as wide as the paper and as long as it must be, with the page's number below."""
    sheet.set_paper(_A4)
    if landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def _set_height(sheet: Any, row: int, *cells: tuple[str, int]) -> None:
    """As high as the texts of a row need, each in a column of so many letters: not every program
    works that out when it opens a workbook.
    """
    lines = max(len(wrap(text, width)) for text, width in cells)
    if lines > 1:
        sheet.set_row(row, _LINE * lines)


def _write_instructions(sheet: Any, contract: Contract, styles: Mapping[str, Any]) -> None:
    """The instructions, a line each, its mark beside it."""
    _for_print(sheet, landscape=False)
    sheet.set_column(0, 0, 7)
    sheet.set_column(1, 1, _WIDE)
    for row, (mark, says) in enumerate(
        instructions(contract, "Fill in the sheets of this workbook.")
    ):
        sheet.write_string(row, 0, mark if mark else says, styles["top" if mark else "title"])
        if mark:
            sheet.write_string(row, 1, says, styles["wrapped"])
            _set_height(sheet, row, (says, _WIDE))


def _write_examples(sheet: Any, contract: Contract, styles: Mapping[str, Any]) -> None:
    """Rows as they may look, on a sheet of their own: they are nobody's, and are not read."""
    _for_print(sheet)
    sheet.set_column(0, 15, 16)
    says = "Rows as they may look, sheet by sheet. They are nobody's, and are not read."
    sheet.write_string(0, 0, says, styles["title"])
    row = 2
    for number, (name, term) in enumerate(contract.workbook_sheets.items(), 1):
        sheet.write_string(row, 0, f"On the sheet '{name}':", styles["title"])
        for place, heading in enumerate(headings_of(term)):
            sheet.write_string(row + 1, place, heading, styles["heading"])
        row += 2
        for example in example_rows(contract, term, number):
            for place, cell in enumerate(example.values()):
                _write_cell(sheet, row, place, cell, styles)
            row += 1
        row += 1


def _write_cell(sheet: Any, row: int, place: int, cell: object, styles: Mapping[str, Any]) -> None:
    if isinstance(cell, date):
        sheet.write_datetime(row, place, cell, styles["date"])
    elif isinstance(cell, int | Decimal):
        sheet.write_number(row, place, cell)
    elif cell is not None:
        sheet.write_string(row, place, str(cell), styles["text"])


def _validation(column: TemplateColumn, lists: _Lists, cell: str) -> dict[str, Any]:
    """How Excel checks a column, of which that is the first cell; a message beside it says what it
    holds.
    """
    rule: dict[str, Any] = dict(column.rule) or {"validate": "any"}
    if rule["validate"] == "custom":
        rule["value"] = rule["value"].replace(CELL, cell)
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
    sheet: Any,
    contract: Contract,
    columns: Mapping[str, list[TemplateColumn]],
    styles: Mapping[str, Any],
) -> None:
    _for_print(sheet)
    sheet.repeat_rows(0)
    sheet.set_column(0, 1, 24)
    sheet.set_column(2, 2, 10)
    sheet.set_column(3, 4, _NOTED)
    sheet.freeze_panes(1, 0)
    rows: list[_Note] = [("Sheet", "Column", "Needed", "What it holds", "Allowed")]
    for name, held in columns.items():
        rows += [
            (name, one.heading, "yes" if one.is_needed else "no", one.about, one.allowed)
            for one in held
        ]
        rows += _of_metrics(name, contract.workbook_sheets[name], contract)
    for row, cells in enumerate(rows):
        _set_height(sheet, row, *((cell, _NOTED) for cell in cells[3:]))
        for place, cell in enumerate(cells):
            sheet.write_string(row, place, cell, styles["wrapped" if row else "heading"])
