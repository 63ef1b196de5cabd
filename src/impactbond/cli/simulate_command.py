"""The command that draws the futures of an area, and writes what they come to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impactbond.cli.options import (
    AsJson,
    ClaimsFiles,
    ContractOrRecord,
    EvidenceFiles,
    LeaveOut,
    Replace,
    Shared,
    after_writing,
    day_option,
    inputs_of,
    out_option,
    printed,
    progressing,
    settled,
    versions_in,
)
from impactbond.cli.reading_options import reads_files
from impactbond.errors import SimulationError
from impactbond.files import Writing, write_file

if TYPE_CHECKING:
    from impactbond.simulation.area import Area
    from impactbond.simulation.forecast import Forecast


@reads_files
def simulate(
    contract: ContractOrRecord,
    area: Annotated[
        Path,
        typer.Argument(help="The area: a YAML file of groups and chances.", show_default=False),
    ],
    evidence: Annotated[
        list[Path] | None,
        typer.Argument(
            help="With evidence, or a record in place of the contract: forecast what is left from "
            "where it stands, what was claimed staying as it is.",
            show_default=False,
        ),
    ] = None,
    as_of: Annotated[
        date | None, day_option("--as-of", "With evidence: the claim dates up to this day stand.")
    ] = None,
    claims: ClaimsFiles = None,
    leave_out: LeaveOut = False,
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

    begun = begins_from(contract, read_area(area), evidence, claims, as_of, leave_out)
    with ExitStack() as stack:
        told = stack.enter_context(progressing(f"Settling {trials:,} futures", trials))
        pool = stack.enter_context(ProcessPoolExecutor(workers)) if workers > 1 else None
        forecast = begun(trials=trials, seed=seed, executor=pool, progress=told)
    how = Writing(
        replace=replace, shared=shared, inputs=[*inputs_of(contract, evidence, claims), area]
    )
    if paths is not None:
        forecast.write_paths(paths, **how)
    if out is None:
        printed(as_json, forecast.as_dict, lambda: forecast.text)
    else:
        with after_writing(paths):
            write_out(forecast, out, how, as_json)


def write_out(forecast: Forecast, out: Path, how: Writing, as_json: bool) -> None:
    """The forecast as a workbook and a page, and told."""
    from impactbond.forecasts.workbook import write_forecast

    written = write_forecast(forecast, out, **how)
    names = [path.name for path in written]
    printed(
        as_json,
        lambda: forecast.as_dict() | {"written": names},
        lambda: "\n".join([forecast.text, "", *(f"Wrote {path}" for path in written)]),
    )


def begins_from(
    contract: Path,
    area: Area,
    evidence: list[Path] | None,
    claims: list[Path] | None,
    as_of: date | None,
    leave_out: bool,
) -> Callable[..., Forecast]:
    """What draws the futures: of the whole term, or of what is left of it."""
    from impactbond.records.contents import is_record
    from impactbond.simulation.reforecast import reforecast
    from impactbond.simulation.simulate import simulate

    if not evidence and not claims and not is_record(contract):
        if as_of is not None or leave_out:
            problem = "name the evidence, or a record in place of the contract"
            raise typer.BadParameter(problem, param_hint="--as-of, --leave-out-refused")
        return partial(simulate, versions_in(contract).terms, area)
    settlement = settled(contract, evidence, as_of, leave_out, claims=claims)
    versions = None if is_record(contract) else versions_in(contract)
    return partial(reforecast, settlement, area, contract=versions)


@reads_files
def learn(
    contract: ContractOrRecord,
    evidence: EvidenceFiles = None,
    as_of: Annotated[
        date | None, day_option("--as-of", "Learn from every claim date up to this day.")
    ] = None,
    claims: ClaimsFiles = None,
    children: Annotated[
        int | None,
        typer.Option("--children", min=1, help="With --claims: how many children started."),
    ] = None,
    leave_out_refused: LeaveOut = False,
    out: Annotated[Path | None, out_option("The area to write, as YAML; else print it.")] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Write the area that results are those of: who started, and how sure each chance is."""
    from impactbond.simulation.learn import area_from

    settlement = settled(contract, evidence, as_of, leave_out_refused, claims=claims)
    area = area_from(settlement, children=children)
    text = area.source.decode()
    told = text.rstrip()
    if out is not None:
        refused = partial(SimulationError, "The area cannot be written.")
        how = Writing(replace=replace, shared=shared, inputs=inputs_of(contract, evidence, claims))
        told = f"Wrote {write_file(out, area.source, refused, **how)}"
    printed(as_json, lambda: {"children": area.children, "area": text}, lambda: told)
