"""What a claim date carries forward to the next, in a file beside its record.

Takes  a settlement and the record of it.
Gives  a line that says what the file is of, with the SHA-256 of what follows; then a Parquet table
       (CARRIED).
Keeps  it is never needed: without it, or where the library or DuckDB are of another version,
       everybody is evaluated again, to the same bytes. Nothing that proves a payment reads it: to
       regenerate and to verify is to evaluate everybody.

It decides who is not evaluated again, so it is refused where a byte of it changed, or where it is
of another record than the one that is settled on. As with records, whoever makes a whole new one
is not found out by it, but by settling again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

import pyarrow as pa

from impactbond.canonical import sha256
from impactbond.errors import Fault, ImpactBondError, RecordError, SettlementError, unopened
from impactbond.evaluation.carried import CARRIED, carried
from impactbond.files import Writing, write_file
from impactbond.settlement.settlement import Settlement
from impactbond.version import __version__

FORMAT = 1
_MOST_OF_A_LINE = 4096
_WITHOUT = "Settle without it: everybody is evaluated again, to the same bytes"


def carried_bytes(settlement: Settlement, record: str) -> bytes:
    """The file of what a settlement carries forward, beside the record of that digest."""
    from pyarrow import parquet

    if settlement.counts is not None:
        table = CARRIED.empty_table()
    else:
        table = carried(
            settlement.known, settlement.evidence, settlement.claim, settlement.unchanged
        )
    content = BytesIO()
    parquet.write_table(table, content, compression="zstd")
    rows = content.getvalue()
    about = {"impactbond_carried": FORMAT, "record": record, "sha256": sha256(rows), **_made_by()}
    return json.dumps(about, sort_keys=True).encode() + b"\n" + rows


def _made_by() -> dict[str, str]:
    return {"engine": __version__, "duckdb": version("duckdb")}


def assert_beside_whole(path: str | PathLike[str] | None, funder: str | None) -> None:
    """Raises RecordError where what is carried forward would stand beside one funder's view."""
    if path is not None and funder is not None:
        problem = "what is carried forward stands beside a whole record, not beside a funder's view"
        fault = Fault(code="other_argument", problem=problem, hint="Leave one of the two out")
        raise RecordError("The record cannot be written.", [fault])


def write_carried(
    settlement: Settlement,
    record: str,
    path: str | PathLike[str] | None,
    beside: Path,
    **how: Unpack[Writing],
) -> None:
    """Writes what a settlement carries forward into a file, if one is named, beside its record that
    was written with that digest.
    """
    if path is None:
        return
    refused = partial(RecordError, "What is carried forward cannot be written.")
    how["inputs"] = [*how.get("inputs", ()), beside]
    try:
        content = carried_bytes(settlement, record)
        write_file(path, content, refused, make_folders=True, **how)
    except ImpactBondError as error:
        error.summary += f" Written before that: {beside.name}."
        error.wrote = True
        raise


def carried_to(path: str | PathLike[str] | None, record: str | None) -> pa.Table | None:
    """What was carried forward (CARRIED) to a settlement on the record of that digest; nobody,
    where another version made it; None where nothing is named. Raises RecordError where it is
    damaged or of another record, SettlementError where there is no record.
    """
    if path is None:
        return None
    if record is None:
        problem = "what was carried forward is used with the record that it stands beside"
        fault = Fault(code="other_argument", problem=problem, hint="Name the record as `earlier`")
        raise SettlementError("There is nothing to settle on.", [fault])
    file = Path(path)
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        raise _unused(unopened(file, error)) from None
    first, _, rows = content.partition(b"\n")
    about = _read(first)
    if about.get("impactbond_carried") != FORMAT or about.get("sha256") != sha256(rows):
        problem = "this holds nothing that was carried forward, or is not as it was written"
        raise _unused(Fault(file=file.name, code="carried_damaged", problem=problem, hint=_WITHOUT))
    if about.get("record") != record:
        problem = "it was carried forward from another record than the one that is settled on"
        fault = Fault(file=file.name, code="carried_of_another", problem=problem, hint=_WITHOUT)
        raise _unused(fault)
    if any(about.get(name) != now for name, now in _made_by().items()):
        return CARRIED.empty_table()
    from pyarrow import parquet

    return parquet.read_table(BytesIO(rows)).cast(CARRIED)


def _unused(fault: Fault) -> RecordError:
    return RecordError("What was carried forward cannot be used.", [fault])


def _read(line: bytes) -> Mapping[str, Any]:
    """What the first line says; nothing where it is none."""
    try:
        found = json.loads(line) if len(line) <= _MOST_OF_A_LINE else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
