"""A forecast as a workbook, by the conventions of statements: one table a sheet, whole minor units
and beside them amounts as formulas, with the value that each gives; charts are the program's own.

And writing a forecast: a workbook and a page.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import pyarrow as pa

from impactbond.errors import SimulationError
from impactbond.files import Writing, write_files
from impactbond.forecasts.outlook import Outlook
from impactbond.forecasts.page import forecast_page
from impactbond.money import CURRENCIES, major_units, show, show_share
from impactbond.simulation.forecast import Forecast
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.layout import Column, Drawn, Kind, SheetChart, SheetTable
from impactbond.terms.words import counted

_NAMES = {"mean": "Mean", "p5": "5%", "p50": "Median", "p95": "95%", "most": "Most"}
_PLANNED = ("planned", "p5", "p50", "p95", "more")
_BASED = "These are futures drawn from assumptions; nothing here is evidence."
_HEIGHT, _BAR = 380, 22  # of a chart, and of one bar, in pixels
_OWN = "Percentiles of each row are its own: down a column they do not add up."


def forecast_workbook(outlook: Outlook) -> bytes:
    """The workbook, the same bytes for the same forecast."""
    forecast = outlook.forecast
    title = f"{forecast.contract.title}: {forecast.area.title}"
    book = Book(
        title=title,
        subject="Forecast",
        company=forecast.contract.provider,
        created=forecast.contract.version.signed_on,
    )
    sheets = [_figures(outlook, title), *_drawn(outlook)]
    if outlook.plans_table.num_rows:
        sheets.append(_plans(outlook))
    if forecast.limits_on:
        sheets.append(_limits(outlook))
    sheets.append(_assumed(outlook))
    for sheet in sheets:
        book.add_table(sheet)
    return book.close()


def _drawn(outlook: Outlook) -> Iterator[SheetTable]:
    """The sheets that have a chart."""
    told = "What each funder may be asked for: the mean, and what 5 of 100 futures go beyond"
    own = outlook.exposure_table.num_rows - 1
    yield _charted(_exposure(outlook), outlook, ("mean", "p95"), "funder", told, rows=own)
    told = "What all funders are asked for, to date: 5%, median and 95% of futures at each claim"
    yield _charted(_claims(outlook), outlook, ("p5", "p50", "p95"), "claim", told)
    told = "The provider's cash: 5%, median and 95% of futures on each day on which money moves"
    yield _charted(_cash(outlook), outlook, ("p5", "p50", "p95"), "on", told)


def _amounts(table: pa.Table, names: Sequence[str], currency: str) -> list[Column]:
    """Amounts in the currency's units, each worked out from the minor units at its right."""
    known, found = CURRENCIES[currency], []
    kind: Kind = _KINDS[known.decimals]
    for name in names:
        pence = table[f"{name}_pence"].to_pylist()
        values = [None if one is None else float(major_units(one, currency)) for one in pence]
        formula = f"[{name}_minor]/{known.in_one}"
        heading = f"{_named(name)} ({known.sign.strip()})"
        found.append(Column(name, heading, kind, 17, values, formula))
    for name in names:
        pence = table[f"{name}_pence"].to_pylist()
        heading = f"{_named(name)} in {known.minor}"
        found.append(Column(f"{name}_minor", heading, "pence", 15, pence))
    return found


def _named(name: str) -> str:
    """The heading of an amount."""
    return {**_NAMES, "more": "Median less planned"}.get(name, name.capitalize())


_KINDS: dict[int, Kind] = {0: "amount 0", 2: "amount 2", 3: "amount 3", 4: "amount 4"}


def _figures(outlook: Outlook, title: str) -> SheetTable:
    table = outlook.figures_table
    names = Column("figure", "Figure", "text", 40, table["figure"].to_pylist())
    amounts = _amounts(table, tuple(_NAMES), outlook.forecast.contract.currency)
    intro = (title, _BASED, _OWN)
    return SheetTable(
        *("Figures", "What the forecast comes to", "What it comes to", intro, (names, *amounts)),
        last_printed="most",
    )


def _exposure(outlook: Outlook) -> SheetTable:
    table, forecast = outlook.exposure_table, outlook.forecast
    columns = (
        Column("funder", "Funder", "text", 40, table["funder"].to_pylist()),
        *_amounts(table, (*_NAMES, "committed"), forecast.contract.currency),
        Column("over", "Trials above it", "count", 12, table["over_trials"].to_pylist()),
    )
    intro = (
        f"What each funder is asked for over the term in {forecast.trials:,} futures.",
        "Committed is what the contract says, or what a limit lets the funder pay.",
    )
    last = frozenset({table.num_rows - 1})
    return SheetTable(
        *("Exposure", "What funders may be asked for", "Exposure", intro, columns),
        last_printed="committed",
        strong=last,
    )


def _claims(outlook: Outlook) -> SheetTable:
    table = outlook.to_date_table
    columns = (
        Column("claim", "Claim", "identifier", 14, table["claim_period"].to_pylist()),
        Column("made", "Made on", "date", 14, table["claim_date"].to_pylist()),
        *_amounts(table, tuple(_NAMES), outlook.forecast.contract.currency),
    )
    intro = ("What all funders are asked for up to each claim date.", _OWN)
    return SheetTable(
        "Claims", "Claim by claim, to date", "To date", intro, columns, last_printed="most"
    )


def _plans(outlook: Outlook) -> SheetTable:
    table = outlook.plans_table
    columns = (
        Column("plan", "Plan", "text", 24, table["plan"].to_pylist()),
        Column("made", "Made on", "date", 14, table["made_on"].to_pylist()),
        Column("period", "Period", "text", 18, table["period"].to_pylist()),
        Column("ends", "Ends on", "date", 14, table["last_on"].to_pylist()),
        *_amounts(table, _PLANNED, outlook.forecast.contract.currency),
    )
    intro = (
        "What each plan has in total by the end of its period, beside what all funders are asked",
        "for to date at the claims of periods that end by then.",
    )
    return SheetTable(
        "Plans", "Plans beside the forecast, to date", "Plans", intro, columns, last_printed="more"
    )


def _cash(outlook: Outlook) -> SheetTable:
    table, forecast = outlook.cash_table, outlook.forecast
    columns = (
        Column("on", "On", "date", 14, table["on"].to_pylist()),
        *_amounts(table, tuple(_NAMES), forecast.contract.currency),
        Column("below", "Trials below nothing", "count", 14, table["below_trials"].to_pylist()),
    )
    begins = show(outlook.opening_pence, forecast.contract.currency)
    intro = (
        f"The provider's cash at the end of each day on which money moves, from {begins} on.",
        "Payments are there on their due days; costs are taken on the first of their month.",
    )
    return SheetTable("Cash", "The provider's cash", "Cash", intro, columns, last_printed="most")


def _limits(outlook: Outlook) -> SheetTable:
    forecast = outlook.forecast
    rows = forecast.limits_table.slice(forecast.limits_table.num_rows - len(forecast.limits_on))
    named = [one.said for one in forecast.limits_on]
    columns = (
        Column("limit", "Limit on", "text", 40, named),
        Column("most", "At most", "text", 30, [one.at_most for one in forecast.limits_on]),
        Column("bound", "Trials in which it binds", "count", 16, rows["bound_trials"].to_pylist()),
        Column("of", "Trials", "count", 12, rows["trials"].to_pylist()),
        Column("chance", "Chance", "percent", 12, rows["chance"].to_pylist(), "[bound]/[of]"),
    )
    intro = ("How often each limit has bound by the end of the term.",)
    return SheetTable("Limits", "Limits", "Limits", intro, columns)


def _assumed(outlook: Outlook) -> SheetTable:
    forecast = outlook.forecast
    area = forecast.area
    facts: list[tuple[str, str]] = [
        ("Contract", f"{forecast.contract.contract}, {forecast.contract.digest}"),
        ("Area", area.area),
        ("Children", f"{area.children:,} in {counted(len(area.groups), 'group')}"),
        ("Futures", f"{forecast.trials:,}, seed {forecast.seed}"),
        *((f"Chance of {name}", show_share(one.chance)) for name, one in area.chances.items()),
        *(("Caution", caution) for caution in forecast.cautions),
    ]
    columns = (
        Column("what", "What", "text", 30, [what for what, _ in facts]),
        Column("told", "Assumed", "text", 90, [told for _, told in facts]),
    )
    return SheetTable("Assumed", "What was assumed", "Assumed", (_BASED,), columns)


def _charted(
    table: SheetTable,
    outlook: Outlook,
    keys: Sequence[str],
    along: str,
    told: str,
    rows: int | None = None,
) -> SheetTable:
    """The table with a chart below: of days or claims lines, of funders lying bars."""
    height = table.height if rows is None else rows
    sheet, first = table.sheet, table.header_row + 2

    def cells(key: str) -> str:
        letter = table.letter(key)
        return f"{sheet}!${letter}${first}:${letter}${first + height - 1}"

    is_lying = along == "funder"
    chart = SheetChart(
        table.title,
        told,
        CURRENCIES[outlook.forecast.contract.currency],
        max(_HEIGHT, 120 + 2 * _BAR * height) if is_lying else _HEIGHT,
        tuple(
            Drawn(table.heading(key), cells(along), cells(key), is_line=not is_lying)
            for key in keys
        ),
        lying=is_lying,
        days=along == "on",
    )
    return replace(table, charts=(chart,))


def write_forecast(
    forecast: Forecast,
    folder: str | os.PathLike[str],
    *,
    opening_pence: int = 0,
    **how: Unpack[Writing],
) -> list[Path]:
    """Writes a forecast into a folder: CONTRACT_AREA_forecast.xlsx and .html, of a re-forecast
    CONTRACT_AREA_reforecast with the day from which it goes on; and gives their paths.
    `opening_pence` is what the provider has to begin with.

    Raises SimulationError where a file cannot be written, or another stands there; PageError where
    Jinja, of the extra `pages`, is not installed.
    """
    outlook = Outlook(forecast, opening_pence)
    kind = "forecast"
    if forecast.settled_claims:  # those of several claim dates stand side by side
        kind = f"reforecast_{forecast.claim_dates[forecast.settled_claims - 1].known_by}"
    stem = f"{forecast.contract.contract}_{forecast.area.area}_{kind}"
    files = {
        f"{stem}.xlsx": forecast_workbook(outlook),
        f"{stem}.html": forecast_page(outlook).encode(),
    }
    return write_files(
        Path(folder),
        files,
        lambda faults: SimulationError("The forecast cannot be written.", faults),
        **how,
    )
