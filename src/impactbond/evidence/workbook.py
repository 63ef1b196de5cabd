"""Reading workbooks: from .xlsx files to blocks of rows, or one error with all that is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.errors import Fault, unopened
from impactbond.evidence.cells import Broken
from impactbond.evidence.coded_cells import CodedCells
from impactbond.evidence.deliveries import (
    Block,
    Delivery,
    by_metric,
    clean_coded,
    refuse,
    without_blank_rows,
)
from impactbond.evidence.headings import (
    MOST_TITLES,
    OPTIONAL,
    below_a_title,
    headings_below,
    missing_columns,
)
from impactbond.evidence.personal import SAMPLE, personal_columns
from impactbond.evidence.sheet_looks import SheetLooks
from impactbond.evidence.sheet_rows import SheetRows, grid_from
from impactbond.evidence.spreadsheet import Spreadsheet, UnreadableError
from impactbond.terms.sheets import EACH_ROW, Sheet
from impactbond.terms.words import counted
from impactbond.texts import one_spelling

T = TypeVar("T")

TO_PUT_RIGHT = "To put right"  # of a workbook that was sent back, with this in its first cell
PUT_RIGHT_TITLE = (
    "To be put right, then delivered again. Each marked cell says the same in a comment."
)
# Sheets that people expect to hold no evidence.
NOTES = ("About", "Notes", "Lists", "Instructions", "Examples", TO_PUT_RIGHT)
SHEET_HIDDEN = "sheet '{}': hidden, and read like the others"
_OLE = b"\xd0\xcf\x11\xe0"
_AGAIN = "Open it in Excel or LibreOffice, save it as 'Excel Workbook (.xlsx)', and deliver that"


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """A workbook in memory; `sheets` are its sheets' places by their names in one spelling."""

    name: str
    content: bytes
    book: Spreadsheet
    sheets: dict[str, int]


def read_workbooks(paths: Sequence[str | PathLike[str]], contract: Contract) -> Delivery:
    """The blocks of all workbooks, by file name and then by sheet in the contract's order.

    Raises EvidenceError with every fault of structure of every file and sheet.
    """
    opened = [open_workbook(Path(path)) for path in paths]
    sheets = contract.workbook_sheets
    files = [file for file in opened if isinstance(file, Opened)]
    faults = [file for file in opened if isinstance(file, Fault)]
    if not paths:
        faults.append(Fault(code="no_file", problem="no file was named"))
    blocks: dict[str, list[Block]] = {"participants": [], "observations": []}
    cautions: set[str] = set()
    personal: set[Fault] = set()
    # By name and then content: neither the order in which files are named, nor two of one name, may
    # change the order of rows.
    for file in sorted(files, key=lambda file: (file.name, hashlib.sha256(file.content).digest())):
        for name, term in sheets.items():
            block = _read_sheet(file, name, term, personal, cautions, contract)
            if not isinstance(block, Block):
                faults += block
            elif term.is_long:
                blocks[term.holds] += by_metric(block, term.delivers(contract.metrics))
            else:
                blocks[term.holds].append(block)
        others = file.sheets.keys() - set(map(one_spelling, sheets)) - set(NOTES)
        if others:
            cautions.add(f"sheets that the contract does not name, not read: {len(others)}")
    if not faults and not any(block.rows for block in blocks["participants"]):
        names = ", ".join(sorted({file.name for file in files}))
        problem, allowed = "there are headings and no rows", "one row for each participant"
        empty = Fault(file=names, code="no_rows", problem=problem, allowed=allowed)
        faults.append(replace(empty, sheet=people_sheet(contract)))
    refuse(faults)
    told = frozenset(cautions), frozenset(personal)
    return Delivery(blocks["participants"], blocks["observations"], "pandas", *told)


def people_sheet(contract: Contract) -> str:
    """The sheet that tells who the participants are."""
    sheets = contract.workbook_sheets.items()
    return next(name for name, term in sheets if term.holds == "participants")


def open_workbook(path: Path) -> Opened | Fault:
    """The workbook in a file, or why there is none that can be read."""
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        return unopened(path, error)
    if path.suffix.casefold() == ".xlsm":
        return _not_usable(path.name, "macros", _MACROS)
    if path.suffix.casefold() != ".xlsx":
        return _not_usable(path.name, "not_xlsx", "only .xlsx workbooks are read")
    if content.startswith(_OLE):
        problem = "the workbook has a password, or is of an old format under a new name"
        return _not_usable(path.name, "not_a_workbook", problem)
    book = attempted(path.name, lambda: Spreadsheet.of(content))
    if isinstance(book, Fault):
        return book
    if any(part.endswith("vbaproject.bin") for part in book.entries):
        return _not_usable(path.name, "macros", _MACROS)
    sheets: dict[str, int] = {}
    for place, (name, _) in enumerate(book.sheets):
        if one_spelling(name).casefold() in map(str.casefold, sheets):
            problem = f"two sheets are called '{one_spelling(name)}', but for capitals and blanks"
            twice = Fault(file=path.name, sheet=one_spelling(name), code="duplicate_sheet")
            return replace(twice, problem=problem, hint="Rename or delete one of them")
        sheets[one_spelling(name)] = place
    return Opened(path.name, content, book, sheets)


def grid_of(file: Opened, sheet: str) -> list[list[object]] | Fault:
    """The cells of a sheet, row by row, "" where they are blank; a Fault where it is damaged."""
    rows = attempted(file.name, lambda: file.book.rows(file.sheets[sheet]))
    if isinstance(rows, Fault):
        return replace(rows, sheet=sheet)
    return grid_from(rows)


def only_grid(path: Path, called: str, holds: str) -> tuple[str, list[list[object]]] | Fault:
    """The sheet of that name, or the only one there is, of a workbook that holds one table: its
    name and its cells.
    """
    file = open_workbook(path)
    if isinstance(file, Fault):
        return file
    names = [name for name in file.sheets if name not in NOTES]
    name = called if called in names else names[0] if len(names) == 1 else None
    if name is None:
        return Fault(
            file=path.name,
            sheet=called,
            code="sheet_missing",
            problem=f"there is no sheet '{called}' among {len(names)} sheets",
            hint=f"Rename the sheet that holds the {holds}",
        )
    grid = grid_of(file, name)
    return grid if isinstance(grid, Fault) else (name, grid)


def attempted(file: str, read: Callable[[], T]) -> T | Fault:
    """What reading a workbook gives, or why it cannot be read, without a word of the reader's."""
    try:
        return read()
    except UnreadableError as error:
        code, problem = error.args
        hint = "Delete the rows below the last one and the columns beside it, and save again"
        return Fault(file=file, code=code, problem=problem, hint=hint)
    except BadZipFile:
        return _not_usable(file, "not_a_workbook", "this is not an Excel workbook, or not whole")
    except Exception:  # whatever damaged bytes make of a zip file and of XML
        problem = "the workbook is damaged, or saved in a form that cannot be read"
        return Fault(file=file, code="not_a_workbook", problem=problem, hint=_AGAIN)


_MACROS = "workbooks with macros are not read"


def _not_usable(file: str, code: str, problem: str) -> Fault:
    allowed = "an .xlsx workbook without macros or password"
    hint = "Save it from Excel or LibreOffice as 'Excel Workbook (.xlsx)'"
    return Fault(file=file, code=code, problem=problem, allowed=allowed, hint=hint)


def _read_sheet(
    file: Opened,
    name: str,
    term: Sheet,
    personal: set[Fault],
    cautions: set[str],
    contract: Contract,
) -> Block | list[Fault]:
    """One sheet of one file; the faults where its structure is not as agreed."""
    are_agreed = bool(contract.sheets)
    if one_spelling(name) not in file.sheets:
        close = get_close_matches(name, list(file.sheets), n=1, cutoff=0.75)
        hint = f"Did you mean '{close[0]}'? Rename it" if close else "Add it, with its headings"
        problem = f"the sheet '{name}' is missing"
        fault = Fault(file=file.name, sheet=name, code="sheet_missing", problem=problem)
        return [replace(fault, hint=hint)]
    rows = _rows_of(file, one_spelling(name))
    if isinstance(rows, Fault):
        return [rows]
    if not rows:
        problem = "the sheet is empty"
        return [Fault(file=file.name, sheet=name, code="no_headings", problem=problem)]
    first, cells = rows.numbers[0], rows[rows.numbers[0]]
    headings = [one_spelling(str(cells.get(at, ""))) for at in range(max(rows.columns) + 1)]
    wanted, faults = list(map(one_spelling, headings_of(term))), list[Fault]()
    if not are_agreed:
        faults = [
            replace(fault, file=file.name, sheet=name)
            for fault in missing_columns(headings, term.holds, _needed(term), OPTIONAL[term.holds])
        ]
        term = _as_delivered(term, headings)
    faults = faults or list(_heading_faults(file.name, name, term, headings))
    if faults:
        near = {row: rows[row] for row in rows.numbers[:MOST_TITLES] if row < first + MOST_TITLES}
        below = headings_below(grid_from(near), first, wanted)
        place = Fault(file=file.name, sheet=name, row=first + 1)
        return [below_a_title(place, below)] if below else faults
    read = [one if one in wanted else "" for one in headings]
    seen = _looked_at(file, name, read, rows, cautions)
    if isinstance(seen, Fault):
        return [seen]
    every = _sample(seen, {at: one for at, one in enumerate(headings) if one})
    begins, reference = (
        contract.calendar.periods[0].first,
        one_spelling(term.columns["participant"]),
    )
    here = Fault(file=file.name, sheet=name)
    personal |= set(personal_columns(here, every, wanted, begins, reference))
    # The one long sheet of a contract without sheets has references as they are in files.
    return _block_of(here, name if are_agreed else "", term, headings, seen)


def _rows_of(file: Opened, sheet: str) -> SheetRows | Fault:
    """The rows of a sheet, as columns; a Fault where it is damaged."""
    rows = attempted(file.name, lambda: SheetRows.of(file.book.rows(file.sheets[sheet])))
    return replace(rows, sheet=sheet) if isinstance(rows, Fault) else rows


def _sample(rows: SheetRows, headings: Mapping[int, str]) -> dict[str, list[object]]:
    """Some cells below each heading, evenly spaced over the rows down to the last, blank or not."""
    first, last = rows.numbers[0] + 1, rows.numbers[-1] + 1
    some = range(first, last, max(1, (last - first) // SAMPLE))
    numbers = np.array(rows.numbers)
    places = np.searchsorted(numbers, some)
    places = places[numbers[places] == some]
    return {heading: rows.column(at).at(places).cells for at, heading in headings.items()}


def _block_of(
    here: Fault, scope: str, term: Sheet, headings: Sequence[str], rows: SheetRows
) -> Block:
    """The rows of a sheet whose headings are as agreed, without blank ones."""

    def cells(heading: str) -> CodedCells:
        return clean_coded(rows.column(headings.index(one_spelling(heading))).at(slice(1, None)))

    block = Block(
        file=here.file,
        sheet=here.sheet,
        scope=scope,
        rows=[row + 1 for row in rows.numbers[1:]],
        columns={column: cells(heading) for column, heading in term.columns.items()},
        metrics={
            metric: None if heading == EACH_ROW else cells(heading)
            for metric, heading in ({} if term.is_long else term.metrics).items()
        },
        headings=term.columns if term.is_long else {**term.columns, **term.metrics},
        names_observations=term.is_long,
    )
    return without_blank_rows(block)


def hidden_told(
    looks: SheetLooks,
    where: str,
    headings: Sequence[str],
    rows: Sequence[int],
    columns: Collection[int],
) -> Iterator[str]:
    """Cautions about what is read of a sheet and is not seen; rows and columns from 0."""
    hidden = sum(row in looks.hidden_rows for row in rows)
    if hidden:
        yield f"{where}: {counted(hidden, 'hidden row')}, read like the others: look at them"
    for column in sorted(columns):
        if looks.is_hidden(column) and column < len(headings) and headings[column]:
            yield f"{where}, column '{headings[column]}': hidden, and read like the others"


def _looked_at(
    file: Opened, name: str, headings: Sequence[str], rows: SheetRows, cautions: set[str]
) -> SheetRows | Fault:
    """The rows of a sheet, of which the first is the headings, with cells that a merged one covers
    marked. Adds to the cautions what is seen of it beside its cells; or says why it is damaged.
    """
    place = file.sheets[one_spelling(name)]
    looks = attempted(file.name, lambda: file.book.looks(place))
    if isinstance(looks, Fault):
        return replace(looks, sheet=name)
    first, below = rows.numbers[0], rows.numbers[1:]
    columns = [column for column, heading in enumerate(headings) if heading]
    if looks.covered:
        there = set(below)
        covered: dict[tuple[int, int], object] = {}
        for (row, column), (top, left) in looks.covered.items():
            # Only where the cell that shows the value is read as well: then a person sees it in
            # every row, and only the first row holds it.
            is_in = row in there and column in columns and top > first
            if is_in and (top == row or top in there) and left in rows[top]:
                covered[row, column] = Broken.MERGED
        rows = rows.with_cells(covered)
    where = f"sheet '{name}'"
    cautions |= {
        *hidden_told(looks, where, headings, below, columns),
        *_coloured_told(looks, where, headings, rows, columns),
    }
    if place in file.book.hidden:
        cautions.add(SHEET_HIDDEN.format(name))
    return rows


def _coloured_told(
    looks: SheetLooks,
    where: str,
    headings: Sequence[str],
    rows: SheetRows,
    columns: Sequence[int],
) -> Iterator[str]:
    """Cautions about blank cells in a colour."""
    at = {row: place for place, row in enumerate(rows.numbers)} if looks.coloured else {}

    def is_blank(row: int, column: int) -> bool:
        return not rows.column(column).codes[at[row]]

    coloured: dict[str, int] = {}
    for _, column in looks.only_coloured(rows.numbers[1:], columns, is_blank):
        coloured[headings[column]] = coloured.get(headings[column], 0) + 1
    for name, times in coloured.items():
        yield (
            f"{where}, column '{name}': {counted(times, 'blank cell')} in a colour: nothing is "
            "read from a colour, type what it stands for"
        )


def _needed(term: Sheet) -> tuple[str, ...]:
    return tuple(one for one in term.columns.values() if one not in OPTIONAL[term.holds])


def _as_delivered(term: Sheet, headings: Sequence[str]) -> Sheet:
    """A sheet that no contract has agreed, with the columns that are there: as in files, those that
    are not needed may be left out.
    """
    there = {one: name for one, name in term.columns.items() if one_spelling(name) in headings}
    return term.model_copy(update={"columns": there})


def single_spaced(heading: str) -> str:
    """A heading with its spaces made single."""
    return " ".join(heading.split())


def headings_of(term: Sheet) -> dict[str, str]:
    """The headings that a sheet must have, each once and in order, and what each holds first."""
    holds: dict[str, str] = {}
    metrics = {} if term.is_long else term.metrics
    for column, heading in (*term.columns.items(), *metrics.items()):
        if heading != EACH_ROW:
            holds.setdefault(single_spaced(heading), column)
    return holds


def _heading_faults(file: str, sheet: str, term: Sheet, headings: Sequence[str]) -> Iterator[Fault]:
    wanted = list(map(one_spelling, headings_of(term)))
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
