"""A schedule as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from impactbond.contract.wording.document import Rule, Schedule, ScheduleTable, mark_of

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def as_markdown(schedule: Schedule) -> str:
    """The schedule with numbered rules; what a contract writes is never read as Markdown."""
    lines = [f"# {_plain(schedule.title)}", "", _plain(schedule.about)]
    for number, part in enumerate(schedule.parts, 1):
        lines += ["", f"## {number}. {_plain(part.heading)}"]
        for place, rule in enumerate(part.rules, 1):
            lines += ["", *_rule(f"**{number}.{place}**", rule, 0)]
        if part.table is not None:
            lines += ["", *_table(part.table)]
    return "\n".join(lines) + "\n"


def _rule(mark: str, rule: Rule, depth: int) -> Iterator[str]:
    clause = f" *({_plain(rule.clause)})*" if rule.clause else ""
    bullet = "  " * (depth - 1) + "- " if depth else ""
    yield f"{bullet}{mark} {_plain(rule.says)}{clause}"
    if rule.parts and not depth:
        yield ""
    for place, part in enumerate(rule.parts):
        yield from _rule(mark_of(place, depth), part, depth + 1)


def _table(table: ScheduleTable) -> Iterator[str]:
    yield _row(table.headings)
    sides = ("---:" if at in table.amounts else "---" for at in range(len(table.headings)))
    yield f"| {' | '.join(sides)} |"
    for row in table.rows:
        yield _row(row)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(_plain(cell) or ' ' for cell in cells)} |"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
