"""The commands of an auditor, who has nothing but files: regenerate, verify, compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.terminal import AsJson, printed, working


def add_audit_commands(app: typer.Typer) -> None:
    """Adds the commands to the command line."""
    app.command()(regenerate)
    app.command()(verify)
    app.command()(compare)


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
