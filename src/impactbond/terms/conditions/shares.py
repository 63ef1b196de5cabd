"""In what share of sessions something was so."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from impactbond.money import show_share
from impactbond.terms.conditions.condition import READ_AT_THE_END, InWindow, counts, possible_rows
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
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.metrics.sessions import Session, check_marked, marks_said, scheduled
from impactbond.terms.phrases import SharePhrase
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import OneOrMany, Word
from impactbond.terms.words import beside, plain, quoted


class Share(InWindow):
    """Met on the window's last day when at least that share of the rows in it carry one of the
    marks. Rows with a mark that is left out are no part of the whole; where only such rows are, or
    none, it is not evidenced.
    """

    key: ClassVar[str] = "share"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Session,)
    reading: ClassVar[str] = READ_AT_THE_END

    share: MetricName
    """The session whose rows are the whole."""
    marked: OneOrMany[Word] = Field(
        min_length=1, description="marks of the session, or names of groups of them"
    )
    leaving_out: OneOrMany[Word] = Field(
        default=(), description="marks, or names of groups, that are no possible session"
    )
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: SharePhrase
    """The share of the rows that is needed, such as 75%."""

    @property
    def closing(self) -> frozenset[str]:
        return frozenset([self.window])

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        marks = self.marked, path, self.leaving_out
        yield from check_marked(terms.metrics[name], name, *marks)
        if self.at_least == 0:
            place, problem = (*path, "at_least"), "a share of at least nothing is always met"
            yield fault_at(place, "always_met", problem, allowed="more than 0%")

    def met(self, facts: Facts) -> Met:
        metric = facts.contract.metrics[self.share]
        possible, values = metric.counted((), self.leaving_out), metric.counted(self.marked)
        every = facts.fact("rows", self.share, self.window, possible).column
        marked = facts.fact("rows", self.share, self.window, values).column
        enough = marked * self.at_least.denominator >= every * self.at_least.numerator
        return Met((every > 0) & enough, every > 0, facts.closes(self.window))

    def reach(self, calendars: Calendars) -> Days | None:
        days = super().reach(calendars)
        return None if days is None else (days[1], days[1])

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        values = view.contract.metrics[self.share].counted(self.marked)
        every = possible_rows(view, self.share, self.window, self.leaving_out)
        counted = view.rows("rows", self.share, self.window, values)
        return EvidenceUsed(every, counted, relied=counts(every, counted))

    def says(self, wording: Wording) -> str:
        metric = wording.contract.metrics[self.share]
        of = f"at least {show_share(self.at_least)} of the {quoted(self.share)} sessions"
        of = f"{of} scheduled {wording.within(self.window)}"
        if self.leaving_out:
            of += f", those marked {marks_said(metric, self.leaving_out)} left out,"
        return f"{of} are marked {marks_said(metric, self.marked)}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window = plain(self.share), case.windows[0]
        term = case.contract.metrics[self.share]
        marks = marks_said(term, self.marked)
        what = f"{metric} marked {marks} in {window}"
        needed = f"at least {show_share(self.at_least)}"
        count, every = len(case.used.counted), len(case.used.every)
        if not every:
            return ConditionText.of_nothing(what, needed, f"{metric} in {window}")
        of, part = f"{count} of {every}", shown_part(count, every, self.at_least)
        sessions = scheduled(term, metric, self.leaving_out)
        sentence = f"{marks} {of} {sessions} in {window}: {part}"
        return ConditionText(what, needed, f"{of}: {part}", f"{sentence}, {needed} needed")


def shown_part(part: int, whole: int, bar: Fraction) -> str:
    """Part of a whole as a percentage, fine enough to be seen on the right side of the bar."""
    return f"{beside(Fraction(part * 100, whole), bar * 100, 1)}%"
