"""States: the first or last in a window, and a time in some of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import timedelta
from functools import reduce
from itertools import zip_longest
from operator import or_
from typing import ClassVar, Literal

from pydantic import Field

from impactbond.dates import Span
from impactbond.terms.conditions.condition import (
    READ_AS_PICKED,
    InWindow,
    first_of,
    named,
    shown_row,
)
from impactbond.terms.conditions.passes import (
    Calendars,
    Column,
    ConditionCase,
    ConditionText,
    Days,
    EvidenceUsed,
    EvidenceView,
    FactKind,
    Facts,
    Met,
    Row,
    StayFound,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.metrics.choices import State
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.phrases import SpanPhrase, Window
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import OneOrMany
from impactbond.terms.words import counted, listed, plain, quoted


def state_of(terms: Terms, name: str) -> State:
    """The terms of a metric that is a state."""
    metric = terms.metrics[name]
    assert isinstance(metric, State)
    return metric


class Stays(InWindow):
    """Met when the first or last state in the window is one of these, on the day of that row."""

    key: ClassVar[str] = "state"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (State,)
    reading: ClassVar[str] = READ_AS_PICKED

    state: MetricName
    """The state that is looked at."""
    pick: Literal["first", "last"] = "last"
    """Which row in the window counts, the first or the last."""
    window: WindowName = Field(alias="in", description="the name of a window")
    is_: OneOrMany[str] = Field(alias="is")
    """The state, or the list of states, that it must be."""

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        metric = state_of(terms, name)
        yield from metric.check_states(name, self.is_, (*path, "is"), all_too=False)

    def met(self, facts: Facts) -> Met:
        # Of several rows of the first day the last recorded holds.
        kind: FactKind = "first_held" if self.pick == "first" else "last"
        row = facts.fact(kind, self.state, self.window)
        values = state_of(facts.contract, self.state).values_of(self.is_)
        is_one = reduce(or_, (row.value_of_row == value for value in values))
        return Met(row.found & is_one, row.found, row.day_of_row)

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        rows = view.rows("recorded", self.state, self.window)
        days = [row["observed_on"] for row in rows]
        day = (min if self.pick == "first" else max)(days, default=None)
        # By its pack, as the engine picks it: the explanation must show the row that decided.
        held = max((row["pack"] for row in rows if row["observed_on"] == day), default=None)
        picked = [row for row in rows if row["pack"] == held]
        return EvidenceUsed(rows, after=first_of(picked), relied=named(picked, self.pick))

    def says(self, wording: Wording) -> str:
        recorded = f"recorded {wording.within(self.window)}"
        return f"the {self.pick} {quoted(self.state)} {recorded} is {listed(self.is_, 'or')}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window = plain(self.state), case.windows[0]
        what, needed = f"{self.pick} {metric} in {window}", " or ".join(self.is_)
        if case.used.after is None:
            return ConditionText.of_nothing(what, needed, f"{metric} in {window}")
        found = shown_row(case.contract, self.state, case.used.after)
        return ConditionText(what, needed, found, f"{what} was {found}, {needed} needed")


_ONE_DAY = timedelta(days=1)


class Sustained(InWindow):
    """Met on the day on which so long a time in one of these states is complete.

    Without `within`, the time must be unbroken; a day in another state, or one of which nothing is
    known, starts the clock again. With it, the time may be made up of several parts, the first and
    last of which are no further apart than that.
    """

    key: ClassVar[str] = "sustained"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (State,)
    asks_rows: ClassVar[bool] = False
    reading: ClassVar[str] = (
        "a state lasts from the day of its record until the day before the next, the last record "
        "for its own day alone; a length of time is reached on the day that completes it, and a "
        "day in another state, or of which nothing is known, is no part of it"
    )

    sustained: MetricName
    """The state that is looked at."""
    as_: OneOrMany[str] = Field(alias="as")
    """The state, or the list of states, whose time counts."""
    for_: SpanPhrase = Field(alias="for")
    """How long it must last, such as 13 weeks."""
    within: SpanPhrase | None = None
    """The time within which lapses are allowed, such as 30 weeks; without it, none is."""
    window: WindowName = Field(alias="in", description="the name of a window")

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from state_of(terms, name).check_states(name, self.as_, (*path, "as"))
        first = terms.calendar.term[0]
        if self.for_.count == 0:
            problem = "no time at all is always over"
            yield fault_at((*path, "for"), "always_met", problem, allowed="1 day")
        elif self.within is not None and self.within.after(first) < self.for_.after(first):
            problem = f"{self.for_} do not fit within {self.within}"
            hint = "Write a longer time under within, or leave it out"
            rests: tuple[Path, ...] = ((*path, "for"),)
            yield fault_at((*path, "within"), "cannot_be_met", problem, hint=hint, rests=rests)
        elif self.window in terms.windows:
            window = terms.windows[self.window]
            if all(_is_too_long(self.for_, window, terms, end) for end in (0, 1)):
                problem = f"{self.for_} are longer than the window '{self.window}'"
                hint, code = "Write a shorter time, or a longer window", "cannot_be_met"
                rests = (("windows", self.window), ("calendar", "term"))
                place = (*path, "for")
                yield fault_at(place, code, problem, found=window, hint=hint, rests=rests)

    def _stay(self, facts: Facts) -> StayFound:
        return facts.stay(self.sustained, self.window, self.as_, self.for_, self.within)

    def met(self, facts: Facts) -> Met:
        stay = self._stay(facts)
        return Met(stay.complete, stay.is_seen, stay.day, stay.is_whole)

    def refutable(self, terms: Terms) -> bool:
        return False  # on a day of which nothing is known the state may have lasted

    def known(self, facts: Facts) -> Mapping[Hashable, Column]:
        """Of the rows that tell of a day in the window, which may stand before or after it."""
        stay = (self.sustained, self.window, tuple(self.as_), self.for_, self.within)
        return {stay: self._stay(facts).recorded}

    def reach(self, calendars: Calendars) -> Days | None:
        days = super().reach(calendars)
        if days is None:
            return None
        # The first day is one of them: 28 days from the 1st are over on the 28th.
        complete = self.for_.after(days[0]) - _ONE_DAY
        return None if complete > days[1] else (complete, days[1])

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        """The rows that tell of a day in the window: also the last before it, the first after."""
        first, last = view.window(self.window)
        rows = view.rows_of(self.sustained)
        days = [row["observed_on"] for row in rows]
        before = max((day for day in days if day < first), default=None)
        after = min((day for day in days if day > last), default=None)
        metric = state_of(view.contract, self.sustained)
        if metric.confirmed is not None:  # neither tells of the window where it comes too late
            since = min((day for day in days if day >= first), default=None)
            before = before if before and metric.through(before, since) >= first else None
            until = max((day for day in days if day <= last), default=None)
            after = after if until and metric.through(until, after) > until else None
        told = [
            row
            for row in sorted(rows, key=lambda row: row["pack"])
            if first <= row["observed_on"] <= last or row["observed_on"] in (before, after)
        ]
        # A state is known from its row until the next. The row before the window alone does not
        # tell that it lasted into it, and the row after it alone not what was before.
        is_seen = any(row["observed_on"] != after for row in told) and (
            after is not None or any(row["observed_on"] >= first for row in told)
        )
        told = told if is_seen else []
        return EvidenceUsed(told, relied=named(told, "state"))

    def says(self, wording: Wording) -> str:
        long = f"for {self.for_} without a break"
        if self.within is not None:
            long = f"for {self.for_} in all, within {self.within}"
        states, where = listed(self.as_, "or"), wording.within(self.window)
        return f"{quoted(self.sustained)} is {states} {long}, {where}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window = plain(self.sustained), case.windows[0]
        within = f" within {self.within}" if self.within else " without a break"
        needed = f"{self.for_}{within}"
        what = f"{metric} {' or '.join(self.as_)} in {window}"
        if not case.used.every:
            return ConditionText.of_nothing(what, needed, f"{metric} in {window}")
        parts = self._stretches(case.contract, case.used.every, case.days[0])
        days = [(last - first).days + 1 for first, last in parts]
        told = "; ".join(f"{first} through {last}" for first, last in parts) or "no day"
        longest = f"the longest stretch {max(days, default=0)}"
        found = f"{told} ({counted(sum(days), 'day')}, {longest})"
        found += f", complete on {case.on}" if case.on is not None else ""
        return ConditionText(what, needed, found, f"{what}: {found}, {needed} needed")

    def _stretches(self, terms: Terms, rows: Sequence[Row], window: Days) -> list[Days]:
        """First and last day of each stretch in the states, in the window, from rows in order."""
        metric = state_of(terms, self.sustained)
        held = {row["observed_on"]: metric.shown(row["value"]) for row in rows}
        days = sorted(held)
        ends = [metric.through(*pair) for pair in zip_longest(days, days[1:])]
        found: list[Days] = []
        for first, last in zip(days, ends, strict=True):
            start, end = max(first, window[0]), min(last, window[1])
            if held[first] not in self.as_ or start > end:
                continue
            if found and found[-1][1] + _ONE_DAY == start:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
        return found


def _is_too_long(length: Span, window: Window, terms: Terms, end: int) -> bool:
    opens, closes = window.days(terms.calendar.term[end])
    # From the window's first day to its last, both among the days; a month more or less of February
    # decides nothing, so both ends of the term are asked.
    return opens <= closes and (length.after(opens) - closes).days > 1
