"""A made-up population in the shape of the West London Zone contract, of any size, from a seed.

About 48 observations for each child, with what real deliveries hold: rows that never came, some
corrected (and some corrections corrected, some taken back), some recorded long after, some
observed twice on one day; children who leave, who change school, whose start was put right.

The first children are the same however many are asked for. Raw bits are used, because numpy keeps
their stream from one release to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.random import PCG64, SeedSequence
from numpy.typing import NDArray

from impactbond.dates import day_number
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    Evidence,
    participants_schema,
)

Numbers = NDArray[np.int64]
Truths = NDArray[np.bool_]

CHILDREN_AT_ONCE = 20_000  # one row group; part of what a seed means
FIRST_START = day_number(date(2016, 11, 1))
SCHOOLS, SCHOOLS_IN_LBHF = 40, 24
ATTRIBUTES = ("school", "borough", "key_stage")
PEOPLE, SEEN = "participants.parquet", "observations.parquet"
# What evaluation looks at; the rest stays in the file.
EVALUATED = [
    *("observation", "participant", "metric", "value", "observed_on", "recorded_on"),
    *("supersedes", "status"),
]


class Slot(NamedTuple):
    """One observation of each child, between two days after its start.

    `stage` is how far the child has come by then, in halves of the way.
    """

    metric: str
    opens: int
    closes: int
    stage: int = 0


class Scale(NamedTuple):
    """The values of a metric: bounds, where children begin, and how far they come."""

    low: int
    high: int
    begins: int
    begins_within: int
    gains: int
    gains_within: int


SLOTS = (
    Slot("agreement", -5, 65),
    Slot("attendance", -85, -1),
    Slot("attendance", 100, 130, 1),
    Slot("attendance", 230, 300, 1),
    Slot("attendance", 400, 480, 1),
    Slot("attendance", 610, 740, 2),
    Slot("confidence", -60, 80),
    Slot("confidence", 330, 390, 1),
    Slot("confidence", 600, 770, 2),
    Slot("consent", -20, 65),
    Slot("english", -85, 85),
    Slot("english", 600, 770, 2),
    *(Slot("link_worker", 0, 380) for _ in range(7)),
    *(Slot("link_worker", 360, 740) for _ in range(7)),
    Slot("maths", -85, 85),
    Slot("maths", 600, 770, 2),
    Slot("relationships", -60, 80),
    Slot("relationships", 330, 390, 1),
    Slot("relationships", 600, 770, 2),
    Slot("sdq", -60, 80),
    Slot("sdq", 330, 390, 1),
    Slot("sdq", 600, 770, 2),
    *(Slot("specialist", 0, 364) for _ in range(7)),
    *(Slot("specialist", 365, 729) for _ in range(7)),
)
SCALES = {
    "attendance": Scale(0, 1000, 915, 60, 25, 60),
    "confidence": Scale(0, 40, 20, 10, 4, 8),
    "english": Scale(60, 140, 92, 16, 4, 12),
    "maths": Scale(60, 140, 92, 16, 4, 12),
    "relationships": Scale(0, 10, 4, 4, -1, 3),
    "sdq": Scale(0, 40, 17, 10, -4, 8),
}
METRICS = tuple(sorted({slot.metric for slot in SLOTS}))
PLAIN, CORRECTION, SECOND_CORRECTION, TWICE = range(4)
LETTERS = ("", "b", "c", "t")


class Draws:
    """A stream of whole numbers for one chunk of children, always drawn for a whole chunk."""

    def __init__(self, seed: int, chunk: int, children: int) -> None:
        self._bits = PCG64(SeedSequence(seed, spawn_key=(chunk,)))
        self._children = children

    def below(self, bound: int, rows: int = 1) -> Numbers:
        """Numbers from 0 to bound - 1, shaped (rows, child)."""
        drawn = self._bits.random_raw(rows * CHILDREN_AT_ONCE).reshape(rows, CHILDREN_AT_ONCE)
        return np.asarray(drawn[:, : self._children] % np.uint64(bound), dtype=np.int64)

    def child(self, bound: int) -> Numbers:
        """One number from 0 to bound - 1 for each child."""
        return np.asarray(self.below(bound)[0], dtype=np.int64)

    def around(self, middle: int, within: int) -> Numbers:
        """One number for each child, at most `within` from `middle` and mostly near it."""
        sums = self.child(within + 1) + self.child(within + 1)
        return np.asarray(middle - within + sums, dtype=np.int64)


@dataclass(frozen=True)
class Rows:
    """Observations of one chunk as columns of numbers; `child` counts from the chunk's first."""

    child: Numbers
    slot: Numbers
    letter: Numbers
    observed: Numbers
    recorded: Numbers
    value: Numbers
    withdrawn: Truths

    def of(self, chosen: Truths | Numbers, **changed: Numbers | Truths) -> Rows:
        """Some of the rows, in that order, with some columns anew."""
        columns = {name: column[chosen] for name, column in vars(self).items()}
        return Rows(**(columns | changed))

    def and_(self, *others: Rows) -> Rows:
        """These rows and then the others."""
        every = (self, *others)
        return Rows(**{n: np.concatenate([vars(one)[n] for one in every]) for n in vars(self)})


def chunks(children: int, seed: int) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Participants and observations of some children at a time, in the order of evidence."""
    for chunk in range(-(-children // CHILDREN_AT_ONCE)):
        first = chunk * CHILDREN_AT_ONCE
        draws = Draws(seed, chunk, min(CHILDREN_AT_ONCE, children - first))
        started = FIRST_START + draws.child(242)
        participants = _participants(draws, first, started)
        yield participants, _observations_table(first, _observations(draws, started))


def population(children: int, seed: int = 1) -> Evidence:
    """The evidence about so many children, in memory."""
    participants, observations = zip(*chunks(children, seed), strict=True)
    return _evidence(pa.concat_tables(participants), pa.concat_tables(observations))


def write_population(folder: Path, children: int, seed: int = 1) -> None:
    """The same as two Parquet files, one row group for each chunk."""
    people = pq.ParquetWriter(folder / PEOPLE, participants_schema(ATTRIBUTES), compression="zstd")
    seen = pq.ParquetWriter(folder / SEEN, OBSERVATIONS_SCHEMA, compression="zstd")
    with people, seen:
        for participants, observations in chunks(children, seed):
            people.write_table(participants)
            seen.write_table(observations)


def read_population(folder: Path) -> Evidence:
    """The evidence in those files in memory, with the columns that evaluation looks at."""
    observations = pq.read_table(folder / SEEN, columns=EVALUATED)
    return _evidence(pq.read_table(folder / PEOPLE), observations)


def _evidence(participants: pa.Table, observations: pa.Table) -> Evidence:
    return Evidence(participants, observations, REFUSED_SCHEMA.empty_table(), kind="pyarrow")


def _participants(draws: Draws, first: int, started: Numbers) -> pa.Table:
    """A row for each child, and one more for who leaves, moves, or really started a week later."""
    count = len(started)
    school, stage = draws.child(SCHOOLS), draws.child(2)
    base = np.stack(
        [np.arange(count), started, np.full(count, -1), started, started - 14, school, stage]
    )
    leaves, moves, corrected = (draws.child(100) < share for share in (8, 5, 1))
    left = base.copy()
    left[2] = started + 60 + draws.child(700)
    left[4] = left[2] + draws.child(30)
    moved = base.copy()
    moved[3] = started + 100 + draws.child(500)
    moved[4] = moved[3] + draws.child(30)
    moved[5] = (school + 1 + draws.child(SCHOOLS - 1)) % SCHOOLS
    right = base.copy()
    right[1] = right[3] = started + 7
    right[4] = started + 30
    rows = np.concatenate([base, left[:, leaves], moved[:, moves], right[:, corrected]], axis=1)
    rows = rows[:, np.lexsort((rows[4], rows[3], rows[0]))]
    child, start, left_on, from_on, recorded, held, at = rows
    # Every third school is a secondary school.
    stages = pa.array((1 + at + 2 * (held % 3 == 0)).astype("U1"))
    boroughs = pa.array(np.where(held < SCHOOLS_IN_LBHF, "lbhf", "rbkc"))
    columns = [
        _ids("P", child + first, 7),
        _days(start),
        pc.if_else(pa.array(left_on >= 0), _days(left_on), pa.scalar(None, pa.date32())),
        _days(from_on),
        _days(recorded),
        _ids("School ", held, 2),
        boroughs,
        stages,
        *_place(len(child), first),
    ]
    return pa.Table.from_arrays(columns, schema=participants_schema(ATTRIBUTES))


def _observations(draws: Draws, started: Numbers) -> Rows:
    slots, count = len(SLOTS), len(started)
    spans = np.array([slot.closes - slot.opens + 1 for slot in SLOTS])[:, None]
    opens = np.array([slot.opens for slot in SLOTS])[:, None]
    observed = started + opens + draws.below(2**32, slots) % spans
    late = draws.below(100, slots) == 0
    lag = draws.below(22, slots) + np.where(late, 100 + draws.below(200, slots), 0)
    fate = draws.below(2000, slots).ravel()
    rows = Rows(
        child=np.tile(np.arange(count), slots),
        slot=np.repeat(np.arange(slots), count),
        letter=np.full(slots * count, PLAIN),
        observed=observed.ravel(),
        recorded=(observed + lag).ravel(),
        value=_values(draws, count).ravel(),
        withdrawn=np.zeros(slots * count, dtype=np.bool_),
    )
    delay, other = draws.below(200, slots).ravel() + 5, draws.below(7, slots).ravel() - 3
    kept = rows.of(fate >= 30)  # 1.5 % never came
    extra = _extra_rows(rows, fate, delay, other)
    return _in_order(kept.and_(*extra))


def _extra_rows(rows: Rows, fate: Numbers, delay: Numbers, other: Numbers) -> list[Rows]:
    """1 % corrected, a fifth of it by taking back, a tenth of it corrected once more; 0.5 %
    observed twice on one day.
    """

    def again(chosen: Truths, letter: int, later: int, taken_back: Truths) -> Rows:
        before = rows.of(chosen)
        # A measure observed twice says the same twice: intake refuses anything else.
        by = np.zeros_like(before.value) if letter == TWICE else other[chosen] + letter
        value = _changed(before, by)
        return rows.of(
            chosen,
            letter=np.full(int(chosen.sum()), letter),
            recorded=rows.recorded[chosen] + later * delay[chosen],
            value=np.where(taken_back[chosen], 0, value),
            withdrawn=taken_back[chosen],
        )

    corrected = (fate >= 30) & (fate < 50)
    nothing = np.zeros(len(fate), dtype=np.bool_)
    return [
        again(corrected, CORRECTION, 1, fate >= 46),
        again(corrected & (fate < 32), SECOND_CORRECTION, 2, nothing),
        again((fate >= 50) & (fate < 60), TWICE, 0, nothing),
    ]


def _changed(rows: Rows, by: Numbers) -> Numbers:
    """Other values of the same metrics: a yes becomes a no, an attended session a missed one."""
    value = np.where(rows.value == 0, 1, 0)
    for number, slot in enumerate(SLOTS):
        if slot.metric in SCALES:
            here, scale = rows.slot == number, SCALES[slot.metric]
            value[here] = np.clip(rows.value[here] + by[here], scale.low, scale.high)
    return np.asarray(value, dtype=np.int64)


def _values(draws: Draws, children: int) -> Numbers:
    """The value of every slot and child: (slot, child)."""
    begins = {name: draws.around(one.begins, one.begins_within) for name, one in SCALES.items()}
    gains = {name: draws.around(one.gains, one.gains_within) for name, one in SCALES.items()}
    misses = draws.child(45)
    found = np.empty((len(SLOTS), children), dtype=np.int64)
    for number, slot in enumerate(SLOTS):
        drawn = draws.child(100)
        if slot.metric in SCALES:
            scale = SCALES[slot.metric]
            value = begins[slot.metric] + slot.stage * gains[slot.metric] // 2 + drawn % 3 - 1
            found[number] = np.clip(value, scale.low, scale.high)
        elif slot.metric == "specialist":
            found[number] = drawn < misses  # the marks are attended and missed, in this order
        else:
            found[number] = drawn >= (1 if slot.metric == "link_worker" else 5)
    return found


def _in_order(rows: Rows) -> Rows:
    metric = np.array([METRICS.index(slot.metric) for slot in SLOTS])[rows.slot]
    key = (rows.child * 16 + metric) * 2**16 + rows.observed
    key = (key * 2**16 + rows.recorded) * 2**8 + rows.slot * 4 + rows.letter
    return rows.of(np.argsort(key))


def _observations_table(first: int, rows: Rows) -> pa.Table:
    metrics = pa.array([slot.metric for slot in SLOTS]).take(pa.array(rows.slot))
    number = (rows.child + first) * 100 + rows.slot
    plain = rows.letter % TWICE == PLAIN  # what was observed twice replaces nothing
    nothing = pa.scalar(None, pa.string())
    columns = [
        _references(number, rows.letter, metrics),
        _ids("P", rows.child + first, 7),
        metrics,
        pa.array(rows.value),
        _days(rows.observed),
        _days(rows.recorded),
        pa.nulls(len(number), pa.string()),
        pa.nulls(len(number), pa.string()),
        pc.if_else(pa.array(plain), nothing, _references(number, rows.letter - ~plain, metrics)),
        pc.if_else(pa.array(rows.withdrawn), "withdrawn", "recorded"),
        *_place(len(number), first * len(SLOTS)),
    ]
    return pa.Table.from_arrays(columns, schema=OBSERVATIONS_SCHEMA)


def _references(number: Numbers, letter: Numbers, metrics: pa.Array) -> pa.Array:
    """Ids as a workbook gives them: the row's reference, and the metric."""
    letters = pa.array(LETTERS).take(pa.array(letter))
    references = pc.binary_join_element_wise(_ids("R", number, 9), letters, "")
    return pc.binary_join_element_wise(references, metrics, "/")


def _ids(kind: str, numbers: Numbers, digits: int) -> pa.Array:
    padded = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), digits, "0")
    return pc.binary_join_element_wise(kind, padded, "")


def _days(numbers: Numbers) -> pa.Array:
    return pc.cast(pa.array(numbers.astype(np.int32)), pa.date32())


def _place(count: int, first: int) -> list[pa.Array]:
    rows = pa.array(np.arange(first + 1, first + 1 + count, dtype=np.int32))
    return [pa.repeat("", count), pa.repeat("generated", count), rows]
