"""The options of what is carried forward from one claim to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.options import out_option

Carried = Annotated[
    Path | None,
    typer.Option(
        "--carried",
        help="With --earlier: what --carry wrote beside that record. Files that were checked then "
        "are not checked again, and who is as it was is not evaluated again, to the same result.",
    ),
]
Carry = Annotated[
    Path | None,
    out_option("Also write what the next claim need not check and evaluate again.", "--carry"),
]
