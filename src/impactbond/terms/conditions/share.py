"""A share of the sessions that carry a mark."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from impactbond.errors import Fault
from impactbond.money import show_share
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
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path
from impactbond.terms.metrics.choices import Session
from impactbond.terms.metrics.metric import MetricTerm, check_marked
from impactbond.terms.phrases import SharePhrase
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Word
from impactbond.terms.words import plain, quoted


class Share(Leaf):
    """Met on the window's last day when at least that share of the rows in it carry the mark."""

    key: ClassVar[str] = "share"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Session,)
    reading: ClassVar[str] = (
        "a share of sessions, or that something did not happen, is found on the last day of the "
        "window"
    )

    share: MetricName
    marked: Word = Field(description="one of the marks of the session")
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: SharePhrase

    @property
    def closing(self) -> frozenset[str]:
        return frozenset([self.window])

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        yield from check_marked(terms.metrics[name], name, self.marked, (*path, "marked"))
        if self.at_least == 0:
            fault = Fault(
                code="always_met",
                problem="a share of at least nothing is always met",
                allowed="more than 0%",
            )
            yield Diagnostic((*path, "at_least"), fault)

    def met(self, facts: Facts) -> Met:
        value = facts.contract.metrics[self.share].counted(self.marked)
        every = facts.fact("rows", self.share, self.window).column
        marked = facts.fact("rows", self.share, self.window, value).column
        enough = marked * self.at_least.denominator >= every * self.at_least.numerator
        return Met((every > 0) & enough, every > 0, facts.closes(self.window))

    def reach(self, calendars: Calendars) -> Days | None:
        days = in_last_window(self, calendars)
        return None if days is None else (days[1], days[1])

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        value = view.contract.metrics[self.share].counted(self.marked)
        every = view.rows("rows", self.share, self.window)
        counted = view.rows("rows", self.share, self.window, value)
        return EvidenceUsed(every, counted, relied=counts(every, counted))

    def says(self, wording: Wording) -> str:
        of = f"at least {show_share(self.at_least)} of the {quoted(self.share)} sessions"
        return f"{of} scheduled {wording.within(self.window)} are marked {self.marked}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window = plain(self.share), case.windows[0]
        what = f"{metric} marked {self.marked} in {window}"
        needed = f"at least {show_share(self.at_least)}"
        count, every = len(case.used.counted), len(case.used.every)
        if not every:
            return ConditionText.of_nothing(what, needed, f"{metric} in {window}")
        of, part = f"{count} of {every}", shown_part(count, every, self.at_least)
        sentence = f"{self.marked} {of} scheduled {metric} sessions in {window}: {part}"
        return ConditionText(what, needed, f"{of}: {part}", f"{sentence}, {needed} needed")


def shown_part(part: int, whole: int, bar: Fraction) -> str:
    """Part of a whole as a percentage, fine enough to be seen on the right side of the bar."""
    exact, decimals = Fraction(part, whole), 1
    while exact != bar and (round(exact * 100, decimals) >= bar * 100) != (exact > bar):
        decimals += 1
    return f"{float(round(exact * 100, decimals)):.{decimals}f}%"
