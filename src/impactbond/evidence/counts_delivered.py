"""Where counts come from: CSV and Parquet files, workbooks, and frames of any kind, each as a block
of rows with its columns by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import narwhals as nw
import pyarrow as pa

from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.deliveries import Block, clean, without_blank_rows
from impactbond.evidence.files import files_of
from impactbond.evidence.given_files import GivenFiles
from impactbond.evidence.headings import (
    MOST_TITLES,
    OPTIONAL,
    as_name,
    below_a_title,
    headings_below,
    missing_columns,
    repeated_headings,
)
from impactbond.evidence.personal import personal_columns
from impactbond.evidence.sources import FORMATS, frame_in_memory, is_path, plain_cells
from impactbond.evidence.workbook import only_grid

SHEET = "Counts"
Source = Any  # a path, bytes, a stream, a GivenFile, several, or one frame of any kind


class _Grid(NamedTuple):
    """What stands in one file or frame: cells by heading, and the numbers of their rows."""

    place: Fault
    rows: list[int]
    cells: Mapping[str, list[object]]


def delivered_counts(
    source: Source,
    wanted: tuple[str, ...],
    cautions: set[str],
    attributes: tuple[str, ...],
    personal: set[Fault],
    begins: date,
) -> tuple[list[Block], str]:
    """The rows of every file, in the order of their names, and the kind of frame to give back.

    Raises EvidenceError with every fault of structure of every file.
    """
    faults: list[Fault] = []
    kind = "pandas"
    files = GivenFiles()  # until all is read
    source = files.paths_for(source, "counts")
    if is_path(source):
        paths: Iterable[str | PathLike[str]]
        paths = [source] if isinstance(source, str | PathLike) else source
        grids = list(_of_files(list(map(Path, paths)), wanted, faults))
    else:
        grids, kind = _of_frame(source, faults)
    known = (*wanted, *OPTIONAL["counts"], *attributes)
    blocks = []
    for grid in grids:
        headings = list(grid.cells)
        wrong = list(missing_columns(headings, "counts", wanted, OPTIONAL["counts"]))
        faults += (replace(one, file=grid.place.file, sheet=grid.place.sheet) for one in wrong)
        unread = [one for one in headings if one and one not in known]
        where = grid.place.place or "the frame"
        # With a column missing, the one that is not read is most likely that one under another
        # name, and the fault says so.
        if unread and not wrong:
            cautions.add(f"{where}: columns that counts do not have, not read: {len(unread)}")
        place = replace(grid.place, sheet=grid.place.sheet or "counts")
        personal |= set(personal_columns(place, grid.cells, known, begins))
        columns = {name: list(grid.cells[name]) for name in known if name in grid.cells}
        block = Block(grid.place.file, grid.place.sheet, "", grid.rows, columns)
        blocks.append(without_blank_rows(block))
    if faults:
        count = len(set(faults))
        raise EvidenceError(f"Faults in the structure of the counts: {count}", faults)
    return sorted(blocks, key=lambda one: (one.file, one.sheet)), kind


def _of_files(paths: Sequence[Path], wanted: Sequence[str], faults: list[Fault]) -> Iterator[_Grid]:
    books = [path for path in paths if path.suffix.casefold() in (".xlsx", ".xlsm", ".xls")]
    for path in books:
        found = _of_workbook(path, wanted, faults)
        if found is not None:
            yield found
    for path in paths:
        if path in books:
            continue
        try:
            table = files_of(path, "", FORMATS, wanted).in_memory()
        except EvidenceError as error:
            faults += error.faults
            continue
        yield from _of_table(table)


def _of_table(table: pa.Table) -> Iterator[_Grid]:
    """What files that hold a table say, each by itself."""
    names, numbers = table["file"].to_pylist(), table["row"].to_pylist()
    frame = nw.from_native(table.drop_columns(["file", "row"]), eager_only=True)
    cells = {name: plain_cells(frame[name]) for name in frame.columns}
    for file in sorted(set(names)):
        own = [at for at, name in enumerate(names) if name == file]
        chosen = {name: [column[at] for at in own] for name, column in cells.items()}
        yield _Grid(Fault(file=file), [numbers[at] or 0 for at in own], chosen)
    if not names:
        yield _Grid(Fault(), [], cells)


def _of_workbook(path: Path, wanted: Sequence[str], faults: list[Fault]) -> _Grid | None:
    found = only_grid(path, SHEET, "counts")
    if isinstance(found, Fault):
        faults.append(found)
        return None
    name, grid = found
    place = Fault(file=path.name, sheet=name)
    rows = list(map(clean, grid))
    first = next((at for at, row in enumerate(rows) if any(one is not None for one in row)), None)
    if first is None:
        faults.append(replace(place, code="no_headings", problem="there is nothing"))
        return None
    headings = [as_name(cell) if isinstance(cell, str) else "" for cell in rows[first]]
    plain = [[as_name(cell) for cell in row] for row in rows[: first + MOST_TITLES]]
    # A title read as headings would be told as every column missing.
    below = headings_below(plain, first, wanted)
    if below:
        faults.append(below_a_title(replace(place, row=first + 1), below))
        return None
    faults += repeated_headings(place, headings)
    bare = [at for at, heading in enumerate(headings) if not heading]
    # A number under no heading is a count that would be left out unseen.
    if any(row[at] is not None for row in rows[first + 1 :] for at in bare):
        problem, hint = "cells stand under no heading", "Give the column a heading, or take it out"
        faults.append(replace(place, code="no_heading", problem=problem, hint=hint))
    cells = {one: [row[at] for row in rows[first + 1 :]] for at, one in enumerate(headings) if one}
    return _Grid(place, list(range(first + 2, len(rows) + 1)), cells)


def _of_frame(source: Source, faults: list[Fault]) -> tuple[list[_Grid], str]:
    allowed = "a path, several paths, or a pandas, Polars or Arrow table"
    problem = "these are no counts that can be read"
    table = frame_in_memory(source, Fault(problem=problem, allowed=allowed))
    if isinstance(table, Fault):
        faults.append(table)
        return [], "pandas"
    # The columns of a frame may have numbers for names.
    cells = {str(name): plain_cells(table[name]) for name in table.columns}
    return [_Grid(Fault(), list(range(1, len(table) + 1)), cells)], table.implementation.value
