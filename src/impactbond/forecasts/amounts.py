"""Amounts of every future that more than one answer asks for, and how they spread."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from impactbond.money import Pence, half_up, round_fraction
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.spread import percentile


def unpaid_pence(forecast: Forecast) -> Pence:
    """What was achieved and nobody pays, in every trial: what limits on the whole hold back, and
    what passes beyond the last funder's limit.
    """
    whole = [place for place, limit in enumerate(forecast.limits_on) if not limit.funder]
    held = forecast.held_back_pence[:, -1, whole].sum(axis=1)
    return np.asarray(held + forecast.due_pence[..., -1].sum(axis=1))


def spread_of(amounts: Pence) -> tuple[int, int, int, int]:
    """Mean to the nearest penny, and the 5th, 50th and 95th percentile, of amounts by trial."""
    ascending = np.sort(amounts)
    total = np.array(int(ascending.sum()), dtype=np.int64)
    mean = int(round_fraction(total, Fraction(1, len(amounts)), half_up))
    five, half, most = (int(percentile(ascending, percent)) for percent in (5, 50, 95))
    return mean, five, half, most
