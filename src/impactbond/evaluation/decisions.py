"""Decisions: for every participant and milestone, whether it was achieved, and why or why not.

Takes  participants and observations as known on each claim date, and the compiled conditions.
Gives  claim × participant × milestone: verdict, reason, achieved_on, known_on, standing, as
       the numbers of Verdict, Reason and Standing.
Keeps  not evidenced never pays; a milestone is never reached before its prerequisites; the order
       of rows is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.dialect import Engine
from impactbond.evaluation.facts import KEYS, NEVER, Frame, find_facts, join_facts, where
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput, columns_about
from impactbond.evaluation.judgement import is_verdict, judge, verdict_and_reason
from impactbond.evaluation.known_evidence import (
    Basis,
    bases,
    live_observations,
    live_states,
    people_of,
)
from impactbond.evaluation.plan import EvaluationPlan
from impactbond.evaluation.stays import find_stay
from impactbond.evidence.evidence import Evidence
from impactbond.reasons import Reason, Standing, Verdict
from impactbond.tables import schema_of, sorted_by

_COLUMNS = ("code", "days", "standing")
_COLUMNS_WITH_REASONS = (*_COLUMNS, "known_on")

DECISIONS = schema_of("participant", "milestone", "verdict", "reason", "achieved_on", "known_on")


def evaluate_conditions(inputs: EvaluationInput, basis: Basis) -> tuple[EvaluationPlan, Frame]:
    """Every participant at every claim date with the columns of all conditions, and with the day of
    every n-th row.
    """
    plan = EvaluationPlan.of(inputs.contract, every_day=True)
    also = columns_about(inputs.contract)
    return plan, plan.evaluate(_facts(inputs, basis, plan), keep_all=True, also=also)


def _facts(inputs: EvaluationInput, basis: Basis, plan: EvaluationPlan) -> Frame:
    """Every participant at every claim date, with the days of the windows and every fact."""
    facts = tuple(plan.facts)
    found = find_facts(live_observations(inputs, basis), facts)
    missing = {fact.name: fact.missing for fact in facts}
    for stay in plan.stays:
        found += find_stay(live_states(inputs, basis), inputs.session.table("spans"), stay)
        # Where no row came, a join leaves nothing at all, and nothing compares neither as more nor
        # as less.
        missing |= stay.missing
    return join_facts(people_of(inputs), found, missing, facts)


def decide(inputs: EvaluationInput) -> Frame:
    """The decisions of every participant covered, at every claim date; late where evidence recorded
    too late to earn anything would have achieved.

    `milestone` is its position in the contract.
    """
    decisions = _with_reasons(inputs, bases(inputs))
    if not inputs.contract.calendar.evidence.earns_nothing:
        return decisions
    # Once more with all evidence, to tell who is late from who did not achieve.
    whenever = _with_reasons(inputs, [(Basis(), Standing.FULL)])
    ever = whenever.select(*KEYS, "milestone", verdict_ever="verdict")
    both = decisions.join(ever, on=[*KEYS, "milestone"], how="inner")
    achieves, verdict = Verdict.ACHIEVED.number, nw.col("verdict")
    # Would have been achieved, and is not: a late row of something paid anyway makes nobody late.
    is_late = (verdict != achieves) & (nw.col("verdict_ever") == achieves)
    return both.with_columns(
        verdict=where(is_late, Verdict.LATE.number, verdict),
        reason=where(is_late, Reason.RECORDED_LATE.number, nw.col("reason")),
    ).drop("verdict_ever")


def achieved(inputs: EvaluationInput, *, reasons: bool = False) -> list[Frame]:
    """Of each milestone, who achieved it, each once (`quantity`), without the day on which that was
    known: found without asking of every other milestone why it was not; with `reasons`, from what
    decisions are found from too.
    """
    judged = _judged(inputs, bases(inputs), reasons=reasons)

    def own(i: int) -> Frame:
        earned = judged.filter(is_verdict(nw.col(f"code_{i}"), Verdict.ACHIEVED))
        said = {"standing": nw.col(f"standing_{i}"), "reached": nw.col(f"days_{i}")}
        numbers = {"milestone": i, "quantity": 1}
        said |= {name: nw.lit(number).cast(nw.Int64) for name, number in numbers.items()}
        return earned.select(*KEYS, "known_by", **said)

    return list(map(own, range(len(inputs.contract.milestones))))


def _judged(
    inputs: EvaluationInput, course: list[tuple[Basis, Standing]], *, reasons: bool = True
) -> Frame:
    """The milestones judged on each basis in turn: what one basis earned, a later one keeps."""
    *earlier, (basis, standing) = course
    before = _judged(inputs, earlier, reasons=reasons) if earlier else None
    columns = _COLUMNS_WITH_REASONS if reasons else _COLUMNS
    wide = [f"{name}_{i}" for i in range(len(inputs.contract.milestones)) for name in columns]

    def judged() -> Frame:
        plan = EvaluationPlan.of(inputs.contract, reasons=reasons)
        also = columns_about(inputs.contract)
        conditions = plan.evaluate(_facts(inputs, basis, plan), also=also)
        if before is not None:
            earned = before.select(*KEYS, *(nw.col(name).alias(f"before_{name}") for name in wide))
            # Everybody stands in both: what one basis earned is laid beside what the next one
            # finds.
            conditions = conditions.join(earned, on=list(KEYS), how="inner")
        verdicts = judge(plan, conditions, standing, has_before=before is not None)
        found: dict[str, nw.Expr] = {}
        if before is None:
            of_all = nw.lit(standing.number).cast(nw.Int64)
            found = {name: of_all for name in wide if name.startswith("standing_")}
        return verdicts.select(
            *KEYS, "known_by", **{name: found.get(name, nw.col(name)) for name in wide}
        )

    name = basis.named(f"judged_{standing.number}" if earlier else "judged")
    return inputs.session.materialize(name if reasons else f"{name}_without_reasons", judged)


def _every_milestone(contract: Contract, own: Callable[[int], Frame]) -> Frame:
    """A row for each milestone, from the columns of all; not every engine can unpivot."""
    narrow = list(map(own, range(len(contract.milestones))))
    return nw.concat(narrow) if len(narrow) > 1 else narrow[0]


def _with_reasons(inputs: EvaluationInput, course: list[tuple[Basis, Standing]]) -> Frame:
    """The decisions with verdict, reason and, where achieved, the day; `days` is the day on which
    everything that a milestone needs was met, whatever its verdict.
    """
    judged = _judged(inputs, course)

    def own(i: int) -> Frame:
        code, *others = (nw.col(f"{name}_{i}") for name in _COLUMNS_WITH_REASONS)
        verdict, reason = verdict_and_reason(code)
        # The day is given only where it was achieved: a day beside a no would be read as one.
        reached = where(is_verdict(code, Verdict.ACHIEVED), others[0], NEVER)
        said = dict(zip(_COLUMNS_WITH_REASONS[1:], others, strict=True))
        said |= {"verdict": verdict, "reason": reason, "reached": reached}
        return judged.select(*KEYS, "known_by", milestone=nw.lit(i).cast(nw.Int64), **said)

    return _every_milestone(inputs.contract, own)


def decisions_table(
    contract: Contract, evidence: Evidence, claim: ClaimDate, engine: Engine | None = None
) -> pa.Table:
    """The decisions of one claim date in words and dates (DECISIONS), sorted by participant and the
    contract's milestones.
    """
    return decisions_at(EvaluationInput.of(contract, evidence, [claim], engine), claim)


def decisions_at(inputs: EvaluationInput, claim: ClaimDate) -> pa.Table:
    """The same, of one of the claim dates that are at work in an engine."""
    decided = decide(inputs)
    if len(inputs.claims) > 1:
        decided = decided.filter(nw.col("claim") == claim.number)
    chosen = sorted_by(inputs.session.collect(decided), "participant", "milestone")

    def words(column: str, names: Iterable[str]) -> pa.Array:
        numbers = pc.cast(chosen[column], pa.int64()).combine_chunks()
        return pa.array(map(str, names), pa.string()).take(numbers)

    def days(column: str, none: int) -> pa.Array:
        numbers = pc.if_else(pc.equal(chosen[column], none), None, chosen[column])
        return pc.cast(pc.cast(numbers, pa.int32()), pa.date32()).combine_chunks()

    columns = [
        chosen["participant"].combine_chunks(),
        words("milestone", inputs.contract.milestones),
        words("verdict", Verdict),
        words("reason", Reason),
        days("reached", NEVER),
        days("known_on", 0),
    ]
    return pa.table(columns, schema=DECISIONS)
