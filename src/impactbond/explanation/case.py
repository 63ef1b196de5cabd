"""A case: one participant at one claim date, with everything that the engine says about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow.compute as pc

from impactbond.errors import Fault, InvariantError, SettlementError
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import Basis, bases, earns_nothing
from impactbond.evaluation.plan import EvaluationPlan
from impactbond.evidence.evidence import Evidence
from impactbond.explanation.applicable_version import judged_by_version
from impactbond.explanation.condition_tree import find
from impactbond.explanation.evidence_used import EvidenceArchive
from impactbond.explanation.participant_view import (
    PersonView,
    find_decisions,
    find_person,
    find_quantities,
    see,
    with_mates,
)
from impactbond.explanation.parts import ConditionExplained, ParticipantRow, Since
from impactbond.explanation.reasons import Judged
from impactbond.reasons import Verdict
from impactbond.settlement.settlement import Settlement
from impactbond.terms.conditions import Looking
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
        archive = EvidenceArchive.of(contract, claim.known_by, evidence.observations_table)
        person = find_person(contract, evidence, claim)
        known = with_mates(contract, settlement.evidence, participant)
        question = EvaluationInput.of(contract, known, [claim])
        judged = _judged(question, participant, person, archive) if person else None
        if judged is not None:
            judged = judged_by_version(settlement, participant, judged)
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
        covered = "; ".join(
            f"{plain(name)} {' or '.join(of)}" for name, of in people.covered.items()
        )
        missed = f"not covered by the contract, with {held} on that day: it covers {covered}"
        return f"{started}; {missed}{clause}"

    @property
    def participant_rows(self) -> tuple[ParticipantRow, ...]:
        """The rows about the participant, in the order in which they were recorded."""
        attributes = self.settlement.contract.participants.attributes
        found = [
            ParticipantRow(
                started_on=row["started_on"],
                left_on=row["left_on"],
                from_on=row["from_on"],
                recorded_on=row["recorded_on"],
                attributes={name: row[name] or "" for name in attributes},
                file=row["file"],
                sheet=row["sheet"],
                row=row["row"],
                is_known=row["recorded_on"] <= self.claim.known_by,
            )
            for row in self.evidence.participants_table.to_pylist()
        ]
        return tuple(
            sorted(found, key=lambda row: (row.recorded_on, row.from_on, row.file, row.row))
        )

    @property
    def rows_recorded_later(self) -> int:
        """How many observations were recorded after the claim date."""
        rows = self.archive.rows.values()
        return sum(row["recorded_on"] > self.claim.known_by for row in rows)

    @cached_property
    def plan(self) -> EvaluationPlan:
        """What the engine computes for the contract."""
        return EvaluationPlan.of(self.settlement.contract)

    def leaves(self, milestone: str) -> list[Looking]:
        """The leaf conditions that a milestone and eligibility come down to."""
        contract, plan = self.settlement.contract, self.plan
        conditions = [contract.milestones[milestone].when]
        if contract.participants.eligible is not None:
            conditions.append(contract.participants.eligible)
        return [leaf for condition in conditions for leaf in plan.node(condition).leaves]

    def recorded_since(self, milestone: str, after: date, until: date) -> Since:
        """What was recorded between two claim dates that bears on a milestone and its needs."""
        looked_at = {
            (metric, *self.settlement.contract.windows[window].days(self._clock_on))
            for name in self._with_needs(milestone)
            for metric, window in self.looked_at(name)
        }
        rows = self.archive.recorded_between(after, until, looked_at)
        about = [row for row in self.participant_rows if after < row.recorded_on <= until]
        return Since(tuple(rows), tuple(about))

    def looked_at(self, milestone: str) -> list[tuple[str, str]]:
        """Every metric that a milestone looks at, each with a window; the units last."""
        found = [
            (metric, window)
            for leaf in self.leaves(milestone)
            for metric in leaf.metrics
            for window in leaf.windows
        ]
        units = self.settlement.contract.milestones[milestone].units
        return found if units is None else [*found, (units.metric, units.window)]

    def metrics(self, milestone: str) -> list[str]:
        """Every metric that a milestone looks at, as often as it does."""
        return [metric for metric, _ in self.looked_at(milestone)]

    @property
    def _clock_on(self) -> date:
        person = self.judged.person if self.judged is not None else self.person
        assert person is not None
        return person.clock_on

    def _with_needs(self, milestone: str) -> set[str]:
        """The milestone and everything that it comes after, however far back."""
        found = {milestone}
        for name in self.settlement.contract.milestones[milestone].after:
            found |= self._with_needs(name)
        return found

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


def _judged(
    question: EvaluationInput, participant: str, person: PersonView, archive: EvidenceArchive
) -> Judged | None:
    """What was decided, each milestone with what was found on the evidence that decided it."""
    contract = question.contract
    course = bases(question)
    views = [(see(question, participant, person, basis), standing) for basis, standing in course]
    by_standing = {standing: seen for seen, standing in views if seen is not None}
    if not by_standing:
        return None
    last = by_standing[course[-1][1]]
    decisions = find_decisions(question, participant)
    found: dict[str, ConditionExplained] = {}
    late: dict[str, ConditionExplained] = {}
    whenever = see(question, participant, person, Basis()) if earns_nothing(contract) else None
    for name, term in contract.milestones.items():
        # What is achieved is told on the evidence that earned it, since on a wider basis late
        # rows could tell another story; what is not, on all that could have earned it.
        decision = decisions[name]
        is_achieved = decision.verdict == Verdict.ACHIEVED
        found[name] = find(
            by_standing[decision.standing] if is_achieved else last, archive, term.when
        )
        if whenever is not None:
            late[name] = find(whenever, archive, term.when)
    eligible = contract.participants.eligible
    asked = [find(seen, archive, eligible) for seen in by_standing.values()] if eligible else []
    last_asked = asked[-1] if asked else None
    return Judged(
        contract=contract,
        claim=question.claims[0],
        person=last.person,
        decisions=decisions,
        quantities=find_quantities(question, participant),
        findings=found,
        eligibility=next((one for one in asked if one.state == "met"), last_asked),
        whenever=late,
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
