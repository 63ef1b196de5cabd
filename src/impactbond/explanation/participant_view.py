"""What the engine saw of one participant at one claim date: who it was, what was decided, and every
condition as a tree, with the rows of evidence that it used and those left aside.

Nothing is judged here: every state, day and row comes from the columns that settle everybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.evaluation.claims import claims_of
from impactbond.evaluation.decisions import achieved, decide, evaluate_conditions
from impactbond.evaluation.facts import NEVER, concerns, packed
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import (
    Basis,
    known_participants,
    live_observations,
    people_of,
    segments_at_start,
)
from impactbond.evaluation.plan import EvaluationPlan
from impactbond.evaluation.units import completed_units
from impactbond.evidence.evidence import Evidence
from impactbond.explanation.parts import (
    ConditionExplained,
    EvidenceRow,
    WindowDays,
    columns_of,
    sheet_words,
)
from impactbond.reasons import Reason, Standing, Verdict
from impactbond.terms.conditions import Condition, Junction, Looking
from impactbond.terms.conditions.passes import ConditionCase, Days, EvidenceUsed, FactKind, Row
from impactbond.terms.metrics.metric import Values

# By their numbers; what falls short is not met, and no more known than that.
STATES = ("not met", "not met", "not evidenced", "met")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one milestone; `reached_on` is the day on which everything that it
    needs was met, if it was, whatever the verdict.
    """

    verdict: Verdict
    reason: Reason
    achieved_on: date | None
    reached_on: date | None
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
    """The engine's columns about one participant at one claim date, and the rows behind them: the
    `EvidenceView` of conditions. `live` rows stand in the order of their days.
    """

    contract: Contract
    plan: EvaluationPlan
    person: PersonView
    basis: Basis
    columns: Mapping[str, Any]
    live: tuple[Row, ...]

    def state(self, condition: Condition) -> str:
        """Met, not met or not evidenced."""
        return STATES[self.columns[f"state_{self.plan.node(condition).number}"]]

    def on(self, condition: Condition) -> date | None:
        """The day on which the condition was met, if it was."""
        return _day(self.columns[f"on_{self.plan.node(condition).number}"])

    def due(self, condition: Condition) -> date:
        """The last day on which the condition can be met."""
        leaves = self.plan.node(condition).leaves
        return max(self.window(leaf.windows[-1])[1] for leaf in leaves)

    def window(self, name: str) -> Days:
        """First and last day of a window, for this participant."""
        return self.contract.windows[name].days(self.person.clock_on)

    def rows(
        self, kind: FactKind, metric: str, window: str, values: Values | None = None, nth: int = 0
    ) -> list[Row]:
        """The rows that a fact looked at."""
        fact = self.plan.fact(kind, metric, window, values, nth)
        return [row for row in self.live if row[fact.name]]

    def rows_of(self, metric: str) -> list[Row]:
        """Every row of a metric, in whatever window."""
        number = list(self.contract.metrics).index(metric)
        return [row for row in self.live if row["metric"] == number]


@dataclass(frozen=True)
class EvidenceArchive:
    """Every row about one participant, those recorded after the claim date too, by its id."""

    contract: Contract
    known_by: date
    rows: Mapping[str, Row]

    def shown(self, observation: str, taken_as: str) -> EvidenceRow:
        """One row, as it is shown."""
        row = self.rows[observation]
        is_withdrawn, metric = row["status"] == "withdrawn", self.contract.metrics[row["metric"]]
        slot = f" ({row['slot']})" if row.get("slot") else ""
        told = {
            "value": "withdrawn" if is_withdrawn else f"{metric.shown(row['value'])}{slot}",
            "replaces": self._place(row["supersedes"], row) if row["supersedes"] else None,
            "is_known": row["recorded_on"] <= self.known_by,
            "taken_as": taken_as,
        }
        return EvidenceRow(**(columns_of(EvidenceRow, row) | told))

    def recorded_between(
        self, after: date, until: date, looked_at: Iterable[tuple[str, date, date]]
    ) -> list[EvidenceRow]:
        """The rows recorded after one day and by another, of some metrics in some windows."""
        places = list(looked_at)
        return self._in_order(
            self.shown(name, f"recorded since {after}")
            for name, row in self.rows.items()
            if after < row["recorded_on"] <= until
            and any(
                row["metric"] == metric and first <= row["observed_on"] <= last
                for metric, first, last in places
            )
        )

    def left_aside(self, view: ParticipantView, leaf: Looking) -> list[EvidenceRow]:
        """The rows of a leaf's metric, observed in its windows, that the engine did not look at."""
        windows = [view.window(name) for name in leaf.windows]
        live = {row["observation"] for row in view.live}
        return self._in_order(
            self.shown(name, self._why_aside(view, row))
            for name, row in self.rows.items()
            if row["metric"] in leaf.metrics
            and name not in live
            and any(first <= row["observed_on"] <= last for first, last in windows)
        )

    def _why_aside(self, view: ParticipantView, row: Row) -> str:
        if row["recorded_on"] > self.known_by:
            return f"recorded after the claim date {self.known_by}"
        for other in self.rows.values():
            if other["supersedes"] == row["observation"] and other["recorded_on"] <= self.known_by:
                return f"replaced by {self._place(other['observation'], row)}"
        if row["status"] == "withdrawn":
            return "takes back the row that it replaces"
        if row["status"] == "disputed" and view.basis.undisputed:
            return "in dispute"
        within = self.contract.calendar.evidence.within
        deadline = within.after(row["observed_on"])
        return f"late: recorded after {deadline}, {within} after the day that it speaks of"

    def _place(self, observation: str, beside: Row) -> str:
        """Where a row stands, as seen from another: `row 12` in the same sheet."""
        row = self.rows.get(observation)
        if row is None:
            return "a row that is not there"
        is_same = (row["file"], row["sheet"]) == (beside["file"], beside["sheet"])
        place = "" if is_same else f"{sheet_words(row['file'], row['sheet'])}, "
        return f"{place}row {row['row'] or observation}"

    @staticmethod
    def _in_order(rows: Iterable[EvidenceRow]) -> list[EvidenceRow]:
        return sorted(rows, key=lambda row: (row.observed_on, row.recorded_on, row.observation))


def condition_tree(
    view: ParticipantView, archive: EvidenceArchive, condition: Condition
) -> ConditionExplained:
    """A condition as evaluated, with everything inside it."""
    name = ""
    # A name may stand for another name: the first is the one that a reader meets here.
    while isinstance(condition, str):
        name = name or condition
        condition = view.contract.conditions[condition]
    looking = condition if isinstance(condition, Looking) else None
    parts = condition.parts if isinstance(condition, Junction) else ()
    inside = tuple(condition_tree(view, archive, part) for part in parts)
    windows = [
        WindowDays(window, str(view.contract.windows[window]), *view.window(window))
        for window in (looking.windows if looking else ())
    ]
    used = looking.evidence(view) if looking else EvidenceUsed()
    named, days = tuple(map(str, windows)), tuple((one.first, one.last) for one in windows)
    state, on = view.state(condition), view.on(condition)
    case = ConditionCase(view.contract, state, on, named, days, used, inside)
    text = condition.tell(case)
    return ConditionExplained(
        name=name,
        kind=condition.called,
        state=case.state,
        on=case.on,
        due_on=view.due(condition),
        clause=condition.clause,
        windows=tuple(dict.fromkeys(windows)),
        rows=tuple(archive.shown(observation, taken_as) for observation, taken_as in used.relied),
        left_aside=tuple(archive.left_aside(view, looking)) if looking else (),
        parts=inside,
        **asdict(text),
    )


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
    inputs = EvaluationInput.of(anybody, evidence, [claim])
    people = known_participants(inputs)
    found = inputs.session.collect(people).to_pylist()
    if not found:
        return None
    at_start = inputs.session.collect(segments_at_start(inputs, people))
    names, values = inputs.segments.names, inputs.segments.values
    started_on = from_day_number(found[0]["started_on"])
    return PersonView(
        started_on=started_on,
        clock_on=started_on,
        left_on=_day(found[0]["left_on"]),
        at_start=dict(zip(names, values[at_start["segment"][0].as_py()], strict=True)),
    )


def view_participant(
    inputs: EvaluationInput, participant: str, person: PersonView, basis: Basis
) -> ParticipantView | None:
    """What the engine sees of a participant that the input is about; None if not covered."""
    plan, conditions = evaluate_conditions(inputs, basis)
    found = _rows_about(inputs, participant, conditions)
    if not found:
        return None
    about = _rows_about(inputs, participant, people_of(inputs))
    person = replace(person, clock_on=from_day_number(about[0]["clock_on"]))
    names = ("participant", "observation", "metric", "value", "observed_on")
    facts = {fact.name: concerns(fact) for fact in plan.facts}
    looked_at = live_observations(inputs, basis).select(*names, pack=packed(), **facts)
    live = [
        row | {"observed_on": from_day_number(row["observed_on"])}
        for row in _rows_about(inputs, participant, looked_at)
    ]
    live.sort(key=lambda row: (row["observed_on"], row["observation"]))
    return ParticipantView(inputs.contract, plan, person, basis, found[0], tuple(live))


def find_decisions(inputs: EvaluationInput, participant: str) -> dict[str, Decision]:
    """What is decided about every milestone; empty where the contract does not cover it."""
    milestones = list(inputs.contract.milestones)
    decided = _rows_about(inputs, participant, decide(inputs))
    return {
        milestones[row["milestone"]]: Decision(
            verdict=list(Verdict)[row["verdict"]],
            reason=list(Reason)[row["reason"]],
            achieved_on=_day(row["reached"]),
            reached_on=_day(row["days"]),
            known_on=from_day_number(row["known_on"]) if row["known_on"] else None,
            standing=list(Standing)[row["standing"]],
        )
        for row in sorted(decided, key=lambda row: row["milestone"])
    }


@dataclass(frozen=True, slots=True)
class UnitsFound:
    """Units that one day completed: the first and the last day that they were counted on."""

    first: date
    last: date
    quantity: int


def find_units(inputs: EvaluationInput, participant: str) -> Mapping[str, tuple[UnitsFound, ...]]:
    """The units of every milestone that pays for them, in the order of their days."""
    earned, found = achieved(inputs), {}
    for number, (name, term) in enumerate(inputs.contract.milestones.items()):
        if term.units is not None:
            completed = completed_units(inputs, earned, number, began=True)
            rows = _rows_about(inputs, participant, completed)
            days = sorted((row["began"], row["day"], row["quantity"]) for row in rows)
            found[name] = tuple(
                UnitsFound(from_day_number(first), from_day_number(last), int(many))
                for first, last, many in days
            )
    return found


def find_quantities(inputs: EvaluationInput, participant: str) -> Mapping[str, int]:
    """How many claims or units of every milestone stand, where there are any."""
    milestones = list(inputs.contract.milestones)
    found: Counter[str] = Counter()
    for row in _rows_about(inputs, participant, claims_of(inputs)):
        found[milestones[row["milestone"]]] += row["quantity"]
    return found


def _rows_about(
    inputs: EvaluationInput, participant: str, frame: nw.LazyFrame[Any]
) -> list[dict[str, Any]]:
    own = frame.filter(nw.col("participant") == participant)
    rows: list[dict[str, Any]] = inputs.session.collect(own).to_pylist()
    return rows


def _day(number: int) -> date | None:
    return None if number == NEVER else from_day_number(number)
