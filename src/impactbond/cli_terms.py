"""The commands that look at a contract alone: check it, and tell two versions apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impactbond.terminal import AsJson, printed, working

ContractFile = Annotated[
    Path, typer.Argument(help="The contract: a YAML or JSON file.", show_default=False)
]


def add_terms_commands(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(check)
    app.command()(difference)


def check(contract: ContractFile, as_json: AsJson = False) -> None:
    """Read a contract and say whether it can be trusted."""
    from impactbond.contract.read import read_contract
    from impactbond.settlement.examples import check_examples

    terms = read_contract(contract)
    with working("Settling the examples"):
        examples = check_examples(terms)
    faults = [fault for example in examples for fault in example.faults]
    first, last = terms.calendar.term
    found = {
        "contract": terms.contract,
        "version": terms.version.number,
        "term": f"{first} through {last}",
        "milestones": len(terms.milestones),
        "funders": len(terms.funders),
        "claim_dates": len(terms.calendar.periods),
        "examples": len(examples),
        "faults": [fault.as_dict() for fault in faults],
    }
    told = (
        f"{terms.title}\nVersion {terms.version.number}, {first} through {last}: "
        f"{found['milestones']} milestones, {found['funders']} funders, "
        f"{found['claim_dates']} claim dates, {len(examples)} examples. "
    )
    failed = "\n".join(["Examples do not hold:", *(f"  - {fault}" for fault in faults)])
    printed(as_json, lambda: found, lambda: told + (failed if faults else "No fault found."))
    if faults:
        raise typer.Exit(1)


def difference(
    old: Annotated[Path, typer.Argument(help="The version before.", show_default=False)],
    new: Annotated[Path, typer.Argument(help="The version after.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say what changed between two versions of a contract, term by term."""
    from impactbond.contract.difference import difference as between
    from impactbond.contract.read import read_contract

    changes = between(read_contract(old), read_contract(new))
    told = [str(change) for change in changes] or ["No term differs."]
    printed(as_json, lambda: [change.as_dict() for change in changes], lambda: "\n".join(told))
