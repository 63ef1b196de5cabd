"""A chart of what an investment earns over many futures."""

from __future__ import annotations

from typing import Any

import numpy as np

from impactbond.charts.drawing import DARK, INK, LIGHT, Drawing, drawn
from impactbond.errors import AssumptionError, Fault
from impactbond.forecasts.returns import FutureReturns

_BARS = 30


def multiples_chart(found: FutureReturns) -> Drawing:
    """How often what comes back is so many times what was paid in, with 5%, median and 95%; and how
    many futures have one internal rate, several or none.

    Raises AssumptionError where nothing is paid in in any future.
    """
    spread = found.spread("multiple")
    if spread is None:
        fault = Fault(code="no_multiple", problem="nothing is paid in in any future")
        raise AssumptionError("The chart cannot be drawn.", [fault])
    values = [one for one in found.arrow["multiple"].to_pylist() if one is not None]
    low, middle, high = spread
    often = ", ".join(f"{status} in {of:,}" for status, of in found.statuses.items() if of)
    lost = sum(value < 1 for value in values)
    alt = (
        f"What {found.about} gets back for each unit paid in: {middle:.3f} in the middle future, "
        f"{low:.3f} to {high:.3f} in 90 of 100; less than 1 in {lost:,} of {len(values):,}. "
        f"Internal rates: {often}."
    )

    def draw(axes: Any) -> None:
        places, counts = np.unique(values, return_counts=True)
        # From nothing, or the least, through what was paid in: so that a bar is seen beside it.
        wide = max(places[-1], 1.0) - min(places[0], 1.0) or 1.0
        width = wide / _BARS
        if len(places) > _BARS:
            counts, edges = np.histogram(values, bins=_BARS)
            width = edges[1] - edges[0]
            places = edges[:-1] + width / 2
        elif len(places) > 1:  # few values have a bar each, where they are
            width = min(width, 0.8 * np.diff(places).min())
        axes.bar(places, counts, width=width, color=LIGHT, edgecolor=DARK)
        for value, dashes, label in (
            (low, "dashed", "5% and 95% of futures"),
            (middle, "solid", "Median"),
            (high, "dashed", None),
        ):
            axes.axvline(value, color=INK, linestyle=dashes, linewidth=1.5, label=label)
        axes.axvline(1, color=DARK, linestyle="dotted", linewidth=2, label="Paid back")
        axes.set_xlabel("What comes back, times what was paid in")
        axes.set_ylabel("Futures")
        # Below: bars and lines may stand anywhere.
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=3)

    return drawn(f"What {found.about} earns over {len(values):,} futures", alt, draw)
