"""YAML 1.2 into plain values, remembering on which line each one stands.

Decimals stay decimals; duplicate keys are faults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from impactbond.errors import ContractError, Fault

Path = tuple[str | int, ...]


@dataclass
class Located:
    """A YAML document: its value, the line of every path in it, and the faults met on the way."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of the deepest known part of a path."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def load(text: str, file: str) -> Located:
    """The document in `text`. Raises ContractError where it is not YAML at all."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        fault = Fault(
            file=file,
            line=mark.line + 1 if mark else 0,
            code="not_yaml",
            problem=f"the file is not YAML: {error.problem}",
            hint="Check the indentation and the quotes on this line",
        )
        raise ContractError("The contract cannot be read.", [fault]) from None
    document = Located(None)
    document.value = _value(root, (), document, file) if root is not None else None
    return document


def _value(node: Node, path: Path, document: Located, file: str) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, MappingNode):
        return _mapping(node, path, document, file)
    if isinstance(node, SequenceNode):
        return [
            _value(item, (*path, index), document, file) for index, item in enumerate(node.value)
        ]
    assert isinstance(node, ScalarNode)
    return _scalar(node)


def _mapping(node: MappingNode, path: Path, document: Located, file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        here = (*path, key)
        line = key_node.start_mark.line + 1
        if key in found:
            document.faults.append(
                Fault(
                    file=file,
                    line=line,
                    clause=show_path(here),
                    code="duplicate_key",
                    problem=f"'{key}' is written twice",
                    hint=f"The first is on line {document.lines[here]}; keep one",
                )
            )
            continue
        document.lines[here] = line
        found[key] = _value(value_node, here, document, file)
    return found


def _scalar(node: ScalarNode) -> Any:
    text = node.value
    match str(node.tag).rsplit(":", 1)[-1]:
        case "int":
            return int(text.replace("_", ""), 0)
        case "float":
            return Decimal(text.replace("_", ""))
        case "bool":
            return text.lower() == "true"
        case "null":
            return None
        case "timestamp":
            return _date(text)
        case _:
            return text


def _date(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def show_path(path: Path) -> str:
    """A path as a reader says it: `milestones > sign_up > price`; entries of lists count from 1."""
    return " > ".join(f"entry {part + 1}" if isinstance(part, int) else part for part in path)
