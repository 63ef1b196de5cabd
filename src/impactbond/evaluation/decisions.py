"""Decisions: for every participant and milestone, whether it was achieved, and why or why not.

Takes  participants and observations as known on each claim date, and the compiled conditions.
Gives  claim × participant × milestone: verdict, reason, achieved_on, known_on, as integers (see
       VERDICTS, REASONS).
Keeps  not evidenced never pays; a milestone is never reached before its prerequisites; the order
       of rows is nothing.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evaluation.conditions import MET, NOT_MET, Node, Plan
from impactbond.evaluation.facts import KEYS, NEVER, find_facts, join_facts
from impactbond.evaluation.knowledge import known_participants, live_observations
from impactbond.evaluation.question import Question

VERDICTS = (
    "achieved",
    "not achieved",
    "not evidenced",
    "not yet due",
    "late",
    "ineligible",
    "withdrawn",
)
ACHIEVED, NOT_ACHIEVED, NO_EVIDENCE, NOT_YET_DUE, LATE, INELIGIBLE, WITHDRAWN = range(7)
REASONS = (
    "met",
    "not_met",
    "no_evidence",
    "window_open",
    "prerequisite",
    "not_eligible",
    "eligibility_not_evidenced",
    "left",
    "outside_term",
    "recorded_late",
)
REASON = {name: number for number, name in enumerate(REASONS)}


def weigh(
    question: Question, *, in_time: bool, keep_all: bool = False
) -> tuple[Plan, nw.LazyFrame[Any]]:
    """Every participant at every claim date with the columns of the conditions of milestones, or of
    all conditions.
    """
    plan = Plan.of(question.contract, every_day=keep_all)
    facts = _facts(question, in_time=in_time, every_day=keep_all)
    return plan, plan.weigh(facts, keep_all=keep_all)


def _facts(question: Question, *, in_time: bool, every_day: bool = False) -> nw.LazyFrame[Any]:
    """Every participant at every claim date, with the days of the windows and every fact."""
    people = question.shop.keep(
        "people",
        lambda: known_participants(question).join(
            question.table("windows"), on="started_on", how="inner"
        ),
    )

    def known() -> nw.LazyFrame[Any]:
        plan = Plan.of(question.contract, every_day=every_day)
        windows = [f"{edge}_{i}" for i in range(len(plan.windows)) for edge in ("opens", "closes")]
        rows = live_observations(question, in_time=in_time)
        rows = rows.join(people.select(*KEYS, *windows), on=list(KEYS), how="inner")
        facts = tuple(plan.facts)
        return join_facts(people, find_facts(rows, facts), facts)

    name = f"facts{'_in_time' if in_time else ''}{'_every_day' if every_day else ''}"
    return question.shop.keep(name, known)


def decide(question: Question) -> nw.LazyFrame[Any]:
    """The decisions of every participant covered, at every claim date, kept in the engine.

    `milestone` is its place in the contract.
    """
    judged = _judged(question, in_time=False)
    if question.contract.calendar.evidence.late != "nothing":
        return question.shop.keep("decisions", lambda: _long(question, judged))
    in_time = _judged(question, in_time=True)
    return question.shop.keep(
        "decisions", lambda: _in_time_or_late(_long(question, in_time), _long(question, judged))
    )


def _in_time_or_late(in_time: nw.LazyFrame[Any], whenever: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The decisions on evidence recorded in time; late where later evidence alone achieves."""
    ever = whenever.select(*KEYS, "milestone", verdict_ever=nw.col("verdict"))
    both = in_time.join(ever, on=[*KEYS, "milestone"], how="inner")
    is_late = (nw.col("verdict") != ACHIEVED) & (nw.col("verdict_ever") == ACHIEVED)
    return both.with_columns(
        verdict=nw.when(is_late).then(nw.lit(LATE)).otherwise(nw.col("verdict")),
        reason=nw.when(is_late).then(nw.lit(REASON["recorded_late"])).otherwise(nw.col("reason")),
    ).drop("verdict_ever")


def _judged(question: Question, *, in_time: bool) -> nw.LazyFrame[Any]:
    facts = _facts(question, in_time=in_time)

    def judged() -> nw.LazyFrame[Any]:
        plan = Plan.of(question.contract)
        return _judge(plan, plan.weigh(facts)).select(*KEYS, "known_by", *_wide(question.contract))

    return question.shop.keep("judged_in_time" if in_time else "judged", judged)


def _wide(contract: Contract) -> list[str]:
    places = range(len(contract.milestones))
    return [f"{name}_{place}" for place in places for name in ("code", "days", "known_on")]


def by_need(contract: Contract) -> list[list[str]]:
    """The milestones in layers: each needs only milestones of earlier layers."""
    layers: list[list[str]] = []
    placed: set[str] = set()
    while len(placed) < len(contract.milestones):
        layer = [
            name
            for name, milestone in contract.milestones.items()
            if name not in placed and placed.issuperset(milestone.after)
        ]
        layers.append(layer)
        placed.update(layer)
    return layers


def _judge(plan: Plan, weighed: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Columns code_<i> (verdict × 16 + reason), days_<i> (the day reached, if it is) and
    known_on_<i> for every milestone i.
    """
    contract = plan.contract
    place = {name: index for index, name in enumerate(contract.milestones)}
    eligible = (
        plan.node(contract.participants.eligible)
        if contract.participants.eligible is not None
        else None
    )
    for layer in by_need(contract):
        columns = []
        for name in layer:
            own = plan.node(contract.milestones[name].when)
            before = [place[earlier] for earlier in contract.milestones[name].after]
            conditions = [own, eligible] if eligible is not None else [own]
            days = nw.max_horizontal(
                *(node.on for node in conditions), *(_reached(other) for other in before)
            )
            known = [nw.col(f"known_{node.number}") for node in conditions]
            columns += [
                _code(contract, own, eligible, before, days).alias(f"code_{place[name]}"),
                days.alias(f"days_{place[name]}"),
                nw.max_horizontal(*known, *(nw.col(f"known_on_{other}") for other in before)).alias(
                    f"known_on_{place[name]}"
                ),
            ]
        weighed = weighed.with_columns(*columns)
    return weighed


def _is(milestone: int, verdict: int) -> nw.Expr:
    return nw.col(f"code_{milestone}") // 16 == verdict


def _reached(milestone: int) -> nw.Expr:
    return (
        nw.when(_is(milestone, ACHIEVED)).then(nw.col(f"days_{milestone}")).otherwise(nw.lit(NEVER))
    )


def _due(node: Node) -> nw.Expr:
    return nw.col(f"due_{node.number}")


def _code(
    contract: Contract, own: Node, eligible: Node | None, before: list[int], reached: nw.Expr
) -> nw.Expr:
    """Verdict × 16 + reason, as one number: the first rule that applies decides."""
    first, last = (day_number(day) for day in contract.calendar.term)
    ends_on, left_on = nw.col("ends_on"), nw.col("left_on")
    rules: list[tuple[nw.Expr, int, str]] = []
    if eligible is not None:
        unmet = eligible.state < MET
        rules += [
            (unmet & (ends_on < _due(eligible)), NOT_YET_DUE, "window_open"),
            (eligible.state == NOT_MET, INELIGIBLE, "not_eligible"),
            (unmet, NO_EVIDENCE, "eligibility_not_evidenced"),
        ]
    rules += [(_is(other, NOT_YET_DUE), NOT_YET_DUE, "prerequisite") for other in before]
    rules += [(~_is(other, ACHIEVED), NOT_ACHIEVED, "prerequisite") for other in before]
    met = own.state == MET
    rules += [
        (met & (reached > left_on), WITHDRAWN, "left"),
        (met & ((reached > last) | (reached < first)), NOT_ACHIEVED, "outside_term"),
        (met & (reached > ends_on), NOT_YET_DUE, "window_open"),
        (met, ACHIEVED, "met"),
        (left_on < _due(own), WITHDRAWN, "left"),
        (ends_on < _due(own), NOT_YET_DUE, "window_open"),
        (own.state == NOT_MET, NOT_ACHIEVED, "not_met"),
    ]
    code = nw.lit(NO_EVIDENCE * 16 + REASON["no_evidence"])
    for test, verdict, reason in reversed(rules):
        code = nw.when(test).then(nw.lit(verdict * 16 + REASON[reason])).otherwise(code)
    return code.cast(nw.Int64)


def _long(question: Question, judged: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """One row for each milestone, from the columns of all: a cross join, because not every engine
    can unpivot.
    """
    crossed = judged.join(question.table("milestones"), how="cross")

    def picked(name: str) -> nw.Expr:
        column = nw.col(f"{name}_0")
        for index in range(1, len(question.contract.milestones)):
            column = (
                nw.when(nw.col("milestone") == index)
                .then(nw.col(f"{name}_{index}"))
                .otherwise(column)
            )
        return column

    narrow = crossed.select(
        *KEYS,
        "known_by",
        "milestone",
        code=picked("code"),
        days=picked("days"),
        known_on=picked("known_on"),
    )
    verdict = nw.col("code") // 16
    return narrow.select(
        *KEYS,
        "known_by",
        "milestone",
        verdict.alias("verdict"),
        (nw.col("code") % 16).alias("reason"),
        nw.when(verdict == ACHIEVED).then(nw.col("days")).otherwise(nw.lit(NEVER)).alias("reached"),
        "known_on",
    )
