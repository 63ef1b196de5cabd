"""Reading a contract: from a YAML or JSON file to a checked Contract, or one error with everything
wrong in it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from impactbond.contract.check import check_terms
from impactbond.contract.contract import Contract
from impactbond.contract.yaml_lines import Located, Path, load, show_path
from impactbond.errors import ContractError, Fault

_ALLOWED = {
    "missing": "this key is required",
    "int_type": "a whole number",
    "string_type": "text",
    "bool_type": "true or false",
    "date_type": "a date such as 2017-01-31",
    "is_instance_of": "a number",
    "decimal_type": "a number",
    "dict_type": "keys with values",
    "tuple_type": "a list",
    "model_type": "keys with values",
}
_KINDS_FOUND = {
    "str": "text",
    "int": "a whole number",
    "Decimal": "a number",
    "list": "a list",
    "tuple": "a list",
}
_KINDS_FOUND |= {
    "dict": "keys with values",
    "NoneType": "nothing",
    "bool": "true or false",
    "date": "a date",
}


def read_contract(path: str | FilePath) -> Contract:
    """The contract in a YAML or JSON file, checked.

    Raises ContractError listing every fault with its line.
    """
    file = FilePath(path)
    try:
        source = file.read_bytes()
    except OSError as error:
        fault = Fault(
            file=file.name, code="no_file", problem=f"the file cannot be opened: {error.strerror}"
        )
        raise ContractError("The contract cannot be read.", [fault]) from None
    return parse_contract(source, name=file.name)


def parse_contract(source: bytes, *, name: str) -> Contract:
    """The contract in the bytes of a file called `name`.

    Raises ContractError listing every fault with its line.
    """
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        fault = Fault(
            file=name,
            code="not_text",
            problem="the file is not UTF-8 text",
            hint="Save it as UTF-8",
        )
        raise ContractError("The contract cannot be read.", [fault]) from None
    document = load(text, name)
    faults = list(document.faults)
    contract, pruned, shape_faults = _validate(document, name)
    faults += shape_faults
    if contract is not None:
        faults += [
            _at(document, name, path, fault)
            for path, fault in check_terms(contract)
            if not _follows_from(path, fault, pruned)
        ]
    if faults or contract is None:
        count = len(set(faults))
        raise ContractError(
            f"The contract {name} has {count} fault{'s' if count != 1 else ''}:", faults
        )
    contract._source, contract._source_name = source, name
    return contract


def _at(document: Located, name: str, path: Path, fault: Fault) -> Fault:
    return Fault(
        file=name,
        line=document.line(path),
        clause=show_path(path),
        code=fault.code,
        problem=fault.problem,
        found=fault.found,
        allowed=fault.allowed,
        hint=fault.hint,
    )


def _validate(document: Located, name: str) -> tuple[Contract | None, set[str], list[Fault]]:
    """The contract as far as it can be read, the names left out of it, and the faults of shape.

    What is wrong in shape is left out and the rest read again, so that faults of meaning are told
    in the same breath.
    """
    faults: list[Fault] = []
    pruned: set[str] = set()
    value = copy.deepcopy(document.value)
    if not isinstance(value, dict):
        return (
            None,
            pruned,
            [Fault(file=name, line=1, code="empty", problem="the file holds no contract")],
        )
    for _ in range(8):
        try:
            return Contract.model_validate(value), pruned, faults
        except ValidationError as error:
            details = error.errors(include_url=False)
        paths = [(_real_path(detail["loc"], value), detail) for detail in details]
        faults += [_shape_fault(document, name, path, detail) for path, detail in paths]
        if not _prune(value, paths, pruned):
            break
    return None, pruned, faults


def _real_path(loc: tuple[int | str, ...], value: Any) -> Path:
    """A pydantic location without the tags of unions: only keys and places that are in the
    document, and a last missing key.
    """
    path: list[int | str] = []
    for index, part in enumerate(loc):
        inside = (isinstance(value, Mapping) and part in value) or (
            isinstance(value, list) and isinstance(part, int) and part < len(value)
        )
        if inside:
            path.append(part)
            value = value[part]
        elif index == len(loc) - 1 and isinstance(value, Mapping):
            path.append(part)
    return tuple(path)


def _prune(value: dict[str, Any], paths: list[tuple[Path, ErrorDetails]], pruned: set[str]) -> bool:
    """Take out what could not be read: an unknown key alone, otherwise the whole named entry around
    the fault.
    """
    changed = False
    for path, detail in sorted(paths, key=lambda item: str(item[0]), reverse=True):
        unknown = detail["type"] == "extra_forbidden"
        target = path if unknown else path[:2]
        if len(target) < 2 and not unknown:
            continue
        parent: Any = value
        for part in target[:-1]:
            parent = parent[part] if isinstance(parent, dict) and part in parent else None
            if parent is None:
                break
        if isinstance(parent, dict) and target[-1] in parent:
            del parent[target[-1]]
            changed = True
            if not unknown:
                pruned.add(str(target[-1]))
    return changed


def _follows_from(path: Path, fault: Fault, pruned: set[str]) -> bool:
    """Whether a fault of meaning only repeats that a named entry could not be read."""
    return any(f"'{name}'" in fault.problem for name in pruned) or any(
        part in pruned for part in path
    )


def _shape_fault(document: Located, name: str, path: Path, detail: ErrorDetails) -> Fault:
    kind = detail["type"]
    found = allowed = hint = ""
    if kind == "extra_forbidden":
        problem = f"unknown key '{path[-1] if path else ''}'"
        known = _known_keys(path[:-1])
        close = get_close_matches(str(path[-1]), known, n=1) if path else []
        hint = f"Did you mean '{close[0]}'?" if close else ""
        allowed = ", ".join(known)
    elif kind == "missing":
        problem = f"the key '{path[-1] if path else ''}' is missing"
    elif kind == "value_error":
        problem = detail["msg"].removeprefix("Value error, ")
    else:
        problem = detail["msg"]
        allowed = _ALLOWED.get(kind, "")
        if kind not in ("not_a_condition", "not_a_limit"):
            found = _KINDS_FOUND.get(type(detail["input"]).__name__, "")
    fault = Fault(code=kind, problem=problem, found=found, allowed=allowed, hint=hint)
    return _at(document, name, path, fault)


def _known_keys(path: Path) -> list[str]:
    """The keys that are allowed at a place of the top two levels; deeper places are left to the
    schema.
    """
    fields = Contract.model_fields
    if not path:
        return list(fields)
    if len(path) == 1 and isinstance(path[0], str) and path[0] in fields:
        annotation = fields[path[0]].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return [info.alias or key for key, info in annotation.model_fields.items()]
    if len(path) == 2 and path[0] == "milestones":
        from impactbond.contract.payments import Milestone

        return [info.alias or key for key, info in Milestone.model_fields.items()]
    return []
