"""Whoever programs against `--json` has a schema of every answer, and answers are as it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.answers import CALLS, SCHEMAS, answers, schemas
from typer.main import get_command

from impactbond.cli.commands import app

DOCUMENT = json.loads(SCHEMAS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def told() -> dict[str, list[Any]]:
    return answers()


def commands(command: object, name: str = "") -> Iterator[str]:
    """Every command that answers with JSON."""
    for inside, one in getattr(command, "commands", {}).items():
        yield from commands(one, f"{name} {inside}".strip())
    if any("--json" in one.opts for one in getattr(command, "params", [])):
        yield name


def test_every_command_with_json_has_a_schema() -> None:
    assert set(commands(get_command(app))) == CALLS.keys() - {"error"}
    # The demo settles, and answers as settling does.
    assert CALLS.keys() - DOCUMENT["$defs"].keys() == {"demo"}


def test_every_answer_is_as_its_schema_says(told: dict[str, list[Any]]) -> None:
    Draft202012Validator.check_schema(DOCUMENT)
    for name, every in told.items():
        validator = Draft202012Validator(DOCUMENT["$defs"][name])
        for answer in every:
            faults = [fault.message for fault in validator.iter_errors(answer)]
            assert faults == [], name


def test_the_schemas_are_what_the_answers_give(told: dict[str, list[Any]]) -> None:
    """Made by `python -m tests.answers`."""
    assert schemas(told) == DOCUMENT


def test_a_key_that_is_gone_is_found() -> None:
    answer = {"written": "contract.yaml"}
    assert Draft202012Validator(DOCUMENT["$defs"]["new"]).is_valid(answer)
    assert not Draft202012Validator(DOCUMENT["$defs"]["new"]).is_valid({})
    assert not Draft202012Validator(DOCUMENT["$defs"]["new"]).is_valid({"written": 1})
