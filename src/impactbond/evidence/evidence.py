"""The evidence: who the participants are and what was observed, as it was delivered and checked."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from html import escape
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.evidence.external_columns import SEEN, Reading
from impactbond.tables import Engine, EngineSession, as_kind, with_day_numbers

PLACE = [pa.field("file", pa.string()), pa.field("sheet", pa.string()), pa.field("row", pa.int32())]

OBSERVATIONS_SCHEMA = pa.schema(
    [
        pa.field("observation", pa.string()),
        pa.field("participant", pa.string()),
        pa.field("metric", pa.string()),
        pa.field("value", pa.int64()),
        pa.field("observed_on", pa.date32()),
        pa.field("recorded_on", pa.date32()),
        pa.field("source", pa.string()),
        pa.field("evidence_ref", pa.string()),
        pa.field("supersedes", pa.string()),
        pa.field("status", pa.string()),
        *PLACE,
    ]
)
REFUSED_SCHEMA = pa.schema(
    PLACE
    + [pa.field(name, pa.string()) for name in ("column", "code", "problem", "allowed", "hint")]
)


def participants_schema(attributes: tuple[str, ...]) -> pa.Schema:
    """The columns of the participants, with one text column for each attribute of the contract."""
    return pa.schema(
        [
            pa.field("participant", pa.string()),
            pa.field("started_on", pa.date32()),
            pa.field("left_on", pa.date32()),
            pa.field("from_on", pa.date32()),
            pa.field("recorded_on", pa.date32()),
            *(pa.field(name, pa.string()) for name in attributes),
            *PLACE,
        ]
    )


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """What is known, with the two dates of every row, and what was refused.

    `participants`, `observations` and `refused` are frames of the kind that came in (pandas for a
    workbook); the `*_table` fields hold the same as Arrow tables. `repeated` counts the rows
    dropped because another says the same. `cautions` tell what deserves a look though it stops
    nothing; they never hold a child's value.

    In `observations` the column `value` is a whole number: a score or percentage times 10 to the
    power of its metric's `decimals`, 1 or 0 for an event, the place of the mark for a session. It
    is what settlement works on, not what `read_evidence` takes: deliver scores and marks as people
    write them.
    """

    participants_table: pa.Table
    observations_table: pa.Table
    refused_table: pa.Table
    repeated: int = 0
    kind: str = "pandas"
    cautions: tuple[str, ...] = ()

    @property
    def engine(self) -> Engine:
        """The engine that reads it where it is."""
        return "duckdb"

    @property
    def participants(self) -> Any:
        """Who the contract is about: one row for each participant and each change."""
        return as_kind(self.participants_table, self.kind)

    @property
    def observations(self) -> Any:
        """What was observed, one row each; `value` is a whole number, see the class."""
        return as_kind(self.observations_table, self.kind)

    @property
    def refused(self) -> Any:
        """What was left out and why: file, sheet, row and column, never the value itself."""
        return as_kind(self.refused_table, self.kind)

    def known_on(self, day: date) -> Evidence:
        """The evidence recorded by that day; what was refused stays, having no date to go by."""

        def known(table: pa.Table) -> pa.Table:
            newest = pc.max(table["recorded_on"]).as_py()
            if newest is None or newest <= day:
                return table
            until = pa.scalar(day, pa.date32())
            return table.filter(pc.less_equal(table["recorded_on"], until))

        return replace(
            self,
            participants_table=known(self.participants_table),
            observations_table=known(self.observations_table),
        )

    def about(self, participant: str) -> Evidence:
        """The evidence about one participant, in memory."""

        def own(table: pa.Table) -> pa.Table:
            return table.filter(pc.equal(table["participant"], participant))

        return replace(
            self,
            participants_table=own(self.participants_table),
            observations_table=own(self.observations_table),
        )

    @property
    def observed_days(self) -> list[date]:
        """Every day on which something was observed, in order; there may be others among them."""
        return sorted(self.observations_table["observed_on"].unique().to_pylist())

    def has_status(self, status: str) -> bool:
        """Whether any observation has that status."""
        return status in self.observations_table["status"].unique().to_pylist()

    def lay_out(self, session: EngineSession, contract: Contract) -> None:
        """Let the observations be read in a session as `observations`: metrics by their place in
        the contract, dates as day numbers.
        """
        table = self.observations_table.select(SEEN)
        if session.engine in ("duckdb", "pyspark"):
            session.scan("delivered_observations", table)
            reading = Reading.of(session, "delivered_observations", contract, "as held")
            session.create_view("observations", reading.observations())
            return
        metric = pc.index_in(table["metric"], pa.array(list(contract.metrics), pa.string()))
        place = table.schema.get_field_index("metric")
        table = table.set_column(place, "metric", pc.cast(metric, pa.int64()))
        session.register("observations", with_day_numbers(table))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of participants and observations, whatever their order and the files' names."""
        text = hashlib.sha256()
        for table in (self.participants_table, self.observations_table):
            kept = [name for name in table.column_names if name not in ("file", "sheet", "row")]
            ordered = table.select(kept)
            ordered = ordered.sort_by([(name, "ascending") for name in kept])
            text.update(json.dumps([kept, ordered.num_rows]).encode())
            for name, kind in zip(kept, ordered.schema.types, strict=True):
                column = (
                    ordered[name].cast(pa.int32()) if pa.types.is_date32(kind) else ordered[name]
                )
                text.update(json.dumps(column.to_pylist()).encode())
        return text.hexdigest()

    @property
    def rows_by_metric(self) -> Mapping[str, int]:
        """How many observations there are of each metric."""
        return Counter(self.observations_table["metric"].to_pylist())

    @property
    def _counts(self) -> list[tuple[str, int]]:
        """How many of what, for people to see: no child is told from another."""
        children = pc.count_distinct(self.participants_table["participant"]).as_py()
        metrics = self.rows_by_metric
        reasons = Counter(self.refused_table["code"].to_pylist())
        return [
            ("children", children),
            *((f"observations of {name}", metrics[name]) for name in sorted(metrics)),
            *((f"refused: {code}", reasons[code]) for code in sorted(reasons)),
            ("rows delivered more than once", self.repeated),
        ]

    def __repr__(self) -> str:
        return f"Evidence({', '.join(f'{what}: {count}' for what, count in self._counts)})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(what)}</td><td style='text-align:right'>{count:,}</td></tr>"
            for what, count in self._counts
        )
        cautions = "".join(f"<li>{escape(caution)}</li>" for caution in self.cautions)
        return f"<h4>Evidence</h4><table>{rows}</table>" + (
            f"<ul>{cautions}</ul>" if cautions else ""
        )
