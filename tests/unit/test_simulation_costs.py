"""What the provider spends in drawn futures, and who leaves: by hand, to the penny."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.errors import AssumptionError
from impactbond.simulation.area import Area
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate

CONTRACT = contract_of(
    """
milestones:
  joined:  {when: {observed: consent, in: year one}, price: 100.00}
  settled: {after: joined, when: {observed: agreement, in: year one}, price: 1000.00}
"""
)
TEXT = """
impactbond: 1
area: here
title: Here
groups:
  - {name: All, children: 40, start: 2017-01-09, attributes: {school: Elm, borough: north}}
chances:
  joined:  {chance: 100%, after: 10 days}
  settled: {chance: 100%, after: 8 months}
"""
COSTS = """
costs:
  - {name: Set-up, amount: 1000.00, on: 2016-11-15}
  - {name: Staff, amount: 2000.00, on: 2017-01-31, every: 1 month, through: 2017-03-31}
  - {name: Meals, amount: 10.00, per: child, every: 1 month, for: 3 months}
  - {name: Move, amount: 250.00, per: settled, after: 1 month}
"""
LEAVES = "leaves: {6 weeks: 25%, 6 months: 25%}\n"


def area_of(*more: str, **changes: str) -> Area:
    text = TEXT + "".join(more)
    for old, new in changes.items():
        text = text.replace(old, new)
    return parse_area(text.encode(), name="area.yaml", contract=CONTRACT)


def test_certain_costs_come_on_their_days() -> None:
    # 9 January, 9 February, 9 March: 40 children at £10. All are settled on 9 September; a month
    # later is 9 October. Staff on 31 January, 28 February and 31 March.
    forecast = simulate(CONTRACT, area_of(COSTS), trials=3, seed=1)
    told = {
        (row["month"], row["cost"]): row["mean_pence"]
        for row in forecast.costs_table.to_pylist()
        if row["mean_pence"]
    }
    assert told == {
        (date(2016, 11, 1), "Set-up"): 1_000_00,
        (date(2017, 1, 1), "Staff"): 2_000_00,
        (date(2017, 2, 1), "Staff"): 2_000_00,
        (date(2017, 3, 1), "Staff"): 2_000_00,
        (date(2017, 1, 1), "Meals"): 400_00,
        (date(2017, 2, 1), "Meals"): 400_00,
        (date(2017, 3, 1), "Meals"): 400_00,
        (date(2017, 10, 1), "Move"): 40 * 250_00,
    }
    assert "Asked for, less costs" in forecast.text
    assert forecast.cost_pence.shape == (3, len(forecast.cost_dates), 4)


def test_costs_rise_on_the_anniversary_of_the_day_whose_prices_they_are_in() -> None:
    costs = """
costs: [{name: Rent, amount: 333.33, on: 2018-03-31, every: 1 day, through: 2018-04-01}]
inflation: {prices_of: 2016-04-01, each_year: 2.5%}
"""
    forecast = simulate(CONTRACT, area_of(costs), trials=1, seed=1)
    # 333.33 × 1.025 = 341.66325, and × 1.025 again = 350.20483; on the second anniversary, twice.
    assert forecast.cost_pence[0, :, 0].tolist() == [341_66, 350_20]


def test_whoever_leaves_reaches_and_costs_nothing_more() -> None:
    trials = 400
    forecast = simulate(CONTRACT, area_of(COSTS, LEAVES), trials=trials, seed=3)
    by_month = dict(zip(forecast.cost_dates, forecast.cost_pence.transpose(1, 2, 0), strict=True))
    # Six weeks after 9 January is 20 February: the meal of 9 February is theirs, that of 9 March
    # not. Whoever left after six months, 9 July, was never settled.
    assert (by_month[date(2017, 2, 1)][2] == 40 * 10_00).all()
    here, settled = by_month[date(2017, 3, 1)][2] // 10_00, by_month[date(2017, 10, 1)][3] // 250_00
    assert (settled <= here).all()
    for found, chance in ((here, 0.75), (settled, 0.5)):
        error = np.sqrt(40 * chance * (1 - chance) / trials)
        assert abs(found.mean() - 40 * chance) < 5 * error
    # Every claim of a settled child is one child that was there: £100 of all, £1,000 of these.
    np.testing.assert_array_equal(forecast.total_pence, 40 * 100_00 + settled * 1_000_00)
    # What is spent in a trial is what its children cost, dealt out one by one.
    dealt = [one.pence for _, _, turn in forecast.draws.turns(7) for one in turn.spent]
    assert sum(dealt) == forecast.cost_pence[7, :, 2:].sum()


def test_costs_move_no_draw() -> None:
    text = {"100%, after: 8 months": "50%, after: 8 months"}
    plain = simulate(CONTRACT, area_of(**text), trials=50, seed=5)
    costly = simulate(CONTRACT, area_of(COSTS, **text), trials=50, seed=5)
    np.testing.assert_array_equal(plain.due_pence, costly.due_pence)
    assert plain.cost_pence.shape == (50, 0, 0)
    assert plain.costs_table.num_rows == 0


def test_every_fault_of_costs_is_told_at_once() -> None:
    costs = """
costs:
  - {name: A, amount: 1.005, on: 2017-01-01}
  - {name: A, amount: 1.00}
  - {name: B, amount: 1.00, on: 2017-01-01, every: 1 month}
  - {name: C, amount: 1.00, on: 2017-01-01, after: 1 month}
  - {name: D, amount: 1.00, per: setled, through: 2017-01-01}
  - {name: E, amount: 1.00, per: child, every: 0 days, for: 1 year}
  - {name: F, amount: 1.00, on: 2017-01-01, every: 1 day, through: 2099-01-01}
  - {name: G, amount: 1.00, on: 2017-01-01, every: 1 month, through: 2016-01-01}
  - {name: H, amount: -1.00, on: 2017-01-01}
leaves: {1 month: 60%, 2 months: 50%}
"""
    with pytest.raises(AssumptionError) as caught:
        area_of(costs)
    told = [(fault.clause, fault.code) for fault in caught.value.faults]
    expected = {
        ("costs > entry 1 > amount", "too_fine"),
        ("costs > entry 2 > name", "cost_twice"),
        ("costs > entry 2", "never_spent"),
        ("costs > entry 3", "how_often"),
        ("costs > entry 4 > after", "other_cost"),
        ("costs > entry 5 > per", "unknown_milestone"),
        ("costs > entry 5 > through", "other_cost"),
        ("costs > entry 6 > every", "too_often"),
        ("costs > entry 7 > every", "too_often"),
        ("costs > entry 8 > through", "ends_early"),
        ("leaves", "all_left"),
    }
    assert expected <= set(told)
    assert any(clause == "costs > entry 9 > amount" for clause, _ in told)
    assert len(told) == len(expected) + 1
