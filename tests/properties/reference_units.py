"""The plain reference of units: what a milestone that pays for units comes to, row by row."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tests.properties.reference_conditions import (
    ONE_DAY,
    Rows,
    counting,
    rows_in,
    states_by_day,
)

from impactbond.contract.contract import Contract
from impactbond.dates import Span
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.milestones import Amounts, DaysIn, Units
from impactbond.terms.milestones import Rows as RowUnits

Counting = tuple[int, date, str, Decimal]


def units(
    contract: Contract,
    terms: Units,
    passes: Sequence[tuple[int, Rows]],
    clock: date,
    days: tuple[date, date],
    least: int,
    alike: Callable[[date], Any] = lambda day: None,
) -> list[tuple[date, int, int]]:
    """The units of each period: the first day that completed one, how they stand, how many; by
    themselves where `alike` says something else of their days.

    `passes` holds the rows that can earn something and how what they earn stands; the units are
    those of some days, and stand no better than the milestone itself.
    """
    periods = contract.calendar.periods
    window = contract.windows[terms.window].days(clock)
    days = (days[0] + ONE_DAY if terms.from_ == "the day after" else days[0], days[1])
    if isinstance(terms, DaysIn):
        found = days_of(contract, terms, passes, window)
    else:
        found = rows_of(contract, terms, passes, window)
    inside = [
        (max(one[0], least), *one[1:])
        for one in sorted(found)
        if days[0] <= one[1] <= days[1] and periods[0].first <= one[1] <= periods[-1].last
    ]
    if isinstance(terms, DaysIn):
        made = [(standing, day, 1) for standing, day in times(terms, inside)]
    else:
        made = whole_amounts(terms, sorted(inside))
    left = terms.at_most
    by_period: dict[tuple[int, int, str], tuple[date, int]] = {}
    for standing, day, many in sorted(made):
        many = many if left is None else min(many, left)
        left = left if left is None else left - many
        (period,) = (n for n, one in enumerate(periods) if one.first <= day <= one.last)
        key = (period, standing, str(alike(day)))
        first, before = by_period.get(key, (day, 0))
        if many:
            by_period[key] = (min(first, day), before + many)
    return [(day, key[1], many) for key, (day, many) in by_period.items()]


def whole_amounts(
    terms: Amounts | RowUnits, inside: Sequence[Counting]
) -> list[tuple[int, date, int]]:
    """How many units each row completes, in their order."""
    total, made = Decimal(0), []
    for standing, day, _, amount in inside:
        before, total = total, total + amount
        made.append((standing, day, int(total // terms.every) - int(before // terms.every)))
    return made


def times(terms: DaysIn, inside: Sequence[Counting]) -> list[tuple[int, date]]:
    """The days that complete units, and how these stand: with the evidence that earns most first,
    then with more of it, which may join what it found to be apart.
    """
    standing_of = {day: standing for standing, day, _, _ in inside}
    made: list[tuple[int, date]] = []
    for standing in sorted(set(standing_of.values())):
        known = sorted(day for day in standing_of if standing_of[day] <= standing)
        for stretch in apart(terms, known):
            earned = [one for one in made if one[1] in stretch]
            in_order = sorted(stretch, key=lambda day: (standing_of[day], day))
            number = 1
            while (needed := length(terms.every, number, stretch[0])) <= len(stretch):
                if number > len(earned):
                    made.append((standing, in_order[needed - 1]))
                number += 1
    return made


def apart(terms: DaysIn, known: Sequence[date]) -> list[list[date]]:
    """The days, parted by every lapse that is longer than the contract bears."""
    found: list[list[date]] = []
    for day in known:
        if found and terms.lapses is not None:
            lapse = (day - found[-1][-1]).days - 1
            if lapse > length(terms.lapses, 1, found[-1][-1] + ONE_DAY):
                found.append([])
        if not found:
            found.append([])
        found[-1].append(day)
    return found


def length(span: Span, times: int, first: date) -> int:
    """How many days so many of a span have from a day, worked out on the calendar."""
    many = span.count * times
    if span.unit in ("day", "week"):
        return many * {"day": 1, "week": 7}[span.unit]
    months = first.year * 12 + first.month - 1 + many * {"month": 1, "year": 12}[span.unit]
    year, month = months // 12, months % 12 + 1
    return (date(year, month, min(first.day, monthrange(year, month)[1])) - first).days


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
