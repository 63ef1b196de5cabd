"""Every condition of a contract, each where it is written, and what a milestone rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.terms.conditions import Condition, ConditionTerm
from impactbond.terms.diagnostic import Path

_PAID_FOR = ("milestones", "results", "fees")
DEFINED = ("metrics", "windows", "conditions", "measures", "indices", *_PAID_FOR)


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


def rests_on(contract: Mapping[str, Any]) -> dict[str, set[str]]:
    """For everything that is paid for the names that it rests on: itself, conditions, metrics,
    windows, and what comes before it. The contract is given as plain data.
    """
    defined: dict[str, list[Any]] = {}
    for part in DEFINED:
        for name, term in contract.get(part, {}).items():
            defined.setdefault(name, []).append(term)
    eligible = contract.get("participants", {}).get("eligible")
    found = {}
    for paid_for in (name for part in _PAID_FOR for name in contract.get(part, {})):
        names: set[str] = set()
        waiting = [paid_for, *_texts(eligible)]
        while waiting:
            name = waiting.pop()
            if name in defined and name not in names:
                names.add(name)
                waiting += _texts(defined[name])
        found[paid_for] = names
    return found


def _texts(value: Any) -> Iterator[str]:
    """Every text in plain data, keys apart."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inside in value.values():
            yield from _texts(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _texts(inside)
