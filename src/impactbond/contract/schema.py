"""The JSON Schema of a contract, by which editors complete keys and mark mistakes while one writes.

`contract.schema.json` beside this file is the schema as written by `python -m
impactbond.contract.schema`.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.errors import ContractError
from impactbond.files import write_file

SCHEMA_FILE = Path(__file__).with_name("contract.schema.json")


def contract_schema() -> dict[str, Any]:
    """What a contract may hold, as JSON Schema 2020-12."""
    schema: dict[str, Any] = _without_null(Contract.model_json_schema(by_alias=True))
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A contract for impactbond",
    }
    return {**head, **{key: value for key, value in schema.items() if key not in head}}


def schema_text() -> str:
    """The schema as it stands in `contract.schema.json`."""
    return json.dumps(contract_schema(), indent=2, ensure_ascii=False) + "\n"


def _without_null(node: Any) -> Any:
    """A schema in which what may be left out may not be written as nothing instead."""
    if isinstance(node, list):
        return [_without_null(each) for each in node if each != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    return {key: _without_null(value) for key, value in node.items() if not _is_noise(key, value)}


def _is_noise(key: str, value: Any) -> bool:
    """Whether a part of a schema only repeats a key in other letters, or says that nothing is meant
    where nothing is written.
    """
    if key == "title":
        return isinstance(value, str)
    return key == "default" and (value in ("", None, []) or isinstance(value, dict))


if __name__ == "__main__":
    refused = partial(ContractError, "The schema cannot be written.")
    write_file(SCHEMA_FILE, schema_text().encode(), refused, replace=True, shared=True)
