"""The command that proposes a mapping for a partner's file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.options import AsJson, Replace, Shared, out_option, printed, versions_in
from impactbond.errors import EvidenceError


def propose(
    file: Annotated[
        Path, typer.Argument(help="A file as the partner delivers it.", show_default=False)
    ],
    contract: Annotated[
        Path | None, typer.Option("--contract", help="The contract whose metrics are meant.")
    ] = None,
    out: Annotated[Path | None, out_option("The mapping to write.")] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Propose a mapping for a file from its headings, and say what is unsure. No child is shown."""
    from impactbond.files import write_file
    from impactbond.mappings.propose import propose_mapping

    terms = versions_in(contract).whole if contract else None
    found = propose_mapping(file, terms)
    told = found.text
    if out is not None:
        refused = partial(EvidenceError, "The mapping cannot be written.")
        inputs = [file, *([contract] if contract else [])]
        written = write_file(
            out, found.text.encode(), refused, replace=replace, shared=shared, inputs=inputs
        )
        unsure = "\n".join(f"  unsure: {one}" for one in found.unsure)
        told = f"Wrote {written}\n{unsure}"
    printed(as_json, found.as_dict, lambda: told)
