"""What the provider spends in drawn futures: fixed costs on their days, and costs of each child or
of each milestone as it is reached.

Takes  the costs of an area, and the contract whose currency they are in.
Gives  whole pence by calendar month, each dated by the first day of the month: money must be there
       no later than it is spent. Shaped (trial, month, cost).
Keeps  costs move no draw: the same futures are drawn with them as without. Whoever has left costs
       nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.dates import EPOCH, LAST_DAY_NUMBER, from_day_number
from impactbond.money import Pence, assert_fits, half_up, minor_units, rounded
from impactbond.simulation.area import CHILD, MOST_SPENT, Area, Cost
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, fault_at, unknown


class Spent(NamedTuple):
    """What one child costs in one month, for one of the costs of an area."""

    cost: int
    month: int
    pence: int


def month_of(day: date) -> int:
    """The number of a calendar month."""
    return day.year * 12 + day.month - 1


@dataclass(frozen=True, eq=False)
class Tariff:
    """What an area's costs come to on their days, in minor units of the contract's currency."""

    contract: Contract
    area: Area

    def pence(self, cost: Cost, day: date) -> int:
        """What a cost is once, on a day, at the prices of that day."""
        pence = minor_units(cost.amount, self.contract.currency)
        inflation = self.area.inflation
        if inflation is None:
            return pence
        # Rounded at each payment, as somebody pays it, and not on a running total: it is a bill and
        # no share.
        return rounded(pence * (1 + inflation.each_year) ** inflation.years_by(day), half_up)

    def of(self, per: str, day: date, left: date | None) -> Iterator[Spent]:
        """What is spent on a child that starts, or reaches a milestone, on a day, by month; nothing
        after the day on which it has left.
        """
        for number, cost in enumerate(self.area.costs):
            if cost.per != per:
                continue
            by_month: dict[int, int] = {}
            for spent_on in cost.days_from(day):
                if left is None or spent_on <= left:
                    month = month_of(spent_on)
                    by_month[month] = by_month.get(month, 0) + self.pence(cost, spent_on)
            yield from (Spent(number, month, pence) for month, pence in by_month.items())

    def fixed(self) -> Iterator[Spent]:
        """What is spent whatever becomes of anybody, by month."""
        for number, cost in enumerate(self.area.costs):
            for day in cost.fixed_days():
                yield Spent(number, month_of(day), self.pence(cost, day))


class Spending:
    """The months in which anything may be spent, and what is spent in drawn futures."""

    def __init__(self, fixed: Iterable[Spent], drawn: Iterable[Spent], children: int) -> None:
        self._fixed, variable = list(fixed), set(drawn)
        months = {one.month for one in (*self._fixed, *variable)}
        self.months = tuple(sorted(months))
        self._place = {month: place for place, month in enumerate(self.months)}
        # All that could ever be spent on everybody together, so that no sum in any future can wrap.
        assert_fits(
            float(sum(one.pence for one in self._fixed))
            + float(sum(one.pence for one in variable)) * children
        )

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """The first day of every month in which anything may be spent."""
        return tuple(date(month // 12, month % 12 + 1, 1) for month in self.months)

    def nothing(self, costs: int, trials: int) -> Pence:
        """What is spent before anybody is drawn, shaped (month, cost, trial): the fixed costs."""
        found = np.zeros((len(self.months), costs, trials), dtype=np.int64)
        for one in self._fixed:
            found[self._place[one.month], one.cost] += one.pence
        return found

    def add(self, spent: Pence, each: Iterable[Spent], children: Pence) -> None:
        """Add what is spent on so many children in every trial."""
        for one in each:
            spent[self._place[one.month], one.cost] += children * one.pence


def check_costs(area: Area, contract: Contract | None) -> Diagnostics:
    """Costs named twice, with the keys of another kind of cost, or never spent; with a contract,
    those of a milestone that it has not, and amounts that its currency cannot hold.
    """
    seen: set[str] = set()
    for index, cost in enumerate(area.costs):
        path: Path = ("costs", index)
        if cost.name in seen:
            problem = f"two costs have the name '{cost.name}'"
            yield fault_at((*path, "name"), "cost_twice", problem)
        seen.add(cost.name)
        yield from _check_days(cost, path)
        if contract is None:
            continue
        known = (CHILD, *contract.milestones)
        if cost.per is not None and cost.per not in known:
            yield Diagnostic((*path, "per"), unknown("milestone", cost.per, known))
        try:
            minor_units(cost.amount, contract.currency)
        except ValueError as error:
            problem, found = f"{contract.currency} has no such amount: {error}", cost.amount
            yield fault_at((*path, "amount"), "too_fine", problem, found=found)


def _check_days(cost: Cost, path: Path) -> Diagnostics:
    """Whether a cost says when it is spent, in the words of its kind."""
    is_fixed = cost.per is None
    others = ("after", "for_") if is_fixed else ("on", "through")
    for key in others:
        if getattr(cost, key) is not None:
            says = (
                "a fixed cost is spent on days of its own"
                if is_fixed
                else ("what is spent on each child goes by the child's days")
            )
            hint = "Write on, every and through" if is_fixed else "Write after, every and for"
            yield fault_at((*path, key.strip("_")), "other_cost", says, hint=hint)
    if is_fixed and cost.on is None:
        problem = "nothing says when it is spent"
        hint = "Write on: and a day, or per: child, or per: and a milestone"
        yield fault_at(path, "never_spent", problem, hint=hint)
    last = cost.through if is_fixed else cost.for_
    if (cost.every is None) != (last is None):
        end = "through" if is_fixed else "for"
        problem = f"'every' and '{end}' stand together: how often, and until when"
        yield fault_at(path, "how_often", problem, hint=f"Write every: 1 month and {end}:")
    if cost.every is not None and not cost.every.count:
        yield fault_at((*path, "every"), "too_often", "nothing is spent again after no time")
    elif cost.on is not None and cost.through is not None and cost.through < cost.on:
        yield fault_at((*path, "through"), "ends_early", f"it ends before {cost.on}, its first day")
    # Counted last: of days in the wrong order, or again after no time, there is no number.
    elif cost.every is not None and sum(1 for _ in _days(cost)) > MOST_SPENT:
        problem, allowed = "it is spent too often", f"{MOST_SPENT} times"
        yield fault_at((*path, "every"), "too_often", problem, allowed=allowed)
    for key in ("on", "through"):
        day, latest = getattr(cost, key), from_day_number(LAST_DAY_NUMBER)
        if day is not None and not EPOCH <= day <= latest:
            allowed = f"{EPOCH} through {latest}"
            yield fault_at((*path, key), "out_of_range", "a day too far away", allowed=allowed)


def _days(cost: Cost) -> Iterator[date]:
    return cost.fixed_days() if cost.per is None else cost.days_from(date(2017, 1, 9))
