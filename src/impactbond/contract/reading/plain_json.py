"""Terms as JSON, and JSON of plain values: what other programs hand over, and what they take.

Takes  terms that were read, or plain values such as a mapping that a program put together.
Gives  JSON text, in which every number is written as it was: 450.00 stays 450.00.
Keeps  the JSON of terms reads back as the same terms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from impactbond.contract.contract import FromText
from impactbond.contract.reading.yaml_document import MOST_LEVELS, load, show_path
from impactbond.errors import ContractError, Fault
from impactbond.terms.diagnostic import Path


class NotPlainError(Exception):
    """A value that no file of terms can hold, with the fault that says which and where."""

    def __init__(self, path: Path, problem: str, value: object) -> None:
        super().__init__(problem)
        self.fault = Fault(
            code="not_plain",
            problem=problem,
            clause=show_path(path),
            found=f"a value of type {type(value).__name__}",
            allowed="mappings with texts as keys, lists, texts, numbers, days, true, false or none",
        )


def terms_json(terms: FromText) -> str:
    """A contract, or an area, as JSON: every key as its file writes it, every number as it stands.

    What this gives, `read_contract` or `read_area` takes, as the same terms. Raises ContractError
    for terms that were put together in memory and have no text.
    """
    if not terms.source:
        problem, hint = "these terms have no text to give", "Read them from a file, or from a text"
        fault = Fault(code="no_source", problem=problem, hint=hint)
        raise ContractError("The terms cannot be given as JSON.", [fault])
    return plain_json(load(terms.source.decode("utf-8-sig"), terms._source_name).value)


def plain_json(value: Any) -> str:
    """Plain values as JSON, without a place for a float to change. Raises NotPlainError."""
    return "".join(_written(value, ()))


def _written(value: Any, path: Path) -> list[str]:
    if len(path) > MOST_LEVELS:  # a mapping that holds itself, too
        raise NotPlainError(path, "the values stand too deep in one another", value)
    if isinstance(value, Mapping):
        return ["{", *_joined([_entry(key, one, path) for key, one in value.items()]), "}"]
    if isinstance(value, list | tuple):
        return ["[", *_joined([_written(one, (*path, at)) for at, one in enumerate(value)]), "]"]
    return [_scalar(value, path)]


def _entry(key: object, value: Any, path: Path) -> list[str]:
    if not isinstance(key, str):
        raise NotPlainError(path, "a key is no text", key)
    return [json.dumps(key, ensure_ascii=False), ": ", *_written(value, (*path, key))]


def _joined(parts: list[list[str]]) -> list[str]:
    return [text for at, part in enumerate(parts) for text in ([", "] if at else []) + part]


def _scalar(value: Any, path: Path) -> str:
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, date) and not isinstance(value, datetime):
        return json.dumps(value.isoformat())
    # A float is what its shortest text says, which is what was typed; a Decimal keeps its noughts.
    if isinstance(value, float | Decimal) and (number := Decimal(str(value))).is_finite():
        return f"{number:f}"
    raise NotPlainError(path, "this is nothing that a file of terms can hold", value)
