"""Units: what a milestone that pays for every so many rows, so long a time in a state or so much of
a quantity comes to in each period, and in each part of it in which a unit comes to other money.

Takes  what was achieved at every claim date, and the rows and days that count from that day on.
Gives  the units completed in each period, of the first day that completed one, and how they stand;
       where a price, a share or a participant's attributes change within it, before and after.
Keeps  whole units only, no more than at most so many, none after leaving. What evidence in time
       earned is not asked of late evidence again, nor what undisputed evidence earned of that in
       dispute.
"""

from __future__ import annotations

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.evaluation.facts import KEYS, Frame, in_window, is_one_of, where
from impactbond.evaluation.inputs import EvaluationInput
from impactbond.evaluation.known_evidence import (
    bases,
    live_states,
    people_of,
    rows_that_count,
    segments_on,
)
from impactbond.evaluation.stays import held_states, stretches
from impactbond.terms.metrics import Chosen
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.milestones import Amounts, DaysIn, Rows, Units

STRETCH = (*KEYS, "stretch")


def units_of(inputs: EvaluationInput, earned: Frame, milestone: int) -> Frame:
    """The units of a milestone completed in each period by those who `earned` it, as known at each
    claim date: those that come to the same money together, by their days and by the attributes held
    on them.
    """
    completed = completed_units(inputs, earned, milestone)
    # Several rows of a day may each complete a unit: to look up attributes keeps of equal rows one.
    of_a_day = [*KEYS, "known_by", "stretch", "standing", "day"]
    completed = completed.group_by(*of_a_day).agg(nw.col("quantity").sum())
    told = ["claim", "known_by", "stretch", "standing", "day", "quantity"]
    completed = segments_on(inputs, completed, "day", told)
    # By the attributes held on the day of the unit, not on that of the milestone: whoever moves in
    # between has units at both prices.
    alike = completed.group_by(*KEYS, "known_by", "stretch", "standing", "segment").agg(
        nw.col("quantity").sum(), reached=nw.col("day").min()
    )
    # In the order and of the types of what is achieved; some engines add up in wider integers.
    numbers = (nw.col(name).cast(nw.Int64) for name in ("known_by", "standing", "reached"))
    own_number = nw.lit(milestone).cast(nw.Int64)
    return alike.select(
        *KEYS, *numbers, milestone=own_number, quantity=nw.col("quantity").cast(nw.Int64)
    )


def completed_units(
    inputs: EvaluationInput, earned: Frame, milestone: int, *, began: bool = False
) -> Frame:
    """The days that completed units: keys, known_by, the `stretch` of days on which they come to
    the same money, standing, day and how many (quantity); with `began`, also the first day that
    counted towards them.
    """
    units = list(inputs.contract.milestones.values())[milestone].units
    assert units is not None
    achieved = earned.select(
        *KEYS, "known_by", start=nw.col("reached") + units.waits, least="standing"
    )
    people = people_of(inputs).select(*KEYS, "left_on", "ends_on")
    day = nw.col("day")
    counting = (
        (_days(inputs, units) if isinstance(units, DaysIn) else _rows_of(inputs, units))
        .join(achieved, on=list(KEYS), how="inner")
        .join(people, on=list(KEYS), how="inner")
        # From the day of achievement, or where units wait from the day after, to the day of leaving
        # and the end of the claim's period, all inclusive.
        .filter((day >= nw.col("start")) & (day <= nw.col("left_on")) & (day <= nw.col("ends_on")))
        # A unit stands no better than the milestone that it belongs to.
        .with_columns(standing=nw.max_horizontal("standing", "least"))
        .join(inputs.session.table("days"), on="day", how="inner")
        .with_columns(alike=nw.col(f"stretch_{milestone}"))
    )
    if isinstance(units, DaysIn) and units.in_stretches:
        completed = _in_stretches(inputs, counting, milestone, units, began=began)
    else:
        completed = _on_the_total(inputs.contract, counting, units, began=began)
    held = ("known_by", "standing", "day", "quantity", *(["began"] if began else []))
    return completed.select(*KEYS, *held, stretch=nw.col("alike"))


def _on_the_total(contract: Contract, counting: Frame, units: Units, *, began: bool) -> Frame:
    """Units where everything that counts adds up, whatever lies between."""
    # Evidence in time first: late rows add to the running total after it, so that they complete the
    # units that would be missing and never lower those that stand.
    order = ["standing", "day", "row"]
    total = counting.with_columns(total=nw.col("amount").cum_sum().over(*KEYS, order_by=order))
    before = _whole(units, contract, nw.col("total") - nw.col("amount"))
    # The units in the total with this row, less those without it: no unit is lost between two rows,
    # and what is left of one is carried to the next.
    done = _whole(units, contract, nw.col("total")) - before
    if began:
        total = total.with_columns(before=before)
        total = total.with_columns(began=nw.col("day").min().over(*KEYS, "before"))
    return total.with_columns(quantity=done).filter(nw.col("quantity") > 0)


def _whole(units: Units, contract: Contract, total: nw.Expr) -> nw.Expr:
    """The whole units in a running total, no more than there may be. A unit is so many rows or
    days, or so much of a quantity as held in evidence.
    """
    if isinstance(units, Amounts):
        metric = contract.metrics[units.amounts]
        assert isinstance(metric, Quantity)
        every = metric.held(units.every)
    elif isinstance(units, DaysIn):
        assert units.every.days is not None
        every = units.every.days
    else:
        every = units.every
    # In whole numbers, also of amounts: what is left over of a unit stays in the running total.
    whole = total // every
    return whole if units.at_most is None else nw.min_horizontal(whole, nw.lit(units.at_most))


def _in_stretches(
    inputs: EvaluationInput, counting: Frame, milestone: int, units: DaysIn, *, began: bool
) -> Frame:
    """Units where a lapse can start the count again, or whose length depends on their first day.

    Evidence is taken as far as it earns the whole price, then with what is late, then with what is
    in dispute. More evidence can join stretches: what those had earned is kept, and counts as the
    first units of the stretch that they are joined in.
    """
    found: Frame | None = None
    for _, standing in bases(inputs):
        known = counting.filter(nw.col("standing") <= standing.number)
        days = _placed(known, milestone, units)
        done = _numbered(inputs, days, milestone, units)
        if began:
            number = nw.col("is_done").cum_sum().over(*STRETCH, order_by=["standing", "day"])
            done = done.with_columns(unit=number - nw.col("is_done"))
            done = done.with_columns(began=nw.col("day").min().over(*STRETCH, "unit"))
        done = done.filter(nw.col("is_done") == 1)
        if found is not None:
            kept = found.select(*KEYS, "day").join(
                days.select(*STRETCH, "day"), on=[*KEYS, "day"], how="inner"
            )
            kept = kept.group_by(*STRETCH).agg(kept=nw.len())
            done = done.join(kept, on=list(STRETCH), how="left")
            # Those were claimed on an earlier basis, perhaps on other days: their number counts,
            # not their days.
            done = done.filter(nw.col("number") > nw.col("kept").fill_null(0))
        held = ("known_by", "alike", "day", *(["began"] if began else []))
        # It stands as the evidence that it took, which other days of its stretch may have brought.
        own = nw.lit(standing.number).cast(nw.Int64)
        new = done.select(*KEYS, *held, standing=own, quantity=nw.lit(1).cast(nw.Int64))
        found = new if found is None else nw.concat([found, new])
    assert found is not None
    if units.at_most is None:
        return found
    # At most so many in all, and what stands for the whole price takes the room first.
    so_far = nw.col("quantity").cum_sum().over(*KEYS, order_by=["standing", "day"])
    return found.with_columns(so_far=so_far).filter(nw.col("so_far") <= units.at_most)


def _placed(known: Frame, milestone: int, units: DaysIn) -> Frame:
    """The days with the stretch that each is in, the first day of that, and the place in it."""
    days = known.with_columns(stretch=nw.lit(0).cast(nw.Int64))
    if units.lapses is not None:
        position = nw.col("amount").cum_sum().over(*KEYS, order_by="day").cast(nw.Int64)
        ordered = known.with_columns(position=position)
        # A join and no shift, which fails on pandas where there is no row before.
        before = ordered.select(
            *KEYS, position=nw.col("position") + 1, last=nw.col("day"), bears=f"lapse_{milestone}"
        )
        joined = ordered.join(before, on=[*KEYS, "position"], how="left")
        # Days without, between two that count: of two that follow on each other there are none.
        lapse = nw.col("day") - nw.col("last").fill_null(nw.col("day") - 1) - 1
        breaks = where(lapse > nw.col("bears").fill_null(0), 1, 0)
        stretch = nw.col("breaks").cum_sum().over(*KEYS, order_by="day").cast(nw.Int64)
        days = joined.with_columns(breaks=breaks).with_columns(stretch=stretch)
    # What only later evidence tells of comes after the rest, so that nothing is earned by it twice.
    place = nw.col("amount").cum_sum().over(*STRETCH, order_by=["standing", "day"])
    first = nw.col("day").min().over(*STRETCH)
    names = ("known_by", "alike", "standing", "day")
    return days.select(*STRETCH, *names, first=first, place=place.cast(nw.Int64))


def _numbered(inputs: EvaluationInput, days: Frame, milestone: int, units: DaysIn) -> Frame:
    """The days with the number of the unit that each completes in its stretch, and whether one."""
    if (every := units.every.days) is not None:
        whole = nw.col("place") // every
        # A unit is completed on the day that fills it, not on the day after.
        is_done = where(whole * every == nw.col("place"), 1, 0)
        return days.with_columns(number=whole.cast(nw.Int64), is_done=is_done)
    ends = inputs.session.table(f"unit_ends_{milestone}")
    joined = days.join(ends, on=["first", "place"], how="left")
    number = nw.col("number").fill_null(0)
    return joined.with_columns(number=number, is_done=where(number > 0, 1, 0))


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
        # Every day against every stretch: both are few, and no engine of these can make a series of
        # days.
        days = found.join(inputs.session.table("days").select("day"), how="cross").filter(
            (nw.col("day") >= nw.col("from_on")) & (nw.col("day") <= nw.col("through_on"))
        )
        frames.append(days.select(*KEYS, "day", standing=nw.lit(standing.number).cast(nw.Int64)))
    every = nw.concat(frames) if len(frames) > 1 else frames[0]
    # A day that evidence in time already tells of is not late because another row tells of it too.
    once = every.group_by(*KEYS, "day").agg(nw.col("standing").min())
    return once.with_columns(row=nw.lit(""), amount=nw.lit(1).cast(nw.Int64))
