"""A schedule as plain text, wrapped for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from impactbond.contract.wording.document import Rule, Schedule, ScheduleTable, mark_of

_WIDTH = 96
_INDENT = 6


def as_text(schedule: Schedule) -> str:
    """The schedule with numbered rules; a clause stands in brackets after what it says."""
    lines = [schedule.title, "=" * len(schedule.title), "", *wrap(schedule.about, _WIDTH)]
    for number, part in enumerate(schedule.parts, 1):
        heading = f"{number}. {part.heading}"
        lines += ["", heading, "-" * len(heading)]
        for place, rule in enumerate(part.rules, 1):
            lines += _rule(f"{number}.{place}", rule, 0)
        if part.table is not None:
            lines += ["", *_table(part.table)]
    return "\n".join(lines) + "\n"


def _rule(mark: str, rule: Rule, depth: int) -> Iterator[str]:
    before = " " * (_INDENT * depth) + f"{mark:<{_INDENT}}"
    clause = f" [{rule.clause}]" if rule.clause else ""
    yield from wrap(
        f"{rule.says}{clause}",
        _WIDTH,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_long_words=False,
    )
    for place, part in enumerate(rule.parts):
        yield from _rule(mark_of(place, depth), part, depth + 1)


def _table(table: ScheduleTable) -> Iterator[str]:
    rows = (table.headings, *table.rows)
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.headings))]
    rows = (table.headings, tuple("-" * width for width in widths), *table.rows)
    for row in rows:
        cells = [
            f"{cell:>{width}}" if place in table.amounts else f"{cell:<{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield (" " * _INDENT + "  ".join(cells)).rstrip()
