"""What each version of an amended contract says of participants on record, where it stands today.

Takes  a settlement, and the versions in force from here on.
Gives  the claims that stand under each version, and what is known of everybody.
Keeps  each version judges the same evidence by its own terms. What one version has as reached, on a
       day that another governs, is reached for what comes after it, and is claimed no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number
from impactbond.evaluation.claims import Claims
from impactbond.evaluation.decisions import decisions_table
from impactbond.evaluation.inputs import ClaimDate
from impactbond.reasons import Verdict
from impactbond.settlement.applicable_claims import applicable_claims, every_text
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.knowledge import (
    NOT_ELIGIBLE,
    AlreadyReached,
    Closed,
    Knowledge,
    OnRecord,
    closed_of,
    standing_of,
)

# The decisions of one version about one participant, by milestone.
Decided = Mapping[str, Mapping[str, Any]]
# The place of the version that claims are under, their days and units, and their standings.
_ClaimedUnder = tuple[int, list[tuple[int, int]], set[int]]


@dataclass(frozen=True, eq=False, repr=False)
class SaidByVersions:
    """The texts in force, and after them those that were corrected: under these stands nothing any
    more, and what they had as reached tells what was claimed. Under each in force the `claims` that
    stand; and what each decided of everybody.
    """

    texts: Sequence[Contract]
    number: Mapping[str, int]
    claim: ClaimDate
    claims: Sequence[Claims]
    decisions: Sequence[Mapping[str, Decided]]

    @classmethod
    def of(cls, settlement: Settlement, versions: Versions) -> SaidByVersions:
        """What is said at the latest claim date of a settlement, on what was known then."""
        texts, claim = every_text(versions), settlement.claim
        evidence = settlement.evidence.known_on(claim.known_by)
        of_claims = settlement.claim_dates, [claim], settlement.lines_table
        claims = applicable_claims(versions, evidence, *of_claims, evidence.engine)
        decisions = []
        for text in texts:
            found = defaultdict[str, dict[str, Any]](dict)
            for row in decisions_table(text, evidence, claim, evidence.engine).to_pylist():
                found[row["participant"]][row["milestone"]] = row
            decisions.append(dict(found))
        number = {name: place for place, name in enumerate(versions.whole.milestones)}
        return cls(texts, number, claim, claims, decisions)

    @property
    def decided(self) -> set[str]:
        """Whom any version decides about."""
        return {who for own in self.decisions for who in own}

    def known(self, people: Mapping[str, OnRecord]) -> dict[str, Knowledge]:
        """What is known of everybody who may be eligible by any version."""
        claimed = self._claimed()
        found = {}
        for who, person in people.items():
            by_version = [self._closed(place, who, person) for place, _ in enumerate(self.claims)]
            # Whoever has claims stays, eligible or not: what is paid stands, and is not drawn
            # again.
            if None in by_version:
                eligible = [one for one in by_version if one is not None]
                if not eligible and not claimed.get(who):
                    continue
            closed = tuple(one or self._all_closed for one in by_version)
            found[who] = self._knowledge(who, person, closed, claimed.get(who, {}))
        return found

    @property
    def _all_closed(self) -> Closed:
        return frozenset(), frozenset(self.number.values())

    def _closed(self, place: int, who: str, person: OnRecord) -> Closed | None:
        """What is over for a participant by one version; None where it is not eligible, or not
        covered.
        """
        decided = self.decisions[place].get(who)
        if decided is None or any(row["reason"] in NOT_ELIGIBLE for row in decided.values()):
            return None
        until = self.claim.ends_on
        return closed_of(self.texts[place], self.number, decided.values(), person.start, until)

    def _knowledge(
        self,
        who: str,
        person: OnRecord,
        closed: tuple[Closed, ...],
        claimed: Mapping[str, _ClaimedUnder],
    ) -> Knowledge:
        reached, corrected = [], []
        for name, number in self.number.items():
            days = tuple(self._days(place, who, name) for place in range(len(self.texts)))
            place, units, standings = claimed.get(name, (None, [], set[int]()))
            # The texts in force stand first, those corrected after them.
            in_force = days[: len(self.claims)]
            # As the version has it under which it is claimed; without a claim, as the first that
            # sees it.
            first = next(filter(None, in_force), ()) if place is None else days[place]
            if first:
                day, recorded = first
                one = AlreadyReached(number, day, recorded, tuple(units), days)
                if self._is_late_alike:
                    one = one._replace(standing=standing_of(standings))
                reached.append(one)
            elif any(days):
                day, recorded = next(filter(None, days))
                corrected.append(AlreadyReached(number, day, recorded, (), days))
        over, never = self._by_all(closed)
        known_by = self.claim.known_by
        left = None if person.left is None or person.left > known_by else day_number(person.left)
        until = day_number(self.claim.ends_on)
        known = until, day_number(known_by), left, tuple(reached)
        return Knowledge(*known, over, never, closed, tuple(corrected))

    def _by_all(self, closed: Sequence[Closed]) -> Closed:
        """What is over, and what can never pay, by every version that has the milestone."""
        over, never = set(), set()
        for name, number in self.number.items():
            # A version that does not have the milestone has no say about it.
            told = [
                own for text, own in zip(self.texts, closed, strict=False) if name in text.payables
            ]
            if all(number in of_one for _, of_one in told):
                never.add(number)
            elif all(number in lapsed | of_one for lapsed, of_one in told):
                over.add(number)
        return frozenset(over), frozenset(never)

    def _days(self, place: int, who: str, milestone: str) -> tuple[int, ...]:
        """When a milestone was reached and known by one version; nothing where it was not."""
        row = self.decisions[place].get(who, {}).get(milestone)
        if row is None or row["verdict"] != Verdict.ACHIEVED:
            return ()
        return day_number(row["achieved_on"]), day_number(row["known_on"])

    @cached_property
    def _is_late_alike(self) -> bool:
        """Whether all versions have the same as late: then how it was settled says so of each."""
        first, *others = (text.calendar.evidence for text in self.texts)
        return all(one == first for one in others)

    def _claimed(self) -> dict[str, dict[str, _ClaimedUnder]]:
        """By participant and milestone, the version that its claims are under, the last where there
        are several, their days and units, and their standings.
        """
        found: dict[str, dict[str, _ClaimedUnder]] = defaultdict(dict)
        for place, (text, own) in enumerate(zip(self.texts, self.claims, strict=False)):
            for row in own.singly():
                name = text.payables[row.milestone]
                _, units, standings = found[row.participant].get(name, (place, [], set[int]()))
                standings |= {row.standing}
                found[row.participant][name] = place, [*units, (row.day, row.quantity)], standings
        return dict(found)
