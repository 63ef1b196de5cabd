"""Charts of a forecast and of an investor's schedule: fan, exposure, cash, returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

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
from impactbond.forecasts.outlook import ALL_FUNDERS, Outlook
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
