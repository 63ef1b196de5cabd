"""Plans to date beside what came and what is forecast; the scale-up's, from published payments."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of, settled
from tests.spec.published import contract
from tests.spec.test_reforecast import EVIDENCE, OPEN, TERMS, area_of
from tests.spec.test_west_london_zone_scale_up import EXPLAINED, UNEXPLAINED

import impactbond as ib
from impactbond.errors import AssumptionError
from impactbond.simulation.reforecast import reforecast
from impactbond.simulation.simulate import simulate

PAID = {period: pounds * 100 for period, pounds in (EXPLAINED | UNEXPLAINED).items()}
PLANS = """
plans:
  first:
    made_on: 2016-12-01
    payments:
      2017-Q1: {total: 1500.00}
      2017: {total: 4000.00}
      2018: {consent: 100.00}
  second: {made_on: 2017-03-01, payments: {to 2017-06-30: {total: 1250.00}}}
"""


def test_the_scale_up_stands_beside_its_three_plans() -> None:
    found = ib.plans_beside(contract("west_london_zone_scale_up"), PAID)
    assert found.plans == ["plan1", "plan2", "plan3"]
    by = {
        row["plan"]: (row["to_date_pence"], row["difference_pence"])
        for row in found.rows("plan")
        if row["period"] == "2023-Q4"
    }
    # By 2023 £15,147,230 came. The plans come to £15,342,548, £16,700,160 and £16,660,197, of which
    # £2,949,880, £2,257,087 and £2,372,923 are planned for 2024.
    assert by == {
        "plan1": (12_392_668_00, 2_754_562_00),
        "plan2": (14_443_073_00, 704_157_00),
        "plan3": (14_287_274_00, 859_956_00),
    }
    # Of 2024 no claim is made yet.
    [later] = [row for row in found.rows("plan", "plan3") if row["period"] == "2024-Q3"]
    assert (later["came_to_date_pence"], later["difference_pence"]) == (None, None)
    assert "£14,287,274.00" in found.text
    drawing = ib.chart("plans", found)
    assert "plan3 had £14,287,274.00 by 2023-12-31, and £15,147,230.00 had come" in drawing.alt
    assert b"Came" in drawing.svg


def test_a_year_adds_to_what_was_planned_before_it_and_to_date_is_to_date() -> None:
    found = ib.plans_beside(contract_of(TERMS + PLANS), {"2017-Q1": 1_200_00, "2017-Q2": 30_00})
    told = [
        (row["plan"], row["period"], row["to_date_pence"], row["difference_pence"])
        for row in found.rows("plan")
    ]
    # The year holds its first quarter: £4,000.00, not £5,500.00. Of 2018 in all nothing is said.
    assert told == [
        ("first", "2017-Q1", 1_500_00, -300_00),
        ("first", "2017", 4_000_00, None),
        ("second", "to 2017-06-30", 1_250_00, -20_00),
    ]


def test_a_reforecast_goes_on_from_what_came() -> None:
    settlement = settled(TERMS + PLANS, EVIDENCE, "2017-04-30")
    certain = area_of(OPEN.replace("50%, after", "100%, after"))
    left = reforecast(settlement, certain, trials=2, seed=1)
    for came in (settlement, None):
        found = ib.plans_beside(settlement.contract, came, left)
        assert [row["to_date_pence"] for row in found.rows("came")] == [1_200_00]
        # £100.00 more in the second quarter and £2,000.00 in the third, as the re-forecast says.
        rows = [
            (row["period"], row["pence"], row["to_date_pence"]) for row in found.rows("forecast")
        ]
        assert rows[:3] == [
            ("2017-Q2", 100_00, 1_300_00),
            ("2017-Q3", 2_000_00, 3_300_00),
            ("2017-Q4", 0, 3_300_00),
        ]
    assert "between £3,300.00 and £3,300.00" in ib.chart("plans", found).alt


def test_what_cannot_be_set_beside_a_plan_is_told_at_once() -> None:
    terms = contract_of(TERMS)
    certain = area_of(OPEN)
    other = simulate(contract_of(f"contract: other\n{TERMS}"), certain, trials=1, seed=1)
    with pytest.raises(AssumptionError) as refused:
        ib.plans_beside(terms, {"2017-Q9": 1, "2017-Q1": 1.5}, other)  # type: ignore[dict-item]
    codes = {fault.code for fault in refused.value.faults}
    assert codes == {"no_plan", "other_contract", "unknown_period", "not_whole"}
