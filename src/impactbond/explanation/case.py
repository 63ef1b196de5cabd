"""A case: one participant at one claim date, with everything that the engine says about it; and
which version of the contract governs each of its milestones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.errors import Fault, InvariantError, SettlementError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.evaluation.known_evidence import Basis
from impactbond.explanation.lines import LineBook
from impactbond.explanation.participant_view import (
    EvidenceArchive,
    ParticipantView,
    condition_tree,
)
from impactbond.explanation.parts import EvidenceRow, ParticipantRow, columns_of
from impactbond.explanation.payment import StatedTerms
from impactbond.explanation.sight import PersonView, Sight, rows_by_participant
from impactbond.explanation.verdicts import Judged
from impactbond.reasons import Reason, Verdict
from impactbond.settlement.applicable_claims import made_at
from impactbond.settlement.settlement import Settlement
from impactbond.terms.words import plain

TOGETHER = 1_000  # participants whom the engine is asked about at once
_AS_DECIDED = ("verdict", "reason", "achieved_on", "known_on")


class AskedAbout:
    """Some participants asked about at one claim date: what is the same for all of them, or found
    for all of them at once, is found here, when it is first needed.

    Raises SettlementError where the evidence holds no row about one of them.
    """

    def __init__(
        self,
        settlement: Settlement,
        participants: Sequence[str],
        claim: ClaimDate,
        *,
        with_rows: bool = True,
    ) -> None:
        """Without rows, conditions are told without the rows of evidence behind them."""
        self.settlement, self.claim = settlement, claim
        self._own = settlement.evidence.about(*participants)
        self.people = rows_by_participant(self._own.participants_table)
        if any(one not in self.people for one in participants):
            raise _unknown_participant(settlement)
        self.with_rows = with_rows
        self.lines = LineBook(settlement, participants)
        self._sights: dict[int, Sight] = {}
        self._terms: dict[int, StatedTerms] = {}
        self._texts: dict[int, Settlement] = {}

    @cached_property
    def observations(self) -> Mapping[str, Sequence[dict[str, Any]]]:
        """The rows of evidence about each participant, those recorded later too."""
        return rows_by_participant(self._own.observations_table)

    @cached_property
    def decided(self) -> Mapping[str, Mapping[str, tuple[Any, ...]]]:
        """What was decided of each milestone at the latest claim date: verdict, reason, days."""
        table, asked = self.settlement.decisions_table, pa.array(self.people, pa.string())
        own = table.filter(pc.is_in(table["participant"], asked))
        return {
            who: {row["milestone"]: tuple(row[name] for name in _AS_DECIDED) for row in rows}
            for who, rows in rows_by_participant(own).items()
        }

    @cached_property
    def known(self) -> Versions:
        """The versions that are known at the claim date."""
        return self.settlement.known.known_by(self.claim.known_by)

    def sight(self, contract: Contract) -> Sight:
        """What the engine sees of all of them, by the text of one version."""
        # By the text itself: that of all versions under one roof has the number of the last.
        if id(contract) not in self._sights:
            evidence = self.settlement.evidence
            self._sights[id(contract)] = Sight(contract, evidence, self._own, self.claim)
        return self._sights[id(contract)]

    def stated(self, contract: Contract) -> StatedTerms:
        """The terms of one version, as they are stated."""
        if id(contract) not in self._terms:
            self._terms[id(contract)] = StatedTerms(contract)
        return self._terms[id(contract)]

    def by(self, text: Contract) -> Settlement:
        """The settlement with the text of one version in place of all of them under one roof."""
        number = text.version.number
        if number not in self._texts:
            stated = self.settlement.known.stated(text)
            self._texts[number] = replace(self.settlement, contract=stated)
        return self._texts[number]


@dataclass(frozen=True, repr=False)
class Case:
    """One participant at one claim date.

    `person` is None while nothing is known of it, `judged` where the contract does not cover it.
    """

    asked: AskedAbout
    settlement: Settlement
    participant: str
    claim: ClaimDate
    archive: EvidenceArchive
    person: PersonView | None
    judged: Judged | None

    @classmethod
    def of(
        cls,
        asked: AskedAbout,
        settlement: Settlement,
        participant: str,
        governed: frozenset[str] | None = None,
    ) -> Case:
        """The case of a participant, by the contract of the settlement; `governed` are the
        milestones that it governs, where there are other versions.
        """
        contract, claim = settlement.contract, asked.claim
        rows = {row["observation"]: row for row in asked.observations.get(participant, ())}
        archive = EvidenceArchive(contract, claim.known_by, rows)
        sight = asked.sight(contract)
        person = sight.people.get(participant)
        shown = archive if asked.with_rows else None
        judged = _judged(sight, participant, person, shown) if person else None
        if judged is not None and settlement.is_amended:
            judged = _as_governed(judged, asked.lines.rows(participant, claim.known_by))
        case = cls(asked, settlement, participant, claim, archive, person, judged)
        if claim == settlement.claim:
            case._assert_as_decided(governed)
        return case

    @property
    def standing(self) -> str:
        """Whether the participant is known and covered, in a sentence."""
        people = self.settlement.contract.participants
        if self.person is None:
            # Of the first row that was ever recorded, whenever it was: it says from when on
            # something could be known.
            first = min(row["recorded_on"] for row in self.asked.people[self.participant])
            return f"nothing was known of the participant: the first row was recorded on {first}"
        left = f", left on {self.person.left_on}" if self.person.left_on else ""
        started = f"started on {self.person.started_on}{left}"
        clause = f" [{people.clause}]" if people.clause else ""
        day = self.person.started_on
        # Whom the contract does not cover is not judged, whichever of the two is the reason: the
        # day of the start is asked for first, or the attributes would be blamed for it.
        if people.started is not None and not people.started[0] <= day <= people.started[1]:
            first, last = people.started
            missed = f"it covers those who started from {first} through {last}"
            return f"{started}; not covered by the contract: {missed}{clause}"
        if not people.covered:
            return started
        held = ", ".join(f"{plain(name)} {self.person.at_start[name]}" for name in people.covered)
        if self.judged is not None:
            return f"{started}; covered by the contract, with {held} on that day{clause}"
        named = (f"{plain(name)} {' or '.join(of)}" for name, of in people.covered.items())
        missed = f"not covered by the contract, with {held} on that day"
        return f"{started}; {missed}: it covers {'; '.join(named)}{clause}"

    @property
    def participant_rows(self) -> tuple[ParticipantRow, ...]:
        """The rows about the participant, in the order in which they were recorded."""
        attributes = self.settlement.contract.participants.attributes
        found = []
        for row in self.asked.people[self.participant]:
            told = {
                "attributes": {name: row[name] or "" for name in attributes},
                "is_known": row["recorded_on"] <= self.claim.known_by,
            }
            found.append(ParticipantRow(**(columns_of(ParticipantRow, row) | told)))
        found.sort(key=lambda row: (row.recorded_on, row.from_on, row.file, row.row))
        return tuple(found)

    @property
    def rows_recorded_later(self) -> int:
        """How many observations were recorded after the claim date."""
        rows = self.archive.rows.values()
        return sum(row["recorded_on"] > self.claim.known_by for row in rows)

    def recorded_since(
        self, milestone: str, after: date, until: date
    ) -> tuple[tuple[EvidenceRow, ...], tuple[ParticipantRow, ...]]:
        """What was recorded between two claim dates that bears on a milestone and its needs."""
        person = self.judged.person if self.judged is not None else self.person
        assert person is not None
        looked_at = {
            (metric, *self.settlement.contract.windows[window].days(person.clock_on))
            for name in self._with_needs(milestone)
            for metric, window in self.looked_at(name)
        }
        rows = tuple(self.archive.recorded_between(after, until, looked_at))
        return rows, tuple(r for r in self.participant_rows if after < r.recorded_on <= until)

    def looked_at(self, milestone: str) -> Sequence[tuple[str, str]]:
        """Every metric that a milestone and eligibility look at, each with a window; units last."""
        return self.asked.sight(self.settlement.contract).looked_at[milestone]

    def _with_needs(self, milestone: str) -> set[str]:
        """The milestone and everything that it comes after, however far back."""
        after = self.settlement.contract.milestones[milestone].after
        return {milestone}.union(*map(self._with_needs, after))

    def closed_otherwise(self, milestone: str, quantity: int) -> bool:
        """Whether the lines of a claim that came in closed say otherwise than the evidence now.

        Raises InvariantError where they do and the claim was not closed before.
        """
        quantities = self.judged.quantities if self.judged is not None else {}
        if quantity == quantities.get(milestone, 0):
            return False
        # A claim that came in closed stands as it was; an open one that disagrees with its own
        # evidence is a fault of ours, and stops everything.
        earlier = self.settlement.earlier
        if earlier is None or self.claim.number >= len(earlier.claim_dates):
            raise InvariantError("the lines are not those of the milestones that were achieved")
        return True

    def _assert_as_decided(self, governed: frozenset[str] | None) -> None:
        decided = dict(self.asked.decided.get(self.participant, {}))
        found: dict[str, tuple[Any, ...]] = {}
        if self.judged is not None:
            for milestone, decision in self.judged.decisions.items():
                found[milestone] = tuple(getattr(decision, name) for name in _AS_DECIDED)
        # The table holds for each milestone what its own version decided: of one version, only
        # what it governs can be compared with it.
        if governed is not None:
            decided = {name: told for name, told in decided.items() if name in governed}
            found = {name: told for name, told in found.items() if name in governed}
        if decided != found:
            raise InvariantError("what is explained is not what was decided")


def cases_by_milestone(
    asked: AskedAbout, participant: str, milestones: Sequence[str]
) -> dict[str, Case]:
    """The case of each milestone, by the terms of the version that governs it."""
    if not asked.settlement.is_amended:
        return dict.fromkeys(milestones, Case.of(asked, asked.settlement, participant))
    texts = {name: _governing(asked, participant, name) for name in milestones}
    cases: dict[int, Case] = {}
    for text in texts.values():
        number = text.version.number
        if number not in cases:
            names = frozenset(name for name, one in texts.items() if one.version.number == number)
            cases[number] = Case.of(asked, asked.by(text), participant, names)
    return {name: cases[text.version.number] for name, text in texts.items()}


def _governing(asked: AskedAbout, participant: str, milestone: str) -> Contract:
    known, settlement = asked.known, asked.settlement
    naming = [text.terms for text in known.stretches if milestone in text.terms.milestones]
    governs = known.terms.governs
    if governs == "participants started":
        person = asked.sight(settlement.contract).people.get(participant)
        by_start = known.governing(person.started_on) if person else naming[-1]
        return by_start if milestone in by_start.milestones else naming[-1]
    moved: Counter[date] = Counter()
    achieved: date | None = None
    for row in asked.lines.rows(participant, asked.claim.known_by):
        if row["milestone"] == milestone and row["quantity"]:
            # What stands is summed up: a claim that went and came again under another version is
            # governed by the later one.
            moved[row["claim_date"]] += row["quantity"]
            achieved = row["achieved_on"]
    made = made_at(moved)
    # What no claim stands of has no day to be governed by: the last version that names it tells
    # of it, as in the table of decisions.
    if made is None or achieved is None:
        return naming[-1]
    return known.governing(made if governs == "claims made" else achieved)


def _as_governed(judged: Judged, lines: Sequence[Mapping[str, Any]]) -> Judged:
    """What a version decides, without what it does not govern: of that no claim stands."""
    stands: Counter[str] = Counter()
    for row in lines:
        stands[row["milestone"]] += row["quantity"]
    unclaimed = partial(
        replace, verdict=Verdict.NOT_ACHIEVED, reason=Reason.ANOTHER_VERSION, achieved_on=None
    )
    decisions = {
        name: unclaimed(one) if one.verdict == Verdict.ACHIEVED and not stands[name] else one
        for name, one in judged.decisions.items()
    }
    quantities = {name: held for name, held in judged.quantities.items() if stands[name]}
    return replace(judged, decisions=decisions, quantities=quantities)


def view_participant(
    sight: Sight, participant: str, person: PersonView, basis: Basis
) -> ParticipantView | None:
    """What is seen of a participant on one basis; None if not covered."""
    seen = sight.on(basis)
    if participant not in seen.columns:
        return None
    person = replace(person, clock_on=sight.clocks[participant])
    live = tuple(seen.live.get(participant, ()))
    return ParticipantView(seen, person, seen.columns[participant], live)


def _judged(
    sight: Sight, participant: str, person: PersonView, archive: EvidenceArchive | None
) -> Judged | None:
    """What was decided, each milestone with what was found on the evidence that decided it."""
    contract = sight.contract
    views = {
        standing: view
        for basis, standing in sight.course
        if (view := view_participant(sight, participant, person, basis)) is not None
    }
    if not views:
        return None
    last = views[sight.course[-1][1]]
    decisions = sight.decisions[participant]
    # What is achieved is told on the evidence that earned it, since on a wider basis late rows
    # could tell another story; what is not, on all that could have earned it.
    earning = {
        name: views[one.standing] if one.verdict == Verdict.ACHIEVED else last
        for name, one in decisions.items()
    }
    # All evidence whenever it came, only where late rows earn nothing: so that it can be said what
    # they would have earned.
    ever = contract.calendar.evidence.earns_nothing and view_participant(
        sight, participant, person, Basis()
    )
    terms = contract.milestones.items()
    eligible = contract.participants.eligible
    asked = [condition_tree(view, archive, eligible) for view in views.values() if eligible]
    last_asked = asked[-1] if asked else None
    return Judged(
        contract=contract,
        claim=sight.claim,
        person=last.person,
        decisions=decisions,
        quantities=sight.quantities.get(participant, {}),
        units={name: found.get(participant, ()) for name, found in sight.units.items()},
        findings={name: condition_tree(earning[name], archive, one.when) for name, one in terms},
        # Met on any of the bases is met: the narrowest that earns is told.
        eligibility=next((one for one in asked if one.state == "met"), last_asked),
        whenever={name: condition_tree(ever, archive, one.when) for name, one in terms if ever},
    )


def _unknown_participant(settlement: Settlement) -> SettlementError:
    """The id asked for is not repeated: an error may be logged where evidence may not be."""
    refused = settlement.refused_left_out
    left_out = f"; {refused} rows were refused, and its own may be among them" if refused else ""
    fault = Fault(
        code="unknown_participant",
        problem="the evidence holds no row about the participant that was asked for",
        allowed="an id as the evidence writes it; small and capital letters differ",
        hint=f"settlement.evidence.participants lists those there are{left_out}",
    )
    return SettlementError("There is nothing to explain.", [fault])
