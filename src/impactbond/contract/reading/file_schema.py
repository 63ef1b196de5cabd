"""What a model allows at each place of a file, read from the model's JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from pydantic import BaseModel

from impactbond.terms.diagnostic import Path, closest, listing
from impactbond.terms.kind import Kind, registered

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of a file, each with what may stand there."""

    schema: Node

    @classmethod
    def of(cls, model: type[BaseModel]) -> Layout:
        """The layout of the files that are read into a model, with the kinds registered by now."""
        return _layout(model, registered())

    def at(self, path: Path, value: Any) -> Node | None:
        """What may stand at a place of a file with this value; None where nothing may.

        Where terms of several kinds may stand, the value decides which kind is meant.
        """
        kinds = self.kinds_at(path, value)
        for part in path:
            value = inside(value, part)
        meant = kinds if len(kinds) == 1 else [kind for kind in kinds if _is_meant(kind, value)]
        if len(meant) > 1:
            meant = [kind for kind in meant if _is_named(kind, value)]
        return meant[0] if meant else {"anyOf": kinds} if kinds else None

    def kinds_at(self, path: Path, value: Any) -> list[Node]:
        """Every kind of term that may stand at a place of a file with this value."""
        if not path:
            return [self.schema]
        above, part = self.at(path[:-1], value) or {}, path[-1]
        keyed = above.get("properties", {}).get(part, above.get("additionalProperties"))
        node = above.get("items") if isinstance(part, int) else keyed
        return list(self._kinds(node)) if isinstance(node, Mapping) else []

    def _kinds(self, node: Node) -> Iterator[Node]:
        if "$ref" in node:
            node = self.schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        several = [*node.get("oneOf", ()), *node.get("anyOf", ())]
        for one in several:
            yield from self._kinds(one)
        if not several and node.get("type") != "null":
            yield node

    def placeholder(self, node: Node, wrong: Any = None) -> Any:
        """Something that is allowed there, as close as can be to what was written."""
        node = next(self._kinds(node))
        # It stands in for what is wrong, so that the rest of the file is checked in the same
        # reading; the choice most likely meant keeps faults of another choice away.
        choices = node.get("enum", [])
        if choices:
            return closest(str(wrong), map(str, choices)) or choices[0]
        for given in ("const", "examples"):
            if given in node:
                return node[given][0] if given == "examples" else node[given]
        match node.get("type"):
            case "object":
                needed = {key: node["properties"][key] for key in node.get("required", ())}
                needed |= {"x": node["additionalProperties"]} if "minProperties" in node else {}
                return {key: self.placeholder(inner) for key, inner in needed.items()}
            case "array":
                return [self.placeholder(node["items"]) for _ in range(node.get("minItems", 0))]
            case "string":
                return date(2000, 1, 1) if node.get("format") == "date" else "x"
            case "boolean":
                return False
            case _:
                return node.get("minimum", 0)


@cache
def _layout(model: type[BaseModel], kinds: tuple[type[Kind], ...]) -> Layout:
    return Layout(model.model_json_schema())


def inside(value: Any, part: str | int) -> Any:
    """What stands in a value under a key or at a place; None where nothing does."""
    if isinstance(value, Mapping):
        return value.get(part)
    is_there = isinstance(value, list) and isinstance(part, int) and part < len(value)
    return value[part] if is_there else None


def keys_of(node: Node | None) -> list[str]:
    """The keys that a term of one kind may have."""
    return list((node or {}).get("properties", ()))


def naming_key(node: Node) -> str:
    """The key that makes a term what it is: the first that it needs."""
    return str(next(iter(node.get("required", ())), ""))


def _is_meant(kind: Node, value: Any) -> bool:
    if isinstance(value, Mapping):
        return naming_key(kind) in value
    types = {str: "string", list: "array", bool: "boolean"}
    return kind.get("type") == types.get(type(value), "number")


def _is_named(kind: Node, value: Any) -> bool:
    key = naming_key(kind)
    return bool(kind.get("properties", {}).get(key, {}).get("const") == inside(value, key))


def allowed_at(node: Node) -> str:
    """What is allowed, in a few words."""
    if "anyOf" in node:
        keys = [naming_key(kind) for kind in node["anyOf"] if naming_key(kind)]
        others = [allowed_at(kind) for kind in node["anyOf"] if not naming_key(kind)]
        return ", or ".join([*others, f"a term with {listing(keys)}"] if keys else others)
    if "enum" in node:
        return listing(node["enum"])
    if "const" in node:
        return str(node["const"])
    kind = node.get("type")
    # A description says more than a type; of a term with keys, which of them there are helps
    # more.
    if "description" in node and kind != "object":
        return str(node["description"])
    match kind:
        case "object":
            keys = keys_of(node)
            return (
                f"keys with values: {listing(keys)}" if keys else "names with what they stand for"
            )
        case "array":
            return "a list, such as [one, two]"
        case "string":
            if "examples" in node:
                return f"such as {', or '.join(node['examples'])}"
            return "a day such as 2017-01-31" if node.get("format") == "date" else "a name or text"
        case "boolean":
            return "true, false"
        case "integer":
            return "a whole number"
        case _:
            return "a number in digits, such as 450.00"
