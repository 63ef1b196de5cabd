"""Where a contract stands that was settled on counts: the children of an area who have started, and
what they have reached, as far as counts tell it.

Takes  a settlement on counts, and an area whose groups say who started.
Gives  the children of every group that has started, those who are alike together, with what is
       known of them.
Keeps  as many have reached a milestone as are counted, on the days that are counted. Whose they are
       nobody knows: they are given to groups in the proportion in which the area expects them, and
       within a group as if milestones that do not need one another came apart from one another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number
from impactbond.errors import AssumptionError, Fault
from impactbond.evaluation.inputs import ClaimDate
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.area import Area, Group
from impactbond.simulation.joint import families
from impactbond.simulation.knowledge import AlreadyReached, Knowledge, is_over
from impactbond.simulation.stages import in_order, needs_of
from impactbond.terms.applicability import is_about
from impactbond.terms.milestones import alternatives

_EVIDENCE = "Settle on evidence, or simulate an area learnt from the counts"
# What children who are alike have reached: milestones by their number, each with the day on which
# it was reached and the day by which that was known.
Alike = tuple[AlreadyReached, ...]


@dataclass(frozen=True, eq=False, repr=False)
class CountedGroup:
    """Children of a group of an area who are alike, with what is known of them."""

    name: str
    children: int
    known: Knowledge
    of: Group


def unable_of_counts(versions: Versions, area: Area) -> Iterator[Fault]:
    """Why it cannot be told from counts who may still reach more."""
    contract = versions.whole
    problems = []
    if len(versions.all) > 1:
        problems.append("the contract was amended, and counts do not tell who reached what before")
    if contract.claim_by_claim:
        problems.append("a limit looks at single claims or participants, and counts are nobody's")
    for name, term in contract.milestones.items():
        if term.units is not None:
            problems.append(f"'{name}' is paid by the unit, and counts do not say whose units")
    if area.leaves or any(segment.leaves for segment in area.segments):
        problems.append("the area says when children leave, and counts do not say who has left")
    for problem in problems:
        yield Fault(code="nobody_known", problem=problem, hint=_EVIDENCE)


def counted_groups(settlement: Settlement, contract: Contract, area: Area) -> list[CountedGroup]:
    """The children of every group that has started by the settlement's latest claim date.

    Raises AssumptionError where more are counted than can have reached a milestone.
    """
    claim = settlement.claim
    started = [group for group in area.cohorts if group.start <= claim.known_by]
    dealt = _Dealt(contract, area, started)
    rows, faults = list(_became_known(settlement)), []
    # What others need comes first, and the earlier before the later: only to those who have reached
    # the one can the other be given.
    for name in dealt.order:
        own = [row for row in rows if row["milestone"] == name]
        for row in sorted(own, key=lambda row: (row["achieved_on"], row["recorded_on"])):
            short = dealt.deal(name, row)
            if short is not None:
                faults.append(short)
    if faults:
        raise AssumptionError("What is left cannot be forecast from these counts.", faults)
    until, known_by = day_number(claim.ends_on), day_number(claim.known_by)
    found = []
    for group, alike in zip(started, dealt.alike, strict=True):
        closed = _closed_to(contract, group, claim)
        for place, (reached, children) in enumerate(sorted(alike.items()), 1):
            if children:
                known = Knowledge(until, known_by, None, reached, *closed)
                found.append(CountedGroup(f"{group.name}, {place}", children, known, group))
    return found


def _closed_to(
    contract: Contract, group: Group, claim: ClaimDate
) -> tuple[frozenset[int], frozenset[int]]:
    """The milestones that are over for a group by a claim date, and those it never can reach."""
    over, never = set(), set()
    for number, (name, term) in enumerate(contract.milestones.items()):
        if is_over(contract, name, group.start, claim.ends_on):
            over.add(number)
        if not is_about(term.only, group.attributes):
            never.add(number)
    return frozenset(over), frozenset(never)


def _became_known(settlement: Settlement) -> Iterator[dict[str, Any]]:
    """Rows that count what stands at the latest claim date, in parts by when each became known: a
    count can stand in the place of a smaller one, of which the rest was claimed before.
    """
    counts, attributes = settlement.counts, settlement.contract.participants.attributes
    of = ("milestone", "achieved_on", "standing", *attributes)
    parts: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for claim in settlement.claim_dates:
        stands: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in counts.standing_on(claim.known_by) if counts is not None else ():
            # Achieved after the period it is the next claim's, though it is known.
            if row["achieved_on"] <= claim.ends_on:
                key = tuple(row[name] for name in of)
                together = stands.get(key, {"number": 0})["number"] + row["number"]
                stands[key] = row | {"number": together}
        # Counts that have gone are among them: their parts are taken back.
        for key in {**parts, **stands}:
            before = parts.setdefault(key, [])
            number = stands[key]["number"] if key in stands else 0
            more = number - sum(one["number"] for one in before)
            if more > 0:
                before.append(stands[key] | {"number": more})
            while more < 0:  # what came last is taken back first
                last = before.pop()
                more += last["number"]
                if more > 0:
                    before.append(last | {"number": more})
    for own in parts.values():
        yield from own


class _Dealt:
    """The children of groups, and what they have reached: `alike` are those of each group."""

    def __init__(self, contract: Contract, area: Area, groups: Sequence[Group]) -> None:
        self._contract, self._groups = contract, groups
        self._areas = [area.about(group.attributes) for group in groups]
        self._number = {name: place for place, name in enumerate(contract.milestones)}
        needs = needs_of(Versions.of(contract))
        stages = in_order(contract, needs, families(contract, area))
        self.order = [name for stage in stages for family in stage for name in family.names]
        self._rivals = {name: one for one in alternatives(contract.milestones) for name in one}
        self.alike: list[Counter[Alike]] = [Counter({(): group.children}) for group in groups]
        self._outcomes = [self._outcomes_of(one) for one in self._areas]

    def _outcomes_of(self, area: Area) -> dict[str, tuple[set[str], list[set[str]]]]:
        """Of every milestone, those that are drawn with it, and what can come of that."""
        return {
            name: (set(family.names), [set(reached) for _, reached in family.outcomes])
            for family in families(self._contract, area)
            for name in family.names
        }

    def deal(self, name: str, row: Mapping[str, Any]) -> Fault | None:
        """Give what a row counts to children who can have reached it; a fault where they are too
        few.
        """
        able = [
            (place, alike, children, self._expected(place, name, row))
            for place, group in enumerate(self._groups)
            if group.start <= row["achieved_on"] and _matches(group, row)
            for alike, children in sorted(self.alike[place].items())
            if children and self._can(place, name, alike)
        ]
        rooms = [children for _, _, children, _ in able]
        if sum(rooms) < row["number"]:
            # Refused, not cut to the room: a forecast of fewer than were paid for would not add up.
            return Fault(
                file=row["file"],
                sheet=row["sheet"],
                row=row["row"],
                code="more_counted",
                problem=f"more are counted of '{name}' than the area's groups that have started"
                " can have reached",
                found=f"{row['number']:,}",
                allowed=f"{sum(rooms):,}",
                hint="Write in the area who has started, as many as there were",
            )
        # By how many of each the area expects, of those who are there: the likelier the group, the
        # more of the count is its.
        weights = [children * expected for _, _, children, expected in able]
        one = AlreadyReached(
            self._number[name],
            day_number(row["achieved_on"]),
            day_number(row["recorded_on"]),
            ((day_number(row["achieved_on"]), 1),),
        )
        for (place, alike, _, _), number in zip(
            able, dealt_out(row["number"], rooms, weights), strict=True
        ):
            self.alike[place][alike] -= number
            self.alike[place][tuple(sorted((*alike, one)))] += number
        return None

    def _can(self, place: int, name: str, alike: Alike) -> bool:
        """Whether children who are alike can reach a milestone that they have not yet."""
        names = list(self._number)
        reached = {names[one.milestone] for one in alike}
        term = self._contract.milestones[name]
        if name in reached or not reached.issuperset(term.after):
            return False
        # Of alternatives one is paid: whoever has another cannot be counted here.
        if reached.intersection(self._rivals[name]):
            return False
        together, outcomes = self._outcomes[place][name]
        # What is counted can be, though the area gives it no chance.
        is_foreseen = any(name in one for one in outcomes)
        return not is_foreseen or (reached & together) | {name} in outcomes

    def _expected(self, place: int, name: str, row: Mapping[str, Any]) -> Fraction:
        """The part of a group's children of whom the area expects a milestone by a day."""
        assumed, start = self._areas[place].chances[name], self._groups[place].start
        by_then = (share for span, share in assumed.after.items() if _by(span, start, row))
        return assumed.chance * sum(by_then, Fraction(0))


def _by(span: Any, start: Any, row: Mapping[str, Any]) -> bool:
    return bool(span.after(start) <= row["achieved_on"])


def _matches(group: Group, row: Mapping[str, Any]) -> bool:
    """Whether a row counts children of a group; what nobody asks of a count is blank."""
    return all(not row[name] or row[name] == value for name, value in group.attributes.items())


def dealt_out(number: int, rooms: Sequence[int], weights: Sequence[Fraction]) -> list[int]:
    """A number in parts that are in proportion to weights, none of them larger than its room; what
    is left over of whole ones goes where most of one is, first to the first.

    Where nothing has any weight, it goes by room.
    """
    found, left = [0] * len(rooms), number
    # Once more whenever a room is full: what it could not take goes to the others, in proportion.
    while left:
        free = [place for place, room in enumerate(rooms) if found[place] < room]
        of = {place: weights[place] for place in free}
        if not any(of.values()):
            # What is counted has happened, though the area gave those with room left no chance.
            of = {place: Fraction(rooms[place] - found[place]) for place in free}
        whole = sum(of.values(), Fraction(0))
        exact = {place: left * weight / whole for place, weight in of.items()}
        parts = {place: min(int(one), rooms[place] - found[place]) for place, one in exact.items()}
        if not any(parts.values()):
            # Only fractions of one are left: without this nobody would take them, for ever.
            order = sorted(exact, key=lambda place: (-exact[place], place))
            parts = dict.fromkeys(order[:left], 1)
        for place, part in parts.items():
            found[place] += part
        left = number - sum(found)
    return found
