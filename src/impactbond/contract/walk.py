"""Every condition of a contract, each where it is written."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.terms.conditions import Condition, ConditionTerm
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
