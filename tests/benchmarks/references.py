"""The lots of one claim date, by the engine and by SQL that was written by hand for the contract.

A lot is a number of equal claims: milestone, achieved_on, school, borough, key_stage, quantity.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dialect import Engine
from impactbond.evaluation.claims import claims_of, counted
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evidence.evidence import Evidence
from impactbond.tables import with_dates

SQL = Path(__file__).with_name("west_london_zone.sql").read_text(encoding="utf-8")
LOTS = pa.schema(
    [
        pa.field("milestone", pa.string()),
        pa.field("achieved_on", pa.date32()),
        pa.field("school", pa.string()),
        pa.field("borough", pa.string()),
        pa.field("key_stage", pa.string()),
        pa.field("quantity", pa.int64()),
    ]
)


def by_engine(
    contract: Contract, evidence: Evidence, claim: ClaimDate, engine: Engine = "duckdb"
) -> pa.Table:
    """The lots of one claim date as settlement is given them, with names for numbers."""
    question = EvaluationInput.of(contract, evidence, [claim], engine)
    found = question.session.collect(counted(claims_of(question)))
    held = zip(*question.segments.values, strict=True)
    columns = [
        pa.array(list(contract.milestones)).take(found["milestone"]),
        with_dates(found, ["reached"])["reached"],
        *(pa.array(values, pa.string()).take(found["segment"]) for values in held),
        found["quantity"],
    ]
    return pa.Table.from_arrays(columns, names=LOTS.names)


def by_sql(given: Evidence | Path, claim: ClaimDate) -> pa.Table:
    """The lots of one claim date by DuckDB, from SQL written for this contract, on tables or on the
    Parquet files of a folder.
    """
    with duckdb.connect(":memory:") as connection:
        for name in ("participants", "observations"):
            if isinstance(given, Evidence):
                connection.register(name, getattr(given, f"{name}_table"))
            else:
                file = given / f"{name}.parquet"
                connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{file}'")
        days = {"known_by": claim.known_by, "ends_on": claim.ends_on}
        return connection.sql(SQL, params=days).to_arrow_table()


def digest(lots: pa.Table) -> str:
    """The same for the same lots, in whatever order and by whatever engine they were found."""
    plain = lots.select(LOTS.names).cast(LOTS)
    plain = plain.sort_by([(name, "ascending") for name in LOTS.names]).combine_chunks()
    text = hashlib.sha256()
    for column in plain.itercolumns():
        text.update(repr(column.to_pylist()).encode())
    return f"{plain.num_rows} lots {text.hexdigest()[:16]}"
