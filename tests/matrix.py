"""Every term through every verb: `python -m tests.matrix` writes docs/design/matrix.md.

The rows are the kinds of terms themselves, found in the packages; the columns are the verbs. A cell
says which scenario takes the term through the verb, or the code with which the verb refuses it. A
kind that is in no scenario, and a verb that fails, are failing tests
(tests/integration/test_matrix.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel
from tests.drawn_areas import area_of
from tests.properties.mutated_terms import SCENARIOS
from tests.spec.drawn_tables import THE_END, contract_of, evidence_of, versions_of
from tests.unit.test_render_terms import every_term

import impactbond as ib
from impactbond.contract.contract import Contract
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.schedule import ON_ACCOUNT
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement
from impactbond.statements.manifest import verify_folder

PAGE = Path(__file__).parents[1] / "docs" / "design" / "matrix.md"


@dataclass(frozen=True)
class Case:
    """A scenario: a contract with evidence under it."""

    name: str

    @cached_property
    def contract(self) -> Contract:
        """The contract as it is read from its file."""
        return contract_of(SCENARIOS[self.name]["terms"])

    @cached_property
    def evidence(self) -> Evidence:
        """What was delivered under it."""
        return evidence_of(SCENARIOS[self.name]["evidence"], self.contract)

    @cached_property
    def settled(self) -> Settlement:
        """What comes of it, to the end of the term."""
        return ib.settle(self.contract, self.evidence, as_of=THE_END, leave_out_refused=True)

    @cached_property
    def terms(self) -> set[str]:
        """The kinds of terms that are written in it."""
        return {type(one).__name__ for one in _inside(self.contract)}


def _inside(value: Any) -> Iterator[BaseModel]:
    """Every term in a term."""
    if isinstance(value, BaseModel):
        yield value
        for field in type(value).model_fields:
            yield from _inside(getattr(value, field))
    elif isinstance(value, dict):
        for one in value.values():
            yield from _inside(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _inside(one)


@cache
def case(name: str) -> Case:
    """A scenario, worked out once."""
    return Case(name)


def check(case: Case, folder: Path) -> None:
    """Looked through, and its examples run."""
    ib.check(case.contract)
    ib.check_examples(case.contract)


def render(case: Case, folder: Path) -> None:
    """In English, in every form."""
    for form in ("text", "html", "markdown"):
        assert ib.render(case.contract, form)  # type: ignore[arg-type]


def template(case: Case, folder: Path) -> None:
    """A workbook to fill in."""
    ib.write_template(case.contract, folder / "template.xlsx")


def settlement(case: Case, folder: Path) -> None:
    """What is asked for is what the shares of claims come to, and what is paid ahead of them."""
    shares = sum(
        row["amount_pence"]
        for row in case.settled.shares_table.to_pylist()
        if row["funder"] != UNFUNDED
    )
    payments = case.settled.payments_table.to_pylist()
    assert shares == sum(row["amount_pence"] for row in payments if row["kind"] not in ON_ACCOUNT)
    assert payments


def statement(case: Case, folder: Path) -> None:
    """A workbook for every funder, and the folder that they are in, which verifies."""
    ib.write_statements(case.settled, folder)
    assert verify_folder(folder).same


def explain(case: Case, folder: Path) -> None:
    """The way of everybody to everything, with its lines; and a line of each kind by itself, of a
    milestone and of each result and fee.
    """
    people = case.evidence.participants_table["participant"].unique().to_pylist()
    assert len([*map(str, ib.explain_each(case.settled))]) == len(people)
    lines = case.settled.lines_table.select(["milestone", "kind", "line"]).to_pylist()
    kinds = {
        (row["milestone"] in case.contract.milestones or row["milestone"], row["kind"]): row["line"]
        for row in lines
    }
    for line in kinds.values():
        assert str(ib.explain_line(case.settled, line))


def record(case: Case, folder: Path) -> None:
    """Kept, and regenerated from what was kept, byte for byte."""
    again = ib.regenerate(ib.write_record(case.settled, folder / "a.record"))
    assert again.same, [str(one) for one in again.differences]


def compare(case: Case, folder: Path) -> None:
    """Beside the same contract at dearer prices: every penny that moved is told."""
    dearer = _dearer(case.contract)
    other = settle(dearer, case.evidence, as_of=THE_END, leave_out_refused=True)
    found = ib.compare(case.settled, other)
    asked = [sum(one.payments_table["amount_pence"].to_pylist()) for one in (case.settled, other)]
    assert found.difference_pence == asked[1] - asked[0]


def _dearer(contract: Contract) -> Contract:
    """A copy, at a pound more for everything, that remembers nothing of the contract."""
    same = {name: getattr(contract, name) for name in Contract.model_fields}
    milestones = {
        name: one.model_copy(update={"price": one.price + 1})
        for name, one in contract.milestones.items()
    }
    return Contract.model_construct(**same | {"milestones": milestones})


def simulate(case: Case, folder: Path) -> None:
    """Drawn in an area that has everything the contract asks for."""
    forecast = ib.simulate(case.contract, area_of(case.contract), trials=2, seed=1)
    assert forecast.text


def receipts(case: Case, folder: Path) -> None:
    """Everything that is due is received on its day: nothing stays open."""
    due: dict[tuple[str, str, date], int] = {}
    for row in case.settled.payments_table.to_pylist():
        key = (row["claim_period"], row["funder"], row["due_on"])
        due[key] = due.get(key, 0) + row["amount_pence"]
    columns = ("receipt", "claim_period", "funder", "received_on", "amount")
    paid = [
        (f"R{number}", period, funder, day.isoformat(), f"{Decimal(pence) / 100:.2f}")
        for number, ((period, funder, day), pence) in enumerate(due.items())
        if pence > 0
    ]
    received = ib.read_receipts(pd.DataFrame(paid, columns=columns), case.contract)
    assert ib.reconcile(case.settled, received, on=THE_END).open_pence == 0


def _first_line(terms: str) -> str:
    return next(line for line in terms.splitlines() if line.startswith("version:"))


def versions(case: Case, folder: Path) -> None:
    """Amended in the middle of the term, in nothing that is paid."""
    number = case.contract.version.number + 1
    terms = [SCENARIOS[case.name]["terms"], AMENDED.format(number)]
    if number > 2:  # what corrects another is not the first
        terms = [terms[0].replace(_first_line(terms[0]), ""), *terms]
    both = versions_of(*terms)
    other = ib.settle(both, case.evidence, as_of=THE_END, leave_out_refused=True)
    asked = [sum(one.payments_table["amount_pence"].to_pylist()) for one in (case.settled, other)]
    assert asked[0] == asked[1]


AMENDED = """
version: {{number: {}, kind: amendment, signed_on: 2017-06-01, effective_on: 2017-07-01}}
"""
VERBS: dict[str, Callable[[Case, Path], None]] = {
    "check": check,
    "render": render,
    "template": template,
    "settle": settlement,
    "state": statement,
    "explain": explain,
    "record, regenerate": record,
    "compare": compare,
    "simulate": simulate,
    "receive": receipts,
    "amend": versions,
}
# Polars, pandas and Spark: the same bytes under every scenario.
ENGINES = "tests/properties/test_same_bytes.py"


@dataclass(frozen=True)
class Refusal:
    """What a verb refuses of every contract with a term in it: the code, and why."""

    code: str
    reason: str


REFUSALS: dict[tuple[str, str], Refusal] = {}


def refusal(case: Case, verb: str) -> Refusal | None:
    """What the verb refuses of a scenario; None where it takes it."""
    found = (one for (term, of), one in REFUSALS.items() if of == verb and term in case.terms)
    return next(found, None)


def cells(term: str) -> Iterator[str]:
    """Of every verb, how it takes a term: yes, or the code of the refusal that is documented."""
    having = [case(name) for name in SCENARIOS if term in case(name).terms]
    for verb in VERBS:
        refused = REFUSALS.get((term, verb))
        taken = [one for one in having if refusal(one, verb) is None]
        yield f"`{refused.code}`" if refused else "yes" if taken else "**no**"


def page() -> str:
    """The matrix as it stands in the documents."""
    terms = sorted(term.__name__ for term in every_term())
    rows = [("term", *VERBS, "Polars, pandas, Spark"), ("---",) * (len(VERBS) + 2)]
    rows += [(f"`{term}`", *cells(term), "yes") for term in terms]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    refused = "\n".join(
        f"- `{term}`, {verb}: `{one.code}`, because {one.reason}."
        for (term, verb), one in REFUSALS.items()
    )
    refused = f"Refused, and why:\n\n{refused}" if REFUSALS else "No verb refuses any term."
    return f"""# Every term through every verb

Written by `python -m tests.matrix`, from the kinds of terms themselves; do not edit. A scenario of
`tests/paying_scenarios.yaml` or `tests/told_scenarios.yaml` takes each term through each verb
(`tests/integration/test_matrix.py`) and through each engine (`{ENGINES}`). A term that stands in no
scenario, and a cell with **no**, are failing tests.

{refused}

{table}
"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(page())
