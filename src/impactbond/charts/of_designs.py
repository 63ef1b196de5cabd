"""Charts of designs: a tornado of what matters, and designs side by side."""

from __future__ import annotations

from typing import Any

from impactbond.charts.drawing import DARK, HATCH, INK, Drawing, bands, drawn, money_axis, wrapped
from impactbond.designs.compare import DesignComparison
from impactbond.designs.sensitivity import ONE_AT_A_TIME, Sensitivity
from impactbond.errors import AssumptionError, Fault, assert_one_of
from impactbond.money import show


def tornado_chart(found: Sensitivity) -> Drawing:
    """What `one_at_a_time` found: each term at its low and its high end, the strongest on top.

    Raises AssumptionError for what another way found.
    """
    if found.arrow.schema != ONE_AT_A_TIME:
        fault = Fault(
            code="no_tornado",
            problem="a tornado shows one term at a time",
            found=found.way,
            hint="Draw what ib.one_at_a_time gives",
        )
        raise AssumptionError("The chart cannot be drawn.", [fault])
    rows, currency = found.arrow.to_pylist()[::-1], found.contract.currency
    alt = "; ".join(
        f"{row['path']}: {show(row['at_low_pence'], currency)} at {row['low']}, "
        f"{show(row['at_high_pence'], currency)} at {row['high']}"
        for row in rows[::-1]
    )

    def draw(axes: Any) -> None:
        for place, row in enumerate(rows):
            base = row["as_written_pence"]
            sides = (("low", {"color": "white", "hatch": HATCH}), ("high", {"color": DARK}))
            for side, look in sides:
                label = f"At the {side} end" if place == 0 else None
                wide = row[f"at_{side}_pence"] - base
                axes.barh(place, wide, left=base, height=0.5, edgecolor=INK, label=label, **look)
        axes.axvline(rows[0]["as_written_pence"], color=INK, linewidth=1)
        named = [f"{row['path']}\n{row['low']} to {row['high']}" for row in rows]
        axes.set_yticks(range(len(rows)), named)
        axes.use_sticky_edges = False  # or the first bar would end at the frame
        axes.margins(x=0.1)
        money_axis(axes.xaxis, currency)
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.12), ncols=2)

    high = 1.8 + 0.55 * len(rows)
    return drawn(f"What moves: {found.of}, on average", alt, draw, high=high)


def comparison_chart(found: DesignComparison, of: str | None = None) -> Drawing:
    """Designs side by side: 5% to 95% of the same futures, and the mean; by what they were judged
    by first, or as `of` says.
    """
    by = of or found.of[0]
    assert_one_of(by, "of", found.of, AssumptionError)
    rows = [row for row in found.arrow.to_pylist() if row["of"] == by][::-1]
    currency = found.forecasts[0].contract.currency
    alt = "; ".join(
        f"{row['design']}: {show(row['mean_pence'], currency)} on average, "
        f"{show(row['p5_pence'], currency)} to {show(row['p95_pence'], currency)}"
        for row in rows[::-1]
    )

    def draw(axes: Any) -> None:
        places = bands(axes, rows)
        means = [row["mean_pence"] for row in rows]
        axes.plot(means, places, "o", color=INK, label="Mean")
        axes.set_yticks(places, [wrapped(row["design"]) for row in rows])
        axes.use_sticky_edges = False  # or the first bar would end at the frame
        axes.margins(x=0.1)
        money_axis(axes.xaxis, currency)
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.15), ncols=2)

    high = 1.8 + 0.5 * len(rows)
    return drawn(f"The same futures by design: {by}", alt, draw, high=high)
