"""The commands of an auditor that need nothing but files: verify and compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impactbond.terminal import AsJson, printed, working


def add_audit_commands(app: typer.Typer) -> None:
    """Adds the commands to the command line."""
    app.command()(verify)
    app.command()(compare)


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
    from impactbond.audit.verify import verify as verified

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
    from impactbond.audit.compare import compare as compared

    with working("Comparing"):
        result = compared(was, now)
    printed(as_json, result.as_dict, lambda: result.text)
    if not result.same:
        raise typer.Exit(1)
