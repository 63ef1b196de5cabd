"""The first or last state in a window."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import ClassVar, Literal

from pydantic import Field

from impactbond.terms.conditions.condition import (
    Leaf,
    first_of,
    in_last_window,
    named,
    shown_row,
)
from impactbond.terms.conditions.passes import (
    Calendars,
    ConditionCase,
    ConditionText,
    Days,
    EvidenceUsed,
    EvidenceView,
    FactKind,
    Facts,
    Met,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.metrics.choices import State
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import OneOrMany
from impactbond.terms.words import listed, plain, quoted


def state_of(terms: Terms, name: str) -> State:
    """The terms of a metric that is a state."""
    metric = terms.metrics[name]
    assert isinstance(metric, State)
    return metric


class Stays(Leaf):
    """Met when the first or last state in the window is one of these, on the day of that row."""

    key: ClassVar[str] = "state"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (State,)
    reading: ClassVar[str] = (
        "a level or a state counts on the day of the record that is picked, a mean on the day of "
        "the last record in it"
    )

    state: MetricName
    pick: Literal["first", "last"] = "last"
    window: WindowName = Field(alias="in", description="the name of a window")
    is_: OneOrMany[str] = Field(alias="is")

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

    def reach(self, calendars: Calendars) -> Days | None:
        return in_last_window(self, calendars)

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        rows = view.rows("recorded", self.state, self.window)
        days = [row["observed_on"] for row in rows]
        day = (min if self.pick == "first" else max)(days, default=None)
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
