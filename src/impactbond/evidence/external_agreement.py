"""Whether rows that stay where they are agree with each other: references that repeat, that lead
nowhere or in a circle, and measures that contradict. As queries over the whole of a delivery.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from impactbond.errors import Fault
from impactbond.evidence.external_columns import Reading
from impactbond.evidence.observations import WITHDRAWN
from impactbond.evidence.refusals import (
    CONTRADICTORY_VALUES,
    REPLACES_ITSELF,
    UNKNOWN_REPLACED,
    Refusal,
)
from impactbond.tables import FILE, ROW, EngineSession

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


def told(shop: EngineSession, table: str, column: str, refusal: Refusal, rows: str) -> list[Fault]:
    """The fault of some rows, of which a query gives FILE and ROW."""
    counted = f"SELECT {FILE}, min({ROW}) AS first, count(*) AS rows FROM ({rows}) GROUP BY {FILE}"
    found = [(row[FILE], row["first"], row["rows"]) for row in shop.find(counted).to_pylist()]
    return list(fault_of(table, column, refusal, found))


def among_each_other(shop: EngineSession, reading: Reading, count: int) -> list[Fault]:
    """References that repeat, that lead nowhere or in a circle, and measures that contradict."""
    parts = 1 + count // ROWS_AT_ONCE
    named = ("observation", "participant", "metric", "value", "observed_on", "supersedes", "status")
    columns = [f"{reading.column(name)} AS {name}" for name in named]
    shop.define("placed", f"SELECT {', '.join([*columns, *reading.place])} FROM {reading.table}")
    replacing = f"SELECT observation, supersedes, {FILE}, {ROW} FROM {shop.called('placed')}"
    shop.define("replacing", f"{replacing} WHERE supersedes <> ''", once=True)
    return [
        *_repeated(shop, reading, parts),
        *_replaced(shop),
        *_in_circles(shop),
        *_contradictory(shop, reading, parts),
    ]


def _any_alike(shop: EngineSession, hashes: str, having: str, parts: int) -> bool:
    """Whether any rows with the same hash have something, of a query that gives `hashed`.

    The hashes are kept, 8 bytes a row, which the engine puts aside where they do not fit, and are
    counted part by part: all at once would need several times the memory, and their texts still
    more.
    """
    shop.define("hashes", hashes, once=True)
    return any(
        shop.find(
            f"SELECT hashed FROM {shop.called('hashes')}"
            f" WHERE hashed % {parts} IN ({part}, {-part}) GROUP BY hashed HAVING {having} LIMIT 1"
        ).num_rows
        for part in range(parts)
    )


def _repeated(shop: EngineSession, reading: Reading, parts: int) -> list[Fault]:
    placed, hashed = shop.called("placed"), reading.dialect.hashed("observation")
    if not _any_alike(shop, f"SELECT {hashed} AS hashed FROM {placed}", "count(*) > 1", parts):
        return []
    same = f"SELECT observation FROM {placed} GROUP BY observation HAVING count(*) > 1"
    rows = f"SELECT {FILE}, {ROW} FROM {placed} SEMI JOIN ({same}) USING (observation)"
    return told(shop, "observations", "observation", _REPEATED, rows)


def _replaced(shop: EngineSession) -> list[Fault]:
    placed, replacing = shop.called("placed"), shop.called("replacing")
    there = f"SELECT observation AS supersedes FROM {placed}"
    there = f"SELECT supersedes FROM ({there}) SEMI JOIN {replacing} USING (supersedes)"
    rows = f"SELECT {FILE}, {ROW} FROM {replacing} ANTI JOIN ({there}) USING (supersedes)"
    return told(shop, "observations", "supersedes", UNKNOWN_REPLACED, rows)


def _in_circles(shop: EngineSession) -> list[Fault]:
    """Rows that nothing left replaces are taken away again and again: a circle stays."""
    left, count, step = "replacing", -1, 0
    while True:
        rest = shop.called(left)
        pointed = f"SELECT supersedes AS observation FROM {rest}"
        step += 1
        shop.define(
            f"replacing_{step}",
            f"SELECT * FROM {rest} SEMI JOIN ({pointed}) USING (observation)",
            once=True,
        )
        left, before = f"replacing_{step}", count
        count = shop.find(f"SELECT count(*) AS rows FROM {shop.called(left)}")["rows"][0].as_py()
        if count in (0, before):
            rows = f"SELECT {FILE}, {ROW} FROM {shop.called(left)}"
            return told(shop, "observations", "supersedes", REPLACES_ITSELF, rows)


def _contradictory(shop: EngineSession, reading: Reading, parts: int) -> list[Fault]:
    """Of one participant, measure and day, rows that stand and differ."""
    measures = [
        str(place)
        for place, metric in enumerate(reading.contract.metrics.values())
        if metric.one_a_day
    ]
    if not measures:
        return []
    replaced = f"SELECT supersedes AS observation FROM {shop.called('replacing')}"
    live = (
        f"SELECT * FROM {shop.called('placed')} ANTI JOIN ({replaced}) USING (observation)"
        f" WHERE metric IN ({', '.join(measures)}) AND status <> '{WITHDRAWN}'"
    )
    keys, differ = ("participant", "metric", "observed_on"), "min(value) <> max(value)"
    hashed = f"SELECT {reading.dialect.hashed(*keys)} AS hashed, value FROM ({live})"
    if not _any_alike(shop, hashed, differ, parts):
        return []
    same = ", ".join(keys)
    groups = f"SELECT {same} FROM ({live}) GROUP BY {same} HAVING {differ}"
    rows = f"SELECT {FILE}, {ROW} FROM ({live}) SEMI JOIN ({groups}) USING ({same})"
    return told(shop, "observations", "value", CONTRADICTORY_VALUES, rows)
