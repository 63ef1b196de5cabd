"""What the engine saw of one participant at one claim date: states, days, and rows.

Nothing is judged here: every state, day and row comes from the columns that settle everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.evaluation.claims import claims_of
from impactbond.evaluation.decisions import decide, evaluate_conditions
from impactbond.evaluation.facts import NEVER, Fact, concerns, packed
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import (
    Basis,
    known_participants,
    live_observations,
    people_of,
    segments_at_start,
)
from impactbond.evaluation.plan import EvaluationPlan, Node
from impactbond.evidence.evidence import Evidence
from impactbond.explanation.parts import WindowDays
from impactbond.reasons import Reason, Standing, Verdict
from impactbond.terms.conditions import Condition

STATES = ("not met", "not evidenced", "met")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one milestone."""

    verdict: Verdict
    reason: Reason
    achieved_on: date | None
    known_on: date | None
    standing: Standing = Standing.FULL


@dataclass(frozen=True, slots=True)
class PersonView:
    """Who the participant was, as known at a claim date; windows count from `clock_on`."""

    started_on: date
    left_on: date | None
    at_start: Mapping[str, str]
    clock_on: date


@dataclass(frozen=True)
class ParticipantView:
    """The engine's columns about one participant at one claim date, and the rows behind them."""

    contract: Contract
    plan: EvaluationPlan
    person: PersonView
    basis: Basis
    columns: Mapping[str, Any]
    live: tuple[Mapping[str, Any], ...]

    def node(self, condition: Condition) -> Node:
        """The node that the engine computes for a condition."""
        return self.plan.node(condition)

    def state(self, condition: Condition) -> str:
        """Met, not met or not evidenced."""
        return STATES[self.columns[f"state_{self.node(condition).number}"]]

    def on(self, condition: Condition) -> date | None:
        """The day on which the condition was met, if it was."""
        return _day(self.columns[f"on_{self.node(condition).number}"])

    def due(self, condition: Condition) -> date:
        """The last day on which the condition can be met."""
        return max(self.window(leaf.windows[-1])[1] for leaf in self.node(condition).leaves)

    def window(self, name: str) -> tuple[date, date]:
        """First and last day of a window, for this participant."""
        return self.contract.windows[name].days(self.person.clock_on)

    def window_days(self, name: str) -> WindowDays:
        """A window with its days, as it is shown."""
        return WindowDays(name, str(self.contract.windows[name]), *self.window(name))

    def rows(self, fact: Fact) -> list[Mapping[str, Any]]:
        """The rows that a fact looks at, in order of the observed day."""
        return [row for row in self.live if row[fact.name]]


def with_mates(contract: Contract, evidence: Evidence, participant: str) -> Evidence:
    """The evidence about a participant, and about all who ever had the same place, in memory."""
    own, places = evidence.about(participant), contract.participants.places
    if places is None:
        return own
    table = evidence.participants_table
    held = own.participants_table[places.by].combine_chunks()
    mates = table.filter(pc.is_in(table[places.by], held))["participant"]
    everybody = [evidence.about(mate) for mate in sorted(set(mates.to_pylist()))]
    return replace(
        own,
        participants_table=pa.concat_tables(one.participants_table for one in everybody),
        observations_table=pa.concat_tables(one.observations_table for one in everybody),
    )


def find_person(contract: Contract, evidence: Evidence, claim: ClaimDate) -> PersonView | None:
    """The participant as known at a claim date, covered or not; None when nothing was known yet."""
    everybody = contract.participants.model_copy(update={"covered": {}, "started": None})
    anybody = contract.model_copy(update={"participants": everybody})
    question = EvaluationInput.of(anybody, evidence, [claim])
    people = known_participants(question)
    found = question.session.collect(people).to_pylist()
    if not found:
        return None
    at_start = question.session.collect(segments_at_start(question, people))
    names, values = question.segments.names, question.segments.values
    started_on = from_day_number(found[0]["started_on"])
    return PersonView(
        started_on=started_on,
        clock_on=started_on,
        left_on=_day(found[0]["left_on"]),
        at_start=dict(zip(names, values[at_start["segment"][0].as_py()], strict=True)),
    )


def see(
    question: EvaluationInput, participant: str, person: PersonView, basis: Basis
) -> ParticipantView | None:
    """What the engine sees of a participant that a question is about; None if not covered."""
    plan, conditions = evaluate_conditions(question, basis)
    is_asked = nw.col("participant") == participant
    found = question.session.collect(conditions.filter(is_asked)).to_pylist()
    if not found:
        return None
    about = question.session.collect(people_of(question).filter(is_asked)).to_pylist()
    person = replace(person, clock_on=from_day_number(about[0]["clock_on"]))
    rows = live_observations(question, basis).filter(is_asked)
    looked_at = rows.select(
        "observation",
        "metric",
        "value",
        "observed_on",
        pack=packed(),
        **{fact.name: concerns(fact) for fact in plan.facts},
    )
    live = [
        row | {"observed_on": from_day_number(row["observed_on"])}
        for row in question.session.collect(looked_at).to_pylist()
    ]
    live.sort(key=lambda row: (row["observed_on"], row["observation"]))
    return ParticipantView(question.contract, plan, person, basis, found[0], tuple(live))


def find_decisions(question: EvaluationInput, participant: str) -> dict[str, Decision]:
    """What is decided about every milestone; empty where the contract does not cover it."""
    milestones = list(question.contract.milestones)
    own = decide(question).filter(nw.col("participant") == participant)
    decided = question.session.collect(own).to_pylist()
    return {
        milestones[row["milestone"]]: Decision(
            verdict=list(Verdict)[row["verdict"]],
            reason=list(Reason)[row["reason"]],
            achieved_on=_day(row["reached"]),
            known_on=from_day_number(row["known_on"]) if row["known_on"] else None,
            standing=list(Standing)[row["standing"]],
        )
        for row in sorted(decided, key=lambda row: row["milestone"])
    }


def find_quantities(question: EvaluationInput, participant: str) -> dict[str, int]:
    """How many claims or units of every milestone stand, where there are any."""
    milestones = list(question.contract.milestones)
    own = claims_of(question).filter(nw.col("participant") == participant)
    found: dict[str, int] = {}
    for row in question.session.collect(own).to_pylist():
        name = milestones[row["milestone"]]
        found[name] = found.get(name, 0) + row["quantity"]
    return found


def _day(number: int) -> date | None:
    return None if number == NEVER else from_day_number(number)
