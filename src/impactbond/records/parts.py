"""The parts of a record: what a settlement rests on, and what came out of it, each as bytes."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from impactbond.canonical import csv_bytes, json_bytes
from impactbond.contract.contract import Contract
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    Evidence,
    participants_schema,
)
from impactbond.receipts.receipts import Receipts
from impactbond.settlement.settlement import Settlement
from impactbond.statements.source import statement_source
from impactbond.statements.write import statement_files, with_receipts
from impactbond.tables import sorted_by

CONTRACT = "contract.yaml"
VERSIONS = "versions/"
HOLIDAYS = "holidays.json"
EARLIER = "earlier/lines.csv"
RECEIVED, REFUSED_RECEIPTS = "receipts/received.csv", "receipts/refused.csv"
EVIDENCE = {name: f"evidence/{name}.csv" for name in ("participants", "observations", "refused")}
RESULTS = {
    name: f"results/{name}.csv"
    for name in ("decisions", "claims", "lines", "shares", "payments", "balances")
}
LINES_PART = RESULTS["lines"]
WORKBOOKS = "statements/"
_ORDER = {
    "participants": ("participant", "from_on", "recorded_on"),
    "observations": ("participant", "metric", "observed_on", "recorded_on", "observation"),
    "refused": ("file", "sheet", "row", "column"),
}


def parts_of(
    settlement: Settlement, engine: str, receipts: Receipts | None = None
) -> dict[str, bytes]:
    """Every part but the manifest; `engine` is the version that statements are to name."""
    parts = {
        CONTRACT: settlement.contract.source,
        HOLIDAYS: json_bytes([day.isoformat() for day in settlement.holidays]),
    }
    if len(settlement.versions) > 1:
        parts |= {version_part(one): one.source for one in settlement.versions}
    for name, table in _evidence_tables(settlement).items():
        parts[EVIDENCE[name]] = csv_bytes(table)
    if settlement.earlier is not None:
        parts[EARLIER] = csv_bytes(settlement.earlier.lines_table)
    if receipts is not None:
        receipts = receipts.received_by(settlement.claim.known_by)
        parts[RECEIVED] = csv_bytes(receipts.received_table)
        parts[REFUSED_RECEIPTS] = csv_bytes(receipts.refused_table)
    return parts | results_of(settlement, engine, receipts)


def version_part(contract: Contract) -> str:
    """The part that holds the text of one of several versions."""
    return f"{VERSIONS}{contract.version.number:03d}.yaml"


def results_of(
    settlement: Settlement, engine: str, receipts: Receipts | None = None
) -> dict[str, bytes]:
    """What came out of a settlement: its tables, and the workbooks of its statements."""
    results = {
        part: csv_bytes(getattr(settlement, f"{name}_table")) for name, part in RESULTS.items()
    }
    source = replace(statement_source(settlement), engine_version=engine)
    if receipts is not None:
        source = with_receipts(source, receipts, leave_out_refused=True)
    files = statement_files(source)
    return results | {f"{WORKBOOKS}{name}": content for name, content in files.items()}


def _evidence_tables(settlement: Settlement) -> dict[str, pa.Table]:
    """The evidence known on the claim date, in an order that follows from what it says."""
    known: Evidence = settlement.evidence.known_on(settlement.claim.known_by)
    tables = {
        "participants": (
            known.participants_table,
            participants_schema(tuple(settlement.contract.participants.attributes)),
        ),
        "observations": (known.observations_table, OBSERVATIONS_SCHEMA),
        "refused": (known.refused_table, REFUSED_SCHEMA),
    }
    found = {}
    for name, (table, schema) in tables.items():
        first = _ORDER[name]
        others = [column for column in schema.names if column not in first]
        found[name] = sorted_by(table.select(schema.names).cast(schema), *first, *others)
    return found
