"""Compiling: what can become of a child of a group, stage by stage, each stage with its chances.

Takes  a contract, an area that fits it, and a group of it.
Gives  the stages of the group; at each, where children can stand by then (a cell), and what can
       come of the stage for whoever stands there (a turn): a chance, what is reached on which days,
       what is claimed for it, and the cell that follows.
Keeps  children in one cell are alike for everything that is still to come: what no later stage asks
       for is forgotten, but for the claims by which limits tell journeys apart. A child reaches no
       milestone without its prerequisites, nor before them; nothing outside the term pays; of
       alternatives the first pays. Of children on record, what is known is certain, and all else is
       drawn given that it is not known yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import product
from math import prod
from operator import add, mul
from typing import NamedTuple

from impactbond.contract.contract import Contract
from impactbond.dates import day_number, from_day_number
from impactbond.errors import AssumptionError, Fault
from impactbond.simulation.area import CHILD, Area, Group
from impactbond.simulation.given import Given
from impactbond.simulation.joint import Family, Levels
from impactbond.simulation.knowledge import AlreadyReached, Knowledge
from impactbond.simulation.paying import Paying
from impactbond.simulation.spending import Spent, Tariff
from impactbond.simulation.stages import (
    HOLDERS,
    LEFT,
    NO_DAY,
    NO_WAY,
    DrawnClaim,
    DrawnMilestone,
    Needs,
    Outcome,
    Stage,
    Standing,
    Turn,
    Way,
    last_day,
    left_on,
    needed_by,
)
from impactbond.terms.milestones import alternatives

# Beyond so many, ways to stand are no longer worked out one by one.
_MOST_CELLS = 4096
# Beyond so many, journeys that are told apart by their claims cost more than children one by one.
_MOST_TOLD = 1024

# What a stage decides: who is reached, of families that are decided together; or, of one milestone
# that is reached by then, on which day and with how many units.
Step = Sequence[Family] | str
# What can come of a stage: its chance at each level, what is reached and claimed, what is still
# asked for, and what is spent.
Come = tuple[Levels, Standing, tuple[DrawnClaim, ...], Standing, tuple[Spent, ...]]


class TooManyToTellApartError(Exception):
    """Children have more ways to claim than are worth being told apart."""


class StageCell(NamedTuple):
    """What is still asked for of whoever stands here; and what they have claimed so far, of that by
    which journeys are told apart.
    """

    standing: Standing
    claimed: tuple[DrawnClaim, ...] = ()


class Compiler:
    """Works out the stages of one group; `order` are the milestones by their number."""

    def __init__(
        self,
        contract: Contract,
        needs: Needs,
        area: Area,
        group: Group,
        known: Knowledge,
        paying: Paying,
    ) -> None:
        self._contract, self._needs, self._area, self._group = contract, needs, area, group
        self._given = Given(list(contract.milestones), known)
        self._names = list(contract.milestones)
        self._tariff = Tariff(contract, area)
        self._paying = paying
        self._order = {name: number for number, name in enumerate(self._names)}
        self._apart: set[str] = set()
        self._last = day_number(contract.calendar.term[1])
        self._rivals = {
            self._order[name]: {self._order[one] for one in names}
            for names in alternatives(contract.milestones)
            for name in names
        }

    def stages(
        self, ordered: Sequence[Sequence[Family]], told: Collection[int] = ()
    ) -> tuple[Stage, ...]:
        """Every stage, from one cell in which nothing is reached yet; `told` are the milestones by
        the claims of which journeys are told apart. Raises TooManyToTellApartError.
        """
        start = self._start()
        found = [Stage((tuple(start.values()),), None, is_start=True)] if start else []
        cells = list(map(StageCell, start)) or [StageCell(())]
        steps: list[Step] = []
        for together in ordered:
            apart = self._dated_apart(together)
            # Told in the stage of the family that they have no day yet, and drawn one after another
            # behind it.
            self._apart.update(apart)
            steps += [together, *apart]
        for place, step in enumerate(steps):
            later = [self._asked(one) for one in steps[place + 1 :]]
            asked = {LEFT, HOLDERS, *(self._order[name] for names in later for name in names)}
            # Cells get their numbers in the order in which turns come to them, so that the same
            # contract and area always draw the same futures from a seed.
            number: dict[StageCell, int] = {}
            self._given.begin()
            # In the order met, each once: a set would number cells otherwise from run to run.
            stand = dict.fromkeys(cell.standing for cell in cells)
            # Who stands alike can come to the same, whatever was claimed on the way.
            come = {one: list(self._come(one, step, asked)) for one in stand}
            of_cell = tuple(
                tuple(_turns(cell, come[cell.standing], told, number)) for cell in cells
            )
            varies = None if isinstance(step, str) else step[0].varies
            likely = self._given.likely if varies is not None else ()
            found.append(Stage(of_cell, varies, likely=likely, passed=self._given.passed))
            cells = list(number)
            if told and len(cells) > _MOST_TOLD:
                raise TooManyToTellApartError
            if len(cells) > _MOST_CELLS:
                raise _too_many(self._contract)
        if told and found:
            found[-1] = replace(found[-1], ends=tuple(cell.claimed for cell in cells))
        return tuple(found)

    def _dated_apart(self, together: Sequence[Family]) -> Sequence[str]:
        """Milestones whose days and units are drawn in stages of their own, after it is known who
        is reached: nine of one condition, on two days each, would be 512 turns of one stage. Of
        alternatives the first day decides, so that their days stay together.
        """
        names = [name for family in together for name in family.names]
        if any(len(self._rivals[self._order[name]]) > 1 for name in names):
            return []
        several = [name for name in names if self._area.chances[name].ways > 1]
        return several if len(several) > 1 else []

    def _asked(self, step: Step) -> set[str]:
        if isinstance(step, str):
            return {step, *self._needs[step]}
        return needed_by(self._needs, step)

    def _come(self, standing: Standing, step: Step, asked: set[int]) -> Iterator[Come]:
        """What can come of a stage for whoever stands somewhere, as it is drawn."""
        dated = self._order[step] if isinstance(step, str) else None
        stays = tuple(one for one in standing if one.milestone != dated)
        # Units are completed until the child leaves, or the term ends.
        last = last_day(standing, self._last)
        for chance, ways in self._outcomes(standing, step):
            # An outcome that no level can bring would be a turn that nobody takes, and cells behind
            # it.
            if not any(chance):
                continue
            decided = tuple(self._paying.contested([way for way in ways if way[0].day != NO_DAY]))
            claims = tuple(
                claim if claim.holder == one.holder else claim._replace(holder=one.holder)
                for one, units in decided
                for claim in self._paying.claims(one, units, last)
            )
            waiting = (one for one, _ in ways if one.day == NO_DAY)
            known = (*stays, *(one for one, _ in decided), *waiting)
            # What nothing later asks for is forgotten here: without that every way to have come so
            # far would be a cell of its own, and thousands of children as many draws.
            kept = tuple(sorted(one for one in known if one.milestone in asked))
            reached = tuple(one for one, _ in decided)
            yield chance, reached, claims, kept, self._spent(reached, standing)

    def _start(self) -> dict[Standing, Turn]:
        """The turns of the start: when children leave, and what is spent on each until then."""
        area, start, has_left = self._area, self._group.start, self._given.has_left
        if not has_left and not area.leaves and all(cost.per != CHILD for cost in area.costs):
            return {}
        chances: dict[Standing, Fraction] = {}
        for span, share in area.leaves.items():
            day = day_number(span.after(start))
            left: Standing = (DrawnMilestone(LEFT, day, False, day),)
            chances[left] = chances.get(left, Fraction(0)) + share
        # Whoever leaves on no length that the area names stays.
        chances[()] = 1 - sum(chances.values(), Fraction(0))
        chances = self._given.still_to_leave(chances)
        found: dict[Standing, Turn] = {}
        for standing, chance in chances.items():
            if chance:
                spent = tuple(self._tariff.of(CHILD, start, left_on(standing)))
                found[standing] = Turn((float(chance),), (), (), len(found), spent)
        return found

    def _spent(self, reached: Standing, standing: Standing) -> tuple[Spent, ...]:
        """What is spent on whoever reached these milestones, and stands so."""
        return tuple(
            spent
            for one in reached
            for spent in self._tariff.of(
                self._names[one.milestone], from_day_number(one.day), self._leaves(one, standing)
            )
        )

    def _leaves(self, one: DrawnMilestone, standing: Standing) -> date | None:
        """When whoever reaches a milestone and stands so leaves; None who stays."""
        return left_on(standing)

    def _outcomes(self, standing: Standing, step: Step) -> Iterator[Outcome]:
        """What can come of a stage: its chances, and what is reached with how many units; given
        what is known.
        """
        found = self._assumed(standing, step)
        if self._given.is_nothing:
            return found
        before = {one.milestone: one for one in standing}
        if isinstance(step, str):
            certain = self._given.certain([step], before, self._paying.actual)
            return self._given.left_to_come(list(found), 1, certain)
        names, levels = [one for own in step for one in own.names], len(step[0].outcomes[0][0])
        certain = self._given.certain(names, before, self._paying.actual, undated=self._apart)
        return self._given.left_to_come(list(found), levels, certain, is_of_chance=True)

    def _assumed(self, standing: Standing, step: Step) -> Iterator[Outcome]:
        """What can come of a stage as the area says, without what is ruled out."""
        if isinstance(step, str):
            is_reached = any(one.milestone == self._order[step] for one in standing)
            for share, one, units in self._ways(standing, step) if is_reached else NO_WAY:
                yield (share,), [] if one is None else [(one, units)]
            return
        # Once it is known how the chances of the stage turn out, its families are independent.
        for drawn in product(*(self._drawn(standing, family) for family in step)):
            chance = drawn[0][0]
            for own, _ in drawn[1:]:
                chance = tuple(map(mul, chance, own))
            yield chance, [way for _, reached in drawn for way in reached]

    def _drawn(self, standing: Standing, family: Family) -> list[Outcome]:
        """What can come of one draw: its chances, and what is reached with how many units."""
        found = []
        reached_already = {
            name for name in family.names if self._order[name] in self._given.already
        }
        for chances, names in family.outcomes:
            # An outcome without what is known to be reached did not happen. What is left adds up
            # to less than one; it is put in proportion once, for the whole stage (`left_to_come`).
            if not reached_already.issubset(names):
                continue
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
        given, number = self._given, self._order[name]
        already = given.already.get(number)
        if already is not None and has_day:
            actual = self._paying.actual(already, before)
            return [(share, actual, units) for units, share in self._more(actual, already)]
        if number in given.never:
            return NO_WAY
        needed = [before.get(self._order[earlier]) for earlier in term.after]
        if None in needed:
            return NO_WAY
        if not has_day:
            # Of whoever has no day yet, only so many are left once days are drawn.
            # Where something is known, some of the days are ruled out: the chance to be reached at
            # all is what they leave.
            is_whole = given.is_nothing or already is not None
            dated = NO_WAY if is_whole else self._ways(standing, name)
            of = sum((share for share, _, _ in dated), Fraction(0))
            return [(of, DrawnMilestone(number, NO_DAY, False, NO_DAY), 0)] if of else []
        known = [one for one in needed if one is not None]
        found: list[Way] = []
        for span, share in assumed.after.items():
            own = day_number(span.after(self._group.start))
            # Days are drawn from the start, by themselves: what is reached is reached with the last
            # of all that it needs.
            day = max([own, *(one.day for one in known)])
            # On the day of leaving it still counts, as evaluation has it.
            if LEFT in before and day > before[LEFT].day:
                found.append((share, None, 0))
                continue
            for one, of_these in self._paying.drawn(number, day, before, assumed):
                if given.rules_out(one):
                    continue
                if given.lapses(one, self._paying.governs(one)):
                    found.append((share * of_these, None, 0))
                    continue
                for units, part in assumed.shares_of_units.items():
                    found.append((share * of_these * part, one, units))
        if not found:
            given.note_passed(number)
        return found

    def _more(
        self, actual: DrawnMilestone, already: AlreadyReached
    ) -> Sequence[tuple[int, Fraction]]:
        """How many units whoever has claimed some of them may come to: as many as would have been
        claimed by now, if so many are completed in all.
        """
        name = self._names[already.milestone]
        if self._contract.milestones[name].units is None:
            return [(1, Fraction(1))]
        shares = self._area.chances[name].shares_of_units
        days = {units: self._paying.unit_days(name, actual.day, units) for units in shares}
        return self._given.units_in_all(already, shares, days)


def _turns(
    before: StageCell, come: Iterable[Come], told: Collection[int], number: dict[StageCell, int]
) -> Iterator[Turn]:
    """What can come of a stage for whoever stands somewhere, equal turns joined."""
    chances: dict[tuple[Standing, tuple[DrawnClaim, ...], int, tuple[Spent, ...]], Levels] = {}
    for chance, reached, claims, kept, spent in come:
        told_by = (one for one in claims if one.milestone in told)
        after = StageCell(kept, tuple(sorted((*before.claimed, *told_by))))
        # Two ways that leave a child standing alike meet in one cell: that is what keeps cells few.
        cell = number.setdefault(after, len(number))
        turn = (reached, claims, cell, spent)
        so_far = chances.get(turn)
        chances[turn] = chance if so_far is None else tuple(map(add, so_far, chance))
    for turn, chance in chances.items():
        yield Turn(tuple(map(float, chance)), *turn)


def _too_many(contract: Contract) -> AssumptionError:
    problem = "milestones hang together in more ways than can be told apart"
    hint = "Give fewer lengths of time, or fewer numbers of units"
    fault = Fault(code="too_many_journeys", problem=problem, allowed=f"{_MOST_CELLS:,}", hint=hint)
    return AssumptionError(f"The contract {contract.contract} cannot be simulated.", [fault])
