"""Whether units can be counted. Worth a look: units that nobody can complete, and a day that is
counted twice, in the time that comes before the units and in the first of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.conditions import parts_of
from impactbond.contract.contract import Contract
from impactbond.terms.conditions.passes import Days
from impactbond.terms.conditions.states import Sustained
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.metrics.metric import check_kind
from impactbond.terms.milestones import DaysIn, Units


def check_units(contract: Contract, units: Units, path: Path) -> Diagnostics:
    """Every fault of the units of a milestone, which stand at a place."""
    if contract.participants.places is not None:
        problem = "units are counted for each participant, and here several hold one place"
        hint = "Write the milestone without units, or the contract without places"
        rests: tuple[Path, ...] = (("participants", "places"),)
        yield fault_at(path, "units_of_places", problem, hint=hint, rests=rests)
    if units.metric in contract.metrics:
        place, metrics = (*path, units.key), contract.metrics
        faults = list(check_kind(metrics, units.metric, units.takes, units.key, place))
        yield from faults or units.check(metrics[units.metric], path)


def look_at_units(contract: Contract) -> Diagnostics:
    """Units of time that nobody can complete, and those whose first day also completes a time in
    the same state, where nothing says which is meant.
    """
    for name, milestone in contract.milestones.items():
        units, path = milestone.units, ("milestones", name, "units")
        if not isinstance(units, DaysIn):
            continue
        window = contract.windows[units.window]
        if all(_is_too_long(units, window.days(start)) for start in contract.calendar.term):
            problem = f"a unit of {units.every} is longer than the window '{units.window}'"
            hint = "Write a shorter time, or a longer window"
            place = (*path, "every")
            yield fault_at(place, "unit_never_complete", problem, found=window, hint=hint)
        if units.from_ is None:
            yield from _look_at_first_day(contract, name, units, path)


def _is_too_long(units: DaysIn, window: Days) -> bool:
    opens, closes = window
    return opens <= closes and units.every.length_from(opens) > (closes - opens).days + 1


def _look_at_first_day(contract: Contract, name: str, units: DaysIn, path: Path) -> Diagnostics:
    for before in _sustained_before(contract, name):
        if before.sustained == units.days and set(before.as_) & set(units.as_):
            problem = "the first day that is counted also completes the time before it"
            found = f"{before.for_}, and then units of {units.every}"
            hint = "Write from: the day after for further time, or from: that day if that is meant"
            yield fault_at(path, "day_counted_twice", problem, found=found, hint=hint)
            return


def _sustained_before(contract: Contract, name: str) -> Iterator[Sustained]:
    """The times in a state without which a milestone is not achieved, or one that it comes after
    is not, each once for every way that leads there.
    """
    milestone = contract.milestones[name]
    asked = [milestone.when]
    while asked:
        for _, part in parts_of((), asked.pop()):
            if isinstance(part, str) and part in contract.conditions:
                asked.append(contract.conditions[part])
            elif isinstance(part, Sustained):
                yield part
    for earlier in milestone.after:
        yield from _sustained_before(contract, earlier)
