"""Reading frames: participants and observations in the library's own columns, of any kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from types import NoneType
from typing import Any

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.deliveries import (
    Block,
    Cells,
    Delivery,
    clean,
    private_headings,
)
from impactbond.terms.sheets import REQUIRED_PARTICIPANT_COLUMNS

NAMES = ("participants", "observations")
REQUIRED = {
    "participants": REQUIRED_PARTICIPANT_COLUMNS,
    "observations": ("participant", "metric", "value", "observed_on", "recorded_on"),
}
OPTIONAL = {
    "participants": ("from_on", "left_on"),
    "observations": ("observation", "source", "evidence_ref", "supersedes", "status"),
}
# A frame names the columns as the evidence tables do; to the checks they are references of rows.
_AS_IN_SHEETS = {"observation": "ref", "supersedes": "replaces"}
_READABLE = (str, bool, int, float, Decimal, date, time, timedelta, NoneType)


def read_frames(frames: Mapping[str, Any], contract: Contract) -> Delivery:
    """The blocks of both frames. Raises EvidenceError with every fault of structure of both."""
    faults: list[Fault] = []
    cautions: set[str] = set()
    for name in frames:
        if name not in NAMES:
            problem = f"there is no evidence table '{name}'"
            faults.append(Fault(code="unknown_table", problem=problem, allowed=", ".join(NAMES)))
    tables: dict[str, dict[str, Cells]] = {}
    kind = "pandas"
    for name in NAMES:
        frame = _collected(frames, name, faults)
        if frame is None:
            continue
        kind = (
            frame.implementation.value
            if frame.implementation.value in ("polars", "pyarrow")
            else "pandas"
        )
        attributes = tuple(contract.participants.attributes) if name == "participants" else ()
        faults += missing_columns(frame.columns, name, (*REQUIRED[name], *attributes))
        cautions |= private_headings(name, frame.columns)
        if name == "participants" and not len(frame):
            faults.append(
                Fault(
                    sheet=name, code="no_rows", problem="there are no rows", allowed="at least one"
                )
            )
        wanted = (*REQUIRED[name], *OPTIONAL[name], *attributes, "file", "sheet", "row")
        tables[name] = {
            column: plain_cells(frame[column]) for column in wanted if column in frame.columns
        }
    if faults:
        count = len(set(faults))
        raise EvidenceError(f"Faults in the structure of the evidence: {count}", faults)
    return Delivery(
        sorted(_blocks("participants", tables["participants"]), key=_order),
        sorted(_blocks("observations", tables["observations"]), key=_order),
        kind,
        frozenset(cautions),
    )


def _collected(
    frames: Mapping[str, Any], name: str, faults: list[Fault]
) -> nw.DataFrame[Any] | None:
    if name not in frames:
        faults.append(
            Fault(sheet=name, code="sheet_missing", problem=f"there is no frame '{name}'")
        )
        return None
    try:
        frame = nw.from_native(frames[name])
    except TypeError:
        problem, allowed = "this is not a frame", "a pandas, Polars or Arrow table"
        faults.append(Fault(sheet=name, code="not_a_frame", problem=problem, allowed=allowed))
        return None
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


def missing_columns(columns: Sequence[str], name: str, wanted: tuple[str, ...]) -> Iterator[Fault]:
    """A fault for each wanted column that the table of that name does not have."""
    for column in wanted:
        if column not in columns:
            close = get_close_matches(column, [one for one in columns if one not in wanted], n=1)
            yield Fault(
                sheet=name,
                column=column,
                code="column_missing",
                problem=f"there is no column '{column}'",
                hint=f"Did you mean '{close[0]}'? Rename the column" if close else "Add the column",
            )


def plain_cells(series: nw.Series[Any]) -> Cells:
    """The cells as plain Python objects, with None for whatever the frame calls missing."""
    cells = [
        None if is_null or (isinstance(cell, float) and cell != cell) else cell
        for cell, is_null in zip(series.to_list(), series.is_null().to_list(), strict=True)
    ]
    if not all(issubclass(kind, _READABLE) for kind in set(map(type, cells))):
        cells = [_readable(cell) for cell in cells]
    return clean(cells)


def _readable(cell: object) -> object:
    """numpy's numbers as Python's; `...`, which every check refuses, for what no column holds."""
    if type(cell).__module__ == "numpy" and hasattr(cell, "item"):
        cell = cell.item()
    return cell if isinstance(cell, _READABLE) else ...


def _order(block: Block) -> tuple[str, str, tuple[str, ...]]:
    return block.file, block.sheet, tuple(block.metrics)


def _blocks(name: str, table: dict[str, Cells]) -> Iterator[Block]:
    """The frame cut by file, sheet and metric, so that each block has one of each."""
    table = {_AS_IN_SHEETS.get(column, column): cells for column, cells in table.items()}
    count = len(table["participant"])
    file = table.pop("file", None) or [""] * count
    sheet = table.pop("sheet", None) or [name] * count
    rows = table.pop("row", None) or list(range(1, count + 1))
    metric = table.pop("metric", None) or [None] * count
    places: dict[tuple[str, str, str], list[int]] = {}
    for place, key in enumerate(
        zip(map(_as_text, file), map(_as_text, sheet), map(_as_text, metric), strict=True)
    ):
        places.setdefault(key, []).append(place)
    for (from_file, from_sheet, of_metric), chosen in places.items():
        columns = {column: [cells[place] for place in chosen] for column, cells in table.items()}
        metrics = {of_metric: columns.pop("value")} if name == "observations" else {}
        yield Block(
            file=from_file,
            sheet=from_sheet,
            scope="",
            rows=[_as_row(rows[place]) for place in chosen],
            columns=columns,
            metrics=dict(metrics),
            headings={"ref": "observation", "replaces": "supersedes", of_metric: "value"},
            names_observations=True,
        )


def _as_row(cell: object) -> int:
    return int(cell) if isinstance(cell, int | float) else 0


def _as_text(cell: object) -> str:
    return "" if cell is None else str(cell)
