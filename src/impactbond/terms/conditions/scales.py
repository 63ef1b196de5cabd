"""Measures on a scale: one on the right side of a bar, a change from one window to another, a
threshold that is crossed, and part of a way on average over several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import reduce
from math import prod
from operator import add, and_
from typing import ClassVar, Literal

from pydantic import Field

from impactbond.errors import Fault
from impactbond.money import show_share
from impactbond.terms.conditions.changes import check_order, is_later, later
from impactbond.terms.conditions.condition import (
    READ_AS_PICKED,
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
    Column,
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
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.metrics.numbers import Scale
from impactbond.terms.phrases import DistancePhrase, SharePhrase, Threshold, ThresholdPhrase
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Pair
from impactbond.terms.words import beside, counted, listed, number, plain, quoted


class Level(InWindow):
    """Met when the first, last or best measure in the window, or their mean, is on the right side
    of a bar.
    """

    key: ClassVar[str] = "level"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Scale,)
    reading: ClassVar[str] = READ_AS_PICKED

    level: MetricName
    """The score or percentage that is looked at."""
    pick: Literal["first", "last", "best", "mean"] = "last"
    """Which measure in the window counts: the first, last or best, or the mean of all."""
    window: WindowName = Field(alias="in", description="the name of a window")
    is_: ThresholdPhrase = Field(alias="is")
    """The bar that it must pass, such as at least 17."""

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
        # In the steps in which values are held.
        bar = Fraction(self.is_.bar) * 10**scale.decimals
        passes = compared(total * bar.denominator, self.is_.comparison, rows * bar.numerator)
        return Met((rows > 0) & passes, rows > 0, last.day_of_row)

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
        moves = ", counted on its own day, which a better one moves" if self.pick == "best" else ""
        return f"{of} {wording.within(self.window)} is {self.is_}{moves}"

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
        exact = Fraction(total, len(rows) * 10**scale.decimals)
        mean = f"{beside(exact, Fraction(self.is_.bar), scale.decimals + 1)}{scale.sign}"
        return f"{mean} in {counted(len(rows), 'row')}"


def _best(scale: Scale, rows: Sequence[Row]) -> list[Row]:
    """The best rows of the first day that has one."""
    best = max((scale.better_by * row["value"] for row in rows), default=None)
    found = [row for row in rows if scale.better_by * row["value"] == best]
    # The day of the first that was as good: a later equal one moves nothing.
    return [row for row in found if row["observed_on"] == found[0]["observed_on"]]


class Between(InWindow):
    """A condition on the first measure in one window and the last in another."""

    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Scale,)
    reading: ClassVar[str] = (
        "a change counts on the day of the last record, and is not evidenced without a first "
        "record and a last that is later"
    )

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        first, last = self.windows
        before = picked(view, "first", self.metric, first)
        after = later(before, picked(view, "last", self.metric, last))
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
            sentence = f"{metric} was {was} in {first} and none later is recorded in {last}"
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
    """The score or percentage that must get better."""
    by: DistancePhrase
    """By how much, in its own points, such as 5, or 10% for a percentage."""
    between: Pair[WindowName]
    """The windows of the measure before and of the one after, by name."""

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        scale = scale_of(terms, name)
        yield from check_bars(scale, name, path, {("by",): scale.faults_of_bar(self.by)})
        yield from check_order(terms, self.between, path)

    def met(self, facts: Facts) -> Met:
        scale = scale_of(facts.contract, self.improves)
        before = facts.fact("first", self.improves, self.between[0])
        after = facts.fact("last", self.improves, self.between[1])
        first, last = before.value_of_row, after.value_of_row
        gain = last - first if scale.better == "higher" else first - last
        both = before.found & is_later(before, after)
        return Met(both & (gain >= scale.held(self.by.size)), both, after.day_of_row)

    def says(self, wording: Wording) -> str:
        better = scale_of(wording.contract, self.improves).better
        by = f"{number(self.by.size)}{' percentage points' if self.by.percent else ''}"
        last = f"the last {quoted(self.improves)} {wording.within(self.between[1])}"
        first = f"the first {wording.within(self.between[0])}"
        return f"{last} is {better} than {first} by at least {by}"

    def tell(self, case: ConditionCase) -> ConditionText:
        scale = scale_of(case.contract, self.improves)
        before, after = case.used.before, case.used.after
        needed = f"better by at least {self.by} ({scale.better} is better)"
        if before is None or after is None:
            return self._told(case, needed)
        gain = (after["value"] - before["value"]) * scale.better_by
        by = f"{'better' if gain > 0 else 'worse'} by {scale.shown(abs(gain))}"
        return self._told(case, needed, f", {by}" if gain else ", unchanged")


class Crosses(Between):
    """Met when the first measure in the first window is on one side of a threshold and the last in
    the second on the other.
    """

    key: ClassVar[str] = "crosses"

    crosses: MetricName
    """The score or percentage that must cross a threshold."""
    from_: ThresholdPhrase = Field(alias="from")
    """The side on which it must be before, such as at least 17."""
    to: ThresholdPhrase
    """The side on which it must be after, such as below 17."""
    between: Pair[WindowName]
    """The windows of the measure before and of the one after, by name."""

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        scale = scale_of(terms, name)
        bars: dict[Path, Threshold] = {("from",): self.from_, ("to",): self.to}
        faults = {key: scale.faults_of_bar(bar) for key, bar in bars.items()}
        yield from check_bars(scale, name, path, faults)
        yield from check_order(terms, self.between, path)

    def met(self, facts: Facts) -> Met:
        scale = scale_of(facts.contract, self.crosses)
        before = facts.fact("first", self.crosses, self.between[0])
        after = facts.fact("last", self.crosses, self.between[1])
        was, is_ = (
            compared(row.value_of_row, bar.comparison, scale.held(bar.bar))
            for row, bar in ((before, self.from_), (after, self.to))
        )
        had, has = before.found, is_later(before, after)
        # Either end alone can rule a crossing out.
        decided = (had & has) | (had & ~was) | (has & ~is_)
        day = facts.largest(before.day_of_row, after.day_of_row)
        return Met(had & was & has & is_, decided, day)

    def says(self, wording: Wording) -> str:
        first = f"the first {quoted(self.crosses)} {wording.within(self.between[0])}"
        last = f"the last {wording.within(self.between[1])}"
        return f"{first} is {self.from_}, and {last} is {self.to}"

    def tell(self, case: ConditionCase) -> ConditionText:
        return self._told(case, f"from {self.from_} to {self.to}")


# Ways are multiplied with each other to be added up exactly, in whole numbers of 63 bits; evidence
# of an earlier version may lie a little outside the range of this one.
MOST_WAYS = 2**60


class Travels(InWindow):
    """Met when the mean of the distances travelled reaches a share of the way.

    The way of a measure is from its first value in the first window to its threshold; a measure
    that needs not travel, because its first value is past the threshold, is left out. All that
    need to must have both values.
    """

    key: ClassVar[str] = "travels"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Scale,)
    reading: ClassVar[str] = Between.reading

    travels: dict[MetricName, ThresholdPhrase] = Field(min_length=1)
    """The scores, each with the bar that ends its way, such as at most 16."""
    between: Pair[WindowName]
    """The windows of the measures before and of those after, by name."""
    at_least: SharePhrase
    """The share of the way that is needed, on average, such as 50%."""

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        scale, bar = scale_of(terms, name), self.travels[name]
        faults = [*scale.faults_of_bar(bar), *scale.faults_of_way(bar)]
        if name == self.metrics[-1]:  # once for all of them
            faults += () if faults else self._faults_of_ways(terms)
            yield from check_order(terms, self.between, path)
        yield from check_bars(scale, name, path, {("travels", name): faults})

    def _faults_of_ways(self, terms: Terms) -> Iterator[Fault]:
        ways = [
            int((max(scale.range) - min(scale.range)) * 10**scale.decimals) or 1
            for scale in map(terms.metrics.get, self.metrics)
            if isinstance(scale, Scale)
        ]
        share = self.at_least
        if len(ways) * max(share.numerator, share.denominator) * prod(ways) >= MOST_WAYS:
            yield Fault(
                code="range_too_wide",
                problem="the ranges together have more steps than can be compared",
                found=f"{' x '.join(f'{way:,}' for way in ways)} steps",
                hint="Name fewer measures, or give them fewer decimals or narrower ranges",
            )

    def met(self, facts: Facts) -> Met:
        """The mean of what was gone of the ways, those that there are, compared as one fraction."""
        evidenced, ways, days = [], [], []
        far: Column = 0
        whole: Column = 1
        for metric, threshold in self.travels.items():
            scale = scale_of(facts.contract, metric)
            before = facts.fact("first", metric, self.between[0])
            after = facts.fact("last", metric, self.between[1])
            sign, first, had = scale.better_by, before.value_of_row, before.found
            has = is_later(before, after)
            way = (scale.held(threshold.bar) - first) * sign
            has_way = had & (way > 0)
            done = (after.value_of_row - first) * sign
            travelled = has_way & has
            # Who has no way to go needs no second measure; who has one, and no second measure, is
            # not known.
            evidenced.append(had & (has | ~has_way))
            ways.append(facts.where(has_way, 1, 0))
            # Never divided: of 1 of 3 and 2 of 3 the mean is a half, and each by itself, rounded,
            # would be less.
            length, gone = facts.where(has_way, way, 1), facts.where(travelled, done, 0)
            far, whole = far * length + gone * whole, whole * length
            days.append(facts.where(travelled, after.day_of_row, 0))
        share, many = self.at_least, reduce(add, ways)
        enough = far * share.denominator >= many * whole * share.numerator
        known = reduce(and_, evidenced)
        return Met(known & (many > 0) & enough, known, facts.largest(*days))

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        first, last = self.between
        pairs: dict[str, tuple[Row | None, Row | None]] = {}
        relied: list[tuple[str, str]] = []
        for metric in self.travels:
            before = picked(view, "first", metric, first)
            after = later(before, picked(view, "last", metric, last))
            pairs[metric] = (first_of(before), first_of(after))
            relied += [*named(before, f"first in '{first}'"), *named(after, f"last in '{last}'")]
        return EvidenceUsed(pairs=pairs, relied=relied)

    def says(self, wording: Wording) -> str:
        first, last = (wording.within(window) for window in self.between)
        bars = listed(f"{quoted(name)}, to {bar}" for name, bar in self.travels.items())
        way = f"from the first value {first} to the last {last}"
        mean = f"at least {show_share(self.at_least)} of the way is travelled on average {way}"
        return f"{mean}, by those of these measures that are not there at first: {bars}"

    def tell(self, case: ConditionCase) -> ConditionText:
        first, last = case.windows
        needed = f"on average at least {show_share(self.at_least)} of the way"
        what = f"the ways from the first in {first} to the last in {last}"
        ways = [self._way(case.contract, name, *pair) for name, pair in case.used.pairs.items()]
        progress = [part for _, part, _ in ways if part is not None]
        found = "; ".join(told for told, _, _ in ways)
        if progress and all(is_known for _, _, is_known in ways):
            mean = sum(progress, Fraction(0)) / len(progress)
            found += f"; on average {beside(mean * 100, self.at_least * 100, 2)}%"
        return ConditionText(what, needed, found, f"{found}, {needed} needed")

    def _way(
        self, terms: Terms, metric: str, before: Row | None, after: Row | None
    ) -> tuple[str, Fraction | None, bool]:
        """What was gone of the way of one measure, in words and as a share of it, and whether that
        is known.
        """
        scale, threshold, name = scale_of(terms, metric), self.travels[metric], plain(metric)
        if before is None:
            return f"no first {name} recorded", None, False
        was = f"{name} {shown_row(terms, metric, before)}"
        way = (scale.held(threshold.bar) - before["value"]) * scale.better_by
        if way <= 0:
            return f"{was}, no way to go to {threshold}", None, True
        if after is None:
            return f"{was}, and none recorded later", None, False
        done = (after["value"] - before["value"]) * scale.better_by
        part, is_ = Fraction(done, way), shown_row(terms, metric, after)
        return f"{was} to {is_}, {float(part * 100):.2f}% of the way to {threshold}", part, True
