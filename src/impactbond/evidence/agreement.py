"""The observations that rows state, checked against each other: repeats are kept once,
contradictions are refused on every side, and a row that replaces another has to lead to one that
was delivered.

Of a large delivery nearly every row is in order: rows are looked at as columns of numbers, and one
by one only where something is wrong with them, or where one replaces another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.evidence.coded_cells import OneNumbering, joined
from impactbond.evidence.delivered_references import References
from impactbond.evidence.deliveries import RECORDED, WITHDRAWN, Block, Columns, day_numbers
from impactbond.evidence.observation_ids import ids_of, moment, told
from impactbond.evidence.refusals import (
    CONTRADICTORY_VALUES,
    REFERENCE_REUSED,
    SLOT_TWICE,
    Refusal,
    Refused,
)
from impactbond.numbering import row_numbers
from impactbond.terms.sheets import EACH_ROW

Places = NDArray[np.int64]
_TEXTS = ("participant", "source", "evidence_ref", "replaces", "slot", "status")
_STATUS = _TEXTS.index("status")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StatedRows:
    """What rows of a block state of a metric: at which places they stand, the value by place, and
    which take back what a row before them stated. A slot beside a metric that has none is dropped:
    it would tell apart what is the same.
    """

    block: Block
    columns: Columns
    metric: str
    has_slots: bool
    places: Places
    values: NDArray[np.int64]
    taken_back: NDArray[np.bool_]

    def names(self) -> pa.Array:
        """What each observation is called: by its row's reference, or by what its row says."""
        before, after = self.block.beside_reference(self.metric)
        ref = self.columns["ref"]
        codes = ref.codes[self.places]
        text = pa.string()
        refs = pa.array(ref.held, text).take(pa.array(codes))
        names = pc.binary_join_element_wise(*(pa.scalar(before), refs, pa.scalar(after)), "")
        nameless = codes == 0
        if nameless.any():
            ids = ids_of(*self._said(self.places[nameless]))
            names = pc.replace_with_mask(names, pa.array(nameless), pa.array(ids, text))
        return names

    def _said(self, places: Places) -> tuple[list[list[str]], list[str]]:
        """What rows say, part by part, and the slot of each."""
        columns, days = self.columns, self.block.coded("observed_on")
        # Rows without references at other times of one day are other events.
        pairs = zip(days.held, columns["observed_on"].held, strict=True)
        moments = [None if day is None else moment(cell, day) for cell, day in pairs]

        def of(name: str, held: Sequence[object]) -> list[str]:
            return list(told(held)[columns[name].codes[places]].tolist())

        status = of("status", [one or RECORDED for one in columns["status"].held])
        for at in np.flatnonzero(self.taken_back[places]).tolist():
            status[at] = told([WITHDRAWN])[0]
        parts = [
            of("participant", columns["participant"].held),
            told([self.metric]).tolist() * len(places),
            of("observed_on", moments),
            of("recorded_on", columns["recorded_on"].held),
            told(self.values[places].tolist()).tolist(),
            *(of(name, columns[name].held) for name in ("source", "evidence_ref", "replaces")),
            status,
        ]
        return parts, of("slot", columns["slot"].held)


@dataclass(frozen=True, eq=False, repr=False)
class Observations:
    """Observations as columns: their names; what texts say, each by its code in `held`; days by
    number; which of `stated` each is of, at which place, and in which row of its sheet.
    `supersedes` has the name of what some replace.
    """

    stated: Sequence[StatedRows]
    held: Mapping[str, Sequence[Any]]
    codes: Mapping[str, NDArray[np.int32]]
    names: pa.Array
    of: NDArray[np.int64]
    places: Places
    rows: NDArray[np.int32]
    values: NDArray[np.int64]
    observed_on: NDArray[np.int32]
    recorded_on: NDArray[np.int32]
    supersedes: Mapping[int, str]

    @classmethod
    def all_of(cls, stated: Sequence[StatedRows]) -> Observations:
        """Everything that is stated, one after the other."""
        # One numbering for all blocks: the codes of one say nothing of the texts of another, and
        # rows of two sheets can be the same observation.
        told = {name: OneNumbering() for name in _TEXTS}
        status = told["status"]
        recorded, withdrawn = status.codes([RECORDED, WITHDRAWN]).tolist()
        parts: dict[str, list[NDArray[np.int32]]] = {name: [] for name in _TEXTS}
        for one in stated:
            for name in _TEXTS:
                column = one.columns[name]
                if name == "slot" and not one.has_slots:
                    parts[name].append(np.zeros(len(one.places), np.int32))
                    continue
                parts[name].append(told[name].codes(column.held)[column.codes[one.places]])
            last = parts["status"][-1]
            last[last == 0] = recorded
            last[one.taken_back[one.places]] = withdrawn
        counts = [len(one.places) for one in stated]
        return cls(
            stated=stated,
            held={name: one.held for name, one in told.items()},
            codes={name: joined(some).astype(np.int32) for name, some in parts.items()},
            names=pa.concat_arrays([pa.array([], pa.string()), *(one.names() for one in stated)]),
            of=np.repeat(np.arange(len(stated)), counts),
            places=joined(one.places for one in stated),
            rows=joined(np.array(one.block.rows, np.int32)[one.places] for one in stated),
            values=joined(one.values[one.places] for one in stated),
            observed_on=joined(_days(one, "observed_on") for one in stated),
            recorded_on=joined(_days(one, "recorded_on") for one in stated),
            supersedes={},
        )

    @cached_property
    def called(self) -> list[str]:
        """Their names, one by one."""
        return list(self.names.to_pylist())

    def text(self, name: str, at: int) -> str | None:
        """What a text column says at a place."""
        said: str | None = self.held[name][self.codes[name][at]]
        return said

    def where(self, at: int) -> tuple[Block, int, str]:
        """The block, the place in it and the metric of one of them."""
        stated = self.stated[self.of[at]]
        return stated.block, int(self.places[at]), stated.metric

    def refused(self, at: int, refusal: Refusal) -> Refused:
        """The cell of its value, refused; its participant's where it has no cell of its own."""
        block, place, metric = self.where(at)
        column = "participant" if block.heading(metric) == EACH_ROW else metric
        return block.refused(place, column, refusal)

    def by_stated(self, of_each: Callable[[StatedRows], int]) -> NDArray[np.int64]:
        """For each, a number of the rows that state it."""
        return np.fromiter(map(of_each, self.stated), np.int64, len(self.stated))[self.of]

    def content(self, at: int) -> tuple[object, ...]:
        """What one of them says, without where it stands."""
        said = (codes[at] for codes in self.codes.values())
        days = (self.observed_on[at], self.recorded_on[at])
        return (self.stated[self.of[at]].metric, self.values[at], *days, *said)


def _days(stated: StatedRows, name: str) -> NDArray[np.int32]:
    return day_numbers(stated.columns[name])[stated.places]


def agreeing(
    stated: Sequence[StatedRows], contract: Contract, references: References
) -> tuple[Observations, list[Refused], int]:
    """The observations without repeats, reused references and contradictory values, in order; what
    was refused; and how many repeat.
    """
    found = Observations.all_of(stated)
    stands, reused = _each_once(found)
    refused = []
    for at in np.flatnonzero(reused).tolist():
        block, place, _ = found.where(at)
        refused.append(block.refused(place, "ref", REFERENCE_REUSED))
    repeated = len(stands) - int(np.count_nonzero(stands)) - len(refused)
    metrics = {name: place for place, name in enumerate(sorted(contract.metrics))}
    metric = found.by_stated(lambda one: metrics[one.metric])
    replacing = np.flatnonzero(found.codes["replaces"] > 0).tolist()
    first = np.flatnonzero(stands).tolist() if replacing else ()
    standing = {found.called[at]: at for at in first}
    # Once a row is refused it replaces nothing any more: what it had replaced stands again, and may
    # contradict others in its turn.
    while True:
        supersedes: dict[int, str] = {}
        for at in replacing:
            if stands[at]:
                block, _, name = found.where(at)
                replaced = found.text("replaces", at)
                assert replaced is not None
                supersedes[at] = references.superseded(block, replaced, name, standing)
        live = stands.copy()
        live[[standing[name] for name in supersedes.values() if name in standing]] = False
        contradictory = list(_contradictory(found, contract, live, metric))
        if not contradictory:
            break
        for at, refusal in contradictory:
            refused.append(found.refused(at, refusal))
            stands[at] = False
            standing.pop(found.called[at], None)
    return _in_order(found, np.flatnonzero(stands), metric, supersedes), refused, repeated


def _each_once(found: Observations) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which stand, the first of their names, none of which is reused; and which names are."""
    count = len(found.names)
    stands, reused = np.ones(count, bool), np.zeros(count, bool)
    alike = found.names.dictionary_encode()
    if len(alike.dictionary) == count:
        return stands, reused
    codes = alike.indices.to_numpy()
    several = np.flatnonzero(np.bincount(codes)[codes] > 1).tolist()
    first: dict[int, int] = {}
    for at in several:
        other = first.setdefault(codes[at], at)
        if other != at:
            stands[at] = False
            # The same reference saying the same is a repeat; saying something else, nobody knows
            # which is meant, and all of them are refused.
            if found.content(at) != found.content(other):
                reused[other] = True
    reused[several] = [reused[first[codes[at]]] for at in several]
    return stands & ~reused, reused


def _contradictory(
    found: Observations, contract: Contract, live: NDArray[np.bool_], metric: Places
) -> Iterator[tuple[int, Refusal]]:
    """Those that no other replaces and that differ about a participant, measure and day; with
    slots, all that are about the same one: were two alike to stand, a session would count twice.
    """
    wrong = {name: CONTRADICTORY_VALUES for name, one in contract.metrics.items() if one.one_a_day}
    wrong |= {name: SLOT_TWICE for name, one in contract.metrics.items() if one.slot_names}
    asked = found.by_stated(lambda one: one.metric in wrong) > 0
    status = found.codes["status"]
    withdrawn = found.held["status"].index(WITHDRAWN)
    places = np.flatnonzero(live & asked & (status != withdrawn))
    columns = (found.codes["participant"], metric, found.observed_on, found.codes["slot"])
    measured = row_numbers(column[places] for column in columns)
    order = np.argsort(measured, kind="stable")
    places, measured = places[order], measured[order]
    begins = np.flatnonzero(np.diff(measured, prepend=-1))
    if not begins.size:
        return
    values, counts = found.values[places], np.diff(begins, append=len(places))
    differs = np.minimum.reduceat(values, begins) != np.maximum.reduceat(values, begins)
    # Rows alike say the same twice and harm nobody, except of a slot.
    once = found.by_stated(lambda one: wrong.get(one.metric) is SLOT_TWICE)[places[begins]] > 0
    for group in np.flatnonzero(differs | (once & (counts > 1))).tolist():
        for at in places[begins[group] : begins[group] + counts[group]].tolist():
            yield at, wrong[found.where(at)[2]]


def _in_order(
    found: Observations, places: Places, metric: Places, supersedes: Mapping[int, str]
) -> Observations:
    """Those that stand: by participant, metric, day observed, day recorded and name."""
    people = found.held["participant"]
    ranks = np.zeros(len(people), np.int64)
    ranks[sorted(range(1, len(people)), key=lambda code: people[code] or "")] = range(
        len(people) - 1
    )
    columns = (ranks[found.codes["participant"]], metric, found.observed_on, found.recorded_on)
    keys = row_numbers(column[places] for column in columns)
    order = np.argsort(keys, kind="stable")
    ordered: Places = places[order]
    begins = np.flatnonzero(np.diff(keys[order], prepend=-1))
    counts = np.diff(begins, append=len(ordered))
    for begin, count in zip(begins[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True):
        same = ordered[begin : begin + count].tolist()
        ordered[begin : begin + count] = sorted(same, key=found.called.__getitem__)
    told = dict(zip(ordered.tolist(), range(len(ordered)), strict=True)) if supersedes else {}
    return Observations(
        stated=found.stated,
        held=found.held,
        codes={name: codes[ordered] for name, codes in found.codes.items()},
        names=found.names.take(pa.array(ordered)),
        of=found.of[ordered],
        places=found.places[ordered],
        rows=found.rows[ordered],
        values=found.values[ordered],
        observed_on=found.observed_on[ordered],
        recorded_on=found.recorded_on[ordered],
        supersedes={told[at]: name for at, name in supersedes.items()},
    )
