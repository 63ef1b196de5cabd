"""Whether rows that stay where they are can be used, and agree with each other: the checks of a
delivery, as a few queries over the whole of it.

A small delivery is read row by row, and each row that cannot be used is refused by itself. Of a
large one the faults are counted, and one is enough to refuse it all: nothing is left out unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from impactbond.errors import Fault
from impactbond.evidence.deliveries import (
    OBSERVATION_RULES,
    STATUSES,
    WITHDRAWN,
    RowRules,
    participant_rules,
)
from impactbond.evidence.external_agreement import groups_in_order
from impactbond.evidence.external_columns import Reading
from impactbond.evidence.external_rules import RowCheck, checks_of, observation_checks
from impactbond.evidence.external_screen import may_be_faulty
from impactbond.evidence.refusals import (
    CONTRADICTORY_VALUES,
    REPLACES_ITSELF,
    SLOT_TWICE,
    UNKNOWN_REPLACED,
    Refusal,
)
from impactbond.evidence.repeated_hashes import RepeatedHashes
from impactbond.tables import FILE, ROW, EngineSession
from impactbond.terms.words import counted

ROWS_AT_ONCE = 10_000_000  # compared with each other at once
_REPEATED = Refusal(
    "reference_repeated",
    "the same reference stands on several rows",
    "a reference of its own for each row, and each row once",
    "Deliveries may not overlap here: leave out what was delivered before.",
)
_PERSON_REPEATED = Refusal(
    "participant_repeated",
    "several rows are about the same participant, from the same day and recorded on the same day",
    "one row for each participant, day from which it holds and day of recording",
    "Keep the right row, once.",
)


@dataclass(frozen=True)
class Summary:
    """What the checks found: the faults, how many rows each metric has, the first and the last
    observed day, and which statuses rows have.
    """

    faults: tuple[Fault, ...]
    rows: dict[str, int]
    days: tuple[int, int]
    statuses: frozenset[str]


def check_participants(session: EngineSession, reading: Reading) -> list[Fault]:
    """The faults of the rows about participants, by themselves and among each other.

    Takes the table that `reading` reads, and what it reads as `people`.
    """
    rules = participant_rules(reading.contract)
    texts = ("participant", *reading.contract.participants.attributes)
    checks = list(checks_of(reading, rules, rules.required, texts))
    rows = f"SELECT {', '.join(['*', *_days_of(reading, rules)])} FROM {reading.table}"
    # Rows are compared only where each is in order by itself.
    if any(row["faulty"] for row in _counted(session, rows, checks, FILE)):
        return _faults_by_check(session, reading.name, rows, checks)
    people, keys = session.table_name("people"), ("participant", "from_on", "recorded_on")
    same = ", ".join(keys)
    if session.engine == "duckdb":
        hashes = RepeatedHashes()
        for batch in session.batches(f"SELECT {reading.dialect.hashed(*keys)} AS h FROM {people}"):
            hashes.put(batch["h"].to_numpy())
        if not len(hashes.found()[0]):
            return []
    repeated = f"SELECT {same} FROM {people} GROUP BY {same} HAVING count(*) > 1"
    rows = f"SELECT {FILE}, {ROW} FROM {people} SEMI JOIN ({repeated}) USING ({same})"
    return _faults_of(session, reading.name, "participant", _PERSON_REPEATED, rows)


def check_observations(session: EngineSession, reading: Reading) -> Summary:
    """The faults of the observations, by themselves, against the participants and among each other.

    Takes the table that `reading` reads, and `people`.
    """
    checks = observation_checks(reading)
    alone = rows_alone(reading)
    people = f"SELECT DISTINCT participant AS known FROM {session.table_name('people')}"
    rows = f"SELECT * FROM ({alone}) LEFT JOIN ({people}) ON {reading.text('participant')} = known"
    in_duckdb, groups, faults = session.engine == "duckdb", None, list[Fault]()
    # The quick look may doubt what is in order, never the other way round: whatever it doubts is
    # looked at by the rules that give the faults.
    if in_duckdb and not may_be_faulty(session, reading, alone, checks):
        groups = groups_in_order(session, reading, checks)
    if groups is None:
        first_last = (f"{what}(d_observed_on) AS {what}_day" for what in ("min", "max"))
        # Where something is doubtful, each row is asked for each fault in any case.
        faulty = [] if in_duckdb else checks
        groups = _counted(session, rows, faulty, "c_metric, status_place", *first_last)
        if in_duckdb or any(group["faulty"] for group in groups):
            faults = _faults_by_check(session, reading.name, rows, checks)
        # Rows are compared with each other only where each is in order: of a value that cannot be
        # read nobody knows whether it contradicts another.
        count = sum(group["rows"] for group in groups)
        faults = faults or _faults_among(session, reading, count)
    of_metric = {
        name: sum(group["rows"] for group in groups if group["c_metric"] == place)
        for place, name in enumerate(reading.contract.metrics)
    }
    edges = [group[f"{what}_day"] for group in groups for what in ("min", "max")]
    days = [day for day in edges if day is not None] or [0]
    places = {group["status_place"] for group in groups}
    statuses = frozenset(one for place, one in enumerate(STATUSES) if place in places)
    return Summary(tuple(faults), of_metric, (min(days), max(days)), statuses)


def rows_alone(reading: Reading) -> str:
    """The query for the observations with what the checks of each by itself look at."""
    columns = [f"{reading.column(name)} AS c_{name}" for name in ("metric", "value", "status")]
    columns = [*reading.delivered, *columns, *_days_of(reading, OBSERVATION_RULES)]
    columns.append(f"{reading.status_place()} AS status_place")
    return f"SELECT {', '.join(columns)} FROM {reading.table}"


def _days_of(reading: Reading, rules: RowRules) -> list[str]:
    """The dates of a row as day numbers, and where it stands unless the table itself says."""
    place = () if FILE in reading.kinds else reading.place
    return [*(f"{reading.day(day)} AS d_{day}" for day in rules.days), *place]


def _counted(
    session: EngineSession, rows: str, checks: Sequence[RowCheck], group: str, *others: str
) -> list[dict[str, Any]]:
    """How many rows there are, and how many have any fault: most deliveries have none, and counting
    each fault by itself takes longer.
    """
    faulty = " OR ".join(["FALSE", *(f"({one.condition})" for one in checks)])
    counts = ["count(*) AS rows", f"count(CASE WHEN {faulty} THEN 1 END) AS faulty"]
    asked = ", ".join([group, *counts, *others])
    counted: list[dict[str, Any]] = session.query(
        f"SELECT {asked} FROM ({rows}) GROUP BY {group}"
    ).to_pylist()
    return counted


def _faults_by_check(
    session: EngineSession, table: str, rows: str, checks: Sequence[RowCheck]
) -> list[Fault]:
    """How many rows of each file have each fault, and the first of them."""
    # The first row of each fault in each file: somebody has to find it.
    counts = [
        f"count(CASE WHEN {one.condition} THEN 1 END) AS n_{place},"
        f" min(CASE WHEN {one.condition} THEN {ROW} END) AS r_{place}"
        for place, one in enumerate(checks)
    ]
    files = session.query(
        f"SELECT {', '.join([FILE, *counts])} FROM ({rows}) GROUP BY {FILE}"
    ).to_pylist()
    return [
        fault
        for place, one in enumerate(checks)
        for fault in _fault_of(
            table,
            one.column,
            one.refusal,
            [(row[FILE], row[f"r_{place}"], row[f"n_{place}"]) for row in files],
        )
    ]


def _faults_of(
    session: EngineSession, table: str, column: str, refusal: Refusal, rows: str
) -> list[Fault]:
    """The fault of some rows, of which a query gives FILE and ROW."""
    counted = f"SELECT {FILE}, min({ROW}) AS first, count(*) AS rows FROM ({rows}) GROUP BY {FILE}"
    files = [(row[FILE], row["first"], row["rows"]) for row in session.query(counted).to_pylist()]
    return list(_fault_of(table, column, refusal, files))


def _fault_of(
    table: str, column: str, refusal: Refusal, files: Sequence[tuple[str, int | None, int]]
) -> Iterator[Fault]:
    """One fault for all rows that have it, at the place of the first; of each file its path, the
    first such row and how many there are.
    """
    having = sorted((file, row or 0, count) for file, row, count in files if count)
    if having:
        file, row, _ = having[0]
        count = sum(count for _, _, count in having)
        several = len({file for file, _, _ in having})
        rows = counted(count, "row")
        found = f"{rows} in {several} files" if several > 1 else rows
        yield Fault(
            file=PurePath(file).name,
            sheet=table,
            row=row,
            column=column,
            code=refusal.code,
            problem=refusal.problem,
            found=f"{found}, of which this is the first" if row and count > 1 else found,
            allowed=refusal.allowed,
            hint=refusal.hint,
        )


def _faults_among(session: EngineSession, reading: Reading, count: int) -> list[Fault]:
    """References that repeat, that lead nowhere or in a circle, and measures that contradict."""
    parts = 1 + count // ROWS_AT_ONCE
    named = ("observation", "participant", "metric", "value", "observed_on", "supersedes", "status")
    columns = [f"{reading.column(name)} AS {name}" for name in named]
    columns += [f"{reading.slot()} AS slot"] if reading.contract.slots else []
    session.create_view(
        "placed", f"SELECT {', '.join([*columns, *reading.place])} FROM {reading.table}"
    )
    replacing = f"SELECT observation, supersedes, {FILE}, {ROW} FROM {session.table_name('placed')}"
    session.create_view("replacing", f"{replacing} WHERE supersedes <> ''", once=True)
    wrong = (
        ("observation", _REPEATED, _repeated(session, reading, parts)),
        ("supersedes", UNKNOWN_REPLACED, _replacing_nothing(session)),
        ("supersedes", REPLACES_ITSELF, _in_circles(session)),
        ("value", CONTRADICTORY_VALUES, _contradictory(session, reading, parts)),
        ("value", SLOT_TWICE, _twice_in_a_slot(session, reading, parts)),
    )
    return [
        fault
        for column, refusal, rows in wrong
        if rows
        for fault in _faults_of(
            session, reading.name, column, refusal, f"SELECT {FILE}, {ROW} FROM {rows}"
        )
    ]


def _any_alike(session: EngineSession, hashes: str, having: str, parts: int) -> bool:
    """Whether any rows with the same hash have something, of a query that gives `hashed`.

    The hashes are kept, 8 bytes a row, which the engine puts aside where they do not fit, and are
    counted part by part: all at once would need several times the memory, and their texts still
    more.
    """
    # Hashes can be below nothing, and so can their rest: both rests are one part.
    session.create_view("hashes", hashes, once=True)
    return any(
        session.query(
            f"SELECT hashed FROM {session.table_name('hashes')}"
            f" WHERE hashed % {parts} IN ({part}, {-part}) GROUP BY hashed HAVING {having} LIMIT 1"
        ).num_rows
        for part in range(parts)
    )


def _repeated(session: EngineSession, reading: Reading, parts: int) -> str:
    placed, hashed = session.table_name("placed"), reading.dialect.hashed("observation")
    if not _any_alike(session, f"SELECT {hashed} AS hashed FROM {placed}", "count(*) > 1", parts):
        return ""
    same = f"SELECT observation FROM {placed} GROUP BY observation HAVING count(*) > 1"
    return f"{placed} SEMI JOIN ({same}) USING (observation)"


def _replacing_nothing(session: EngineSession) -> str:
    placed, replacing = session.table_name("placed"), session.table_name("replacing")
    there = f"SELECT observation AS supersedes FROM {placed}"
    there = f"SELECT supersedes FROM ({there}) SEMI JOIN {replacing} USING (supersedes)"
    return f"{replacing} ANTI JOIN ({there}) USING (supersedes)"


def _in_circles(session: EngineSession) -> str:
    """Rows that nothing left replaces are taken away again and again: a circle stays."""
    left, count, before, step = "replacing", -1, None, 0
    # Until nothing is left, or nothing went: what then stays leads round.
    while count not in (0, before):
        rest, step = session.table_name(left), step + 1
        pointed = f"SELECT supersedes AS observation FROM {rest}"
        left, before = f"replacing_{step}", count
        still = f"SELECT * FROM {rest} SEMI JOIN ({pointed}) USING (observation)"
        session.create_view(left, still, once=True)
        counted = session.query(f"SELECT count(*) AS rows FROM {session.table_name(left)}")
        count = counted["rows"][0].as_py()
    return session.table_name(left)


def _contradictory(session: EngineSession, reading: Reading, parts: int) -> str:
    """Of one participant, measure and day, rows that stand and differ."""
    metrics = enumerate(reading.contract.metrics.values())
    measures = [place for place, metric in metrics if metric.one_a_day]
    keys = ("participant", "metric", "observed_on")
    return _alike(session, reading, parts, measures, keys, "min(value) <> max(value)")


def _twice_in_a_slot(session: EngineSession, reading: Reading, parts: int) -> str:
    """Of one participant, measure, day and slot, rows that stand, where they are several."""
    metrics = enumerate(reading.contract.metrics.values())
    measures = [place for place, metric in metrics if metric.slot_names]
    keys = ("participant", "metric", "observed_on", "slot")
    return _alike(session, reading, parts, measures, keys, "count(*) > 1")


def _alike(
    session: EngineSession,
    reading: Reading,
    parts: int,
    measures: Sequence[int],
    keys: Sequence[str],
    differ: str,
) -> str:
    """The rows of some metrics that stand, that have the same keys, and of which something holds
    that may not; nothing where there are none.
    """
    if not measures:
        return ""
    of_these = ", ".join(map(str, measures))
    # A row that is corrected contradicts nobody.
    replaced = f"SELECT supersedes AS observation FROM {session.table_name('replacing')}"
    live = (
        f"SELECT * FROM {session.table_name('placed')} ANTI JOIN ({replaced}) USING (observation)"
        f" WHERE metric IN ({of_these}) AND status <> '{WITHDRAWN}'"
    )
    hashed = f"SELECT {reading.dialect.hashed(*keys)} AS hashed, value FROM ({live})"
    if not _any_alike(session, hashed, differ, parts):
        return ""
    same = ", ".join(keys)
    groups = f"SELECT {same} FROM ({live}) GROUP BY {same} HAVING {differ}"
    return f"({live}) SEMI JOIN ({groups}) USING ({same})"
