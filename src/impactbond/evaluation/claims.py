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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

import narwhals as nw
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dialect import Engine
from impactbond.evaluation.decisions import achieved
from impactbond.evaluation.facts import KEYS, Frame, held_states, in_window, is_one_of, stretches
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import (
    bases,
    live_states,
    people_of,
    rows_that_count,
    segments_on,
)
from impactbond.evidence.evidence import Evidence
from impactbond.reasons import Standing
from impactbond.terms.metrics import Chosen
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.milestones import Amounts, DaysIn, Rows, Units

CLAIM_KEYS = ["claim", "milestone", "reached", "standing", "quantity"]


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
class Claims:
    """The claims under one version of a contract: `counted` does not tell participants apart,
    `singly` finds them one by one for whoever asks. `segments` are the attributes by their number.
    """

    segments: Mapping[int, Mapping[str, str]]
    counted: Sequence[Counted]
    singly: Callable[[], Sequence[Counted]]


def evaluate(
    contract: Contract, evidence: Evidence, claims: Sequence[ClaimDate], engine: Engine = "duckdb"
) -> Claims:
    """The claims at those claim dates."""
    inputs = EvaluationInput.of(contract, evidence, claims, engine)
    found, session = claims_of(inputs), inputs.session
    lots = _rows(session.collect(counted(found)))
    segments = {number: inputs.segments.named(number) for number in {lot.segment for lot in lots}}
    single = session.collect_later(found)
    return Claims(segments, lots, lambda: _rows(single()))


def _rows(table: pa.Table) -> list[Counted]:
    columns = [table[name].to_pylist() for name in ("claim", "milestone", "reached", "segment")]
    columns.append(table["quantity"].to_pylist())
    is_single = "participant" in table.column_names
    who = table["participant"].to_pylist() if is_single else repeat("", table.num_rows)
    return list(map(Counted, *columns, who, table["standing"].to_pylist()))


def claims_of(inputs: EvaluationInput) -> Frame:
    """What was achieved, and units, with the segment of the participant on the day of achievement,
    as then known.
    """
    terms = inputs.contract.milestones.values()
    by_unit = [number for number, term in enumerate(terms) if term.units]
    earned = achieved(inputs)

    def found() -> Frame:
        alone = earned.filter(~nw.col("milestone").is_in(by_unit)) if by_unit else earned
        once = alone.with_columns(quantity=nw.lit(1).cast(nw.Int64))
        asked = [once, *(units_of(inputs, earned, number) for number in by_unit)]
        every = nw.concat(asked) if by_unit else once
        held = segments_on(inputs, every, "reached", CLAIM_KEYS)
        return held.select(*CLAIM_KEYS, "participant", "segment")

    name = "claims_found_disputed" if inputs.is_disputed else "claims_found"
    return inputs.session.materialize(name, found)


def counted(claims: Frame) -> Frame:
    """Equal claims counted: claim, milestone, reached, segment, standing, quantity."""
    return claims.group_by("claim", "milestone", "reached", "segment", "standing").agg(
        nw.col("quantity").sum()
    )


def units_of(inputs: EvaluationInput, earned: Frame, milestone: int) -> Frame:
    """The units of a milestone completed in each period, as known at each claim date."""
    units = list(inputs.contract.milestones.values())[milestone].units
    assert units is not None
    own = earned.filter(nw.col("milestone") == milestone)
    achieved = own.select(*KEYS, "known_by", start="reached", least="standing")
    people = people_of(inputs).select(*KEYS, "left_on", "ends_on")
    day = nw.col("day")
    counting = (
        (_days(inputs, units) if isinstance(units, DaysIn) else _rows_of(inputs, units))
        .join(achieved, on=list(KEYS), how="inner")
        .join(people, on=list(KEYS), how="inner")
        .filter((day >= nw.col("start")) & (day <= nw.col("left_on")) & (day <= nw.col("ends_on")))
        .with_columns(standing=nw.max_horizontal("standing", "least"))
        .join(inputs.session.table("days"), on="day", how="inner")
    )
    order = ["standing", "day", "row"]
    total = counting.with_columns(total=nw.col("amount").cum_sum().over(*KEYS, order_by=order))
    done = _whole(units, inputs.contract, nw.col("total"))
    done -= _whole(units, inputs.contract, nw.col("total") - nw.col("amount"))
    completed = total.with_columns(quantity=done).filter(nw.col("quantity") > 0)
    by_period = completed.group_by(*KEYS, "known_by", "period", "standing").agg(
        nw.col("quantity").sum(), reached=day.min()
    )
    # In the order and of the types of what is achieved; some engines add up in wider integers.
    numbers = (nw.col(name).cast(nw.Int64) for name in ("known_by", "standing", "reached"))
    own_number = nw.lit(milestone).cast(nw.Int64)
    return by_period.select(
        *KEYS, *numbers, milestone=own_number, quantity=nw.col("quantity").cast(nw.Int64)
    )


def _whole(units: Units, contract: Contract, total: nw.Expr) -> nw.Expr:
    """The whole units in a running total, no more than there may be. A unit is so many rows or
    days, or so much of a quantity as held in evidence.
    """
    if isinstance(units, Amounts):
        metric = contract.metrics[units.amounts]
        assert isinstance(metric, Quantity)
        every = metric.held(units.every)
    else:
        every = units.every
    whole = total // every
    return whole if units.at_most is None else nw.min_horizontal(whole, nw.lit(units.at_most))


def _rows_of(inputs: EvaluationInput, units: Rows | Amounts) -> Frame:
    """The rows that count towards units: keys, day, row, amount and standing."""
    contract = inputs.contract
    metric = list(contract.metrics).index(units.metric)
    is_inside = in_window(list(contract.windows).index(units.window))
    rows = rows_that_count(inputs).filter((nw.col("metric") == metric) & is_inside)
    amount = nw.col("value")
    if isinstance(units, Rows):
        values = contract.metrics[units.metric].counted(units.marked)
        rows = rows if values is None else rows.filter(is_one_of(values))
        amount = nw.lit(1)
    return rows.select(
        *KEYS, "standing", day="observed_on", row="observation", amount=amount.cast(nw.Int64)
    )


def _days(inputs: EvaluationInput, units: DaysIn) -> Frame:
    """Every day in one of the states, in the columns of rows; it stands as the first evidence on
    which it is one.
    """
    contract = inputs.contract
    window = list(contract.windows).index(units.window)
    metric, term = list(contract.metrics).index(units.days), contract.metrics[units.days]
    assert isinstance(term, Chosen)
    frames = []
    for basis, standing in bases(inputs):
        held = held_states(live_states(inputs, basis), metric, window)
        found = stretches(held, term.values_of(tuple(units.as_)))
        days = found.join(inputs.session.table("days").select("day"), how="cross").filter(
            (nw.col("day") >= nw.col("from_on")) & (nw.col("day") <= nw.col("through_on"))
        )
        frames.append(days.select(*KEYS, "day", standing=nw.lit(standing.number).cast(nw.Int64)))
    every = nw.concat(frames) if len(frames) > 1 else frames[0]
    once = every.group_by(*KEYS, "day").agg(nw.col("standing").min())
    return once.with_columns(row=nw.lit(""), amount=nw.lit(1).cast(nw.Int64))
