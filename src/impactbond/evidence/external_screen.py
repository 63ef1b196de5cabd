"""Whether rows that stay where they are may be faulty at all, found in a few looks at all of them.

Most deliveries hold no fault, and to ask each row each question takes many times as long as to read
it. So DuckDB first asks what groups of rows come to: between which values those of one metric lie,
how many could be read. Whatever `external_checks` would find shows here. What shows here and is no
fault (two texts that have the same hash) costs only the time to ask again, row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from impactbond.dates import LAST_DAY_NUMBER
from impactbond.evidence.deliveries import OBSERVATION_RULES, STATUSES, WITHDRAWN
from impactbond.evidence.external_agreement import is_of_replaced
from impactbond.evidence.external_columns import Reading
from impactbond.evidence.external_rules import NOT_IN_BLANKS, RowCheck
from impactbond.tables import EngineSession

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
        if is_of_replaced(one):
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


def _number(session: EngineSession, query: str) -> int:
    found: int = session.query(query)["rows"][0].as_py()
    return found
