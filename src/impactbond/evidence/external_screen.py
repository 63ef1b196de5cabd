"""Whether rows that stay where they are may be faulty at all, found in two looks at all of them.

Most deliveries hold no fault, and to ask each row each question takes many times as long as to read
it. So DuckDB first asks what groups of rows come to: between which values those of one metric lie,
how many could be read. Whatever `external_checks` would find shows here. What shows here and is no
fault (two texts that have the same hash) costs only the time to ask again, row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from impactbond.dates import LAST_DAY_NUMBER
from impactbond.evidence.deliveries import OBSERVATION_RULES, STATUSES, WITHDRAWN
from impactbond.evidence.external_columns import Reading
from impactbond.evidence.external_rules import (
    NOT_IN_BLANKS,
    SPACES,
    RowCheck,
)
from impactbond.tables import EngineSession

ROWS_AT_ONCE = 10_000_000  # compared with each other at once
# Columns whose every check shows in what groups of rows come to, or in whose rows they are.
_IN_GROUPS = ("participant", "metric", "status", *OBSERVATION_RULES.days)
_WITHDRAWN = STATUSES.index(WITHDRAWN)
Group = Mapping[str, Any]


def groups_of(
    session: EngineSession, reading: Reading, rows: str, checks: Sequence[RowCheck]
) -> list[Group]:
    """What the rows of one metric and status come to, of a query that gives the table's columns,
    `c_metric`, `c_value`, `status_place` and the days as `d_…`: one look at every column but the
    references of the rows.
    """
    later, earlier, _ = OBSERVATION_RULES.order
    asked = ["count(*) AS rows", f"min(d_{later} - d_{earlier}) AS least"]
    for name in (*(f"d_{day}" for day in OBSERVATION_RULES.days), "c_value"):
        asked += (f"{what}({name}) AS {what}_{name}" for what in ("count", "min", "max"))
    faulty = " OR ".join(_of_single_rows(reading, checks))
    asked.append(f"count(CASE WHEN {faulty} THEN 1 END) AS faulty")
    groups = "c_metric, status_place"
    query = f"SELECT {groups}, {', '.join(asked)} FROM ({rows}) GROUP BY {groups}"
    found: list[Group] = session.query(query).to_pylist()
    return found


def _of_single_rows(reading: Reading, checks: Sequence[RowCheck]) -> Iterator[str]:
    """The conditions that only the row itself can tell."""
    texts: dict[str, list[str]] = {}
    for one in checks:
        if one.column in _IN_GROUPS or one.column == "observation" or one.of_values:
            continue
        if one.refusal in NOT_IN_BLANKS:
            texts.setdefault(one.column, []).append(f"({one.condition})")
        else:
            yield f"({one.condition})"
    for column, conditions in texts.items():
        # Of a column in which little stands, little is asked.
        written = f"{reading.raw(column)} <> ''"
        yield f"CASE WHEN {written} THEN {' OR '.join(conditions)} ELSE FALSE END"
    yield "FALSE"


def may_be_faulty(session: EngineSession, reading: Reading, groups: Sequence[Group]) -> bool:
    """Whether any row may have a fault by itself, apart from its reference, or be of nobody."""
    metrics = list(reading.contract.metrics.values())
    for group in groups:
        rows, stands = group["rows"], group["status_place"] != _WITHDRAWN
        if group["c_metric"] is None or group["status_place"] is None or group["faulty"]:
            return True
        for day in OBSERVATION_RULES.days:
            first, last = group[f"min_d_{day}"], group[f"max_d_{day}"]
            if group[f"count_d_{day}"] < rows or first < 0 or last > LAST_DAY_NUMBER:
                return True
        if group["least"] < 0 or (stands and group["count_c_value"] < rows):
            return True
        low, high = metrics[group["c_metric"]].bounds
        if stands and (group["min_c_value"] < low or group["max_c_value"] > high):
            return True
    # Whose reference stands among the participants is written as it is there: in order.
    people = f"SELECT DISTINCT participant AS known FROM {session.table_name('people')}"
    nobody = f"SELECT {reading.text('participant')} AS known FROM {reading.table}"
    unknown = f"SELECT count(*) AS rows FROM ({nobody}) ANTI JOIN ({people}) USING (known)"
    return _number(session, unknown) > 0


def may_disagree(
    session: EngineSession, reading: Reading, checks: Sequence[RowCheck], count: int
) -> bool:
    """Whether a reference may be faulty, repeat, or lead nowhere or in a circle, or rows about one
    thing contradict each other.

    Of each row hashes are kept, which the engine puts aside where they do not fit, and are compared
    part by part: their texts would need many times the memory.
    """
    replaced, columns = _look(session, reading, checks)
    asked = [f"count({name}) AS {name}" for name in columns]
    asked.append("count(CASE WHEN is_replaced THEN 1 END) AS is_replaced")
    query = f"SELECT {', '.join(asked)} FROM {session.table_name('looked')}"
    there: dict[str, int] = session.query(query).to_pylist()[0]
    if there["h"] < count or any(map(len, _again(session, "h", there["h"]))):
        return True
    # As no reference repeats, each row that is there is one of those replaced.
    if there["is_replaced"] < replaced or (replaced and _leads_round(session)):
        return True
    if "placed" in there and any(map(len, _again(session, "placed", there["placed"]))):
        return True
    return _any_differ(session, np.concatenate([*_again(session, "alike", there["alike"])]))


def _look(
    session: EngineSession, reading: Reading, checks: Sequence[RowCheck]
) -> tuple[int, list[str]]:
    """Keeps of each row: the hash of its reference, null where that is faulty; half of the hash of
    the one that it replaces; the hash of what it measures, where it stands and may not contradict
    others; and its value. Gives the number of references that are replaced, and the whole hashes
    that are kept.
    """
    supersedes = reading.text("supersedes")
    replaced = f"SELECT DISTINCT {supersedes} AS replaced FROM {reading.table}"
    session.create_view("replaced", f"{replaced} WHERE {supersedes} <> ''", once=True)
    count = _number(session, f"SELECT count(*) AS rows FROM {session.table_name('replaced')}")
    hashed, metrics = reading.dialect.hashed, list(enumerate(reading.contract.metrics.values()))
    keys = ("participant", "metric", "observed_on")
    once_a_day = [place for place, metric in metrics if metric.one_a_day]
    in_slots = [place for place, metric in metrics if metric.slot_names]
    reference = reading.text("observation")
    columns = [
        f"{reference} AS reference",
        f"CASE WHEN {_is_wrong(reading, checks)} THEN NULL ELSE {hashed(reference)} END AS h",
        f"CASE WHEN {supersedes} <> '' THEN {_half(hashed(supersedes))} END AS replaces",
        *(f"{reading.column(name)} AS {name}" for name in (*keys, "value")),
        f"{reading.status_place()} AS status_place",
        *([f"{reading.slot()} AS slot"] if in_slots else []),
    ]
    rows = f"SELECT {', '.join(columns)} FROM {reading.table}"
    made = {"alike": _of_metrics(once_a_day, hashed(*keys))}
    if in_slots:
        made["placed"] = _of_metrics(in_slots, hashed(*keys, "slot"))
    named = ", ".join(f"{query} AS {name}" for name, query in made.items())
    rows = f"SELECT reference, h, replaces, value, {named} FROM ({rows})"
    kept = "h, replaces, value, replaced IS NOT NULL AS is_replaced"
    for name in made:
        kept += f", CASE WHEN replaced IS NULL THEN {name} END AS {name}"
    others = f"LEFT JOIN {session.table_name('replaced')} ON reference = replaced"
    session.create_view("looked", f"SELECT {kept} FROM ({rows}) {others}", once=True)
    return count, ["h", *made]


def _half(hashed: str) -> str:
    """Half of a hash: a few are kept in a column of which most rows hold nothing."""
    return f"CAST({hashed} % {2**32} AS UINTEGER)"


def _is_wrong(reading: Reading, checks: Sequence[RowCheck]) -> str:
    """Whether a reference is faulty by itself."""
    own = {one.refusal: one.condition for one in checks if one.column == "observation"}
    wrong = f"coalesce({' OR '.join(f'({one})' for one in own.values())}, FALSE)"
    if SPACES not in own:
        return wrong
    # Most begin with a letter, and of those only this is left to ask.
    return f"CASE WHEN {reading.raw('observation')} >= '>' THEN {own[SPACES]} ELSE {wrong} END"


def _of_metrics(places: Sequence[int], hashed: str) -> str:
    """A hash where a row of some metrics stands; null for others."""
    if not places:
        return "CAST(NULL AS BIGINT)"
    these = ", ".join(map(str, places))
    return f"CASE WHEN metric IN ({these}) AND status_place <> {_WITHDRAWN} THEN {hashed} END"


def _number(session: EngineSession, query: str) -> int:
    found: int = session.query(query)["rows"][0].as_py()
    return found


def _again(session: EngineSession, column: str, count: int) -> Iterator[NDArray[np.uint64]]:
    """Of so many hashes those that stand more than once, part by part. NumPy sorts whole numbers in
    a fraction of the time in which an engine groups by them.
    """
    parts = 1 + count // ROWS_AT_ONCE
    for part in range(parts):
        this = f"{column} IS NOT NULL" if parts == 1 else f"{column} % {parts} = {part}"
        query = f"SELECT {column} FROM {session.table_name('looked')} WHERE {this}"
        ordered = np.sort(session.query(query)[column].to_numpy())
        yield np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def _any_differ(session: EngineSession, again: NDArray[np.uint64]) -> bool:
    """Whether rows that measure the same, by these hashes, have more than one value."""
    if not len(again):
        return False
    session.register("again", pa.table({"alike": again}))
    same = f"SELECT alike, value FROM {session.table_name('looked')} SEMI JOIN again USING (alike)"
    differing = f"SELECT alike FROM ({same}) GROUP BY alike HAVING min(value) <> max(value)"
    return len(session.query(f"{differing} LIMIT 1")) > 0


def _leads_round(session: EngineSession) -> bool:
    """Whether hashes of rows that replace others lead in a circle: rows that nothing left replaces
    are taken away again and again.
    """
    pairs = session.query(
        f"SELECT {_half('h')} AS h, replaces FROM {session.table_name('looked')}"
        " WHERE replaces IS NOT NULL"
    )
    replacing, replaced = pairs["h"].to_numpy(), pairs["replaces"].to_numpy()
    while len(replacing):
        still = np.isin(replacing, replaced)
        if still.all():
            return True
        replacing, replaced = replacing[still], replaced[still]
    return False
