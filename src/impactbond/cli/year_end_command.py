"""The command that draws up a year end."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from impactbond.cli.options import (
    AsJson,
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
    known_in,
    out_option,
    printed,
    versions_in,
    working,
)
from impactbond.cli.reading_options import reads_files
from impactbond.files import Writing

if TYPE_CHECKING:
    from impactbond.closing.year_end import Framework


LedgerOption = Annotated[
    Path | None, typer.Option("--ledger", help="The ledger map: a YAML or JSON file.")
]
TrialBalanceOption = Annotated[
    Path | None,
    typer.Option("--trial-balance", help="What the ledger shows: account,debit,credit as CSV."),
]

StatementsOption = Annotated[
    list[Path] | None,
    typer.Option("--statements", help="A folder of statements issued: invoices name each SHA-256."),
]


@reads_files
def year_end(
    contract: ContractFile,
    evidence: EvidenceFiles,
    on: Annotated[date, day_option("--on", "The last day of the year.")],
    evidence_to: Annotated[
        date | None,
        day_option("--evidence-to", "Evidence recorded up to this day counts; by default --on."),
    ] = None,
    receipts: Annotated[list[Path] | None, ReceiptsOption] = None,
    previous: Annotated[
        Path | None, typer.Option("--previous", help="The year end before, as it was filed.")
    ] = None,
    ledger: LedgerOption = None,
    trial_balance: TrialBalanceOption = None,
    statements: StatementsOption = None,
    framework: Annotated[
        str, typer.Option("--framework", help="The words: 'SORP 2026' or 'SORP 2019'.")
    ] = "SORP 2026",
    out: Annotated[
        Path | None,
        out_option("The folder to write tables, the file for next year, and journals into."),
    ] = None,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Say what was earned by a year end and is not claimed yet, funder by funder, with journals."""
    from impactbond.closing.close_year import year_end as drawn_up
    from impactbond.closing.exports import write_year_end
    from impactbond.receipts.read import read_receipts

    with working("Reading the contract and the evidence"):
        versions = versions_in(contract)
        known = known_in(evidence or [], versions, row_by_row=row_by_row)
        came = read_receipts(receipts, versions.whole) if receipts else None
    with working("Drawing up the year end"):
        year = drawn_up(
            versions,
            known,
            on=on,
            evidence_to=evidence_to,
            receipts=came,
            previous=previous,
            ledger=ledger,
            framework=cast("Framework", framework),  # refused unless it is one
            earlier=earlier,
            trial_balance=trial_balance,
            statements=statements or (),
            leave_out_refused=leave_out_refused,
        )
    others = (earlier, previous, ledger, trial_balance)
    inputs = inputs_of(contract, evidence, receipts, *others)
    how = Writing(replace=replace, shared=shared, inputs=inputs)
    written = [] if out is None else [one.name for one in write_year_end(year, out, **how)]
    told = "".join(f"\nWrote {out}/{name}" for name in written)
    printed(as_json, lambda: {**year.as_dict(), "written": written}, lambda: year.text + told)
    if year.failed:
        raise typer.Exit(1)
