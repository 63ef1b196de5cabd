"""Contracts that were signed, encoded from public facts: each is one that this language can say."""

from __future__ import annotations

import re

import pytest
from tests.spec.published import CONTRACTS

from impactbond.contract.read import read_contract

NAMES = sorted(path.stem for path in CONTRACTS.glob("*.yaml"))


def comments(name: str) -> str:
    """What a contract says before its first term."""
    text = (CONTRACTS / f"{name}.yaml").read_text(encoding="utf-8")
    return text.partition("\nimpactbond:")[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_of_the_fixtures_has_no_fault(name: str) -> None:
    contract = read_contract(CONTRACTS / f"{name}.yaml")
    assert contract.calendar.periods


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_of_the_fixtures_says_where_its_facts_are_from_and_what_is_ours(
    name: str,
) -> None:
    said = comments(name)
    assert re.search(r"Public record:.*?(INDIGO-POJ-\d{4}|\.uk|\.net|\.com|HC \d+)", said, re.S)
    assert "ILLUSTRATIVE" in said


def test_every_contract_of_the_fixtures_stands_in_their_table() -> None:
    table = (CONTRACTS / "README.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name}.yaml`" not in table] == []
