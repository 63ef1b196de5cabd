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

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import product
from math import prod
from operator import add, mul
from typing import NamedTuple

from impactbond.contract.contract import Contract
from impactbond.dates import Span, day_number, from_day_number
from impactbond.errors import AssumptionError, Fault
from impactbond.settlement.lots import FULL, LATE, period_of
from impactbond.simulation.area import Area, Chance, Group
from impactbond.simulation.costs import CHILD
from impactbond.simulation.joint import Family, Levels, families
from impactbond.simulation.spending import Spent, Tariff
from impactbond.simulation.stage_order import in_order, needed_by
from impactbond.terms.applicability import is_about
from impactbond.terms.milestones import DaysIn, alternatives

# Beyond so many, ways to stand are no longer worked out one by one.
_MOST_CELLS = 4096
# Leaving stands among the milestones of a child, and is none.
_LEFT = -1
_AT_ONCE = Span(0, "day")


class DrawnMilestone(NamedTuple):
    """A milestone that a child reaches on a day; `pays` where the contract counts it. `recorded` is
    the day by which all that it rests on is recorded; `is_late`, whether any of that is so late
    that it earns less.
    """

    milestone: int
    day: int
    pays: bool
    recorded: int
    is_late: bool = False


class DrawnClaim(NamedTuple):
    """So many units, or one claim, of a milestone first completed on a day; known at the claim date
    of a number, in one of the standings of lots.
    """

    milestone: int
    day: int
    quantity: int
    known: int
    standing: int = FULL


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
# What a stage decides: who is reached, of families that are decided together; or, of one milestone
# that is reached by then, on which day and with how many units.
Step = Sequence[Family] | str
# The day of a milestone that is reached and has no day yet.
_NO_DAY = -1
# A share of those of whom a milestone is drawn: how it is reached, with how many units; None where
# it is not.
Way = tuple[Fraction, DrawnMilestone | None, int]
_NO_WAY: Sequence[Way] = ((Fraction(1), None, 0),)


def journeys(contract: Contract, area: Area) -> tuple[tuple[Stage, ...], ...]:
    """The stages of every group, in the order in which milestones need one another."""
    # What is drawn together, and in which order, is the same for all that are in the same segments.
    known: dict[tuple[bool, ...], tuple[Area, list[list[Family]]]] = {}
    found = []
    for group in area.cohorts:
        alike = area.alike(group.attributes)
        if alike not in known:
            of_these = area.about(group.attributes)
            known[alike] = of_these, in_order(contract, families(contract, of_these))
        of_these, ordered = known[alike]
        found.append(_Compiler(contract, of_these, group).stages(ordered))
    return tuple(found)


class _Compiler:
    """Works out the stages of one group; `order` are the milestones by their number."""

    def __init__(self, contract: Contract, area: Area, group: Group) -> None:
        self._contract, self._area, self._group = contract, area, group
        self._names = list(contract.milestones)
        self._tariff = Tariff(contract, area)
        self._claim_days = [day_number(day) for day in contract.calendar.claim_dates]
        self._order = {name: number for number, name in enumerate(self._names)}
        self._apart: set[str] = set()
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
        steps: list[Step] = []
        for together in ordered:
            apart = self._dated_apart(together)
            self._apart.update(apart)
            steps += [together, *apart]
        for place, step in enumerate(steps):
            later = [self._asked(one) for one in steps[place + 1 :]]
            asked = {_LEFT, *(self._order[name] for names in later for name in names)}
            number: dict[Standing, int] = {}
            of_cell = tuple(tuple(self._turns(standing, step, asked, number)) for standing in cells)
            found.append(Stage(of_cell, None if isinstance(step, str) else step[0].varies))
            cells = list(number)
            if len(cells) > _MOST_CELLS:
                raise _too_many(self._contract)
        return tuple(found)

    def _dated_apart(self, together: Sequence[Family]) -> Sequence[str]:
        """Milestones whose days and units are drawn in stages of their own, after it is known who
        is reached: nine of one condition, on two days each, would be 512 turns of one stage. Of
        alternatives the first day decides, so that their days stay together.
        """
        names = [name for family in together for name in family.names]
        if any(len(self._rivals[self._order[name]]) > 1 for name in names):
            return []
        several = [name for name in names if _ways_of(self._area.chances[name]) > 1]
        return several if len(several) > 1 else []

    def _asked(self, step: Step) -> set[str]:
        if isinstance(step, str):
            return {step, *self._contract.milestones[step].after}
        return needed_by(self._contract, step)

    def _turns(
        self, standing: Standing, step: Step, asked: set[int], number: dict[Standing, int]
    ) -> Iterator[Turn]:
        """What can come of a stage for whoever stands somewhere, equal turns joined."""
        chances: dict[tuple[tuple[DrawnMilestone, ...], tuple[DrawnClaim, ...], int], Levels] = {}
        dated = self._order[step] if isinstance(step, str) else None
        stays = tuple(one for one in standing if one.milestone != dated)
        for chance, ways in self._outcomes(standing, step):
            if not any(chance):
                continue
            told = tuple(self._contested([way for way in ways if way[0].day != _NO_DAY]))
            last = _last_day(standing, self._term[1])
            claims = tuple(claim for one, units in told for claim in self._claims(one, units, last))
            waiting = (one for one, _ in ways if one.day == _NO_DAY)
            known = (*stays, *(one for one, _ in told), *waiting)
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
            day = day_number(span.after(start))
            left: Standing = (DrawnMilestone(_LEFT, day, False, day),)
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

    def _outcomes(
        self, standing: Standing, step: Step
    ) -> Iterator[tuple[Levels, list[tuple[DrawnMilestone, int]]]]:
        """What can come of a stage: its chances, and what is reached with how many units."""
        if isinstance(step, str):
            is_reached = any(one.milestone == self._order[step] for one in standing)
            for share, one, units in self._ways(standing, step) if is_reached else _NO_WAY:
                yield (share,), [] if one is None else [(one, units)]
            return
        for drawn in product(*(self._drawn(standing, family) for family in step)):
            chance = drawn[0][0]
            for own, _ in drawn[1:]:
                chance = tuple(map(mul, chance, own))
            yield chance, [way for _, reached in drawn for way in reached]

    def _drawn(
        self, standing: Standing, family: Family
    ) -> list[tuple[Levels, list[tuple[DrawnMilestone, int]]]]:
        """What can come of one draw: its chances, and what is reached with how many units."""
        found = []
        for chances, names in family.outcomes:
            ways = [self._ways(standing, name, has_day=name not in self._apart) for name in names]
            for chosen in product(*ways):
                share = prod((part for part, _, _ in chosen), start=Fraction(1))
                reached = [(one, units) for _, one, units in chosen if one is not None]
                found.append((tuple(chance * share for chance in chances), reached))
        return found

    def _ways(self, standing: Standing, name: str, *, has_day: bool = True) -> Sequence[Way]:
        """On which days a milestone may be reached, with how many units; and that it is not, where
        a prerequisite was not, or the child has left by then. Without `has_day`, only that it is
        reached.
        """
        term, assumed = self._contract.milestones[name], self._area.chances[name]
        before = {one.milestone: one for one in standing}
        needed = [before.get(self._order[earlier]) for earlier in term.after]
        if None in needed:
            return _NO_WAY
        if not has_day:
            return [(Fraction(1), DrawnMilestone(self._order[name], _NO_DAY, False, _NO_DAY), 0)]
        known = [one for one in needed if one is not None]
        is_for = is_about(term.only, self._group.attributes)
        found: list[Way] = []
        for span, share in assumed.after.items():
            own = day_number(span.after(self._group.start))
            day = max([own, *(one.day for one in known)])
            if _LEFT in before and day > before[_LEFT].day:
                found.append((share, None, 0))
                continue
            is_inside = self._term[0] <= day <= self._term[1]
            pays = is_for and is_inside and all(one.pays for one in known)
            one = DrawnMilestone(self._order[name], day, pays, day)
            for recorded, of_these in self._recorded(one, known, assumed):
                for units, part in _units(assumed).items():
                    found.append((share * of_these * part, recorded, units))
        return found

    def _recorded(
        self, one: DrawnMilestone, needed: Sequence[DrawnMilestone], assumed: Chance
    ) -> Iterator[tuple[DrawnMilestone, Fraction]]:
        """A milestone by when it is recorded, and so known with all that it needs; late evidence
        earns what the contract says, and what rests on it earns no more.
        """
        evidence, day = self._contract.calendar.evidence, from_day_number(one.day)
        deadline = day_number(evidence.within.after(day))
        for lag, share in (assumed.recorded or {_AT_ONCE: Fraction(1)}).items():
            recorded = day_number(lag.after(day))
            is_late = recorded > deadline
            pays = one.pays and not (is_late and evidence.late == "nothing")
            earns_less = is_late and evidence.late_pays is not None
            yield (
                one._replace(
                    recorded=max([recorded, *(before.recorded for before in needed)]),
                    pays=pays,
                    is_late=earns_less or any(before.is_late for before in needed),
                ),
                share,
            )

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
        periods = self._contract.calendar.periods
        if term is None:
            known = max(period_of(periods, one.day), bisect_left(self._claim_days, one.recorded))
            if known < len(periods):
                yield DrawnClaim(one.milestone, one.day, 1, known, LATE if one.is_late else FULL)
            return
        most = units if term.at_most is None else min(units, term.at_most)
        by_period: dict[int, list[int]] = {}
        for day in self._unit_days(name, one.day, most):
            if day <= last:
                by_period.setdefault(period_of(periods, day), []).append(day)
        asked = bisect_left(self._claim_days, one.recorded)
        standing = LATE if one.is_late else FULL
        for period, days in by_period.items():
            known = max(period, asked)
            if known < len(periods):
                yield DrawnClaim(one.milestone, days[0], len(days), known, standing)

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


def _units(assumed: Chance) -> Mapping[int, Fraction]:
    return assumed.units or {1: Fraction(1)}


def _ways_of(assumed: Chance) -> int:
    """How many ways there are to reach a milestone."""
    return len(assumed.after) * len(_units(assumed)) * len(assumed.recorded or [_AT_ONCE])


def _left(standing: Standing) -> date | None:
    """The day on which whoever stands so leaves; None who stays."""
    return next((from_day_number(one.day) for one in standing if one.milestone == _LEFT), None)


def _last_day(standing: Standing, last: int) -> int:
    """The last day, up to another, on which whoever stands so is still there."""
    return min([last, *(one.day for one in standing if one.milestone == _LEFT)])


def _too_many(contract: Contract) -> AssumptionError:
    problem = "milestones hang together in more ways than can be told apart"
    hint = "Give fewer lengths of time, or fewer numbers of units"
    fault = Fault(code="too_many_journeys", problem=problem, allowed=f"{_MOST_CELLS:,}", hint=hint)
    return AssumptionError(f"The contract {contract.contract} cannot be simulated.", [fault])
