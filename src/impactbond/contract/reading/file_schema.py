"""What a model allows at each place of a file, read from its JSON Schema, and the faults of what
stands there otherwise, in the words of people who write contracts, never in those of a parser.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from impactbond.errors import Fault
from impactbond.terms.diagnostic import Path, closest, did_you_mean, listing
from impactbond.terms.kind import registered
from impactbond.terms.term import MOST_DECIMALS, MOST_DIGITS
from impactbond.terms.words import capital

Node = Mapping[str, Any]
_LONGEST = 60
_HELD = ("items", "additionalProperties")  # what a list, and what a mapping of names, holds
_POINT = ", with a point before any decimals"
_SPAN = re.compile(r"\d\s*(day|week|month|year)s?\b")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class FileSchema:
    """The places of a file, each with what may stand there."""

    schema: Node

    @classmethod
    def of(cls, model: type[BaseModel]) -> FileSchema:
        """The schema of the files that are read into a model, with what is registered by now."""
        return _file_schema(model, registered())

    def at(self, path: Path, value: Any) -> Node | None:
        """What may stand at a place of a file with this value; None where nothing may.

        Where terms of several kinds may stand, the value decides which kind is meant.
        """
        kinds = self.kinds_at(path, value)
        for part in path:
            value = inside(value, part)
        meant = kinds if len(kinds) == 1 else [kind for kind in kinds if _is_meant(kind, value)]
        if len(meant) > 1 and all(map(_choices, meant)):  # words of several lists
            return {"type": "string", "enum": [word for kind in meant for word in _choices(kind)]}
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
            held = (part for part in _HELD if isinstance(node.get(part), Mapping))
            yield {**node, **{part: self._held(node[part]) for part in held}}

    def _held(self, node: Node) -> Node:
        kinds = list(self._kinds(node))
        return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}

    def placeholder(self, node: Node, wrong: Any = None) -> Any:
        """Something that is allowed there, as close as can be to what was written."""
        node = next(self._kinds(node))
        # It stands in for what is wrong, so that the rest of the file is checked in the same
        # reading; the choice most likely meant keeps faults of another choice away.
        choices = node.get("enum", [])
        if choices:
            return closest(str(wrong), map(str, choices)) or choices[0]
        if "const" in node:
            return node["const"]
        if "examples" in node:
            return node["examples"][0]
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
def _file_schema(model: type[BaseModel], known: tuple[Hashable, ...]) -> FileSchema:
    return FileSchema(model.model_json_schema())


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


def _choices(node: Node) -> list[Any]:
    """The words that may stand there, where only a few may."""
    return list(node["enum"]) if "enum" in node else [node["const"]] if "const" in node else []


def _is_meant(kind: Node, value: Any) -> bool:
    if isinstance(value, Mapping):
        return naming_key(kind) in value
    types = {str: "string", list: "array", bool: "boolean"}
    return kind.get("type") == types.get(type(value), "number")


def _is_named(kind: Node, value: Any) -> bool:
    key = naming_key(kind)
    return bool(kind.get("properties", {}).get(key, {}).get("const") == inside(value, key))


def _allowed(node: Node) -> str:
    """What is allowed, in a few words."""
    # One way out for each of the things that a schema can say of a place.
    if "anyOf" in node:
        keys = [naming_key(kind) for kind in node["anyOf"] if naming_key(kind)]
        others = [_allowed(kind) for kind in node["anyOf"] if not naming_key(kind)]
        return ", or ".join([*others, f"a term with {listing(keys)}"] if keys else others)
    if "enum" in node:
        return listing(node["enum"])
    if "const" in node:
        return str(node["const"])
    kind, keys = node.get("type"), keys_of(node)
    if kind == "object" and keys:
        return f"keys with values: {listing(keys)}"
    if kind == "object":
        held = _held_in_words(node.get("additionalProperties"))
        return f"names, each with {held}" if held else "names with what they stand for"
    if kind == "array" and (held := _held_in_words(node.get("items"))):
        return f"a list, each entry with {held}"
    # A description says more than a type; of a term with keys, which of them there are helps
    # more.
    if "description" in node:
        return str(node["description"])
    if kind == "string" and "examples" in node:
        return f"such as {', or '.join(node['examples'])}"
    if kind == "string":
        return "a day such as 2017-01-31" if node.get("format") == "date" else "a name or text"
    by_type = {
        "array": "a list, such as [one, two]",
        "boolean": "true, false",
        "integer": "a whole number",
    }
    return by_type.get(str(kind), "a number in digits, such as 450.00")


def _held_in_words(node: Any) -> str:
    """What each entry of a list or of a mapping of names has, where that is more than a text."""
    if not isinstance(node, Mapping):
        return ""
    kinds = [kind for kind in node.get("anyOf", ()) if naming_key(kind)]
    naming = list(dict.fromkeys(map(naming_key, kinds)))
    if len(naming) > 1:
        return f"one of the keys {listing(naming)}"
    if naming:  # of several kinds, which the key itself tells apart
        words = (kind["properties"][naming[0]].get("const") for kind in kinds)
        return f"{naming[0]}: {listing(filter(None, words))}"
    needed = node.get("required", ())
    others = [key for key in keys_of(node) if key not in needed]
    told = f"the keys {listing(needed)}" if needed else ""
    optional = f"{'and if need be' if told else 'the keys'} {listing(others)}" if others else ""
    return " ".join(filter(None, (told, optional)))


# What is known elsewhere, and looked for where something else stands for it.
_ELSEWHERE = {
    "lapses": "Units of days take it; where sustained stands, 'within' leaves room for lapses: "
    "for: 365 days, within: 455 days",
}


def unknown_key(key: str, known: Sequence[str]) -> Fault:
    """A key that means nothing where it stands."""
    hint = did_you_mean(key, known) or _ELSEWHERE.get(key, "Take it out")
    problem = f"unknown key '{key}'"
    return Fault(code="unknown_key", problem=problem, allowed=", ".join(known), hint=hint)


def second_kind(key: str, kept: str, names: Sequence[str]) -> Fault:
    """A key that makes a term of another kind of what stands beside it. To take it out, or the
    other, may be to drop half of what was agreed.
    """
    hint = "Keep the one that is meant; where both are, write each as an entry of its own"
    if "all" in names:  # conditions, which can be joined
        hint = "Write each in a list under all, where both must hold, or any, where one is enough"
    problem = f"'{key}' stands beside '{kept}', and each of them makes a term by itself"
    return Fault(code="two_kinds", problem=problem, found=f"{kept} and {key}", hint=hint)


def no_colon(key: str) -> Fault:
    """A key and its value without what parts them."""
    problem = f"'{key}' stands without a colon and a space after it"
    return Fault(code="no_colon", problem=problem, hint=f"Write {key}: and then its value")


def split_by_comma(key: str, text: str) -> Fault:
    """Text that a comma parts from its key."""
    return Fault(
        code="split_by_comma",
        problem=f"a comma splits what is written after '{key}'",
        found=_written(text),
        hint="Put text with a comma in quotation marks; write numbers without commas",
    )


def missing_key(key: str, node: Node | None) -> Fault:
    """A key that must be there."""
    problem, allowed = f"the key '{key}' is missing", _allowed(node) if node else ""
    return Fault(code="missing_key", problem=problem, allowed=allowed, hint="Add it")


def nothing_written(node: Node, is_optional: bool) -> Fault:
    """A key, or an entry of a list, with nothing after it."""
    hint = "Write it, or take the key out" if is_optional else "Write what belongs here"
    problem = "nothing is written here"
    return Fault(code="nothing_written", problem=problem, allowed=_allowed(node), hint=hint)


def no_choice(wrong: Any, choices: Sequence[Any]) -> Fault:
    """A word, or something else, where only a few words are allowed."""
    several = "this is not one of the words that are allowed here"
    return Fault(
        code="not_a_choice",
        problem=several if len(choices) > 1 else "only one thing may be written here",
        found=_written(wrong),
        allowed=listing(choices),
        hint=did_you_mean(str(wrong), map(str, choices)),
    )


def unfit(detail: ErrorDetails, node: Node | None) -> Fault:
    """Anything else that cannot stand where it does."""
    kind, wrong, limits = detail["type"], detail["input"], detail.get("ctx", {})
    is_of_no_kind = kind.startswith("not_a")
    if is_of_no_kind or kind == "value_error":
        # What a term itself says is wrong with what was written: `problem: what to write`.
        said = detail["msg"] if is_of_no_kind else str(limits["error"])
        problem, _, remedy = said.partition(": ")
        code = kind if is_of_no_kind else "not_allowed"
        return Fault(code=code, problem=problem, found=_written(wrong), hint=capital(remedy))
    bounds = _out_of_bounds(kind, limits, node or {}, wrong)
    return bounds or _of_wrong_kind(node or {}, wrong)


def _out_of_bounds(kind: str, limits: Mapping[str, Any], node: Node, wrong: Any) -> Fault | None:
    length = node.get("minItems", node.get("minProperties", 1))
    entries = f"{length} {'entry' if length == 1 else 'entries'}"
    most = node.get("maxItems")
    exactly = "exactly" if length == most else "at least"
    longest = f"exactly {entries}" if length == most else f"at most {most} entries"
    problems = {
        "greater_than_equal": f"the number must be {limits.get('ge')} or more",
        "less_than_equal": f"the number must be {limits.get('le')} or less",
        "too_short": f"{exactly} {entries} must stand here",
        "too_long": f"{longest} must stand here",
        "string_too_short": "nothing is written here",
    }
    found = _written(wrong)
    if kind == "string_pattern_mismatch":
        problem = "this is not a short name"
        return Fault(code="not_a_name", problem=problem, found=found, allowed=_allowed(node))
    if kind in problems:
        return Fault(code="out_of_bounds", problem=problems[kind], found=found)
    return None


def _of_wrong_kind(node: Node, wrong: Any) -> Fault:
    if wrong is None:
        return nothing_written(node, is_optional=False)
    if "enum" in node or "const" in node:
        return no_choice(wrong, node.get("enum") or [node["const"]])
    needed = {
        "object": "keys with values are",
        "array": "a list is",
        "string": "a date is" if node.get("format") == "date" else "text is",
        "boolean": "true or false is",
        "integer": "a whole number is",
        "number": "a number is",
    }.get(str(node.get("type")))
    return Fault(
        code="wrong_kind",
        problem=f"{needed} needed here" if needed else "this cannot stand here",
        found=_written(wrong),
        allowed=_allowed(node),
        hint=_remedy(node, wrong),
    )


def _remedy(node: Node, wrong: Any) -> str:
    # What is meant shows in what is needed and in what was written, each pair by itself.
    kind = node.get("type")
    if kind in ("number", "integer") and isinstance(wrong, str):
        return _remedy_for_number(wrong, "" if kind == "integer" else _POINT)
    if kind == "string" and node.get("format") == "date":
        return "Write year-month-day, with a month and a day that exist"
    # YAML takes 2017 or true without quotation marks for a number or a truth, where a name may be
    # meant.
    if kind == "string" and not isinstance(wrong, list | dict):
        return f'Put it in quotation marks: "{_plain(wrong)}"'
    if kind == "boolean":
        return "Write the word true or false, without quotation marks"
    if kind == "array" and isinstance(wrong, str):
        return f"Put it in brackets: [{_short(wrong)}]"
    if kind == "object" and isinstance(wrong, list) and not keys_of(node):
        return "Write a name and a colon before each, instead of a dash"
    return ""


def _remedy_for_number(text: str, point: str) -> str:
    if len(text) > _LONGEST:
        return f"Write at most {MOST_DIGITS} digits, and {MOST_DECIMALS} after the point"
    numbers = _NUMBER.findall(text)
    if text.strip().startswith("="):
        return "Write the number itself, not a formula"
    if re.search(r"\d.*[-%_]|-\d|0[xob]", text) or not numbers or "," in _NUMBER.sub("", text):
        return f"Write digits{point}"
    if (span := _SPAN.search(text)) is not None:
        # The number alone would stand for something else: 3 months are not 3 days.
        return f"No {span[1]}s can stand here, only a number of what is counted"
    if len(numbers) > 1:
        return "Write one number; where several are meant, each needs an entry of its own"
    return f"Write {Decimal(numbers[0].replace(',', ''))} alone, without words, signs or separators"


def _written(wrong: Any) -> str:
    """What was written, as a reader of the file would recognise it."""
    match wrong:
        case None:
            return "nothing"
        case str():
            return f"the text '{_short(wrong)}'" if wrong.strip() else "an empty text"
        case list() | tuple():
            return f"a list of {len(wrong)}" if wrong else "an empty list"
        case dict():
            return f"the keys {listing(map(_short, wrong))}" if wrong else "no keys"
        case bool():
            return _plain(wrong)
        case date():
            return f"the date {wrong}"
        case _:
            return f"the number {_short(_plain(wrong))}"


def _plain(wrong: Any) -> str:
    if isinstance(wrong, bool):
        return str(wrong).lower()
    return f"{wrong:f}" if isinstance(wrong, Decimal) and abs(wrong.adjusted()) < 30 else str(wrong)


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
