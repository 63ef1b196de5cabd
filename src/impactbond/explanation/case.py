"""A case: one participant at one claim date, with everything that the engine says about it; and
which version of the contract governs each of its milestones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.errors import Fault, InvariantError, SettlementError
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import Basis, bases, earns_nothing
from impactbond.evaluation.plan import EvaluationPlan
from impactbond.evidence.evidence import Evidence
from impactbond.explanation.participant_view import (
    EvidenceArchive,
    PersonView,
    condition_tree,
    find_decisions,
    find_person,
    find_quantities,
    find_units,
    view_participant,
    with_mates,
)
from impactbond.explanation.parts import EvidenceRow, ParticipantRow, columns_of
from impactbond.explanation.payment import lines_of
from impactbond.explanation.verdicts import Judged
from impactbond.reasons import Reason, Verdict
from impactbond.settlement.applicable_claims import made_at
from impactbond.settlement.settlement import Settlement
from impactbond.terms.words import plain


@dataclass(frozen=True)
class Case:
    """One participant at one claim date.

    `person` is None while nothing is known of it, `judged` where the contract does not cover it.
    """

    settlement: Settlement
    participant: str
    claim: ClaimDate
    evidence: Evidence
    archive: EvidenceArchive
    person: PersonView | None
    judged: Judged | None

    @classmethod
    def of(
        cls,
        settlement: Settlement,
        participant: str,
        claim: ClaimDate,
        governed: frozenset[str] | None = None,
    ) -> Case:
        """The case of a participant; `governed` are the milestones that the terms govern, where
        there are other versions.

        Raises SettlementError where the evidence holds no row about it.
        """
        contract = settlement.contract
        evidence = settlement.evidence.about(participant)
        if not evidence.participants_table.num_rows:
            raise _unknown_participant(settlement)
        rows = {row["observation"]: row for row in evidence.observations_table.to_pylist()}
        archive = EvidenceArchive(contract, claim.known_by, rows)
        person = find_person(contract, evidence, claim)
        known = with_mates(contract, settlement.evidence, participant)
        inputs = EvaluationInput.of(contract, known, [claim])
        judged = _judged(inputs, participant, person, archive) if person else None
        if judged is not None and settlement.is_amended:
            judged = _as_governed(judged, lines_of(settlement, participant, claim.known_by))
        case = cls(settlement, participant, claim, evidence, archive, person, judged)
        if claim == settlement.claim:
            case._assert_as_decided(governed)
        return case

    @property
    def standing(self) -> str:
        """Whether the participant is known and covered, in a sentence."""
        people = self.settlement.contract.participants
        if self.person is None:
            first = min(self.evidence.participants_table["recorded_on"].to_pylist())
            return f"nothing was known of the participant: the first row was recorded on {first}"
        left = f", left on {self.person.left_on}" if self.person.left_on else ""
        started = f"started on {self.person.started_on}{left}"
        clause = f" [{people.clause}]" if people.clause else ""
        day = self.person.started_on
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
        for row in self.evidence.participants_table.to_pylist():
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

    def looked_at(self, milestone: str) -> list[tuple[str, str]]:
        """Every metric that a milestone and eligibility look at, each with a window; units last."""
        contract, plan = self.settlement.contract, EvaluationPlan.of(self.settlement.contract)
        term = contract.milestones[milestone]
        found = [
            (metric, window)
            for condition in (term.when, contract.participants.eligible)
            if condition is not None
            for leaf in plan.node(condition).leaves
            for metric in leaf.metrics
            for window in leaf.windows
        ]
        return found if term.units is None else [*found, (term.units.metric, term.units.window)]

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
        earlier = self.settlement.earlier
        if earlier is None or self.claim.number >= len(earlier.claim_dates):
            raise InvariantError("the lines are not those of the milestones that were achieved")
        return True

    def _assert_as_decided(self, governed: frozenset[str] | None) -> None:
        table = self.settlement.decisions_table
        rows = table.filter(pc.equal(table["participant"], self.participant)).to_pylist()
        names = ("verdict", "reason", "achieved_on", "known_on")
        decided = {row["milestone"]: tuple(row[name] for name in names) for row in rows}
        found: dict[str, tuple[Any, ...]] = {}
        if self.judged is not None:
            for milestone, decision in self.judged.decisions.items():
                found[milestone] = tuple(getattr(decision, name) for name in names)
        # The table holds for each milestone what its own version decided: of one version, only
        # what it governs can be compared with it.
        if governed is not None:
            decided = {name: told for name, told in decided.items() if name in governed}
            found = {name: told for name, told in found.items() if name in governed}
        if decided != found:
            raise InvariantError("what is explained is not what was decided")


def cases_by_milestone(
    settlement: Settlement, participant: str, claim: ClaimDate, milestones: Sequence[str]
) -> dict[str, Case]:
    """The case of each milestone, by the terms of the version that governs it."""
    if not settlement.is_amended:
        return dict.fromkeys(milestones, Case.of(settlement, participant, claim))
    known = settlement.known.known_by(claim.known_by)
    texts = {name: _governing(settlement, known, participant, claim, name) for name in milestones}
    cases: dict[int, Case] = {}
    for text in texts.values():
        number = text.version.number
        if number not in cases:
            names = frozenset(name for name, one in texts.items() if one.version.number == number)
            by_text = replace(settlement, contract=settlement.known.stated(text))
            cases[number] = Case.of(by_text, participant, claim, names)
    return {name: cases[text.version.number] for name, text in texts.items()}


def _governing(
    settlement: Settlement, known: Versions, participant: str, claim: ClaimDate, milestone: str
) -> Contract:
    naming = [text.terms for text in known.stretches if milestone in text.terms.milestones]
    governs = known.terms.governs
    if governs == "participants started":
        person = find_person(settlement.contract, settlement.evidence.about(participant), claim)
        by_start = known.governing(person.started_on) if person else naming[-1]
        return by_start if milestone in by_start.milestones else naming[-1]
    moved: Counter[date] = Counter()
    achieved: date | None = None
    for row in lines_of(settlement, participant, claim.known_by):
        if row["milestone"] == milestone and row["quantity"]:
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


def _judged(
    inputs: EvaluationInput, participant: str, person: PersonView, archive: EvidenceArchive
) -> Judged | None:
    """What was decided, each milestone with what was found on the evidence that decided it."""
    contract = inputs.contract
    course = bases(inputs)
    views = {
        standing: view
        for basis, standing in course
        if (view := view_participant(inputs, participant, person, basis)) is not None
    }
    if not views:
        return None
    last = views[course[-1][1]]
    decisions = find_decisions(inputs, participant)
    # What is achieved is told on the evidence that earned it, since on a wider basis late rows
    # could tell another story; what is not, on all that could have earned it.
    earning = {
        name: views[one.standing] if one.verdict == Verdict.ACHIEVED else last
        for name, one in decisions.items()
    }
    ever = earns_nothing(contract) and view_participant(inputs, participant, person, Basis())
    terms = contract.milestones.items()
    eligible = contract.participants.eligible
    asked = [condition_tree(view, archive, eligible) for view in views.values() if eligible]
    last_asked = asked[-1] if asked else None
    return Judged(
        contract=contract,
        claim=inputs.claims[0],
        person=last.person,
        decisions=decisions,
        quantities=find_quantities(inputs, participant),
        units=find_units(inputs, participant),
        findings={name: condition_tree(earning[name], archive, one.when) for name, one in terms},
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
