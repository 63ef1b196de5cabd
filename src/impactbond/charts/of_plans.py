"""A chart of plans: every version, what came, and what is forecast, to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from impactbond.charts.drawing import DARK, HATCH, INK, LIGHT, MIDDLE, Drawing, drawn, money_axis
from impactbond.forecasts.plans import CAME, FORECAST, PlansBeside
from impactbond.money import show

_LOOKS = ((MIDDLE, "dotted"), (MIDDLE, "dashed"), (DARK, "dashdot"), (DARK, "dashed"))
Points = Sequence[tuple[date, int]]


def plans_chart(found: PlansBeside) -> Drawing:
    """Every plan to date as steps, what came as the thick line, and what is forecast after it:
    median, and 5% to 95% of futures.
    """
    currency = found.contract.currency
    came, left = found.rows(CAME), found.rows(FORECAST)
    begins = found.contract.calendar.term[0]

    def draw(axes: Any) -> None:
        for place, name in enumerate(found.plans):
            colour, dashes = _LOOKS[place % len(_LOOKS)]
            own = found.rows("plan", name)
            look = {"color": colour, "linestyle": dashes, "linewidth": 1.5}
            label = f"{name}, made on {own[0]['made_on']}"
            _steps(axes, _points(own, begins), label=label, **look)
        if left:
            so_far = (came[-1]["last_on"], came[-1]["to_date_pence"]) if came else (begins, 0)
            _forecast(axes, left, so_far)
        if came:
            _steps(axes, _points(came, begins), color=INK, linewidth=3, label="Came")
        axes.tick_params(axis="x", rotation=45)
        axes.set_ylim(bottom=0)
        money_axis(axes.yaxis, currency)
        axes.legend(loc="upper left", fontsize=8)

    return drawn("Plans, what came and what is forecast, to date", _said(found), draw)


def _points(rows: Sequence[dict[str, Any]], begins: date) -> Points:
    return [(begins, 0), *((row["last_on"], row["to_date_pence"]) for row in rows)]


def _steps(axes: Any, points: Points, **look: Any) -> None:
    days, sums = zip(*points, strict=True)
    # One more day at the right, so that the last step is seen.
    axes.step([*days, days[-1] + timedelta(days=20)], [*sums, sums[-1]], where="post", **look)


def _forecast(axes: Any, rows: Sequence[dict[str, Any]], so_far: tuple[date, int]) -> None:
    """The forecast from what came so far."""
    names = ("p5_to_date_pence", "to_date_pence", "p95_to_date_pence")
    days = [so_far[0], *(row["last_on"] for row in rows)]
    days.append(days[-1] + timedelta(days=20))
    low, middle, high = (
        [so_far[1], *(row[name] for row in rows), rows[-1][name]] for name in names
    )
    look = {"facecolor": LIGHT, "edgecolor": MIDDLE, "hatch": HATCH, "linewidth": 0}
    axes.fill_between(days, low, high, step="post", label="Forecast: 5% to 95% of futures", **look)
    axes.step(days, middle, where="post", color=INK, linewidth=1.5, label="Forecast: median")


def _said(found: PlansBeside) -> str:
    currency, parts = found.contract.currency, []
    for name in found.plans:
        told = [row for row in found.rows("plan", name) if row["difference_pence"] is not None]
        if told:
            last = told[-1]
            parts.append(
                f"{name} had {show(last['to_date_pence'], currency)} by {last['last_on']}, and "
                f"{show(last['came_to_date_pence'], currency)} had come"
            )
    if came := found.rows(CAME):
        last = came[-1]
        parts.append(f"by {last['period']} {show(last['to_date_pence'], currency)} came in all")
    if left := found.rows(FORECAST):
        last = left[-1]
        parts.append(
            f"by {last['period']} the median forecast is {show(last['to_date_pence'], currency)}, "
            f"and 90 of 100 futures lie between {show(last['p5_to_date_pence'], currency)} and "
            f"{show(last['p95_to_date_pence'], currency)}"
        )
    return "; ".join(parts)
