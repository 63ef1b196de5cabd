"""The commands of an auditor: why a penny was paid, and records to keep, regenerate and compare."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.options import (
    AsOf,
    ContractFile,
    EvidenceFiles,
    LeaveOut,
    ReceiptFiles,
    received,
    settled,
)
from impactbond.cli.terminal import AsJson, printed, working


def explain(
    contract: ContractFile,
    evidence: EvidenceFiles,
    participant: Annotated[
        str | None, typer.Option("--participant", help="The participant's reference.")
    ] = None,
    line: Annotated[
        str | None,
        typer.Option("--line", help="In place of a participant: a line, such as 2017-Q3/0001."),
    ] = None,
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"])] = None,
    milestone: Annotated[
        str | None, typer.Option("--milestone", help="One milestone only.")
    ] = None,
    nearest: Annotated[
        bool,
        typer.Option(
            "--nearest", help="With --milestone: what smallest change would have achieved it."
        ),
    ] = False,
    leave_out_refused: LeaveOut = False,
    as_json: AsJson = False,
) -> None:
    """Say why each milestone of a participant, or a line of a statement, was paid, or why not,
    down to the evidence.
    """
    # Refused before anything is settled, which takes far longer than reading a command.
    if (participant is None) == (line is None):
        raise typer.BadParameter("name one of the two", param_hint="--participant or --line")
    if line is not None and milestone is not None:
        raise typer.BadParameter("a line is of one milestone already", param_hint="--milestone")
    if nearest and milestone is None:
        raise typer.BadParameter("name one with --milestone", param_hint="--nearest")
    from impactbond.explanation import explain as explained

    settlement = settled(contract, evidence, as_of.date() if as_of else None, leave_out_refused)
    if participant is None:
        answer = explained.explain_line(settlement, line or "")
    elif nearest and milestone is not None:
        from impactbond.explanation.nearest import nearest_change

        near = nearest_change(settlement, participant=participant, milestone=milestone)
        printed(as_json, near.as_dict, lambda: near.text)
        return
    else:
        answer = explained.explain(settlement, participant=participant, milestone=milestone)
    printed(as_json, answer.as_dict, lambda: answer.text)


def record(
    contract: ContractFile,
    evidence: EvidenceFiles,
    as_of: AsOf,
    out: Annotated[Path, typer.Option("--out", help="The record to write.")],
    previous: Annotated[
        Path | None, typer.Option("--previous", help="The record of the claim before.")
    ] = None,
    receipts: ReceiptFiles = None,
    funder: Annotated[
        str | None, typer.Option("--funder", help="Keep only what this funder may see.")
    ] = None,
    leave_out_refused: LeaveOut = False,
    as_json: AsJson = False,
) -> None:
    """Settle, and keep everything that the settlement rests on in one file."""
    from impactbond.records.record import read_record, write_record

    settlement = settled(contract, evidence, as_of.date(), leave_out_refused)
    came = received(receipts, settlement)
    with working("Writing the record"):
        written = write_record(
            settlement,
            out,
            previous=previous,
            receipts=came,
            leave_out_refused=leave_out_refused,
            funder=funder,
        )
    digest = read_record(written).digest
    told = f"Wrote {written}\nNote its SHA-256 elsewhere: {digest}"
    printed(as_json, lambda: {"written": written.name, "sha256": digest}, lambda: told)


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
    as_json: AsJson = False,
) -> None:
    """Settle a record again and compare byte for byte."""
    from impactbond.records.record import verify_record
    from impactbond.records.regenerate import regenerate_record

    record = verify_record(kept, digest=sha256, previous=previous)
    if view is not None:
        verify_record(view, whole=kept)
    with working("Settling again"):
        result = regenerate_record(record)
    printed(as_json, result.as_dict, lambda: result.text)
    if not result.same:
        raise typer.Exit(1)


def verify(
    workbook: Annotated[
        Path, typer.Argument(help="The statement: an Excel workbook.", show_default=False)
    ],
    kept: Annotated[Path, typer.Argument(help="The record.", show_default=False)],
    exact: Annotated[
        bool, typer.Option("--exact", help="The file must be the same, byte for byte.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare a statement with a record: every cell, its formula and its saved result."""
    from impactbond.records.verify import verify as verified

    with working("Comparing every cell"):
        result = verified(workbook, kept)
    printed(as_json, result.as_dict, lambda: result.text)
    if not result.same or (exact and not result.identical):
        raise typer.Exit(1)


def compare(
    was: Annotated[Path, typer.Argument(help="A record, or a contract.", show_default=False)],
    now: Annotated[Path, typer.Argument(help="Another of its kind.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say what differs between two records or contract versions, and whose money moves."""
    from impactbond.comparison.compare import compare as compared

    with working("Comparing"):
        result = compared(was, now)
    printed(as_json, result.as_dict, lambda: result.text)
    if not result.same:
        raise typer.Exit(1)
