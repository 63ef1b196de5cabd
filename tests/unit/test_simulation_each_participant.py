"""Futures under a limit on each participant: what each child is paid is worked out by hand.

Children start on 9 January 2017. They join for £300 in the first quarter, stay for £250 in the
second, and work for £200 in the third.
"""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from tests.spec.drawn_tables import contract_of
from tests.unit.test_simulation_journeys import ALTERNATIVES, UNITS, area_of, forecast, quarters

from impactbond.settlement.settle import settle
from impactbond.simulation.draw import Draws
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.reforecast import reforecast
from impactbond.simulation.simulate import simulate

EACH = "{contract: whole, each: participant, at_most: 600.00, beyond: unpaid}"
WORK = """
milestones:
  joined: {when: {observed: consent, in: year one}, price: 300.00}
  stayed: {after: joined, when: {observed: agreement, in: year one}, price: 250.00}
  worked: {when: {observed: assessed, in: year one}, price: 200.00}
"""
CHANCES = """
chances:
  joined: {{chance: {}, after: 30 days}}
  stayed: {{chance: {}, after: 120 days}}
  worked: {{chance: {}, after: 220 days}}
"""
SURE, EVEN = CHANCES.format("100%", "100%", "100%"), CHANCES.format("1/2", "1/2", "1/3")


def limited(*limits: str) -> str:
    return f"{WORK}limits: [{', '.join(limits)}]"


@pytest.mark.parametrize(
    ("limit", "third"),
    [
        (EACH, 50_00),  # of £200, what £300 and £250 leave of £600
        (EACH.replace("beyond", "straddling: unpaid, beyond"), 0),
        (EACH.replace("600.00", "2 claims"), 0),
        (EACH.replace("contract: whole", "milestone: [stayed, worked]"), 200_00),
        (EACH.replace("contract: whole", "milestone: worked"), 200_00),
        (EACH.replace("each: participant", "each: participant, only: {borough: [south]}"), 200_00),
    ],
)
def test_each_child_is_paid_no_more_than_the_limit(limit: str, third: int) -> None:
    drawn = forecast(limited(limit), SURE)
    assert quarters(drawn)[:4] == [10 * 300_00, 10 * 250_00, 10 * third, 0]
    assert drawn.held_back_pence[:, -1, 0].tolist() == [10 * (200_00 - third)] * 4
    assert not drawn.draws.is_single
    assert not drawn.cautions


def test_one_way_of_many_has_its_exact_mean_and_spread() -> None:
    """Each way through, by hand: whoever does all three would earn £750."""
    paid = {0: "1/3", 200: "1/6", 300: "1/6", 500: "1/12", 550: "1/6", 600: "1/12"}
    chances = {pounds * 100: Fraction(chance) for pounds, chance in paid.items()}
    mean = sum(pence * chance for pence, chance in chances.items())
    variance = sum((pence - mean) ** 2 * chance for pence, chance in chances.items())
    assert (sum(chances.values()), mean) == (1, Fraction(800_00, 3))
    drawn = forecast(limited(EACH), EVEN, children=40, trials=4_000)
    error = (40 * float(variance) / 4_000) ** 0.5
    assert abs(drawn.total_pence.mean() - 40 * float(mean)) < 5 * error
    assert drawn.total_pence.var() == pytest.approx(40 * float(variance), rel=0.12)


def paid_by_hand(drawn: Forecast, trial: int, most: int) -> int:
    """What the children of a trial are paid at prices of the contract, each up to a most."""
    earned: dict[int, int] = {}
    for row in drawn.claimed_table(trial).to_pylist():
        pence = drawn.contract.price_pence(row["milestone"]) * row["quantity"]
        earned[row["child"]] = earned.get(row["child"], 0) + pence
    return sum(min(most, pence) for pence in earned.values())


@pytest.mark.parametrize(
    ("terms", "chances", "most"),
    [
        (limited(EACH), EVEN, 600_00),
        (
            f"{ALTERNATIVES}limits: [{EACH.replace('600', '400')}]",
            "chances: {short: {chance: 50%, after: 1 day}, long: {chance: 90%, after: 9 days}}",
            400_00,
        ),
        (
            f"{UNITS}limits: [{EACH.replace('600', '30')}]",
            "chances: {meetings: {chance: 1/2, after: 30 days, units: {2: 50%, 5: 50%}, "
            "every: 1 month}}",
            30_00,
        ),
    ],
)
def test_what_a_trial_comes_to_is_what_its_children_are_paid(
    terms: str, chances: str, most: int
) -> None:
    drawn = forecast(terms, chances, trials=40)
    assert not drawn.draws.is_single
    assert (drawn.held_back_pence[:, -1, 0] > 0).any()
    for trial in range(40):
        assert drawn.total_pence[trial] == paid_by_hand(drawn, trial, most)


def test_units_beyond_the_limit_are_paid_in_part() -> None:
    """Two meetings at £7 in the first quarter, three in the second: £14, and £16 of £21."""
    drawn = forecast(
        f"{UNITS}limits: [{EACH.replace('600', '30')}]",
        "chances: {meetings: {chance: 100%, after: 30 days, units: {5: 100%}, every: 1 month}}",
    )
    assert quarters(drawn)[:3] == [10 * 14_00, 10 * 16_00, 0]


def test_what_is_recorded_late_meets_the_limit_in_the_order_of_its_day() -> None:
    """Work in the third quarter is recorded in time; that they stayed, in the second, only in the
    fourth. By then it comes first: £300, £250, and £50 of the £200 that were paid.
    """
    late = SURE.replace("120 days}", "120 days, recorded: {200 days: 100%}}")
    drawn = forecast(limited(EACH), late)
    assert quarters(drawn)[:4] == [10 * 300_00, 0, 10 * 200_00, 10 * 100_00]
    assert drawn.draws.later
    assert not drawn.draws.is_single


@pytest.mark.parametrize(
    ("limits", "third"),
    [
        # The first three are asked for £200 each, and have £50 left.
        (("{contract: whole, at_most: 6100.00, beyond: unpaid}", EACH), 3 * 50_00),
        ((EACH, "{contract: whole, at_most: 6100.00, beyond: unpaid}"), 10 * 50_00),
        ((EACH, "{contract: whole, at_most: 5610.00, beyond: unpaid}"), 110_00),
        ((EACH, "{milestone: worked, at_most: 4 claims, beyond: unpaid}"), 4 * 50_00),
        ((EACH, "{milestone: worked, at_most: 10 claims, beyond: unpaid}"), 10 * 50_00),
        (("{milestone: worked, at_most: 4 claims, beyond: unpaid}", EACH), 4 * 50_00),
        # Of £5,600 for the year, the first two quarters leave £100.
        ((EACH, "{contract: whole, each: year, at_most: 5600.00, beyond: unpaid}"), 100_00),
    ],
)
def test_other_limits_before_and_after_it_are_met_child_by_child(
    limits: tuple[str, ...], third: int
) -> None:
    drawn = forecast(limited(*limits), SURE)
    assert quarters(drawn)[:4] == [10 * 300_00, 10 * 250_00, third, 0]
    assert drawn.settled(0).due[0].sum(axis=1).tolist() == quarters(drawn)
    assert not drawn.draws.is_single
    # What comes after it and is in money asks nobody whose claims they are.
    asks_whose = limits[0] != EACH or "claims" in limits[1]
    assert any("settled child by child" in one for one in drawn.cautions) == asks_whose


@pytest.mark.parametrize(
    "terms",
    [
        limited(EACH, "{contract: whole, at_most: 9 participants, beyond: unpaid}"),
        limited(EACH, "{contract: whole, at_most: 900, straddling: unpaid, beyond: unpaid}"),
        limited(EACH).replace("price: 200.00", "price: 200.00, paid_for: 1/3"),
        limited(EACH).replace("price: 200.00", "price: 200.00, bands: [{after: 2, price: 90.00}]"),
    ],
)
def test_children_are_drawn_one_by_one_where_they_are_not_apart(terms: str) -> None:
    drawn = forecast(terms, EVEN, trials=3)
    assert drawn.draws.is_single
    assert any("drawn by itself" in caution for caution in drawn.cautions)


def test_children_are_drawn_one_by_one_where_they_have_too_many_ways() -> None:
    many = {f"m{at}": "{when: {observed: consent, in: year one}, price: 10.00}" for at in range(7)}
    days = "{20 days: 25%, 50 days: 25%, 90 days: 25%, 120 days: 25%}"
    written = "".join(f"  {name}: {term}\n" for name, term in many.items())
    chances = "".join(f"  {name}: {{chance: 1/2, after: {days}}}\n" for name in many)
    drawn = forecast(f"milestones:\n{written}limits: [{EACH}]", f"chances:\n{chances}", trials=2)
    assert drawn.draws.is_single


def test_what_is_left_of_a_settlement_is_drawn_child_by_child() -> None:
    contract = contract_of(limited(EACH))
    first = simulate(contract, area_of(contract, EVEN), trials=1, seed=4)
    by_events, evidence = first.as_evidence(0)
    settlement = settle(by_events, evidence, as_of=by_events.calendar.claim_dates[1])
    left = reforecast(settlement, area_of(by_events, EVEN), trials=3, seed=5)
    assert left.draws.is_single
    for trial in range(3):
        again = settle(*left.as_evidence(trial), as_of=by_events.calendar.claim_dates[-1])
        assert left.total_pence[trial] == again.balances_table["due_pence"].to_numpy().sum()


def test_workers_draw_and_settle_the_same() -> None:
    contract = contract_of(
        limited("{contract: whole, at_most: 2000.00, beyond: unpaid}", EACH.replace("600", "400"))
    )
    area = area_of(contract, EVEN)
    here = simulate(contract, area, trials=2_100, seed=1)
    with ThreadPoolExecutor(2) as pool:
        there = simulate(contract, area, trials=2_100, seed=1, executor=pool)
    np.testing.assert_array_equal(here.due_pence, there.due_pence)
    np.testing.assert_array_equal(here.held_back_pence, there.held_back_pence)
    sent = pickle.loads(pickle.dumps(Draws.of(contract, area, 1)))
    np.testing.assert_array_equal(sent.counts(1), here.draws.counts(1))
    few = simulate(contract, area, trials=70, seed=1)
    np.testing.assert_array_equal(few.due_pence, here.due_pence[:70])


def test_designs_that_differ_in_the_limit_have_the_same_futures() -> None:
    """What is claimed does not depend on how much of it is paid."""
    drawn = [forecast(limited(EACH.replace("600", most)), EVEN) for most in ("600", "310")]
    claims = [one.draws.counts(0)[:, : len(one.draws.lots.keys)] for one in drawn]
    np.testing.assert_array_equal(*claims)
    assert (drawn[0].total_pence > drawn[1].total_pence).any()
