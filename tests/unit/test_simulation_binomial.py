"""Binomial numbers from raw bits: the distribution is the exact one, whatever the machine."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from numpy.random import PCG64

from impactbond.simulation.binomial import Binomial, digits_of

TRIALS = 20_000


def drawn(children: int, chance: Fraction, seed: int = 1) -> np.ndarray:
    digits = digits_of(children)
    bits = PCG64(seed).random_raw(digits * TRIALS).reshape(digits, TRIALS)
    return Binomial(np.array([float(chance)])).draw(np.full(TRIALS, children, dtype=np.int64), bits)


@pytest.mark.parametrize("children", [1, 2, 9, 15])
@pytest.mark.parametrize(
    "chance", [Fraction(1, 3), Fraction(96, 100), Fraction(1, 2), Fraction(1, 10**6)]
)
def test_inversion_gives_each_number_its_exact_chance(children: int, chance: Fraction) -> None:
    """A draw at every step of the exact distribution, a little below it and a little above."""
    below = Fraction(0)
    for number in range(children):
        below += comb(children, number) * chance**number * (1 - chance) ** (children - number)
        step = int(below * 2**64)
        if 2**16 < step < 2**64 - 2**16:
            bits = np.array([[step - 2**14, step + 2**14]], dtype=np.uint64)
            found = Binomial(np.array([float(chance)])).draw(np.array([children, children]), bits)
            assert found.tolist() == [number, number + 1]


@pytest.mark.parametrize(
    ("children", "chance"),
    [
        (17, Fraction(1, 2)),
        (2_240, Fraction(74, 100)),
        (200_000, Fraction(1, 3)),
        (200_000, Fraction(1, 100_000)),
        (999_999, Fraction(999, 1000)),
    ],
)
def test_the_mean_and_the_spread_of_many_children_are_those_of_the_distribution(
    children: int, chance: Fraction
) -> None:
    """Within five standard errors, from a fixed seed."""
    found = drawn(children, chance)
    mean, variance = float(children * chance), float(children * chance * (1 - chance))
    assert abs(found.mean() - mean) < 5 * (variance / TRIALS) ** 0.5
    # The fourth moment of a binomial number: 3v² + v(1 − 6pq).
    fourth = 3 * variance**2 + variance * (1 - 6 * variance / children)
    assert abs(found.var() - variance) < 5 * ((fourth - variance**2) / TRIALS) ** 0.5


def test_trials_may_have_different_numbers_of_children() -> None:
    children = np.array([0, 1, 16, 17, 255, 256, 4095] * 100, dtype=np.int64)
    bits = PCG64(3).random_raw(3 * children.size).reshape(3, -1)
    found = Binomial(np.array([0.5])).draw(children, bits)
    assert (found >= 0).all()
    assert (found <= children).all()
    assert (found[children == 0] == 0).all()


def test_certain_and_impossible_need_no_luck() -> None:
    assert (drawn(98, Fraction(1)) == 98).all()
    assert (drawn(98, Fraction(0)) == 0).all()


def test_a_higher_chance_takes_from_nobody() -> None:
    low, high = (drawn(98, Fraction(chance, 100)) for chance in (50, 51))
    assert (low <= high).all()
    assert (low < high).any()


@pytest.mark.parametrize(("most", "digits"), [(1, 1), (15, 1), (16, 2), (255, 2), (200_000, 5)])
def test_the_digits_of_the_number_of_children_are_counted_to_base_sixteen(
    most: int, digits: int
) -> None:
    assert digits_of(most) == digits


@pytest.mark.parametrize("levels", [1, 32])
def test_a_number_depends_on_its_own_bits_and_not_on_what_was_drawn_before(levels: int) -> None:
    """Tables are made for the digits that are needed, and again where others come to be."""
    chances = np.array([(level + 1) / (levels + 1) for level in range(levels)])
    children = np.array([[4_095, 4_000, 3_900], [300, 17, 0]], dtype=np.int64).repeat(500, axis=1)
    level = np.arange(children.size).reshape(children.shape) % levels
    bits = PCG64(7).random_raw(3 * children.size).reshape(3, *children.shape)
    together, known = Binomial(chances).draw(children, bits, level), Binomial(chances)
    for row in (1, 0):
        apart = known.draw(children[row], bits[:, row], level[row])
        np.testing.assert_array_equal(apart, together[row])
