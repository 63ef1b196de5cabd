"""Decisions: for every participant and milestone, whether it was achieved, and why or why not.

Takes  participants and observations as known on each claim date, and the compiled conditions.
Gives  claim × participant × milestone: verdict, reason, achieved_on, known_on, standing, as
       integers (see VERDICTS, REASONS).
Keeps  not evidenced never pays; a milestone is never reached before its prerequisites; the order
       of rows is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.evaluation.facts import KEYS, NEVER, find_facts, join_facts
from impactbond.evaluation.inputs import EvaluationInput, columns_about
from impactbond.evaluation.judgement import by_need, judge
from impactbond.evaluation.knowledge import Basis, live_observations, windows_of_people
from impactbond.evaluation.plan import EvaluationPlan
from impactbond.evaluation.stays import find_stay
from impactbond.evaluation.verdicts import (
    ACHIEVED,
    DISPUTED,
    FULL,
    LATE,
    LATE_EVIDENCE,
    REASON,
    REASONS,
    VERDICTS,
    is_verdict,
    taken_apart,
)

BARELY = ("code", "days", "standing")
TOLD = (*BARELY, "known_on")

__all__ = ["ACHIEVED", "REASONS", "VERDICTS", "bases", "by_need", "decide", "weigh"]


def bases(question: EvaluationInput) -> list[tuple[Basis, int]]:
    """The evidence that can earn something, one after the other, and how what it earns stands."""
    terms = question.contract.calendar.evidence
    only_in_time = terms.late == "nothing"
    found: list[tuple[Basis, int]] = []
    if terms.late_pays is not None:
        found.append((Basis(in_time=True, undisputed=question.is_disputed), FULL))
        found.append((Basis(undisputed=question.is_disputed), LATE_EVIDENCE))
    else:
        found.append((Basis(only_in_time, question.is_disputed), FULL))
    if question.is_disputed:
        found.append((Basis(only_in_time), DISPUTED))
    return found


def weigh(question: EvaluationInput, basis: Basis) -> tuple[EvaluationPlan, nw.LazyFrame[Any]]:
    """Every participant at every claim date with the columns of all conditions, and with the day of
    every n-th row.
    """
    plan = EvaluationPlan.of(question.contract, every_day=True)
    also = columns_about(question.contract)
    return plan, plan.weigh(_facts(question, basis, plan), keep_all=True, also=also)


def people_of(question: EvaluationInput) -> nw.LazyFrame[Any]:
    """The participants at every claim date with the days of their windows, kept in the engine."""
    return question.shop.keep("people", lambda: windows_of_people(question))


def observations_of(question: EvaluationInput, basis: Basis) -> nw.LazyFrame[Any]:
    """The live observations with the windows of their participants."""
    windows = [
        f"{edge}_{i}" for i in range(len(question.contract.windows)) for edge in ("opens", "closes")
    ]
    people = people_of(question).select(*KEYS, "known_by", *windows)
    return live_observations(question, basis, people)


def states_of(question: EvaluationInput, basis: Basis) -> nw.LazyFrame[Any]:
    """The live observations of states, kept in the engine: they are gone through several times."""
    terms = enumerate(question.contract.metrics.values())
    states = [number for number, term in terms if term.lasts]

    def found() -> nw.LazyFrame[Any]:
        return observations_of(question, basis).filter(nw.col("metric").is_in(states))

    return question.shop.keep(basis.named("states"), found)


def _facts(question: EvaluationInput, basis: Basis, plan: EvaluationPlan) -> nw.LazyFrame[Any]:
    """Every participant at every claim date, with the days of the windows and every fact."""
    people = people_of(question)
    facts = tuple(plan.facts)
    found = find_facts(observations_of(question, basis), facts)
    missing = {fact.name: fact.missing for fact in facts}
    for stay in plan.stays:
        found += find_stay(states_of(question, basis), question.table("spans"), stay)
        missing |= stay.missing
    return join_facts(people, found, missing, facts)


def decide(question: EvaluationInput) -> nw.LazyFrame[Any]:
    """The decisions of every participant covered, at every claim date.

    `milestone` is its place in the contract.
    """
    decisions = _with_reasons(question, bases(question))
    if question.contract.calendar.evidence.late != "nothing":
        return decisions
    whenever = _with_reasons(question, [(Basis(), FULL)])
    return _in_time_or_late(decisions, whenever)


def achieved(question: EvaluationInput) -> nw.LazyFrame[Any]:
    """The decisions that a milestone was achieved, without the day on which that was known: found
    without asking of every other milestone why it was not.
    """
    judged = _judged(question, bases(question), reasons=False)
    found = _long(judged, question.contract, BARELY)
    earned = found.filter(is_verdict(nw.col("code"), ACHIEVED))
    return earned.select(*KEYS, "known_by", "milestone", "standing", reached=nw.col("days"))


def _in_time_or_late(in_time: nw.LazyFrame[Any], whenever: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The decisions on evidence recorded in time; late where later evidence alone achieves."""
    ever = whenever.select(*KEYS, "milestone", verdict_ever=nw.col("verdict"))
    both = in_time.join(ever, on=[*KEYS, "milestone"], how="inner")
    is_late = (nw.col("verdict") != ACHIEVED) & (nw.col("verdict_ever") == ACHIEVED)
    return both.with_columns(
        verdict=nw.when(is_late).then(nw.lit(LATE)).otherwise(nw.col("verdict")),
        reason=nw.when(is_late).then(nw.lit(REASON["recorded_late"])).otherwise(nw.col("reason")),
    ).drop("verdict_ever")


def _judged(
    question: EvaluationInput, course: list[tuple[Basis, int]], *, reasons: bool = True
) -> nw.LazyFrame[Any]:
    """The milestones judged on each basis in turn: what one basis earned, a later one keeps."""
    (basis, standing), *later = reversed(course)
    before = _judged(question, later[::-1], reasons=reasons) if later else None
    wide = _wide(question.contract, reasons=reasons)

    def judged() -> nw.LazyFrame[Any]:
        plan = EvaluationPlan.of(question.contract, reasons=reasons)
        facts = _facts(question, basis, plan)
        weighed = plan.weigh(facts, also=columns_about(question.contract))
        if before is not None:
            earned = before.select(*KEYS, *(nw.col(name).alias(f"before_{name}") for name in wide))
            weighed = weighed.join(earned, on=list(KEYS), how="inner")
        return judge(plan, weighed, standing, has_before=before is not None).select(
            *KEYS, "known_by", *wide
        )

    name = basis.named(f"judged_{standing}" if later else "judged")
    return question.shop.keep(name if reasons else f"{name}_barely", judged)


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


def _with_reasons(question: EvaluationInput, course: list[tuple[Basis, int]]) -> nw.LazyFrame[Any]:
    """The decisions with verdict, reason and, where achieved, the day."""
    decided = _long(_judged(question, course), question.contract, TOLD)
    verdict, reason = taken_apart(nw.col("code"))
    is_achieved = is_verdict(nw.col("code"), ACHIEVED)
    reached = nw.when(is_achieved).then(nw.col("days")).otherwise(nw.lit(NEVER))
    told = decided.with_columns(verdict=verdict, reason=reason, reached=reached)
    return told.drop("code", "days")
