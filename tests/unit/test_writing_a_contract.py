"""Every example of the page on writing a contract is one, and the page names every term."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.contract.contract import Contract
from impactbond.settlement.examples import check_examples

PAGE = (Path(__file__).parents[2] / "docs" / "writing_a_contract.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
NOT_TAUGHT = {"impactbond", "governs", "odd_penny"}  # told in the file that one starts from


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_is_a_contract(number: int) -> None:
    assert contract_of(EXAMPLES[number]).milestones


@pytest.mark.parametrize("text", [one for one in EXAMPLES if "expect:" in one])
def test_what_an_example_expects_is_paid(text: str) -> None:
    assert [fault for one in check_examples(contract_of(text)) for fault in one.faults] == []


def test_the_page_names_every_key_of_every_term() -> None:
    schema = Contract.model_json_schema()
    terms = [schema, *schema["$defs"].values()]
    keys = {key for term in terms for key in term.get("properties", ())}
    missing = {
        key for key in keys if not re.search(rf"(?<![a-z_]){re.escape(key)}(?![a-z_])", PAGE)
    }
    assert not missing - NOT_TAUGHT
