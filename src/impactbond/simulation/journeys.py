"""Journeys: what can become of the children of every group, stage by stage.

Takes  a contract or its versions, an area that fits it, and what is known of those on record.
Gives  the stages of every group.
Keeps  what is drawn together, and in which order, is the same for all that are alike.

And places: what can become of a place that children hold one after another.

Takes  a contract with places, an area, and a group of it: each of its children begins a place.
Gives  the stages of a place, in the forms of those of a child.
Keeps  whoever comes next starts when the place has stood empty for as long as the area says, and
       reaches milestones by its own chances. Every milestone is paid once for a place, to the first
       who reaches it, and is then reached for all who hold it. Nobody starts whom the contract does
       not cover any more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import product, zip_longest
from math import prod
from operator import mul

from impactbond.contract.conditions import reach_from
from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import ONE_DAY, day_number, from_day_number
from impactbond.evaluation.inputs import claim_dates
from impactbond.simulation.area import CHILD, Area
from impactbond.simulation.compiler import Compiler, TooManyToTellApartError
from impactbond.simulation.held_by_journey import limits_on_each, milestones_of_each
from impactbond.simulation.joint import Family, Levels, families
from impactbond.simulation.knowledge import NOTHING_KNOWN, Knowledge
from impactbond.simulation.paying_by_version import paying_of
from impactbond.simulation.stages import (
    HOLDERS,
    DrawnMilestone,
    Holder,
    Outcome,
    Stage,
    Standing,
    Turn,
    Way,
    in_order,
    needs_of,
)


def journeys(
    contract: Contract | Versions,
    area: Area,
    known: Sequence[Knowledge] = (),
    told: Callable[[Mapping[str, str]], Collection[int]] = lambda _: (),
) -> tuple[tuple[Stage, ...], ...]:
    """The stages of every group, in the order in which milestones need one another; `known` is what
    is known of the first groups. `told` gives the milestones, by their numbers, by the claims of
    which journeys are told apart, for the attributes of a group. Raises TooManyToTellApartError.
    """
    versions = Versions.of(contract)
    whole, needs = versions.whole, needs_of(versions)
    claims = claim_dates(versions, whole.calendar.claim_dates[-1])
    # What is drawn together, and in which order, is the same for all that are in the same segments.
    worked_out: dict[tuple[bool, ...], tuple[Area, list[list[Family]]]] = {}
    found = []
    for group, on_record in zip_longest(area.cohorts, known):
        alike = area.alike(group.attributes)
        if alike not in worked_out:
            of_these = area.about(group.attributes)
            worked_out[alike] = of_these, in_order(whole, needs, families(whole, of_these))
        of_these, ordered = worked_out[alike]
        knowledge = on_record or NOTHING_KNOWN
        paying = paying_of(versions, of_these, group, claims, knowledge)
        is_held = whole.participants.places is not None
        compiler_of = PlaceCompiler if is_held else Compiler
        compiler = compiler_of(whole, needs, of_these, group, knowledge, paying)
        found.append(compiler.stages(ordered, told(group.attributes)))
    return tuple(found)


def journeys_and_limits(
    versions: Versions, area: Area, known: Sequence[Knowledge], *, is_drawn: bool
) -> tuple[tuple[int, ...], tuple[tuple[Stage, ...], ...]]:
    """The limits that are worked out journey by journey, by their positions, and the stages of
    every group: none where not everybody `is_drawn`, because of those on record it is not known
    how they came to their claims one by one. Nor where a place is held by several participants, or
    where several versions each have limits of their own.
    """
    whole = versions.whole
    is_of_children = is_drawn and whole.participants.places is None
    limits = limits_on_each(whole) if is_of_children and len(versions.all) == 1 else ()
    if limits:
        with suppress(TooManyToTellApartError):  # then children one by one cost less
            return limits, journeys(versions, area, told=partial(milestones_of_each, whole, limits))
    return (), journeys(versions, area, known)


# Those who hold a place, in order.
Chain = tuple[Holder, ...]
# What is reached for a place so far: each milestone once.
ReachedSoFar = tuple[DrawnMilestone, ...]


class PlaceCompiler(Compiler):
    """Works out the stages of the places of one group."""

    def _start(self) -> dict[Standing, Turn]:
        """The turns of the start: who holds the place, one after another."""
        self._chains: list[Chain] = []
        found: dict[Standing, Turn] = {}
        chances: dict[Chain, Fraction] = {}
        times = 0 if self._area.refilled is None else self._area.refilled.times
        for chain, chance in self._holders_from(self._group.start, times):
            chances[chain] = chances.get(chain, Fraction(0)) + chance
        for place, (chain, chance) in enumerate(chances.items()):
            self._chains.append(chain)
            spent = tuple(
                one for held in chain for one in self._tariff.of(CHILD, held.start, held.left)
            )
            standing: Standing = (DrawnMilestone(HOLDERS, place, False, place),)
            found[standing] = Turn((float(chance),), (), (), place, spent, chain)
        return found

    def _holders_from(self, start: date, times: int) -> Iterator[tuple[Chain, Fraction]]:
        """Who can hold a place from a day on, filled again so many times at most, each with its
        chance.
        """
        leaves = self._area.leaves
        for span, share in leaves.items():
            left = span.after(start)
            held = Holder(start, left)
            filled = Fraction(0)
            for again, part in self._filled_again(left) if times else ():
                filled += part
                for chain, chance in self._holders_from(again, times - 1):
                    yield (held, *chain), share * part * chance
            # Stays empty for good: the shares of the area need not come to a whole.
            if filled < 1:
                yield (held,), share * (1 - filled)
        # Whoever leaves on no length that the area names holds the place to the end.
        stays = 1 - sum(leaves.values(), Fraction(0))
        if stays:
            yield (Holder(start, None),), stays

    def _filled_again(self, left: date) -> Iterator[tuple[date, Fraction]]:
        """When the next starts after somebody has left, on whom the contract still is."""
        refilled, started = self._area.refilled, self._contract.participants.started
        last = self._contract.calendar.term[1] if started is None else started[1]
        for span, share in {} if refilled is None else refilled.after.items():
            # Of two on one day the first to leave would still be there.
            day = max(span.after(left), left + ONE_DAY)
            if share and day <= last:
                yield day, share

    def _chain(self, standing: Standing) -> Chain:
        return self._chains[next(one.day for one in standing if one.milestone == HOLDERS)]

    def _leaves(self, one: DrawnMilestone, standing: Standing) -> date | None:
        return self._chain(standing)[one.holder].left

    def _dated_apart(self, together: Sequence[Family]) -> Sequence[str]:
        """None: who of a place is the first is decided by the day."""
        return []

    def _drawn(self, standing: Standing, family: Family) -> list[Outcome]:
        """What can come of one draw for everybody who holds the place, one after another."""
        levels = len(family.outcomes[0][0])
        so_far: dict[ReachedSoFar, Levels] = {(): (Fraction(1),) * levels}
        for holder, held in enumerate(self._chain(standing)):
            after: dict[ReachedSoFar, Levels] = {}
            own = list(self._of_holder(standing, family, holder, held))
            for reached, chance in so_far.items():
                taken = {one.milestone for one in reached}
                for one_chance, ones in own:
                    # Paid once for a place: what an earlier holder reached is nothing to a later
                    # one.
                    more = tuple(one for one in ones if one.milestone not in taken)
                    key = tuple(sorted((*reached, *more)))
                    both = tuple(map(mul, chance, one_chance))
                    before = after.get(key, (Fraction(0),) * levels)
                    after[key] = tuple(a + b for a, b in zip(before, both, strict=True))
            so_far = after
        return [(chance, [(one, 1) for one in reached]) for reached, chance in so_far.items()]

    def _of_holder(
        self, standing: Standing, family: Family, holder: int, held: Holder
    ) -> Iterator[tuple[Levels, ReachedSoFar]]:
        """What one who holds the place reaches of a draw."""
        for chances, names in family.outcomes:
            for chosen in product(*(self._ways_of(standing, name, holder, held) for name in names)):
                share = prod((part for part, _, _ in chosen), start=Fraction(1))
                ones = tuple(one for _, one, _ in chosen if one is not None)
                yield tuple(chance * share for chance in chances), ones

    def _ways_of(self, standing: Standing, name: str, holder: int, held: Holder) -> list[Way]:
        """On which days one who holds the place reaches a milestone that is paid; and that it does
        not.
        """
        term, assumed = self._contract.milestones[name], self._area.chances[name]
        before = {one.milestone: one for one in standing}
        if any(self._order[earlier] not in before for earlier in term.after):
            return [(Fraction(1), None, 0)]
        needed = [before[self._order[earlier]].day for earlier in term.after]
        found: list[Way] = []
        for span, share in assumed.after.items():
            day = max([day_number(span.after(held.start)), *needed])
            is_there = held.left is None or day <= day_number(held.left)
            if not is_there or not self._is_seen(name, day, holder):
                found.append((share, None, 0))
                continue
            for one, part in self._paying.drawn(self._order[name], day, before, assumed):
                # What is not paid takes nobody's place: whoever comes next can still be paid.
                way = one._replace(holder=holder) if one.pays else None
                found.append((share * part, way, 1))
        return found

    def _is_seen(self, name: str, day: int, holder: int) -> bool:
        """Whether the time that is left to somebody who comes later goes on until a day."""
        places = self._contract.participants.places
        if holder == 0 or places is None or places.clock == "restarts":
            return True
        when = self._contract.milestones[name].when
        reach = reach_from(self._contract, when, self._group.start)
        return reach is not None and from_day_number(day) <= reach[1]
