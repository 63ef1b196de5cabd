"""The command line: the same verbs as the library.

Exit codes: 0 done; 1 the answer is no (a check failed, a record does not regenerate); 2 the input
was bad, and nothing was written.
"""

from __future__ import annotations

import json
import sys
from typing import NoReturn

import typer

from impactbond.cli import contract, proof, settling
from impactbond.errors import ImpactBondError

app = typer.Typer(
    help="Outcomes-based funding contracts: evidence in, statements out, to the penny.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    *(settling.demo, settling.settle, settling.template, proof.explain, settling.reconcile),
    *(proof.record, settling.simulate, proof.regenerate, proof.verify, proof.compare),
    *(contract.check, contract.render, contract.difference),
):
    app.command()(command)


def main() -> None:
    """Run the command line; an error that a user can put right ends with exit code 2."""
    try:
        app()
    except ImpactBondError as error:
        _refuse(error)


def _refuse(error: ImpactBondError) -> NoReturn:
    if "--json" in sys.argv:
        faults = [fault.as_dict() for fault in error.faults]
        print(json.dumps({"error": error.summary, "faults": faults}, indent=2))
    else:
        print(error, file=sys.stderr)
        print("Nothing was written.", file=sys.stderr)
    raise SystemExit(2)
