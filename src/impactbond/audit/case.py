"""A case: one participant at one claim date, with everything that the engine says about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow.compute as pc

from impactbond.audit.findings import ParticipantRow, Since
from impactbond.audit.governing import judged_by_version
from impactbond.audit.reasons import Judged
from impactbond.audit.relied_on import Archive
from impactbond.audit.seen import Person, find_decisions, find_person, see
from impactbond.audit.weighed import find
from impactbond.audit.words import plain
from impactbond.contract.conditions import Leaf, metric_of, windows_of
from impactbond.errors import Fault, InvariantError, SettlementError
from impactbond.evaluation.conditions import Plan
from impactbond.evaluation.knowledge import Basis
from impactbond.evaluation.question import ClaimDate, Question
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.settlement import Settlement


@dataclass(frozen=True)
class Case:
    """One participant at one claim date.

    `person` is None while nothing is known of it, `judged` where the contract does not cover it.
    """

    settlement: Settlement
    participant: str
    claim: ClaimDate
    evidence: Evidence
    archive: Archive
    person: Person | None
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
        archive = Archive.of(contract, claim.known_by, evidence.observations_table)
        person = find_person(contract, evidence, claim)
        question = Question.of(contract, evidence, [claim])
        judged = _judged(question, person, archive) if person else None
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
        if not people.covered:
            return started
        held = ", ".join(f"{plain(name)} {self.person.at_start[name]}" for name in people.covered)
        clause = f" [{people.clause}]" if people.clause else ""
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
    def plan(self) -> Plan:
        """What the engine computes for the contract."""
        return Plan.of(self.settlement.contract)

    def leaves(self, milestone: str) -> list[Leaf]:
        """The leaf conditions that a milestone and eligibility come down to."""
        contract, plan = self.settlement.contract, self.plan
        conditions = [contract.milestones[milestone].when]
        if contract.participants.eligible is not None:
            conditions.append(contract.participants.eligible)
        return [leaf for condition in conditions for leaf in plan.leaves(plan.node(condition))]

    def recorded_since(self, milestone: str, after: date, until: date) -> Since:
        """What was recorded between two claim dates that bears on a milestone and its needs."""
        looked_at = {
            (metric_of(leaf), *self.settlement.contract.windows[window].days(self._started_on))
            for name in self._with_needs(milestone)
            for leaf in self.leaves(name)
            for window in windows_of(leaf)
        }
        rows = self.archive.recorded_between(after, until, looked_at)
        about = [row for row in self.participant_rows if after < row.recorded_on <= until]
        return Since(tuple(rows), tuple(about))

    @property
    def _started_on(self) -> date:
        assert self.person is not None
        return self.person.started_on

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
        is_achieved = (
            self.judged is not None and self.judged.decisions[milestone].verdict == "achieved"
        )
        if quantity == int(is_achieved):
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
        if governed is not None:
            decided = {name: told for name, told in decided.items() if name in governed}
            found = {name: told for name, told in found.items() if name in governed}
        if decided != found:
            raise InvariantError("what is explained is not what was decided")


def _judged(question: Question, person: Person, archive: Archive) -> Judged | None:
    contract = question.contract
    earns_nothing = contract.calendar.evidence.late == "nothing"
    seen = see(question, person, Basis(in_time=earns_nothing))
    if seen is None:
        return None
    eligible = contract.participants.eligible
    whenever = see(question, person, Basis()) if earns_nothing else None
    wanted = {name: term.when for name, term in contract.milestones.items()}
    found = {name: find(seen, archive, when) for name, when in wanted.items()}
    late = (
        {name: find(whenever, archive, when) for name, when in wanted.items()} if whenever else {}
    )
    return Judged(
        contract=contract,
        claim=question.claims[0],
        person=person,
        decisions=find_decisions(question),
        findings=found,
        eligibility=find(seen, archive, eligible) if eligible is not None else None,
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
