"""Judgement: the columns of conditions become a verdict on every milestone.

Takes  every participant at every claim date, with the columns of the conditions of milestones.
Gives  code_<i> (verdict and reason), days_<i> (the day reached, if it is), known_on_<i> and
       standing_<i> for every milestone i.
Keeps  of milestones that stand instead of each other one is achieved; for a place, each once.
"""

from __future__ import annotations

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evaluation.facts import NEVER, Frame, either, largest, smallest, where
from impactbond.evaluation.plan import EvaluationPlan, Node
from impactbond.reasons import Reason, Standing, Verdict
from impactbond.terms.conditions.passes import MET, NOT_EVIDENCED
from impactbond.terms.milestones import Milestone, alternatives

Rule = tuple[nw.Expr, Verdict, Reason]
_REASONS_AT_MOST = 16
# A standing, a day, a milestone and a person share one number of 62 bits; a day needs 16 of them.
_DAYS, _PERSONS = 2**16, 2**24
_NOBODY = 2**62


def code_of(verdict: Verdict, reason: Reason) -> int:
    """A verdict and its reason as one number."""
    return verdict.number * _REASONS_AT_MOST + reason.number


def is_verdict(code: nw.Expr, verdict: Verdict) -> nw.Expr:
    """Whether a code is of that verdict; nothing is divided, which engines write at length."""
    least = verdict.number * _REASONS_AT_MOST
    return (code >= least) & (code < least + _REASONS_AT_MOST)


def verdict_and_reason(code: nw.Expr) -> tuple[nw.Expr, nw.Expr]:
    """The numbers of a code's verdict and reason."""
    return code // _REASONS_AT_MOST, code % _REASONS_AT_MOST


def _layers(contract: Contract) -> list[list[tuple[str, ...]]]:
    """The milestones in layers, each with its alternatives: a layer needs only earlier layers."""
    groups = alternatives(contract.milestones)
    layers: list[list[tuple[str, ...]]] = []
    placed: set[str] = set()
    while len(placed) < len(contract.milestones):
        # Alternatives stand in one layer, though one may need less than another: who wins is
        # decided of all at once.
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


def judge(plan: EvaluationPlan, frame: Frame, standing: Standing, *, has_before: bool) -> Frame:
    """The frame with the verdicts; what was earned before, in columns before_..., is kept. Where
    nothing was, all that is earned has the same standing, and there is no column of it.
    """
    contract = plan.contract
    position = {name: index for index, name in enumerate(contract.milestones)}
    by_place = contract.participants.places is not None
    # An alternative that loses is achieved no more: the contests of a layer are decided before
    # anything that comes after it is judged.
    for layer in _layers(contract):
        groups = [tuple(position[name] for name in group) for group in layer]
        numbers = [i for group in groups for i in group]
        # The day first, by itself: what is written for it would stand in every rule.
        frame = frame.with_columns(_day(plan, i).alias(f"days_{i}") for i in numbers)
        frame = frame.with_columns(
            *(column for i in numbers for column in _own(plan, i, standing, has_before))
        )
        contests = [group for group in groups if by_place or len(group) > 1]
        frame = _contested(contract, frame, contests, has_before) if contests else frame
    return frame


def _own(plan: EvaluationPlan, i: int, standing: Standing, has_before: bool) -> list[nw.Expr]:
    """The columns of a milestone before it is compared with others."""
    conditions, days = _conditions(plan, i), nw.col(f"days_{i}")
    code = _code(plan, i, conditions, days)
    columns = {"code": code}
    if plan.reasons:
        told = dict.fromkeys(plan.told_of(node) for node in conditions)
        before = _before(plan.contract, i)
        known = [nw.col(f"known_{number}") for number in told]
        columns["known_on"] = largest(*known, *(nw.col(f"known_on_{other}") for other in before))
    if has_before:
        columns |= {"days": days, "standing": nw.lit(standing.number)}
        # What an earlier basis earned keeps its day and standing: rows that are late or in
        # dispute may earn more, but not move or lower what stands without them.
        kept = is_verdict(nw.col(f"before_code_{i}"), Verdict.ACHIEVED)
        columns = {
            name: where(kept, nw.col(f"before_{name}_{i}"), column)
            for name, column in columns.items()
        }
    return [column.cast(nw.Int64).alias(f"{name}_{i}") for name, column in columns.items()]


def _conditions(plan: EvaluationPlan, i: int) -> list[Node]:
    """The condition of a milestone and that of eligibility, where there is one."""
    eligible = plan.contract.participants.eligible
    conditions = [_milestone(plan.contract, i).when, *([] if eligible is None else [eligible])]
    return list(map(plan.node, conditions))


def _day(plan: EvaluationPlan, i: int) -> nw.Expr:
    """The day on which everything that a milestone needs was met."""
    # When the last of it was: a milestone whose condition was met before those that it comes after
    # is paid as of theirs.
    before = (_reached(plan.contract, other) for other in _before(plan.contract, i))
    return largest(*(node.on for node in _conditions(plan, i)), *before).cast(nw.Int64)


def _reached(contract: Contract, i: int) -> nw.Expr:
    """The day on which a milestone was reached that others come after; NEVER where it was not. For
    a place it was reached by everybody who holds it: that column is written with its contest.
    """
    if contract.participants.places is not None:
        return nw.col(f"reached_{i}")
    return either(_is_achieved(i), nw.col(f"days_{i}"), NEVER)


def _is_missing(contract: Contract, i: int) -> nw.Expr:
    """Whether a milestone that others come after was not reached."""
    if contract.participants.places is not None:
        return nw.col(f"reached_{i}") == NEVER
    return ~_is_achieved(i)


def _milestone(contract: Contract, i: int) -> Milestone:
    return list(contract.milestones.values())[i]


def _before(contract: Contract, i: int) -> list[int]:
    names = list(contract.milestones)
    return [names.index(earlier) for earlier in contract.milestones[names[i]].after]


def _is_achieved(i: int) -> nw.Expr:
    return is_verdict(nw.col(f"code_{i}"), Verdict.ACHIEVED)


def _code(plan: EvaluationPlan, i: int, conditions: list[Node], reached: nw.Expr) -> nw.Expr:
    """Verdict and reason as one number."""
    rules = [(_is_earned(plan.contract, i, reached), Verdict.ACHIEVED, Reason.MET)]
    code = nw.lit(code_of(Verdict.NOT_ACHIEVED, Reason.NOT_MET))
    if plan.reasons:
        rules += _why_not(plan, i, conditions, reached)
        code = nw.lit(code_of(Verdict.NO_EVIDENCE, Reason.NO_EVIDENCE))
    # Written from the last rule outwards, so that the first one that applies decides.
    for test, verdict, reason in reversed(rules):
        code = nw.when(test).then(nw.lit(code_of(verdict, reason))).otherwise(code)
    return code


def _is_earned(contract: Contract, i: int, reached: nw.Expr) -> nw.Expr:
    """Whether a milestone was reached within the term, by the end of the claim's period, and before
    the participant left. What was never reached is later than all of these.
    """
    first, last = map(day_number, contract.calendar.term)
    # What is observed on the day of leaving still counts.
    until = nw.min_horizontal(nw.col("ends_on"), nw.col("left_on"), nw.lit(last))
    is_earned = (reached >= first) & (reached <= until)
    is_limited = _milestone(contract, i).only
    return is_earned & (nw.col(f"only_{i}") == 1) if is_limited else is_earned


def _why_not(plan: EvaluationPlan, i: int, conditions: list[Node], reached: nw.Expr) -> list[Rule]:
    """Why a milestone was not achieved: the first rule that applies decides."""
    contract, (own, *eligible) = plan.contract, conditions
    first, last = map(day_number, contract.calendar.term)
    ends_on, left_on, due = nw.col("ends_on"), nw.col("left_on"), nw.col(f"due_{plan.told_of(own)}")
    rules: list[Rule] = []
    if _milestone(contract, i).only:
        rules.append((nw.col(f"only_{i}") == 0, Verdict.INELIGIBLE, Reason.NOT_FOR_SEGMENT))
    rules += [rule for node in eligible for rule in _not_eligible(plan, node)]
    before = _before(contract, i)
    missing = {other: _is_missing(contract, other) for other in before}
    for other in before:
        # What cannot be told yet of the one before cannot be told of this one: nobody is told no
        # too early.
        not_due = is_verdict(nw.col(f"code_{other}"), Verdict.NOT_YET_DUE)
        rules.append((missing[other] & not_due, Verdict.NOT_YET_DUE, Reason.PREREQUISITE))
    rules += [(missing[other], Verdict.NOT_ACHIEVED, Reason.PREREQUISITE) for other in before]
    met = own.state == MET
    return [
        *rules,
        (met & (reached > left_on), Verdict.WITHDRAWN, Reason.LEFT),
        (met & ((reached > last) | (reached < first)), Verdict.NOT_ACHIEVED, Reason.OUTSIDE_TERM),
        (met & (reached > ends_on), Verdict.NOT_YET_DUE, Reason.WINDOW_OPEN),
        (left_on < due, Verdict.WITHDRAWN, Reason.LEFT),
        (ends_on < due, Verdict.NOT_YET_DUE, Reason.WINDOW_OPEN),
        (own.state < NOT_EVIDENCED, Verdict.NOT_ACHIEVED, Reason.NOT_MET),
    ]


def _not_eligible(plan: EvaluationPlan, eligible: Node) -> list[Rule]:
    unmet, due = eligible.state < MET, nw.col(f"due_{plan.told_of(eligible)}")
    return [
        (unmet & (nw.col("ends_on") < due), Verdict.NOT_YET_DUE, Reason.WINDOW_OPEN),
        (eligible.state < NOT_EVIDENCED, Verdict.INELIGIBLE, Reason.NOT_ELIGIBLE),
        (unmet, Verdict.NO_EVIDENCE, Reason.ELIGIBILITY_NOT_EVIDENCED),
    ]


def _contested(
    contract: Contract, frame: Frame, contests: list[tuple[int, ...]], has_before: bool
) -> Frame:
    """Of each contest the first that was achieved, by its day, then in the contract's order, then
    by participant; what stands for its whole price goes before what is late or in dispute.
    """
    by_place, many = contract.participants.places is not None, len(contract.milestones)
    person = nw.col("person") if by_place else nw.lit(0)
    # A milestone that stands for its whole price wins over an earlier one that is late or in
    # dispute: otherwise a late row, once it comes, would take back what was paid in full.
    when = {
        i: nw.col(f"standing_{i}") * _DAYS + nw.col(f"days_{i}")
        if has_before
        else nw.col(f"days_{i}")
        for contest in contests
        for i in contest
    }
    # Packed into one number, so that one minimum picks the first on every engine, and no tie is
    # left to the order in which rows come.
    keys = {i: (day * many + i) * _PERSONS + person for i, day in when.items()}
    frame = frame.with_columns(
        where(_is_achieved(i), key, _NOBODY).alias(f"key_{i}") for i, key in keys.items()
    )
    best = {contest: nw.col(f"best_{contest[0]}") for contest in contests}
    frame = frame.with_columns(
        smallest(*(nw.col(f"key_{i}") for i in contest)).alias(f"best_{contest[0]}")
        for contest in contests
    )
    if by_place:
        # A place is paid once, whoever holds it: the first of all who held it wins.
        frame = frame.with_columns(one.min().over("claim", "place") for one in best.values())
    return frame.with_columns(
        column
        for contest in contests
        for i in contest
        for column in _outcome(i, best[contest], many, by_place=by_place)
    )


def _outcome(i: int, best: nw.Expr, many: int, *, by_place: bool) -> list[nw.Expr]:
    loses = _is_achieved(i) & (nw.col(f"key_{i}") != best)
    # Lost to the same milestone, somebody else has the place; to another, that one stands instead.
    is_own = best // _PERSONS % many == i
    place_taken = code_of(Verdict.NOT_ACHIEVED, Reason.PLACE_TAKEN)
    alternative = code_of(Verdict.NOT_ACHIEVED, Reason.ALTERNATIVE)
    code = where(loses, where(is_own, place_taken, alternative), nw.col(f"code_{i}"))
    if not by_place:
        return [code.alias(f"code_{i}")]
    # What the place was paid for counts as achieved for everybody who holds it.
    day = best // (_PERSONS * many) % _DAYS
    reached = where((best < _NOBODY) & is_own, day, NEVER)
    return [code.alias(f"code_{i}"), reached.alias(f"reached_{i}")]
