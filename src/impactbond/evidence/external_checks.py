"""Whether rows that stay where they are can be used, and agree with each other: the checks of a
delivery, as a few queries over the whole of it.

A small delivery is read row by row, and each row that cannot be used is refused by itself. Of a
large one the faults are counted, and one is enough to refuse it all: nothing is left out unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NamedTuple

import narwhals as nw

from impactbond.dates import LAST_DAY_NUMBER
from impactbond.errors import Fault
from impactbond.evidence.external_columns import Reading
from impactbond.evidence.observations import STATUSES, WITHDRAWN
from impactbond.evidence.refusals import (
    CONTRADICTORY_VALUES,
    DATE_OUTSIDE,
    LEFT_BEFORE_START,
    MISSING,
    NOT_A_DATE,
    RECORDED_BEFORE_OBSERVED,
    REPLACES_ITSELF,
    UNKNOWN_REPLACED,
    Refusal,
    not_listed,
    unknown_participant,
)
from impactbond.tables import FILE, ROW, EngineSession
from impactbond.terms.metrics import Chosen, Metric, Numbered

ROWS_AT_ONCE = 10_000_000  # compared with each other at once
_REPEATED = Refusal(
    "reference_repeated",
    "the same reference stands on several rows",
    "a reference of its own for each row, and each row once",
    "Deliveries may not overlap here: leave out what was delivered before.",
)


def fault_of(
    table: str, column: str, refusal: Refusal, found: Sequence[tuple[str, int | None, int]]
) -> Iterator[Fault]:
    """One fault for all rows that have it, at the place of the first."""
    having = sorted((file, row or 0, count) for file, row, count in found if count)
    if having:
        file, row, _ = having[0]
        count = sum(count for _, _, count in having)
        files = len({file for file, _, _ in having})
        first = ", of which this is the first" if row and count > 1 else ""
        yield Fault(
            file=PurePath(file).name,
            sheet=table,
            row=row,
            column=column,
            code=refusal.code,
            problem=refusal.problem,
            found=f"{count} rows in {files} files{first}" if files > 1 else f"{count} rows{first}",
            allowed=refusal.allowed,
            hint=refusal.hint,
        )


def told(
    session: EngineSession, table: str, column: str, refusal: Refusal, rows: str
) -> list[Fault]:
    """The fault of some rows, of which a query gives FILE and ROW."""
    counted = f"SELECT {FILE}, min({ROW}) AS first, count(*) AS rows FROM ({rows}) GROUP BY {FILE}"
    found = [(row[FILE], row["first"], row["rows"]) for row in session.query(counted).to_pylist()]
    return list(fault_of(table, column, refusal, found))


def among_each_other(session: EngineSession, reading: Reading, count: int) -> list[Fault]:
    """References that repeat, that lead nowhere or in a circle, and measures that contradict."""
    parts = 1 + count // ROWS_AT_ONCE
    named = ("observation", "participant", "metric", "value", "observed_on", "supersedes", "status")
    columns = [f"{reading.column(name)} AS {name}" for name in named]
    session.create_view(
        "placed", f"SELECT {', '.join([*columns, *reading.place])} FROM {reading.table}"
    )
    replacing = f"SELECT observation, supersedes, {FILE}, {ROW} FROM {session.table_name('placed')}"
    session.create_view("replacing", f"{replacing} WHERE supersedes <> ''", once=True)
    return [
        *_repeated(session, reading, parts),
        *_replaced(session),
        *_in_circles(session),
        *_contradictory(session, reading, parts),
    ]


def _any_alike(session: EngineSession, hashes: str, having: str, parts: int) -> bool:
    """Whether any rows with the same hash have something, of a query that gives `hashed`.

    The hashes are kept, 8 bytes a row, which the engine puts aside where they do not fit, and are
    counted part by part: all at once would need several times the memory, and their texts still
    more.
    """
    session.create_view("hashes", hashes, once=True)
    return any(
        session.query(
            f"SELECT hashed FROM {session.table_name('hashes')}"
            f" WHERE hashed % {parts} IN ({part}, {-part}) GROUP BY hashed HAVING {having} LIMIT 1"
        ).num_rows
        for part in range(parts)
    )


def _repeated(session: EngineSession, reading: Reading, parts: int) -> list[Fault]:
    placed, hashed = session.table_name("placed"), reading.dialect.hashed("observation")
    if not _any_alike(session, f"SELECT {hashed} AS hashed FROM {placed}", "count(*) > 1", parts):
        return []
    same = f"SELECT observation FROM {placed} GROUP BY observation HAVING count(*) > 1"
    rows = f"SELECT {FILE}, {ROW} FROM {placed} SEMI JOIN ({same}) USING (observation)"
    return told(session, "observations", "observation", _REPEATED, rows)


def _replaced(session: EngineSession) -> list[Fault]:
    placed, replacing = session.table_name("placed"), session.table_name("replacing")
    there = f"SELECT observation AS supersedes FROM {placed}"
    there = f"SELECT supersedes FROM ({there}) SEMI JOIN {replacing} USING (supersedes)"
    rows = f"SELECT {FILE}, {ROW} FROM {replacing} ANTI JOIN ({there}) USING (supersedes)"
    return told(session, "observations", "supersedes", UNKNOWN_REPLACED, rows)


def _in_circles(session: EngineSession) -> list[Fault]:
    """Rows that nothing left replaces are taken away again and again: a circle stays."""
    left, count, step = "replacing", -1, 0
    while True:
        rest = session.table_name(left)
        pointed = f"SELECT supersedes AS observation FROM {rest}"
        step += 1
        session.create_view(
            f"replacing_{step}",
            f"SELECT * FROM {rest} SEMI JOIN ({pointed}) USING (observation)",
            once=True,
        )
        left, before = f"replacing_{step}", count
        count = session.query(f"SELECT count(*) AS rows FROM {session.table_name(left)}")["rows"][
            0
        ].as_py()
        if count in (0, before):
            rows = f"SELECT {FILE}, {ROW} FROM {session.table_name(left)}"
            return told(session, "observations", "supersedes", REPLACES_ITSELF, rows)


def _contradictory(session: EngineSession, reading: Reading, parts: int) -> list[Fault]:
    """Of one participant, measure and day, rows that stand and differ."""
    measures = [
        str(place)
        for place, metric in enumerate(reading.contract.metrics.values())
        if metric.one_a_day
    ]
    if not measures:
        return []
    replaced = f"SELECT supersedes AS observation FROM {session.table_name('replacing')}"
    live = (
        f"SELECT * FROM {session.table_name('placed')} ANTI JOIN ({replaced}) USING (observation)"
        f" WHERE metric IN ({', '.join(measures)}) AND status <> '{WITHDRAWN}'"
    )
    keys, differ = ("participant", "metric", "observed_on"), "min(value) <> max(value)"
    hashed = f"SELECT {reading.dialect.hashed(*keys)} AS hashed, value FROM ({live})"
    if not _any_alike(session, hashed, differ, parts):
        return []
    same = ", ".join(keys)
    groups = f"SELECT {same} FROM ({live}) GROUP BY {same} HAVING {differ}"
    rows = f"SELECT {FILE}, {ROW} FROM ({live}) SEMI JOIN ({groups}) USING ({same})"
    return told(session, "observations", "value", CONTRADICTORY_VALUES, rows)


DELIVERED = {name: f"delivered_{name}" for name in ("participants", "observations")}
_SPACES = Refusal(
    "spaces_around",
    "there are spaces before or after the text",
    "text without them",
    "Take them out where the file is made.",
)
_PERSON_REPEATED = Refusal(
    "participant_repeated",
    "several rows are about the same participant, from the same day and recorded on the same day",
    "one row for each participant, day from which it holds and day of recording",
    "Keep the right row, once.",
)


class RowCheck(NamedTuple):
    """A fault that a row may have: the column it is told under, and the condition in SQL."""

    column: str
    refusal: Refusal
    condition: str


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
    attributes = reading.contract.participants.attributes
    checks = [
        *_missing(reading, ("participant", "started_on", "recorded_on", *attributes)),
        *_texts(reading, ("participant", *attributes)),
        *_days(reading, ("started_on", "recorded_on", "from_on", "left_on")),
        RowCheck("left_on", LEFT_BEFORE_START, "d_left_on < d_started_on"),
    ]
    for name, allowed in attributes.items():
        if allowed != "text":
            listed = ", ".join(map(reading.dialect.text, allowed))
            refusal = not_listed("unknown_value", f"a value of the attribute '{name}'", allowed)
            checks.append(RowCheck(name, refusal, f"{reading.text(name)} NOT IN ({listed})"))
    days = ("started_on", "recorded_on", "from_on", "left_on")
    found = [f"{reading.day(day)} AS d_{day}" for day in days]
    rows = f"SELECT {', '.join(['*', *found, *_place(reading)])} FROM {reading.table}"
    if any(row["faulty"] for row in _counted(session, rows, checks, [FILE])):
        return _faults(session, "participants", rows, checks)
    people, same = session.table_name("people"), "participant, from_on, recorded_on"
    repeated = f"SELECT {same} FROM {people} GROUP BY {same} HAVING count(*) > 1"
    rows = f"SELECT {FILE}, {ROW} FROM {people} SEMI JOIN ({repeated}) USING ({same})"
    return told(session, "participants", "participant", _PERSON_REPEATED, rows)


def check_observations(session: EngineSession, reading: Reading) -> Summary:
    """The faults of the observations, by themselves, against the participants and among each other.

    Takes the table that `reading` reads, and `people`.
    """
    columns = [
        "*",
        *(f"{reading.day(day)} AS d_{day}" for day in ("observed_on", "recorded_on")),
        *(f"{reading.column(name)} AS c_{name}" for name in ("metric", "value", "status")),
        *_place(reading),
    ]
    people = f"SELECT DISTINCT participant AS known FROM {session.table_name('people')}"
    rows = (
        f"SELECT * FROM (SELECT {', '.join(columns)} FROM {reading.table})"
        f" LEFT JOIN ({people}) ON {reading.text('participant')} = known"
    )
    checks = _observation_checks(reading)
    has = [f"max(CASE WHEN c_status = '{one}' THEN 1 ELSE 0 END)" for one in STATUSES]
    others = [
        "min(d_observed_on) AS first_day",
        "max(d_observed_on) AS last_day",
        *(f"{test} AS is_{one}" for test, one in zip(has, STATUSES, strict=True)),
    ]
    found = _counted(session, rows, checks, ["c_metric"], others)
    count = sum(row["rows"] for row in found)
    if any(row["faulty"] for row in found):
        faults = _faults(session, "observations", rows, checks)
    else:
        faults = among_each_other(session, reading, count)
    metrics = reading.contract.metrics
    of_metric = {
        name: sum(row["rows"] for row in found if row["c_metric"] == place)
        for place, name in enumerate(metrics)
    }
    edges = [row[name] for row in found for name in ("first_day", "last_day")]
    days = [day for day in edges if day is not None] or [0]
    statuses = frozenset(one for one in STATUSES if any(row[f"is_{one}"] for row in found))
    return Summary(tuple(faults), of_metric, (min(days), max(days)), statuses)


def _observation_checks(reading: Reading) -> list[RowCheck]:
    metrics = tuple(reading.contract.metrics)
    who, what = reading.text("participant"), reading.text("metric")
    nobody = unknown_participant("participants", was_refused=False)
    listed = ", ".join(map(reading.dialect.text, STATUSES))
    return [
        *_missing(reading, ("observation", "participant", "metric", "observed_on", "recorded_on")),
        *_texts(reading, ("observation", "participant", "supersedes")),
        *_days(reading, ("observed_on", "recorded_on")),
        RowCheck("recorded_on", RECORDED_BEFORE_OBSERVED, "d_recorded_on < d_observed_on"),
        RowCheck(
            "status",
            not_listed("unknown_value", "a status of an observation", STATUSES),
            f"c_status NOT IN ({listed})",
        ),
        RowCheck(
            "metric",
            not_listed("unknown_metric", "a metric of the contract", metrics),
            f"c_metric IS NULL AND {what} <> ''",
        ),
        RowCheck("participant", nobody, f"known IS NULL AND {who} <> '' AND trim({who}) = {who}"),
        *_values(reading),
    ]


def _missing(reading: Reading, columns: Sequence[str]) -> Iterator[RowCheck]:
    for column in columns:
        yield RowCheck(column, MISSING, _is_blank(reading, column))


def _is_blank(reading: Reading, column: str) -> str:
    if reading.kinds.get(column) == nw.String:
        return f"({reading.raw(column)} IS NULL OR {reading.raw(column)} = '')"
    return f"{reading.raw(column)} IS NULL"


def _texts(reading: Reading, columns: Sequence[str]) -> Iterator[RowCheck]:
    for column in columns:
        if reading.kinds.get(column) == nw.String:
            yield RowCheck(column, _SPACES, f"trim({reading.raw(column)}) <> {reading.raw(column)}")


def _days(reading: Reading, columns: Sequence[str]) -> Iterator[RowCheck]:
    for column in columns:
        if column in reading.kinds:
            unread = f"d_{column} IS NULL AND NOT {_is_blank(reading, column)}"
            yield RowCheck(column, NOT_A_DATE, unread)
            outside = f"d_{column} < 0 OR d_{column} > {LAST_DAY_NUMBER}"
            yield RowCheck(column, DATE_OUTSIDE, outside)


def _values(reading: Reading) -> Iterator[RowCheck]:
    stands, blank = f"c_status <> '{WITHDRAWN}'", _is_blank(reading, "value")
    yield RowCheck("value", MISSING, f"{stands} AND {blank}")
    for place, metric in enumerate(reading.contract.metrics.values()):
        here = f"c_metric = {place} AND {stands}"
        yield RowCheck("value", _unreadable(metric), f"{here} AND c_value IS NULL AND NOT {blank}")
        low, high = metric.bounds
        yield RowCheck(
            "value", _outside(metric), f"{here} AND NOT c_value BETWEEN {low} AND {high}"
        )


def _unreadable(metric: Metric) -> Refusal:
    match metric:
        case Chosen(noun=noun):
            code, what = f"unknown_{noun}", f"one of the {noun}s of this metric"
        case Numbered():
            code, what = "text_in_number", "a plain number as fine as its metric"
        case _:
            code, what = "not_yes_or_no", "an answer"
    return Refusal(code, f"this is not {what}", metric.allowed, "Look for a slip.")


def _outside(metric: Metric) -> Refusal:
    problem = "this number is outside the range of its metric"
    return Refusal("out_of_range", problem, metric.allowed, "Look for a slip.")


def _place(reading: Reading) -> tuple[str, ...]:
    return () if FILE in reading.kinds else reading.place


def _counted(
    session: EngineSession,
    rows: str,
    checks: Sequence[RowCheck],
    groups: Sequence[str],
    others: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """How many rows there are, and how many have any fault: most deliveries have none, and counting
    each fault by itself takes longer.
    """
    faulty = " OR ".join(f"({one.condition})" for one in checks)
    counts = ["count(*) AS rows", f"count(CASE WHEN {faulty} THEN 1 END) AS faulty"]
    asked, by = ", ".join([*groups, *counts, *others]), ", ".join(groups)
    found: list[dict[str, Any]] = session.query(
        f"SELECT {asked} FROM ({rows}) GROUP BY {by}"
    ).to_pylist()
    return found


def _faults(
    session: EngineSession, table: str, rows: str, checks: Sequence[RowCheck]
) -> list[Fault]:
    """How many rows of each file have each fault, and the first of them."""
    counts = [
        f"count(CASE WHEN {one.condition} THEN 1 END) AS n_{place},"
        f" min(CASE WHEN {one.condition} THEN {ROW} END) AS r_{place}"
        for place, one in enumerate(checks)
    ]
    found = session.query(
        f"SELECT {', '.join([FILE, *counts])} FROM ({rows}) GROUP BY {FILE}"
    ).to_pylist()
    return [
        fault
        for place, one in enumerate(checks)
        for fault in fault_of(
            table,
            one.column,
            one.refusal,
            [(row[FILE], row[f"r_{place}"], row[f"n_{place}"]) for row in found],
        )
    ]
