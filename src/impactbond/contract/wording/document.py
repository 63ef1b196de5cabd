"""A contract schedule as plain data: parts with numbered rules and tables, before it is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in one sentence, the clause that it encodes, and what it breaks down into."""

    says: str
    clause: str = ""
    parts: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleTable:
    """Rows under headings; `amounts` are the places of the columns that hold amounts."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    amounts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SchedulePart:
    """A part of the schedule under one heading; what has neither rules nor a table is left out."""

    heading: str
    rules: tuple[Rule, ...] = ()
    table: ScheduleTable | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The whole contract: its title, what it is, and its parts in order."""

    title: str
    about: str
    parts: tuple[SchedulePart, ...]


def letter(place: int) -> str:
    """The mark of a part of a rule: a, b ... z, aa, ab."""
    before, here = divmod(place, 26)
    return (letter(before - 1) if before else "") + chr(ord("a") + here)


_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def roman(place: int) -> str:
    """The mark of a part of a part: i, ii, iii, iv."""
    left, text = place + 1, ""
    for value, mark in _ROMAN:
        text += mark * (left // value)
        left %= value
    return text


def mark_of(place: int, depth: int) -> str:
    """The mark of the part at a place, by how deep it lies: (a), then (i), then (a) again."""
    return f"({letter(place) if depth % 2 == 0 else roman(place)})"


def finished(rule: Rule) -> Rule:
    """A rule with a capital first and full stops last; its parts are divided by semicolons."""
    says = rule.says[:1].upper() + rule.says[1:]
    if not rule.parts:
        return Rule(says if says.endswith(".") else f"{says}.", rule.clause)
    parts = tuple(_divided(part, part is rule.parts[-1]) for part in rule.parts)
    return Rule(says if says.endswith((":", ".")) else f"{says}:", rule.clause, parts)


def _divided(part: Rule, is_last: bool) -> Rule:
    if not part.parts:
        return Rule(part.says + ("." if is_last else ";"), part.clause)
    inside = tuple(_divided(one, is_last and one is part.parts[-1]) for one in part.parts)
    says = part.says if part.says.endswith(":") else f"{part.says}:"
    return Rule(says, part.clause, inside)
