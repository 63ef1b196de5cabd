"""Claims: one milestone achieved once by one participant, in the segment it held on that day; of a
milestone that pays for every so many rows, days or so much of a quantity, the units of one period.

Takes  what was achieved at every claim date, the rows about participants, and the rows that count
       towards units from the day of achievement.
Gives  claim, participant, milestone, reached (day number), segment, standing, quantity; and the
       same counted, which is what money needs. Units are reached on the first day that completed
       one in their period, so that what becomes known later adds to the same claim.
Keeps  nothing but achieved decisions becomes a claim. Whole units on the running total, no more
       than at most so many, none after leaving.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.evaluation.decisions import achieved, observations_of, people_of, states_of
from impactbond.evaluation.facts import KEYS
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.knowledge import segments_on
from impactbond.evaluation.late_evidence import Basis, bases, earns_nothing, with_standing
from impactbond.evaluation.plan import EvaluationPlan
from impactbond.evaluation.stays import held_states, stretches
from impactbond.evidence.evidence import Evidence
from impactbond.reasons import Standing
from impactbond.tables import Engine
from impactbond.terms.metrics import Quantity
from impactbond.terms.units import Amounts, DaysIn, Rows, Units

Frame = nw.LazyFrame[Any]
CLAIM_KEYS = ["claim", "milestone", "reached", "standing", "quantity"]
COLUMNS = ("claim", "participant", "milestone", "reached", "standing", "quantity", "known_by")


class Counted(NamedTuple):
    """So many equal claims, as known at one claim date; `segment` numbers a combination of
    attributes.
    """

    claim: int
    milestone: int
    day: int
    segment: int
    quantity: int
    participant: str = ""
    standing: int = Standing.FULL.number


@dataclass(frozen=True)
class Evaluated:
    """What evaluation gives to settlement: the claims counted, and one by one for whoever asks."""

    segments: dict[int, dict[str, str]]
    lots: list[Counted]
    claims: Callable[[], pa.Table]

    def singly(self) -> list[Counted]:
        """The claims one by one."""
        table = self.claims()
        return _rows(table, table["participant"].to_pylist())


def evaluate(
    contract: Contract, evidence: Evidence, claims: Sequence[ClaimDate], engine: Engine = "duckdb"
) -> Evaluated:
    """The claims at those claim dates."""
    inputs = EvaluationInput.of(contract, evidence, claims, engine)
    found = claims_of(inputs)
    session, segments = inputs.session, inputs.segments
    table = session.collect(counted(found))
    lots = _rows(table, [""] * table.num_rows)
    return Evaluated(
        {number: segments.named(number) for number in {lot.segment for lot in lots}},
        lots,
        session.collect_later(found),
    )


def _rows(table: pa.Table, participants: Sequence[str]) -> list[Counted]:
    names = ("claim", "milestone", "reached", "segment", "quantity")
    columns = [table[name].to_pylist() for name in names]
    standing = table["standing"].to_pylist()
    return [Counted(*row) for row in zip(*columns, participants, standing, strict=True)]


def claims_of(inputs: EvaluationInput) -> Frame:
    """What was achieved, and units, with the segment of the participant on the day of achievement,
    as then known.
    """
    terms = inputs.contract.milestones.values()
    by_unit = [number for number, term in enumerate(terms) if term.units]
    earned = achieved(inputs)

    def found() -> Frame:
        alone = earned.filter(~nw.col("milestone").is_in(by_unit)) if by_unit else earned
        once = _in_columns(alone.with_columns(quantity=nw.lit(1)))
        asked = [once, *(units_of(inputs, earned, number) for number in by_unit)]
        every = nw.concat(asked) if by_unit else once
        held = segments_on(inputs, every, "reached", CLAIM_KEYS)
        return held.select(*CLAIM_KEYS, "participant", "segment")

    name = "claims_found_disputed" if inputs.is_disputed else "claims_found"
    return inputs.session.materialize(name, found)


def _in_columns(claims: Frame) -> Frame:
    """Claims as columns of one order and type; some engines add up in wider integers."""
    return claims.select(
        *(
            nw.col(name) if name == "participant" else nw.col(name).cast(nw.Int64)
            for name in COLUMNS
        )
    )


def counted(claims: Frame) -> Frame:
    """Equal claims counted: claim, milestone, reached, segment, standing, quantity."""
    return claims.group_by("claim", "milestone", "reached", "segment", "standing").agg(
        nw.col("quantity").sum()
    )


def units_of(inputs: EvaluationInput, earned: Frame, milestone: int) -> Frame:
    """The units of a milestone completed in each period, as known at each claim date."""
    units = list(inputs.contract.milestones.values())[milestone].units
    assert units is not None
    achieved = earned.filter(nw.col("milestone") == milestone).select(
        *KEYS, "known_by", start="reached", least="standing"
    )
    people = people_of(inputs).select(*KEYS, "left_on", "ends_on")
    counting = (
        _counting(inputs, units)
        .join(achieved, on=list(KEYS), how="inner")
        .join(people, on=list(KEYS), how="inner")
        .filter(
            (nw.col("day") >= nw.col("start"))
            & (nw.col("day") <= nw.col("left_on"))
            & (nw.col("day") <= nw.col("ends_on"))
        )
        .with_columns(standing=nw.max_horizontal("standing", "least"))
        .join(inputs.table("days"), on="day", how="inner")
    )
    order = ["standing", "day", "row"]
    total = counting.with_columns(total=nw.col("amount").cum_sum().over(*KEYS, order_by=order))
    done = _whole(units, inputs.contract, nw.col("total"))
    done -= _whole(units, inputs.contract, nw.col("total") - nw.col("amount"))
    completed = total.with_columns(quantity=done).filter(nw.col("quantity") > 0)
    by_period = completed.group_by(*KEYS, "known_by", "period", "standing").agg(
        nw.col("quantity").sum(), reached=nw.col("day").min()
    )
    return _in_columns(by_period.with_columns(milestone=nw.lit(milestone)))


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


def _counting(inputs: EvaluationInput, units: Units) -> Frame:
    """What counts towards units: keys, day, row, amount and standing."""
    if isinstance(units, DaysIn):
        return _days(inputs, units)
    contract = inputs.contract
    rows = _standing_rows(inputs).filter(
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


def _standing_rows(inputs: EvaluationInput) -> Frame:
    """Every row that can earn something, with how what it earns stands."""
    contract = inputs.contract
    rows = observations_of(inputs, Basis(in_time=earns_nothing(contract)))
    pays_less = contract.calendar.evidence.late_pays is not None
    return with_standing(rows, inputs.table("deadlines") if pays_less else None)


def _days(inputs: EvaluationInput, units: DaysIn) -> Frame:
    """Every day in one of the states; it stands as the first evidence on which it is one."""
    plan = EvaluationPlan.of(inputs.contract)
    window = plan.windows.index(units.window)
    frames = []
    for basis, standing in bases(inputs.contract, is_disputed=inputs.is_disputed):
        held = held_states(
            states_of(inputs, basis),
            plan.metrics.index(units.days),
            nw.col(f"opens_{window}"),
            nw.col(f"closes_{window}"),
        )
        found = stretches(held, plan.places_of(units.days, units.as_))
        days = found.join(inputs.table("days").select("day"), how="cross").filter(
            (nw.col("day") >= nw.col("from_on")) & (nw.col("day") <= nw.col("through_on"))
        )
        frames.append(days.select(*KEYS, "day", standing=nw.lit(standing.number).cast(nw.Int64)))
    every = nw.concat(frames) if len(frames) > 1 else frames[0]
    once = every.group_by(*KEYS, "day").agg(nw.col("standing").min())
    return once.with_columns(row=nw.lit(""), amount=nw.lit(1).cast(nw.Int64))
