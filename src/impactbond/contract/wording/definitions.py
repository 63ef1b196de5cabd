"""Definitions: what is measured, and the windows in which it counts."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import counted, defined, listed, number, quoted, said_window
from impactbond.terms.metrics import (
    Event,
    Metric,
    Percentage,
    Quantity,
    Score,
    Session,
    State,
)


def measured(contract: Contract) -> SchedulePart:
    """What is measured, each metric in a sentence."""
    rules = [
        Rule(f"{defined(name)} is {metric_words(metric)}", metric.clause)
        for name, metric in contract.metrics.items()
    ]
    return SchedulePart("What is measured", tuple(rules))


def metric_words(metric: Metric) -> str:
    """What a metric is, with the sources that its evidence may come from."""
    return f"{_metric(metric)}{_sources(metric)}"


def _metric(metric: Metric) -> str:
    match metric:
        case Event():
            often = "may happen many times" if metric.repeats else "happens once"
            return f"an event that {often}, recorded as having happened or not"
        case Session():
            return f"a scheduled session, marked {listed(metric.marks, 'or')}"
        case Score():
            low, high = map(number, metric.range)
            by = f", measured by {metric.instrument}" if metric.instrument else ""
            fine = _fine(metric)
            return f"a score from {low} to {high}{fine}, where {metric.better} is better{by}"
        case Percentage():
            low, high = map(number, metric.range)
            fine = _fine(metric)
            return f"a percentage from {low}% to {high}%{fine}, where {metric.better} is better"
        case Quantity():
            of = f" in {metric.unit}" if metric.unit else ""
            return f"a quantity{of} that adds up{_fine(metric)}"
        case State():
            states = listed(metric.states, "or")
            return (
                f"what the participant is in, from the day of a record until the day of the next: "
                f"{states}"
            )


def _fine(metric: Score | Percentage | Quantity) -> str:
    if metric.decimals == 0:
        return ", in whole numbers"
    return f", to {counted(metric.decimals, 'decimal place')}"


def _sources(metric: Metric) -> str:
    if not metric.sources:
        return ""
    return f"; only evidence that comes from {listed(metric.sources, 'or')} counts"


def windows(contract: Contract) -> SchedulePart:
    """The windows, each in a sentence."""
    start = Rule(
        "“the start” is the day on which the participant starts, as the evidence states it"
    )
    rules = [
        Rule(f"{quoted(name)} runs {said_window(window)}")
        for name, window in contract.windows.items()
    ]
    return SchedulePart("Windows of time", (start, *rules))
