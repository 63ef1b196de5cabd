"""The commands that make pages, together under `page`: each writes one HTML file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.options import (
    AsJson,
    AsOf,
    ClaimsFiles,
    ContractFile,
    Earlier,
    EvidenceFiles,
    LeaveOut,
    ReceiptsOption,
    Replace,
    RowByRow,
    Shared,
    day_option,
    inputs_of,
    out_option,
    printed,
    received,
    settled,
    working,
)
from impactbond.cli.reading_options import reads_files

OutFile = Annotated[Path, out_option("The HTML file to write.")]
Audience = Annotated[
    str | None,
    typer.Option(
        "--audience",
        help="The funder that it is for, by its id: only what it may see. By default the provider.",
    ),
]
pages = typer.Typer(
    help="Pages for a browser and for print, each one file: statement, programme, reconciliation.",
    no_args_is_help=True,
)


@pages.command("programme")
@reads_files
def programme(
    contract: ContractFile,
    evidence: EvidenceFiles,
    as_of: AsOf,
    out: OutFile,
    audience: Audience = None,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """How far every participant has come, what is close, by when evidence must arrive."""
    from impactbond.pages.programme_page import programme_page

    settlement = settled(
        contract, evidence, as_of, leave_out_refused, earlier, row_by_row, with_decisions=True
    )
    with working("Making the page"):
        page = programme_page(settlement, audience=audience)
    inputs = inputs_of(contract, evidence, earlier)
    _write(page, out, as_json, replace=replace, shared=shared, inputs=inputs)


@pages.command("statement")
@reads_files
def statement(
    contract: ContractFile,
    as_of: AsOf,
    out: OutFile,
    evidence: EvidenceFiles = None,
    claims: ClaimsFiles = None,
    audience: Audience = None,
    receipts: Annotated[list[Path] | None, ReceiptsOption] = None,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """What one funder, or all together, is asked for, as the workbook says it."""
    from impactbond.pages.statement_page import statement_page
    from impactbond.statements.source import statement_source
    from impactbond.statements.write import with_receipts

    settlement = settled(contract, evidence, as_of, leave_out_refused, earlier, row_by_row, claims)
    source, came = statement_source(settlement), received(receipts, settlement)
    if came is not None:
        source = with_receipts(source, came, leave_out_refused=leave_out_refused)
    page = statement_page(source, audience)
    inputs = inputs_of(contract, evidence, claims, receipts, earlier)
    _write(page, out, as_json, replace=replace, shared=shared, inputs=inputs)


@pages.command("reconciliation")
@reads_files
def reconciliation(
    contract: ContractFile,
    receipts: Annotated[list[Path], ReceiptsOption],
    as_of: AsOf,
    out: OutFile,
    evidence: EvidenceFiles = None,
    claims: ClaimsFiles = None,
    on: Annotated[
        date | None, day_option("--on", "The day of the account; by default that of --as-of.")
    ] = None,
    audience: Audience = None,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """What funders sent against what was due, and what is open how long."""
    from impactbond.pages.reconciliation_page import reconciliation_page
    from impactbond.receipts.read import read_receipts
    from impactbond.receipts.reconcile import reconcile

    settlement = settled(contract, evidence, as_of, leave_out_refused, earlier, row_by_row, claims)
    came = read_receipts(receipts, settlement.contract)
    found = reconcile(settlement, came, on=on or as_of, leave_out_refused=leave_out_refused)
    page = reconciliation_page(found, audience=audience)
    inputs = inputs_of(contract, evidence, claims, receipts, earlier)
    _write(page, out, as_json, replace=replace, shared=shared, inputs=inputs)


def _write(
    page: str, out: Path, as_json: bool, *, replace: bool, shared: bool, inputs: list[Path]
) -> None:
    from impactbond.pages.house import write_page

    written = write_page(page, out, replace=replace, shared=shared, inputs=inputs)
    printed(as_json, lambda: {"written": written.name}, lambda: f"Wrote {written}")
