"""Stages: what can become of children of a group, step by step, as it is drawn and counted.

Takes  nothing: these are the forms that journeys are worked out in.
Gives  the stages of a group; of each, the turns that children of every cell can come to.
Keeps  milestones are by their number in the contract, days by their number.

And in which order milestones are decided: each after those that it needs, alternatives together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import from_day_number
from impactbond.errors import AssumptionError, Fault
from impactbond.settlement.lots import FULL
from impactbond.simulation.joint import Family, Levels
from impactbond.simulation.spending import Spent
from impactbond.terms.milestones import alternatives

# Leaving stands among the milestones of a child, and is none; so does who holds a place, and when.
LEFT = -1
HOLDERS = -2
# The day of a milestone that is reached and has no day yet.
NO_DAY = -1


class Holder(NamedTuple):
    """When somebody who holds a place starts, and leaves; None who stays."""

    start: date
    left: date | None


class DrawnMilestone(NamedTuple):
    """A milestone that a child reaches on a day; `pays` where the contract counts it. `recorded` is
    the day by which all that it rests on is recorded; `is_late`, whether any of that is so late
    that it earns less. Of an amended contract, `under` is the same as each version in force has it,
    None where it is not reached by that. Of a place, `holder` is which of those who hold it, one
    after another, reaches it.
    """

    milestone: int
    day: int
    pays: bool
    recorded: int
    is_late: bool = False
    holder: int = 0
    under: tuple[DrawnMilestone | None, ...] = ()


class DrawnClaim(NamedTuple):
    """So many units, or one claim, of a milestone first completed on a day; known at the claim date
    of a number, in one of the standings of lots, under the version of a place among those in force.
    Less than nothing where it stands no more from then on.
    """

    milestone: int
    day: int
    quantity: int
    known: int
    standing: int = FULL
    version: int = 0
    holder: int = 0


class Turn(NamedTuple):
    """What can come of a stage: its chance at each level, what is reached and claimed, and the cell
    after it; and what is spent on a child of whom it comes true. `holders` are, at the start of
    a place, those who hold it one after another.
    """

    chances: tuple[float, ...]
    reached: tuple[DrawnMilestone, ...]
    claims: tuple[DrawnClaim, ...]
    cell: int
    spent: tuple[Spent, ...] = ()
    holders: tuple[Holder, ...] = ()


@dataclass(frozen=True)
class Stage:
    """What can come of a stage, for children of each cell. `varies` is the place of what the area
    says of the levels of its chances; None where it says nothing. `is_start` is of the stage in
    which it is decided when each child leaves.

    Of children on record, `likely` is how likely at each level is what is known of one of them, and
    `passed` are the milestones that are open, though every day on which they are assumed is over.

    Of the last stage, where a limit tells journeys apart by some of their claims, `ends` are these
    claims of whoever stands in each cell after it.
    """

    of_cell: tuple[tuple[Turn, ...], ...]
    varies: int | None
    is_start: bool = False
    likely: tuple[float, ...] = ()
    passed: frozenset[int] = frozenset()
    ends: tuple[tuple[DrawnClaim, ...], ...] = ()


Standing = tuple[DrawnMilestone, ...]
# A share of those of whom a milestone is drawn: how it is reached, with how many units; None where
# it is not.
Way = tuple[Fraction, DrawnMilestone | None, int]
# What can come of a stage: its chance at each level, and what is reached with how many units.
Outcome = tuple[Levels, list[tuple[DrawnMilestone, int]]]
NO_WAY: Sequence[Way] = ((Fraction(1), None, 0),)


def left_on(standing: Standing) -> date | None:
    """The day on which whoever stands so leaves; None who stays."""
    return next((from_day_number(one.day) for one in standing if one.milestone == LEFT), None)


def last_day(standing: Standing, last: int) -> int:
    """The last day, up to another, on which whoever stands so is still there."""
    return min([last, *(one.day for one in standing if one.milestone == LEFT)])


# Of every milestone, those that it comes after in any version.
Needs = Mapping[str, Sequence[str]]


def needs_of(versions: Versions) -> Needs:
    """What every milestone comes after, in any version of a contract."""
    found: dict[str, tuple[str, ...]] = {name: () for name in versions.whole.milestones}
    for text in (stretch.terms for stretch in versions.stretches):
        for name, term in text.milestones.items():
            found[name] = tuple(dict.fromkeys((*found[name], *term.after)))
    return found


def in_order(contract: Contract, needs: Needs, found: Iterable[Family]) -> list[list[Family]]:
    """Families in stages: each needs only what earlier stages decide, and alternatives are decided
    in one stage.
    """
    stages = [[family] for family in found]
    # Which of them pays is decided by who is first, and so only once all of them are drawn.
    for names in alternatives(contract.milestones):
        joined = [stage for stage in stages if any(_holds(stage, name) for name in names)]
        stages = [stage for stage in stages if stage not in joined]
        stages.append([family for stage in joined for family in stage])
    ordered: list[list[Family]] = []
    placed: set[str] = set()
    while stages:
        ready = [stage for stage in stages if placed.issuperset(needed_by(needs, stage))]
        if not ready:
            raise _in_a_circle(contract)
        for stage in ready:
            placed.update(name for family in stage for name in family.names)
        ordered += sorted(ready, key=lambda stage: _place(contract, stage))
        stages = [stage for stage in stages if stage not in ready]
    return ordered


def _holds(stage: Sequence[Family], name: str) -> bool:
    return any(name in family.names for family in stage)


def needed_by(needs: Needs, stage: Sequence[Family]) -> set[str]:
    names = {name for family in stage for name in family.names}
    return {earlier for name in names for earlier in needs[name]}


def _place(contract: Contract, stage: Sequence[Family]) -> int:
    order = list(contract.milestones)
    return min(order.index(name) for family in stage for name in family.names)


def _in_a_circle(contract: Contract) -> AssumptionError:
    problem = "milestones that are drawn together need others that need them"
    fault = Fault(code="drawn_in_a_circle", problem=problem, hint="Leave one out of 'nested'")
    return AssumptionError(f"The contract {contract.contract} cannot be simulated.", [fault])
