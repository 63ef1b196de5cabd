"""Whether milestones can be reached: after milestones that exist, instead of others that they do
not come after, for participants that there can be, in units that can be counted.
"""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import check_only
from impactbond.errors import Fault
from impactbond.terms.conditions.count import COUNTABLE
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    circles,
    entry,
    listing,
    unknown,
)
from impactbond.terms.metrics import MetricTerm, Quantity, State
from impactbond.terms.metrics.metric import check_kind, check_marked
from impactbond.terms.milestones import alternatives
from impactbond.terms.units import Amounts, DaysIn, Rows, Units


def check_milestones(contract: Contract) -> Diagnostics:
    """Every fault of the milestones apart from their conditions and their money."""
    for name, milestone in contract.milestones.items():
        path: Path = ("milestones", name)
        yield from check_only(contract, milestone.only, (*path, "only"))
        yield from _check_names(contract, milestone.after, (*path, "after"))
        yield from _check_names(contract, milestone.instead_of, (*path, "instead_of"))
        if milestone.units is not None:
            yield from _check_units(contract, milestone.units, (*path, "units"))
    yield from _check_circles(contract)
    yield from _check_alternatives(contract)


def _check_names(contract: Contract, names: tuple[str, ...], path: Path) -> Diagnostics:
    for index, name in enumerate(names):
        if name not in contract.milestones:
            fault = unknown("milestone", name, contract.milestones)
            place = entry(path, index, len(names))
            yield Diagnostic(place, fault, (("milestones",), (*path, index)))


def _check_circles(contract: Contract) -> Diagnostics:
    after = {name: milestone.after for name, milestone in contract.milestones.items()}
    for circle in circles(after):
        fault = Fault(
            code="circular_prerequisite",
            problem=f"the milestone '{circle[-1]}' comes after itself",
            found=" after ".join(map(repr, circle)),
            hint="Take one of these out of 'after'",
        )
        yield Diagnostic(("milestones", circle[-2], "after"), fault)


def _check_alternatives(contract: Contract) -> Diagnostics:
    """Of alternatives one is achieved, so that none of them can wait for another."""
    milestones = contract.milestones
    for name, milestone in milestones.items():
        if name in milestone.instead_of:
            fault = Fault(
                code="instead_of_itself",
                problem=f"the milestone '{name}' stands instead of itself",
                hint="Name the other milestones of which one is paid",
            )
            yield Diagnostic(("milestones", name, "instead_of"), fault)
    if any(circles({name: one.after for name, one in milestones.items()})):
        return
    # Of alternatives all are judged before one is paid: what one of them waits for, all wait for,
    # so that circles are sought among groups.
    groups = alternatives(milestones)
    of = {name: group for group in groups for name in group}
    leads_to = {
        group[0]: [
            of[earlier][0] for name in group for earlier in milestones[name].after if earlier in of
        ]
        for group in groups
    }
    for circle in circles(leads_to):
        name = next(
            name
            for name in of[circle[-2]]
            if any(
                of[earlier][0] == circle[-1] for earlier in milestones[name].after if earlier in of
            )
        )
        fault = Fault(
            code="after_alternative",
            problem=f"the milestone '{name}' comes after one of which it, or what comes after it,"
            " stands instead",
            found=f"of {listing(of[circle[-1]])} one is paid",
            hint="Take it out of 'after' or of 'instead_of'",
        )
        rests = tuple(("milestones", other, "instead_of") for other in milestones)
        yield Diagnostic(("milestones", name, "after"), fault, rests)


def _check_units(contract: Contract, units: Units, path: Path) -> Diagnostics:
    if units.window not in contract.windows:
        fault = unknown("window", units.window, contract.windows)
        yield Diagnostic((*path, "in"), fault, (("windows",),))
    if contract.participants.places is not None:
        fault = Fault(
            code="units_of_places",
            problem="units are counted for each participant, and here several hold one place",
            hint="Write the milestone without units, or the contract without places",
        )
        yield Diagnostic(path, fault, (("participants", "places"),))
    fitting: dict[type[Units], tuple[type[MetricTerm], ...]]
    fitting = {Rows: COUNTABLE, DaysIn: (State,), Amounts: (Quantity,)}
    key = {Rows: "rows", DaysIn: "days", Amounts: "amounts"}[type(units)]
    name: str = getattr(units, key)
    faults = list(check_kind(contract.metrics, name, fitting[type(units)], key, (*path, key)))
    yield from faults
    if faults:
        return
    match units, contract.metrics[name]:
        case Rows(), metric:
            yield from check_marked(metric, name, units.marked, (*path, "marked"))
        case DaysIn(), State() as metric:
            yield from metric.check_states(name, units.as_, (*path, "as"))
        case Amounts(), Quantity() as metric:
            yield from metric.check_amount(name, units.every, (*path, "every"))
