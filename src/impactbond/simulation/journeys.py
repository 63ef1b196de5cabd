"""Journeys: what can become of a child of a group, stage by stage, each stage with its chances.

Takes  a contract, and an area that fits it.
Gives  the stages of every group; at each, where children can stand by then (a cell), and what can
       come of the stage for whoever stands there (a turn): a chance, what is reached on which days,
       what is claimed for it, and the cell that follows.
Keeps  children in one cell are alike for everything that is still to come: what no later stage asks
       for is forgotten. A child reaches no milestone without its prerequisites, nor before them;
       nothing outside the term pays; of alternatives the first pays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import product
from math import prod
from operator import add, mul
from typing import NamedTuple

from impactbond.contract.contract import Contract
from impactbond.dates import day_number, from_day_number
from impactbond.errors import AssumptionError, Fault
from impactbond.settlement.lots import period_of
from impactbond.simulation.area import Area, Group
from impactbond.simulation.costs import CHILD
from impactbond.simulation.joint import Family, Levels, families
from impactbond.simulation.spending import Spent, Tariff
from impactbond.terms.applicability import is_about
from impactbond.terms.milestones import DaysIn, alternatives

# Beyond so many, ways to stand are no longer worked out one by one.
_MOST_CELLS = 4096
# Leaving stands among the milestones of a child, and is none.
_LEFT = -1


class DrawnMilestone(NamedTuple):
    """A milestone that a child reaches on a day; `pays` where the contract counts it."""

    milestone: int
    day: int
    pays: bool


class DrawnClaim(NamedTuple):
    """So many units, or one claim, of a milestone first completed on a day."""

    milestone: int
    day: int
    quantity: int


class Turn(NamedTuple):
    """What can come of a stage: its chance at each level, what is reached and claimed, and the cell
    after it; and what is spent on a child of whom it comes true.
    """

    chances: tuple[float, ...]
    reached: tuple[DrawnMilestone, ...]
    claims: tuple[DrawnClaim, ...]
    cell: int
    spent: tuple[Spent, ...] = ()


@dataclass(frozen=True)
class Stage:
    """What can come of a stage, for children of each cell. `varies` is the place of what the area
    says of the levels of its chances; None where it says nothing. `is_start` is of the stage in
    which it is decided when each child leaves.
    """

    of_cell: tuple[tuple[Turn, ...], ...]
    varies: int | None
    is_start: bool = False


Standing = tuple[DrawnMilestone, ...]


def journeys(contract: Contract, area: Area) -> tuple[tuple[Stage, ...], ...]:
    """The stages of every group, in the order in which milestones need one another."""
    # What is drawn together, and in which order, is the same for all of them.
    ordered = _in_order(contract, families(contract, area))
    return tuple(_Compiler(contract, area, group).stages(ordered) for group in area.groups)


class _Compiler:
    """Works out the stages of one group; `order` are the milestones by their number."""

    def __init__(self, contract: Contract, area: Area, group: Group) -> None:
        self._contract, self._area, self._group = contract, area, group
        self._names = list(contract.milestones)
        self._tariff = Tariff(contract, area)
        self._order = {name: number for number, name in enumerate(self._names)}
        self._term = tuple(map(day_number, contract.calendar.term))
        self._rivals = {
            self._order[name]: {self._order[one] for one in names}
            for names in alternatives(contract.milestones)
            for name in names
        }

    def stages(self, ordered: Sequence[Sequence[Family]]) -> tuple[Stage, ...]:
        """Every stage, from one cell in which nothing is reached yet."""
        start = self._start()
        found = [Stage((tuple(start.values()),), None, is_start=True)] if start else []
        cells: list[Standing] = list(start) or [()]
        for place, together in enumerate(ordered):
            later = [_needed(self._contract, stage) for stage in ordered[place + 1 :]]
            asked = {_LEFT, *(self._order[name] for names in later for name in names)}
            number: dict[Standing, int] = {}
            of_cell = tuple(
                tuple(self._turns(standing, together, asked, number)) for standing in cells
            )
            found.append(Stage(of_cell, together[0].varies))
            cells = list(number)
            if len(cells) > _MOST_CELLS:
                raise _too_many(self._contract)
        return tuple(found)

    def _turns(
        self,
        standing: Standing,
        together: Sequence[Family],
        asked: set[int],
        number: dict[Standing, int],
    ) -> Iterator[Turn]:
        """What can come of a stage for whoever stands somewhere, equal turns joined."""
        chances: dict[tuple[tuple[DrawnMilestone, ...], tuple[DrawnClaim, ...], int], Levels] = {}
        for drawn in product(*(self._drawn(standing, family) for family in together)):
            ways = [way for _, reached in drawn for way in reached]
            chance = drawn[0][0]
            for own, _ in drawn[1:]:
                chance = tuple(map(mul, chance, own))
            if not any(chance):
                continue
            told = tuple(self._contested(ways))
            last = _last_day(standing, self._term[1])
            claims = tuple(claim for one, units in told for claim in self._claims(one, units, last))
            known = (*standing, *(one for one, _ in told))
            kept = tuple(sorted(one for one in known if one.milestone in asked))
            cell = number.setdefault(kept, len(number))
            turn = (tuple(one for one, _ in told), claims, cell)
            before = chances.get(turn)
            chances[turn] = chance if before is None else tuple(map(add, before, chance))
        for turn, chance in chances.items():
            yield Turn(tuple(map(float, chance)), *turn, self._spent(turn[0], _left(standing)))

    def _start(self) -> dict[Standing, Turn]:
        """The turns of the start: when children leave, and what is spent on each until then."""
        area, start = self._area, self._group.start
        if not area.leaves and all(cost.per != CHILD for cost in area.costs):
            return {}
        chances: dict[Standing, Fraction] = {}
        for span, share in area.leaves.items():
            left: Standing = (DrawnMilestone(_LEFT, day_number(span.after(start)), False),)
            chances[left] = chances.get(left, Fraction(0)) + share
        chances[()] = 1 - sum(chances.values(), Fraction(0))
        found: dict[Standing, Turn] = {}
        for standing, chance in chances.items():
            if chance:
                spent = tuple(self._tariff.of(CHILD, start, _left(standing)))
                found[standing] = Turn((float(chance),), (), (), len(found), spent)
        return found

    def _spent(self, reached: Standing, left: date | None) -> tuple[Spent, ...]:
        """What is spent on whoever reached these milestones, and leaves so."""
        return tuple(
            spent
            for one in reached
            for spent in self._tariff.of(self._names[one.milestone], from_day_number(one.day), left)
        )

    def _drawn(
        self, standing: Standing, family: Family
    ) -> list[tuple[Levels, list[tuple[DrawnMilestone, int]]]]:
        """What can come of one draw: its chances, and what is reached with how many units."""
        found = []
        for chances, names in family.outcomes:
            ways = [self._ways(standing, name) for name in names]
            for chosen in product(*(way for way in ways if way)):
                share = prod((part for part, _, _ in chosen), start=Fraction(1))
                reached = [(one, units) for _, one, units in chosen]
                found.append((tuple(chance * share for chance in chances), reached))
        return found

    def _ways(self, standing: Standing, name: str) -> list[tuple[Fraction, DrawnMilestone, int]]:
        """On which days a milestone may be reached, with how many units; none where a prerequisite
        was not.
        """
        term, assumed = self._contract.milestones[name], self._area.chances[name]
        before = {one.milestone: one for one in standing}
        needed = [before.get(self._order[earlier]) for earlier in term.after]
        if None in needed:
            return []
        known = [one for one in needed if one is not None]
        is_for = is_about(term.only, self._group.attributes)
        found = []
        for span, share in assumed.after.items():
            own = day_number(span.after(self._group.start))
            day = max([own, *(one.day for one in known)])
            if _LEFT in before and day > before[_LEFT].day:
                continue
            is_inside = self._term[0] <= day <= self._term[1]
            pays = is_for and is_inside and all(one.pays for one in known)
            one = DrawnMilestone(self._order[name], day, pays)
            for units, part in (assumed.units or {1: Fraction(1)}).items():
                found.append((share * part, one, units))
        return found

    def _contested(
        self, ways: list[tuple[DrawnMilestone, int]]
    ) -> Iterator[tuple[DrawnMilestone, int]]:
        """Of alternatives that pay, the first is achieved, by its day and then as written."""
        paying = [(one.day, one.milestone) for one, _ in ways if one.pays]
        for one, units in sorted(ways):
            rivals = self._rivals[one.milestone]
            is_first = min((key for key in paying if key[1] in rivals), default=None) == (
                one.day,
                one.milestone,
            )
            yield one._replace(pays=one.pays and is_first), units

    def _claims(self, one: DrawnMilestone, units: int, last: int) -> Iterator[DrawnClaim]:
        """What is claimed for a milestone: once, or its units of each period up to a last day."""
        name = self._names[one.milestone]
        term = self._contract.milestones[name].units
        if not one.pays:
            return
        if term is None:
            yield DrawnClaim(one.milestone, one.day, 1)
            return
        most = units if term.at_most is None else min(units, term.at_most)
        periods = self._contract.calendar.periods
        by_period: dict[int, list[int]] = {}
        for day in self._unit_days(name, one.day, most):
            if day <= last:
                by_period.setdefault(period_of(periods, day), []).append(day)
        for days in by_period.values():
            yield DrawnClaim(one.milestone, days[0], len(days))

    def _unit_days(self, name: str, day: int, most: int) -> Iterator[int]:
        """The days on which units are completed: the first of rows and amounts on the day that is
        reached, the first of days in a state when that many days are over.
        """
        every, term = self._area.chances[name].every, self._contract.milestones[name].units
        start = from_day_number(day)
        for place in range(most):
            if every is not None:
                yield day_number(every.times(place).after(start))
            elif isinstance(term, DaysIn):
                yield day_number(term.every.times(place + 1).after(start)) - 1
            else:
                yield day


def _left(standing: Standing) -> date | None:
    """The day on which whoever stands so leaves; None who stays."""
    return next((from_day_number(one.day) for one in standing if one.milestone == _LEFT), None)


def _last_day(standing: Standing, last: int) -> int:
    """The last day, up to another, on which whoever stands so is still there."""
    return min([last, *(one.day for one in standing if one.milestone == _LEFT)])


def _in_order(contract: Contract, found: Iterable[Family]) -> list[list[Family]]:
    """Families in stages: each needs only what earlier stages decide, and alternatives are decided
    in one stage.
    """
    stages = [[family] for family in found]
    for names in alternatives(contract.milestones):
        joined = [stage for stage in stages if any(_holds(stage, name) for name in names)]
        stages = [stage for stage in stages if stage not in joined]
        stages.append([family for stage in joined for family in stage])
    ordered: list[list[Family]] = []
    placed: set[str] = set()
    while stages:
        ready = [stage for stage in stages if placed.issuperset(_needed(contract, stage))]
        if not ready:
            raise _in_a_circle(contract)
        for stage in ready:
            placed.update(name for family in stage for name in family.names)
        ordered += sorted(ready, key=lambda stage: _place(contract, stage))
        stages = [stage for stage in stages if stage not in ready]
    return ordered


def _holds(stage: Sequence[Family], name: str) -> bool:
    return any(name in family.names for family in stage)


def _needed(contract: Contract, stage: Sequence[Family]) -> set[str]:
    names = {name for family in stage for name in family.names}
    return {earlier for name in names for earlier in contract.milestones[name].after}


def _place(contract: Contract, stage: Sequence[Family]) -> int:
    order = list(contract.milestones)
    return min(order.index(name) for family in stage for name in family.names)


def _in_a_circle(contract: Contract) -> AssumptionError:
    problem = "milestones that are drawn together need others that need them"
    fault = Fault(code="drawn_in_a_circle", problem=problem, hint="Leave one out of 'nested'")
    return AssumptionError(f"The contract {contract.contract} cannot be simulated.", [fault])


def _too_many(contract: Contract) -> AssumptionError:
    problem = "milestones hang together in more ways than can be told apart"
    hint = "Give fewer lengths of time, or fewer numbers of units"
    fault = Fault(code="too_many_journeys", problem=problem, allowed=f"{_MOST_CELLS:,}", hint=hint)
    return AssumptionError(f"The contract {contract.contract} cannot be simulated.", [fault])
