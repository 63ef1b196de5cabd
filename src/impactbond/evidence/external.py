"""Evidence whose observations stay where they are: files, relations, frames of a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path, PurePath
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from weakref import finalize

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.dates import day_number, from_day_number
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.deliveries import private_headings
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    Evidence,
    participants_schema,
)
from impactbond.evidence.external_checks import Summary, check_observations, check_participants
from impactbond.evidence.external_columns import Reading, Values
from impactbond.tables import FILE, ROW, Engine, EngineSession, Files, sorted_by, with_dates

DELIVERED = "delivered_observations"


@dataclass(frozen=True)
class Source:
    """A table where it lies, and the engine that reads it there.

    `owner` keeps what was copied for us, and goes with it.
    """

    table: Any
    engine: Engine = "duckdb"
    owner: object = None

    @cached_property
    def stamp(self) -> tuple[tuple[int, int], ...]:
        """Sizes and times of the files as they were when this was first asked."""
        return _stamp(self.table)

    def assert_unchanged(self) -> None:
        """Raises EvidenceError where files are no longer those that were checked."""
        if _stamp(self.table) != self.stamp:
            fault = Fault(
                code="files_changed",
                problem="files changed after they were read and checked",
                hint="Read the evidence again",
            )
            raise EvidenceError("The evidence is no longer what was checked.", [fault])


def _stamp(table: Any) -> tuple[tuple[int, int], ...]:
    if not isinstance(table, Files):
        return ()
    found = (Path(path).stat() for path in table.paths)
    return tuple((one.st_size, one.st_mtime_ns) for one in found)


class ExternalEvidence(Evidence):
    """Evidence as `Evidence` is, but for its observations: they are read where they are whenever
    they are needed, and `observations_table` brings them all into memory only when it is asked for.
    """

    source: Source
    contract: Contract
    values: Values
    summary: Summary
    until: date | None

    def __init__(
        self,
        participants_table: pa.Table,
        source: Source,
        contract: Contract,
        values: Values,
        summary: Summary,
        *,
        kind: str = "pandas",
        cautions: tuple[str, ...] = (),
        until: date | None = None,
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
            until=until,
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
            participants.filter(known),
            self.source,
            self.contract,
            self.values,
            self.summary,
            kind=self.kind,
            cautions=self.cautions,
            until=until,
        )

    def about(self, participant: str) -> Evidence:
        """The evidence about one participant, in memory."""
        people = self.participants_table
        return Evidence(
            people.filter(pc.equal(people["participant"], participant)),
            self._fetched(participant),
            self.refused_table,
            kind=self.kind,
        )

    def lay_out(self, session: EngineSession, contract: Contract) -> None:
        """Let the observations be read in an engine session as `observations`."""
        if contract.metrics != self.contract.metrics:
            fault = Fault(
                code="other_contract",
                problem="the evidence was read and checked for a contract with other metrics",
                hint="Read it again with this contract",
            )
            raise EvidenceError("The evidence was read for another contract.", [fault])
        if session.engine not in ("duckdb", "pyspark"):
            super().lay_out(session, contract)
            return
        query = self._resting(session).observations()
        session.create_view("observations", f"SELECT * FROM ({query}){self._where()}")

    def _resting(self, session: EngineSession) -> Reading:
        self.source.assert_unchanged()
        session.scan(DELIVERED, self.source.table)
        return Reading.of(session, DELIVERED, self.contract, self.values)

    def _where(self, *others: str) -> str:
        known = [] if self.until is None else [f"recorded_on <= {day_number(self.until)}"]
        return f" WHERE {' AND '.join([*known, *others])}" if known or others else ""

    def _fetched(self, participant: str | None = None) -> pa.Table:
        session = EngineSession(self.engine)
        reading = self._resting(session)
        about = (
            [] if participant is None else [f"participant = {session.dialect.text(participant)}"]
        )
        found = session.query(f"SELECT * FROM ({reading.held()}){self._where(*about)}")
        first = ("participant", "metric", "observed_on", "recorded_on", "observation")
        return sorted_by(_placed(found, "observations", OBSERVATIONS_SCHEMA), *first)


def _placed(found: pa.Table, sheet: str, schema: pa.Schema) -> pa.Table:
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


def rest(
    participants: Source, observations: Source, contract: Contract, values: Values, kind: str
) -> ExternalEvidence:
    """The evidence in two tables, checked as a whole, with the participants in memory.

    Raises EvidenceError with every kind of fault that any row has.
    """
    observations.assert_unchanged()  # stamps the files before they are read
    people, cautions = _people(participants, contract)
    session = EngineSession(observations.engine)
    session.scan(DELIVERED, observations.table)
    reading = Reading.of(session, DELIVERED, contract, values)
    cautions |= private_headings("observations", _delivered(reading))
    _refuse(reading.faults("observations"), "the structure of the evidence")
    session.scan("people", people.select(["participant"]))
    summary = check_observations(session, reading)
    _refuse(summary.faults, "the observations")
    told = tuple(sorted(cautions))
    return ExternalEvidence(
        people, observations, contract, values, summary, kind=kind, cautions=told
    )


def _people(source: Source, contract: Contract) -> tuple[pa.Table, set[str]]:
    session = EngineSession(source.engine)
    session.scan("delivered_participants", source.table)
    reading = Reading.of(session, "delivered_participants", contract)
    _refuse(reading.faults("participants"), "the structure of the evidence")
    session.create_view("people", reading.participants())
    _refuse(check_participants(session, reading), "the participants")
    found = session.query(f"SELECT * FROM {session.table_name('people')}")
    schema = participants_schema(tuple(contract.participants.attributes))
    table = sorted_by(
        _placed(found, "participants", schema), "participant", "from_on", "recorded_on"
    )
    if not table.num_rows:
        empty = Fault(sheet="participants", code="no_rows", problem="there are no rows")
        _refuse([empty], "the structure of the evidence")
    return table, private_headings("participants", _delivered(reading))


def _delivered(reading: Reading) -> list[str]:
    return [name for name in reading.kinds if name not in (FILE, ROW)]


def _refuse(faults: Sequence[Fault], where: str) -> None:
    if faults:
        count = len(set(faults))
        raise EvidenceError(
            f"Faults in {where}: {count}. None of it can be used until they are put right; "
            "at_rest=False reads row by row and tells every row.",
            faults,
        )


class Copy:
    """A private folder for what has to be copied before it can be read more than once."""

    def __init__(self) -> None:
        self.folder = mkdtemp(prefix="impactbond-")
        finalize(self, rmtree, self.folder, ignore_errors=True)

    @property
    def path(self) -> str:
        """The file to copy to."""
        return str(Path(self.folder, "copied.parquet"))
