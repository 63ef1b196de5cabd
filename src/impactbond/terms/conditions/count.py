"""So many rows."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from impactbond.terms.conditions.condition import Leaf, counts, in_last_window
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
from impactbond.terms.metrics.choices import Session
from impactbond.terms.metrics.metric import Answered, MetricTerm, check_marked
from impactbond.terms.metrics.numbers import Scale
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Word
from impactbond.terms.words import counted, plain, quoted

COUNTABLE: tuple[type[MetricTerm], ...] = (Answered, Session, Scale)


class Count(Leaf):
    """Met on the day of the n-th row in the window; with `marked`, only those rows count."""

    key: ClassVar[str] = "count"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = COUNTABLE
    reading: ClassVar[str] = (
        "a count or a total is reached on the day of the record that completes it"
    )

    count: MetricName
    marked: Word | None = None
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: int = Field(ge=1)

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from check_marked(terms.metrics[name], name, self.marked, (*path, "marked"))

    def met(self, facts: Facts) -> Met:
        value = facts.contract.metrics[self.count].counted(self.marked)
        nth = facts.fact("nth_day", self.count, self.window, value, self.at_least)
        return Met(nth.found, facts.any_rows(self.count, self.window), nth.column)

    def undated(self, facts: Facts) -> Met:
        value = facts.contract.metrics[self.count].counted(self.marked)
        rows = facts.fact("rows", self.count, self.window, value).column
        decided = facts.any_rows(self.count, self.window)
        return Met(rows >= self.at_least, decided, facts.closes(self.window))

    def reach(self, calendars: Calendars) -> Days | None:
        return in_last_window(self, calendars)

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        value = view.contract.metrics[self.count].counted(self.marked)
        every = view.rows("rows", self.count, self.window)
        counted = view.rows("nth_day", self.count, self.window, value, self.at_least)
        needed = {row["observation"] for row in counted[: self.at_least]}
        is_met = view.on(self) is not None
        relied = [row for row in every if row["observation"] in needed] if is_met else every
        return EvidenceUsed(every, counted, relied=counts(relied, counted))

    def says(self, wording: Wording) -> str:
        name = quoted(self.count)
        happens = wording.contract.metrics[self.count].says_counted(name)
        if self.marked is not None:
            happens = f"{name} is marked {self.marked}"
        times = counted(self.at_least, "time")
        return f"{happens} at least {times} {wording.within(self.window)}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window, needed = plain(self.count), case.windows[0], f"at least {self.at_least}"
        what = f"{metric}{f' marked {self.marked}' if self.marked else ''} in {window}"
        count, every = len(case.used.counted), len(case.used.every)
        if not every:
            return ConditionText.of_nothing(what, needed, what)
        if self.marked:
            found = f"{count} of {every}"
            sentence = f"{self.marked} {found} scheduled {metric} sessions in {window}"
            return ConditionText(what, needed, found, f"{sentence}, {needed} needed")
        observed = case.contract.metrics[self.count].observed
        noes = f" ({every - count} more said no)" if every > count else ""
        sentence = f"{metric} {observed} {counted(count, 'time')}{noes} in {window}"
        return ConditionText(what, needed, f"{count}{noes}", f"{sentence}, {needed} needed")
