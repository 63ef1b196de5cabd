"""What is known of participants on record: what each has reached, and what can come no more.

Takes  decisions about a participant at a claim date, by a text of a contract.
Gives  milestones that were reached, those whose windows are over, and those that can never pay.
Keeps  what was judged is a fact. Whatever else may still come is open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from impactbond.contract.conditions import reach_from
from impactbond.contract.contract import Contract
from impactbond.reasons import Reason
from impactbond.settlement.lots import FULL, LATE

NOT_ELIGIBLE = {Reason.NOT_ELIGIBLE, Reason.ELIGIBILITY_NOT_EVIDENCED}
# These say nothing of whether it is still to come; of any other reason it is over.
_OPEN = {Reason.WINDOW_OPEN, Reason.PREREQUISITE, Reason.LEFT}
# Its window is over: it was reached by now and is not recorded yet, or it is not reached.
_OVER = {Reason.NOT_MET, Reason.NO_EVIDENCE}
# Milestones whose windows are over, and those that can never pay.
Closed = tuple[frozenset[int], frozenset[int]]
_NOTHING: Closed = (frozenset(), frozenset())


UNCLAIMED = -1  # the standing of that for which no claim tells one


def standing_of(claims: Collection[int]) -> int:
    """The standing of a milestone, of those of its claims: late, where any is. A claim in dispute
    does not say whether it came late.
    """
    # Late is looked for first: units can stand both ways, and what rests on them earns as the late
    # ones do.
    return next((one for one in (LATE, FULL) if one in claims), UNCLAIMED)


class OnRecord(NamedTuple):
    """When a participant started and left, and the values of its attributes, as last recorded."""

    start: date
    left: date | None
    held: tuple[str, ...]


class AlreadyReached(NamedTuple):
    """A milestone that was reached on a day and known by another; and what is claimed for it: on
    which days how many units, and as which standing. Of an amended contract, `under` are the two
    days as each version in force has them, none where it is not reached by that.
    """

    milestone: int
    day: int
    recorded: int
    claimed: tuple[tuple[int, int], ...]
    under: tuple[tuple[int, ...], ...] = ()
    standing: int = UNCLAIMED

    @property
    def units(self) -> int:
        """How many units are claimed."""
        return sum(units for _, units in self.claimed)


class Knowledge(NamedTuple):
    """What is known of participants who are alike. `until` is the last day that was judged,
    `known_by` the day by which all was recorded that counted; milestones are by their number: those
    `reached`, those whose windows are `over`, and those that can pay `never`. Of an amended
    contract, these two are so by every version in force, and `by_version` tells them apart;
    `corrected` are reached only by versions that a correction has taken the place of.
    """

    until: int
    known_by: int
    left: int | None
    reached: tuple[AlreadyReached, ...]
    over: frozenset[int]
    never: frozenset[int]
    by_version: tuple[Closed, ...] = ()
    corrected: tuple[AlreadyReached, ...] = ()

    def under(self, version: int) -> Closed:
        """What is over and what can never pay, by the version of a place among several."""
        return self.by_version[version] if self.by_version else _NOTHING

    @property
    def unclaimed(self) -> frozenset[int]:
        """The milestones that were reached, and nothing is claimed for."""
        return frozenset(one.milestone for one in self.reached if not one.claimed)

    def is_open(self, milestone: int) -> bool:
        """Whether a milestone may still be reached, as far as is known."""
        # Who has left may still be recorded late, and reaches nothing new.
        reached = (one.milestone for one in self.reached)
        return milestone not in {*reached, *self.over, *self.never} and self.left is None


NOTHING_KNOWN = Knowledge(-1, -1, None, (), frozenset(), frozenset())


def closed_of(
    contract: Contract,
    number: Mapping[str, int],
    rows: Iterable[Mapping[str, Any]],
    start: date,
    until: date,
) -> Closed:
    """Of the decisions about a participant who started on a day, the milestones that are over, and
    those that can never pay.
    """
    over, never = set(), set()
    for row in rows:
        reason, milestone = row["reason"], row["milestone"]
        # What has no day left is over; a prerequisite that is open keeps its milestone open, unless
        # the milestone's own days have passed meanwhile. Any other reason no later row can change.
        has_passed = reason == Reason.PREREQUISITE and is_over(contract, milestone, start, until)
        if reason in _OVER or has_passed:
            over.add(number[milestone])
        if reason not in {Reason.MET, *_OPEN, *_OVER}:
            never.add(number[milestone])
    return frozenset(over), frozenset(never)


def is_over(contract: Contract, milestone: str, start: date, until: date) -> bool:
    """Whether no day is left on which the condition of a milestone can be met."""
    reach = reach_from(contract, contract.milestones[milestone].when, start)
    # Its last day is judged already.
    return reach is None or reach[1] <= until
