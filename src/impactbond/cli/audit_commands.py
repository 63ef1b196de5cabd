"""The commands of an auditor: keep what a settlement rests on, say what was kept, settle it again,
compare.
"""

from __future__ import annotations

from os.path import isdir
from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.options import (
    AnswerOut,
    AsJson,
    AsOf,
    Carried,
    Carry,
    ClaimsFiles,
    ContractFile,
    Earlier,
    EvidenceFiles,
    LeaveOut,
    ReceiptsOption,
    Replace,
    RowByRow,
    Shared,
    Supersedes,
    answered,
    inputs_of,
    out_option,
    printed,
    received,
    settled,
    working,
)
from impactbond.cli.reading_options import reads_files
from impactbond.files import Writing


@reads_files
def record(
    contract: ContractFile,
    as_of: AsOf,
    out: Annotated[Path, out_option("The record to write.")],
    evidence: EvidenceFiles = None,
    claims: ClaimsFiles = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous",
            help="In place of --earlier: settle all again, and refuse where this record's claims "
            "come out otherwise.",
        ),
    ] = None,
    receipts: Annotated[list[Path] | None, ReceiptsOption] = None,
    funder: Annotated[
        str | None, typer.Option("--funder", help="Keep only what this funder may see.")
    ] = None,
    earlier: Earlier = None,
    carried: Carried = None,
    carry: Carry = None,
    supersedes: Supersedes = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Settle, and keep everything that the settlement rests on in one file."""
    from impactbond.records.record import read_record, write_record

    settlement = settled(
        contract,
        evidence,
        as_of,
        leave_out_refused,
        earlier,
        row_by_row,
        claims,
        carried,
        with_decisions=True,
    )
    came = received(receipts, settlement)
    kept = (earlier, carried, previous, supersedes)
    with working("Writing the record"):
        written = write_record(
            settlement,
            out,
            previous=previous,
            supersedes=supersedes,
            receipts=came,
            leave_out_refused=leave_out_refused,
            funder=funder,
            carried=carry,
            replace=replace,
            shared=shared,
            inputs=inputs_of(contract, evidence, claims, receipts, *kept),
        )
    digest = read_record(written).digest
    told = f"Wrote {written}\nNote its SHA-256 elsewhere: {digest}"
    printed(as_json, lambda: {"written": written.name, "sha256": digest}, lambda: told)


def show(
    kept: Annotated[Path, typer.Argument(help="The record.", show_default=False)],
    out: AnswerOut = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Say what a record is of, what it rests on, what is due, and what it holds, part by part."""
    from impactbond.records.shown import show_record

    shown = show_record(kept)
    how = Writing(replace=replace, shared=shared, inputs=[kept])
    answered(out, as_json, shown.as_dict, lambda: shown.text, **how)


def regenerate(
    kept: Annotated[Path, typer.Argument(help="The record.", show_default=False)],
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="The digest that was noted elsewhere.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option("--previous", help="The record that it must follow on.")
    ] = None,
    view: Annotated[
        Path | None, typer.Option("--view", help="A funder's view that must be cut from it.")
    ] = None,
    out: Annotated[
        Path | None, out_option("A folder to write the tables and statements into again.")
    ] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Settle a record again and compare byte for byte."""
    from impactbond.records.regenerate import regenerate_record
    from impactbond.records.verify_record import verify_record

    record = verify_record(kept, digest=sha256, previous=previous)
    if view is not None:
        verify_record(view, whole=kept)
    with working("Settling again"):
        result = regenerate_record(record)
    told, text = result.as_dict(), result.text
    if out is not None:
        read = [one for one in (kept, previous, view) if one]
        written = result.write(out, replace=replace, shared=shared, inputs=read)
        told["written"] = [path.name for path in written]
        text += f"\n  Wrote {len(written)} files to {out}"
    printed(as_json, lambda: told, lambda: text)
    if not result.same:
        raise typer.Exit(1)


def verify(
    workbook: Annotated[
        Path,
        typer.Argument(
            help="The statement: an Excel workbook; or a folder of them.", show_default=False
        ),
    ],
    kept: Annotated[
        Path | None, typer.Argument(help="The record; none for a folder.", show_default=False)
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="The file must be the same, byte for byte.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare a statement with a record: every cell, its formula and its saved result; or a folder
    with its manifest: whether it holds what was written, all of it and nothing else.
    """
    from impactbond.records.verify import verify as verified
    from impactbond.statements.manifest import verify_folder

    if kept is None and isdir(workbook):
        folder = verify_folder(workbook)
        printed(as_json, folder.as_dict, lambda: folder.text)
        if not folder.same:
            raise typer.Exit(1)
        return
    if kept is None:
        raise typer.BadParameter("name the record of the statement", param_hint="KEPT")

    with working("Comparing every cell"):
        result = verified(workbook, kept)
    printed(as_json, result.as_dict, lambda: result.text)
    if not result.same or (exact and not result.identical):
        raise typer.Exit(1)


def compare(
    was: Annotated[Path, typer.Argument(help="A record, or a contract.", show_default=False)],
    now: Annotated[Path, typer.Argument(help="Another of its kind.", show_default=False)],
    out: AnswerOut = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Say what differs between two records or contract versions, and whose money moves."""
    from impactbond.comparison.comparison import compare as compared

    with working("Comparing"):
        result = compared(was, now)
    how = Writing(replace=replace, shared=shared, inputs=[was, now])
    answered(out, as_json, result.as_dict, lambda: result.text, **how)
    if not result.same:
        raise typer.Exit(1)
