"""The worked examples that travel with the contract."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import money
from impactbond.terms.examples import Example
from impactbond.terms.words import listed


def examples(contract: Contract) -> SchedulePart:
    """Every worked example: what is given, and what it must come to."""
    told = [_example(contract, one) for one in contract.examples]
    if told:
        told.append(Rule("what an example leaves out comes to nothing"))
    return SchedulePart("Worked examples", tuple(told))


def _example(contract: Contract, term: Example) -> Rule:
    given = tuple(Rule(f"given: {_cells(row)}") for row in term.given)
    expected = tuple(
        Rule(f"in the claim for {period}: {_amounts(contract, amounts)}")
        for period, amounts in term.expect.items()
    )
    return Rule(f"{term.name}:", term.clause, (*given, *expected))


def _cells(row: Mapping[str, str]) -> str:
    return listed(f"{heading} {cell}" for heading, cell in row.items())


def _amounts(contract: Contract, amounts: Mapping[str, Decimal]) -> str:
    return listed(f"{money(contract, amount)} for {name}" for name, amount in amounts.items())
