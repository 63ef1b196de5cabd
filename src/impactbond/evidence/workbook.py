"""Reading workbooks: from .xlsx files to blocks of rows, or one error with all that is wrong.

A sheet's own XML is asked for what a workbook reader does not tell: which cells it takes for blank
though they are not (errors, formulas uncalculated), and how far the cells lie apart.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from io import BytesIO
from os import PathLike
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from impactbond.contract.contract import Contract
from impactbond.errors import Fault, unopened
from impactbond.evidence.cells import Broken
from impactbond.evidence.deliveries import (
    Block,
    Cells,
    Delivery,
    clean,
    private_headings,
    refuse,
    without_blank_rows,
)
from impactbond.terms.sheets import EACH_ROW, Sheet

NOTES = ("About", "Notes", "Lists")  # sheets that people expect to hold no evidence
MOST_CELLS = 100_000_000
_OLE = b"\xd0\xcf\x11\xe0"
# An error, or a formula.
_SIGNS_OF_BREAKAGE = (b'"e"', b"'e'", b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")
_REFERENCE = re.compile(r"([A-Z]+)(\d+)")
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?\br="(\d+)"')
_COLUMN = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]+)\d+"')
_WIDE = (re.compile(rb'\br="[A-Z]{3}\d'), re.compile(rb'\br="[A-Z]{2}\d'))


@dataclass(frozen=True, slots=True)
class Opened:
    """A workbook in memory."""

    name: str
    content: bytes
    book: CalamineWorkbook


def read_workbooks(paths: Sequence[str | PathLike[str]], contract: Contract) -> Delivery:
    """The blocks of all workbooks, by file name and then by sheet in the contract's order.

    Raises EvidenceError with every fault of structure of every file and sheet.
    """
    opened = [open_workbook(Path(path)) for path in paths]
    files = [file for file in opened if isinstance(file, Opened)]
    faults = [file for file in opened if isinstance(file, Fault)]
    if not contract.sheets:
        problem = "the contract does not say how evidence is delivered"
        hint = "Add 'sheets' to the contract, or deliver frames"
        faults.append(Fault(code="no_sheets", problem=problem, hint=hint))
    if not paths:
        faults.append(Fault(code="no_file", problem="no file was named"))
    blocks: dict[str, list[Block]] = {"participants": [], "observations": []}
    cautions: set[str] = set()
    for file in sorted(files, key=lambda file: (file.name, hashlib.sha256(file.content).digest())):
        for name, term in contract.sheets.items():
            block = _read_sheet(file, name, term, cautions)
            if isinstance(block, Block):
                blocks[term.holds].append(block)
            else:
                faults += block
        others = set(file.book.sheet_names) - set(contract.sheets) - set(NOTES)
        if others:
            cautions.add(f"sheets that the contract does not name, not read: {len(others)}")
    if not faults and not any(block.rows for block in blocks["participants"]):
        names = ", ".join(sorted({file.name for file in files}))
        problem, allowed = "there are headings and no rows", "one row for each participant"
        empty = Fault(file=names, code="no_rows", problem=problem, allowed=allowed)
        faults.append(replace(empty, sheet=people_sheet(contract)))
    refuse(faults)
    return Delivery(blocks["participants"], blocks["observations"], "pandas", frozenset(cautions))


def people_sheet(contract: Contract) -> str:
    """The sheet that tells who the participants are."""
    return next(name for name, term in contract.sheets.items() if term.holds == "participants")


def open_workbook(path: Path) -> Opened | Fault:
    """The workbook in a file, or why there is none that can be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return unopened(path, error)
    unusable = _why_not(path.suffix.casefold(), content)
    if unusable is not None:
        return _not_usable(path.name, *unusable)
    try:
        return Opened(path.name, content, CalamineWorkbook.from_filelike(BytesIO(content)))
    except CalamineError:
        return _not_usable(path.name, *_NOT_EXCEL)


def grid_of(file: Opened, sheet: str) -> list[list[object]] | Fault:
    """The cells of a sheet, row by row, and broken ones as what they are; a Fault if damaged."""
    try:
        if is_spread_too_far(sheet_xml(file.content, sheet)):
            problem = "a cell stands so far from the others that the sheet cannot be read"
            hint = "Delete the rows below the last one and the columns beside it, and save again"
            far = Fault(file=file.name, sheet=sheet, code="spread_too_far")
            return replace(far, problem=problem, hint=hint)
        cells = file.book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        broken = list(broken_cells(file.content, sheet))
    except (CalamineError, KeyError, ElementTree.ParseError, zipfile.BadZipFile):
        return _not_usable(file.name, "not_a_workbook", "the workbook is damaged")
    grid: list[list[object]] = [list(row) for row in cells]
    width = len(grid[0]) if grid else 0
    for (row, column), kind in broken:
        if column < width:
            grid += [[""] * width for _ in range(len(grid), row + 1)]
            grid[row][column] = kind
    return grid


def _not_usable(file: str, code: str, problem: str) -> Fault:
    allowed = "an .xlsx workbook without macros or password"
    hint = "Save it from Excel or LibreOffice as 'Excel Workbook (.xlsx)'"
    return Fault(file=file, code=code, problem=problem, allowed=allowed, hint=hint)


_NOT_EXCEL = "not_a_workbook", "this is not an Excel workbook"
_MACROS = "macros", "workbooks with macros are not read"
_OLD = "not_a_workbook", "the workbook has a password, or is of an old format under a new name"


def _why_not(suffix: str, content: bytes) -> tuple[str, str] | None:
    """Why a file is no workbook that can be read, going by its name and its bytes."""
    if suffix == ".xlsm":
        return _MACROS
    if suffix != ".xlsx":
        return "not_xlsx", "only .xlsx workbooks are read"
    if content.startswith(_OLE):
        return _OLD
    if not zipfile.is_zipfile(BytesIO(content)):
        return _NOT_EXCEL
    with zipfile.ZipFile(BytesIO(content)) as parts:
        has_macros = any(name.casefold().endswith("vbaproject.bin") for name in parts.namelist())
    return _MACROS if has_macros else None


def _read_sheet(file: Opened, name: str, term: Sheet, cautions: set[str]) -> Block | list[Fault]:
    """One sheet of one file; the faults where its structure is not as agreed."""
    if name not in file.book.sheet_names:
        close = get_close_matches(name, file.book.sheet_names, n=1, cutoff=0.75)
        hint = f"Did you mean '{close[0]}'? Rename it" if close else "Add it, with its headings"
        problem = f"the sheet '{name}' is missing"
        missing = Fault(file=file.name, sheet=name, code="sheet_missing", problem=problem)
        return [replace(missing, hint=hint)]
    grid = grid_of(file, name)
    if isinstance(grid, Fault):
        return [grid]
    first = next((index for index, row in enumerate(grid) if any(cell != "" for cell in row)), None)
    if first is None:
        problem = "the sheet is empty"
        return [Fault(file=file.name, sheet=name, code="no_headings", problem=problem)]
    headings = [single_spaced(str(cell)) for cell in grid[first]]
    faults = list(_heading_faults(file.name, name, term, headings))
    if faults:
        return faults
    cautions |= private_headings(name, filter(None, headings))
    rows = range(first + 1, len(grid))

    def cells(heading: str) -> Cells:
        place = headings.index(single_spaced(heading))
        return clean(grid[row][place] for row in rows)

    block = Block(
        file=file.name,
        sheet=name,
        scope=name,
        rows=[row + 1 for row in rows],
        columns={column: cells(heading) for column, heading in term.columns.items()},
        metrics={
            metric: None if heading == EACH_ROW else cells(heading)
            for metric, heading in term.metrics.items()
        },
        headings={**term.columns, **term.metrics},
    )
    return without_blank_rows(block)


def single_spaced(heading: str) -> str:
    """A heading with its spaces made single."""
    return " ".join(heading.split())


def headings_of(term: Sheet) -> dict[str, str]:
    """The headings that a sheet must have, each once and in order, and what each holds first."""
    holds: dict[str, str] = {}
    for column, heading in (*term.columns.items(), *term.metrics.items()):
        if heading != EACH_ROW:
            holds.setdefault(single_spaced(heading), column)
    return holds


def _heading_faults(file: str, sheet: str, term: Sheet, headings: Sequence[str]) -> Iterator[Fault]:
    wanted = headings_of(term)
    # Where no heading is known the row may be a child's: then nothing in it is repeated.
    is_known = bool({one.casefold() for one in wanted} & {one.casefold() for one in headings})
    spare = [one for one in headings if is_known and one and one not in wanted]
    for heading in wanted:
        times = headings.count(heading)
        fault = Fault(file=file, sheet=sheet, column=heading)
        if times == 0:
            by_case = {spared.casefold(): spared for spared in spare}
            close = get_close_matches(heading.casefold(), by_case, n=1)
            hint = f"Did you mean '{by_case[close[0]]}'? Rename the heading" if close else ""
            problem = f"there is no column '{heading}'"
            fault = replace(fault, code="column_missing", problem=problem)
            yield replace(fault, hint=hint or "Add the column")
        elif times > 1:
            problem = f"the heading '{heading}' stands {times} times"
            fault = replace(fault, code="duplicate_heading", problem=problem)
            yield replace(fault, hint="Keep one of the columns")


def broken_cells(workbook: bytes, sheet: str) -> Iterator[tuple[tuple[int, int], Broken]]:
    """Row and column, both from 0, of each broken cell of a sheet, which a reader takes for blank.

    Taken for blank, `#N/A` would read as "not evidenced" and nobody would be told. So the XML is
    asked: first by a quick search, cell by cell only where that finds an error or a formula.
    Raises KeyError where the workbook is not whole.
    """
    content = sheet_xml(workbook, sheet)
    if not any(mark in content for mark in _SIGNS_OF_BREAKAGE):
        return
    row = column = -1
    for event, element in ElementTree.iterparse(BytesIO(content), ("start", "end")):
        name = _local(element.tag)
        if event == "start" and name == "row":
            row, column = int(element.get("r", row + 2)) - 1, -1
        elif event == "end" and name == "c":
            match = _REFERENCE.fullmatch(element.get("r", ""))
            column = _column_number(match[1]) - 1 if match else column + 1
            broken = _why_broken(element)
            if broken is not None:
                yield (row, column), broken
        elif event == "end" and name == "row":
            element.clear()


def sheet_xml(workbook: bytes, sheet: str) -> bytes:
    """The XML of a sheet. Raises KeyError where the workbook is not whole."""
    with zipfile.ZipFile(BytesIO(workbook)) as parts:
        return parts.read(_part_of(parts, sheet))


def _why_broken(cell: ElementTree.Element) -> Broken | None:
    kind = cell.get("t", "n")
    if kind == "e":
        return Broken.ERROR
    inside = {_local(child.tag): child.text for child in cell}
    if "f" in inside and not inside.get("v") and kind != "str":
        return Broken.NOT_CALCULATED
    return None


def _column_number(letters: str) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _part_of(parts: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part of the workbook that holds a sheet."""
    documents = _relations(parts, "").values()
    book = next((target for kind, target in documents if kind.endswith("/officeDocument")), None)
    if book is None:
        raise KeyError("officeDocument")
    relations = _relations(parts, book)
    for element in ElementTree.fromstring(parts.read(book)).iter():
        if _local(element.tag) == "sheet" and element.get("name") == sheet:
            return next(
                relations[value][1] for key, value in element.items() if key.endswith("}id")
            )
    raise KeyError(sheet)


def _relations(parts: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Kind and target of the relations of a part, by their ids."""
    folder, name = posixpath.split(part)
    relations = {}
    written = parts.read(posixpath.join(folder, "_rels", f"{name}.rels"))
    for element in ElementTree.fromstring(written):
        target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", "")))
        relations[element.get("Id", "")] = (element.get("Type", ""), target.lstrip("/"))
    return relations


def is_spread_too_far(sheet: bytes) -> bool:
    """Whether the area from the first cell to the last, by a sheet's XML, is more than is read: a
    reader that holds the whole area would run out of memory over one stray cell at its far end.
    """
    last = max(sheet.rfind(b"<row "), sheet.rfind(b":row "))
    found = _ROW.match(sheet, sheet.rfind(b"<", 0, last + 1)) if last >= 0 else None
    rows = int(found[1]) if found else sheet.count(b"<row") or sheet.count(b":row ")
    # A quick look at how many letters the columns have, before any of them is counted.
    letters = 3 if _WIDE[0].search(sheet) else 2 if _WIDE[1].search(sheet) else 1
    if rows * 26**letters <= MOST_CELLS:
        return False
    widest = max(
        (_column_number(letters.decode()) for letters in set(_COLUMN.findall(sheet))), default=0
    )
    return rows * widest > MOST_CELLS
