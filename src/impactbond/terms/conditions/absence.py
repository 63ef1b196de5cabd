"""What did not happen, while somebody looked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from impactbond.errors import Fault
from impactbond.terms.conditions.condition import (
    Condition,
    ConditionTerm,
    Junction,
    Looking,
    counts,
    is_evidenced,
    latest,
)
from impactbond.terms.conditions.passes import (
    NOT_MET,
    Calendars,
    Column,
    ConditionCase,
    ConditionText,
    Days,
    EvidenceUsed,
    EvidenceView,
    Facts,
    PartColumns,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path
from impactbond.terms.metrics.choices import Session
from impactbond.terms.metrics.metric import Answered, MetricTerm, check_marked
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Word
from impactbond.terms.words import counted, plain, quoted


class Absence(Looking, Junction):
    """Met on the window's last day when the event is recorded no more often than allowed, and
    something else shows that somebody looked.
    """

    key: ClassVar[str] = "absence"
    part_key: ClassVar[str] = "shown_by"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Answered, Session)
    reading: ClassVar[str] = (
        "a share of sessions, or that something did not happen, is found on the last day of the "
        "window"
    )

    absence: MetricName
    marked: Word | None = None
    window: WindowName = Field(alias="in", description="the name of a window")
    allowing: int = Field(default=0, ge=0)
    shown_by: Condition

    @property
    def closing(self) -> frozenset[str]:
        return frozenset([self.window])

    def waits_for(self, stated: Iterable[ConditionTerm]) -> frozenset[str]:
        return self.closing

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from check_marked(terms.metrics[name], name, self.marked, (*path, "marked"))

    def check_parts(self, terms: Terms, path: Path) -> Diagnostics:
        """What shows that somebody looked must itself rest on what was recorded."""
        if not is_evidenced(terms, self.shown_by):
            fault = Fault(
                code="shows_nothing",
                problem="this can be met by what did not happen, and shows nobody looking",
                hint="Name something that is recorded when somebody looks, such as an assessment",
            )
            yield Diagnostic((*path, "shown_by"), fault, (("conditions",),))

    def aside(self, facts: Facts, due: Column) -> Mapping[str, Column]:
        value = facts.contract.metrics[self.absence].counted(self.marked)
        often = facts.fact("rows", self.absence, self.window, value).column
        return {"last": facts.closes(self.window), "often": often}

    def day(
        self, parts: Sequence[PartColumns], aside: Mapping[str, Column], facts: Facts
    ) -> Column:
        shown = facts.largest(aside["last"], parts[0].on)
        return facts.where(aside["often"] > self.allowing, facts.never, shown)

    def state(
        self, parts: Sequence[PartColumns], aside: Mapping[str, Column], facts: Facts
    ) -> Column:
        return facts.where(aside["often"] > self.allowing, NOT_MET, parts[0].state)

    def shows(self, parts: Sequence[bool]) -> bool:
        return False

    def reach(self, calendars: Calendars) -> Days | None:
        closes = calendars.windows[self.window][1]
        return latest([(closes, closes), calendars.reach(self.shown_by)])

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        value = view.contract.metrics[self.absence].counted(self.marked)
        every = view.rows("recorded", self.absence, self.window)
        counted = view.rows("rows", self.absence, self.window, value)
        return EvidenceUsed(every, counted, relied=counts(every, counted))

    def says(self, wording: Wording) -> str:
        recorded = f"recorded as {self.marked or 'having happened'}"
        often = f"is not once {recorded}"
        if self.allowing:
            often = f"is {recorded} no more than {counted(self.allowing, 'time')}"
        what = f"{quoted(self.absence)} {often} {wording.within(self.window)}"
        return f"{what}, and, to show that somebody looked,"

    def tell(self, case: ConditionCase) -> ConditionText:
        """How often it happened, and what shows that somebody looked."""
        marked = f" marked {self.marked}" if self.marked else ""
        what = f"{plain(self.absence)}{marked} in {case.windows[0]}"
        times = counted(len(case.used.counted), "time")
        needed = f"no more than {counted(self.allowing, 'time')}, and somebody who looked"
        looking = {
            "met": "somebody looked",
            "not met": "what would show that somebody looked is not met",
        }
        told = looking.get(case.parts[0].state, "nothing shows that somebody looked")
        found = f"{plain(self.absence)} recorded {times}; {told}"
        sentence = f"{what} recorded {times}, no more than {self.allowing} allowed; {told}"
        return ConditionText(what, needed, found, sentence)
