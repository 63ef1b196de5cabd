"""Faults of shape in the words of people who write contracts, never in those of a parser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic_core import ErrorDetails

from impactbond.contract.reading.file_schema import Node, allowed_at, keys_of
from impactbond.errors import Fault
from impactbond.terms.diagnostic import did_you_mean, listing

_LONGEST = 60
_POINT = ", with a point before any decimals"
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


def unknown_key(key: str, known: Sequence[str]) -> Fault:
    """A key that means nothing where it stands."""
    return Fault(
        code="unknown_key",
        problem=f"unknown key '{key}'",
        allowed=", ".join(known),
        hint=did_you_mean(key, known) or "Take it out",
    )


def no_colon(key: str) -> Fault:
    """A key and its value without what parts them."""
    return Fault(
        code="no_colon",
        problem=f"'{key}' stands without a colon and a space after it",
        hint=f"Write {key}: and then its value",
    )


def split_by_comma(key: str, text: str) -> Fault:
    """Text that a comma parts from its key."""
    return Fault(
        code="split_by_comma",
        problem=f"a comma splits what is written after '{key}'",
        found=told(text),
        hint="Put text with a comma in quotation marks; write numbers without commas",
    )


def missing_key(key: str, node: Node | None) -> Fault:
    """A key that must be there."""
    return Fault(
        code="missing_key",
        problem=f"the key '{key}' is missing",
        allowed=allowed_at(node) if node else "",
        hint="Add it",
    )


def nothing_written(node: Node, is_optional: bool) -> Fault:
    """A key, or an entry of a list, with nothing after it."""
    return Fault(
        code="nothing_written",
        problem="nothing is written here",
        allowed=allowed_at(node),
        hint="Write it, or take the key out" if is_optional else "Write what belongs here",
    )


def no_choice(wrong: Any, choices: Sequence[Any]) -> Fault:
    """A word, or something else, where only a few words are allowed."""
    return Fault(
        code="not_a_choice",
        problem="this is not one of the words that are allowed here"
        if len(choices) > 1
        else "only one thing may be written here",
        found=told(wrong),
        allowed=listing(choices),
        hint=did_you_mean(str(wrong), map(str, choices)),
    )


def unfit(detail: ErrorDetails, node: Node | None) -> Fault:
    """Anything else that cannot stand where it does."""
    kind, wrong, limits = detail["type"], detail["input"], detail.get("ctx", {})
    if kind.startswith("not_a"):
        return _refused(kind, detail["msg"], wrong)
    if kind == "value_error":
        return _refused("not_allowed", str(limits["error"]), wrong)
    bounds = _out_of_bounds(kind, limits, node or {}, wrong)
    return bounds or _of_wrong_kind(node or {}, wrong)


def _refused(code: str, message: str, wrong: Any) -> Fault:
    """What a term itself says is wrong with what was written: `problem: what to write`."""
    problem, _, remedy = message.partition(": ")
    hint = remedy[:1].upper() + remedy[1:]
    return Fault(code=code, problem=problem, found=told(wrong), hint=hint)


def _out_of_bounds(kind: str, limits: Mapping[str, Any], node: Node, wrong: Any) -> Fault | None:
    length = node.get("minItems", node.get("minProperties", 1))
    entries = f"{length} {'entry' if length == 1 else 'entries'}"
    exactly = "exactly" if length == node.get("maxItems") else "at least"
    problems = {
        "greater_than_equal": f"the number must be {limits.get('ge')} or more",
        "less_than_equal": f"the number must be {limits.get('le')} or less",
        "too_short": f"{exactly} {entries} must stand here",
        "too_long": f"{exactly} {entries} must stand here",
        "string_too_short": "nothing is written here",
        "string_pattern_mismatch": "this is not a short name",
    }
    if kind not in problems:
        return None
    is_name = kind == "string_pattern_mismatch"
    return Fault(
        code="not_a_name" if is_name else "out_of_bounds",
        problem=problems[kind],
        found=told(wrong),
        allowed=allowed_at(node) if is_name else "",
    )


def _of_wrong_kind(node: Node, wrong: Any) -> Fault:
    if wrong is None:
        return nothing_written(node, is_optional=False)
    if "enum" in node or "const" in node:
        return no_choice(wrong, node.get("enum") or [node["const"]])
    is_date = node.get("format") == "date"
    problems = {
        "object": "keys with values are needed here",
        "array": "a list is needed here",
        "string": "a date is needed here" if is_date else "text is needed here",
        "boolean": "true or false is needed here",
        "integer": "a whole number is needed here",
        "number": "a number is needed here",
    }
    return Fault(
        code="wrong_kind",
        problem=problems.get(str(node.get("type")), "this cannot stand here"),
        found=told(wrong),
        allowed=allowed_at(node),
        hint=_remedy(node, wrong),
    )


def _remedy(node: Node, wrong: Any) -> str:
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
    numbers = _NUMBER.findall(text)
    if text.strip().startswith("="):
        return "Write the number itself, not a formula"
    if re.search(r"\d.*[-%]|-\d", text) or not numbers or "," in _NUMBER.sub("", text):
        return f"Write digits{point}"
    if len(numbers) > 1:
        return "Write one number; where several are meant, each needs an entry of its own"
    return f"Write {Decimal(numbers[0].replace(',', ''))} alone, without words, signs or separators"


def told(wrong: Any) -> str:
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
