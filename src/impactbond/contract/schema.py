"""The JSON Schema of a contract, by which editors complete keys and mark mistakes while one writes.

`contract.schema.json` beside this file is the schema as written by `python -m
impactbond.contract.schema`.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.errors import ContractError
from impactbond.files import write_file
from impactbond.terms.term import Term

SCHEMA_FILE = Path(__file__).with_name("contract.schema.json")


def contract_schema() -> dict[str, Any]:
    """What a contract may hold, as JSON Schema 2020-12."""
    schema: dict[str, Any] = _without_null(Contract.model_json_schema(by_alias=True))
    models = {model.__name__: model for model in _models(Term)}
    for name, term in {Contract.__name__: schema, **schema["$defs"]}.items():
        _describe(term, models[name])
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A contract for impactbond",
    }
    return {**head, **{key: value for key, value in schema.items() if key not in head}}


def _models(base: type[Term]) -> Iterator[type[Term]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _describe(term: dict[str, Any], model: type[Term]) -> None:
    """Gives every property the text that stands below its field in the source, before what a field
    itself says may stand there. The reader's errors need the latter alone.
    """
    texts: dict[str, str] = {}
    for base in model.__mro__[::-1]:
        if issubclass(base, Term):
            texts |= _texts_below_fields(base)
    for field, info in model.model_fields.items():
        told = term["properties"][info.alias or field]
        said = [texts.get(field, ""), told.get("description", "")]
        told["description"] = " Allowed: ".join(filter(None, said))


@cache
def _texts_below_fields(model: type[Term]) -> dict[str, str]:
    body = ast.parse(dedent(inspect.getsource(model))).body[0].body  # type: ignore[attr-defined]
    return {
        field.target.id: str(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


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
