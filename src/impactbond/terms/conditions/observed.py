"""An event that is observed."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from impactbond.terms.conditions.condition import Leaf, in_last_window, named
from impactbond.terms.conditions.passes import (
    Calendars,
    ConditionCase,
    ConditionText,
    Days,
    EvidenceUsed,
    EvidenceView,
    Facts,
    Met,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.metrics.metric import Answered, MetricTerm
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.words import counted, plain, quoted


class Observed(Leaf):
    """Met on the first day in the window on which the event is recorded as having happened."""

    key: ClassVar[str] = "observed"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Answered,)
    reading: ClassVar[str] = (
        "what must be observed counts on the first day on which it is recorded as having happened"
    )

    observed: MetricName
    window: WindowName = Field(alias="in", description="the name of a window")

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from ()

    def met(self, facts: Facts) -> Met:
        first = facts.fact("first_day", self.observed, self.window, 1)
        return Met(first.found, facts.any_rows(self.observed, self.window), first.column)

    def reach(self, calendars: Calendars) -> Days | None:
        return in_last_window(self, calendars)

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        on = view.on(self)
        every = view.rows("rows", self.observed, self.window)
        yes = view.rows("first_day", self.observed, self.window, 1)
        relied = [row for row in yes if row["observed_on"] == on] or every
        return EvidenceUsed(every, yes, relied=named(relied, "no" if on is None else "met"))

    def says(self, wording: Wording) -> str:
        happened = "is recorded as having happened"
        return f"{quoted(self.observed)} {happened} {wording.within(self.window)}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window, needed = plain(self.observed), case.windows[0], "a yes"
        what = f"{metric} in {window}"
        if case.on is not None:
            sentence = f"{metric} observed on {case.on}, in {window}"
            return ConditionText(what, needed, f"yes on {case.on}", sentence)
        if not case.used.every:
            return ConditionText.of_nothing(what, needed, what)
        rows = counted(len(case.used.every), "row")
        sentence = f"{metric} answered no in {window} ({rows}), a yes needed"
        return ConditionText(what, needed, f"no ({rows})", sentence)
