"""Reading areas, and whether a contract can take them: names it knows, children it covers, a chance
for each of its milestones, and chances that can hold together.

And whether the places of a contract can be drawn, and an area says how they are filled again.

Takes  a contract, and an area.
Gives  every fault, at the path of the term in the area that it is about.
Keeps  every child of a group begins a place of its own, so that no money may hang on what a place
       is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import isqrt

from impactbond.contract.contract import Contract
from impactbond.contract.reading.terms_file import Given, TermsFile
from impactbond.contract.reading.yaml_document import Located, load
from impactbond.contract.versions import Versions
from impactbond.dates import EPOCH, LAST_DAY_NUMBER, Span, from_day_number
from impactbond.errors import AssumptionError
from impactbond.evidence.counts import asked_of_counts
from impactbond.money import show_share
from impactbond.simulation.area import Area, Chance, Group
from impactbond.simulation.joint import check_joint
from impactbond.simulation.spending import check_costs
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, fault_at, unknown
from impactbond.terms.milestones import alternatives

_FILE = TermsFile(Area, "area", AssumptionError)


def read_area(given: Given, contract: Contract | None = None) -> Area:
    """The area in a YAML or JSON file, or in what `read_contract` takes in its place; with a
    contract, checked against it too.

    Raises AssumptionError listing every fault with its line.
    """
    source, name = _FILE.source_of(given)
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
    placed = list(_placed(area))
    yield from _check_groups(placed)
    yield from _check_shares(area)
    yield from _check_leaves(area)
    yield from check_costs(area, contract)
    if contract is None:
        return
    yield from check_places(contract, area)
    yield from _check_chances(contract, area)
    yield from _check_segments(contract, area)
    kinds = {area.alike(group.attributes): group.attributes for _, group in placed}
    for attributes in kinds.values():
        some = area.about(attributes)
        varying = list(_check_varying(contract, some))
        yield from varying or check_joint(contract, some)
    for path, group in placed:
        yield from _check_attributes(contract, group, path)
        yield from _check_started(contract, group, path)


def _placed(area: Area) -> Iterator[tuple[Path, Group]]:
    """Every group with the path of what says it."""
    yield from ((("groups", index), group) for index, group in enumerate(area.groups))
    for index, intake in enumerate(area.intake):
        yield from ((("intake", index), group) for group in intake.groups)


def _check_segments(contract: Contract, area: Area) -> Diagnostics:
    """Attributes and milestones that the contract has not."""
    for index, segment in enumerate(area.segments):
        path: Path = ("segments", index)
        for name, values in segment.only.items():
            known = contract.participants.attributes.get(name)
            if known is None:
                fault = unknown("attribute", name, contract.participants.attributes)
                yield Diagnostic((*path, "only", name), fault)
            elif isinstance(known, tuple):
                for value in values:
                    if value not in known:
                        problem = f"'{value}' is not a value of the attribute '{name}'"
                        allowed = ", ".join(known)
                        here = (*path, "only", name)
                        yield fault_at(here, "unknown_value", problem, allowed=allowed)
        for name, chance in segment.chances.items():
            here = (*path, "chances", name)
            yield from _check_chance(contract, name, chance, here)


def _check_groups(placed: Sequence[tuple[Path, Group]]) -> Diagnostics:
    """The faults that need no contract to be seen."""
    if not placed:
        hint = "Write groups:, or intake: with its cohorts"
        yield fault_at(("groups",), "no_children", "nobody starts", hint=hint)
    last = from_day_number(LAST_DAY_NUMBER)
    seen: dict[str, Path] = {}
    for path, group in placed:
        if group.name in seen:
            problem = f"two groups have the name '{group.name}'"
            hint = f"The first is entry {int(seen[group.name][1]) + 1}"
            yield fault_at((*path, "name"), "group_twice", problem, hint=hint)
        seen.setdefault(group.name, path)
        if not EPOCH <= group.start <= last:
            here, problem = (*path, "start"), "no child starts on this day"
            yield fault_at(here, "start_out_of_range", problem, allowed=f"{EPOCH} through {last}")


def _check_started(contract: Contract, group: Group, path: Path) -> Diagnostics:
    started = contract.participants.started
    if started is not None and not started[0] <= group.start <= started[1]:
        problem = "the contract does not cover children who start on this day"
        allowed = f"{started[0]} through {started[1]}"
        yield fault_at((*path, "start"), "not_covered", problem, allowed=allowed)


def _check_chances(contract: Contract, area: Area) -> Diagnostics:
    for name, chance in area.chances.items():
        yield from _check_chance(contract, name, chance, ("chances", name))
    for name in contract.milestones:
        if name not in area.chances:
            problem = f"the milestone '{name}' has no chance"
            hint = "Write 0% for a milestone that nobody is expected to reach"
            yield fault_at(("chances",), "no_chance", problem, hint=hint)


def _check_chance(contract: Contract, name: str, chance: Chance, path: Path) -> Diagnostics:
    if name not in contract.milestones:
        yield Diagnostic(path, unknown("milestone", name, contract.milestones))
        return
    yield from _check_units(contract, name, chance, path)
    has_rivals = any(names[1:] and name in names for names in alternatives(contract.milestones))
    if chance.recorded and (has_rivals or contract.milestones[name].units is not None):
        problem = f"when evidence of '{name}' is recorded cannot be drawn"
        hint = "Leave it out of milestones that are paid by the unit, and of alternatives"
        yield fault_at((*path, "recorded"), "recorded_apart", problem, hint=hint)


def _check_shares(area: Area) -> Diagnostics:
    """Whether the lengths of time and the numbers of units of each chance are all there are."""
    said: list[tuple[Path, Chance]] = [
        (("chances", name), chance) for name, chance in area.chances.items()
    ]
    for index, segment in enumerate(area.segments):
        path: Path = ("segments", index, "chances")
        said += [((*path, name), chance) for name, chance in segment.chances.items()]
    for path, chance in said:
        for key in ("after", "units", "recorded"):
            shares = getattr(chance, key)
            total = sum(shares.values(), Fraction(0))
            if shares and total != 1:
                problem, found = (
                    f"the shares of '{key}' do not come to the whole",
                    show_share(total),
                )
                yield fault_at((*path, key), "not_the_whole", problem, found=found)


def _check_leaves(area: Area) -> Diagnostics:
    said: list[tuple[Path, Mapping[Span, Fraction]]] = [(("leaves",), area.leaves)]
    for index, segment in enumerate(area.segments):
        said.append((("segments", index, "leaves"), segment.leaves or {}))
    for path, leaves in said:
        total = sum(leaves.values(), Fraction(0))
        if total > 1:
            problem, found = "more leave than have started", show_share(total)
            yield fault_at(path, "all_left", problem, found=found, allowed="100%")


def _check_varying(contract: Contract, area: Area) -> Diagnostics:
    """Whether what varies is known, is said once, and stays a chance."""
    words = ("area", "group", "year", *contract.participants.attributes)
    seen: set[str] = set()
    for place, varying in enumerate(area.varies):
        for index, name in enumerate(varying.chances):
            path: Path = ("varies", place, "chances", index)
            if name not in contract.milestones:
                yield Diagnostic(path, unknown("milestone", name, contract.milestones))
            elif name in seen:
                yield fault_at(path, "varies_twice", f"the chance of '{name}' varies twice")
            elif name in area.chances and not _can_vary(area.chances[name].chance, varying.by):
                problem = f"the chance of '{name}' cannot vary by so much"
                chance = area.chances[name].chance
                # The root of chance × (100% less chance), in tenths of a point.
                most = isqrt(int(chance * (1 - chance) * 10**6))
                allowed = f"below {most / 10}%" if most else "0%: a certain chance does not vary"
                here, hint = ("varies", place, "by"), "Write less, or leave it out"
                yield fault_at(here, "varies_too_much", problem, allowed=allowed, hint=hint)
            seen.add(name)
        for index, word in enumerate(varying.each):
            if word not in words:
                fault = unknown("attribute", word, words)
                yield Diagnostic(("varies", place, "each", index), fault)


def _can_vary(chance: Fraction, by: Fraction) -> bool:
    return not by or by**2 < chance * (1 - chance)


def _check_units(contract: Contract, name: str, chance: Chance, path: Path) -> Diagnostics:
    """Whether units are assumed where the contract pays by the unit, and nowhere else."""
    term = contract.milestones[name].units
    if term is None and (chance.units or chance.every):
        problem = f"the contract pays '{name}' once, and not by the unit"
        yield fault_at(path, "no_units", problem, hint="Leave out 'units' and 'every'")
    if term is not None and not chance.units:
        problem = f"the contract pays '{name}' by the unit, and nothing says how many are completed"
        hint = "Write units: 4, or each number with its share: units: {4: 20%, 14: 80%}"
        yield fault_at(path, "units_missing", problem, hint=hint)


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


def check_places(contract: Contract, area: Area) -> Diagnostics:
    """What an area and a contract with places, or without, say otherwise of them."""
    places, refilled = contract.participants.places, area.refilled
    if refilled is not None:
        total = sum(refilled.after.values(), Fraction(0))
        if total > 1:
            problem, found = "more are filled again than are empty", show_share(total)
            here = ("refilled", "after")
            yield fault_at(here, "all_filled", problem, found=found, allowed="100%")
    if places is None:
        if refilled is not None:
            problem = "the contract has no places that could be filled again"
            yield fault_at(("refilled",), "no_places", problem, hint="Leave it out")
        return
    leaves = area.leaves or any(segment.leaves for segment in area.segments)
    if leaves and refilled is None:
        problem = "the contract pays for places, and nothing says whether they are filled again"
        hint = "Write refilled: {after: {4 weeks: 80%}, times: 2}, or leave out who leaves"
        yield fault_at(("leaves",), "no_refill", problem, hint=hint)
    for name in contract.milestones:
        chance = area.chances.get(name)
        if chance is not None and chance.recorded:
            problem = f"when evidence of '{name}' is recorded cannot be drawn"
            hint = "Leave it out: of a place the first who reaches a milestone is paid"
            yield fault_at(("chances", name, "recorded"), "recorded_apart", problem, hint=hint)
    # Whom milestones are for is asked of no count, and would be asked of a place.
    only = {name for term in contract.milestones.values() for name in term.only}
    asked = {*asked_of_counts(Versions.of(contract)), *contract.participants.covered, *only}
    if places.by in asked:
        problem = f"money hangs on which place it is, '{places.by}', and places are drawn alike"
        yield fault_at(("groups",), "not_drawn", problem)
