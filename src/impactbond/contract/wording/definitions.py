"""Definitions: what is measured, and the windows in which it counts."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import defined, said_window
from impactbond.terms.words import quoted


def measured(contract: Contract) -> SchedulePart:
    """What is measured, each metric in a sentence."""
    rules = [
        Rule(f"{defined(name)} is {metric.definition()}", metric.clause)
        for name, metric in contract.metrics.items()
    ]
    return SchedulePart("What is measured", tuple(rules))


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
