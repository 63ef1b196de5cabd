"""Reading workbooks: from .xlsx files to blocks of rows, or one error with all that is wrong."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from os import PathLike
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from impactbond.contract.contract import Contract
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.deliveries import (
    Block,
    Cells,
    Delivery,
    clean,
    private_headings,
    without_blank_rows,
)
from impactbond.evidence.sheet_xml import broken_cells, is_spread_too_far, sheet_xml
from impactbond.terms.sheets import EACH_ROW, Sheet

NOTES = ("About", "Notes", "Lists")  # sheets that people expect to hold no evidence
_OLE = b"\xd0\xcf\x11\xe0"


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
    faults: list[Fault] = []
    if not contract.sheets:
        faults.append(
            Fault(
                code="no_sheets",
                problem="the contract does not say how evidence is delivered",
                hint="Add 'sheets' to the contract, or deliver frames",
            )
        )
    if not paths:
        faults.append(Fault(code="no_file", problem="no file was named"))
    files = list(_open_all(paths, faults))
    found: dict[str, list[Block]] = {"participants": [], "observations": []}
    cautions: set[str] = set()
    for file in sorted(files, key=lambda file: (file.name, hashlib.sha256(file.content).digest())):
        for name, term in contract.sheets.items():
            block = _read_sheet(file, name, term, faults, cautions)
            if block is not None:
                found[term.holds].append(block)
        others = set(file.book.sheet_names) - set(contract.sheets) - set(NOTES)
        if others:
            cautions.add(f"sheets that the contract does not name, not read: {len(others)}")
    if not faults and not any(block.rows for block in found["participants"]):
        faults.append(_no_rows(contract, files))
    if faults:
        count = len(set(faults))
        raise EvidenceError(f"Faults in the structure of the evidence: {count}", faults)
    return Delivery(found["participants"], found["observations"], "pandas", frozenset(cautions))


def _no_rows(contract: Contract, files: Sequence[Opened]) -> Fault:
    holder = next(name for name, term in contract.sheets.items() if term.holds == "participants")
    return Fault(
        file=", ".join(sorted({file.name for file in files})),
        sheet=holder,
        code="no_rows",
        problem="there are headings and no rows",
        allowed="one row for each participant",
    )


def _open_all(paths: Iterable[str | PathLike[str]], faults: list[Fault]) -> Iterator[Opened]:
    for path in map(Path, paths):
        file = open_workbook(path)
        if isinstance(file, Fault):
            faults.append(file)
        else:
            yield file


def open_workbook(path: Path) -> Opened | Fault:
    """The workbook in a file, or why there is none that can be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = f"the file cannot be opened: {error.strerror}"
        return Fault(file=path.name, code="no_file", problem=problem)
    unusable = _why_not(path.suffix.casefold(), content)
    if unusable is not None:
        return unusable(path.name)
    try:
        return Opened(path.name, content, CalamineWorkbook.from_filelike(BytesIO(content)))
    except CalamineError:
        return _NotUsable("not_a_workbook", "this is not an Excel workbook")(path.name)


def grid_of(file: Opened, sheet: str) -> list[list[object]] | Fault:
    """The cells of a sheet, row by row, and broken ones as what they are; a Fault if damaged."""
    try:
        if is_spread_too_far(sheet_xml(file.content, sheet)):
            return Fault(
                file=file.name,
                sheet=sheet,
                code="spread_too_far",
                problem="a cell stands so far from the others that the sheet cannot be read",
                hint="Delete the rows below the last one and the columns beside it, and save again",
            )
        cells = file.book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        broken = list(broken_cells(file.content, sheet))
    except (CalamineError, KeyError, ElementTree.ParseError, zipfile.BadZipFile):
        return _NotUsable("not_a_workbook", "the workbook is damaged")(file.name)
    grid: list[list[object]] = [list(row) for row in cells]
    width = len(grid[0]) if grid else 0
    for (row, column), kind in broken:
        if column < width:
            grid += [[""] * width for _ in range(len(grid), row + 1)]
            grid[row][column] = kind
    return grid


@dataclass(frozen=True, slots=True)
class _NotUsable:
    code: str
    problem: str

    def __call__(self, name: str) -> Fault:
        return Fault(
            file=name,
            code=self.code,
            problem=self.problem,
            allowed="an .xlsx workbook without macros or password",
            hint="Save it from Excel or LibreOffice as 'Excel Workbook (.xlsx)'",
        )


def _why_not(suffix: str, content: bytes) -> _NotUsable | None:
    """Why a file is no workbook that can be read, going by its name and its bytes."""
    macros = _NotUsable("macros", "workbooks with macros are not read")
    if suffix == ".xlsm":
        return macros
    if suffix != ".xlsx":
        return _NotUsable("not_xlsx", "only .xlsx workbooks are read")
    if content.startswith(_OLE):
        return _NotUsable(
            "not_a_workbook", "the workbook has a password, or is of an old format under a new name"
        )
    if not zipfile.is_zipfile(BytesIO(content)):
        return _NotUsable("not_a_workbook", "this is not an Excel workbook")
    with zipfile.ZipFile(BytesIO(content)) as parts:
        has_macros = any(name.casefold().endswith("vbaproject.bin") for name in parts.namelist())
    return macros if has_macros else None


def _read_sheet(
    file: Opened, name: str, term: Sheet, faults: list[Fault], cautions: set[str]
) -> Block | None:
    """One sheet of one file; None, with faults, where its structure is not as agreed."""
    if name not in file.book.sheet_names:
        faults.append(_missing_sheet(file, name))
        return None
    grid = grid_of(file, name)
    if isinstance(grid, Fault):
        faults.append(grid)
        return None
    first = next((index for index, row in enumerate(grid) if any(cell != "" for cell in row)), None)
    if first is None:
        problem = "the sheet is empty"
        faults.append(Fault(file=file.name, sheet=name, code="no_headings", problem=problem))
        return None
    headings = [plain(str(cell)) for cell in grid[first]]
    wrong = list(_heading_faults(file.name, name, term, headings))
    if wrong:
        faults += wrong
        return None
    cautions |= private_headings(name, filter(None, headings))
    columns: list[Cells] = [[] for _ in headings]
    if grid[first + 1 :]:
        columns = [clean(cells) for cells in zip(*grid[first + 1 :], strict=True)]
    rows = list(range(first + 2, len(grid) + 1))
    return _block(file.name, name, term, rows, dict(zip(headings, columns, strict=True)))


def _block(
    file: str, name: str, term: Sheet, rows: list[int], by_heading: dict[str, Cells]
) -> Block:
    block = Block(
        file=file,
        sheet=name,
        scope=name,
        rows=rows,
        columns={column: by_heading[plain(heading)] for column, heading in term.columns.items()},
        metrics={
            metric: None if heading == EACH_ROW else by_heading[plain(heading)]
            for metric, heading in term.metrics.items()
        },
        headings={**term.columns, **term.metrics},
    )
    return without_blank_rows(block)


def _missing_sheet(file: Opened, name: str) -> Fault:
    close = get_close_matches(name, file.book.sheet_names, n=1, cutoff=0.75)
    return Fault(
        file=file.name,
        sheet=name,
        code="sheet_missing",
        problem=f"the sheet '{name}' is missing",
        hint=f"Did you mean '{close[0]}'? Rename it" if close else "Add it, with its headings",
    )


def plain(heading: str) -> str:
    """A heading with its spaces made single."""
    return " ".join(heading.split())


def headings_of(term: Sheet) -> dict[str, str]:
    """The headings that a sheet must have, each once and in order, and what each holds first."""
    holds: dict[str, str] = {}
    for column, heading in (*term.columns.items(), *term.metrics.items()):
        if heading != EACH_ROW:
            holds.setdefault(plain(heading), column)
    return holds


def _heading_faults(file: str, sheet: str, term: Sheet, headings: Sequence[str]) -> Iterator[Fault]:
    wanted = headings_of(term)
    # Where no heading is known the row may be a child's: then nothing in it is repeated.
    is_known = bool({one.casefold() for one in wanted} & {one.casefold() for one in headings})
    spare = [one for one in headings if is_known and one and one not in wanted]
    for heading in wanted:
        times = headings.count(heading)
        if times == 0:
            by_case = {spared.casefold(): spared for spared in spare}
            close = get_close_matches(heading.casefold(), by_case, n=1)
            meant = f"Did you mean '{by_case[close[0]]}'? Rename the heading" if close else ""
            yield Fault(
                file=file,
                sheet=sheet,
                column=heading,
                code="column_missing",
                problem=f"there is no column '{heading}'",
                hint=meant or "Add the column",
            )
        elif times > 1:
            yield Fault(
                file=file,
                sheet=sheet,
                column=heading,
                code="duplicate_heading",
                problem=f"the heading '{heading}' stands {times} times",
                hint="Keep one of the columns",
            )
