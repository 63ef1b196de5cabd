"""A copy of a delivered workbook in which every cell that was refused is marked and says why, to be
sent back to whoever filled it in. The copy holds what it held: the marks themselves tell no value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO
from os import PathLike
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple, Unpack

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from impactbond.errors import EvidenceError, Fault, libraries_unheard
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.sheet_looks import MARKED
from impactbond.evidence.workbook import (
    PUT_RIGHT_TITLE,
    TO_PUT_RIGHT,
    Opened,
    grid_of,
    open_workbook,
)
from impactbond.files import Writing, unwritten, write_file
from impactbond.texts import one_spelling

MOST_COMMENTS = 2_000  # of a workbook; beyond these, cells are marked and stand on the list
_AUTHOR = "impactbond"
_UNWRITTEN = "The marked workbook cannot be written."
_COLUMNS = {"Where": 18, "Column": 18, "Code": 24, "What is wrong": 40, "Allowed": 34}
_COLUMNS["What to do"] = 40
_LINE = 15  # points


class _Wrong(NamedTuple):
    """One thing to put right, and where it stands; a row of 0 is the sheet as a whole."""

    sheet: str
    row: int
    column: str
    code: str
    problem: str
    allowed: str
    hint: str


def mark_workbook(
    workbook: str | PathLike[str],
    found: Evidence | EvidenceError,
    path: str | PathLike[str],
    **how: Unpack[Writing],
) -> Path:
    """Write a copy of a delivered workbook with every refused cell marked and commented, and a list
    of them all in front, with their codes. Gives the path.

    `found` is the evidence that was read from it, alone or with others, or the error that refused
    it. The delivered file is never written over. Formulas stay and lose their saved results: the
    copy must be saved by Excel or LibreOffice before it is delivered. Raises EvidenceError when the
    workbook cannot be opened, or the copy cannot be written.
    """
    place = Path(workbook)
    opened = open_workbook(place)
    if isinstance(opened, Fault):
        raise EvidenceError("The workbook cannot be marked.", [opened])
    content = _marked(opened, list(_all_wrong(place.name, found)))
    refused = partial(EvidenceError, _UNWRITTEN)
    how["inputs"] = [*how.get("inputs", ()), place]
    return write_file(path, content, refused, **how)


def _all_wrong(file: str, found: Evidence | EvidenceError) -> Iterator[_Wrong]:
    """What was refused in a file, in order, each once."""
    if isinstance(found, EvidenceError):
        for fault in found.faults:
            if fault.file in ("", file):
                said = (fault.code, fault.problem, fault.allowed, fault.hint)
                yield _Wrong(fault.sheet, fault.row, fault.column, *said)
        return
    for one in found.refused_table.to_pylist():
        if one["file"] == file:
            yield _Wrong(**{name: one[name] for name in _Wrong._fields})


def _marked(opened: Opened, wrong: Sequence[_Wrong]) -> bytes:
    try:
        # What a spreadsheet library cannot keep of later versions is said in the docstring.
        with libraries_unheard():
            book = openpyxl.load_workbook(BytesIO(opened.content), rich_text=True)
            _unmark(book)
            cells = _Cells(opened, book)
            _write_marks(cells, wrong)
            _write_list(book, cells, wrong)
            buffer = BytesIO()
            book.save(buffer)
    except EvidenceError:
        raise
    except OSError as error:  # the library lays each sheet down beside it first
        raise EvidenceError(_UNWRITTEN, [unwritten(opened.name, error)]) from None
    except Exception:  # whatever the library makes of a workbook that was read by other means
        problem = "the workbook can be read, and not written again"
        hint = "Save it from Excel or LibreOffice, and mark that"
        fault = Fault(file=opened.name, code="not_marked", problem=problem, hint=hint)
        raise EvidenceError("The workbook cannot be marked.", [fault]) from None
    return buffer.getvalue()


class _Cells:
    """Where people find a column of a sheet: the cells of the workbook by sheet, row, heading."""

    def __init__(self, opened: Opened, book: Any) -> None:
        self._opened, self._book = opened, book
        self._known: dict[str, tuple[Any, int, dict[str, int]]] = {}

    def sheet(self, name: str) -> tuple[Any, int, dict[str, int]] | None:
        """A sheet, the row of its headings, and the column of each; None where there is none."""
        if one_spelling(name) not in self._opened.sheets:
            return None
        if name not in self._known:
            place = self._opened.sheets[one_spelling(name)]
            grid = grid_of(self._opened, one_spelling(name))
            rows = [] if isinstance(grid, Fault) else grid
            first = next((at for at, row in enumerate(rows) if any(cell != "" for cell in row)), 0)
            headings: dict[str, int] = {}
            for column, cell in enumerate(rows[first] if rows else (), 1):
                headings.setdefault(one_spelling(str(cell)), column)
            real = self._opened.book.sheets[place][0]
            self._known[name] = self._book[real], first + 1, headings
        return self._known[name]

    def place(self, one: _Wrong) -> tuple[Any, int, int] | None:
        """Sheet, row and column to mark; the first cell of the row where no heading is known, and
        the heading itself where no row is. None where the workbook has no such sheet.
        """
        found = self.sheet(one.sheet)
        if found is None or not hasattr(found[0], "cell"):
            return None
        sheet, first, headings = found
        column = headings.get(one_spelling(one.column))
        if column is None and not one.row:
            return None
        return sheet, one.row or first, column or 1


def _write_marks(cells: _Cells, wrong: Sequence[_Wrong]) -> None:
    """Colour every cell, and say in a comment all that is wrong with it."""
    by_cell: defaultdict[tuple[str, int, int], list[_Wrong]] = defaultdict(list)
    sheets: dict[str, Any] = {}
    for one in wrong:
        if (place := cells.place(one)) is not None:
            sheet, row, column = place
            sheets[sheet.title] = sheet
            by_cell[sheet.title, row, column].append(one)
    for count, ((title, row, column), ones) in enumerate(by_cell.items()):
        cell = sheets[title].cell(row, column)
        if not hasattr(cell, "comment") or type(cell).__name__ == "MergedCell":
            continue
        # A blank cell in our colour is no statement: one that is refused for its own colour keeps
        # it, or the copy delivered again as it is would be read.
        if all(one.code != "only_coloured" for one in ones):
            cell.fill = PatternFill("solid", start_color=MARKED)
        if count < MOST_COMMENTS:
            theirs = f"{cell.comment.text}\n\n" if cell.comment else ""
            said = Comment(theirs + "\n\n".join(map(_said, ones)), _AUTHOR, height=150, width=320)
            cell.comment = said


def _said(one: _Wrong) -> str:
    allowed = f"\nAllowed: {one.allowed}." if one.allowed else ""
    return f"To put right ({one.code}): {one.problem}.{allowed}\n{one.hint}".strip()


def _unmark(book: Any) -> None:
    """Take away the marks of an earlier round, so that what is in order by now is not marked."""
    for sheet in list(book.worksheets):
        if sheet.title == TO_PUT_RIGHT and sheet.cell(1, 1).value == PUT_RIGHT_TITLE:
            book.remove(sheet)
            continue
        for row in sheet.iter_rows():
            for cell in row:
                comment = getattr(cell, "comment", None)
                if comment is None or "To put right (" not in comment.text:
                    continue
                theirs = comment.text.partition("To put right (")[0].strip()
                cell.comment = Comment(theirs, comment.author) if theirs else None
                if cell.fill.start_color.rgb == MARKED:
                    cell.fill = PatternFill()


def _write_list(book: Any, cells: _Cells, wrong: Sequence[_Wrong]) -> None:
    """The sheet in front: a row for each thing to put right, with a link to its cell."""
    sheet = book.create_sheet(TO_PUT_RIGHT, 0)
    book.active = 0
    for other in book.worksheets[1:]:
        other.sheet_view.tabSelected = False
    sheet.append([PUT_RIGHT_TITLE])
    sheet.cell(1, 1).font = Font(bold=True)
    sheet.append(list(_COLUMNS))
    for column, width in enumerate(_COLUMNS.values(), 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.cell(2, column).font = Font(bold=True)
    wrapped = Alignment(wrap_text=True, vertical="top")
    for at, one in enumerate(wrong, 3):
        said = (one.sheet, one.column, one.code, one.problem, one.allowed, one.hint)
        for column, text in enumerate(said, 1):
            cell = sheet.cell(at, column, text)
            cell.alignment = wrapped
            cell.data_type = "s"  # a heading that begins with = is no formula
        # Not every program makes a row as high as its texts when it opens a workbook.
        shown = zip(said, _COLUMNS.values(), strict=True)
        lines = max(len(wrap(text, width)) for text, width in shown)
        sheet.row_dimensions[at].height = _LINE * max(lines, 1)
        if (place := cells.place(one)) is not None:
            target, row, column = place
            where = f"{get_column_letter(column)}{row}"
            first = sheet.cell(at, 1, f"{target.title} {where}")
            inside = f"{quote_sheetname(target.title)}!{where}"
            first.hyperlink = Hyperlink(ref=first.coordinate, location=inside)
            first.font = Font(underline="single", color="FF0563C1")
    sheet.freeze_panes = "A3"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "2:2"
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "&P / &N"
