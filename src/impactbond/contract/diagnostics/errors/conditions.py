"""Whether conditions can be weighed: they look at metrics that exist, in windows that exist, with
bars that a measure can be on either side of.
"""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.leaves import check_leaf
from impactbond.contract.walk import every_condition, parts_of
from impactbond.errors import Fault
from impactbond.terms.conditions import (
    Absence,
    All,
    AnyOf,
    AtLeast,
    Condition,
    Leaf,
    parts,
)
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, circles, unknown


def check_conditions(contract: Contract) -> Diagnostics:
    """Every fault of the conditions, named or written where they are needed."""
    for path, part in every_condition(contract):
        if isinstance(part, str):
            if part not in contract.conditions:
                fault = unknown("condition", part, contract.conditions)
                yield Diagnostic(path, fault, (("conditions",),))
        elif isinstance(part, AtLeast):
            if part.at_least > len(part.of):
                fault = Fault(
                    code="cannot_be_met",
                    problem=f"at least {part.at_least} of {len(part.of)} is never met",
                    allowed=f"a whole number from 1 to {len(part.of)}",
                )
                yield Diagnostic((*path, "at_least"), fault, ((*path, "of"),))
            yield from _counted_twice(path, part)
        elif isinstance(part, Leaf | Absence):
            yield from check_leaf(contract, part, path)
            if isinstance(part, Absence):
                yield from _check_shown(contract, part, path)
    yield from _check_circles(contract)


def _counted_twice(path: Path, junction: AtLeast) -> Diagnostics:
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
            yield Diagnostic((*path, "of", index), fault)
        seen.add(key)


def _check_shown(contract: Contract, absence: Absence, path: Path) -> Diagnostics:
    """What shows that somebody looked must itself rest on what was recorded."""
    if not _shows(contract, absence.shown_by, frozenset()):
        fault = Fault(
            code="shows_nothing",
            problem="this can be met by what did not happen, and shows nobody looking",
            hint="Name something that is recorded when somebody looks, such as an assessment",
        )
        yield Diagnostic((*path, "shown_by"), fault, (("conditions",),))


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


def _check_circles(contract: Contract) -> Diagnostics:
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
        yield Diagnostic(named[circle[-2]][circle[-1]], fault)
