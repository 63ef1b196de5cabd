"""Where evidence comes from when it is no workbook: Parquet and CSV files, and frames of any kind;
read into memory, or where they lie.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import file_digest
from os import PathLike
from pathlib import Path
from types import NoneType
from typing import Any
from weakref import finalize

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.dialect import Engine
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.csv_files import CsvFiles
from impactbond.evidence.deliveries import (
    Block,
    Cells,
    Delivery,
    by_metric,
    clean,
    refuse,
)
from impactbond.evidence.files import Files, files_of
from impactbond.evidence.headings import OPTIONAL, REQUIRED, missing_columns
from impactbond.evidence.parquet_files import ParquetFiles
from impactbond.evidence.personal import SAMPLE, personal_columns
from impactbond.files import private_folder
from impactbond.tables import engine_edge
from impactbond.terms.sheets import NAMES_IN_TABLES

NAMES = ("participants", "observations")


def optional_columns(name: str, contract: Contract) -> tuple[str, ...]:
    """The columns that a table of that name may have; a slot where the contract has any."""
    slot = ("slot",) if name == "observations" and contract.slots else ()
    return (*OPTIONAL[name], *slot)


NOT_A_FRAME = "this is not a frame"
NO_PARTICIPANTS = Fault(
    sheet="participants", code="no_rows", problem="there are no rows", allowed="at least one"
)
# A frame names the columns as the evidence tables do; to the checks they are references of rows.
_AS_IN_SHEETS = {in_tables: name for name, in_tables in NAMES_IN_TABLES.items()}
_FIRST, _LAST = -719_162, 2_932_897  # days since 1970 of the years 1 and 10000
_IN_A_DAY = {"D": 1, "s": 86_400, "ms": 86_400_000, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}
_READABLE = (str, bool, int, float, Decimal, date, time, timedelta, NoneType)
FORMATS = (CsvFiles, ParquetFiles)


@dataclass(frozen=True, repr=False)
class ExternalTable:
    """A table where it lies, and the engine that reads it there.

    `owner` keeps what was copied for us, and goes with it.
    """

    table: Any
    engine: Engine = "duckdb"
    owner: object = None
    agreed: set[Engine] = field(default_factory=set, compare=False)
    """The other engines that were seen to read the same."""

    def unreadable(self) -> Iterator[Fault]:
        """Why no engine can read what was delivered."""
        if isinstance(self.table, Files):
            yield from self.table.unreadable()

    @cached_property
    def stamp(self) -> tuple[tuple[int, int], ...]:
        """Sizes and times of the files as they were when this was first asked."""
        return _stamp(self.table)

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """The SHA-256 of each file, in order, as they were when this was first asked; of none
        where one cannot be read.
        """
        found = []
        try:
            for path in self.table.paths if isinstance(self.table, Files) else ():
                with open(path, "rb") as file:
                    found.append(file_digest(file, "sha256").hexdigest())
        except (OSError, ValueError):  # an engine tells it
            return ()
        return tuple(found)

    def assert_unchanged(self) -> None:
        """Raises EvidenceError where files are no longer those that were checked."""
        if _stamp(self.table) != self.stamp:
            problem = "files changed after they were read and checked"
            fault = Fault(code="files_changed", problem=problem, hint="Read the evidence again")
            raise EvidenceError("The evidence is no longer what was checked.", [fault])


def _stamp(table: Any) -> tuple[tuple[int, int], ...]:
    if not isinstance(table, Files):
        return ()
    found = (Path(path).stat() for path in table.paths)
    return tuple((one.st_size, one.st_mtime_ns) for one in found)


class _Copy:
    """A private file for what has to be copied before it can be read more than once."""

    def __init__(self) -> None:
        folder, put_away = private_folder()
        self.path = str(Path(folder, "copied.parquet"))
        finalize(self, put_away)


def is_path(given: object) -> bool:
    """Whether this names files: a path, or several."""
    if isinstance(given, list | tuple):
        return bool(given) and all(isinstance(one, str | PathLike) for one in given)
    return isinstance(given, str | PathLike)


def is_external(given: object) -> bool:
    """Whether this stays where it is unless somebody asks otherwise: files, frames of a cluster."""
    return is_path(given) or _implementation(given) == "pyspark"


def external_table(given: Any, name: str) -> tuple[ExternalTable, str]:
    """Where the evidence table of that name lies, and the kind of frame that it came as.

    Relations and lazy frames belong to a connection or a plan that is not ours: what they give is
    written once to a private file, never held in memory.
    """
    if is_path(given):
        files = files_of(given, name, FORMATS, REQUIRED[name])
        refuse(list(files.misread()))
        return ExternalTable(files), "pandas"
    if isinstance(given, pa.Table):
        return ExternalTable(given), "pyarrow"
    kind = _implementation(given)
    frame = nw.from_native(given) if kind else None
    if kind == "pyspark":
        return ExternalTable(given, "pyspark"), kind
    if isinstance(frame, nw.DataFrame):
        return ExternalTable(frame.to_arrow()), kind
    if kind not in ("duckdb", "polars"):
        problem = "this is neither a frame nor the path of files"
        kinds = "Parquet or CSV files; a pandas, Polars, Arrow or Spark frame; a DuckDB relation"
        refuse([Fault(sheet=name, code="not_a_frame", problem=problem, allowed=kinds)])
    copy = _Copy()
    with engine_edge():
        given.write_parquet(copy.path) if kind == "duckdb" else given.sink_parquet(copy.path)
    kind = "duckdb" if kind == "duckdb" else "polars lazy"
    files = files_of(copy.path, name, FORMATS)
    return ExternalTable(files, owner=copy), kind


def _implementation(given: object) -> str:
    try:
        return nw.from_native(given).implementation.value  # type: ignore[call-overload, no-any-return]
    except TypeError:
        return ""


def collected(given: Any, name: str) -> pa.Table:
    """The table that files hold, in memory, with the columns `file` and `row`."""
    return files_of(given, name, FORMATS, REQUIRED[name]).in_memory()


def read_frames(frames: Mapping[str, Any], contract: Contract) -> Delivery:
    """The blocks of both frames. Raises EvidenceError with every fault of structure of both."""
    faults: list[Fault] = []
    personal: set[Fault] = set()
    for name in frames:
        if name not in NAMES:
            problem = f"there is no evidence table '{name}'"
            faults.append(Fault(code="unknown_table", problem=problem, allowed=", ".join(NAMES)))
    blocks: dict[str, list[Block]] = {name: [] for name in NAMES}
    kind, metrics = "pandas", {metric: metric for metric in contract.metrics}
    for name in NAMES:
        frame = _frame_of(frames, name)
        if isinstance(frame, Fault):
            faults.append(frame)
            continue
        kind = frame.implementation.value
        attributes = tuple(contract.participants.attributes) if name == "participants" else ()
        # The columns of a frame may have numbers for names.
        headings = list(map(str, frame.columns))
        optional = optional_columns(name, contract)
        missing = list(missing_columns(headings, name, (*REQUIRED[name], *attributes), optional))
        faults += missing
        known = (*REQUIRED[name], *optional, *attributes, "file", "sheet", "row")
        personal |= set(
            personal_columns(
                Fault(sheet=name), sampled(frame), known, contract.calendar.periods[0].first
            )
        )
        if name == "participants" and not len(frame):
            faults.append(NO_PARTICIPANTS)
        if not missing:
            blocks[name] = sorted(
                _blocks(name, frame, (*optional, *attributes), metrics),
                key=lambda block: (block.file, block.sheet, *block.metrics),
            )
    refuse(faults)
    kind = kind_to_give_back(kind)
    found = frozenset(personal)
    return Delivery(blocks["participants"], blocks["observations"], kind, personal=found)


def sampled(frame: nw.DataFrame[Any]) -> dict[str, Cells]:
    """Some cells of every column, evenly spaced: what most of a column is, they show."""
    some = frame.gather_every(max(1, len(frame) // SAMPLE))
    return {str(name): plain_cells(some.get_column(name)) for name in some.columns}


def _frame_of(frames: Mapping[str, Any], name: str) -> nw.DataFrame[Any] | Fault:
    if name not in frames:
        return Fault(sheet=name, code="sheet_missing", problem=f"there is no frame '{name}'")
    allowed = "a pandas, Polars or Arrow table"
    return frame_in_memory(frames[name], Fault(sheet=name, problem=NOT_A_FRAME, allowed=allowed))


def frame_in_memory(given: Any, otherwise: Fault) -> nw.DataFrame[Any] | Fault:
    """A frame of any kind, collected where it is lazy; where it is none, the fault `otherwise`."""
    try:
        frame = nw.from_native(given)
    except TypeError:
        return replace(otherwise, code="not_a_frame")
    with engine_edge():
        return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def kind_to_give_back(kind: str) -> str:
    """The kind of frame in which answers come, for one in which questions came."""
    return kind if kind in ("polars", "pyarrow") else "pandas"


def plain_cells(series: nw.Series[Any]) -> Cells:
    """The cells as plain Python objects, with None for whatever the frame calls missing."""
    series, beyond = _on_the_calendar(series)
    cells = [
        None if is_null or (isinstance(cell, float) and cell != cell) else cell
        for cell, is_null in zip(series.to_list(), series.is_null().to_list(), strict=True)
    ]
    for place in beyond:
        cells[place] = ...
    if not all(issubclass(kind, _READABLE) for kind in set(map(type, cells))):
        cells = [_readable(cell) for cell in cells]
    return clean(cells)


def _on_the_calendar(series: nw.Series[Any]) -> tuple[nw.Series[Any], list[int]]:
    """The series with nulls for days that no calendar of Python has, and the places of those: some
    libraries do not survive it when they are asked for one.
    """
    if not isinstance(series.dtype, nw.Date | nw.Datetime):
        return series, []
    table = series.to_arrow()
    is_date = pa.types.is_date32(table.type)
    days = pc.cast(pc.cast(table, pa.int32()) if is_date else table, pa.int64())
    in_a_day = _IN_A_DAY["D" if is_date else getattr(table.type, "unit", "ms")]
    known = pc.and_(
        pc.greater_equal(days, pa.scalar(_FIRST * in_a_day)),
        pc.less(days, pa.scalar(_LAST * in_a_day)),
    )
    beyond = [place for place, stands in enumerate(known.to_pylist()) if stands is False]
    if not beyond:
        return series, []
    kept = pc.if_else(known, table, pa.scalar(None, table.type))
    return nw.from_native(pa.table({"kept": kept}), eager_only=True)["kept"], beyond


def _readable(cell: Any) -> object:
    """numpy's numbers as Python's; `...`, which every check refuses, for what no column holds."""
    # An array of one value has `item` as well, and is no value: Arrow's lists become such arrays.
    if type(cell).__module__ == "numpy" and getattr(cell, "shape", None) == ():
        cell = cell.item()
    return cell if isinstance(cell, _READABLE) else ...


def _blocks(
    name: str, frame: nw.DataFrame[Any], further: tuple[str, ...], metrics: Mapping[str, str]
) -> Iterator[Block]:
    """The frame cut by file, sheet and, of observations, metric, so that each block has one."""
    wanted = (*REQUIRED[name], *further, "file", "sheet", "row")
    columns = {
        _AS_IN_SHEETS.get(column, column): plain_cells(frame[column])
        for column in wanted
        if column in frame.columns
    }
    count = len(frame)
    rows = columns.pop("row", None) or list(range(1, count + 1))
    file = columns.pop("file", None) or [""] * count
    sheet = columns.pop("sheet", None) or [name] * count
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, cells in enumerate(zip(file, sheet, strict=True)):
        from_file, from_sheet = ("" if cell is None else str(cell) for cell in cells)
        places[from_file, from_sheet].append(place)
    for (from_file, from_sheet), chosen in places.items():
        numbers = [rows[place] for place in chosen]
        block = Block(
            file=from_file,
            sheet=from_sheet,
            scope="",
            # A library that has no whole numbers with gaps makes 7.0 of row 7.
            rows=[int(row) if isinstance(row, int | float) else 0 for row in numbers],
            columns={column: [cells[at] for at in chosen] for column, cells in columns.items()},
            headings=NAMES_IN_TABLES,
            names_observations=True,
        )
        yield from by_metric(block, metrics) if name == "observations" else [block]
