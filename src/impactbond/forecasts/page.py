"""A forecast as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from impactbond.forecasts.outlook import ALL_FUNDERS, Outlook
from impactbond.money import show
from impactbond.pages.charts import Bar, Curve, bar_chart, line_chart
from impactbond.pages.house import AMOUNT, DAY, Chart, PageHead, PageTable, page_of
from impactbond.terms.words import counted
from impactbond.version import __version__

HEADS = ("Mean", "5%", "Median", "95%", "Most")
_NAMES = ("mean_pence", "p5_pence", "p50_pence", "p95_pence", "most_pence")
_PARTS = (
    ("figures", "What it comes to"),
    ("exposure", "What funders may be asked for"),
    ("claims", "Claim by claim"),
    ("plans", "Plans"),
    ("limits", "Limits"),
    ("cash", "The provider's cash"),
    ("assumed", "What was assumed"),
)


def forecast_page(outlook: Outlook) -> str:
    """The page, as text.

    Raises PageError where Jinja, of the extra `pages`, is not installed.
    """
    forecast = outlook.forecast
    currency, area = forecast.contract.currency, forecast.area
    exposure = outlook.exposure_table.to_pylist()
    figures = outlook.figures_table.to_pylist()
    told = {one["figure"]: one for one in figures}
    need = told["Provider's deepest need of cash"]
    few = [
        ("Asked of all funders, on average", show(figures[0]["mean_pence"], currency)),
        ("In 90 of 100 futures", _between(figures[0], currency)),
        ("Cash needed in 95 of 100 futures, at most", show(need["p95_pence"], currency)),
    ]
    head = PageHead(
        f"{forecast.contract.title}: {area.title}",
        f"{forecast.trials:,} futures of {area.children:,} children, from seed {forecast.seed}",
        [part for part in _PARTS if part[0] != "plans" or outlook.plans_table.num_rows],
        [
            f"Made by impactbond {__version__}. Nothing here is evidence: it follows from what was"
            " assumed.",
            "Percentiles of each row are its own: down a column they do not add up.",
        ],
    )
    assumed = [
        ("Contract", forecast.contract.contract),
        ("Area", area.area),
        ("Children", f"{area.children:,} in {counted(len(area.groups), 'group')}"),
        ("Futures", f"{forecast.trials:,}, seed {forecast.seed}"),
        ("Provider begins with", show(outlook.opening_pence, currency)),
    ]
    return page_of(
        "forecast.html",
        head,
        few=few,
        figures=_spread_table("few", "Figures", "Figure", figures, "figure", currency),
        exposure=_exposure(exposure, currency),
        exposed=_exposure_chart(exposure, currency),
        to_date=_to_date(outlook.to_date_table, currency),
        fan=_fan(outlook.to_date_table, currency),
        plans=_plans(outlook.plans_table, currency),
        limits=_limits(outlook),
        cash=_cash(outlook.cash_table, currency, forecast.trials),
        assumed=assumed,
        cautions=forecast.cautions,
    )


def _between(row: dict[str, Any], currency: str) -> str:
    return f"{show(row['p5_pence'], currency)} to {show(row['p95_pence'], currency)}"


def _amounts(row: dict[str, Any], currency: str) -> list[str]:
    return [show(row[name], currency) for name in _NAMES]


def _spread_table(
    id: str, caption: str, head: str, rows: Sequence[dict[str, Any]], key: str, currency: str
) -> PageTable:
    cells = [[row[key], *_amounts(row, currency)] for row in rows]
    return PageTable(id, caption, (head, *HEADS), cells, dict.fromkeys(range(1, 6), AMOUNT))


def _exposure(rows: Sequence[dict[str, Any]], currency: str) -> PageTable:
    cells = []
    for row in rows:
        has = row["committed_pence"] is not None
        committed = show(row["committed_pence"], currency) if has else "not stated"
        over = f"{row['over_trials']:,} of {row['trials']:,}" if has else ""
        cells.append([row["funder"], *_amounts(row, currency), committed, over])
    heads = ("Funder", *HEADS, "Committed, or limited to", "Asked for more in")
    kinds = dict.fromkeys(range(1, 8), AMOUNT)
    return PageTable("exposed", "Asked for over the term", heads, cells, kinds)


def _exposure_chart(rows: Sequence[dict[str, Any]], currency: str) -> Chart:
    own = [row for row in rows if row["funder"] != ALL_FUNDERS]
    bars = [
        Bar(
            row["funder"],
            (row["p5_pence"], row["p95_pence"] - row["p5_pence"]),
            _between(row, currency),
            row["committed_pence"],
        )
        for row in own
    ]
    mark = "At most" if any(row["committed_pence"] is not None for row in own) else ""
    describes = "; ".join(f"{row['funder']}: {_between(row, currency)}" for row in own)
    parts = ("In 95 of 100 futures", "Beyond it in 5 of 100")
    title = "What each funder is asked for in 90 of 100 futures"
    svg = bar_chart("exposure-chart", title, describes, bars, parts, mark)
    return Chart(title, svg)


def _to_date(table: pa.Table, currency: str) -> PageTable:
    cells = [
        [row["claim_period"], row["claim_date"].isoformat(), *_amounts(row, currency)]
        for row in table.to_pylist()
    ]
    kinds = {1: DAY} | dict.fromkeys(range(2, 7), AMOUNT)
    heads = ("Claim", "Made on", *HEADS)
    return PageTable("to-date", "Asked of all funders, to date", heads, cells, kinds)


def _fan(table: pa.Table, currency: str) -> Chart:
    rows = table.to_pylist()
    curves = [
        Curve(name, [max(0, row[key]) for row in rows], dashed=dashed)
        for name, key, dashed in (
            ("95%", "p95_pence", True),
            ("Median", "p50_pence", False),
            ("5%", "p5_pence", True),
        )
    ]
    title = "Asked of all funders, to date"
    describes = f"By the last claim: {_between(rows[-1], currency)} in 90 of 100 futures"
    periods = [row["claim_period"] for row in rows]
    svg = line_chart(
        "fan-chart", title, describes, periods, curves, lambda pence: show(pence, currency)
    )
    return Chart(title, svg)


def _plans(table: pa.Table, currency: str) -> PageTable | None:
    """Plans beside the forecast; None where the contract has none."""
    if not table.num_rows:
        return None
    amounts = ("planned_pence", "p5_pence", "p50_pence", "p95_pence", "more_pence")
    cells = [
        [
            *(row["plan"], row["made_on"].isoformat(), row["period"]),
            *(show(row[name], currency) for name in amounts),
        ]
        for row in table.to_pylist()
    ]
    heads = ("Plan", "Made on", "By the end of", "Planned", "5%", "Median", "95%")
    kinds = {1: DAY} | dict.fromkeys(range(3, 8), AMOUNT)
    caption = "Planned to date, beside what is asked of all funders to date"
    return PageTable("plans-table", caption, (*heads, "Median less planned"), cells, kinds)


def _limits(outlook: Outlook) -> PageTable:
    forecast = outlook.forecast
    currency, limits = forecast.contract.currency, forecast.limits_on
    rows = forecast.limits_table.to_pylist()[-len(limits) :] if limits else []
    cells = [
        [
            limit.said,
            limit.at_most,
            f"{100 * row['chance']:.1f}%",
            show(row["mean_held_back_pence"], currency),
        ]
        for limit, row in zip(limits, rows, strict=True)
    ]
    heads = ("Limit on", "At most", "Chance that it binds", "Held back on average")
    return PageTable(
        "limits-table", "Limits by the end of the term", heads, cells, {2: AMOUNT, 3: AMOUNT}
    )


def _cash(table: pa.Table, currency: str, trials: int) -> PageTable:
    cells = [
        [row["on"].isoformat(), *_amounts(row, currency), f"{row['below_trials']:,} of {trials:,}"]
        for row in table.to_pylist()
    ]
    heads = ("On", *HEADS, "Below nothing in")
    kinds = {0: DAY} | dict.fromkeys(range(1, 7), AMOUNT)
    note = (
        "Payments are there on their due days; costs are taken from the first day of their month."
    )
    return PageTable("cash-table", "Cash at the end of the day", heads, cells, kinds, note=note)
