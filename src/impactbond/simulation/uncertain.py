"""Chances that are not certain themselves: a bad year, a school that does better than another.

Takes  a chance and its spread, the standard deviation in points.
Gives  levels of the chance that are equally likely, lowest first: a beta distribution with that
       mean and spread, at the middle of each of so many equal parts.
Keeps  the mean and the spread are those that were asked for, unless the chance would leave what a
       chance can be. Nothing but + − × ÷ and the square root is used, which every machine rounds
       alike.

With a spread s a group of n children spreads as a beta-binomial number does: its variance is that
of a binomial number times 1 + (n − 1) × s² / (p × (1 − p)). So a variance that was measured as f
times binomial among groups of n is a spread of √(p × (1 − p) × (f − 1) / (n − 1)).
"""

from __future__ import annotations

from fractions import Fraction
from math import fsum, sqrt

import numpy as np

from impactbond.simulation.binomial import MOST_LEVELS

# The beta distribution is found as that of a share of so many: a beta-binomial number.
_OF = 1023


def levels_of(chance: Fraction, spread: Fraction) -> tuple[Fraction, ...]:
    """The levels of a chance, each as likely as the others; of a certain one, itself."""
    if not 0 < chance < 1 or not spread:
        return (chance,) * MOST_LEVELS
    values = _quantiles(float(chance), float(spread))
    for _ in range(4):  # what is cut at 0 or 1 moves the rest once more
        mean = fsum(values) / MOST_LEVELS
        wide = sqrt(fsum((value - mean) ** 2 for value in values) / MOST_LEVELS)
        moved = (float(chance) + (value - mean) * float(spread) / wide for value in values)
        values = [min(1.0, max(0.0, value)) for value in moved]
    return tuple(map(Fraction, values))


def _quantiles(chance: float, spread: float) -> list[float]:
    """The middles of equal parts of the beta distribution of that mean and spread."""
    alike = spread**2 / (chance * (1 - chance))
    first, second = (part * (1 / alike - 1) for part in (chance, 1 - chance))
    number = np.arange(_OF, dtype=np.float64)
    ratio = (_OF - number) / (number + 1) * (number + first) / (_OF - 1 - number + second)
    middle = int(_OF * chance)
    up, down = np.cumprod(ratio[middle:]), np.cumprod(1.0 / ratio[:middle][::-1])[::-1]
    below = np.cumsum(np.concatenate([down, np.ones(1), up]))
    asked = (np.arange(MOST_LEVELS) + 0.5) / MOST_LEVELS * below[-1]
    place = np.searchsorted(below, asked)
    before = np.concatenate([np.zeros(1), below])[place]
    inside = (asked - before) / (below[place] - before)
    return list(map(float, (place + inside) / (_OF + 1)))
