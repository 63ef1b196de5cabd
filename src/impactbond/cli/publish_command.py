"""The command that writes tables which may be published."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from impactbond.cli.options import (
    AsJson,
    AsOf,
    ContractFile,
    Earlier,
    EvidenceFiles,
    LeaveOut,
    Out,
    Replace,
    RowByRow,
    Shared,
    after_writing,
    inputs_of,
    out_option,
    printed,
    settled,
    working,
)
from impactbond.cli.reading_options import reads_files
from impactbond.errors import DisclosureError
from impactbond.files import Writing, write_file, write_files

if TYPE_CHECKING:
    from impactbond.disclosure.rules import Zeros

By = Annotated[
    list[str] | None,
    typer.Option("--by", help="An attribute to lay a table out by, as school; repeatable."),
]
Least = Annotated[
    int, typer.Option("--least", help="The smallest number of children that may be shown.")
]
ZerosOption = Annotated[str, typer.Option("--zeros", help="Whether noughts are shown or hidden.")]
Width = Annotated[
    int | None,
    typer.Option(
        "--width",
        help="How wide the interval must stay in which the tables place what may not be shown; "
        "by default as --least.",
    ),
]
Values = Annotated[bool, typer.Option("--values", help="Show what it came to beside how often.")]
DominanceOption = Annotated[
    str | None,
    typer.Option("--dominance", help="With --values: n=2,k=85 or p=10, what no child may make up."),
]
RoundedTo = Annotated[
    int | None,
    typer.Option("--rounded-to", help="In place of leaving cells out: round to multiples."),
]
Log = Annotated[
    Path | None,
    out_option("Where to write what was left out and why. Not to be published.", "--log"),
]


@reads_files
def publish(
    contract: ContractFile,
    evidence: EvidenceFiles,
    as_of: AsOf,
    out: Out,
    by: By = None,
    least: Least = 5,
    zeros: ZerosOption = "shown",
    width: Width = None,
    values: Values = False,
    dominance: DominanceOption = None,
    rounded_to: RoundedTo = None,
    log: Log = None,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Write tables of what was achieved that may be published: what counts few children is left
    out, and with it whatever would tell it.
    """
    from impactbond.disclosure.public_view import public_view
    from impactbond.disclosure.published import log_bytes, public_files

    if log is not None and log.resolve().parent == out.resolve():
        raise typer.BadParameter("name another folder than --out", param_hint="--log")
    settlement = settled(contract, evidence, as_of, leave_out_refused, earlier, row_by_row)
    with working("Choosing what is left out"):
        view = public_view(
            settlement,
            by=by or (),
            least=least,
            zeros=cast("Zeros", zeros),  # refused unless it is one
            width=width,
            values=values,
            dominance=None if dominance is None else _pairs(dominance),
            rounded_to=rounded_to,
        )
    refused = partial(DisclosureError, "The tables cannot be written.")
    inputs = inputs_of(contract, evidence, earlier)
    how = Writing(replace=replace, shared=shared, inputs=inputs)
    written = [one.name for one in write_files(out, public_files(view), refused, **how)]
    if log is not None:
        own = Writing(replace=replace, shared=False, inputs=inputs)
        with after_writing(*(out / name for name in written)):
            write_file(log, log_bytes(view), refused, **own)
    told = "".join(f"\nWrote {out}/{name}" for name in written)
    if log is not None:
        told += f"\nWrote {log}: not to be published"
    printed(as_json, lambda: {**view.as_dict(), "written": written}, lambda: view.text + told)


def _pairs(text: str) -> dict[str, int]:
    """The numbers of `n=2,k=85`."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        if not number.strip().isdecimal():
            raise typer.BadParameter("write n=2,k=85 or p=10", param_hint="--dominance")
        found[name.strip()] = int(number)
    return found
