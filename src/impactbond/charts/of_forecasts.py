"""Charts of a forecast and of an investor's schedule: fan, exposure, cash, returns.

Plans: every version, what came, and what is forecast, to date. What an investment earns over many
futures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from impactbond.charts.drawing import (
    DARK,
    HATCH,
    INK,
    LIGHT,
    MIDDLE,
    Drawing,
    bands,
    drawn,
    money_axis,
    wrapped,
)
from impactbond.errors import AssumptionError, Fault
from impactbond.forecasts.outlook import ALL_FUNDERS, Outlook
from impactbond.forecasts.plans import CAME, FORECAST, PlansBeside
from impactbond.forecasts.returns import FutureReturns
from impactbond.investment.investor_schedule import InvestorSchedule
from impactbond.money import show
from impactbond.simulation.forecast import Forecast

Rows = Sequence[dict[str, Any]]


def fan_chart(forecast: Forecast) -> Drawing:
    """What all funders are asked for up to each claim date: median, and 5% to 95% of futures."""
    rows = Outlook(forecast).to_date_table.to_pylist()
    currency, last = forecast.contract.currency, rows[-1]
    alt = (
        f"Asked of all funders to date, claim by claim. By {last['claim_period']} the median is "
        f"{show(last['p50_pence'], currency)}, and 90 of 100 futures lie between "
        f"{show(last['p5_pence'], currency)} and {show(last['p95_pence'], currency)}."
    )

    def draw(axes: Any) -> None:
        _band(axes, range(len(rows)), rows)
        axes.set_xticks(range(len(rows)), [row["claim_period"] for row in rows], rotation=45)
        axes.set_ylim(bottom=min(0, *(row["p5_pence"] for row in rows)))
        money_axis(axes.yaxis, currency)
        axes.legend(loc="upper left")

    return drawn("Asked of all funders, to date", alt, draw)


def cash_chart(forecast: Forecast, opening_pence: int = 0) -> Drawing:
    """The provider's cash on each day on which money moves: median, and 5% to 95% of futures."""
    outlook = Outlook(forecast, opening_pence)
    rows, currency = outlook.cash_table.to_pylist(), forecast.contract.currency
    lowest = min(rows, key=lambda row: row["p5_pence"])
    alt = (
        f"The provider's cash. It is lowest about {lowest['on']}: "
        f"{show(lowest['p50_pence'], currency)} in the middle future, and below "
        f"{show(lowest['p5_pence'], currency)} in 5 of 100."
    )

    def draw(axes: Any) -> None:
        _band(axes, _past_the_end([row["on"] for row in rows]), [*rows, rows[-1]], step="post")
        axes.axhline(0, color=INK, linewidth=1)
        axes.tick_params(axis="x", rotation=45)
        money_axis(axes.yaxis, currency)
        axes.legend(loc="best")

    return drawn("The provider's cash", alt, draw)


def exposure_chart(forecast: Forecast) -> Drawing:
    """What each funder may be asked for: 5% to 95% of futures, the mean, the most, and what it
    committed or a limit lets it pay.
    """
    table = Outlook(forecast).exposure_table.to_pylist()
    rows = [row for row in table if row["funder"] != ALL_FUNDERS][::-1]
    currency = forecast.contract.currency
    alt = "; ".join(
        f"{row['funder']}: {show(row['p5_pence'], currency)} to "
        f"{show(row['p95_pence'], currency)}, at most {show(row['most_pence'], currency)}"
        for row in rows[::-1]
    )

    def draw(axes: Any) -> None:
        places = bands(axes, rows)
        named: tuple[tuple[str, str, str], ...] = (
            ("mean_pence", "o", "Mean"),
            ("most_pence", "x", "Most of the futures drawn"),
            ("committed_pence", "|", "Committed, or limited to"),
        )
        for key, marker, label in named:
            known = [(row[key], at) for at, row in zip(places, rows, strict=True) if row[key]]
            if known:
                size = 18 if marker == "|" else 7
                values, at = zip(*known, strict=True)
                axes.plot(values, at, marker, color=INK, markersize=size, label=label)
        axes.set_yticks(places, [wrapped(row["funder"]) for row in rows])
        axes.set_xlim(left=0)
        money_axis(axes.xaxis, currency)
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.12), ncols=4, fontsize=8)

    high = 1.6 + 0.42 * len(rows)
    return drawn("What each funder may be asked for", alt, draw, high=high)


def returns_chart(schedule: InvestorSchedule) -> Drawing:
    """What each class has put in and got back, to date, on every day of a flow."""
    currency = schedule.contract.currency
    flows = {name: schedule.flows(of_class=name) for name in schedule.unpaid_pence}
    alt = "; ".join(
        f"{name}: at worst {show(one.peak_need_pence, currency)} out, in the end "
        f"{show(one.gain_pence, currency)}"
        for name, one in flows.items()
    )

    def draw(axes: Any) -> None:
        looks = ((DARK, "solid"), (MIDDLE, "dashed"), (DARK, "dotted"), (MIDDLE, "dashdot"))
        for place, (name, one) in enumerate(flows.items()):
            days = _past_the_end([*one.to_date, schedule.until])
            sums = [*one.to_date.values(), one.gain_pence, one.gain_pence]
            colour, dashes = looks[place % len(looks)]
            look = {"color": colour, "linestyle": dashes, "linewidth": 2, "label": name}
            axes.step(days, sums, where="post", **look)
        axes.axhline(0, color=INK, linewidth=1)
        axes.tick_params(axis="x", rotation=45)
        money_axis(axes.yaxis, currency)
        axes.legend(loc="best")

    return drawn("Got back less put in, by class", alt, draw)


def _past_the_end(days: Sequence[date]) -> list[date]:
    """The days, and one more at the right, so that the last step is seen."""
    return [*days, days[-1] + timedelta(days=max(7, (days[-1] - days[0]).days // 30))]


def _band(axes: Any, places: Any, rows: Rows, step: str | None = None) -> None:
    """The median as a line, and from 5% to 95% as a hatched band between dashed lines."""
    places = list(places)
    low, middle, high = ([row[f"{name}_pence"] for row in rows] for name in ("p5", "p50", "p95"))
    label = "5% to 95% of futures"
    look = {"facecolor": LIGHT, "edgecolor": MIDDLE, "hatch": HATCH, "linewidth": 0}
    axes.fill_between(places, low, high, step=step, label=label, **look)
    for values in (low, high):
        where = {"drawstyle": "steps-post"} if step else {}
        axes.plot(places, values, color=MIDDLE, linestyle="dashed", linewidth=1, **where)
    where = {"drawstyle": "steps-post"} if step else {}
    axes.plot(places, middle, color=INK, linewidth=2, label="Median", **where)


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
