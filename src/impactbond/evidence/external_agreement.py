"""Whether rows that stay where they are may be at fault or disagree with each other, found in one
look at each: of every row the engine gives its reference and a few numbers, some thousand rows at a
time.

Takes  rows of which `external_screen` has nothing to say.
Keeps  that nothing is held to be in order by a hash alone: what has the same hash is doubtful, and
       what is replaced must be there to the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from impactbond.dates import LAST_DAY_NUMBER
from impactbond.evidence.deliveries import OBSERVATION_RULES, STATUSES, WITHDRAWN
from impactbond.evidence.external_columns import Reading
from impactbond.evidence.external_rules import RowCheck, is_of_texts
from impactbond.evidence.plain_texts import are_plain
from impactbond.evidence.repeated_hashes import Hashes, Places, RepeatedHashes
from impactbond.tables import EngineSession

MOST_REPLACED = 10_000_000  # held in memory; of more, rows are compared by the engine
_WITHDRAWN = STATUSES.index(WITHDRAWN)
# Two marks for each hash, each at the place that some of its bits say: few others have both.
_MARKS = ((2**22, np.uint64(42)), (2**24, np.uint64(10)))
_LATER, _EARLIER, _ = OBSERVATION_RULES.order
_NUMBERS = np.iinfo(np.int64)
# An odd number: no two numbers times it are one, and those that differ little differ in all bits.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_DAY_BITS = LAST_DAY_NUMBER.bit_length()
Group = dict[str, Any]


def groups_in_order(
    session: EngineSession, reading: Reading, checks: Sequence[RowCheck]
) -> list[Group] | None:
    """What rows come to of which `external_screen` has nothing to say: by `c_metric` and
    `status_place` how many `rows` there are, and the first and the last day on which anything was
    observed, `min_day` and `max_day`.

    None where any row may be faulty by itself, any reference repeats, or leads nowhere or in a
    circle, or rows about one thing contradict each other. For DuckDB.
    """
    replaced = _ReplacedReferences.of(session, reading, checks)
    if replaced is None:
        return None
    rows = _RowsSeen(reading, replaced, _hashes_of_nothing(session, reading))
    for batch in session.batches(rows.query()):
        if rows.is_doubtful(batch):
            return None
    if not rows.are_plain and _any(session, reading, _about(checks, "observation"), "TRUE"):
        return None
    return None if rows.disagree() else rows.groups()


def _about(checks: Sequence[RowCheck], column: str) -> list[str]:
    return [one.condition for one in checks if one.column == column and is_of_texts(one)]


def _any(session: EngineSession, reading: Reading, conditions: Sequence[str], where: str) -> bool:
    """Whether any of the conditions holds for any row."""
    wrong = " OR ".join(["FALSE", *(f"({one})" for one in conditions)])
    query = f"SELECT count(CASE WHEN {wrong} THEN 1 END) AS rows FROM {reading.table} WHERE {where}"
    return bool(session.query(query)["rows"][0].as_py())


def _hashes_of_nothing(session: EngineSession, reading: Reading) -> Hashes:
    """The hashes of no text, and of one in which nothing stands."""
    hashed, blank = reading.dialect.hashed, reading.dialect.text("")
    none = hashed("CAST(NULL AS STRING)")
    found = session.query(f"SELECT {none} AS h UNION ALL SELECT {hashed(blank)} AS h")
    hashes: Hashes = found["h"].to_numpy()
    return hashes


@dataclass(frozen=True)
class _ReplacedReferences:
    """The references that are replaced, each once, in order of their hashes; `rows` is how many
    rows replace one.
    """

    hashes: Hashes
    texts: pa.Array
    rows: int
    marks: tuple[NDArray[np.bool_], ...]

    @classmethod
    def of(
        cls, session: EngineSession, reading: Reading, checks: Sequence[RowCheck]
    ) -> _ReplacedReferences | None:
        """They, or None where any may be faulty, or where they are too many."""
        text = reading.text("supersedes")
        found = session.query(
            f"SELECT {text} AS text, {reading.dialect.hashed(text)} AS h"
            f" FROM {reading.table} WHERE {text} <> '' LIMIT {MOST_REPLACED + 1}"
        )
        if len(found) > MOST_REPLACED:
            return None
        own = _about(checks, "supersedes")
        is_plain = all(map(are_plain, found["text"].chunks))
        if not is_plain and _any(session, reading, own, f"{text} <> ''"):
            return None
        hashes = found["h"].to_numpy()
        order = np.argsort(hashes)
        hashes, texts = hashes[order], found["text"].combine_chunks().take(pa.array(order))
        # Hashes alone are compared below: that no two texts have one is looked at here, and not
        # supposed.
        same = np.flatnonzero(hashes[1:] == hashes[:-1])
        pairs = pc.equal(texts.take(pa.array(same)), texts.take(pa.array(same + 1)))
        if not pc.all(pairs, min_count=0).as_py():  # two texts have one hash
            return None
        once = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)])
        marks = tuple(np.zeros(many, np.bool_) for many, _ in _MARKS)
        for place, mark in enumerate(marks):
            mark[_marked(hashes, place)] = True
        return cls(hashes[once], texts.take(pa.array(once)), len(found), marks)

    def among(self, hashes: Hashes, texts: pa.Array) -> Places:
        """Where those of some references stand that are replaced, to the letter."""
        if not len(self.hashes):
            return np.empty(0, np.intp)
        first, second = self.marks
        near = np.flatnonzero(first.take(_marked(hashes, 0)))
        near = near[second.take(_marked(hashes[near], 1))]
        held = np.minimum(np.searchsorted(self.hashes, hashes[near]), len(self.hashes) - 1)
        is_held = self.hashes[held] == hashes[near]
        near, held = near[is_held], held[is_held]
        same = pc.equal(texts.take(pa.array(near)), self.texts.take(pa.array(held)))
        found: Places = near[same.to_numpy(zero_copy_only=False)]
        return found


def _marked(hashes: Hashes, place: int) -> Places:
    many, shift = _MARKS[place]
    return ((hashes >> shift) & np.uint64(many - 1)).view(np.int64)


class _RowsSeen:
    """What has been seen of the rows so far."""

    def __init__(self, reading: Reading, replaced: _ReplacedReferences, nothing: Hashes) -> None:
        self._reading, self._replaced, self._nothing = reading, replaced, nothing
        self._references, self._alike, self._placed = (RepeatedHashes() for _ in range(3))
        self._replacing: list[tuple[Hashes, Hashes]] = []
        self._found = self._replacing_rows = 0
        self._days: list[int] = []
        self.are_plain = True
        # Of each metric and status, a number as `kind` counts them: what stands, and its bounds.
        metrics, stands = list(reading.contract.metrics.values()), np.arange(len(STATUSES))
        stands = np.tile(stands != _WITHDRAWN, len(metrics))

        def of_kinds(values: Sequence[int | bool]) -> NDArray[np.int64]:
            return np.repeat(np.array(values, np.int64), len(STATUSES))

        low, high = (of_kinds([one.bounds[end] for one in metrics]) for end in (0, 1))
        self._low = np.where(stands, low, _NUMBERS.min)
        self._high = np.where(stands, high, _NUMBERS.max)
        self._once_a_day = stands & (of_kinds([one.one_a_day for one in metrics]) > 0)
        self._in_slots = stands & (of_kinds([bool(one.slot_names) for one in metrics]) > 0)
        self._counts = np.zeros(len(stands), np.intp)
        # Beside each hash its value, as short as it can be: there are very many.
        is_short = all(abs(end) < 2**31 for one in metrics for end in one.bounds)
        self._kept_as = np.int32 if is_short else np.int64

    def query(self) -> str:
        """The query for the columns that are looked at. Little is computed: what is taken as it is
        delivered costs an engine least.
        """
        reading, dialect = self._reading, self._reading.dialect
        metrics = list(reading.contract.metrics)
        # To one that it does not know it gives null.
        small = "UTINYINT" if len(metrics) < 2**8 else "INTEGER"
        place = dialect.place(reading.text("metric"), metrics)
        columns = {
            "reference": reading.text("observation"),
            "h": dialect.hashed(reading.text("observation")),
            "metric": f"CAST({place} AS {small})",
            "status": f"CAST({reading.status_place()} AS UTINYINT)",
            "value": reading.column("value"),
            **{day: f"CAST({reading.day(day)} AS INTEGER)" for day in OBSERVATION_RULES.days},
        }
        if "supersedes" in reading.kinds:
            columns["replaces"] = dialect.hashed(reading.text("supersedes"))
        if self._once_a_day.any() or self._in_slots.any():
            columns["about"] = dialect.hashed(reading.text("participant"))
        if self._in_slots.any():
            columns["slot"] = dialect.hashed(reading.slot())
        named = ", ".join(f"{query} AS {name}" for name, query in columns.items())
        return f"SELECT {named} FROM {reading.table}"

    def is_doubtful(self, batch: pa.RecordBatch) -> bool:
        """Takes some rows; whether any may be faulty by itself."""
        always = ("reference", "metric", "status", *OBSERVATION_RULES.days)
        if any(batch[name].null_count for name in always):
            return True
        metric, status = (batch[name].to_numpy() for name in ("metric", "status"))
        kind = metric.astype(np.intp) * len(STATUSES) + status
        values = self._values_of(batch["value"], kind)
        if values is None or not self._days_are_right(batch):
            return True
        self._counts += np.bincount(kind, minlength=len(self._counts))
        replaced = self._take_references(batch)
        if "about" in batch.schema.names:
            self._take_measures(batch, kind, values, replaced)
        return False

    def _values_of(self, value: pa.Array, kind: Places) -> NDArray[np.int64] | None:
        """The values, 0 where none has to stand; None where any may be faulty."""
        low = self._low.take(kind)
        if value.null_count:
            none = value.is_null().to_numpy(zero_copy_only=False)
            if (low[none] != _NUMBERS.min).any():
                return None
            value = value.fill_null(0)
        values: NDArray[np.int64] = value.to_numpy()
        beyond = (values < low).any() or (values > self._high.take(kind)).any()
        return None if beyond else values

    def _days_are_right(self, batch: pa.RecordBatch) -> bool:
        later, earlier = (batch[name].to_numpy() for name in (_LATER, _EARLIER))
        if not len(batch):
            return True
        first, last = int(earlier.min()), int(earlier.max())
        self._days += (first, last)
        return bool(first >= 0 and later.max() <= LAST_DAY_NUMBER and (earlier <= later).all())

    def _take_references(self, batch: pa.RecordBatch) -> Places:
        """Takes the references; gives the places of those that are replaced."""
        references, hashes = batch["reference"], batch["h"].to_numpy()
        self.are_plain = self.are_plain and are_plain(references)
        self._references.put(hashes)
        replaced = self._replaced.among(hashes, references)
        self._found += len(replaced)
        if "replaces" in batch.schema.names:
            replaces = batch["replaces"].to_numpy()
            is_one = (replaces != self._nothing[0]) & (replaces != self._nothing[1])
            self._replacing_rows += int(np.count_nonzero(is_one))
            # Rows lead in a circle only where each is replaced, and replaces one.
            both = replaced[is_one[replaced]]
            self._replacing.append((hashes[both], replaces[both]))
        return replaced

    def _take_measures(
        self, batch: pa.RecordBatch, kind: Places, values: NDArray[np.int64], replaced: Places
    ) -> None:
        """Takes what rows say of one participant, metric and day, with what each says."""
        about, day = batch["about"].to_numpy(), batch[_EARLIER].to_numpy()

        def of(chosen: NDArray[Any]) -> tuple[Places, Hashes]:
            stands = chosen.take(kind)
            # What is replaced contradicts nothing: its correction stands in its place.
            stands[replaced] = False
            here = np.flatnonzero(stands)
            thing = kind.take(here) // len(STATUSES) << _DAY_BITS | day.take(here)
            return here, about.take(here) ^ (thing.view(np.uint64) * _SPREAD)

        here, alike = of(self._once_a_day)
        self._alike.put(alike, values.take(here).astype(self._kept_as))
        if "slot" in batch.schema.names:
            here, alike = of(self._in_slots)
            self._placed.put(alike ^ batch["slot"].to_numpy().take(here))

    def disagree(self) -> bool:
        """Whether references repeat, lead nowhere or in a circle, or measures contradict."""
        if len(self._references.found()[0]):
            return True
        # As no reference repeats, each that is replaced and there was found once.
        # A reference that is replaced and was never delivered: then a correction would correct
        # nothing, and both would count.
        missing = self._found < len(self._replaced.hashes)
        if missing or self._replacing_rows != self._replaced.rows or self._lead_round():
            return True
        if len(self._placed.found()[0]):
            return True
        alike, value = self._alike.found()
        return bool(np.any((alike[1:] == alike[:-1]) & (value[1:] != value[:-1])))

    def _lead_round(self) -> bool:
        """Whether rows lead in a circle: rows that nothing left replaces are taken away again and
        again.
        """
        if not self._replacing:
            return False
        replacing, replaced = map(np.concatenate, zip(*self._replacing, strict=True))
        while len(replacing):
            # Whoever is not replaced itself is at the beginning of a chain, in no circle.
            still = np.isin(replacing, replaced)
            if still.all():
                return True
            replacing, replaced = replacing[still], replaced[still]
        return False

    def groups(self) -> list[Group]:
        """See `groups_in_order`."""
        days = {"min_day": min(self._days), "max_day": max(self._days)} if self._days else {}
        counted = np.ndenumerate(self._counts.reshape(-1, len(STATUSES)))
        return [
            {"c_metric": metric, "status_place": status, "rows": int(rows), **days}
            for (metric, status), rows in counted
            if rows
        ]
