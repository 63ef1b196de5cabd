"""Whether an area fits together, and fits a contract: names that exist, attributes that are
complete, children whom the contract covers, a chance for every milestone.
"""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.dates import EPOCH, LAST_DAY_NUMBER, from_day_number
from impactbond.errors import Fault
from impactbond.simulation.area import Area, Group
from impactbond.terms.diagnostic import Path, unknown

Found = Iterator[tuple[Path, Fault]]


def check_against(contract: Contract, area: Area) -> list[tuple[Path, Fault]]:
    """Every fault of meaning, each with the path of the term it is in."""
    return [
        *check_groups(area),
        *_check_chances(contract, area),
        *(
            found
            for index, group in enumerate(area.groups)
            for check in (_check_attributes, _check_started)
            for found in check(contract, group, ("groups", index))
        ),
    ]


def check_groups(area: Area) -> list[tuple[Path, Fault]]:
    """The faults that need no contract to be seen."""
    seen: dict[str, int] = {}
    found: list[tuple[Path, Fault]] = []
    for index, group in enumerate(area.groups):
        if group.name in seen:
            fault = Fault(
                code="group_twice",
                problem=f"two groups have the name '{group.name}'",
                hint=f"The first is entry {seen[group.name] + 1}",
            )
            found.append((("groups", index, "name"), fault))
        seen.setdefault(group.name, index)
        if not EPOCH <= group.start <= from_day_number(LAST_DAY_NUMBER):
            allowed = f"{EPOCH} through {from_day_number(LAST_DAY_NUMBER)}"
            fault = Fault(
                code="start_out_of_range", problem="no child starts on this day", allowed=allowed
            )
            found.append((("groups", index, "start"), fault))
    return found


def _check_started(contract: Contract, group: Group, path: Path) -> Found:
    started = contract.participants.started
    if started is not None and not started[0] <= group.start <= started[1]:
        fault = Fault(
            code="not_covered",
            problem="the contract does not cover children who start on this day",
            allowed=f"{started[0]} through {started[1]}",
        )
        yield (*path, "start"), fault


def _check_chances(contract: Contract, area: Area) -> Found:
    for name in area.chances:
        if name not in contract.milestones:
            yield ("chances", name), unknown("milestone", name, contract.milestones)
    for name in contract.milestones:
        if name not in area.chances:
            fault = Fault(
                code="no_chance",
                problem=f"the milestone '{name}' has no chance",
                hint="Write 0% for a milestone that nobody is expected to reach",
            )
            yield ("chances",), fault


def _check_attributes(contract: Contract, group: Group, path: Path) -> Found:
    terms = contract.participants
    for name in group.attributes:
        if name not in terms.attributes:
            yield (*path, "attributes", name), unknown("attribute", name, terms.attributes)
    for name, values in terms.attributes.items():
        here = (*path, "attributes", name)
        value = group.attributes.get(name, "")
        if not value.strip():
            yield here, Fault(code="no_attribute", problem=f"the attribute '{name}' is missing")
        elif isinstance(values, tuple) and value not in values:
            yield (
                here,
                Fault(
                    code="unknown_value",
                    problem=f"'{value}' is not a value of the attribute '{name}'",
                    allowed=", ".join(values),
                ),
            )
        elif name in terms.covered and value not in terms.covered[name]:
            yield (
                here,
                Fault(
                    code="not_covered",
                    problem=f"the contract does not cover children whose '{name}' is '{value}'",
                    allowed=", ".join(terms.covered[name]),
                ),
            )
