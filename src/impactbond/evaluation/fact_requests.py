"""What has to be found in the evidence: the facts and stays that conditions ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.dates import Span
from impactbond.evaluation.facts import Fact, FactKind
from impactbond.evaluation.stays import Stay
from impactbond.terms.metrics import Event, Percentage, Score, Session, State


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
    ) -> Stay:
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
        return stay

    def _span(self, span: Span) -> int:
        if span not in self.spans:
            self.spans.append(span)
        return self.spans.index(span)

    def places_of(self, metric: str, states: Iterable[str]) -> tuple[int, ...]:
        """The values in evidence that stand for some states of a metric."""
        term = self.contract.metrics[metric]
        assert isinstance(term, State)
        return tuple(sorted(term.states.index(state) for state in states))

    def closes(self, window: str) -> nw.Expr:
        """The last day of a window."""
        return nw.col(f"closes_{self.windows.index(window)}")

    def measure(self, metric: str) -> Score | Percentage:
        """The terms of a metric that is a measure."""
        term = self.contract.metrics[metric]
        assert isinstance(term, Score | Percentage)
        return term


def counted_value(contract: Contract, metric: str, marked: str | None) -> int | None:
    """Which value of the metric counts: yes for events, the mark's place for marked sessions,
    otherwise any.
    """
    term = contract.metrics[metric]
    if isinstance(term, Event):
        return 1
    return term.marks.index(marked) if isinstance(term, Session) and marked is not None else None
