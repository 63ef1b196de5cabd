"""The plain reference of conditions: what one participant's rows say of each, in loops.

To be read beside the paper contract; it shares no code with the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.terms.conditions import Condition
from impactbond.terms.conditions.counts import Absence, Count, Observed, Total
from impactbond.terms.conditions.junctions import All, AnyOf, AtLeast, Not
from impactbond.terms.conditions.reaches import Reaches
from impactbond.terms.conditions.scales import Crosses, Improves, Level, Travels
from impactbond.terms.conditions.shares import Share
from impactbond.terms.conditions.states import Stays, Sustained
from impactbond.terms.metrics.choices import Event
from impactbond.terms.metrics.choices import State as StateMetric
from impactbond.terms.metrics.numbers import Percentage, Quantity, Score
from impactbond.terms.metrics.sessions import Session
from impactbond.terms.phrases import Threshold

Row = Mapping[str, Any]
Rows = Sequence[Row]
ONE_DAY = timedelta(days=1)


class State(Enum):
    """What evidence says of a condition."""

    MET = "met"
    NOT_EVIDENCED = "not evidenced"
    NOT_MET = "not met"


@dataclass(frozen=True)
class Finding:
    """What evidence says of one condition: its state, the day it was met, the last day to tell,
    and whether it is known not to hold, which is more than not being met by what is recorded.
    """

    state: State
    on: date | None
    due: date
    refuted: bool = False


@dataclass(frozen=True)
class At:
    """One participant: the contract, the day of the start, and the rows."""

    contract: Contract
    started_on: date
    rows: Rows

    def seen(self, metric: str, window: str) -> list[Row]:
        return rows_in(metric, self.contract.windows[window].days(self.started_on), self.rows)

    def due(self, window: str) -> date:
        return self.contract.windows[window].days(self.started_on)[1]

    def counting(self, metric: str, marks: Sequence[str], window: str) -> list[Row]:
        return counting(self.contract, metric, marks, self.seen(metric, window))

    def possible(self, metric: str, left_out: Sequence[str], window: str) -> list[Row]:
        seen = self.seen(metric, window)
        terms = self.contract.metrics[metric]
        return [row for row in seen if not (left_out and is_marked(terms, left_out, row))]

    def ends(self, metric: str, between: Sequence[str]) -> tuple[Row | None, Row | None]:
        early, late = between
        first, last = pick("first", self.seen(metric, early)), pick("last", self.seen(metric, late))
        # One record is no change, and one older than the first is none since.
        if first and last and last["observed_on"] <= first["observed_on"]:
            last = None
        return first, last

    def found(self, parts: Sequence[Condition]) -> list[Finding]:
        return [find(self.contract, part, self.started_on, self.rows) for part in parts]


def find(contract: Contract, condition: Condition, started_on: date, rows: Rows) -> Finding:
    """What one participant's rows say of a condition."""
    while isinstance(condition, str):
        condition = contract.conditions[condition]
    return FINDS[type(condition)](At(contract, started_on, rows), condition)


def _level(at: At, one: Level) -> Finding:
    seen, due = at.seen(one.level, one.window), at.due(one.window)
    if one.pick == "mean":
        return find_mean(at.contract, seen, one.is_, due)
    row = pick_best(at.contract, seen) if one.pick == "best" else pick(one.pick, seen)
    return find_level(at.contract, row, one.is_, due)


def _reaches(at: At, one: Reaches) -> Finding:
    late = one.window if one.between is None else one.between[1]
    assert late is not None
    seen, due, start = at.seen(one.reaches, late), at.due(late), None
    if one.between is not None:
        start = pick("first", at.seen(one.reaches, one.between[0]))
        if start is None:
            return Finding(State.NOT_EVIDENCED, None, due)
    for row in seen:
        if one.by is None or start is None:
            assert one.is_ is not None
            reached = find_level(at.contract, row, one.is_, due)
        elif row["observed_on"] <= start["observed_on"]:
            continue
        else:
            reached = find_gain(at.contract, start, row, one.by.size, due)
        if reached.on is not None:
            return reached
    # None recorded reaches it, which does not show that it was never reached.
    return Finding(State.NOT_MET if seen else State.NOT_EVIDENCED, None, due)


def _crosses(at: At, one: Crosses) -> Finding:
    (baseline, last), due = at.ends(one.crosses, one.between), at.due(one.between[1])
    before = find_level(at.contract, baseline, one.from_, due)
    return find_at_least(2, [before, find_level(at.contract, last, one.to, due)])


def _observed(at: At, one: Observed) -> Finding:
    seen, terms = at.seen(one.observed, one.window), at.contract.metrics[one.observed]
    found = find_count([row for row in seen if row["value"] == 1], seen, 1, at.due(one.window))
    # A no answers for what happens once; of what may happen again it speaks of one occasion.
    answers = isinstance(terms, Event) and not terms.repeats
    return replace(found, refuted=answers and found.state == State.NOT_MET)


def _absence(at: At, one: Absence) -> Finding:
    happened = at.counting(one.absence, one.marked, one.window)
    (shown,) = at.found([one.shown_by])
    return find_absence(len(happened) > one.allowing, shown, at.due(one.window))


# Every kind of condition, with what the rows of one participant say of it.
FINDS: dict[type, Callable[[At, Any], Finding]] = {
    Observed: _observed,
    Count: lambda at, one: find_count(
        [
            row
            for row in at.counting(one.count, one.marked, one.window)
            if row in at.possible(one.count, one.leaving_out, one.window)
        ],
        at.possible(one.count, one.leaving_out, one.window),
        one.at_least,
        at.due(one.window),
    ),
    Share: lambda at, one: find_share(
        at.counting(one.share, one.marked, one.window),
        at.possible(one.share, one.leaving_out, one.window),
        one.at_least,
        at.due(one.window),
    ),
    Total: lambda at, one: find_total(
        at.contract, at.seen(one.total, one.window), one.at_least, at.due(one.window)
    ),
    Stays: lambda at, one: find_state(
        at.contract,
        pick_state(one.pick, at.seen(one.state, one.window)),
        one.is_,
        at.due(one.window),
    ),
    Sustained: lambda at, one: find_sustained(
        at.contract,
        one,
        [row for row in at.rows if row["metric"] == one.sustained],
        at.contract.windows[one.window].days(at.started_on),
    ),
    Level: _level,
    Reaches: _reaches,
    Travels: lambda at, one: find_travels(
        at.contract,
        one,
        {name: at.ends(name, one.between) for name in one.travels},
        at.due(one.between[1]),
    ),
    Improves: lambda at, one: find_gain(
        at.contract, *at.ends(one.improves, one.between), one.by.size, at.due(one.between[1])
    ),
    Crosses: _crosses,
    Absence: _absence,
    Not: lambda at, one: find_not(
        *at.found([one.not_]), *([] if one.shown_by is None else at.found([one.shown_by]))
    ),
    All: lambda at, one: find_at_least(len(one.all), at.found(one.all)),
    AnyOf: lambda at, one: find_at_least(1, at.found(one.any)),
    AtLeast: lambda at, one: find_at_least(one.at_least, at.found(one.of)),
}


@contextmanager
def with_kind(kind: type, says: Callable[[At, Any], Finding]) -> Iterator[None]:
    """The reference with a further kind, for as long as a test needs it."""
    FINDS[kind] = says
    try:
        yield
    finally:
        del FINDS[kind]


def rows_in(metric: str, days: tuple[date, date], rows: Rows) -> list[Row]:
    """The metric's rows observed on those days: by day observed, then day recorded, then value."""
    inside = [row for row in rows if days[0] <= row["observed_on"] <= days[1]]
    found = [row for row in inside if row["metric"] == metric]
    return sorted(found, key=lambda row: (row["observed_on"], row["recorded_on"], row["value"]))


def find_count(counted: Rows, seen: Rows, needed: int, due: date) -> Finding:
    """Met on the day of the n-th row that counts; not evidenced only where nobody looked.

    Fewer rows never show that there was no more.
    """
    if len(counted) >= needed:
        return Finding(State.MET, counted[needed - 1]["observed_on"], due)
    return Finding(State.NOT_MET if seen else State.NOT_EVIDENCED, None, due)


def find_share(counted: Rows, seen: Rows, needed: Fraction, due: date) -> Finding:
    """Met on the window's last day when the rows that count are at least that share of all."""
    if not seen:
        return Finding(State.NOT_EVIDENCED, None, due)
    return met_if(Fraction(len(counted), len(seen)) >= needed, due, due)


def counting(contract: Contract, metric: str, marks: Sequence[str], rows: Rows) -> list[Row]:
    """The rows that count: with a mark, where some are given; of events those that happened."""
    terms = contract.metrics[metric]
    if isinstance(terms, Session) and marks:
        return [row for row in rows if is_marked(terms, marks, row)]
    return [row for row in rows if row["value"] == 1 or not isinstance(terms, Event)]


def is_marked(terms: Any, words: Sequence[str], row: Row) -> bool:
    """Whether a row has one of these marks, or one of a group's on a day of the group's."""
    mark, day = terms.marks[row["value"]], row["observed_on"]
    for word in words:
        group = terms.groups.get(word)
        if group is None:
            if mark == word:
                return True
        elif mark in group.marks and (group.from_ or day) <= day <= (group.through or day):
            return True
    return False


def pick(which: str, rows: Rows) -> Row | None:
    """The first or the last row, where there is any."""
    return (rows[0] if which == "first" else rows[-1]) if rows else None


def find_level(contract: Contract, row: Row | None, threshold: Threshold, due: date) -> Finding:
    """Met on the row's day when its measure is on the right side of the threshold."""
    if row is None:
        return Finding(State.NOT_EVIDENCED, None, due)
    size = Decimal(row["value"]) / 10 ** measure(contract, row).decimals
    met = {
        "at least": size >= threshold.bar,
        "at most": size <= threshold.bar,
        "above": size > threshold.bar,
        "below": size < threshold.bar,
    }
    return met_if(met[threshold.comparison], row["observed_on"], due)


def find_gain(
    contract: Contract, baseline: Row | None, last: Row | None, by: Decimal, due: date
) -> Finding:
    """Met on the last row's day when its measure is better than the baseline by that much."""
    if baseline is None or last is None:
        return Finding(State.NOT_EVIDENCED, None, due)
    terms = measure(contract, last)
    rise = Decimal(last["value"] - baseline["value"]) / 10**terms.decimals
    return met_if((rise if terms.better == "higher" else -rise) >= by, last["observed_on"], due)


def find_at_least(needed: int, parts: Sequence[Finding]) -> Finding:
    """Met when so many parts are, on the day that the last needed one was.

    Otherwise not evidenced while the parts without evidence could still make it so many. `all` is
    at least as many as there are parts, `any` is at least one.
    """
    due = max(part.due for part in parts)
    days = sorted(part.on for part in parts if part.on is not None)
    if len(days) >= needed:
        return Finding(State.MET, days[needed - 1], due)
    possible = [part for part in parts if part.state != State.NOT_MET]
    state = State.NOT_EVIDENCED if len(possible) >= needed else State.NOT_MET
    # Whatever is not known may hold: it is known not to hold when even then they are too few.
    refuted = len([part for part in parts if not part.refuted]) < needed
    return Finding(state, None, due, refuted)


def met_if(true: bool, on: date, due: date) -> Finding:
    """Met on a day, or not met."""
    if true:
        return Finding(State.MET, on, due)
    return Finding(State.NOT_MET, None, due, refuted=True)


def measure(contract: Contract, row: Row) -> Score | Percentage:
    """The terms of the score or percentage that a row holds."""
    terms = contract.metrics[row["metric"]]
    assert isinstance(terms, Score | Percentage)
    return terms


def find_total(contract: Contract, rows: Rows, needed: Decimal, due: date) -> Finding:
    """Met on the day on which the quantities come to as much as is needed."""
    total = Decimal(0)
    for row in sorted(rows, key=lambda row: (row["observed_on"], row["observation"])):
        terms = contract.metrics[row["metric"]]
        assert isinstance(terms, Quantity)
        total += Decimal(row["value"]) / 10**terms.decimals
        if total >= needed:
            return Finding(State.MET, row["observed_on"], due)
    return Finding(State.NOT_MET if rows else State.NOT_EVIDENCED, None, due)


def find_mean(contract: Contract, rows: Rows, threshold: Threshold, due: date) -> Finding:
    """Met on the last row's day when the mean is on the right side of the threshold."""
    if not rows:
        return Finding(State.NOT_EVIDENCED, None, due)
    unit = 10 ** measure(contract, rows[0]).decimals
    mean = Fraction(sum(row["value"] for row in rows), len(rows) * unit)
    return met_if(is_past(mean, threshold), rows[-1]["observed_on"], due)


def is_past(size: Fraction, threshold: Threshold) -> bool:
    """Whether a size is on the right side of a threshold."""
    bar = Fraction(threshold.bar)
    return {
        "at least": size >= bar,
        "at most": size <= bar,
        "above": size > bar,
        "below": size < bar,
    }[threshold.comparison]


def pick_best(contract: Contract, rows: Rows) -> Row | None:
    """The first of the rows that are best."""
    best: Row | None = None
    for row in rows:
        sign = 1 if measure(contract, row).better == "higher" else -1
        if best is None or sign * row["value"] > sign * best["value"]:
            best = row
    return best


def pick_state(which: str, rows: Rows) -> Row | None:
    """The row that holds on the first or on the last day of which there is any."""
    if not rows:
        return None
    day = rows[0]["observed_on"] if which == "first" else rows[-1]["observed_on"]
    return [row for row in rows if row["observed_on"] == day][-1]


def state_names(contract: Contract, metric: str) -> tuple[str, ...]:
    """The names of the states of a metric, in the order of their values."""
    terms = contract.metrics[metric]
    assert isinstance(terms, StateMetric)
    return terms.states


def find_state(contract: Contract, row: Row | None, wanted: Sequence[str], due: date) -> Finding:
    """Met on the row's day when its state is one of those wanted."""
    if row is None:
        return Finding(State.NOT_EVIDENCED, None, due)
    name = state_names(contract, row["metric"])[row["value"]]
    return met_if(name in wanted, row["observed_on"], due)


def states_by_day(
    contract: Contract, metric: str, rows: Rows, days: tuple[date, date]
) -> dict[date, str]:
    """The state of each day of which it is known: until the next row, where that comes in time to
    confirm it, and otherwise on its own day alone.
    """
    found: dict[date, str] = {}
    own = [row for row in rows if row["metric"] == metric]
    ordered = sorted(own, key=lambda row: (row["observed_on"], row["recorded_on"], row["value"]))
    day = days[0]
    while day <= days[1]:
        before = [row for row in ordered if row["observed_on"] <= day]
        later = [row["observed_on"] for row in ordered if row["observed_on"] > day]
        since = before[-1]["observed_on"] if before else None
        if since == day or (since and later and in_time(contract, metric, since, later[0])):
            found[day] = state_names(contract, metric)[before[-1]["value"]]
        day += ONE_DAY
    return found


def in_time(contract: Contract, metric: str, since: date, confirmed_on: date) -> bool:
    """Whether a row comes soon enough after another for its state to have lasted until then."""
    terms = contract.metrics[metric]
    assert isinstance(terms, StateMetric)
    return terms.confirmed is None or confirmed_on <= terms.confirmed.after(since)


def find_sustained(
    contract: Contract, condition: Sustained, rows: Rows, days: tuple[date, date]
) -> Finding:
    """Met on the day that completes the time, counted from the start of some stretch."""
    known = states_by_day(contract, condition.sustained, rows, days)
    if not known:
        return Finding(State.NOT_EVIDENCED, None, days[1])
    inside = [day for day, state in known.items() if state in condition.as_]
    complete = []
    for start in inside:
        if start - ONE_DAY in inside:
            continue
        needed = (condition.for_.after(start) - start).days
        end = (condition.within or condition.for_).after(start)
        counted = [day for day in inside if start <= day < end]
        complete += counted[needed - 1 : needed]
    if complete:
        return Finding(State.MET, min(complete), days[1])
    # On a day of which nothing is known it may have lasted.
    return Finding(State.NOT_MET, None, days[1], len(known) == (days[1] - days[0]).days + 1)


def find_travels(
    contract: Contract,
    condition: Travels,
    ends: Mapping[str, tuple[Row | None, Row | None]],
    due: date,
) -> Finding:
    """Met when those that had a way to go went at least that share of it, on average."""
    progress, days = [], []
    for name, threshold in condition.travels.items():
        before, after = ends[name]
        if before is None:
            return Finding(State.NOT_EVIDENCED, None, due)
        terms = measure(contract, before)
        sign = 1 if terms.better == "higher" else -1
        way = (Fraction(threshold.bar) * 10**terms.decimals - before["value"]) * sign
        if way <= 0:
            continue
        if after is None:
            return Finding(State.NOT_EVIDENCED, None, due)
        progress.append((after["value"] - before["value"]) * sign / way)
        days.append(after["observed_on"])
    if not progress:  # every one is known, and none had a way to go
        return Finding(State.NOT_MET, None, due, refuted=True)
    mean = sum(progress, Fraction(0)) / len(progress)
    return met_if(mean >= condition.at_least, max(days), due)


def find_absence(too_often: bool, shown: Finding, closes: date) -> Finding:
    """Met on the window's last day, or when something shows that somebody looked, if later.

    Known not to be so when it happened too often, and not because nobody looked.
    """
    due = max(closes, shown.due)
    if too_often:
        return Finding(State.NOT_MET, None, due, refuted=True)
    return Finding(shown.state, None if shown.on is None else max(closes, shown.on), due)


def find_not(part: Finding, shown: Finding | None = None) -> Finding:
    """Met on the last day on which the part could have been, when it is known not to hold: by what
    is recorded, or, where the contract says what shows it, by nothing recorded while somebody
    looked; then on the day of that, if later.
    """
    due = part.due if shown is None else max(part.due, shown.due)
    if part.state == State.MET:
        return Finding(State.NOT_MET, None, due, refuted=True)
    if part.refuted:
        return Finding(State.MET, part.due, due)
    if shown is None:
        return Finding(State.NOT_EVIDENCED, None, due)
    return Finding(shown.state, None if shown.on is None else max(part.due, shown.on), due)
