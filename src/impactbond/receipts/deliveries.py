"""Receipts as they were delivered: rows of cells by column, whatever they were read from."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import Any

import narwhals as nw

from impactbond.errors import Fault, ReceiptError
from impactbond.evidence.deliveries import Cells, clean
from impactbond.evidence.sources import plain_cells
from impactbond.evidence.workbook import NOTES, grid_of, open_workbook

REQUIRED = ("receipt", "funder", "received_on", "amount")
OPTIONAL = ("claim_period", "note", "contract", "currency")
SHEET = "Receipts"
File = str | PathLike[str]
Source = Any  # a path, several paths, or one frame of any kind


@dataclass(frozen=True, slots=True, repr=False)
class ReceiptSheet:
    """The rows of one file: their numbers as people see them, and their cells by column.

    `headings` says how the file writes the columns, `spare` how many others it has.
    """

    file: str
    sheet: str
    rows: list[int]
    columns: dict[str, Cells]
    headings: dict[str, str]
    spare: int = 0


def deliver(source: Source) -> tuple[list[ReceiptSheet], str]:
    """What was delivered, in the order of the files' names, and the kind of frame to give back.

    Raises ReceiptError with every fault of structure of every file.
    """
    faults: list[Fault] = []
    kind = "pandas"
    if isinstance(source, str | PathLike):
        sheets = list(_of_files([source], faults))
    elif isinstance(source, list | tuple):
        sheets = list(_of_files(source, faults))
    else:
        sheets, kind = _of_frame(source, faults)
    if not sheets and not faults:
        faults.append(Fault(code="no_file", problem="no file was named"))
    if faults:
        raise ReceiptError(f"Faults in the structure of the receipts: {len(set(faults))}", faults)
    return sorted(sheets, key=lambda one: (one.file, one.sheet)), kind


def _of_files(paths: Sequence[File], faults: list[Fault]) -> Iterator[ReceiptSheet]:
    for path in map(Path, paths):
        if path.suffix.casefold() == ".csv":
            found: tuple[str, list[list[object]]] | Fault = _csv_grid(path)
        else:
            found = _workbook_grid(path)
        if isinstance(found, Fault):
            faults.append(found)
            continue
        sheet = _sheet(path.name, *found, faults)
        if sheet is not None:
            yield sheet


def _csv_grid(path: Path) -> tuple[str, list[list[object]]] | Fault:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        problem = f"the file cannot be opened: {error.strerror}"
        return Fault(file=path.name, code="no_file", problem=problem)
    except UnicodeDecodeError:
        return Fault(
            file=path.name,
            code="not_utf8",
            problem="this is not text in UTF-8",
            hint="Save it from Excel as 'CSV UTF-8', or deliver the workbook itself",
        )
    grid: list[list[object]] = []
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        grid += [list(row) for row in reader]
    except csv.Error:
        problem = "a quotation mark is not closed, or stands where none may"
        return Fault(file=path.name, line=reader.line_num, code="not_csv", problem=problem)
    return "", grid


def _workbook_grid(path: Path) -> tuple[str, list[list[object]]] | Fault:
    file = open_workbook(path)
    if isinstance(file, Fault):
        return file
    names = [name for name in file.book.sheet_names if name not in NOTES]
    name = SHEET if SHEET in names else names[0] if len(names) == 1 else None
    if name is None:
        return Fault(
            file=path.name,
            sheet=SHEET,
            code="sheet_missing",
            problem=f"there is no sheet '{SHEET}' among {len(names)} sheets",
            hint="Rename the sheet that holds the receipts",
        )
    grid = grid_of(file, name)
    return grid if isinstance(grid, Fault) else (name, grid)


def _of_frame(source: Any, faults: list[Fault]) -> tuple[list[ReceiptSheet], str]:
    try:
        frame = nw.from_native(source)
    except TypeError:
        allowed = "a path, several paths, or a pandas, Polars or Arrow table"
        problem = "these are no receipts that can be read"
        faults.append(Fault(code="not_a_frame", problem=problem, allowed=allowed))
        return [], "pandas"
    table: nw.DataFrame[Any] = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    kind = table.implementation.value
    headings = _headings("", "", table.columns, faults)
    if headings is None:
        return [], "pandas"
    columns = {name: plain_cells(table[heading]) for name, heading in headings.items()}
    rows = list(range(1, len(table) + 1))
    found = ReceiptSheet("", "", rows, columns, headings, len(table.columns) - len(headings))
    return [_without_blank_rows(found)], kind if kind in ("polars", "pyarrow") else "pandas"


def _sheet(
    file: str, sheet: str, grid: list[list[object]], faults: list[Fault]
) -> ReceiptSheet | None:
    first = next((at for at, row in enumerate(grid) if any(_is_filled(cell) for cell in row)), None)
    if first is None:
        faults.append(Fault(file=file, sheet=sheet, code="no_headings", problem="there is nothing"))
        return None
    written = [cell.strip() if isinstance(cell, str) else "" for cell in grid[first]]
    headings = _headings(file, sheet, written, faults)
    if headings is None:
        return None
    width = len(written)
    rows = [(at, row) for at, row in enumerate(grid[first + 1 :], first + 2) if row]
    wrong = [at for at, row in rows if any(map(_is_filled, row[width:]))]
    faults += [
        Fault(
            file=file,
            sheet=sheet,
            row=at,
            code="too_many_cells",
            problem="the row has more cells than there are headings",
            hint="Put a text that holds a comma between quotation marks",
        )
        for at in wrong
    ]
    padded = [[*row[:width], *[""] * (width - len(row))] for _, row in rows]
    columns = {
        name: [
            None if cell == "" else cell
            for cell in clean(row[written.index(heading)] for row in padded)
        ]
        for name, heading in headings.items()
    }
    spare = sum(map(bool, written)) - len(headings)
    found = ReceiptSheet(file, sheet, [at for at, _ in rows], columns, headings, spare)
    return _without_blank_rows(found)


def _is_filled(cell: object) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _headings(
    file: str, sheet: str, written: Sequence[str], faults: list[Fault]
) -> dict[str, str] | None:
    """How a file writes each column; None, with faults, where one is missing or there twice."""
    known = (*REQUIRED, *OPTIONAL)
    plain = {heading: "_".join(heading.casefold().split()) for heading in written if heading}
    found = {name: [one for one in written if plain.get(one) == name] for name in known}
    spare = [one for one, name in plain.items() if name not in known]
    wrong = []
    for name, headings in found.items():
        place = Fault(file=file, sheet=sheet, column=name)
        if len(headings) > 1:
            problem = f"the heading '{name}' stands {len(headings)} times"
            wrong.append(replace(place, code="duplicate_heading", problem=problem))
        elif not headings:
            close = get_close_matches(name, [plain[one] for one in spare], n=1, cutoff=0.8)
            if name in REQUIRED or close:
                hint = f"Did you mean '{close[0]}'? Rename the heading" if close else "Add it"
                problem = f"there is no column '{name}'"
                allowed = f"{', '.join(REQUIRED)}; as well, if you like: {', '.join(OPTIONAL)}"
                fault = replace(place, code="column_missing", problem=problem)
                wrong.append(replace(fault, allowed=allowed, hint=hint))
    faults += wrong
    return None if wrong else {name: headings[0] for name, headings in found.items() if headings}


def _without_blank_rows(sheet: ReceiptSheet) -> ReceiptSheet:
    cells_by_row = zip(*sheet.columns.values(), strict=True)
    filled = [any(cell is not None for cell in row) for row in cells_by_row]
    return ReceiptSheet(
        sheet.file,
        sheet.sheet,
        [row for row, is_filled in zip(sheet.rows, filled, strict=True) if is_filled],
        {
            name: [cell for cell, is_filled in zip(cells, filled, strict=True) if is_filled]
            for name, cells in sheet.columns.items()
        },
        sheet.headings,
        sheet.spare,
    )
