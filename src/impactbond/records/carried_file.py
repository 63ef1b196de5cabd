"""What a claim date carries forward to the next, in a file beside its record.

Takes  a settlement and the record of it.
Gives  a file (see `evidence.carried_parts`): what was known of each participant (CARRIED), and of
       a delivery in files what the next one need not check again.
Keeps  it is never needed: without it, or where the library or DuckDB are of another version,
       everybody is evaluated again, to the same bytes. Nothing that proves a payment reads it: to
       regenerate and to verify is to evaluate everybody.

It decides who is not evaluated again, so it is refused where a byte of it changed, or where it is
of another record than the one that is settled on. As with records, whoever makes a whole new one
is not found out by it, but by settling again.
"""

from __future__ import annotations

from functools import partial
from os import PathLike
from pathlib import Path
from typing import Unpack

import pyarrow as pa

from impactbond.dates import day_number
from impactbond.errors import Fault, ImpactBondError, RecordError, SettlementError
from impactbond.evaluation.carried import carried
from impactbond.evidence.carried_parts import WITHOUT, carried_content, carried_parts, unused
from impactbond.evidence.checked_delivery import (
    CARRIED,
    CheckedDelivery,
    carried_as_part,
    carried_table,
    read_as,
)
from impactbond.evidence.evidence import Evidence, ExternalEvidence
from impactbond.evidence.external_columns import Reading
from impactbond.files import Writing, write_file
from impactbond.settlement.settlement import Settlement
from impactbond.tables import EngineSession


def carried_bytes(settlement: Settlement, record: str) -> bytes:
    """The file of what a settlement carries forward, beside the record of that digest."""
    if settlement.counts is not None:
        table = CARRIED.empty_table()
    else:
        table = carried(
            settlement.known, settlement.evidence, settlement.claim, settlement.unchanged
        )
    delivery = _checked(settlement.evidence, table, day_number(settlement.claim.known_by))
    parts = carried_as_part(table) if delivery is None else delivery.as_parts()
    return carried_content(parts, record)


def _checked(evidence: Evidence, table: pa.Table, day: int) -> CheckedDelivery | None:
    """The delivery that a settlement rests on, whose files need not be checked again; None where
    they were not read where they are, or nothing is carried forward of anybody.
    """
    if not table.num_rows or not isinstance(evidence, ExternalEvidence) or evidence.until:
        return None
    files = evidence.source.digests
    if not files:
        return None
    session = EngineSession(evidence.engine)
    evidence.lay_out(session, evidence.contract)
    later = session.query(
        f"SELECT DISTINCT participant FROM observations WHERE recorded_on > {day}"
    )
    reading = Reading.of(session, "observations", evidence.contract, evidence.values)
    evidence.source.assert_unchanged()  # what the digests are of is what was checked
    how = read_as(evidence.contract, evidence.values, reading.kinds)
    names = later["participant"].combine_chunks()
    return CheckedDelivery(files, how, evidence.summary, day, names, table)


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
    found = carried_parts(path)
    if found.record != record:
        problem = "it was carried forward from another record than the one that is settled on"
        fault = Fault(file=found.file, code="carried_of_another", problem=problem, hint=WITHOUT)
        raise unused(fault)
    return carried_table(found)
