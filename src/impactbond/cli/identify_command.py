"""The command that says who is at risk, in how many areas, and why."""

from __future__ import annotations

from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.options import (
    AsJson,
    ContractFile,
    EvidenceFiles,
    Replace,
    Shared,
    day_option,
    inputs_of,
    known_in,
    out_option,
    printed,
    versions_in,
    working,
)
from impactbond.cli.reading_options import reads_files
from impactbond.errors import SettlementError
from impactbond.files import Writing, write_file


@reads_files
def identify(
    contract: ContractFile,
    as_of: Annotated[date, day_option("--as-of", "What was recorded by this day is known.")],
    evidence: EvidenceFiles = None,
    condition: Annotated[
        str | None,
        typer.Option("--condition", help="By default what makes a participant eligible."),
    ] = None,
    participant: Annotated[
        str | None, typer.Option("--participant", help="Say why, of this one.")
    ] = None,
    out: Annotated[
        Path | None, out_option("The CSV file to write, a row for each participant.")
    ] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Say who is at risk, in how many areas and why, by a condition of the contract."""
    import pyarrow.csv

    from impactbond.explanation.identification import identify as identified

    versions = versions_in(contract)
    with working("Reading the evidence"):
        known = known_in(evidence or [], versions, row_by_row=False)
    with working("Identifying"):
        found = identified(versions, known, as_of=as_of, condition=condition)
    if participant is not None:
        told = found.why(participant)
        lines = [f"{told.name or found.condition}: {told.state}. {told.sentence}"]
        lines += [f"  - {one.name or one.what}: {one.state}. {one.sentence}" for one in told.parts]
        areas = [(one.name or one.what, one.state, one.sentence) for one in told.parts]
        data = {"state": told.state, "sentence": told.sentence, "areas": areas}
        return printed(as_json, lambda: data, lambda: "\n".join(lines))
    written = ""
    if out is not None:
        buffer = BytesIO()
        pyarrow.csv.write_csv(found.table, buffer)
        how = Writing(replace=replace, shared=shared, inputs=inputs_of(contract, evidence))
        refused = partial(SettlementError, "The table cannot be written.")
        written = f"\nWrote {write_file(out, buffer.getvalue(), refused, **how)}"
    return printed(as_json, found.as_dict, lambda: found.text + written)
