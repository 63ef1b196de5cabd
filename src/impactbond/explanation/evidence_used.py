"""The rows of evidence that a condition relied on, and those left aside, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.evaluation.fact_requests import counted_value
from impactbond.explanation.participant_view import ParticipantView
from impactbond.explanation.parts import EvidenceRow
from impactbond.explanation.words import EvidenceUsed, sheet_words, shown_value
from impactbond.terms.conditions import (
    Absence,
    Count,
    Crosses,
    Improves,
    Leaf,
    Level,
    Observed,
    Share,
    Stays,
    Sustained,
    Total,
    Travels,
    metric_of,
    metrics_of,
    windows_of,
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class EvidenceArchive:
    """Every row about one participant, those recorded after the claim date too, by its id."""

    contract: Contract
    known_by: date
    rows: Mapping[str, Row]

    @classmethod
    def of(cls, contract: Contract, known_by: date, observations: pa.Table) -> EvidenceArchive:
        """The archive of a participant's observations."""
        return cls(
            contract, known_by, {row["observation"]: row for row in observations.to_pylist()}
        )

    def shown(self, observation: str, taken_as: str) -> EvidenceRow:
        """One row, as it is shown."""
        row = self.rows[observation]
        metric, replaced = row["metric"], row["supersedes"]
        is_withdrawn = row["status"] == "withdrawn"
        return EvidenceRow(
            observation=observation,
            metric=metric,
            value="withdrawn" if is_withdrawn else shown_value(self.contract, metric, row["value"]),
            observed_on=row["observed_on"],
            recorded_on=row["recorded_on"],
            file=row["file"],
            sheet=row["sheet"],
            row=row["row"],
            evidence_ref=row["evidence_ref"],
            source=row["source"],
            replaces=self._place(replaced, row) if replaced else None,
            is_known=row["recorded_on"] <= self.known_by,
            taken_as=taken_as,
        )

    def recorded_between(
        self, after: date, until: date, looked_at: Iterable[tuple[str, date, date]]
    ) -> list[EvidenceRow]:
        """The rows recorded after one day and by another, of some metrics in some windows."""
        places = list(looked_at)
        return self._in_order(
            self.shown(name, f"recorded since {after}")
            for name, row in self.rows.items()
            if after < row["recorded_on"] <= until
            and any(
                row["metric"] == metric and first <= row["observed_on"] <= last
                for metric, first, last in places
            )
        )

    def left_aside(self, seen: ParticipantView, leaf: Leaf | Absence) -> list[EvidenceRow]:
        """The rows of a leaf's metric, observed in its windows, that the engine did not look at."""
        windows = [seen.window(name) for name in windows_of(leaf)]
        live = {row["observation"] for row in seen.live}
        return self._in_order(
            self.shown(name, self._why_aside(seen, row))
            for name, row in self.rows.items()
            if row["metric"] in metrics_of(leaf)
            and name not in live
            and any(first <= row["observed_on"] <= last for first, last in windows)
        )

    def _why_aside(self, seen: ParticipantView, row: Row) -> str:
        if row["recorded_on"] > self.known_by:
            return f"recorded after the claim date {self.known_by}"
        for other in self.rows.values():
            if other["supersedes"] == row["observation"] and other["recorded_on"] <= self.known_by:
                return f"replaced by {self._place(other['observation'], row)}"
        if row["status"] == "withdrawn":
            return "takes back the row that it replaces"
        if row["status"] == "disputed" and seen.basis.undisputed:
            return "in dispute"
        within = self.contract.calendar.evidence.within
        deadline = within.after(row["observed_on"])
        return f"late: recorded after {deadline}, {within} after the day that it speaks of"

    def _place(self, observation: str, beside: Row) -> str:
        """Where a row stands, as seen from another: `row 12` in the same sheet."""
        row = self.rows.get(observation)
        if row is None:
            return "a row that is not there"
        is_same = (row["file"], row["sheet"]) == (beside["file"], beside["sheet"])
        place = "" if is_same else f"{sheet_words(row['file'], row['sheet'])}, "
        return f"{place}row {row['row'] or observation}"

    @staticmethod
    def _in_order(rows: Iterable[EvidenceRow]) -> list[EvidenceRow]:
        return sorted(rows, key=lambda row: (row.observed_on, row.recorded_on, row.observation))


def look(seen: ParticipantView, leaf: Leaf) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    """What the engine looked at for a leaf, and each row relied on with what it was taken as."""
    match leaf:
        case Observed():
            return _observed(seen, leaf)
        case Count():
            return _count(seen, leaf)
        case Share():
            return _share(seen, leaf)
        case Level():
            return _level(seen, leaf)
        case Improves() | Crosses():
            return _between(seen, leaf)
        case Total():
            return _total(seen, leaf)
        case Stays():
            return _stays(seen, leaf)
        case Sustained():
            return _sustained(seen, leaf)
        case Travels():
            return _travels(seen, leaf)


def look_for(seen: ParticipantView, leaf: Absence) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    """What the engine looked at for an absence itself."""
    value = counted_value(seen.contract, leaf.absence, leaf.marked)
    every = seen.rows(seen.plan.fact("recorded", leaf.absence, leaf.window))
    counted = seen.rows(seen.plan.fact("rows", leaf.absence, leaf.window, value))
    return EvidenceUsed(_windows(seen, leaf), every, counted), _marked(every, counted)


def _total(seen: ParticipantView, leaf: Total) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    every = seen.rows(seen.plan.fact("rows", leaf.total, leaf.window))
    on = seen.on(leaf)
    relied = [row for row in every if on is None or row["observed_on"] <= on]
    return EvidenceUsed(_windows(seen, leaf), every, on=on), _named(relied, "counts")


def _stays(seen: ParticipantView, leaf: Stays) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    rows = seen.rows(seen.plan.fact("recorded", leaf.state, leaf.window))
    days = [row["observed_on"] for row in rows]
    day = (min if leaf.pick == "first" else max)(days, default=None)
    held = max((row["pack"] for row in rows if row["observed_on"] == day), default=None)
    picked = [row for row in rows if row["pack"] == held]
    looked = EvidenceUsed(_windows(seen, leaf), rows, after=_first_of(picked), on=seen.on(leaf))
    return looked, _named(picked, leaf.pick)


def _sustained(
    seen: ParticipantView, leaf: Sustained
) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    """The rows that tell of a day in the window: the last one before it, and the first after."""
    first, last = seen.window(leaf.window)
    metric = seen.plan.metrics.index(leaf.sustained)
    rows = [row for row in seen.live if row["metric"] == metric]
    before = max((row["observed_on"] for row in rows if row["observed_on"] < first), default=None)
    after = min((row["observed_on"] for row in rows if row["observed_on"] > last), default=None)
    told = [
        row
        for row in sorted(rows, key=lambda row: row["pack"])
        if first <= row["observed_on"] <= last or row["observed_on"] in (before, after)
    ]
    is_seen = any(row["observed_on"] != after for row in told) and (
        after is not None or any(row["observed_on"] >= first for row in told)
    )
    told = told if is_seen else []
    on = seen.on(leaf)
    looked = EvidenceUsed(_windows(seen, leaf), told, on=on, days=(first, last))
    return looked, _named(told, "state")


def _travels(seen: ParticipantView, leaf: Travels) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    first, last = leaf.between
    pairs: dict[str, tuple[Row | None, Row | None]] = {}
    relied: list[tuple[str, str]] = []
    for metric in leaf.travels:
        before = _picked(seen, "first", metric, first)
        after = _picked(seen, "last", metric, last)
        pairs[metric] = (_first_of(before), _first_of(after))
        relied += [*_named(before, f"first in '{first}'"), *_named(after, f"last in '{last}'")]
    return EvidenceUsed(_windows(seen, leaf), on=seen.on(leaf), pairs=pairs), relied


def _observed(seen: ParticipantView, leaf: Observed) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    on = seen.on(leaf)
    every = seen.rows(seen.plan.fact("rows", leaf.observed, leaf.window))
    yes = seen.rows(seen.plan.fact("first_day", leaf.observed, leaf.window, 1))
    relied = [row for row in yes if on is not None and _is_on(row, on)] or every
    looked = EvidenceUsed(_windows(seen, leaf), every, yes, on=on)
    return looked, _named(relied, "met" if on is not None else "no")


def _count(seen: ParticipantView, leaf: Count) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    value = counted_value(seen.contract, leaf.count, leaf.marked)
    every = seen.rows(seen.plan.fact("rows", leaf.count, leaf.window))
    counted = seen.rows(seen.plan.fact("nth_day", leaf.count, leaf.window, value, leaf.at_least))
    needed = {row["observation"] for row in counted[: leaf.at_least]}
    relied = [row for row in every if row["observation"] in needed] if seen.on(leaf) else every
    looked = EvidenceUsed(_windows(seen, leaf), every, counted, on=seen.on(leaf))
    return looked, _marked(relied, counted)


def _share(seen: ParticipantView, leaf: Share) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    value = counted_value(seen.contract, leaf.share, leaf.marked)
    every = seen.rows(seen.plan.fact("rows", leaf.share, leaf.window))
    counted = seen.rows(seen.plan.fact("rows", leaf.share, leaf.window, value))
    looked = EvidenceUsed(_windows(seen, leaf), every, counted, on=seen.on(leaf))
    return looked, _marked(every, counted)


def _level(seen: ParticipantView, leaf: Level) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    windows, on = _windows(seen, leaf), seen.on(leaf)
    every = seen.rows(seen.plan.fact("recorded", leaf.level, leaf.window))
    if leaf.pick == "mean":
        last = _picked(seen, "last", leaf.level, leaf.window)
        return EvidenceUsed(windows, every, after=_first_of(last), on=on), _named(every, "counts")
    picked = (
        _best(seen, leaf, every)
        if leaf.pick == "best"
        else _picked(seen, leaf.pick, leaf.level, leaf.window)
    )
    return EvidenceUsed(windows, picked, after=_first_of(picked), on=on), _named(picked, leaf.pick)


def _best(seen: ParticipantView, leaf: Level, rows: Sequence[Row]) -> list[Row]:
    measure = seen.plan.measure(leaf.level)
    sign = 1 if measure.better == "higher" else -1
    best = max((sign * row["value"] for row in rows), default=None)
    found = [row for row in rows if sign * row["value"] == best]
    return [row for row in found if row["observed_on"] == found[0]["observed_on"]]


def _between(
    seen: ParticipantView, leaf: Improves | Crosses
) -> tuple[EvidenceUsed, list[tuple[str, str]]]:
    metric, (first, last) = metric_of(leaf), leaf.between
    before = _picked(seen, "first", metric, first)
    after = _picked(seen, "last", metric, last)
    looked = EvidenceUsed(
        _windows(seen, leaf),
        [*before, *after],
        before=_first_of(before),
        after=_first_of(after),
        on=seen.on(leaf),
    )
    return looked, [*_named(before, f"first in '{first}'"), *_named(after, f"last in '{last}'")]


def _picked(seen: ParticipantView, pick: str, metric: str, window: str) -> list[Row]:
    """The row that is first or last in a window, with any that say the same on the same days."""
    rows = seen.rows(seen.plan.fact("first" if pick == "first" else "last", metric, window))
    packs = [row["pack"] for row in rows]
    chosen = min(packs, default=None) if pick == "first" else max(packs, default=None)
    return [row for row in rows if row["pack"] == chosen]


def _first_of(rows: Sequence[Row]) -> Row | None:
    return rows[0] if rows else None


def _is_on(row: Row, day: date) -> bool:
    return bool(row["observed_on"] == day)


def _named(rows: Iterable[Row], taken_as: str) -> list[tuple[str, str]]:
    return [(row["observation"], taken_as) for row in rows]


def _marked(rows: Iterable[Row], counted: Iterable[Row]) -> list[tuple[str, str]]:
    counts = {row["observation"] for row in counted}
    return [
        (row["observation"], "counts" if row["observation"] in counts else "does not count")
        for row in rows
    ]


def _windows(seen: ParticipantView, leaf: Leaf | Absence) -> list[str]:
    return [str(seen.window_days(name)) for name in windows_of(leaf)]
