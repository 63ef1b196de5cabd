"""Part of a way, on average over several measures."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import floor
from operator import add, and_
from typing import ClassVar

from pydantic import Field

from impactbond.money import show_share
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
    Column,
    ConditionCase,
    ConditionText,
    Days,
    EvidenceUsed,
    EvidenceView,
    Facts,
    Met,
    Row,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.metrics.numbers import Scale
from impactbond.terms.phrases import SharePhrase, ThresholdPhrase
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Pair
from impactbond.terms.words import listed, plain, quoted

WHOLE_WAY = 10_000  # distances travelled count in hundredths of a per cent


class Travels(Leaf):
    """Met when the mean of the distances travelled reaches a share of the way.

    The way of a measure is from its first value in the first window to its threshold; a measure
    that needs not travel, because its first value is past the threshold, is left out. All that
    need to must have both values.
    """

    key: ClassVar[str] = "travels"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Scale,)
    reading: ClassVar[str] = (
        "a change counts on the day of the last record, and is not evidenced without a first "
        "record and a last"
    )

    travels: dict[MetricName, ThresholdPhrase] = Field(min_length=1)
    between: Pair[WindowName]
    at_least: SharePhrase

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        scale, bar = scale_of(terms, name), self.travels[name]
        faults = [*scale.faults_of_bar(bar), *scale.faults_of_way(bar)]
        yield from check_bars(scale, name, path, {("travels", name): faults})

    def met(self, facts: Facts) -> Met:
        """The mean of the progress of those that have a way to go, compared as a sum."""
        evidenced, ways, progress, days = [], [], [], []
        for metric, threshold in self.travels.items():
            scale = scale_of(facts.contract, metric)
            before = facts.fact("first", metric, self.between[0])
            after = facts.fact("last", metric, self.between[1])
            sign, first, had, has = scale.better_by, before.value_of_row, before.found, after.found
            way = (scale.held(threshold.bar) - first) * sign
            has_way = had & (way > 0)
            done = (after.value_of_row - first) * sign
            travelled = has_way & has
            evidenced.append(had & (has | ~has_way))
            ways.append(facts.where(has_way, 1, 0))
            part = _floor(facts, done * WHOLE_WAY, facts.largest(way, 1))
            progress.append(facts.where(travelled, part, 0))
            days.append(facts.where(travelled, after.day_of_row, 0))
        share, many, far = self.at_least, reduce(add, ways), reduce(add, progress)
        enough = far * share.denominator >= many * (share.numerator * WHOLE_WAY)
        known = reduce(and_, evidenced)
        return Met(known & (many > 0) & enough, known, facts.largest(*days))

    def reach(self, calendars: Calendars) -> Days | None:
        return in_last_window(self, calendars)

    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        first, last = self.between
        pairs: dict[str, tuple[Row | None, Row | None]] = {}
        relied: list[tuple[str, str]] = []
        for metric in self.travels:
            before = picked(view, "first", metric, first)
            after = picked(view, "last", metric, last)
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
            mean = Fraction(sum(progress), len(progress) * 100)
            found += f"; on average {float(mean):.2f}%"
        return ConditionText(what, needed, found, f"{found}, {needed} needed")

    def _way(
        self, terms: Terms, metric: str, before: Row | None, after: Row | None
    ) -> tuple[str, int | None, bool]:
        """What was gone of the way of one measure, in words and in hundredths of a per cent, and
        whether that is known.
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
        part = floor(Fraction(done * WHOLE_WAY, way))
        is_ = shown_row(terms, metric, after)
        return f"{was} to {is_}, {part / 100:.2f}% of the way to {threshold}", part, True


def _floor(facts: Facts, part: Column, whole: Column) -> Column:
    """Rounded down below nothing too, where engines differ."""
    return facts.where(part >= 0, part // whole, 0 - ((0 - part + whole - 1) // whole))
