"""Claims of journeys: what is claimed for a milestone that is reached on a day, and by when it is
known.

Takes  a contract, an area, and what is known of the children of a group.
Gives  the claims of a milestone: one, or its units of each period.
Keeps  what has been claimed is not claimed again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import islice

from impactbond.contract.contract import Contract
from impactbond.contract.unit_stretches import unit_stretches
from impactbond.dates import day_number, from_day_number
from impactbond.settlement.lots import FULL, LATE, period_of
from impactbond.simulation.area import Area
from impactbond.simulation.given import Given
from impactbond.simulation.stages import DrawnClaim, DrawnMilestone
from impactbond.terms.milestones import DaysIn


class ClaimsOfJourneys:
    """What the children of one group claim."""

    def __init__(self, contract: Contract, area: Area, given: Given) -> None:
        self._contract, self._area, self._given = contract, area, given
        self._names = list(contract.milestones)
        self._claim_days = [day_number(day) for day in contract.calendar.claim_dates]
        self._stretches = {
            name: [day_number(day) for day in unit_stretches(contract, name)]
            for name, term in contract.milestones.items()
            if term.units is not None
        }

    def of(self, one: DrawnMilestone, units: int, last: int) -> Iterator[DrawnClaim]:
        """What is claimed for a milestone: once, or its units of each period up to a last day."""
        name = self._names[one.milestone]
        term = self._contract.milestones[name].units
        if not one.pays:
            return
        periods = self._contract.calendar.periods
        already = self._given.already.get(one.milestone)
        if term is None:
            if already is not None:
                return  # claimed
            # It waits for the claim of its own period, and for the first one that is made after it
            # was recorded.
            known = max(period_of(periods, one.day), bisect_left(self._claim_days, one.recorded))
            if known < len(periods):
                yield DrawnClaim(one.milestone, one.day, 1, known, LATE if one.is_late else FULL)
            return
        claimed = already.units if already is not None else 0
        by_stretch: dict[int, list[int]] = {}  # in which they come to the same money
        for day in islice(self.unit_days(name, one.day, units), claimed, None):
            if day <= last:
                by_stretch.setdefault(bisect_right(self._stretches[name], day), []).append(day)
        asked = bisect_left(self._claim_days, one.recorded)
        standing = LATE if one.is_late else FULL
        for days in by_stretch.values():
            known = max(period_of(periods, days[0]), asked)
            if known < len(periods):
                yield DrawnClaim(one.milestone, days[0], len(days), known, standing)

    def unit_days(self, name: str, day: int, units: int) -> Iterator[int]:
        """The days on which so many units are completed, as far as they count: the first of rows
        and amounts on the day that is reached, the first of days in a state when that many days are
        over.
        """
        every, term = self._area.chances[name].every, self._contract.milestones[name].units
        most = units if term is None or term.at_most is None else min(units, term.at_most)
        start = from_day_number(day)
        for place in range(most):
            if every is not None:
                yield day_number(every.times(place).after(start))
            elif isinstance(term, DaysIn):
                yield day_number(term.every.times(place + 1).after(start)) - 1
            else:
                yield day
