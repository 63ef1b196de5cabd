"""Reading a file of terms, whatever its kind: from bytes to a checked model, or one error with
everything wrong in it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from impactbond.contract.yaml_lines import Located, Path, load, show_path
from impactbond.errors import ContractError, Fault, ImpactBondError

Terms = TypeVar("Terms", bound=BaseModel)

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


@dataclass(frozen=True, slots=True)
class Form(Generic[Terms]):
    """A kind of file: the model it is read into, what people call it, and the error that lists what
    is wrong with it.
    """

    model: type[Terms]
    noun: str
    error: type[ImpactBondError]

    def unreadable(self, fault: Fault) -> ImpactBondError:
        """The error for a file that cannot be read at all."""
        return self.error(f"The {self.noun} cannot be read.", [fault])


def source_of(form: Form[Any], path: str | FilePath) -> tuple[bytes, str]:
    """The bytes of a file, and its name without the folder. Raises the form's error."""
    file = FilePath(path)
    try:
        return file.read_bytes(), file.name
    except OSError as error:
        problem = f"the file cannot be opened: {error.strerror}"
        fault = Fault(file=file.name, code="no_file", problem=problem)
        raise form.unreadable(fault) from None


def parse(
    form: Form[Terms],
    source: bytes,
    name: str,
    check: Callable[[Terms], list[tuple[Path, Fault]]],
) -> Terms:
    """The terms in the bytes of a file called `name`, checked for shape and by `check` for meaning.

    Raises the form's error listing every fault with its line.
    """
    document = _document(form, source, name)
    faults = list(document.faults)
    terms, pruned, shape_faults = _validate(form, document, name)
    faults += shape_faults
    if terms is not None:
        faults += [
            placed(document, name, path, fault)
            for path, fault in check(terms)
            if not _follows_from(path, fault, pruned)
        ]
    if faults or terms is None:
        count = len(set(faults))
        raise form.error(
            f"The {form.noun} {name} has {count} fault{'s' if count != 1 else ''}:", faults
        )
    return terms


def placed(document: Located, name: str, path: Path, fault: Fault) -> Fault:
    """A fault with the file, line and clause that it stands at."""
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


def _document(form: Form[Any], source: bytes, name: str) -> Located:
    try:
        return load(source.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        fault = Fault(
            file=name,
            code="not_text",
            problem="the file is not UTF-8 text",
            hint="Save it as UTF-8",
        )
    except ContractError as error:
        fault = error.faults[0]
    raise form.unreadable(fault)


def _validate(
    form: Form[Terms], document: Located, name: str
) -> tuple[Terms | None, set[str], list[Fault]]:
    """The terms as far as they can be read, the names left out of them, and the faults of shape.

    What is wrong in shape is left out and the rest read again, so that faults of meaning are told
    in the same breath.
    """
    faults: list[Fault] = []
    pruned: set[str] = set()
    value = copy.deepcopy(document.value)
    if not isinstance(value, dict):
        problem = f"the file holds no {form.noun}"
        return None, pruned, [Fault(file=name, line=1, code="empty", problem=problem)]
    for _ in range(8):
        try:
            return form.model.model_validate(value), pruned, faults
        except ValidationError as error:
            details = error.errors(include_url=False)
        paths = [(_real_path(detail["loc"], value), detail) for detail in details]
        faults += [_shape_fault(form, document, name, path, detail) for path, detail in paths]
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


def _shape_fault(
    form: Form[Any], document: Located, name: str, path: Path, detail: ErrorDetails
) -> Fault:
    kind = detail["type"]
    found = allowed = hint = ""
    if kind == "extra_forbidden":
        problem = f"unknown key '{path[-1] if path else ''}'"
        known = _known_keys(form.model, path[:-1])
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
    return placed(document, name, path, fault)


def _known_keys(model: Any, path: Path) -> list[str]:
    """The keys that are allowed at a place; none where terms of several kinds may stand there."""
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            fields = {info.alias or key: info for key, info in model.model_fields.items()}
            model = fields[str(part)].annotation if part in fields else None
        elif get_origin(model) is dict:
            model = get_args(model)[1]
        elif get_origin(model) is tuple:
            model = get_args(model)[0]
        else:
            return []
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [info.alias or key for key, info in model.model_fields.items()]
    return []
