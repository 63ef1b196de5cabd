"""A funder's view of a record: what its own statement shows, and nothing that it may not see.

Takes  the parts of a whole record, and one funder.
Gives  that funder's statement, its shares, payments, balances and receipts, and a manifest that
       names the whole record by its digest.
Keeps  the same record and funder give the same bytes, so that whoever holds the whole can prove the
       view; no evidence, no contract text and no other funder's amount is in it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow.compute as pc

from impactbond.canonical import csv_bytes, read_csv, sha256
from impactbond.errors import Fault, RecordError
from impactbond.receipts.receipts import RECEIPTS
from impactbond.records.manifest import MANIFEST, Manifest, RecordPart, View
from impactbond.records.parts import RECEIVED, RESULTS, WORKBOOKS
from impactbond.records.workbook import reference_of
from impactbond.settlement.lines import SHARES
from impactbond.settlement.schedule import BALANCES, PAYMENTS

_TABLES = {
    RESULTS["shares"]: SHARES,
    RESULTS["payments"]: PAYMENTS,
    RESULTS["balances"]: BALANCES,
    RECEIVED: RECEIPTS,
}


def cut_view(
    parts: Mapping[str, bytes], manifest: Manifest, digest: str, funder: str
) -> dict[str, bytes]:
    """The parts of a funder's view, with its manifest; `digest` is that of the whole record.

    Raises RecordError where the record has no statement for that funder.
    """
    mine = dict([_statement(parts, manifest, funder)])
    for name, schema in _TABLES.items():
        if name in parts:
            table = read_csv(parts[name], schema)
            mine[name] = csv_bytes(table.filter(pc.equal(table["funder"], funder)))
    listed = tuple(
        RecordPart(name=name, sha256=sha256(content), size=len(content))
        for name, content in sorted(mine.items())
    )
    view = View(funder=funder, of_record=digest)
    cut = manifest.model_copy(update={"view": view, "parts": listed})
    return mine | {MANIFEST: cut.content}


def _statement(parts: Mapping[str, bytes], manifest: Manifest, funder: str) -> tuple[str, bytes]:
    """The funder's workbook, found by the reference on its cover."""
    stem = f"{manifest.contract.contract} / {manifest.claim.claim_period} / "
    found = {}
    for name, content in parts.items():
        if name.startswith(WORKBOOKS):
            reference = reference_of(content) or ""
            found[reference.removeprefix(stem)] = name
    if funder not in found or funder == "all funders":
        fault = Fault(
            code="no_statement",
            problem=f"there is no statement for a funder '{funder}'",
            allowed=", ".join(sorted(found.keys() - {"all funders"})) or "none was written",
        )
        raise RecordError("The view cannot be written.", [fault])
    return found[funder], parts[found[funder]]
