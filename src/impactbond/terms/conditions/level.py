"""A measure on the right side of a bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from impactbond.terms.conditions.condition import (
    Leaf,
    check_bars,
    compared,
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
    FactKind,
    Facts,
    Met,
    Row,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.metrics.numbers import Scale
from impactbond.terms.phrases import Threshold, ThresholdPhrase
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.words import counted, plain, quoted


class Level(Leaf):
    """Met when the first, last or best measure in the window, or their mean, is on the right side
    of a bar.
    """

    key: ClassVar[str] = "level"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Scale,)
    reading: ClassVar[str] = (
        "a level or a state counts on the day of the record that is picked, a mean on the day of "
        "the last record in it"
    )

    level: MetricName
    pick: Literal["first", "last", "best", "mean"] = "last"
    window: WindowName = Field(alias="in", description="the name of a window")
    is_: ThresholdPhrase = Field(alias="is")

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        scale = scale_of(terms, name)
        faults = scale.faults_of_bar(self.is_, is_mean=self.pick == "mean")
        yield from check_bars(scale, name, path, {("is",): faults})

    def met(self, facts: Facts) -> Met:
        scale = scale_of(facts.contract, self.level)
        if self.pick == "mean":
            return self._mean_met(facts, scale)
        kind: FactKind = "highest" if scale.better == "higher" else "lowest"
        row = facts.fact(kind if self.pick == "best" else self.pick, self.level, self.window)
        passes = compared(row.value_of_row, self.is_.comparison, scale.held(self.is_.bar))
        return Met(row.found & passes, row.found, row.day_of_row)

    def _mean_met(self, facts: Facts, scale: Scale) -> Met:
        """The mean compared as sum against count, so that nothing is divided."""
        rows = facts.fact("rows", self.level, self.window).column
        total = facts.fact("sum", self.level, self.window).column
        last = facts.fact("last", self.level, self.window)
        bar = Fraction(self.is_.bar) * 10**scale.decimals
        passes = compared(total * bar.denominator, self.is_.comparison, rows * bar.numerator)
        return Met((rows > 0) & passes, rows > 0, last.day_of_row)

    def reach(self, calendars: Calendars) -> Days | None:
        return in_last_window(self, calendars)

    def bars(self, terms: Terms) -> Iterator[tuple[tuple[str, ...], Threshold]]:
        yield (self.level, self.pick, self.window), self.is_

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        every = view.rows("recorded", self.level, self.window)
        if self.pick == "mean":
            last = picked(view, "last", self.level, self.window)
            return EvidenceUsed(every, after=first_of(last), relied=named(every, "counts"))
        if self.pick == "best":
            rows = _best(scale_of(view.contract, self.level), every)
        else:
            rows = picked(view, self.pick, self.level, self.window)
        return EvidenceUsed(rows, after=first_of(rows), relied=named(rows, self.pick))

    def says(self, wording: Wording) -> str:
        pick = "the mean of all" if self.pick == "mean" else f"the {self.pick}"
        of = f"{pick} {quoted(self.level)} recorded"
        return f"{of} {wording.within(self.window)} is {self.is_}"

    def tell(self, case: ConditionCase) -> ConditionText:
        metric, window, needed = plain(self.level), case.windows[0], str(self.is_)
        what = f"{self.pick} {metric} in {window}"
        if case.used.after is None:
            sentence = f"no {metric} recorded in {window}, {needed} needed"
            return ConditionText(what, needed, "nothing recorded", sentence)
        if self.pick == "mean":
            found = self._mean_told(scale_of(case.contract, self.level), case.used.every)
        else:
            found = shown_row(case.contract, self.level, case.used.after)
        return ConditionText(what, needed, found, f"{what} was {found}, {needed} needed")

    def _mean_told(self, scale: Scale, rows: Sequence[Row]) -> str:
        """The mean of the rows, fine enough to be seen on the right side of the bar."""
        total = sum(row["value"] for row in rows)
        exact, bar = Fraction(total, len(rows) * 10**scale.decimals), Fraction(self.is_.bar)
        decimals = scale.decimals + 1
        while exact != bar and (round(exact, decimals) >= bar) != (exact > bar):
            decimals += 1
        mean = f"{float(round(exact, decimals)):.{decimals}f}{scale.sign}"
        return f"{mean} in {counted(len(rows), 'row')}"


def _best(scale: Scale, rows: Sequence[Row]) -> list[Row]:
    """The best rows of the first day that has one."""
    best = max((scale.better_by * row["value"] for row in rows), default=None)
    found = [row for row in rows if scale.better_by * row["value"] == best]
    return [row for row in found if row["observed_on"] == found[0]["observed_on"]]
