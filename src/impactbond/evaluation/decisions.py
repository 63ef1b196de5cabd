"""Decisions: for every participant and milestone, whether it was achieved, and why or why not.

Takes  participants and observations as known on each claim date, and the compiled conditions.
Gives  claim × participant × milestone: verdict, reason, achieved_on, known_on, standing, as
       the numbers of Verdict, Reason and Standing.
Keeps  not evidenced never pays; a milestone is never reached before its prerequisites; the order
       of rows is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.evaluation.facts import KEYS, NEVER, find_facts, join_facts
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput, columns_about
from impactbond.evaluation.judgement import is_verdict, judge, taken_apart
from impactbond.evaluation.knowledge import live_observations, windows_of_people
from impactbond.evaluation.late_evidence import Basis, bases, earns_nothing, with_late
from impactbond.evaluation.plan import EvaluationPlan
from impactbond.evaluation.stays import find_stay
from impactbond.evidence.evidence import Evidence
from impactbond.reasons import Reason, Standing, Verdict
from impactbond.tables import Engine, sorted_by

BARELY = ("code", "days", "standing")
TOLD = (*BARELY, "known_on")

DECISIONS = pa.schema(
    [
        ("participant", pa.string()),
        ("milestone", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("achieved_on", pa.date32()),
        ("known_on", pa.date32()),
    ]
)


def _bases(inputs: EvaluationInput) -> list[tuple[Basis, Standing]]:
    return bases(inputs.contract, is_disputed=inputs.is_disputed)


def weigh(inputs: EvaluationInput, basis: Basis) -> tuple[EvaluationPlan, nw.LazyFrame[Any]]:
    """Every participant at every claim date with the columns of all conditions, and with the day of
    every n-th row.
    """
    plan = EvaluationPlan.of(inputs.contract, every_day=True)
    also = columns_about(inputs.contract)
    return plan, plan.weigh(_facts(inputs, basis, plan), keep_all=True, also=also)


def people_of(inputs: EvaluationInput) -> nw.LazyFrame[Any]:
    """The participants at every claim date with the days of their windows, kept in the engine."""
    return inputs.session.materialize("people", lambda: windows_of_people(inputs))


def observations_of(inputs: EvaluationInput, basis: Basis) -> nw.LazyFrame[Any]:
    """The live observations with the windows of their participants."""
    windows = [
        f"{edge}_{i}" for i in range(len(inputs.contract.windows)) for edge in ("opens", "closes")
    ]
    people = people_of(inputs).select(*KEYS, "known_by", *windows)
    return live_observations(inputs, basis, people)


def states_of(inputs: EvaluationInput, basis: Basis) -> nw.LazyFrame[Any]:
    """The live observations of states, kept in the engine: they are gone through several times."""
    terms = enumerate(inputs.contract.metrics.values())
    states = [number for number, term in terms if term.lasts]

    def found() -> nw.LazyFrame[Any]:
        return observations_of(inputs, basis).filter(nw.col("metric").is_in(states))

    return inputs.session.materialize(basis.named("states"), found)


def _facts(inputs: EvaluationInput, basis: Basis, plan: EvaluationPlan) -> nw.LazyFrame[Any]:
    """Every participant at every claim date, with the days of the windows and every fact."""
    people = people_of(inputs)
    facts = tuple(plan.facts)
    found = find_facts(observations_of(inputs, basis), facts)
    missing = {fact.name: fact.missing for fact in facts}
    for stay in plan.stays:
        found += find_stay(states_of(inputs, basis), inputs.table("spans"), stay)
        missing |= stay.missing
    return join_facts(people, found, missing, facts)


def decide(inputs: EvaluationInput) -> nw.LazyFrame[Any]:
    """The decisions of every participant covered, at every claim date.

    `milestone` is its place in the contract.
    """
    decisions = _with_reasons(inputs, _bases(inputs))
    if not earns_nothing(inputs.contract):
        return decisions
    # Once more with all evidence, to tell who is late from who did not achieve.
    return with_late(decisions, _with_reasons(inputs, [(Basis(), Standing.FULL)]))


def achieved(inputs: EvaluationInput) -> nw.LazyFrame[Any]:
    """The decisions that a milestone was achieved, without the day on which that was known: found
    without asking of every other milestone why it was not.
    """
    judged = _judged(inputs, _bases(inputs), reasons=False)
    found = _long(judged, inputs.contract, BARELY)
    earned = found.filter(is_verdict(nw.col("code"), Verdict.ACHIEVED))
    return earned.select(*KEYS, "known_by", "milestone", "standing", reached=nw.col("days"))


def _judged(
    inputs: EvaluationInput, course: list[tuple[Basis, Standing]], *, reasons: bool = True
) -> nw.LazyFrame[Any]:
    """The milestones judged on each basis in turn: what one basis earned, a later one keeps."""
    (basis, standing), *later = reversed(course)
    before = _judged(inputs, later[::-1], reasons=reasons) if later else None
    wide = _wide(inputs.contract, reasons=reasons)

    def judged() -> nw.LazyFrame[Any]:
        plan = EvaluationPlan.of(inputs.contract, reasons=reasons)
        facts = _facts(inputs, basis, plan)
        weighed = plan.weigh(facts, also=columns_about(inputs.contract))
        if before is not None:
            earned = before.select(*KEYS, *(nw.col(name).alias(f"before_{name}") for name in wide))
            weighed = weighed.join(earned, on=list(KEYS), how="inner")
        return judge(plan, weighed, standing.number, has_before=before is not None).select(
            *KEYS, "known_by", *wide
        )

    name = basis.named(f"judged_{standing.number}" if later else "judged")
    return inputs.session.materialize(name if reasons else f"{name}_barely", judged)


def _wide(contract: Contract, *, reasons: bool) -> list[str]:
    places = range(len(contract.milestones))
    names = TOLD if reasons else BARELY
    return [f"{name}_{place}" for place in places for name in names]


def _long(judged: nw.LazyFrame[Any], contract: Contract, names: Sequence[str]) -> nw.LazyFrame[Any]:
    """One row for each milestone, from the columns of all; not every engine can unpivot."""
    narrow = [
        judged.select(
            *KEYS,
            "known_by",
            milestone=nw.lit(place).cast(nw.Int64),
            **{name: nw.col(f"{name}_{place}") for name in names},
        )
        for place in range(len(contract.milestones))
    ]
    return nw.concat(narrow) if len(narrow) > 1 else narrow[0]


def _with_reasons(
    inputs: EvaluationInput, course: list[tuple[Basis, Standing]]
) -> nw.LazyFrame[Any]:
    """The decisions with verdict, reason and, where achieved, the day."""
    decided = _long(_judged(inputs, course), inputs.contract, TOLD)
    verdict, reason = taken_apart(nw.col("code"))
    is_achieved = is_verdict(nw.col("code"), Verdict.ACHIEVED)
    reached = nw.when(is_achieved).then(nw.col("days")).otherwise(nw.lit(NEVER))
    told = decided.with_columns(verdict=verdict, reason=reason, reached=reached)
    return told.drop("code", "days")


def decisions_table(
    contract: Contract, evidence: Evidence, claim: ClaimDate, engine: Engine | None = None
) -> pa.Table:
    """The decisions of one claim date in words and dates (DECISIONS), sorted by participant and the
    contract's milestones.
    """
    inputs = EvaluationInput.of(contract, evidence, [claim], engine)
    chosen = sorted_by(inputs.session.collect(decide(inputs)), "participant", "milestone")

    def words(column: str, names: Iterable[str]) -> pa.Array:
        numbers = pc.cast(chosen[column], pa.int64()).combine_chunks()
        return pa.array(map(str, names), pa.string()).take(numbers)

    def days(column: str, none: int) -> pa.Array:
        numbers = pc.if_else(pc.equal(chosen[column], none), None, chosen[column])
        return pc.cast(pc.cast(numbers, pa.int32()), pa.date32()).combine_chunks()

    columns = [
        chosen["participant"].combine_chunks(),
        words("milestone", contract.milestones),
        words("verdict", Verdict),
        words("reason", Reason),
        days("reached", NEVER),
        days("known_on", 0),
    ]
    return pa.table(columns, schema=DECISIONS)
