"""What has to be found in the evidence: the facts and stays that conditions ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.dates import Span
from impactbond.evaluation.facts import NEVER, Fact, largest, smallest
from impactbond.evaluation.stays import Stay
from impactbond.terms.conditions.passes import FactKind, StayFound
from impactbond.terms.metrics import Chosen


@dataclass
class FactRequests:
    """The facts and stays asked for so far, each once, and the spans of the calendar they need.

    Without `evidenced`, nobody asks whether there was evidence where a condition is not met.
    """

    contract: Contract
    metrics: tuple[str, ...]
    windows: tuple[str, ...]
    evidenced: bool = True
    facts: list[Fact] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    def fact(
        self, kind: FactKind, metric: str, window: str, value: int | None = None, nth: int = 0
    ) -> Fact:
        """The fact of that kind; equal facts are computed once."""
        fact = Fact(kind, self.metrics.index(metric), self.windows.index(window), value, nth)
        if fact not in self.facts:
            self.facts.append(fact)
        return fact

    def any_rows(self, metric: str, window: str) -> nw.Expr | None:
        """Whether there is a row of a metric in a window; None where nobody needs to know."""
        return self.fact("rows", metric, window).column > 0 if self.evidenced else None

    def stay(
        self, metric: str, window: str, states: Iterable[str], for_: Span, within: Span | None
    ) -> StayFound:
        """The stay in some states for so long; equal stays are computed once."""
        stay = Stay(
            self.metrics.index(metric),
            self.windows.index(window),
            self.places_of(metric, states),
            self._span(for_),
            None if within is None else self._span(within),
        )
        if stay not in self.stays:
            self.stays.append(stay)
        day = nw.col(stay.day)
        return StayFound(day < NEVER, day, nw.col(stay.seen) > 0, nw.col(stay.recorded))

    def _span(self, span: Span) -> int:
        if span not in self.spans:
            self.spans.append(span)
        return self.spans.index(span)

    def places_of(self, metric: str, states: Iterable[str]) -> tuple[int, ...]:
        """The values in evidence that stand for some states of a metric."""
        term = self.contract.metrics[metric]
        assert isinstance(term, Chosen)
        return term.values_of(tuple(states))

    def closes(self, window: str) -> nw.Expr:
        """The last day of a window."""
        return nw.col(f"closes_{self.windows.index(window)}")

    def where(self, test: nw.Expr, yes: nw.Expr | int, no: nw.Expr | int) -> nw.Expr:
        """One column where a test holds, another where it does not."""
        # Engines hold a small whole number in 32 bits, and what it is multiplied by may need more.
        return nw.when(test).then(_column(yes)).otherwise(_column(no)).cast(nw.Int64)

    def largest(self, *columns: nw.Expr | int) -> nw.Expr:
        """The largest of some columns."""
        return largest(*map(_column, columns))

    def smallest(self, *columns: nw.Expr | int) -> nw.Expr:
        """The smallest of some columns."""
        return smallest(*map(_column, columns))

    @property
    def never(self) -> int:
        """A day that never comes."""
        return NEVER


def _column(value: Any) -> nw.Expr:
    """A column as it is, or a number in a column."""
    return value if isinstance(value, nw.Expr) else nw.lit(value)
