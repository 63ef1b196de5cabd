"""Whether conditions can be weighed: they look at metrics that exist, in windows that exist, with
bars that a measure can be on either side of.
"""

from __future__ import annotations

from impactbond.contract.check_leaves import check_leaf
from impactbond.contract.conditions import (
    Absence,
    All,
    AnyOf,
    AtLeast,
    Condition,
    Leaf,
    parts,
)
from impactbond.contract.contract import Contract
from impactbond.contract.findings import Finding, Found, circles, unknown
from impactbond.contract.written import every_condition, parts_of
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault


def check_conditions(contract: Contract) -> Found:
    """Every fault of the conditions, named or written where they are needed."""
    for path, part in every_condition(contract):
        if isinstance(part, str):
            if part not in contract.conditions:
                fault = unknown("condition", part, contract.conditions)
                yield Finding(path, fault, (("conditions",),))
        elif isinstance(part, AtLeast):
            if part.at_least > len(part.of):
                fault = Fault(
                    code="cannot_be_met",
                    problem=f"at least {part.at_least} of {len(part.of)} is never met",
                    allowed=f"a whole number from 1 to {len(part.of)}",
                )
                yield Finding((*path, "at_least"), fault, ((*path, "of"),))
            yield from _counted_twice(path, part)
        elif isinstance(part, Leaf | Absence):
            yield from check_leaf(contract, part, path)
            if isinstance(part, Absence):
                yield from _check_shown(contract, part, path)
    yield from _check_circles(contract)


def _counted_twice(path: Path, junction: AtLeast) -> Found:
    """A part that stands twice would be counted twice, and one outcome paid as two."""
    seen: set[str] = set()
    for index, part in enumerate(junction.of):
        key = part if isinstance(part, str) else part.model_dump_json(exclude={"clause"})
        if key in seen:
            fault = Fault(
                code="counted_twice",
                problem="the same condition stands twice and would count as two",
                hint="Keep it once",
            )
            yield Finding((*path, "of", index), fault)
        seen.add(key)


def _check_shown(contract: Contract, absence: Absence, path: Path) -> Found:
    """What shows that somebody looked must itself rest on what was recorded."""
    if not _shows(contract, absence.shown_by, frozenset()):
        fault = Fault(
            code="shows_nothing",
            problem="this can be met by what did not happen, and shows nobody looking",
            hint="Name something that is recorded when somebody looks, such as an assessment",
        )
        yield Finding((*path, "shown_by"), fault, (("conditions",),))


def _shows(contract: Contract, condition: Condition, passed: frozenset[str]) -> bool:
    """Whether a condition cannot be met by absences alone; a circle is told elsewhere."""
    if isinstance(condition, str):
        if condition in passed or condition not in contract.conditions:
            return True
        return _shows(contract, contract.conditions[condition], passed | {condition})
    if isinstance(condition, Leaf):
        return True
    shows = [_shows(contract, part, passed) for part in parts(condition)]
    match condition:
        case All():
            return any(shows)
        case AnyOf():
            return all(shows)
        case AtLeast():
            return shows.count(False) < condition.at_least
        case _:
            return False


def _check_circles(contract: Contract) -> Found:
    named = {
        name: {
            part: path
            for path, part in parts_of(("conditions", name), condition)
            if isinstance(part, str)
        }
        for name, condition in contract.conditions.items()
    }
    for circle in circles({name: list(inside) for name, inside in named.items()}):
        fault = Fault(
            code="circular_condition",
            problem=f"the condition '{circle[-1]}' refers to itself",
            found=" needs ".join(map(repr, circle)),
            hint="Take one of these references out",
        )
        yield Finding(named[circle[-2]][circle[-1]], fault)
