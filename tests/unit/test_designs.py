"""Designs on the same futures, what moves an amount, and solved terms: by hand, to the penny."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from tests.spec.drawn_tables import contract_text

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.designs.compare import compare_designs
from impactbond.designs.design import Written
from impactbond.designs.sensitivity import global_sensitivity, grid, one_at_a_time
from impactbond.designs.solve import solve
from impactbond.designs.yardsticks import Condition, judged
from impactbond.errors import AssumptionError, ContractError, ImpactBondError
from impactbond.forecasts.cash import cash_of
from impactbond.simulation.area import Area
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate

TERMS = """
milestones:
  joined:  {when: {observed: consent, in: year one}, price: 100.00}
  settled: {after: joined, when: {observed: agreement, in: year one}, price: 1000.00}
tranches:
  start: {pay: 500.00, on: 2017-01-03, by: {council: 100%}, recovered: {at: 100%}}
limits:
  - {contract: whole, at_most: 90000.00, beyond: unpaid}
"""
AREA = """
impactbond: 1
area: here
title: Here
groups:
  - {name: All, children: 40, start: 2017-01-09, attributes: {school: Elm, borough: north}}
chances:
  joined:  {chance: 100%, after: 10 days}
  settled: {chance: 100%, after: 8 months}
costs:
  - {name: Set-up, amount: 1000.00, on: 2016-11-15}
  - {name: Staff, amount: 2000.00, on: 2017-02-28}
"""


def both(settled: str = "100%") -> tuple[Contract, Area]:
    contract = parse_contract(contract_text(TERMS).encode(), name="contract.yaml")
    text = AREA.replace("settled: {chance: 100%", f"settled: {{chance: {settled}")
    return contract, parse_area(text.encode(), name="area.yaml", contract=contract)


CERTAIN, EVEN = both(), both("50%")
PRICE, JOINED = "milestones.settled.price", "milestones.joined.price"


def test_a_design_has_its_terms_and_no_others() -> None:
    written = Written(*CERTAIN)
    design = written.design(
        {
            PRICE: "1100.50",
            "limits.1.at_most": Decimal(50000),
            "groups.*.children": 12,
            "groups.All.start": "2017-02-01",
            "chances.settled.chance": Fraction(2, 3),
            "area.title": "There",
        }
    )
    assert design.contract.milestones["settled"].price == Decimal("1100.50")
    assert design.contract.title == CERTAIN[0].title
    [group] = design.area.groups
    assert (group.children, group.start) == (12, date(2017, 2, 1))
    assert design.area.chances["settled"].chance == Fraction(2, 3)
    assert written.design({}).contract is CERTAIN[0]


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("milestones.setled.price", "1.00", "Did you mean 'settled'?"),
        ("groups.2.children", 1, "entries 1 to 1"),
        ("milestones.settled.prize", "1.00", "Did you mean 'price'?"),
        ("chances.settled.chance", "140%", "a percentage from 0% to 100%"),
        (PRICE, 5.5, "no float holds money"),
        ("milestones.settled.price", "1.001", "settled > price"),
    ],
)
def test_what_no_design_can_have_is_told_with_its_path(path: str, value: Any, told: str) -> None:
    with pytest.raises(ImpactBondError) as refused:
        Written(*CERTAIN).design({path: value})
    assert told in str(refused.value)
    assert "line 1" not in str(refused.value)


def test_terms_made_in_python_have_no_path() -> None:
    bare = CERTAIN[0].model_copy(deep=True)
    bare._source = b""
    with pytest.raises(AssumptionError, match="was not read from a file"):
        Written(bare, CERTAIN[1])


def test_cash_is_there_on_due_days_and_gone_on_the_first_of_a_month() -> None:
    # £1,000 in November 2016, £2,000 in February 2017. £500 up front on 3 January. Of the first
    # quarter £4,000 are claimed, of which £500 go back; of the third £40,000.
    cash = cash_of(simulate(*CERTAIN, trials=2, seed=1), 100_00)
    at = dict(zip(map(str, cash.days), cash.pence[0].tolist(), strict=True))
    early = ("2016-11-01", "2017-01-03", "2017-02-01")
    assert [at[day] for day in early] == [-900_00, -400_00, -2_400_00]
    assert cash.pence[0, -1] == 100_00 - 3_000_00 + 44_000_00
    assert (cash.lowest_pence.tolist(), cash.need_pence.tolist()) == (
        [-2_400_00] * 2,
        [2_400_00] * 2,
    )
    assert cash.days[cash.lowest_at[0]] == date(2017, 2, 1)


def test_designs_are_compared_on_the_same_luck() -> None:
    found = compare_designs(
        *EVEN,
        {
            "as written": {},
            "dearer": {JOINED: "110.00"},
            "better": {"chances.settled.chance": "60%"},
        },
        of=("due", "surplus"),
        trials=500,
    )
    rows = {(row["design"], row["of"]): row for row in found.arrow.to_pylist()}
    # 40 children at £10 more in every future, whatever else befalls.
    dearer = rows["dearer", "due"]
    assert {dearer[f"difference_{name}_pence"] for name in ("mean", "p5", "p50", "p95")} == {400_00}
    assert dearer["higher_trials"] == 500
    # A better chance on the same luck is worse in no future, and £4,000 better on average: four
    # more children at £1,000, within four standard errors of a binomial difference (σ² < 40 × 0.1).
    better = rows["better", "due"]
    assert better["lower_trials"] == 0
    assert abs(better["difference_mean_pence"] - 4_000_00) < 4 * 2 / 500**0.5 * 1_000_00
    assert rows["as written", "surplus"]["mean_pence"] == (
        rows["as written", "due"]["mean_pence"] - 3_000_00
    )
    assert "dearer" in found.text
    assert found.as_dict()["designs"]["better"] == {"chances.settled.chance": "60%"}


def test_one_term_at_a_time_and_a_grid_by_hand() -> None:
    # 40 × (100 + 1,000) = 44,000; 40 × 900 = 36,000 and so on.
    ends = {JOINED: ("90.00", "120.00"), PRICE: ("800.00", "1100.00")}
    found = one_at_a_time(*CERTAIN, ends, trials=1)
    told = [tuple(row.values()) for row in found.arrow.to_pylist()]
    assert told == [
        (PRICE, "800.00", "1100.00", 36_000_00, 44_000_00, 48_000_00, 12_000_00),
        (JOINED, "90.00", "120.00", 43_600_00, 44_000_00, 44_800_00, 1_200_00),
    ]
    cells = grid(*CERTAIN, {PRICE: ["900.00", "1000.00"], "groups.1.children": [10, 100]}, trials=1)
    # A hundred children at £1,100 are over the limit of £90,000.
    assert cells.arrow["mean_pence"].to_pylist() == [10_000_00, 90_000_00, 11_000_00, 90_000_00]
    unpaid = grid(*CERTAIN, {"groups.1.children": [40, 100]}, of="unpaid", trials=1)
    assert unpaid.arrow["mean_pence"].to_pylist() == [0, 20_000_00]
    with pytest.raises(AssumptionError, match="0 cells"):
        grid(*CERTAIN, {PRICE: []})


def test_global_ways_find_what_an_even_slope_is_known_to_be() -> None:
    # Due is 40 × (joined + settled): ends £240 and £1,200 apart move it by £9,600 and £48,000,
    # whatever the other is.
    ends = {JOINED: ("0.00", "240.00"), PRICE: ("500.00", "1700.00")}
    ranked = global_sensitivity(*CERTAIN, ends, samples=4, trials=1)
    told = [(row["path"], row["effect_pence"]) for row in ranked.arrow.to_pylist()]
    assert told == [(PRICE, 48_000_00), (JOINED, 9_600_00)]
    assert max(ranked.arrow["spread_pence"].to_pylist()) <= 1
    again = global_sensitivity(*CERTAIN, ends, samples=4, trials=1)
    assert again.arrow.equals(ranked.arrow)
    with pytest.raises(AssumptionError, match="a power of two"):
        global_sensitivity(*CERTAIN, ends, method="sobol", samples=10)


@pytest.mark.long
def test_sobol_shares_the_variance_of_an_even_slope() -> None:
    # Slopes of 1 and 5 have 1 and 25 parts of 26; from so few samples to within a fifth.
    ends = {JOINED: ("0.00", "240.00"), PRICE: ("500.00", "1700.00")}
    parts = global_sensitivity(*CERTAIN, ends, method="sobol", samples=16, trials=1)
    assert parts.arrow["total"].to_pylist() == pytest.approx([25 / 26, 1 / 26], abs=0.2)


def test_a_price_is_solved_to_the_penny_with_its_evidence() -> None:
    # 40 × (100 + price) is £50,000.00 at £1,150.00, and one penny less is 40p short.
    condition = Condition("due", at_least=50_000_00)
    found = solve(*CERTAIN, PRICE, between=("1100.00", "1200.00"), condition=condition, trials=1)
    assert (found.value, found.beside and found.beside.value) == ("1150.00", "1149.99")
    assert found.beside is not None
    assert (found.answer and found.answer.missed_by, found.beside.missed_by) == (0, 40)
    assert "at 1149.99: £49,999.60, missed by £0.40" in found.text


def test_a_price_is_solved_for_a_share_of_futures() -> None:
    # In 95 of 100 futures at least so many are settled; that many at the price, with £4,000.00 for
    # all who join, must come to £25,000.00.
    trials = 1_000
    due = judged(simulate(*EVEN, trials=trials, seed=7), "due")
    reached = int(np.sort((due - 4_000_00) // 1_000_00)[trials - 950])
    price = -(-21_000_00 // reached)
    condition = Condition("due", at_least=25_000_00, in_share=Fraction(95, 100))
    ends = ("1000.00", "2000.00")
    found = solve(*EVEN, PRICE, between=ends, condition=condition, trials=trials, seed=7)
    assert found.value == f"{Decimal(price) / 100:.2f}"
    assert found.beside is not None
    assert not found.beside.holds


def test_up_front_money_is_solved_for_cash_and_a_limit_for_what_is_unpaid() -> None:
    # £3,000 are spent before the first claim is paid.
    condition = Condition("lowest cash", at_least=-1_200_00, in_share=Fraction(95, 100))
    found = solve(
        *CERTAIN,
        "tranches.start.pay",
        between=("1780.00", "1812.00"),
        condition=condition,
        trials=1,
    )
    assert found.value == "1800.00"
    limit = solve(
        *CERTAIN,
        lambda most: {"limits.1.at_most": most},
        between=("40000.00", "48000.00"),
        condition=Condition("unpaid", at_most=1_000_00),
        step="100.00",
        trials=1,
    )
    assert (limit.value, limit.beside and limit.beside.value) == ("43000.00", "42900.00")


def test_no_solution_says_how_near_it_came() -> None:
    # The limit of £90,000.00 lets no price pay more.
    condition = Condition("due", at_least=95_000_00)
    found = solve(*CERTAIN, PRICE, between=("500.00", "9000.00"), condition=condition, trials=1)
    assert (found.value, found.answer, found.nearest.missed_by) == (None, None, 5_000_00)
    assert "No solution. Nearest at" in found.text
    assert found.as_dict()["nearest"]["missed_by_pence"] == "500000"
    low = Condition("due", at_least=1)
    everywhere = solve(*CERTAIN, PRICE, between=("5.00", "6.00"), condition=low, trials=1)
    assert (everywhere.value, everywhere.beside) == ("5.00", None)


@pytest.mark.parametrize(
    "between",
    [("1.00", 2), ("2.00", "1.00"), ("a", "b"), (1.5, 2.5), ("1.000", "1.005"), (True, 2)],
)
def test_ends_that_are_none_are_refused(between: Any) -> None:
    with pytest.raises(AssumptionError, match="no two ends"):
        solve(*CERTAIN, PRICE, between=between, condition=Condition("due", at_least=1))


def test_words_and_conditions_that_are_none_are_refused() -> None:
    forecast = simulate(*CERTAIN, trials=1, seed=1)
    for of in ("dues", "due from nobody"):
        with pytest.raises(AssumptionError, match="none of the words"):
            judged(forecast, of)
    with pytest.raises(AssumptionError, match="not a whole number for each"):
        judged(forecast, lambda one: one.due_pence / 2)
    for wrong in ({}, {"at_least": 1, "at_most": 2}, {"at_least": 1, "in_share": Fraction(2)}):
        with pytest.raises(AssumptionError):
            Condition("due", **wrong)  # type: ignore[arg-type]
    with pytest.raises((AssumptionError, ContractError)):
        compare_designs(*CERTAIN, {"one": {}})
