"""The JSON Schema of a contract: valid, up to date, and of one mind with the reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.damaged_contracts import FIXTURES, NAME, damaged, faults_of

from impactbond.contract.read import parse_contract
from impactbond.contract.reading.yaml_document import load
from impactbond.contract.schema import SCHEMA_FILE, contract_schema, schema_text

SCHEMA = contract_schema()


def refusals(text: str) -> list[str]:
    """What the schema says against a contract, as an editor would."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [plain(entry) for entry in value]
        return str(value) if isinstance(value, date) else value

    errors = Draft202012Validator(SCHEMA).iter_errors(plain(load(text, NAME).value))
    return [error.message for error in errors]


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every part of a schema."""
    entries = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield node
    for entry in entries:
        yield from nodes(entry)


def test_the_schema_is_valid_and_the_file_beside_the_code_is_up_to_date() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_fixture_contracts_keep_to_the_schema(path: Path) -> None:
    assert refusals(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("currency: GBP", "currency: GBP\nappendix: 3"),
        ("price: 120.00", "prise: 120.00"),
        ("price: 120.00", "price: 450 pounds"),
        ("price: 120.00", "price: -5"),
        ("price: 120.00", f"price: {10**12}"),
        ("eligible: at risk", "eligible:"),
        ("each: school", "each:"),
        ("kind: council}", "kind: counsil}"),
        ("at_least: 6}", "at_least: 0}"),
        ("between: [baseline, end]", "between: [baseline]"),
        ("{lbhf: 30%", "{lbhf: 30 percent"),
        ("is: at least 17", "is: 17 or more"),
        ("start to 1 year after start", "the first year"),
        ("within: 90 days", "within: 90"),
        ("2016-11-01 through", "2016-11-01 to"),
        ("{contract: whole", "{contract: all"),
        ("{funder: trust}", "trust"),
        ("{observed: consent, in", "{observed: consent, on"),
    ],
)
def test_what_the_schema_refuses_the_reader_refuses_too(old: str, new: str) -> None:
    text = damaged((old, new))
    assert refusals(text)
    assert faults_of(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{lbhf: 30%", '{lbhf: " 30.0 % "'),
        ("central: 1/9", "central: 1 / 9"),
        ("is: at least 17", "is: at  least  17"),
        ("is: at least 17", "is: at least 17.0"),
        ("start to 1 year after start", "start  to  12 months after start"),
        ("within: 90 days", "within: 90  days"),
        ("after: consent", "after: []"),
        ("school: text", "school: [Ark, Bay]"),
        ("by: 5, ", "by: 5.0, "),
    ],
)
def test_what_the_reader_takes_the_schema_takes_too(old: str, new: str) -> None:
    text = damaged((old, new))
    assert parse_contract(text.encode(), name=NAME)
    assert refusals(text) == []


def test_every_property_says_what_it_is() -> None:
    terms = {"Contract": SCHEMA, **SCHEMA["$defs"]}
    unsaid = [
        f"{name}.{key}"
        for name, term in terms.items()
        for key, said in term.get("properties", {}).items()
        if len(said.get("description", "").split()) < 2
    ]
    assert unsaid == [], "write a text below the field, as its neighbours have"


def test_what_a_field_takes_stands_behind_what_it_is() -> None:
    assert SCHEMA["properties"]["contract"]["description"] == (
        "The contract's short name, such as west-london-zone; records and files carry it."
        " Allowed: small letters, digits and hyphens"
    )
    # The reader tells what may stand there, and nothing else.
    (fault,) = faults_of(damaged(("contract: wlz-lbhf", "contract: WLZ")))
    assert fault.allowed == "small letters, digits and hyphens"


def test_every_example_in_the_schema_is_of_its_own_pattern() -> None:
    shown = [node for node in nodes(SCHEMA) if "pattern" in node and "examples" in node]
    assert len(shown) > 8
    for node in shown:
        for example in node["examples"]:
            assert Draft202012Validator(node).is_valid(example), example
