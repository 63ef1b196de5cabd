"""A workbook as it was found: every cell, and what can hide something or mislead.

Nothing in a workbook is run, followed or trusted: a part that is too large or that is no plain XML
refuses the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from impactbond.canonical import read_parts
from impactbond.errors import Fault, StatementError, libraries_unheard

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as OpenedCell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

UNREADABLE = "The workbook cannot be read."
LARGEST = 2**30  # bytes of all parts, unpacked
_COVER_ROWS = 60  # more than a cover has before its reference
_OLE = b"\xd0\xcf\x11\xe0"
_BLACK = {None, "FF000000", "00000000", "theme 1", "indexed 8", "indexed 64"}
# What a statement never has, and can carry something that no cell shows.
_CARRIERS = re.compile(
    r"xl/(vbaProject|drawings/|media/|charts/|embeddings/|externalLinks/|activeX/|ctrlProps/|"
    r"connections|queryTables/|pivot|macrosheets/|dialogsheets/|chartsheets/|threadedComments/|"
    r"customXml/)|customXml/"
)


@dataclass(frozen=True, slots=True, repr=False)
class Cell:
    """One cell: its value or formula, the result that was saved with it, and how it looks."""

    value: Any
    result: Any
    number_format: str
    look: str
    comment: str | None
    link: str | None


@dataclass(frozen=True, slots=True, repr=False)
class SheetCells:
    """One sheet: its cells by address, and facts about it, each with the place that it is about."""

    name: str
    cells: Mapping[str, Cell] = field(repr=False)
    facts: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class WorkbookCells:
    """A workbook: its parts, its sheets in their order, and facts about the whole of it."""

    name: str
    parts: Mapping[str, bytes] = field(repr=False)
    sheets: tuple[SheetCells, ...] = field(repr=False)
    facts: frozenset[tuple[str, str]]


@libraries_unheard()
def read_cells(content: bytes, name: str) -> WorkbookCells:
    """The workbook in some bytes.

    Raises StatementError, naming the part where there is one, for what is no workbook or a damaged
    one.
    """
    import openpyxl

    parts = parts_of(content, name)
    try:
        formulas = openpyxl.load_workbook(BytesIO(content), data_only=False)
        results = openpyxl.load_workbook(BytesIO(content), data_only=True)
        sheets = tuple(
            _sheet(sheet, results[sheet.title])
            for sheet in formulas.worksheets  # a sheet of charts has no cells: it is a carrier
        )
        facts = frozenset(_facts_of_book(formulas, parts))
    except Exception:  # whatever the reader makes of a part that is not as the format says
        problem = "it cannot be read as an Excel workbook: a part of it does not fit the others"
        raise _unusable(name, "workbook_damaged", problem) from None
    return WorkbookCells(name, parts, sheets, facts)


def parts_of(content: bytes, name: str) -> dict[str, bytes]:
    """The parts of a workbook. Raises StatementError for a damaged or unusual one."""
    if content.startswith(_OLE):
        problem = "the workbook has a password, or is of an old format"
        raise _unusable(name, "not_a_workbook", problem)
    try:
        file = ZipFile(BytesIO(content))
        entries = file.infolist()
    except Exception:  # whatever damaged bytes make of a zip file
        problem = "this is not an Excel workbook, or its list of parts is damaged"
        raise _unusable(name, "not_a_workbook", problem) from None
    if sum(entry.file_size for entry in entries) > LARGEST:
        largest = max(entries, key=lambda entry: entry.file_size).filename
        problem = f"it is too large for a statement, above all the part {largest!a}"
        raise _unusable(name, "too_large", problem)
    parts, damaged = read_parts(file)
    damaged += [
        ("part_not_plain", f"the part {part!a} declares entities, which no spreadsheet writes")
        for part, inside in parts.items()
        if b"<!DOCTYPE" in inside or b"<!ENTITY" in inside
    ]
    if damaged:
        faults = [Fault(file=name, code=code, problem=problem) for code, problem in damaged]
        raise StatementError(UNREADABLE, faults)
    return parts


@libraries_unheard()
def reference_of(content: bytes) -> str | None:
    """The statement's own reference, as its cover gives it; None where there is none to read."""
    import openpyxl

    try:
        parts_of(content, "")  # asks for the sizes first
        book = openpyxl.load_workbook(BytesIO(content), read_only=True)
        # Read as a stream and no further: a cell far away would otherwise make it endless.
        rows = book["Cover"].iter_rows(max_row=_COVER_ROWS, max_col=2, values_only=True)
        return next((str(beside) for label, beside in rows if label == "Statement reference"), None)
    except Exception:  # whatever the reader makes of a part that is not as the format says
        return None


def _sheet(formulas: Worksheet, results: Worksheet) -> SheetCells:
    # The cells that are there, not the area that they span: one far away would make it endless.
    others = results._cells
    cells = {
        cell.coordinate: _cell(cell, others[place].value if place in others else None)
        for place, cell in formulas._cells.items()
    }
    there = {address: cell for address, cell in cells.items() if cell is not None}
    return SheetCells(formulas.title, there, frozenset(_facts_of_sheet(formulas)))


def _cell(cell: Any, result: Any) -> Cell | None:
    value = _plain(cell.value)
    comment = cell.comment.text if cell.comment is not None else None
    link = None
    if cell.hyperlink is not None:
        link = (cell.hyperlink.target or "") + (cell.hyperlink.location or "").lstrip("#")
    if value is None and comment is None and link is None:
        return None
    # Some programs add backslashes and quotes before a plain sign of a number format.
    shown_as = re.sub(r'\\(?=[-+ ])|"(?=-")|(?<="-)"', "", cell.number_format)
    return Cell(value, _plain(result), shown_as, _look(cell), comment, link)


def _plain(value: Any) -> Any:
    """A value as it compares: no empty texts, whole numbers as such, formulas as their text."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date()
    if isinstance(value, bool | str | int | float | date):
        return value
    return str(getattr(value, "text", value))


def _look(cell: OpenedCell) -> str:
    """What can make a value unreadable: the colour of the text, a fill."""
    found = []
    colour = _colour(cell.font.color) if cell.font is not None else None
    if colour not in _BLACK:
        found.append(f"text in colour {colour}")
    if cell.fill is not None and cell.fill.fill_type not in (None, "none"):
        found.append(f"filled with {_colour(cell.fill.fgColor)}")
    return ", ".join(found)


def _colour(colour: Any) -> str | None:
    if colour is None:
        return None
    kind = colour.type
    return str(colour.rgb) if kind == "rgb" else f"{kind} {getattr(colour, kind)}"


def _facts_of_sheet(sheet: Worksheet) -> Iterator[tuple[str, str]]:
    from openpyxl.utils import get_column_letter

    if sheet.sheet_state != "visible":
        yield "", "is hidden"
    for number, row in sheet.row_dimensions.items():
        if row.hidden or row.height == 0:
            yield f"row {number}", "is hidden"
    for name, column in sheet.column_dimensions.items():
        if column.hidden or column.width == 0:
            for place in range(column.min or 0, (column.max or -1) + 1):
                yield f"column {get_column_letter(place)}", "is hidden"
            if not column.min:
                yield f"column {name}", "is hidden"
    for merged in sheet.merged_cells.ranges:
        yield str(merged), "is one merged cell"
    for formatted in sheet.conditional_formatting:
        yield str(formatted.sqref), "looks otherwise on a condition"
    for rule in sheet.data_validations.dataValidation:
        yield str(rule.sqref), "lets only some values be entered"
    for table in sheet.tables.values():
        yield table.ref, f"is the table '{table.name}'"
    for name, defined in sheet.defined_names.items():
        if not name.startswith("_xlnm."):
            yield "", f"has a name '{name}' for {_address(defined.attr_text)}"
    for drawn in (*sheet._images, *sheet._charts):  # type: ignore[attr-defined]
        yield "", f"holds {'a chart' if drawn in sheet._charts else 'an image'}"  # type: ignore[attr-defined]


def _facts_of_book(book: Workbook, parts: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, defined in book.defined_names.items():
        if not name.startswith("_xlnm."):
            yield f"name '{name}'", f"stands for {_address(defined.attr_text)}"
    if book.calculation.calcMode == "manual":
        yield "", "works out formulas by hand only"
    if book.calculation.fullPrecision is False:
        yield "", "works out sums with the digits shown"
    if book.epoch.year != 1899:
        yield "", "counts days from 1904"
    for part in parts:
        if _CARRIERS.match(part):
            yield "", f"holds the part {part!a}"


def _address(text: Any) -> str:
    return str(text).replace("'", "")


def _unusable(name: str, code: str, problem: str) -> StatementError:
    allowed = "an .xlsx workbook as it was written or saved"
    fault = Fault(file=name, code=code, problem=problem, allowed=allowed)
    return StatementError(UNREADABLE, [fault])
