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
        least, most = min(values), max(values)
        # Where every future earns the same, one bar stands for all.
        edges = np.linspace(least, most if most > least else least + 0.01, _BARS + 1)
        counts, _ = np.histogram(values, bins=edges)
        look = {"color": LIGHT, "edgecolor": DARK, "align": "edge"}
        axes.bar(edges[:-1], counts, width=np.diff(edges), **look)
        for value, dashes, label in (
            (low, "dashed", "5% and 95% of futures"),
            (middle, "solid", "Median"),
            (high, "dashed", None),
        ):
            axes.axvline(value, color=INK, linestyle=dashes, linewidth=1.5, label=label)
        axes.axvline(1, color=DARK, linestyle="dotted", linewidth=2, label="Paid back")
        axes.set_xlabel("What comes back, times what was paid in")
        axes.set_ylabel("Futures")
        axes.legend(loc="upper left", fontsize=8)

    return drawn(f"What {found.about} earns over {len(values):,} futures", alt, draw)
