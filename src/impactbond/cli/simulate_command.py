"""The command that draws the futures of an area, and writes what they come to."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.options import (
    AsJson,
    ContractFile,
    Replace,
    Shared,
    after_writing,
    out_option,
    printed,
    progressing,
    versions_in,
)
from impactbond.files import Writing


def simulate(
    contract: ContractFile,
    area: Annotated[
        Path,
        typer.Argument(help="The area: a YAML file of groups and chances.", show_default=False),
    ],
    trials: Annotated[
        int, typer.Option("--trials", min=1, help="How many futures to draw.")
    ] = 10_000,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The same seed draws the same futures.")
    ] = 1,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="How many processes draw; nothing else changes.")
    ] = 1,
    paths: Annotated[
        Path | None,
        out_option("A Parquet file for every future in full; large.", "--paths"),
    ] = None,
    out: Annotated[
        Path | None, out_option("The folder for a workbook and a page of the forecast.")
    ] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Draw many futures of an area under a contract, and settle each."""
    from concurrent.futures import ProcessPoolExecutor

    from impactbond.simulation.read import read_area
    from impactbond.simulation.simulate import simulate as drawn

    terms, assumed = versions_in(contract).terms, read_area(area)
    with ExitStack() as stack:
        told = stack.enter_context(progressing(f"Settling {trials:,} futures", trials))
        pool = stack.enter_context(ProcessPoolExecutor(workers)) if workers > 1 else None
        forecast = drawn(terms, assumed, trials=trials, seed=seed, executor=pool, progress=told)
    how = Writing(replace=replace, shared=shared, inputs=[contract, area])
    if paths is not None:
        forecast.write_paths(paths, **how)
    if out is None:
        printed(as_json, forecast.as_dict, lambda: forecast.text)
        return
    from impactbond.forecasts.write import write_forecast

    with after_writing(paths):
        written = write_forecast(forecast, out, **how)
    names = [path.name for path in written]
    printed(
        as_json,
        lambda: forecast.as_dict() | {"written": names},
        lambda: "\n".join([forecast.text, "", *(f"Wrote {path}" for path in written)]),
    )
