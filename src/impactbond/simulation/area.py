"""An area where the contract might run: groups of children, and how likely each milestone is.

An area is a YAML file in the manner of a contract: it knows no keys but its own, and everything
wrong with it is told at once, with its line. A contract that it is read with must know its names,
cover its children and find a chance for each of its milestones.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema

from impactbond.contract.contract import Contract, FromText
from impactbond.contract.reading.terms_file import TermsFile
from impactbond.contract.reading.yaml_document import Located, load
from impactbond.dates import EPOCH, LAST_DAY_NUMBER, from_day_number
from impactbond.errors import AssumptionError
from impactbond.money import parse_share, show_share
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, fault_at, unknown
from impactbond.terms.phrases import SpanPhrase
from impactbond.terms.term import Listed, Term, phrase


def _parse_chance(text: str) -> Fraction:
    try:
        return parse_share(text)
    except ValueError:
        raise ValueError(
            "not a chance: write a percentage from 0% to 100%, or a fraction such as 2/3"
        ) from None


ChancePhrase = Annotated[
    Fraction,
    phrase(_parse_chance),
    PlainSerializer(show_share, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["95%", "2/3"]}),
]


class Group(Term):
    """Children who start on the same day with the same attributes, each eligible by that day."""

    name: str = Field(min_length=1)
    children: int = Field(ge=1, le=1_000_000)
    start: date
    attributes: dict[str, str] = Field(default_factory=dict)


class Chance(Term):
    """How likely a child that reached every prerequisite reaches a milestone too, and how long
    after its start it does.
    """

    chance: ChancePhrase
    after: SpanPhrase


class Area(FromText):
    """An area that has been read: who would take part, and what they are assumed to reach."""

    impactbond: Literal[1]
    area: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    groups: Listed[Group] = Field(min_length=1)
    chances: dict[str, Chance]

    @property
    def children(self) -> int:
        """How many children are assumed to take part."""
        return sum(group.children for group in self.groups)


_FILE = TermsFile(Area, "area", AssumptionError)


def read_area(path: str | FilePath, contract: Contract | None = None) -> Area:
    """The area in a YAML or JSON file; with a contract, checked against it too.

    Raises AssumptionError listing every fault with its line.
    """
    source, name = _FILE.source_of(path)
    return parse_area(source, name=name, contract=contract)


def parse_area(source: bytes, *, name: str, contract: Contract | None = None) -> Area:
    """The area in the bytes of a file called `name`; with a contract, checked against it too.

    Raises AssumptionError listing every fault with its line.
    """
    area = _FILE.parse(source, name, lambda area: list(_check(area, contract)))
    area._source, area._source_name = source, name
    return area


def assert_fits(contract: Contract, area: Area) -> None:
    """Nothing, or AssumptionError listing everything in the area that the contract cannot take."""
    found = list(_check(area, contract))
    if not found:
        return
    name = area._source_name
    document = load(area.source.decode("utf-8-sig"), name) if name else Located(None)
    faults = [document.placed(one.path, one.fault) for one in found]
    count = len(set(faults))
    raise AssumptionError(
        f"The area {area.area} does not fit the contract {contract.contract}: "
        f"{count} fault{'s' if count != 1 else ''}:",
        faults,
    )


def _check(area: Area, contract: Contract | None) -> Diagnostics:
    """Every fault of meaning, each at the path of the term it is in."""
    yield from _check_groups(area)
    if contract is not None:
        yield from _check_chances(contract, area)
        for index, group in enumerate(area.groups):
            yield from _check_attributes(contract, group, ("groups", index))
            yield from _check_started(contract, group, ("groups", index))


def _check_groups(area: Area) -> Diagnostics:
    """The faults that need no contract to be seen."""
    last = from_day_number(LAST_DAY_NUMBER)
    seen: dict[str, int] = {}
    for index, group in enumerate(area.groups):
        if group.name in seen:
            problem = f"two groups have the name '{group.name}'"
            hint = f"The first is entry {seen[group.name] + 1}"
            yield fault_at(("groups", index, "name"), "group_twice", problem, hint=hint)
        seen.setdefault(group.name, index)
        if not EPOCH <= group.start <= last:
            path, problem = ("groups", index, "start"), "no child starts on this day"
            yield fault_at(path, "start_out_of_range", problem, allowed=f"{EPOCH} through {last}")


def _check_started(contract: Contract, group: Group, path: Path) -> Diagnostics:
    started = contract.participants.started
    if started is not None and not started[0] <= group.start <= started[1]:
        problem = "the contract does not cover children who start on this day"
        allowed = f"{started[0]} through {started[1]}"
        yield fault_at((*path, "start"), "not_covered", problem, allowed=allowed)


def _check_chances(contract: Contract, area: Area) -> Diagnostics:
    for name in area.chances:
        if name not in contract.milestones:
            yield Diagnostic(("chances", name), unknown("milestone", name, contract.milestones))
    for name in contract.milestones:
        if name not in area.chances:
            problem = f"the milestone '{name}' has no chance"
            hint = "Write 0% for a milestone that nobody is expected to reach"
            yield fault_at(("chances",), "no_chance", problem, hint=hint)


def _check_attributes(contract: Contract, group: Group, path: Path) -> Diagnostics:
    terms = contract.participants
    for name in group.attributes:
        if name not in terms.attributes:
            fault = unknown("attribute", name, terms.attributes)
            yield Diagnostic((*path, "attributes", name), fault)
    for name, values in terms.attributes.items():
        here = (*path, "attributes", name)
        value = group.attributes.get(name, "")
        if not value.strip():
            yield fault_at(here, "no_attribute", f"the attribute '{name}' is missing")
        elif isinstance(values, tuple) and value not in values:
            problem = f"'{value}' is not a value of the attribute '{name}'"
            yield fault_at(here, "unknown_value", problem, allowed=", ".join(values))
        elif name in terms.covered and value not in terms.covered[name]:
            problem = f"the contract does not cover children whose '{name}' is '{value}'"
            yield fault_at(here, "not_covered", problem, allowed=", ".join(terms.covered[name]))
