"""A measure that is better than it was; and what all conditions between two windows share."""

from __future__ import annotations

from typing import ClassVar

from impactbond.terms.conditions.condition import (
    Leaf,
    check_bars,
    first_of,
    in_last_window,
    named,
    picked,
    scale_of,
    shown_row,
)
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
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.metrics.numbers import Scale
from impactbond.terms.phrases import DistancePhrase
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Pair
from impactbond.terms.words import number, plain, quoted


class Between(Leaf):
    """A condition on the first measure in one window and the last in another."""

    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Scale,)
    reading: ClassVar[str] = (
        "a change counts on the day of the last record, and is not evidenced without a first "
        "record and a last"
    )

    def reach(self, calendars: Calendars) -> Days | None:
        return in_last_window(self, calendars)

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        first, last = self.windows
        before = picked(view, "first", self.metric, first)
        after = picked(view, "last", self.metric, last)
        relied = [*named(before, f"first in '{first}'"), *named(after, f"last in '{last}'")]
        return EvidenceUsed(
            [*before, *after], before=first_of(before), after=first_of(after), relied=relied
        )

    def _told(self, case: ConditionCase, needed: str, moved: str = "") -> ConditionText:
        """The two measures in words; `moved` is how the second stands to the first."""
        metric, (first, last) = plain(self.metric), case.windows
        before, after = case.used.before, case.used.after
        was, is_ = (
            "nothing recorded" if row is None else shown_row(case.contract, self.metric, row)
            for row in (before, after)
        )
        if before is not None and after is not None:
            sentence = f"{metric} went from {was} in {first} to {is_} in {last}"
        elif after is not None:
            sentence = f"no {metric} recorded in {first}; {is_} in {last}"
        elif before is not None:
            sentence = f"{metric} was {was} in {first} and none is recorded in {last}"
        else:
            sentence = f"no {metric} recorded in {first}, nor in {last}"
        what = f"{metric} from the first in {first} to the last in {last}"
        found = f"{was}, then {is_}{moved}"
        return ConditionText(what, needed, found, f"{sentence}{moved}, {needed} needed")


class Improves(Between):
    """Met when the last measure in the second window is better than the first measure in the first
    by at least `by`.
    """

    key: ClassVar[str] = "improves"

    improves: MetricName
    by: DistancePhrase
    between: Pair[WindowName]

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        scale = scale_of(terms, name)
        yield from check_bars(scale, name, path, {("by",): scale.faults_of_bar(self.by)})

    def met(self, facts: Facts) -> Met:
        scale = scale_of(facts.contract, self.improves)
        before = facts.fact("first", self.improves, self.between[0])
        after = facts.fact("last", self.improves, self.between[1])
        first, last = before.value_of_row, after.value_of_row
        gain = last - first if scale.better == "higher" else first - last
        both = before.found & after.found
        return Met(both & (gain >= scale.held(self.by.size)), both, after.day_of_row)

    def says(self, wording: Wording) -> str:
        better = scale_of(wording.contract, self.improves).better
        by = f"{number(self.by.size)}{' percentage points' if self.by.percent else ''}"
        last = f"the last {quoted(self.improves)} {wording.within(self.between[1])}"
        first = f"the first {wording.within(self.between[0])}"
        return f"{last} is {better} than {first} by at least {by}"

    def tell(self, case: ConditionCase) -> ConditionText:
        scale, before, after = (
            scale_of(case.contract, self.improves),
            case.used.before,
            case.used.after,
        )
        needed = f"better by at least {self.by} ({scale.better} is better)"
        if before is None or after is None:
            return self._told(case, needed)
        gain = (after["value"] - before["value"]) * scale.better_by
        by = f"{'better' if gain > 0 else 'worse'} by {scale.shown(abs(gain))}"
        return self._told(case, needed, f", {by}" if gain else ", unchanged")
