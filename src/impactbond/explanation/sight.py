"""Sight: what the engine sees of some participants at one claim date, by one text of a contract.

Everything is found once for all of them, in whole columns, when it is first asked for; then it is
there for each by itself. One participant is asked about in the same way as a thousand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.evaluation.decisions import decide, evaluate_conditions
from impactbond.evaluation.facts import NEVER, concerns, packed
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import (
    Basis,
    bases,
    known_participants,
    live_observations,
    people_of,
    segments_at_start,
)
from impactbond.evaluation.plan import EvaluationPlan, Node
from impactbond.evaluation.units import completed_units
from impactbond.evidence.evidence import Evidence
from impactbond.reasons import Reason, Standing, Verdict
from impactbond.terms.conditions import Condition
from impactbond.terms.conditions.passes import Days, FactKind, Row
from impactbond.terms.metrics.metric import Values

VERDICTS, REASONS, STANDINGS = tuple(Verdict), tuple(Reason), tuple(Standing)
_ACHIEVED = Verdict.ACHIEVED.number


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


@dataclass(frozen=True, slots=True)
class UnitsFound:
    """Units that one day completed: the first and the last day that they were counted on."""

    first: date
    last: date
    quantity: int


@dataclass(frozen=True)
class Seen:
    """What is seen on one basis: the plan of the conditions, their columns and the live rows of
    each participant; and what was asked of the plan before, because to ask it is dear.
    """

    contract: Contract
    plan: EvaluationPlan
    basis: Basis
    columns: Mapping[str, Row]
    live: Mapping[str, Sequence[Row]]
    _nodes: dict[int, tuple[Condition, Node]] = field(default_factory=dict)
    _facts: dict[tuple[Any, ...], str] = field(default_factory=dict)
    _days: dict[tuple[str, date], Days] = field(default_factory=dict)

    def node(self, condition: Condition) -> Node:
        """The node of a condition, found once for the object that it is."""
        if id(condition) not in self._nodes:
            # The condition is kept beside it, so that no other can be given its number.
            self._nodes[id(condition)] = condition, self.plan.node(condition)
        return self._nodes[id(condition)][1]

    def fact(
        self, kind: FactKind, metric: str, window: str, values: Values | None, nth: int
    ) -> str:
        """The name of a fact's column."""
        asked = (kind, metric, window, values, nth)
        if asked not in self._facts:
            self._facts[asked] = self.plan.fact(*asked).name
        return self._facts[asked]

    def days(self, window: str, clock_on: date) -> Days:
        """First and last day of a window for those whose windows count from that day."""
        asked = (window, clock_on)
        if asked not in self._days:
            self._days[asked] = self.contract.windows[window].days(clock_on)
        return self._days[asked]


class Sight:
    """What the engine sees of some participants at one claim date, by one text of a contract."""

    def __init__(
        self, contract: Contract, evidence: Evidence, own: Evidence, claim: ClaimDate
    ) -> None:
        """`own` is the evidence about those who are asked about, all else is left out but for
        those who ever had the same place.
        """
        self.contract, self.claim, self._own = contract, claim, own
        self._asked = own.participants_table["participant"].unique()
        known, self._has_others = with_mates(contract, evidence, own)
        self.inputs = EvaluationInput.of(contract, known, [claim])
        self._seen: dict[Basis, Seen] = {}

    @cached_property
    def people(self) -> Mapping[str, PersonView]:
        """Who each participant was, covered or not; of whom nothing was known yet is not there."""
        inputs = self._inputs_of_anybody()
        people = known_participants(inputs)
        found = rows_by_participant(inputs.session.collect(people))
        at_start = rows_by_participant(inputs.session.collect(segments_at_start(inputs, people)))
        named = [inputs.segments.named(number) for number in range(len(inputs.segments.values))]
        views = {}
        for who, [row] in found.items():
            day = from_day_number(row["started_on"])
            held = named[at_start[who][0]["segment"]]
            views[who] = PersonView(day, day_or_none(row["left_on"]), held, clock_on=day)
        return views

    def _inputs_of_anybody(self) -> EvaluationInput:
        """The input for those who are asked about, as if the contract covered everybody."""
        terms = self.contract.participants
        if not terms.covered and terms.started is None and not self._has_others:
            return self.inputs
        everybody = terms.model_copy(update={"covered": {}, "started": None})
        anybody = self.contract.model_copy(update={"participants": everybody})
        return EvaluationInput.of(anybody, self._own, [self.claim])

    @cached_property
    def clocks(self) -> Mapping[str, date]:
        """The day from which the windows of each covered participant count."""
        people = self._own_rows(people_of(self.inputs).select("participant", "clock_on"))
        return {who: from_day_number(row["clock_on"]) for who, [row] in people.items()}

    @cached_property
    def course(self) -> Sequence[tuple[Basis, Standing]]:
        """The evidence that can earn something, one basis after the other."""
        return bases(self.inputs)

    def on(self, basis: Basis) -> Seen:
        """What is seen on one basis."""
        if basis not in self._seen:
            plan, conditions = evaluate_conditions(self.inputs, basis)
            columns = {who: row for who, [row] in self._own_rows(conditions).items()}
            names = ("participant", "observation", "metric", "value", "observed_on")
            facts = {fact.name: concerns(fact) for fact in plan.facts}
            rows = live_observations(self.inputs, basis)
            live = self._own_rows(rows.select(*names, pack=packed(), **facts))
            for own in live.values():
                for row in own:
                    row["observed_on"] = from_day_number(row["observed_on"])
                own.sort(key=lambda row: (row["observed_on"], row["observation"]))
            self._seen[basis] = Seen(self.contract, plan, basis, columns, live)
        return self._seen[basis]

    @cached_property
    def decisions(self) -> Mapping[str, Mapping[str, Decision]]:
        """What is decided about every milestone of those whom the contract covers."""
        milestones = list(self.contract.milestones)
        decided = self._own_rows(decide(self.inputs))
        return {
            who: {milestones[row["milestone"]]: _decision(row) for row in sorted(rows, key=_number)}
            for who, rows in decided.items()
        }

    @cached_property
    def units(self) -> Mapping[str, Mapping[str, tuple[UnitsFound, ...]]]:
        """The units of every milestone that pays for them, in the order of their days: by milestone
        and participant.
        """
        # What was achieved is part of what was decided, which is found anyhow: `achieved` would
        # have the engine judge everything once more, without reasons.
        decided, found = decide(self.inputs).filter(nw.col("verdict") == _ACHIEVED), {}
        for number, (name, term) in enumerate(self.contract.milestones.items()):
            if term.units is not None:
                earned = decided.filter(nw.col("milestone") == number)
                completed = completed_units(self.inputs, earned, number, began=True)
                found[name] = {
                    who: tuple(
                        UnitsFound(from_day_number(first), from_day_number(last), int(many))
                        for first, last, many in sorted(
                            (row["began"], row["day"], row["quantity"]) for row in rows
                        )
                    )
                    for who, rows in self._own_rows(completed).items()
                }
        return found

    @cached_property
    def quantities(self) -> Mapping[str, Mapping[str, int]]:
        """How many claims or units of every milestone stand, of whom there are any."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for who, decided in self.decisions.items():
            for name, decision in decided.items():
                if decision.verdict == Verdict.ACHIEVED and name not in self.units:
                    found[who][name] = 1
        for name, completed in self.units.items():
            for who, units in completed.items():
                found[who][name] = sum(one.quantity for one in units)
        return found

    @cached_property
    def looked_at(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Every metric that each milestone and eligibility look at, each with a window; those of
        its units last.
        """
        contract, plan = self.contract, EvaluationPlan.of(self.contract)
        eligible = contract.participants.eligible
        found = {}
        for name, term in contract.milestones.items():
            asked = [one for one in (term.when, eligible) if one is not None]
            pairs = [
                (metric, window)
                for condition in asked
                for leaf in plan.node(condition).leaves
                for metric in leaf.metrics
                for window in leaf.windows
            ]
            units = () if term.units is None else ((term.units.metric, term.units.window),)
            found[name] = (*pairs, *units)
        return found

    def _own_rows(self, frame: nw.LazyFrame[Any]) -> dict[str, list[dict[str, Any]]]:
        if self._has_others:
            frame = frame.filter(nw.col("participant").is_in(self._asked.to_pylist()))
        return rows_by_participant(self.inputs.session.collect(frame))


def with_mates(contract: Contract, evidence: Evidence, own: Evidence) -> tuple[Evidence, bool]:
    """The evidence about some participants and about all who ever had the same place as one of
    them, in memory; and whether there are such others.
    """
    places = contract.participants.places
    if places is None:
        return own, False
    table = evidence.participants_table
    held = own.participants_table[places.by].combine_chunks()
    mates = table.filter(pc.is_in(table[places.by], held))["participant"].unique()
    asked = own.participants_table["participant"].unique()
    others = mates.filter(pc.invert(pc.is_in(mates, asked)))
    if not len(others):
        return own, False
    theirs = evidence.about(*sorted(others.to_pylist()))
    both = replace(
        own,
        participants_table=pa.concat_tables([own.participants_table, theirs.participants_table]),
        observations_table=pa.concat_tables([own.observations_table, theirs.observations_table]),
    )
    return both, True


def rows_by_participant(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    """The rows of a table, those of each participant together, in their order."""
    found: dict[str, list[dict[str, Any]]] = {}
    names = table.column_names
    columns = (table[name].to_pylist() for name in names)
    at = names.index("participant")
    for cells in zip(*columns, strict=True):
        found.setdefault(cells[at], []).append(dict(zip(names, cells, strict=True)))
    return found


def _number(row: Row) -> int:
    number: int = row["milestone"]
    return number


def _decision(row: Row) -> Decision:
    return Decision(
        verdict=VERDICTS[row["verdict"]],
        reason=REASONS[row["reason"]],
        achieved_on=day_or_none(row["reached"]),
        reached_on=day_or_none(row["days"]),
        known_on=from_day_number(row["known_on"]) if row["known_on"] else None,
        standing=STANDINGS[row["standing"]],
    )


def day_or_none(number: int) -> date | None:
    """The day of a number; None for a day that never comes."""
    return None if number == NEVER else from_day_number(number)
