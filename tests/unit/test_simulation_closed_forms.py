"""Forecasts beside formulas: means, variances and how often a limit binds, within five standard
errors of what is exact, from a fixed seed.
"""

from __future__ import annotations

from math import comb, sqrt

import numpy as np
import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.simulation.forecast import Forecast
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate

TRIALS, CHILDREN = 6_000, 20
ONE = """
milestones: {joined: {when: {observed: consent, in: year one}, price: 100.00}}
"""
TWO = """
milestones:
  college: {when: {observed: consent, in: year one}, price: 1.00}
  job:     {when: {observed: agreement, in: year one}, price: 100.00}
"""


def forecast(terms: str, assumed: str) -> Forecast:
    contract = contract_of(terms)
    text = f"""
impactbond: 1
area: here
title: Here
groups:
  - name: All
    children: {CHILDREN}
    start: 2017-01-09
    attributes: {{school: Elm, borough: north}}
{assumed}
"""
    area = parse_area(text.encode(), name="area.yaml", contract=contract)
    return simulate(contract, area, trials=TRIALS, seed=2)


def binomial(chance: float) -> list[float]:
    """The chance of each number of children."""
    return [
        comb(CHILDREN, number) * chance**number * (1 - chance) ** (CHILDREN - number)
        for number in range(CHILDREN + 1)
    ]


def assert_near(found: np.ndarray, values: list[float], chances: list[float]) -> None:
    """The mean and the variance of trials, within five standard errors of those of a number that
    has each value with its chance.
    """

    def moment(of: int, around: float) -> float:
        pairs = zip(values, chances, strict=True)
        return sum(chance * (value - around) ** of for value, chance in pairs)

    mean = moment(1, 0.0)
    variance, fourth = moment(2, mean), moment(4, mean)
    assert abs(found.mean() - mean) < 5 * sqrt(variance / TRIALS)
    assert abs(found.var() - variance) < 5 * sqrt((fourth - variance**2) / TRIALS)


@pytest.mark.parametrize("chance", [0.5, 0.9, 0.03])
def test_what_is_paid_has_the_mean_and_variance_of_a_binomial_number(chance: float) -> None:
    drawn = forecast(ONE, f"chances: {{joined: {{chance: {100 * chance:g}%, after: 10 days}}}}")
    assert_near(drawn.total_pence / 100_00, [*range(CHILDREN + 1)], binomial(chance))


@pytest.mark.parametrize("most", ["1200.00", "12 claims"])
def test_a_limit_binds_as_often_as_the_formula_says_and_not_at_its_edge(most: str) -> None:
    # Twelve are let through whole: of exactly twelve nothing is held back, of thirteen one is.
    limit = "milestone: joined" if "claims" in most else "contract: whole"
    terms = ONE + f"limits: [{{{limit}, at_most: {most}, beyond: unpaid}}]\n"
    drawn = forecast(terms, "chances: {joined: {chance: 50%, after: 10 days}}")
    exact = binomial(0.5)
    assert_near(drawn.total_pence / 100_00, [min(x, 12) for x in range(CHILDREN + 1)], exact)
    binds = sum(exact[13:])
    often = drawn.limits_table.to_pylist()[-1]["chance"]
    assert abs(often - binds) < 5 * sqrt(binds * (1 - binds) / TRIALS)
    held = drawn.held_back_pence[:, -1, 0] / 100_00
    assert_near(held, [max(x - 12, 0) for x in range(CHILDREN + 1)], exact)
    np.testing.assert_array_equal(held > 0, drawn.total_pence + held * 100_00 > 1200_00)


def test_what_excludes_each_other_is_multinomial() -> None:
    assumed = """
chances: {college: {chance: 30%, after: 10 days}, job: {chance: 50%, after: 10 days}}
exclusive: [[college, job]]
"""
    drawn = forecast(TWO, assumed)
    college, job = drawn.total_pence // 100 % 100, drawn.total_pence // 100_00
    assert_near(college, [*range(CHILDREN + 1)], binomial(0.3))
    assert_near(job, [*range(CHILDREN + 1)], binomial(0.5))
    # Of one child the covariance is 0 - 0.3 × 0.5; of the others none.
    products = (college - 6) * (job - 10)
    assert abs(products.mean() + CHILDREN * 0.15) < 5 * products.std() / sqrt(TRIALS)
