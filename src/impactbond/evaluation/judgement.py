"""Judgement: the columns of conditions become a verdict on every milestone.

Takes  every participant at every claim date, with the columns of the conditions of milestones.
Gives  code_<i> (verdict and reason), days_<i> (the day reached, if it is), known_on_<i> and
       standing_<i> for every milestone i.
Keeps  of milestones that stand instead of each other one is achieved; for a place, each once.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evaluation.facts import NEVER, largest, smallest
from impactbond.evaluation.plan import EvaluationPlan, Node
from impactbond.reasons import Reason, Verdict
from impactbond.terms.conditions.passes import MET, NOT_MET
from impactbond.terms.milestones import Milestone, alternatives

Frame = nw.LazyFrame[Any]
Rule = tuple[nw.Expr, Verdict, Reason]
_REASONS_AT_MOST = 16
_DAYS, _PERSONS = 2**16, 2**24
_NOBODY = 2**62


def code_of(verdict: Verdict, reason: Reason) -> int:
    """A verdict and its reason as one number."""
    return verdict.number * _REASONS_AT_MOST + reason.number


def is_verdict(code: nw.Expr, verdict: Verdict) -> nw.Expr:
    """Whether a code is of that verdict; nothing is divided, which engines write at length."""
    least = verdict.number * _REASONS_AT_MOST
    return (code >= least) & (code < least + _REASONS_AT_MOST)


def taken_apart(code: nw.Expr) -> tuple[nw.Expr, nw.Expr]:
    """The numbers of a code's verdict and reason."""
    return code // _REASONS_AT_MOST, code % _REASONS_AT_MOST


def by_need(contract: Contract) -> list[list[str]]:
    """The milestones in layers: each needs only milestones of earlier layers."""
    return [[name for group in layer for name in group] for layer in _layers(contract)]


def _layers(contract: Contract) -> list[list[tuple[str, ...]]]:
    """The milestones in layers, each with its alternatives: a layer needs only earlier layers."""
    groups = alternatives(contract.milestones)
    layers: list[list[tuple[str, ...]]] = []
    placed: set[str] = set()
    while len(placed) < len(contract.milestones):
        layer = [
            group
            for group in groups
            if placed.isdisjoint(group)
            and all(placed.issuperset(contract.milestones[name].after) for name in group)
        ]
        assert layer, "milestones come after each other in a circle"
        layers.append(layer)
        placed.update(name for group in layer for name in group)
    return layers


def judge(plan: EvaluationPlan, weighed: Frame, standing: int, *, has_before: bool) -> Frame:
    """The frame with the verdicts; what was earned before, in columns before_..., is kept."""
    contract = plan.contract
    place = {name: index for index, name in enumerate(contract.milestones)}
    come_before = {i for other in place.values() for i in _before(contract, other)}
    by_place = contract.participants.places is not None
    # An alternative that loses is achieved no more: the contests of a layer are decided before
    # anything that comes after it is judged.
    for layer in _layers(contract):
        numbers = [place[name] for group in layer for name in group]
        weighed = weighed.with_columns(
            *(column for i in numbers for column in _own(plan, i, standing, has_before))
        )
        contests = [
            tuple(place[name] for name in group) for group in layer if by_place or len(group) > 1
        ]
        weighed = _settled(contract, weighed, contests) if contests else weighed
        waited_for = [_reached(i) for i in numbers if i in come_before]
        if waited_for and not by_place:
            weighed = weighed.with_columns(*waited_for)
    return weighed


def _reached(i: int) -> nw.Expr:
    reached = nw.when(_is(i, Verdict.ACHIEVED)).then(nw.col(f"days_{i}")).otherwise(nw.lit(NEVER))
    return reached.alias(f"reached_{i}")


def _own(plan: EvaluationPlan, i: int, standing: int, has_before: bool) -> list[nw.Expr]:
    """The columns of a milestone before it is compared with others."""
    contract, before = plan.contract, _before(plan.contract, i)
    own = plan.node(_milestone(contract, i).when)
    eligible = contract.participants.eligible
    conditions = [own] if eligible is None else [own, plan.node(eligible)]
    days = largest(
        *(node.on for node in conditions), *(nw.col(f"reached_{other}") for other in before)
    )
    columns = {
        "code": _code(plan, i, conditions, days),
        "days": days,
        "standing": nw.lit(standing),
    }
    if plan.reasons:
        known = [nw.col(f"known_{node.number}") for node in conditions]
        known += [nw.col(f"known_on_{other}") for other in before]
        columns["known_on"] = largest(*known)
    if has_before:
        # What an earlier basis earned keeps its day and standing: rows that are late or in
        # dispute may earn more, but not move or lower what stands without them.
        kept = is_verdict(nw.col(f"before_code_{i}"), Verdict.ACHIEVED)
        columns = {
            name: nw.when(kept).then(nw.col(f"before_{name}_{i}")).otherwise(column)
            for name, column in columns.items()
        }
    return [column.cast(nw.Int64).alias(f"{name}_{i}") for name, column in columns.items()]


def _milestone(contract: Contract, i: int) -> Milestone:
    return list(contract.milestones.values())[i]


def _before(contract: Contract, i: int) -> list[int]:
    names = list(contract.milestones)
    return [names.index(earlier) for earlier in contract.milestones[names[i]].after]


def _is(milestone: int, verdict: Verdict) -> nw.Expr:
    return is_verdict(nw.col(f"code_{milestone}"), verdict)


def _due(node: Node) -> nw.Expr:
    return nw.col(f"due_{node.number}")


def _code(plan: EvaluationPlan, i: int, conditions: list[Node], reached: nw.Expr) -> nw.Expr:
    """Verdict and reason as one number."""
    is_earned = _is_earned(plan.contract, i, reached)
    rules = _why_not(plan, i, conditions, reached) if plan.reasons else []
    otherwise = (
        (Verdict.NO_EVIDENCE, Reason.NO_EVIDENCE)
        if plan.reasons
        else (Verdict.NOT_ACHIEVED, Reason.NOT_MET)
    )
    code = nw.lit(code_of(*otherwise))
    for test, verdict, reason in reversed([(is_earned, Verdict.ACHIEVED, Reason.MET), *rules]):
        code = nw.when(test).then(nw.lit(code_of(verdict, reason))).otherwise(code)
    return code


def _is_earned(contract: Contract, i: int, reached: nw.Expr) -> nw.Expr:
    """Whether a milestone was reached within the term, by the end of the claim's period, and before
    the participant left. What was never reached is later than all of these.
    """
    first, last = (day_number(day) for day in contract.calendar.term)
    until = nw.min_horizontal(nw.col("ends_on"), nw.col("left_on"), nw.lit(last))
    is_earned = (reached >= first) & (reached <= until)
    is_limited = _milestone(contract, i).only
    return is_earned & (nw.col(f"only_{i}") == 1) if is_limited else is_earned


def _why_not(plan: EvaluationPlan, i: int, conditions: list[Node], reached: nw.Expr) -> list[Rule]:
    """Why a milestone was not achieved: the first rule that applies decides."""
    contract, (own, *eligible) = plan.contract, conditions
    first, last = (day_number(day) for day in contract.calendar.term)
    ends_on, left_on = nw.col("ends_on"), nw.col("left_on")
    rules: list[Rule] = []
    if _milestone(contract, i).only:
        rules.append((nw.col(f"only_{i}") == 0, Verdict.INELIGIBLE, Reason.NOT_FOR_SEGMENT))
    rules += [rule for node in eligible for rule in _not_eligible(node)]
    before = _before(contract, i)
    missing = {other: nw.col(f"reached_{other}") == NEVER for other in before}
    rules += [
        (missing[other] & _is(other, Verdict.NOT_YET_DUE), Verdict.NOT_YET_DUE, Reason.PREREQUISITE)
        for other in before
    ]
    rules += [(missing[other], Verdict.NOT_ACHIEVED, Reason.PREREQUISITE) for other in before]
    met = own.state == MET
    return [
        *rules,
        (met & (reached > left_on), Verdict.WITHDRAWN, Reason.LEFT),
        (met & ((reached > last) | (reached < first)), Verdict.NOT_ACHIEVED, Reason.OUTSIDE_TERM),
        (met & (reached > ends_on), Verdict.NOT_YET_DUE, Reason.WINDOW_OPEN),
        (left_on < _due(own), Verdict.WITHDRAWN, Reason.LEFT),
        (ends_on < _due(own), Verdict.NOT_YET_DUE, Reason.WINDOW_OPEN),
        (own.state == NOT_MET, Verdict.NOT_ACHIEVED, Reason.NOT_MET),
    ]


def _not_eligible(eligible: Node) -> list[Rule]:
    unmet = eligible.state < MET
    return [
        (unmet & (nw.col("ends_on") < _due(eligible)), Verdict.NOT_YET_DUE, Reason.WINDOW_OPEN),
        (eligible.state == NOT_MET, Verdict.INELIGIBLE, Reason.NOT_ELIGIBLE),
        (unmet, Verdict.NO_EVIDENCE, Reason.ELIGIBILITY_NOT_EVIDENCED),
    ]


def _settled(contract: Contract, weighed: Frame, contests: list[tuple[int, ...]]) -> Frame:
    """Of each contest the first that was achieved, by its day, then in the contract's order, then
    by participant; what stands for its whole price goes before what is late or in dispute.
    """
    by_place, many = contract.participants.places is not None, len(contract.milestones)
    person = nw.col("person") if by_place else nw.lit(0)
    numbers = [i for contest in contests for i in contest]
    # Packed into one number, so that one minimum picks the first on every engine, and no tie is
    # left to the order in which rows come.
    keys = {
        i: ((nw.col(f"standing_{i}") * _DAYS + nw.col(f"days_{i}")) * many + i) * _PERSONS + person
        for i in numbers
    }
    weighed = weighed.with_columns(
        *(
            nw.when(_is(i, Verdict.ACHIEVED)).then(key).otherwise(nw.lit(_NOBODY)).alias(f"key_{i}")
            for i, key in keys.items()
        )
    )
    weighed = weighed.with_columns(
        *(
            smallest(*(nw.col(f"key_{i}") for i in contest)).alias(f"best_{contest[0]}")
            for contest in contests
        )
    )
    if by_place:
        best = [nw.col(f"best_{contest[0]}") for contest in contests]
        weighed = weighed.with_columns(*(one.min().over("claim", "place") for one in best))
    decided = [
        column
        for contest in contests
        for i in contest
        for column in _outcome(i, nw.col(f"best_{contest[0]}"), many, by_place=by_place)
    ]
    return weighed.with_columns(*decided)


def _outcome(i: int, best: nw.Expr, many: int, *, by_place: bool) -> list[nw.Expr]:
    loses = _is(i, Verdict.ACHIEVED) & (nw.col(f"key_{i}") != best)
    is_own = best // _PERSONS % many == i
    lost = (
        nw.when(is_own)
        .then(nw.lit(code_of(Verdict.NOT_ACHIEVED, Reason.PLACE_TAKEN)))
        .otherwise(nw.lit(code_of(Verdict.NOT_ACHIEVED, Reason.ALTERNATIVE)))
    )
    code = nw.when(loses).then(lost).otherwise(nw.col(f"code_{i}")).cast(nw.Int64)
    if not by_place:
        return [code.alias(f"code_{i}")]
    # What the place was paid for counts as achieved for everybody who holds it.
    day = best // (_PERSONS * many) % _DAYS
    reached = nw.when((best < _NOBODY) & is_own).then(day).otherwise(nw.lit(NEVER))
    return [code.alias(f"code_{i}"), reached.cast(nw.Int64).alias(f"reached_{i}")]
