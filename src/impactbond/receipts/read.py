"""Reading receipts: files or a frame are opened, every broken row is refused with its reason, and
nothing that is in order is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from itertools import zip_longest
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.errors import Fault, ReceiptError
from impactbond.evidence.csv_files import CsvFiles, lines_or_fault
from impactbond.evidence.deliveries import Block, clean, without_blank_rows
from impactbond.evidence.evidence import refused_table
from impactbond.evidence.files import GivenFiles
from impactbond.evidence.headings import MOST_TITLES, as_name, below_a_title, headings_below
from impactbond.evidence.refusals import MISSING, Refusal, Refused
from impactbond.evidence.sources import frame_in_memory, kind_to_give_back, plain_cells
from impactbond.evidence.workbook import only_grid
from impactbond.receipts.cells import RECEIVED, REFUND, WRITE_OFF, columns_of
from impactbond.receipts.receipts import RECEIPTS, Receipts
from impactbond.tables import rows_table
from impactbond.texts import as_counted

REQUIRED = ("receipt", "funder", "received_on", "amount")
OPTIONAL = ("claim_period", "note", "kind", "contract", "currency")
SHEET = "Receipts"
Source = Any  # a path, bytes, a stream, a GivenFile, several, or one frame of any kind
COPIED = Refusal(
    "copied_receipt",
    "the same receipt stands above in this file",
    "each receipt once",
    "Take the copy out; it was counted once.",
)
REUSED = Refusal(
    "reference_reused",
    "the same reference stands on receipts that differ",
    "a reference of its own for each receipt",
    "Keep the right one. None of them counts until then.",
)


PLANNED = {"planned", "forecast", "expected", "scheduled", "pending", "budget", "cancelled"}


class Row(NamedTuple):
    """One receipt and where it stands."""

    receipt: str
    funder: str
    received_on: date
    amount_pence: int
    claim_period: str | None
    note: str | None
    kind: str
    file: str
    sheet: str
    row: int
    delivery: int

    @property
    def says(self) -> tuple[object, ...]:
        """What the row says, wherever it stands."""
        return self[:7]

    @property
    def place(self) -> tuple[str, str, int, int]:
        """Where it stands."""
        return self[7:]

    @property
    def told(self) -> tuple[object, ...]:
        """The row as a table holds it: what was paid back has a minus sign."""
        pence = -self.amount_pence if self.kind == REFUND else self.amount_pence
        return (*self[:3], pence, self.claim_period, self.note, *self[7:10])


def read_receipts(source: Source, contract: Contract) -> Receipts:
    """The receipts in a CSV file or a workbook, in several, or in a frame; of a file also its
    bytes, an open stream, or a GivenFile.

    Columns: `receipt` (a reference of its own), `funder` (its id in the contract, or its name; one
    of many as `school: Elm`; several that paid together as `council; trust`), `received_on`,
    `amount` in pounds; as well, if you like, `claim_period`, `note`, `kind` (`received`, `refund`,
    `write-off`), `contract`, `currency`. A row
    that cannot be used is in `.refused` with its reason. The order of rows and files and repeated
    files change nothing.

    Raises ReceiptError when files, sheets or columns are not as they must be, listing all.
    """
    cautions: set[str] = set()
    blocks, kind = _deliver(source, cautions)
    refused: list[Refused] = []
    rows: list[Row] = []
    for delivery, block in enumerate(blocks):
        rows += _rows(block, delivery, contract, refused)
    kept, repeated = _once(rows, blocks, refused)
    kept.sort(key=lambda row: (row.received_on, row.receipt))
    return Receipts(
        contract=contract.contract,
        currency=contract.currency,
        received_table=_table(row for row in kept if row.kind != WRITE_OFF),
        written_off_table=_table(row for row in kept if row.kind == WRITE_OFF),
        refused_table=refused_table(refused),  # delivered twice, a row is told once
        repeated=repeated,
        kind=kind,
        cautions=tuple(sorted(cautions.union(_alike(kept)), key=as_counted)),
    )


def _table(rows: Iterable[Row]) -> pa.Table:
    return rows_table([row.told for row in rows], RECEIPTS)


def _deliver(source: Source, cautions: set[str]) -> tuple[list[Block], str]:
    """What was delivered, in the order of the files' names, and the kind of frame to give back.

    Raises ReceiptError with every fault of structure of every file.
    """
    faults: list[Fault] = []
    kind = "pandas"
    files = GivenFiles(ReceiptError)  # until all is read
    source = files.paths_for(source, "receipts")
    if isinstance(source, str | PathLike | list | tuple):
        paths = [source] if isinstance(source, str | PathLike) else source
        blocks = [block for path in paths for block in _of_file(Path(path), faults, cautions)]
    else:
        blocks, kind = _of_frame(source, faults, cautions)
    if not blocks and not faults:
        faults.append(Fault(code="no_file", problem="no file was named"))
    if faults:
        raise ReceiptError(f"Faults in the structure of the receipts: {len(set(faults))}", faults)
    return sorted(blocks, key=lambda one: (one.file, one.sheet)), kind


def _of_file(path: Path, faults: list[Fault], cautions: set[str]) -> Iterator[Block]:
    is_csv = path.name.casefold().endswith(CsvFiles.suffixes)
    found = _csv_grid(path) if is_csv else only_grid(path, SHEET, "receipts")
    if isinstance(found, Fault):
        faults.append(found)
        return
    sheet, grid = found
    rows = list(map(clean, grid))
    first = next((at for at, row in enumerate(rows) if any(one is not None for one in row)), None)
    place = Fault(file=path.name, sheet=sheet)
    if first is None:
        faults.append(replace(place, code="no_headings", problem="there is nothing"))
        return
    written = [cell if isinstance(cell, str) else "" for cell in rows[first]]
    wrong: list[Fault] = []
    headings = _headings(place, written, wrong)
    if headings is None:
        plain = [[as_name(cell) for cell in row] for row in rows[: first + MOST_TITLES]]
        below = headings_below(plain, first, REQUIRED)
        where = replace(place, row=first + 1)
        faults += [below_a_title(where, below)] if below else _separated(place, written) or wrong
        return
    beyond = replace(
        place,
        code="too_many_cells",
        problem="the row has more cells than there are headings",
        hint="Put a text that holds a comma between quotation marks",
    )
    faults += [
        replace(beyond, row=at)
        for at, row in enumerate(rows[first + 1 :], first + 2)
        if any(cell is not None for cell in row[len(written) :])
    ]
    # Rows may be shorter than the headings: what is left out is blank.
    cells = {column[0]: list(column[1:]) for column in zip_longest(*rows[first:])}
    columns = {name: cells[heading] for name, heading in headings.items()}
    planned = replace(
        place,
        code="not_received",
        problem="this row, and perhaps others, says that the money was not received",
        hint="Deliver the rows of money received alone",
    )
    faults += [
        replace(planned, row=first + 2 + at, column=heading)
        for heading, column in cells.items()
        if isinstance(heading, str) and heading not in headings.values()
        for at, cell in enumerate(column)
        if as_name(heading).rpartition("_")[2] in ("type", "status") and as_name(cell) in PLANNED
    ][:1]
    cautions |= _unread(path.name, set(filter(None, written)) - set(headings.values()))
    numbers = list(range(first + 2, len(rows) + 1))
    yield without_blank_rows(Block(path.name, sheet, sheet, numbers, columns, headings=headings))


def _csv_grid(path: Path) -> tuple[str, list[list[object]]] | Fault:
    """The cells of a CSV file, with an empty row for every line that no row begins in."""
    lines = lines_or_fault(path)
    if isinstance(lines, Fault):
        return lines
    grid: list[list[object]] = [[] for _ in range(lines[-1][0] if lines else 0)]
    for number, cells in lines:
        grid[number - 1] = list(cells)
    return "", grid


def _of_frame(source: Any, faults: list[Fault], cautions: set[str]) -> tuple[list[Block], str]:
    allowed = "a path, several paths, or a pandas, Polars or Arrow table"
    problem = "these are no receipts that can be read"
    table = frame_in_memory(source, Fault(problem=problem, allowed=allowed))
    if isinstance(table, Fault):
        faults.append(table)
        return [], "pandas"
    headings = _headings(Fault(), table.columns, faults)
    if headings is None:
        return [], "pandas"
    columns = {name: plain_cells(table[heading]) for name, heading in headings.items()}
    cautions |= _unread("", set(map(str, table.columns)) - set(headings.values()))
    rows = list(range(1, len(table) + 1))
    kind = table.implementation.value
    block = Block("", "", "", rows, columns, headings=headings)
    return [without_blank_rows(block)], kind_to_give_back(kind)


def _unread(file: str, columns: set[str]) -> set[str]:
    """A caution where a delivery has other columns besides; what is written in a heading that
    nobody knows is not told, as in evidence.
    """
    if not columns:
        return set()
    where = f"{file}: " if file else ""
    return {
        f"{where}columns that receipts do not have, not read: {len(columns)}. Take out rows that "
        "are not money received, such as what is planned."
    }


def _separated(place: Fault, written: Sequence[str]) -> list[Fault]:
    """The fault of a file whose cells are set apart by something else than commas."""
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), (" ", "tabs"), ("|", "bars")):
        held = set(map(as_name, written[0].split(mark)))
        if len(written) == 1 and len(held & set(REQUIRED)) > 1:
            problem = f"this file is separated by {name}, not by commas"
            hint = "Save it as CSV with commas, or deliver the workbook itself"
            return [replace(place, code="not_csv", problem=problem, hint=hint)]
    return []


def _headings(place: Fault, written: Sequence[str], faults: list[Fault]) -> dict[str, str] | None:
    """How a file writes each column; None, with faults, where one is missing or there twice."""
    known = (*REQUIRED, *OPTIONAL)
    # The columns of a frame may have numbers for names.
    plain = {one: as_name(one) for one in written if one}
    found = {name: [one for one in written if plain.get(one) == name] for name in known}
    spare = [one for one, name in plain.items() if name not in known]
    wrong = []
    for name, headings in found.items():
        here = replace(place, column=name)
        if len(headings) > 1:
            problem = f"the heading '{name}' stands {len(headings)} times"
            wrong.append(replace(here, code="duplicate_heading", problem=problem))
        elif not headings:
            close = get_close_matches(name, [plain[one] for one in spare], n=1, cutoff=0.8)
            # An optional column may be missing, but not where a heading may be a slip of its name.
            if name in REQUIRED or close:
                hint = f"Did you mean '{close[0]}'? Rename the heading" if close else "Add it"
                problem = f"there is no column '{name}'"
                allowed = f"{', '.join(REQUIRED)}; as well, if you like: {', '.join(OPTIONAL)}"
                fault = replace(here, code="column_missing", problem=problem)
                wrong.append(replace(fault, allowed=allowed, hint=hint))
    faults += wrong
    return None if wrong else {name: headings[0] for name, headings in found.items() if headings}


def _rows(block: Block, delivery: int, contract: Contract, refused: list[Refused]) -> Iterator[Row]:
    """The rows of a delivery that are in order by themselves."""
    columns = columns_of(block, contract)
    for place, row in enumerate(block.rows):
        wrong = {name: MISSING for name in REQUIRED if columns[name].values[place] is None}
        wrong |= {
            name: column.refusals[place]
            for name, column in columns.items()
            if place in column.refusals
        }
        refused += [
            Refused(block.file, block.sheet, row, block.heading(name), refusal)
            for name, refusal in wrong.items()
        ]
        if not wrong:
            says = (columns[name].values[place] for name in (*REQUIRED, "claim_period", "note"))
            kind = columns["kind"].values[place] or RECEIVED
            yield Row._make((*says, kind, block.file, block.sheet, row, delivery))


def _once(
    rows: Iterable[Row], blocks: Sequence[Block], refused: list[Refused]
) -> tuple[list[Row], int]:
    """Each receipt once, and how many rows were dropped because another file says the same."""
    by_reference: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_reference[row.receipt].append(row)
    kept: list[Row] = []
    repeated = 0
    for alike in by_reference.values():
        first, *others = sorted(alike, key=lambda row: row.place)
        differ = any(row.says != first.says for row in others)
        if not differ:
            kept.append(first)
        seen = {first.delivery}
        for row in alike if differ else others:
            if differ or row.delivery in seen:
                heading = blocks[row.delivery].heading("receipt")
                reason = REUSED if differ else COPIED
                refused.append(Refused(row.file, row.sheet, row.row, heading, reason))
            else:
                repeated += 1
            seen.add(row.delivery)
    return kept, repeated


def _alike(rows: Iterable[Row]) -> Iterator[str]:
    """A caution for receipts that differ in nothing but their reference."""
    alike: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        alike[row.funder, row.received_on, row.amount_pence, row.kind].append(row)
    for group in alike.values():
        if len(group) > 1:
            numbers = ", ".join(str(row.row) for row in sorted(group, key=lambda row: row.place))
            yield (
                f"rows {numbers}: the same funder, day and amount under different references. "
                "All were counted; take out what is a copy."
            )
