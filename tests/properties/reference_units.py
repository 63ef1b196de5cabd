"""The plain reference of units: what a milestone that pays for units comes to, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tests.properties.reference_conditions import Rows, counting, rows_in, states_by_day

from impactbond.contract.contract import Contract
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.milestones import Amounts, DaysIn, Units

Counting = tuple[int, date, str, Decimal]


def units(
    contract: Contract,
    terms: Units,
    passes: Sequence[tuple[int, Rows]],
    clock: date,
    days: tuple[date, date],
    least: int,
) -> list[tuple[date, int, int]]:
    """The units of each period: the first day that completed one, how they stand, how many.

    `passes` holds the rows that can earn something and how what they earn stands; the units are
    those of some days, and stand no better than the milestone itself.
    """
    periods = contract.calendar.periods
    window = contract.windows[terms.window].days(clock)
    if isinstance(terms, DaysIn):
        found = days_of(contract, terms, passes, window)
    else:
        found = rows_of(contract, terms, passes, window)
    total, made = Decimal(0), 0
    by_period: dict[tuple[int, int], tuple[date, int]] = {}
    for standing, day, _, amount in sorted((max(one[0], least), *one[1:]) for one in found):
        period = [n for n, one in enumerate(periods) if one.first <= day <= one.last]
        if not period or not days[0] <= day <= days[1]:
            continue
        total += amount
        whole = int(total // terms.every)
        whole = whole if terms.at_most is None else min(whole, terms.at_most)
        if whole > made:
            first, before = by_period.get((period[0], standing), (day, 0))
            by_period[period[0], standing] = (first, before + whole - made)
            made = whole
    return [(day, standing, many) for (_, standing), (day, many) in sorted(by_period.items())]


def days_of(
    contract: Contract, terms: DaysIn, passes: Sequence[tuple[int, Rows]], window: tuple[date, date]
) -> list[Counting]:
    """Every day in one of the states, by the first evidence that says so."""
    found: dict[date, int] = {}
    for standing, rows in passes:
        for day, state in states_by_day(contract, terms.days, rows, window).items():
            if state in terms.as_:
                found.setdefault(day, standing)
    return [(standing, day, "", Decimal(1)) for day, standing in found.items()]


def rows_of(
    contract: Contract, terms: Units, passes: Sequence[tuple[int, Rows]], window: tuple[date, date]
) -> list[Counting]:
    """Every row that counts, by the first evidence that it is in."""
    assert not isinstance(terms, DaysIn)
    metric = terms.amounts if isinstance(terms, Amounts) else terms.rows
    found: dict[str, Counting] = {}
    for standing, rows in passes:
        seen = rows_in(metric, window, rows)
        if not isinstance(terms, Amounts):
            seen = counting(contract, metric, terms.marked, seen)
        for row in seen:
            amount = Decimal(1)
            if isinstance(terms, Amounts):
                quantity = contract.metrics[metric]
                assert isinstance(quantity, Quantity)
                amount = Decimal(row["value"]) / 10**quantity.decimals
            name = row["observation"]
            found.setdefault(name, (standing, row["observed_on"], name, amount))
    return list(found.values())
