"""Writing a forecast: a workbook and a page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Unpack

from impactbond.errors import SimulationError
from impactbond.files import Writing, write_files
from impactbond.forecasts.outlook import Outlook
from impactbond.forecasts.page import forecast_page
from impactbond.forecasts.workbook import forecast_workbook
from impactbond.simulation.forecast import Forecast


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
