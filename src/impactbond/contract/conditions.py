"""The conditions of a contract: each where it is written, and when it can be met, for whoever
starts on a day and for anybody who may start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from impactbond.contract.contract import Contract
from impactbond.terms.conditions import Condition, ConditionTerm
from impactbond.terms.conditions.passes import Days
from impactbond.terms.diagnostic import Path


def every_condition(contract: Contract) -> Iterator[tuple[Path, Condition]]:
    """Every condition and every part of one."""
    for name, condition in contract.conditions.items():
        yield from parts_of(("conditions", name), condition)
    for name, milestone in contract.milestones.items():
        yield from parts_of(("milestones", name, "when"), milestone.when)
    if contract.participants.eligible is not None:
        yield from parts_of(("participants", "eligible"), contract.participants.eligible)


def parts_of(path: Path, condition: Condition) -> Iterator[tuple[Path, Condition]]:
    """A condition that is written at a place, and every part of it."""
    yield path, condition
    if isinstance(condition, ConditionTerm):
        for place, part in condition.inside:
            yield from parts_of((*path, *place), part)


@dataclass(frozen=True, slots=True)
class _StartedOn:
    """The days of whoever starts on a day."""

    contract: Contract
    windows: Mapping[str, Days]

    def reach(self, condition: Condition) -> Days | None:
        """The first and the last day on which a condition can be met."""
        while isinstance(condition, str):
            condition = self.contract.conditions[condition]
        return condition.reach(self)


def reach_from(contract: Contract, condition: Condition, start: date) -> Days | None:
    """The first and last day on which a condition can be met by whoever started then.

    None where it never can. Wide rather than narrow: outside these days it cannot be met.
    """
    windows = {name: window.days(start) for name, window in contract.windows.items()}
    return _StartedOn(contract, windows).reach(condition)


def reach_of(contract: Contract, condition: Condition) -> Days | None:
    """The first and last day on which anybody who may start can meet a condition."""
    # Whoever starts must start in the term, if nothing else is said.
    starts = contract.participants.started or contract.calendar.term
    found = [reach_from(contract, condition, start) for start in starts]
    spans = [span for span in found if span is not None]
    if not spans:
        return None
    return min(first for first, _ in spans), max(last for _, last in spans)


def in_term(contract: Contract, span: Days | None) -> bool:
    """Whether any day of a span lies in the term."""
    first, last = contract.calendar.term
    return span is not None and span[0] <= last and span[1] >= first
