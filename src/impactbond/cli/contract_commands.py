"""The commands that look at a contract alone: begin one, check it, render it, tell two versions
apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impactbond.cli.options import (
    AsJson,
    ContractFile,
    Replace,
    Shared,
    out_option,
    printed,
    versions_in,
    working,
)
from impactbond.cli.own_process import leave_pandas_out
from impactbond.files import Writing

if TYPE_CHECKING:
    from impactbond.contract.diagnostics.check import ContractCheck

Form = Literal["text", "markdown", "html"]


def new(
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented first contract; what is marked FILL IN is to be replaced."""
    from impactbond.contract.read import write_new_contract

    written = write_new_contract(file, replace=replace, shared=shared)
    told = f"Wrote {written}. Fill in what is marked, then: impactbond check {written}"
    printed(as_json, lambda: {"written": written.name}, lambda: told)


def check(
    contract: ContractFile,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit with 1 where anything is worth a look and not accepted."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a contract; say whether it can be trusted, and what in it is worth a look.

    Of a folder of versions, whether they follow on each other, and the terms in force.
    """
    from impactbond.contract.diagnostics.check import check as checked
    from impactbond.settlement.examples import check_examples
    from impactbond.terms.words import counted

    terms = versions_in(contract).terms
    leave_pandas_out()
    with working("Settling the examples"):
        examples = check_examples(terms)
    faults = [fault for example in examples for fault in example.faults]
    findings = checked(terms)
    looks = [one for one in findings if one.level == "look at"]
    unsaid = [example for example in examples if example.comes_to and not example.expects]
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
        "findings": [one.as_dict() for one in findings],
        "comes_to": {one.name: one.comes_to for one in unsaid},
    }
    parts = [
        counted(len(terms.milestones), "milestone"),
        counted(len(terms.funders), "funder"),
        counted(len(terms.calendar.periods), "claim date"),
        counted(len(examples), "example"),
    ]
    head = [
        terms.title,
        f"Version {terms.version.number}, {first} through {last}: {', '.join(parts)}."
        f" {'Examples do not hold:' if faults else 'No fault found.'}",
        *(f"  - {fault}" for fault in faults),
    ]
    for example in unsaid:
        head.append(f"The example '{example.name}' expects nothing yet. It comes to:")
        head += [f"  {line}" for line in example.as_expected(terms.currency)]
    told = [*head, *_worth_a_look(findings)]
    printed(as_json, lambda: found, lambda: "\n".join(told))
    # An example that does not hold is no matter of strictness: the terms are not what was meant.
    if faults or (strict and looks):
        raise typer.Exit(1)


def _worth_a_look(findings: Sequence[ContractCheck]) -> Iterator[str]:
    """What is worth a look, how it can be accepted, and what is."""
    from impactbond.contract.diagnostics.check import accepting

    looks = [one for one in findings if one.level == "look at"]
    accepted = [one for one in findings if one.level == "accepted"]
    if looks:
        yield f"Worth a look ({len(looks)}), though nothing is refused:"
        yield from (f"  - {look} ({look.code})" for look in looks)
        yield "What is meant so can be accepted in the contract, such as the first:"
        yield f"  {accepting(looks[0])}"
    if accepted:
        yield f"Worth a look, and accepted by the contract ({len(accepted)}):"
    yield from (f"  - {one}" for one in accepted)


def render(
    contract: ContractFile,
    out: Annotated[Path | None, out_option("The file to write; without it, print.")] = None,
    form: Annotated[
        Form | None, typer.Option("--as", help="The form; without it, as the file's ending says.")
    ] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Say in plain English what a contract says, one numbered sentence for each rule."""
    from impactbond.contract.wording.render import render as rendered
    from impactbond.contract.wording.render import write_rendered

    terms = versions_in(contract).terms
    if out is None:
        text = rendered(terms, form or "text")
        printed(as_json, lambda: {"text": text}, lambda: text.removesuffix("\n"))
        return
    how = Writing(replace=replace, shared=shared, inputs=[contract])
    written = write_rendered(terms, out, form, **how)
    printed(as_json, lambda: {"written": written.name}, lambda: f"Wrote {written}")


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
