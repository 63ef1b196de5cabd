"""Units: milestones that pay for every so many rows, days or so much of a quantity.

Takes  what was achieved at every claim date, and the rows that count from the day of it.
Gives  claim, participant, milestone, reached (the first day that completed one in a period, so that
       what becomes known later adds to the same claim), standing and quantity: the units of each
       period.
Keeps  whole units on the running total, no more than at most so many, none after leaving.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.evaluation.decisions import bases, observations_of, people_of, states_of
from impactbond.evaluation.facts import KEYS
from impactbond.evaluation.inputs import EvaluationInput
from impactbond.evaluation.knowledge import Basis
from impactbond.evaluation.plan import EvaluationPlan
from impactbond.evaluation.stays import held_states, stretches
from impactbond.evaluation.verdicts import DISPUTED, FULL, LATE_EVIDENCE
from impactbond.terms.metrics import Quantity
from impactbond.terms.units import Amounts, DaysIn, Rows, Units

Frame = nw.LazyFrame[Any]
COLUMNS = ("claim", "participant", "milestone", "reached", "standing", "quantity", "known_by")


def paid_by_unit(contract: Contract) -> list[int]:
    """The milestones that pay for units, by their place in the contract."""
    return [number for number, term in enumerate(contract.milestones.values()) if term.units]


def units_of(question: EvaluationInput, earned: Frame, milestone: int) -> Frame:
    """The units of a milestone completed in each period, as known at each claim date."""
    units = list(question.contract.milestones.values())[milestone].units
    assert units is not None
    achieved = earned.filter(nw.col("milestone") == milestone).select(
        *KEYS, "known_by", start="reached", least="standing"
    )
    people = people_of(question).select(*KEYS, "left_on", "ends_on")
    counting = (
        _counting(question, units)
        .join(achieved, on=list(KEYS), how="inner")
        .join(people, on=list(KEYS), how="inner")
        .filter(
            (nw.col("day") >= nw.col("start"))
            & (nw.col("day") <= nw.col("left_on"))
            & (nw.col("day") <= nw.col("ends_on"))
        )
        .with_columns(standing=nw.max_horizontal("standing", "least"))
        .join(question.table("days"), on="day", how="inner")
    )
    order = ["standing", "day", "row"]
    total = counting.with_columns(total=nw.col("amount").cum_sum().over(*KEYS, order_by=order))
    done = _whole(units, question.contract, nw.col("total"))
    done -= _whole(units, question.contract, nw.col("total") - nw.col("amount"))
    completed = total.with_columns(quantity=done).filter(nw.col("quantity") > 0)
    by_period = completed.group_by(*KEYS, "known_by", "period", "standing").agg(
        nw.col("quantity").sum(), reached=nw.col("day").min()
    )
    return in_columns(by_period.with_columns(milestone=nw.lit(milestone)))


def in_columns(claims: Frame) -> Frame:
    """Claims as columns of one order and type; some engines add up in wider integers."""
    return claims.select(
        *(
            nw.col(name) if name == "participant" else nw.col(name).cast(nw.Int64)
            for name in COLUMNS
        )
    )


def _whole(units: Units, contract: Contract, total: nw.Expr) -> nw.Expr:
    """The whole units in a running total, no more than there may be."""
    whole = total // every_of(units, contract)
    return whole if units.at_most is None else nw.min_horizontal(whole, nw.lit(units.at_most))


def every_of(units: Units, contract: Contract) -> int:
    """How many rows or days, or how much of a quantity as held in evidence, make one unit."""
    if not isinstance(units, Amounts):
        return units.every
    metric = contract.metrics[units.amounts]
    assert isinstance(metric, Quantity)
    return metric.held(units.every)


def _counting(question: EvaluationInput, units: Units) -> Frame:
    """What counts towards units: keys, day, row, amount and standing."""
    if isinstance(units, DaysIn):
        return _days(question, units)
    contract = question.contract
    rows = _standing_rows(question).filter(
        (nw.col("metric") == list(contract.metrics).index(units.metric)) & _inside(contract, units)
    )
    amount = nw.col("value")
    if isinstance(units, Rows):
        value = contract.metrics[units.metric].counted(units.marked)
        rows = rows if value is None else rows.filter(nw.col("value") == value)
        amount = nw.lit(1)
    return rows.select(
        *KEYS, "standing", day="observed_on", row="observation", amount=amount.cast(nw.Int64)
    )


def _inside(contract: Contract, units: Units) -> nw.Expr:
    window = list(contract.windows).index(units.window)
    day = nw.col("observed_on")
    return (day >= nw.col(f"opens_{window}")) & (day <= nw.col(f"closes_{window}"))


def _standing_rows(question: EvaluationInput) -> Frame:
    """Every row that can earn something, with how what it earns stands."""
    terms = question.contract.calendar.evidence
    rows = observations_of(question, Basis(in_time=terms.late == "nothing"))
    standing = nw.lit(FULL)
    if terms.late_pays is not None:
        rows = rows.join(question.table("deadlines"), on="observed_on", how="inner")
        is_late = nw.col("recorded_on") > nw.col("deadline")
        standing = nw.when(is_late).then(nw.lit(LATE_EVIDENCE)).otherwise(standing)
    is_disputed = nw.col("status") == "disputed"
    return rows.with_columns(
        standing=nw.when(is_disputed).then(nw.lit(DISPUTED)).otherwise(standing).cast(nw.Int64)
    )


def _days(question: EvaluationInput, units: DaysIn) -> Frame:
    """Every day in one of the states; it stands as the first evidence on which it is one."""
    plan = EvaluationPlan.of(question.contract)
    window = plan.windows.index(units.window)
    frames = []
    for basis, standing in bases(question):
        held = held_states(
            states_of(question, basis),
            plan.metrics.index(units.days),
            nw.col(f"opens_{window}"),
            nw.col(f"closes_{window}"),
        )
        found = stretches(held, plan.places_of(units.days, units.as_))
        days = found.join(question.table("days").select("day"), how="cross").filter(
            (nw.col("day") >= nw.col("from_on")) & (nw.col("day") <= nw.col("through_on"))
        )
        frames.append(days.select(*KEYS, "day", standing=nw.lit(standing).cast(nw.Int64)))
    every = nw.concat(frames) if len(frames) > 1 else frames[0]
    once = every.group_by(*KEYS, "day").agg(nw.col("standing").min())
    return once.with_columns(row=nw.lit(""), amount=nw.lit(1).cast(nw.Int64))
