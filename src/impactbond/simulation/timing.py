"""When every group would reach every milestone, and whether it would be paid for it.

Takes  a contract and an area that fits it.
Gives  days and whether they pay, shaped (group, milestone), and cautions about days that cannot be.
Keeps  a milestone is never reached before its prerequisites; nothing outside the term pays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.conditions import reach_from
from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evaluation.judgement import by_need
from impactbond.settlement.lots import Numbers
from impactbond.simulation.area import Area
from impactbond.terms.applicability import is_about

Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Timing:
    """Day numbers on which milestones are reached, and whether a claim is paid."""

    day: Numbers
    pays: Truths

    @classmethod
    def of(cls, contract: Contract, area: Area) -> Timing:
        """The days of an area: its start and span, or its latest prerequisite's day if later."""
        first, last = (day_number(day) for day in contract.calendar.term)
        place = {name: index for index, name in enumerate(contract.milestones)}
        day = np.empty((len(area.groups), len(place)), dtype=np.int64)
        pays = np.empty(day.shape, dtype=np.bool_)
        for name in (name for layer in by_need(contract) for name in layer):
            before = [place[earlier] for earlier in contract.milestones[name].after]
            after = area.chances[name].after
            own = np.array([[day_number(after.after(group.start))] for group in area.groups])
            day[:, place[name]] = np.hstack([own, day[:, before]]).max(axis=1)
            in_term = (day[:, place[name]] >= first) & (day[:, place[name]] <= last)
            pays[:, place[name]] = in_term & pays[:, before].all(axis=1)
            only = contract.milestones[name].only
            is_for = [is_about(only, group.attributes) for group in area.groups]
            pays[:, place[name]] &= np.array(is_for, dtype=np.bool_)
        return cls(day, pays)


def cautions(contract: Contract, area: Area, timing: Timing) -> tuple[str, ...]:
    """What a modeller should know: milestones that never pay, and days on which none is reached."""
    found = []
    groups = len(area.groups)
    for index, name in enumerate(contract.milestones):
        unpaid = int((~timing.pays[:, index]).sum())
        if area.chances[name].chance and unpaid:
            found.append(
                f"'{name}' never pays in {unpaid} of {groups} groups: it, or a milestone that it "
                "comes after, is reached outside the contract's term or is for others only"
            )
    for name in contract.milestones:
        found += _cannot_be_met(contract, area, name)
    return tuple(found)


def _cannot_be_met(contract: Contract, area: Area, milestone: str) -> list[str]:
    """A caution where a milestone is assumed on a day on which its condition cannot be met."""
    when, after = contract.milestones[milestone].when, area.chances[milestone].after
    ranges = []
    for group in area.groups:
        reach = reach_from(contract, when, group.start)
        if reach is None or not reach[0] <= after.after(group.start) <= reach[1]:
            ranges.append((group.start, reach))
    if not ranges:
        return []
    start, reach = ranges[0]
    seen = "it cannot be met at all"
    if reach is not None:
        opens, closes = ((day - start).days for day in reach)
        seen = f"it can be met from {opens} to {closes} days after the start"
    return [
        f"'{milestone}' is assumed {after} after the start, when the contract cannot see it, in "
        f"{len(ranges)} of {len(area.groups)} groups; for the first of them {seen}"
    ]
