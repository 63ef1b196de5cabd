"""A schedule as one self-contained page of HTML, for reading and for print."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from impactbond.contract.wording.document import (
    Rule,
    Schedule,
    SchedulePart,
    ScheduleTable,
    mark_of,
)

_STYLE = """
body { font: 11pt/1.45 Georgia, "Times New Roman", serif; max-width: 52em; margin: 2em auto;
  padding: 0 1em; color: #111; }
h1 { font-size: 1.6em; line-height: 1.2; margin-bottom: .3em; }
h2 { font-size: 1.15em; margin: 1.8em 0 .5em; border-bottom: 1px solid #999; }
table { border-collapse: collapse; }
table.rules { width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .15em .8em .15em 0; }
th { border-bottom: 1px solid #999; font-weight: bold; }
table.listed { margin: .8em 0 .8em 3.4em; font-size: .93em; }
td.mark { width: 3em; white-space: nowrap; }
td.clause { width: 7em; padding-right: 0; color: #444; font-size: .87em; }
.amount { text-align: right; }
p.about { color: #444; }
@media print { body { margin: 0; } h2 { page-break-after: avoid; }
  tr { page-break-inside: avoid; } }
"""
_STEP = 1.9


def as_html(schedule: Schedule) -> str:
    """The schedule with numbered rules and their clauses in the margin; all text is escaped."""
    parts = [line for number, part in enumerate(schedule.parts, 1) for line in _part(number, part)]
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en-GB"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(schedule.title)}</title>",
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{escape(schedule.title)}</h1>",
        f'<p class="about">{escape(schedule.about)}</p>',
        *parts,
        "</body></html>",
    ]
    return "\n".join(lines) + "\n"


def _part(number: int, part: SchedulePart) -> Iterator[str]:
    yield f"<h2>{number}. {escape(part.heading)}</h2>"
    if part.rules:
        yield '<table class="rules">'
        for place, rule in enumerate(part.rules, 1):
            yield from _rule(f"{number}.{place}", rule, 0)
        yield "</table>"
    if part.table is not None:
        yield from _table(part.table)


def _rule(mark: str, rule: Rule, depth: int) -> Iterator[str]:
    says = escape(rule.says)
    if depth:
        inside = f"padding-left:{_STEP * depth:g}em;text-indent:-{_STEP:g}em"
        yield f'<tr><td class="mark"></td><td style="{inside}">{mark} {says}</td>'
    else:
        yield f'<tr><td class="mark">{mark}</td><td>{says}</td>'
    yield f'<td class="clause">{escape(rule.clause)}</td></tr>'
    for place, part in enumerate(rule.parts):
        yield from _rule(mark_of(place, depth), part, depth + 1)


def _table(table: ScheduleTable) -> Iterator[str]:
    head = "".join(
        f'<th scope="col"{_side(table, place)}>{escape(cell)}</th>'
        for place, cell in enumerate(table.headings)
    )
    yield f'<table class="listed"><thead><tr>{head}</tr></thead><tbody>'
    for row in table.rows:
        cells = "".join(
            f"<td{_side(table, place)}>{escape(cell)}</td>" for place, cell in enumerate(row)
        )
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table>"


def _side(table: ScheduleTable, place: int) -> str:
    return ' class="amount"' if place in table.amounts else ""
