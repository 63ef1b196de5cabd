"""Whether rows that stay where they are may disagree with each other, found in one look at each: of
every row the engine gives its reference and a few numbers, some thousand rows at a time.

Takes  rows of which none is faulty by itself, but for its reference.
Keeps  that nothing is held to be in order by a hash alone: what has the same hash is doubtful, and
       what is replaced must be there to the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from impactbond.evidence.deliveries import STATUSES, WITHDRAWN
from impactbond.evidence.external_columns import Reading
from impactbond.evidence.external_rules import NOT_IN_BLANKS, SPACES, RowCheck
from impactbond.evidence.repeated_hashes import Hashes, Places, RepeatedHashes, places_of
from impactbond.tables import EngineSession

MOST_REPLACED = 10_000_000  # held in memory; of more, rows are compared by the engine
_FIRST_SEEN, _LAST_SEEN = ord("!"), ord("~")  # the signs that every spelling has, and no space
_WITHDRAWN = STATUSES.index(WITHDRAWN)
# Two marks for each hash, each at the place that some of its bits say: few others have both.
_MARKS = ((2**22, np.uint64(42)), (2**24, np.uint64(10)))


def may_disagree(
    session: EngineSession, reading: Reading, checks: Sequence[RowCheck], count: int
) -> bool:
    """Whether a reference may be faulty, repeat, or lead nowhere or in a circle, or rows about one
    thing contradict each other; `count` is how many rows there are. For DuckDB.
    """
    replaced = _ReplacedReferences.of(session, reading, checks)
    if replaced is None:
        return True
    rows = _RowsSeen(reading, replaced)
    for batch in session.batches(rows.query(checks)):
        if rows.is_doubtful(batch):
            return True
    if rows.has_other_signs and _has_other_spelling(session, reading, checks):
        return True
    return rows.count != count or rows.disagree()


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
        own = [f"({one.condition})" for one in checks if is_of_replaced(one)]
        wrong = f"coalesce({' OR '.join([*own, 'FALSE'])}, FALSE)"
        found = session.query(
            f"SELECT {text} AS text, {reading.dialect.hashed(text)} AS h, {wrong} AS wrong"
            f" FROM {reading.table} WHERE {text} <> '' LIMIT {MOST_REPLACED + 1}"
        )
        if len(found) > MOST_REPLACED or pc.any(found["wrong"]).as_py():
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
        """Which of some references are replaced, to the letter."""
        if not len(self.hashes):
            return np.empty(0, np.intp)
        first, second = self.marks
        near = places_of(first, _marked(hashes, 0))
        near = near[places_of(second, _marked(hashes[near], 1))]
        held = np.minimum(np.searchsorted(self.hashes, hashes[near]), len(self.hashes) - 1)
        is_held = self.hashes[held] == hashes[near]
        near, held = near[is_held], held[is_held]
        same = pc.equal(texts.take(pa.array(near)), self.texts.take(pa.array(held)))
        found: Places = near[same.to_numpy(zero_copy_only=False)]
        return found


def _marked(hashes: Hashes, place: int) -> Hashes:
    many, shift = _MARKS[place]
    return (hashes >> shift) & np.uint64(many - 1)


def is_of_replaced(check: RowCheck) -> bool:
    """Whether a check is made here, of those that are replaced alone."""
    return check.column == "supersedes" and check.refusal in NOT_IN_BLANKS


class _RowsSeen:
    """What has been seen of the rows so far."""

    def __init__(self, reading: Reading, replaced: _ReplacedReferences) -> None:
        self._reading, self._replaced = reading, replaced
        self._references, self._alike, self._placed = (RepeatedHashes() for _ in range(3))
        self._replacing: list[tuple[Hashes, Hashes]] = []
        self._found = self._replacing_rows = self.count = 0
        self.has_other_signs = False
        metrics = list(reading.contract.metrics.values())
        self._once_a_day = np.array([one.one_a_day for one in metrics], np.bool_)
        self._in_slots = np.array([bool(one.slot_names) for one in metrics], np.bool_)

    def query(self, checks: Sequence[RowCheck]) -> str:
        """The query for the columns that are looked at. Little is computed: what is taken as it is
        delivered costs an engine least.
        """
        reading = self._reading
        reference, supersedes = reading.text("observation"), reading.text("supersedes")
        hashed, metric = reading.dialect.hashed, reading.text("metric")
        keys = (reading.text("participant"), metric, reading.column("observed_on"))
        own = {one.refusal: one.condition for one in checks if one.column == "observation"}
        others = [f"({condition})" for refusal, condition in own.items() if refusal != SPACES]
        wrong = f"coalesce({' OR '.join(others)}, FALSE)"
        if SPACES in own:
            # Most begin with a letter, and of those nothing else is left to ask.
            # Letters come after all signs that a faulty reference could begin with.
            wrong = f"CASE WHEN {reading.raw('observation')} >= '>' THEN FALSE ELSE {wrong} END"
        columns = {
            "reference": reference,
            "h": hashed(reference),
            "wrong": wrong,
            "replaces": f"CASE WHEN {supersedes} <> '' THEN {hashed(supersedes)} END",
        }
        if self._once_a_day.any() or self._in_slots.any():
            columns["metric"] = reading.dialect.place(metric, list(reading.contract.metrics))
            columns["status"] = reading.status_place()
            columns["value"] = reading.column("value")
            columns["alike"] = hashed(*keys)
        if self._in_slots.any():
            columns["placed"] = hashed(*keys, reading.slot())
        named = ", ".join(f"{query} AS {name}" for name, query in columns.items())
        return f"SELECT {named} FROM {reading.table}"

    def is_doubtful(self, batch: pa.RecordBatch) -> bool:
        """Takes some rows; whether any of their references is faulty by itself."""
        references = batch["reference"]
        if references.null_count or pc.any(batch["wrong"]).as_py():
            return True
        self.has_other_signs = self.has_other_signs or _has_others(references)
        self.count += len(batch)
        hashes = batch["h"].to_numpy()
        self._references.put(hashes)
        replaced = self._replaced.among(hashes, references)
        self._found += len(replaced)
        replaces = batch["replaces"]
        self._replacing_rows += len(replaces) - replaces.null_count
        # Rows lead in a circle only where each is replaced, and replaces one.
        # Only those that are in both roles can close a circle; there are few.
        both = replaces.take(pa.array(replaced))
        others = both.is_valid().to_numpy(zero_copy_only=False)
        self._replacing.append((hashes[replaced[others]], both.drop_null().to_numpy()))
        if "alike" in batch.schema.names:
            self._take_measures(batch, replaced)
        return False

    def _take_measures(self, batch: pa.RecordBatch, replaced: Places) -> None:
        metric, status = (batch[name].to_numpy() for name in ("metric", "status"))
        stands = status != _WITHDRAWN
        # What is replaced contradicts nothing: its correction stands in its place.
        stands[replaced] = False
        here = np.flatnonzero(self._once_a_day.take(metric) & stands)
        # Evaluated only where it stands, and a row that stands has a value.
        value = batch["value"].fill_null(0).to_numpy()  # some have none, of those withdrawn
        self._alike.put(batch["alike"].to_numpy()[here], value[here])
        if "placed" in batch.schema.names:
            there = np.flatnonzero(self._in_slots.take(metric) & stands)
            self._placed.put(batch["placed"].to_numpy()[there])

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


def _has_others(texts: pa.Array) -> bool:
    """Whether any text holds a sign that not every spelling has, or a space."""
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, ends, signs = texts.buffers()
    if signs is None:
        return False
    edges = np.frombuffer(ends, width)[texts.offset : texts.offset + len(texts) + 1]
    # From the first to the last byte of the texts as they lie in memory: no text is made.
    seen = np.frombuffer(signs, np.uint8)[edges[0] : edges[-1]]
    return bool(len(seen)) and bool(seen.min() < _FIRST_SEEN or seen.max() > _LAST_SEEN)


def _has_other_spelling(
    session: EngineSession, reading: Reading, checks: Sequence[RowCheck]
) -> bool:
    own = [one for one in checks if one.column == "observation" and one.refusal == SPACES]
    wrong = " OR ".join(["FALSE", *(f"({one.condition})" for one in own)])
    query = f"SELECT count(CASE WHEN {wrong} THEN 1 END) AS rows FROM {reading.table}"
    return bool(session.query(query)["rows"][0].as_py())
