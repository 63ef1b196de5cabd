"""Verifying a record: whether it is whole, and the one that was kept."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from impactbond.canonical import zip_bytes
from impactbond.errors import Fault, RecordError
from impactbond.records.contents import fitting_together
from impactbond.records.record import MONEY, Record, assert_left_closed_by, read_record


def verify_record(
    path: str | PathLike[str],
    *,
    digest: str | None = None,
    previous: str | PathLike[str] | None = None,
    whole: str | PathLike[str] | None = None,
) -> Record:
    """The record in a file, if it is the one that was kept.

    With `digest`, it must have the digest that was noted elsewhere; with `previous`, it must follow
    on that record; with `whole`, it must be the funder's view that is cut from that record. Raises
    RecordError otherwise.
    """
    record = read_record(path)
    told = []
    if digest is not None and record.digest != digest.strip().lower():
        problem = f"its digest is {record.digest}, not the one that was noted"
        told.append(("other_record", problem))
    before = None if previous is None else read_record(previous)
    if before is not None and before.digest != record.manifest.previous_record:
        told.append(("other_previous", f"it does not follow on {before.name}"))
    view = record.manifest.view
    # Cut again and compared byte for byte: what a view says of itself could be made to agree.
    if whole is not None and (
        view is None or zip_bytes(record.parts) not in read_record(whole).views(view.funder)
    ):
        told.append(("other_whole", f"it is not the funder's view of {Path(whole).name}"))
    if told:
        faults = [Fault(file=record.name, code=code, problem=problem) for code, problem in told]
        raise RecordError("The record is whole, and is not the one that was kept.", faults)
    if before is not None and record.manifest.view is None:
        with fitting_together(record.name):
            assert_left_closed_by(before, {name: record.result(name) for name in MONEY})
    return record
