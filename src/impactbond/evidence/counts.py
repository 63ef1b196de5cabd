"""Counts: how many claims of a milestone there were on a day or in a period, as somebody states it
who holds no evidence of single participants, or does not deliver it.

A count enters a settlement where evaluation would: from there on both go the same way. What only
evidence of single participants can tell is asked of counts in vain.

And where counts come from: CSV and Parquet files, workbooks, and frames of any kind, each as a
block of rows with its columns by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.cards import FrameOf, card
from impactbond.contract.versions import Versions
from impactbond.dialect import Engine
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.deliveries import Block, clean, without_blank_rows
from impactbond.evidence.evidence import PLACE, digest_of
from impactbond.evidence.files import GivenFiles, files_of
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
from impactbond.tables import schema_of
from impactbond.terms.reference import references

_COUNTED = ("milestone", "achieved_on", "period", "number", "recorded_on", "standing")
_MONEY = ("funding", "limits", "results")


def counts_schema(attributes: tuple[str, ...]) -> pa.Schema:
    """The columns of counts, with one text column for each attribute of the contract."""
    counted = schema_of(*_COUNTED, "ref", "replaces", number=pa.int64())
    return pa.schema([*counted, *(pa.field(name, pa.string()) for name in attributes), *PLACE])


def asked_of_counts(versions: Versions) -> tuple[str, ...]:
    """The attributes on which any version lets money depend, so that no count can do without them:
    those that a price, a share, a funder, a limit or a result asks for.
    """
    found: set[str | None] = set()
    for contract in versions.all:
        for one in references(contract):
            section, *rest = one.path
            of_price = section == "milestones" and rest[1] in ("rates", "changes")
            if "attributes" in one.to.sections and (of_price or section in _MONEY):
                found.add(one.name)
        # A funder that shares in nothing asks for nothing.
        sharing = {name for rule in contract.funding for name in rule.shares}
        found |= {contract.funders[name].each for name in sharing}
    return tuple(name for name in versions.whole.participants.attributes if name in found)


@dataclass(frozen=True, eq=False, repr=False)
class Counts:
    """What was counted, and what of it was refused.

    `counts` and `refused` are frames of the kind that came in (pandas for files); the `*_table`
    fields hold the same as Arrow tables. Columns of `counts`: milestone; achieved_on, for a period
    its last day; period, null for a day; number, of claims or of units; recorded_on; standing; ref;
    replaces; every attribute of the contract, "" where nobody needs it; file, sheet and row.
    """

    counts_table: pa.Table
    refused_table: pa.Table
    kind: str = "pandas"
    cautions: tuple[str, ...] = ()
    engine: ClassVar[Engine] = "duckdb"
    called: ClassVar[str] = "Counts without evidence"

    @property
    def said(self) -> tuple[pa.Table, ...]:
        """The tables that say what is known."""
        return (self.counts_table,)

    counts = FrameOf("What was counted, one row each.")
    refused = FrameOf("What was left out and why: file, sheet, row and column.")

    def known_on(self, day: date) -> Counts:
        """The counts recorded by that day; what was refused stays, having no date to go by."""
        table = self.counts_table
        known = pc.less_equal(table["recorded_on"], pa.scalar(day, pa.date32()))
        return replace(self, counts_table=table.filter(known))

    def standing_on(self, day: date) -> Iterator[dict[str, Any]]:
        """The rows that stand on a day: recorded by then, and replaced by no row recorded by then.
        What was replaced stays so, even where the row in its place is itself replaced.
        """
        known = [row for row in self._rows if row["recorded_on"] <= day]
        gone = {row["replaces"] for row in known} - {None}
        yield from (row for row in known if row["ref"] is None or row["ref"] not in gone)

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.counts_table.to_pylist()
        return rows

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the counts, whatever their order and the files' names."""
        return digest_of(*self.said)

    @property
    def _numbers(self) -> list[tuple[str, int]]:
        rows = Counter(self.counts_table["milestone"].to_pylist())
        reasons = Counter(self.refused_table["code"].to_pylist())
        return [
            *((f"rows of {name}", rows[name]) for name in sorted(rows)),
            *((f"refused: {code}", reasons[code]) for code in sorted(reasons)),
        ]

    def __repr__(self) -> str:
        return f"Counts({', '.join(f'{what}: {count}' for what, count in self._numbers)})"

    def _repr_html_(self) -> str:
        counts = ((what, f"{count:,}") for what, count in self._numbers)
        return card(self.called, rows=counts, notes=self.cautions)


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
