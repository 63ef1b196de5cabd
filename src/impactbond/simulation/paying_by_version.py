"""What all versions of an amended contract pay of what children of a group reach, and under which
of them each claim is.

Takes  the versions, an area, a group of it, and what is known of the group.
Gives  milestones as each version has them, and their claims under the version that governs them.
Keeps  which version a claim is under is found by the rules that settle evidence, claim date by
       claim date. A version that does not cover the group pays nothing of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import LAST_DAY_NUMBER, day_number, from_day_number
from impactbond.evaluation.claims import Counted
from impactbond.evaluation.inputs import ClaimDate
from impactbond.settlement.applicable_claims import (
    Claimed,
    applicable_version,
    every_text,
    first_of_units,
    governing_place,
)
from impactbond.simulation.area import Area, Chance, Group
from impactbond.simulation.knowledge import AlreadyReached, Knowledge
from impactbond.simulation.paying import AT_ONCE, Before, Paying, PayingByText, Reached
from impactbond.simulation.stages import LEFT, DrawnClaim, DrawnMilestone


def paying_of(
    versions: Versions, area: Area, group: Group, claims: Sequence[ClaimDate], known: Knowledge
) -> Paying:
    """What a contract pays of what children of a group reach, of whom something may be known."""
    if len(versions.all) > 1:
        return PayingByVersion(versions, area, group, claims, known)
    already = {one.milestone: one for one in known.reached}
    names = list(versions.whole.milestones)
    return PayingByText(versions.whole, area, group, names, claims, already)


def covers(contract: Contract, start: date, attributes: dict[str, str]) -> bool:
    """Whether a text of a contract is about somebody who starts on a day with these attributes."""
    people = contract.participants
    # Both days are among those on which somebody may start.
    if people.started is not None and not people.started[0] <= start <= people.started[1]:
        return False
    return all(attributes[name] in allowed for name, allowed in people.covered.items())


class PayingByVersion:
    """The same for several versions, each of which says what it would pay."""

    def __init__(
        self,
        versions: Versions,
        area: Area,
        group: Group,
        claims: Sequence[ClaimDate],
        known: Knowledge,
    ) -> None:
        self._versions, self._claims, self._known = versions, claims, known
        self._start = group.start
        self._names = list(versions.whole.milestones)
        self._texts = every_text(versions)
        self._already = {one.milestone: one for one in known.reached}
        self._each = [
            PayingByText(text, area, group, self._names, claims, self._already)
            for text in self._texts
        ]
        in_force = len(versions.stretches)
        self._covers = [
            place < in_force and covers(text, group.start, group.attributes)
            for place, text in enumerate(self._texts)
        ]
        self._place = governing_place(versions)
        self._found: dict[tuple[DrawnMilestone, int, int], tuple[DrawnClaim, ...]] = {}
        self._ends = [day_number(claim.ends_on) for claim in claims]
        self._starts = {
            (place, claim.number, ""): group.start
            for place, _ in enumerate(self._texts)
            for claim in claims
        }

    def governs(self, one: DrawnMilestone) -> int:
        match self._versions.terms.governs:
            case "participants started":
                return self._place(self._start)
            case "claims made":
                # The claim is made at the first claim date that has both its period and its record
                # behind it.
                made = (
                    claim.known_by
                    for claim, ends_on in zip(self._claims, self._ends, strict=True)
                    if ends_on >= one.day and day_number(claim.known_by) >= one.recorded
                )
                return self._place(next(made, self._claims[-1].known_by))
            case _:
                return self._place(from_day_number(one.day))

    def drawn(
        self, number: int, day: int, before: Before, assumed: Chance
    ) -> Iterator[tuple[DrawnMilestone, Fraction]]:
        for lag, share in (assumed.recorded or AT_ONCE).items():
            recorded = day_number(lag.after(from_day_number(day)))
            known = max([recorded, *(one.recorded for one in self._base_needed(number, before))])
            under = tuple(
                self._under(place, number, day, recorded, before)
                for place in range(len(self._each))
            )
            yield DrawnMilestone(number, day, False, known, under=under), share

    def _base_needed(self, number: int, before: Before) -> Iterator[DrawnMilestone]:
        names = self._versions.whole.milestones[self._names[number]].after
        return (before[self._names.index(name)] for name in names)

    def _under(
        self, place: int, number: int, day: int, recorded: int, before: Before
    ) -> DrawnMilestone | None:
        """A milestone that is drawn, as one version has it."""
        if not self._covers[place] or self._names[number] not in self._texts[place].milestones:
            return None
        one = self._each[place].reached(number, day, recorded, _as_under(place, before))
        over, never = self._known.under(place)
        # Ruled out by this version alone; another may still pay for the same day.
        if one is None or number in never or (number in over and one.day > self._known.until):
            return None
        return one

    def actual(self, already: AlreadyReached, before: Before) -> DrawnMilestone:
        under = tuple(
            paying.actual(already._replace(day=days[0], recorded=days[1]), _as_under(place, before))
            if days
            else None
            for place, (paying, days) in enumerate(zip(self._each, already.under, strict=True))
        )
        known = already.milestone, already.day, bool(already.claimed), already.recorded
        return DrawnMilestone(*known, under=under)

    def contested(self, ways: Sequence[Reached]) -> Iterator[Reached]:
        told: list[dict[int, DrawnMilestone]] = []
        for place, paying in enumerate(self._each):
            own = [(one.under[place], units) for one, units in ways]
            decided = paying.contested([(one, units) for one, units in own if one is not None])
            told.append({one.milestone: one for one, _ in decided})
        for one, units in sorted(ways, key=lambda way: way[0].milestone):
            found = one._replace(under=tuple(own.get(one.milestone) for own in told))
            # Asked to the end of days: whether it pays at all is meant, not what of it in time.
            claims = self.claims(found, max(1, units), LAST_DAY_NUMBER)
            yield found._replace(pays=one.pays or any(True for _ in claims)), units

    def claims(self, one: DrawnMilestone, units: int, last: int) -> Iterator[DrawnClaim]:
        asked = (one, units, last)
        if asked not in self._found:
            self._found[asked] = tuple(self._claims_of(*asked))
        return iter(self._found[asked])

    def _claims_of(self, one: DrawnMilestone, units: int, last: int) -> Iterator[DrawnClaim]:
        name = self._names[one.milestone]
        found: dict[Claimed, dict[int, list[DrawnClaim]]] = {}
        for place, (paying, own) in enumerate(zip(self._each, one.under, strict=True)):
            for claim in () if own is None else paying.claims(own, units, last):
                # Nobody's name: rivals are told apart by milestone and period, and all of it is one
                # child.
                of = ("", name, first_of_units(self._texts[place], name, claim.day))
                found.setdefault(of, {}).setdefault(place, []).append(claim)
        for of, by_version in found.items():
            yield from self._standing(of, by_version)

    def _standing(
        self, of: Claimed, by_version: dict[int, list[DrawnClaim]]
    ) -> Iterator[DrawnClaim]:
        """What of some claims comes to stand at each claim date, or stands no more."""
        applicable = applicable_version(self._versions, self._claims, self._starts)
        stood: Counter[DrawnClaim] = Counter()
        first = min(claim.known for own in by_version.values() for claim in own)
        # A claim can come to stand under another version, where that knows of it only later.
        for number in range(first, len(self._claims)):
            known = {
                place: [claim for claim in own if claim.known <= number]
                for place, own in by_version.items()
            }
            asked = {
                place: [Counted(number, one.milestone, one.day, 0, one.quantity) for one in own]
                for place, own in known.items()
                if own
            }
            place = applicable(number, of, asked)
            stands: Counter[DrawnClaim] = Counter()
            for claim in () if place is None else known[place]:
                as_one = claim._replace(quantity=1, known=number, version=place or 0)
                stands[as_one] += claim.quantity
            # Both what came and what went: a claim that another version takes over is taken back
            # under the first.
            for claim in sorted({*stands, *stood}):
                more = stands[claim] - stood[claim]
                if more:
                    yield claim._replace(quantity=more)
            stood = Counter({one._replace(known=number + 1): n for one, n in stands.items()})

    def unit_days(self, name: str, day: int, units: int) -> Iterator[int]:
        """As the last version that has the milestone counts them: all count them alike."""
        places = (place for place, text in enumerate(self._texts) if name in text.milestones)
        return self._each[max(places)].unit_days(name, day, units)


def _as_under(place: int, before: Before) -> dict[int, DrawnMilestone]:
    """What is reached, as one version has it."""
    found = {}
    for number, one in before.items():
        if number == LEFT:
            continue
        own = one.under[place] if one.under else None
        if own is not None:
            found[number] = own
    return found
