"""What an investment earns over many futures: each has its status, and the spread is of those."""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction

import pytest
from tests.spec.drawn_tables import contract_of

import impactbond as ib
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate

TERMS = """
measures:
  rate: {share: 1/2}
investment:
  investors: {trust: {name: A trust}}
  classes:
    only:
      commits: {trust: 1000.00}
      drawn: [{on: 2017-02-01, amount: 1000.00}]
      measured: rate
      tiers: [{is: at least 50%, returns: 10%}]
  repaid: [only]
milestones:
  consent: {when: {observed: consent, in: year one}, price: 700.00}
"""
AREA = """
impactbond: 1
area: two
title: Two
groups:
  - {name: January, children: 2, start: 2017-01-09, attributes: {school: Elm, borough: north}}
chances:
  consent: {chance: 50%, after: 1 month}
"""


def two_children(trials: int) -> Forecast:
    contract = contract_of(TERMS)
    area = parse_area(AREA.encode(), name="area.yaml", contract=contract)
    return simulate(contract, area, trials=trials, seed=3)


def test_each_future_goes_through_the_schedule_and_has_its_status() -> None:
    found = ib.returns_of(two_children(200), measured={"rate": "60%"})
    # Of £1,000.00 nothing comes back, or £700.00, or of £1,400.00 what is owed: the principal and
    # 10% a year on it for the days from 1 February to 30 May, on which the principal is repaid; the
    # return is owed, and paid, a year after it began.
    [owed] = {row["came_back_pence"] for row in found.arrow.to_pylist()} - {0, 700_00}
    days = (date(2017, 5, 30) - date(2017, 2, 1)).days
    assert owed == 1_000_00 + round(Fraction(1_000_00 * days, 3650))
    by_status = Counter((row["status"], row["came_back_pence"]) for row in found.arrow.to_pylist())
    assert set(by_status) == {("total loss", 0), ("one", 700_00), ("one", owed)}
    assert found.statuses["total loss"] == by_status["total loss", 0] > 20
    assert found.statuses["several"] == found.statuses["none"] == 0
    rows = {row["came_back_pence"]: row for row in found.arrow.to_pylist()}
    assert (rows[0]["multiple"], rows[0]["rate"], rows[0]["payback_on"]) == (0.0, -1.0, None)
    assert (rows[700_00]["multiple"], rows[700_00]["gain_pence"]) == (0.7, -300_00)
    assert rows[owed]["payback_on"] == date(2017, 5, 30)
    grown = 1 + rows[owed]["rate"]
    worth = 1_000_00 * grown ** (-days / 365) + (owed - 1_000_00) / grown
    assert worth == pytest.approx(1_000_00, abs=1e-4)
    assert found.paid_back == (by_status["one", owed], date(2017, 5, 30))
    assert found.spread("multiple") == (0.0, 0.7, owed / 1_000_00)
    assert "All comes back in" in found.text
    assert "in 90 of 100; less than 1 in" in ib.chart("multiples", found).alt


def test_what_a_class_rests_on_may_differ_from_future_to_future() -> None:
    forecast = two_children(40)
    reached = [int(forecast.quantities(trial)[-1].sum()) for trial in range(40)]
    found = ib.returns_of(
        forecast, measured=lambda trial: {"rate": Fraction(reached[trial], 2)}, of_class="only"
    )
    # With one of two the tier is met as it is with both; with none of two nothing is earned either.
    assert [row["came_back_pence"] > 1_000_00 for row in found.arrow.to_pylist()] == [
        one == 2 for one in reached
    ]
    assert found.about == "class only"
