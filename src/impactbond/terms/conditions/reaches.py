"""The first day on which a measure reaches a bar, or is so much better than it was at first."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from impactbond.terms.conditions.changes import check_order
from impactbond.terms.conditions.condition import (
    InWindow,
    check_bars,
    compared,
    first_of,
    named,
    picked,
    scale_of,
    shown_row,
)
from impactbond.terms.conditions.passes import (
    ConditionCase,
    ConditionText,
    EvidenceUsed,
    EvidenceView,
    FactKind,
    Facts,
    Met,
    Row,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.metrics.numbers import Scale
from impactbond.terms.phrases import DistancePhrase, Threshold, ThresholdPhrase
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Pair
from impactbond.terms.words import number, plain, quoted


class Reaches(InWindow):
    """Met on the first day on which a measure in the window is on the right side of a bar, or, with
    `by` and `between`, better by so much than the first in an earlier window.
    """

    key: ClassVar[str] = "reaches"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Scale,)
    reading: ClassVar[str] = (
        "what must be reached counts on the first day on which a record reaches it, and no later "
        "record moves that day"
    )

    reaches: MetricName
    """The scale of which the first reading that passes counts."""
    window: WindowName | None = Field(default=None, alias="in", description="the name of a window")
    is_: ThresholdPhrase | None = Field(
        default=None, alias="is", description="the bar, beside `in`: at least 17, below 92%"
    )
    between: Pair[WindowName] | None = Field(
        default=None, description="the window of the first measure, and that in which it is better"
    )
    by: DistancePhrase | None = Field(
        default=None, description="by how much it is better, beside `between`"
    )

    @property
    def windows(self) -> tuple[str, ...]:
        return self.between or ((self.window,) if self.window is not None else ())

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        written = [key for key, value in self._written.items() if value is not None]
        if written not in (["in", "is"], ["between", "by"]):
            problem = "what must be reached is a bar in a window, or a gain between two"
            found, allowed = " and ".join(written) or "neither", "in and is, or between and by"
            yield fault_at(path, "bar_or_gain", problem, found=found, allowed=allowed)
            return
        scale, key = scale_of(terms, name), "is" if self.is_ is not None else "by"
        yield from check_bars(scale, name, path, {(key,): scale.faults_of_bar(self._bar)})
        if self.between is not None:
            yield from check_order(terms, self.between, path)

    @property
    def _written(self) -> dict[str, object]:
        return {"in": self.window, "is": self.is_, "between": self.between, "by": self.by}

    @property
    def _bar(self) -> DistancePhrase | Threshold:
        bar = self.is_ if self.is_ is not None else self.by
        assert bar is not None
        return bar

    def met(self, facts: Facts) -> Met:
        scale, last = scale_of(facts.contract, self.reaches), self.windows[-1]
        decided = facts.fact("rows", self.reaches, last).column > 0
        if self.by is not None:
            earlier = list(facts.contract.windows).index(self.windows[0])
            by = scale.held(self.by.size) * scale.better_by
            first = facts.fact("first_gain", self.reaches, last, nth=earlier, bar=by)
            # Without a first measure nobody knows what was gained.
            decided &= facts.fact("first", self.reaches, self.windows[0]).found
        else:
            kind, bar = self._least_or_most(scale)
            first = facts.fact(kind, self.reaches, last, bar=bar)
        return Met(first.found, decided, first.column, self.refutable(facts.contract))

    def _least_or_most(self, scale: Scale) -> tuple[FactKind, int]:
        """The bar as a least or a most that reaches it, in the steps of the measure."""
        assert self.is_ is not None
        # Values are whole steps: above a bar is at least the step after it.
        bar = scale.held(self.is_.bar)
        match self.is_.comparison:
            case "at least" | "above":
                return "first_at_least", bar + (self.is_.comparison == "above")
            case _:
                return "first_at_most", bar - (self.is_.comparison == "below")

    def refutable(self, terms: Terms) -> bool:
        return False  # on a day of which there is no record it may have been reached

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        scale = scale_of(view.contract, self.reaches)
        every = view.rows("recorded", self.reaches, self.windows[-1])
        start = picked(view, "first", self.reaches, self.windows[0]) if self.by else []
        on, first = view.on(self), first_of(start)
        reached = [row for row in every if self._is_reached(scale, row, first)]
        reached = [row for row in reached if row["observed_on"] == on]
        # Of rows that do not reach it the nearest is told.
        up = self._goes_up(scale)
        nearest = sorted(every, key=lambda row: -row["value"] if up else row["value"])
        relied = named(start, f"first in '{self.windows[0]}'")
        relied += named(reached, "reaches it") or named(every, "does not reach it")
        after = first_of(reached or nearest)
        return EvidenceUsed(every, reached, before=first, after=after, relied=relied)

    def _goes_up(self, scale: Scale) -> bool:
        if self.is_ is None:
            return scale.better == "higher"
        return self.is_.comparison in ("at least", "above")

    def _is_reached(self, scale: Scale, row: Row, first: Row | None) -> bool:
        if self.is_ is not None:
            bar = scale.held(self.is_.bar)
            return bool(compared(row["value"], self.is_.comparison, bar))
        assert self.by is not None
        if first is None or row["observed_on"] <= first["observed_on"]:
            return False
        gain = (row["value"] - first["value"]) * scale.better_by
        return bool(gain >= scale.held(self.by.size))

    def says(self, wording: Wording) -> str:
        name, last = quoted(self.reaches), wording.within(self.windows[-1])
        on = "counted on the day of the first such record"
        if self.by is None:
            return f"a {name} recorded {last} is {self.is_}, {on}"
        better = scale_of(wording.contract, self.reaches).better
        by = f"{number(self.by.size)}{' percentage points' if self.by.percent else ''}"
        first = f"than the first {wording.within(self.windows[0])}"
        return f"a {name} recorded later {last} is {better} {first} by at least {by}, {on}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window, used = plain(self.reaches), case.windows[-1], case.used
        what, needed = f"{metric} in {window}", str(self.is_)
        if self.by is not None:
            better = scale_of(case.contract, self.reaches).better
            needed = f"better by at least {self.by} ({better} is better)"
            if used.before is None:
                return ConditionText.of_nothing(what, needed, f"{metric} in {case.windows[0]}")
            was = shown_row(case.contract, self.reaches, used.before)
            what += f" after {was} in {case.windows[0]}"
        if used.after is None:
            return ConditionText.of_nothing(what, needed, f"{metric} in {window}")
        found = shown_row(case.contract, self.reaches, used.after)
        told = (
            "first reached it with" if case.on is not None else "did not reach it, the nearest was"
        )
        return ConditionText(what, needed, found, f"{what} {told} {found}, {needed} needed")
