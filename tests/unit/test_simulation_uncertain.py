"""Chances that vary: levels with the mean and the spread asked for, and luck that some share."""

from __future__ import annotations

import re
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.errors import AssumptionError
from impactbond.simulation.area import levels_of
from impactbond.simulation.binomial import MOST_LEVELS
from impactbond.simulation.draw import Draws
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate

CONTRACT = contract_of("""
milestones:
  consent: {when: {observed: consent, in: year one}, price: 1.00}
  agreed:  {after: consent, when: {observed: agreement, in: year one}, price: 0}
""")
GROUPS = [("a", "Elm"), ("b", "Elm"), ("c", "Moss")]


def draws(varies: str) -> Draws:
    """Three groups of fifty, two of one school, whose children start on days of their own."""
    groups = "\n".join(
        f"  - {{name: {name}, children: 50, start: 2017-01-0{place + 1},"
        f" attributes: {{school: {school}, borough: north}}}}"
        for place, (name, school) in enumerate(GROUPS)
    )
    text = f"""
impactbond: 1
area: somewhere
title: Somewhere
groups:
{groups}
chances: {{consent: {{chance: 50%, after: 1 day}}, agreed: {{chance: 100%, after: 2 days}}}}
varies: {varies}
"""
    return Draws.of(CONTRACT, parse_area(text.encode(), name="area.yaml", contract=CONTRACT), 1)


def consents(drawn: Draws) -> np.ndarray:
    """How many consent in each of the three groups, in 4,096 trials: (trial, group)."""
    lots = [
        lot
        for (group, claim, _), lot in sorted(drawn.place.items())
        if claim.milestone == 0 and group < 3
    ]
    return np.concatenate([drawn.counts(block)[:, lots] for block in range(2)])


@pytest.mark.parametrize(
    ("chance", "by"), [("50%", "8%"), ("74%", "3%"), ("5%", "4%"), ("96%", "2%"), ("50%", "35%")]
)
def test_levels_have_the_mean_and_the_spread_that_were_asked_for(chance: str, by: str) -> None:
    mean, spread = (Fraction(text.rstrip("%")) / 100 for text in (chance, by))
    levels = np.array([float(level) for level in levels_of(mean, spread)])
    assert len(levels) == MOST_LEVELS
    assert ((levels >= 0) & (levels <= 1)).all()
    assert (np.diff(levels) >= 0).all()
    assert levels.mean() == pytest.approx(float(mean), abs=1e-3)
    assert levels.std() == pytest.approx(float(spread), rel=0.02)


def test_what_is_certain_does_not_vary() -> None:
    assert set(levels_of(Fraction(1), Fraction(1, 10))) == {Fraction(1)}
    assert set(levels_of(Fraction(1, 3), Fraction(0))) == {Fraction(1, 3)}


def test_a_group_spreads_as_a_beta_binomial_number_does() -> None:
    """50 children, an even chance, 8 points: 12.5 × (1 + 49 × 0.0064 / 0.25) = 28.18, within a
    tenth; and its mean is 25.
    """
    counts = consents(draws("[{chances: consent, by: 8%, each: group}]"))
    assert counts.mean() == pytest.approx(25, abs=0.3)
    assert counts.var(axis=0) == pytest.approx([28.18] * 3, rel=0.1)
    together = np.corrcoef(counts.T)
    assert abs(together[0, 1]) < 0.08
    assert abs(together[0, 2]) < 0.08


@pytest.mark.parametrize(
    ("each", "with_the_other_school"), [("school", False), ("area", True), ("year", True)]
)
def test_whoever_has_the_same_luck_is_high_and_low_together(
    each: str, with_the_other_school: bool
) -> None:
    """Covariance of two groups with the same luck: 50 × 50 × 0.0064 = 16 of a variance of 28.18."""
    together = np.corrcoef(consents(draws(f"[{{chances: consent, by: 8%, each: {each}}}]")).T)
    assert together[0, 1] == pytest.approx(16 / 28.18, abs=0.08)
    assert together[0, 2] == pytest.approx(16 / 28.18 * with_the_other_school, abs=0.08)


def test_a_forecast_is_wider_by_what_befalls_many_at_once_and_says_so() -> None:
    """150 consents at £1 from one even chance that varies by 8 points: a standard deviation of
    √(37.5 × (1 + 149 × 0.0064 / 0.25)) = £13.44, and £6.12 where it is certain; within a tenth.
    """
    apart, alike = (
        simulate(CONTRACT, draws(varies).area, trials=4_000, seed=1)
        for varies in ("[]", "[{chances: consent, by: 8%}]")
    )
    assert apart.total_pence.std() == pytest.approx(100 * sqrt(37.5), rel=0.1)
    assert alike.total_pence.std() == pytest.approx(1344, rel=0.1)
    assert "is not in this spread" in apart.text
    assert "is in this spread" in alike.text


@pytest.mark.parametrize(
    ("varies", "code"),
    [
        ("[{chances: nobody, by: 8%}]", "unknown_milestone"),
        ("[{chances: consent, by: 8%, each: planet}]", "unknown_attribute"),
        ("[{chances: consent, by: 50%}]", "varies_too_much"),
        ("[{chances: [consent, consent], by: 8%}]", "varies_twice"),
        ("[{chances: agreed, by: 8%}]", "varies_too_much"),
    ],
)
def test_what_cannot_vary_is_refused(varies: str, code: str) -> None:
    with pytest.raises(AssumptionError) as refused:
        draws(varies)
    assert [fault.code for fault in refused.value.faults] == [code]


@pytest.mark.parametrize(
    ("varies", "told"),
    [
        ("{chances: consent, by: 60%}", "allowed: below 50.0%"),  # √(0.5 × 0.5)
        ("{chances: agreed, by: 5%}", "a certain chance does not vary"),
        ("{chances: consent, by: 5%, each: []}", "at least 1 entry"),
    ],
)
def test_what_cannot_vary_is_told_with_how_much_it_could(varies: str, told: str) -> None:
    with pytest.raises(AssumptionError, match=re.escape(told)):
        draws(f"[{varies}]")
