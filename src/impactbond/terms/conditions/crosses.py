"""A measure that goes from one side of a threshold to the other."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from impactbond.terms.conditions.condition import check_bars, compared, scale_of
from impactbond.terms.conditions.improves import Between
from impactbond.terms.conditions.passes import (
    ConditionCase,
    ConditionText,
    Facts,
    Met,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.phrases import Threshold, ThresholdPhrase
from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Pair
from impactbond.terms.words import quoted


class Crosses(Between):
    """Met when the first measure in the first window is on one side of a threshold and the last in
    the second on the other.
    """

    key: ClassVar[str] = "crosses"

    crosses: MetricName
    from_: ThresholdPhrase = Field(alias="from")
    to: ThresholdPhrase
    between: Pair[WindowName]

    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        scale = scale_of(terms, name)
        bars: dict[Path, Threshold] = {("from",): self.from_, ("to",): self.to}
        faults = {key: scale.faults_of_bar(bar) for key, bar in bars.items()}
        yield from check_bars(scale, name, path, faults)

    def met(self, facts: Facts) -> Met:
        scale = scale_of(facts.contract, self.crosses)
        before = facts.fact("first", self.crosses, self.between[0])
        after = facts.fact("last", self.crosses, self.between[1])
        was, is_ = (
            compared(row.value_of_row, bar.comparison, scale.held(bar.bar))
            for row, bar in ((before, self.from_), (after, self.to))
        )
        had, has = before.found, after.found
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
