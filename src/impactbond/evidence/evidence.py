"""The evidence: who the participants are and what was observed, as it was delivered and checked."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import PurePath
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.cards import card
from impactbond.contract.contract import Contract
from impactbond.dates import day_number, from_day_number
from impactbond.dialect import Engine
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.external_checks import Summary, check_observations
from impactbond.evidence.external_columns import DELIVERED, SEEN, Reading, Values
from impactbond.evidence.followed_delivery import FollowedDelivery
from impactbond.evidence.mapped import MappedBy
from impactbond.evidence.refusals import Refused
from impactbond.evidence.sources import ExternalTable
from impactbond.tables import (
    FILE,
    ROW,
    EngineSession,
    as_kind,
    rows_table,
    sorted_by,
    with_dates,
    with_day_numbers,
)


def _texts(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.string()) for name in names]


def _days(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.date32()) for name in names]


PLACE = [*_texts("file", "sheet"), pa.field("row", pa.int32())]
OBSERVATIONS_SCHEMA = pa.schema(
    [
        *_texts("observation", "participant", "metric"),
        pa.field("value", pa.int64()),
        *_days("observed_on", "recorded_on"),
        *_texts("source", "evidence_ref", "supersedes", "status"),
        *PLACE,
    ]
)


def observations_schema(contract: Contract) -> pa.Schema:
    """The columns of the observations; `slot` is one of them where the contract has slots."""
    if not contract.slots:
        return OBSERVATIONS_SCHEMA
    place = len(OBSERVATIONS_SCHEMA) - len(PLACE)
    return OBSERVATIONS_SCHEMA.insert(place, pa.field("slot", pa.string()))


REFUSED_SCHEMA = pa.schema([*PLACE, *_texts("column", "code", "problem", "allowed", "hint")])


def refused_table(refused: Iterable[Refused]) -> pa.Table:
    """What was refused, each once: by place, then by the reason, of which every part is asked, or
    two reasons for one cell would have no order.
    """
    reasons = ((*one[:4], one.refusal) for one in set(refused))
    rows = [(*place, why.code, why.problem, why.allowed, why.hint) for *place, why in reasons]
    rows.sort(key=lambda row: (*row[:5], row[7], row[6], row[5]))
    return rows_table(rows, REFUSED_SCHEMA)


def digest_of(*tables: pa.Table) -> str:
    """SHA-256 of what tables say, whatever the order of their rows and the names of their files."""
    text = hashlib.sha256()
    for table in tables:
        kept = [name for name in table.column_names if name not in ("file", "sheet", "row")]
        ordered = sorted_by(table.select(kept), *kept)
        text.update(json.dumps([kept, ordered.num_rows]).encode())
        for name, kind in zip(kept, ordered.schema.types, strict=True):
            column = ordered[name]
            column = column.cast(pa.int32()) if pa.types.is_date32(kind) else column
            text.update(json.dumps(column.to_pylist()).encode())
    return text.hexdigest()


def participants_schema(attributes: tuple[str, ...]) -> pa.Schema:
    """The columns of the participants, with one text column for each attribute of the contract."""
    days = _days("started_on", "left_on", "from_on", "recorded_on")
    return pa.schema([*_texts("participant"), *days, *_texts(*attributes), *PLACE])


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """What is known, with the two dates of every row, and what was refused.

    `participants`, `observations` and `refused` are frames of the kind that came in (pandas for a
    workbook); the `*_table` fields hold the same as Arrow tables. `repeated` counts the rows
    dropped because another says the same. `cautions` tell what deserves a look though it stops
    nothing; they never hold a child's value. `mapped` says which mapping read which files, and
    `mappings` holds their texts by name; nothing where files were in the contract's own form.

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
    mapped: tuple[MappedBy, ...] = ()
    mappings: Mapping[str, bytes] = field(default_factory=dict)
    called: ClassVar[str] = "Evidence"

    @property
    def engine(self) -> Engine:
        """The engine that reads it where it is."""
        return "duckdb"

    @property
    def said(self) -> tuple[pa.Table, ...]:
        """The tables that say what is known."""
        return self.participants_table, self.observations_table

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

    def about(self, *participants: str) -> Evidence:
        """The evidence about some participants, in memory."""
        asked = pa.array(participants, pa.string())

        def own(table: pa.Table) -> pa.Table:
            return table.filter(pc.is_in(table["participant"], asked))

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
            session.scan(DELIVERED["observations"], table)
            reading = Reading.of(session, "observations", contract, "as held")
            session.create_view("observations", reading.observations())
            return
        metric = pc.index_in(table["metric"], pa.array(list(contract.metrics), pa.string()))
        place = table.schema.get_field_index("metric")
        table = table.set_column(place, "metric", pc.cast(metric, pa.int64()))
        session.register("observations", with_day_numbers(table))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of participants and observations, whatever their order and the files' names."""
        return digest_of(*self.said)

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
        counts = ((what, f"{count:,}") for what, count in self._counts)
        return card("Evidence", rows=counts, notes=self.cautions)


class ExternalEvidence(Evidence):
    """Evidence as `Evidence` is, but for its observations: they are read where they are whenever
    they are needed, and `observations_table` brings them all into memory only when it is asked for.

    `followed` is what is known where only what the delivery adds was checked.
    """

    source: ExternalTable
    contract: Contract
    values: Values
    summary: Summary
    until: date | None
    followed: FollowedDelivery | None

    def __init__(
        self,
        participants_table: pa.Table,
        source: ExternalTable,
        contract: Contract,
        values: Values,
        summary: Summary,
        *,
        kind: str = "pandas",
        cautions: tuple[str, ...] = (),
        until: date | None = None,
        followed: FollowedDelivery | None = None,
    ) -> None:
        vars(self).update(
            participants_table=participants_table,
            source=source,
            contract=contract,
            values=values,
            summary=summary,
            refused_table=REFUSED_SCHEMA.empty_table(),
            repeated=0,
            kind=kind,
            cautions=cautions,
            mapped=(),
            mappings={},
            until=until,
            followed=followed,
        )

    @property
    def engine(self) -> Engine:
        """The engine that reads it where it is."""
        return self.source.engine

    @cached_property
    def observations_table(self) -> pa.Table:
        """All observations in memory, in order: as much memory as they need."""
        return self._fetched()

    @property
    def observed_days(self) -> list[date]:
        """Every day from the first on which something was observed to the last."""
        first, last = map(from_day_number, self.summary.days)
        return [first + timedelta(days=days) for days in range((last - first).days + 1)]

    def has_status(self, status: str) -> bool:
        """Whether any observation has that status, whenever it was recorded."""
        return status in self.summary.statuses

    @property
    def rows_by_metric(self) -> Mapping[str, int]:
        """How many observations there are of each metric, whenever they were recorded."""
        return {name: rows for name, rows in self.summary.rows.items() if rows}

    def known_on(self, day: date) -> Evidence:
        """The evidence recorded by that day."""
        until = day if self.until is None else min(day, self.until)
        participants = self.participants_table
        known = pc.less_equal(participants["recorded_on"], pa.scalar(until, pa.date32()))
        return ExternalEvidence(
            *(participants.filter(known), self.source, self.contract, self.values, self.summary),
            kind=self.kind,
            cautions=self.cautions,
            until=until,
            followed=self.followed,
        )

    def about(self, *participants: str) -> Evidence:
        """The evidence about some participants, in memory."""
        people, asked = self.participants_table, pa.array(participants, pa.string())
        own = people.filter(pc.is_in(people["participant"], asked))
        return Evidence(own, self._fetched(participants), self.refused_table, kind=self.kind)

    def lay_out(self, session: EngineSession, contract: Contract) -> None:
        """Let the observations be read in an engine session as `observations`."""
        if contract.metrics != self.contract.metrics:
            problem = "the evidence was read and checked for a contract with other metrics"
            hint = "Read it again with this contract"
            fault = Fault(code="other_contract", problem=problem, hint=hint)
            raise EvidenceError("The evidence was read for another contract.", [fault])
        if session.engine not in ("duckdb", "pyspark"):
            super().lay_out(session, contract)
            return
        self._assert_alike(session.engine)
        query = self._reading(session).observations()
        session.create_view("observations", f"SELECT * FROM ({query}){self._where()}")

    def _assert_alike(self, engine: Engine) -> None:
        """Another engine than the one that checked the evidence must find the same in it: what it
        read otherwise would be lost without a word. Raises EvidenceError.
        """
        if engine == self.source.engine or engine in self.source.agreed:
            return
        session = EngineSession(engine)
        reading = self._reading(session)
        session.scan("people", self.participants_table.select(["participant"]))
        if check_observations(session, reading) != self.summary:
            problem = f"{engine} does not read in it what was checked"
            hint = f"Settle it with engine='{self.source.engine}'"
            fault = Fault(sheet="observations", code="read_otherwise", problem=problem, hint=hint)
            raise EvidenceError("The evidence is read in two ways.", [fault])
        self.source.agreed.add(engine)

    def _reading(self, session: EngineSession) -> Reading:
        self.source.assert_unchanged()
        session.scan(DELIVERED["observations"], self.source.table)
        return Reading.of(session, "observations", self.contract, self.values)

    def _where(self, *others: str) -> str:
        known = [] if self.until is None else [f"recorded_on <= {day_number(self.until)}"]
        return f" WHERE {' AND '.join([*known, *others])}" if known or others else ""

    def _fetched(self, participants: Sequence[str] | None = None) -> pa.Table:
        session = EngineSession(self.engine)
        reading = self._reading(session)
        about = []
        if participants is not None:
            # Of nobody there is nothing, and no engine takes an empty list.
            asked = ", ".join(map(session.dialect.text, participants)) or "NULL"
            about.append(f"participant IN ({asked})")
        table = session.query(f"SELECT * FROM ({reading.held()}){self._where(*about)}")
        first = ("participant", "metric", "observed_on", "recorded_on", "observation")
        schema = observations_schema(self.contract)
        return sorted_by(as_evidence(table, "observations", schema), *first)


def as_evidence(found: pa.Table, sheet: str, schema: pa.Schema) -> pa.Table:
    """Rows found in an engine session as an evidence table: dates, and where they stand."""
    days = [field.name for field in schema if pa.types.is_date32(field.type)]
    found = with_dates(found, days)
    files = found[FILE].combine_chunks().dictionary_encode()
    names = pa.array([PurePath(path).name for path in files.dictionary.to_pylist()], pa.string())
    place = {
        "file": names.take(files.indices),
        "sheet": pa.repeat(sheet, found.num_rows),
        "row": pc.coalesce(found[ROW], pa.scalar(0, pa.int64())),
    }
    columns = [place[name] if name in place else found[name] for name in schema.names]
    arrays = [pc.cast(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
