"""The command that takes participants out of the records of their claims."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.options import AsJson, Replace, Shared, out_option, printed, working
from impactbond.errors import RecordError, unopened
from impactbond.files import Writing


def forget(
    records: Annotated[
        list[Path], typer.Argument(help="All records that hold their claims.", show_default=False)
    ],
    participants: Annotated[
        Path,
        typer.Option("--participants", help="A text file with their references, one on a line."),
    ],
    out: Annotated[Path, out_option("The folder for the records that stand in their place.")],
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Put pseudonyms that nobody can resolve in place of participants, and prove the same money."""
    from impactbond.records.forget import forget as forgotten

    try:  # in a file: what is typed stays in the history of the shell
        lines = participants.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        fault = unopened(participants, error if isinstance(error, OSError) else OSError())
        raise RecordError("Nobody was forgotten.", [fault]) from None
    how = Writing(replace=replace, shared=shared, inputs=[participants])
    with working("Settling the records again"):
        done = forgotten(records, [one for one in lines if one.strip()], out, **how)
    printed(as_json, done.as_dict, lambda: done.text)
