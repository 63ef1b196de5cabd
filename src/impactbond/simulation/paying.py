"""Paying: what is paid, and claimed at which claim date, of the milestones that children of a group
reach; under one text of a contract, or under all versions of one that was amended.

Takes  a contract or its versions, an area, a group of it, and milestones with the days on which
       they are reached.
Gives  the same milestones with what pays and is late, and their claims.
Keeps  nothing outside the term pays; of alternatives the first pays. Of several versions each says
       what it would pay, and the rules that settle evidence say which of them a claim is under.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import Protocol

from impactbond.contract.contract import Contract
from impactbond.contract.versions import unit_stretches
from impactbond.dates import Span, day_number, from_day_number
from impactbond.evaluation.inputs import ClaimDate
from impactbond.settlement.lots import FULL, LATE
from impactbond.simulation.area import Area, Chance, Group
from impactbond.simulation.knowledge import UNCLAIMED, AlreadyReached
from impactbond.simulation.stages import DrawnClaim, DrawnMilestone
from impactbond.terms.applicability import is_about
from impactbond.terms.milestones import DaysIn, alternatives

# By when a milestone is recorded of which an area says nothing.
AT_ONCE = {Span(0, "day"): Fraction(1)}
# A milestone with how many units, and those that are reached before it.
Reached = tuple[DrawnMilestone, int]
Before = Mapping[int, DrawnMilestone]


class Paying(Protocol):
    """What is paid of what children of a group reach."""

    def drawn(
        self, number: int, day: int, before: Before, assumed: Chance
    ) -> Iterator[tuple[DrawnMilestone, Fraction]]:
        """A milestone that is drawn on a day, by when it is recorded, each with its share."""

    def actual(self, already: AlreadyReached, before: Before) -> DrawnMilestone:
        """A milestone that was reached, as it is on record."""

    def contested(self, ways: Sequence[Reached]) -> Iterator[Reached]:
        """Of alternatives that pay, the first is achieved."""

    def claims(self, one: DrawnMilestone, units: int, last: int) -> Iterator[DrawnClaim]:
        """What is claimed for a milestone: once, or its units of each period up to a last day."""

    def unit_days(self, name: str, day: int, units: int) -> Iterator[int]:
        """The days on which units are completed, at most so many as are paid."""

    def governs(self, one: DrawnMilestone) -> int:
        """The place of the version that says whether a milestone is paid."""


class PayingByText:
    """What one text of a contract pays of what children of a group reach. `names` are the
    milestones by their number, `already` those on record.
    """

    def __init__(
        self,
        contract: Contract,
        area: Area,
        group: Group,
        names: Sequence[str],
        claims: Sequence[ClaimDate],
        already: Mapping[int, AlreadyReached],
    ) -> None:
        self._contract, self._area, self._group = contract, area, group
        self._names, self._already = names, already
        self._order = {name: number for number, name in enumerate(names)}
        self._ends = [day_number(claim.ends_on) for claim in claims]
        self._known_by = [day_number(claim.known_by) for claim in claims]
        self._stretches = {
            name: [day_number(day) for day in unit_stretches(contract, name)]
            for name, term in contract.milestones.items()
            if term.units is not None
        }
        self._term = tuple(map(day_number, contract.calendar.term))
        self._rivals = {
            self._order[name]: {self._order[one] for one in names}
            for names in alternatives(contract.milestones)
            for name in names
        }

    def governs(self, one: DrawnMilestone) -> int:
        return 0

    def drawn(
        self, number: int, day: int, before: Before, assumed: Chance
    ) -> Iterator[tuple[DrawnMilestone, Fraction]]:
        for lag, share in (assumed.recorded or AT_ONCE).items():
            recorded = day_number(lag.after(from_day_number(day)))
            one = self.reached(number, day, recorded, before)
            if one is not None:
                yield one, share

    def reached(
        self, number: int, day: int, recorded: int, before: Before
    ) -> DrawnMilestone | None:
        """A milestone that is seen on a day and recorded by another: reached, and known, with all
        that it needs. Late evidence earns what the contract says, and what rests on it earns no
        more. None where it is not reached.
        """
        term = self._contract.milestones[self._names[number]]
        needed = self._needed(number, before)
        if None in needed:
            return None
        known = [one for one in needed if one is not None]
        # Late by its own row, not by the day on which all is reached: what it needs has a deadline
        # of its own, and hands on below what it missed.
        is_late, evidence = self._is_late(day, recorded), self._contract.calendar.evidence
        reached = max([day, *(one.day for one in known)])
        is_for = is_about(term.only, self._group.attributes)
        # By the day on which all of it is reached: a milestone whose prerequisite comes after the
        # term pays nothing.
        is_inside = self._term[0] <= reached <= self._term[1]
        pays = is_for and is_inside and all(one.pays for one in known)
        return DrawnMilestone(
            number,
            reached,
            pays and not (is_late and evidence.late == "nothing"),
            max([recorded, *(one.recorded for one in known)]),
            (is_late and evidence.late_pays is not None) or any(one.is_late for one in known),
        )

    def _is_late(self, day: int, recorded: int) -> bool:
        within = self._contract.calendar.evidence.within
        return recorded > day_number(within.after(from_day_number(day)))

    def _needed(self, number: int, before: Before) -> list[DrawnMilestone | None]:
        after = self._contract.milestones[self._names[number]].after
        return [before.get(self._order[earlier]) for earlier in after]

    def actual(self, already: AlreadyReached, before: Before) -> DrawnMilestone:
        needed = [one for one in self._needed(already.milestone, before) if one is not None]
        evidence = self._contract.calendar.evidence
        is_late = self._is_late(already.day, already.recorded) and evidence.late_pays is not None
        is_late = is_late or any(one.is_late for one in needed)
        if already.standing != UNCLAIMED:
            # Its own row may have been late although what it needs was reached after it: the day
            # on which all is reached does not tell, and the settlement does.
            is_late = already.standing == LATE
        return DrawnMilestone(already.milestone, already.day, True, already.recorded, is_late)

    def contested(self, ways: Sequence[Reached]) -> Iterator[Reached]:
        """The first by its day, and then as written."""
        paying = [(one.day, one.milestone) for one, _ in ways if one.pays]
        for one, units in sorted(ways):
            rivals = self._rivals[one.milestone]
            # Of those that pay: what pays nothing, because it is late or for others, takes nobody's
            # place.
            is_first = min((key for key in paying if key[1] in rivals), default=None) == (
                one.day,
                one.milestone,
            )
            yield one._replace(pays=one.pays and is_first), units

    def claims(self, one: DrawnMilestone, units: int, last: int) -> Iterator[DrawnClaim]:
        name = self._names[one.milestone]
        term = self._contract.milestones[name].units
        if not one.pays:
            return
        standing = LATE if one.is_late else FULL
        already = self._already.get(one.milestone)
        if term is None:
            if already is not None:
                return  # claimed
            known = self._known(one.day, one.recorded)
            if known < len(self._ends):
                yield DrawnClaim(one.milestone, one.day, 1, known, standing)
            return
        claimed = already.units if already is not None else 0
        by_stretch: dict[int, list[int]] = {}  # in which they come to the same money
        # From the first unit that is not claimed yet on, in the order of their days.
        for day in islice(self.unit_days(name, one.day, units), claimed, None):
            if day <= last:
                by_stretch.setdefault(bisect_right(self._stretches[name], day), []).append(day)
        for days in by_stretch.values():
            known = self._known(days[0], one.recorded)
            if known < len(self._ends):
                yield DrawnClaim(one.milestone, days[0], len(days), known, standing)

    def _known(self, day: int, recorded: int) -> int:
        """The number of the claim date at which something is claimed: that of its own period, or
        the first one that is made after it was recorded.
        """
        return max(bisect_left(self._ends, day), bisect_left(self._known_by, recorded))

    def unit_days(self, name: str, day: int, units: int) -> Iterator[int]:
        """The days on which units are completed, at most so many as are paid: the first of rows and
        amounts on the day that is reached, the first of days in a state when that many days are
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
