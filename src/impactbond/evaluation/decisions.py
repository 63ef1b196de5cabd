"""Decisions: for every participant and milestone, whether it was achieved, and why or why not.

Takes  participants and observations as known on each claim date, and the compiled conditions.
Gives  claim × participant × milestone: verdict, reason, achieved_on, known_on, as integers (see
       VERDICTS, REASONS).
Keeps  not evidenced never pays; a milestone is never reached before its prerequisites; the order
       of rows is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evaluation.conditions import MET, NOT_MET, Node, Plan
from impactbond.evaluation.facts import KEYS, NEVER, find_facts, join_facts
from impactbond.evaluation.knowledge import (
    ClaimDate,
    Segments,
    known_participants,
    live_observations,
    windows_table,
)
from impactbond.evidence.evidence import Evidence
from impactbond.tables import Workshop

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
    shop: Workshop,
    contract: Contract,
    evidence: Evidence,
    claims: Sequence[ClaimDate],
    segments: Segments,
    *,
    in_time: bool,
    keep_all: bool = False,
) -> tuple[Plan, nw.LazyFrame[Any]]:
    """Every participant at every claim date with the columns of the conditions of milestones, or of
    all conditions.
    """
    plan = Plan.of(contract)
    people = known_participants(shop, contract, evidence, claims, segments)
    people = shop.keep(
        people.join(shop.take(windows_table(contract, evidence)), on="started_on", how="inner")
    )
    windows = [
        name for index in range(len(plan.windows)) for name in (f"opens_{index}", f"closes_{index}")
    ]
    rows = live_observations(shop, contract, evidence, claims, in_time=in_time)
    rows = rows.join(people.select(*KEYS, *windows), on=list(KEYS), how="inner")
    facts = tuple(plan.facts)
    known = shop.keep(join_facts(people, find_facts(rows, facts), facts))
    return plan, plan.weigh(known, keep_all=keep_all)


def decide(
    shop: Workshop,
    contract: Contract,
    evidence: Evidence,
    claims: Sequence[ClaimDate],
    segments: Segments,
) -> nw.LazyFrame[Any]:
    """The decisions of every participant covered, at every claim date; `milestone` is its place in
    the contract.
    """
    wants_in_time = contract.calendar.evidence.late == "nothing"
    plan, weighed = weigh(shop, contract, evidence, claims, segments, in_time=wants_in_time)
    decided = _long(shop, contract, _judge(plan, weighed))
    if not wants_in_time:
        return decided
    plan, weighed = weigh(shop, contract, evidence, claims, segments, in_time=False)
    whenever = _long(shop, contract, _judge(plan, weighed)).select(
        *KEYS, "milestone", verdict_ever=nw.col("verdict")
    )
    both = decided.join(whenever, on=[*KEYS, "milestone"], how="inner")
    is_late = (nw.col("verdict") != ACHIEVED) & (nw.col("verdict_ever") == ACHIEVED)
    return both.with_columns(
        verdict=nw.when(is_late).then(nw.lit(LATE)).otherwise(nw.col("verdict")),
        reason=nw.when(is_late).then(nw.lit(REASON["recorded_late"])).otherwise(nw.col("reason")),
    ).drop("verdict_ever")


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


def _long(shop: Workshop, contract: Contract, judged: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """One row for each milestone, from the columns of all: a cross join, because not every engine
    can unpivot.
    """
    count = len(contract.milestones)
    wide = [f"{name}_{index}" for index in range(count) for name in ("code", "days", "known_on")]
    milestones = shop.take(pa.table({"milestone": pa.array(range(count), pa.int64())}))
    crossed = shop.keep(judged.select(*KEYS, "known_by", *wide)).join(milestones, how="cross")

    def picked(name: str) -> nw.Expr:
        column = nw.col(f"{name}_0")
        for index in range(1, count):
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


def judged(
    shop: Workshop,
    contract: Contract,
    evidence: Evidence,
    claims: Sequence[ClaimDate],
    segments: Segments,
) -> nw.LazyFrame[Any]:
    """The decisions, computed once and kept in the engine."""
    return shop.keep(decide(shop, contract, evidence, claims, segments))
