"""Rendering a contract in plain English, as a schedule that people can read and sign: as text for a
terminal, as Markdown, or as one self-contained page of HTML for reading and for print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from html import escape
from os import PathLike
from pathlib import Path
from textwrap import wrap
from typing import Literal, Unpack

from impactbond.contract.contract import Contract
from impactbond.contract.wording.schedule import schedule_of
from impactbond.contract.wording.words import (
    Rule,
    Schedule,
    SchedulePart,
    ScheduleTable,
    mark_of,
)
from impactbond.errors import ContractError, assert_one_of
from impactbond.files import Writing, write_file

Form = Literal["text", "markdown", "html"]
_ENDINGS: dict[str, Form] = {".md": "markdown", ".html": "html", ".htm": "html"}


def render(contract: Contract, form: Form = "text") -> str:
    """The contract in plain English: one numbered sentence for each rule, with its clause.

    `form` is text, markdown or html. The same contract gives the same text. Raises ContractError
    for another form.
    """
    assert_one_of(form, "form", _FORMS, ContractError)
    return _FORMS[form](schedule_of(contract))


def write_rendered(
    contract: Contract,
    path: str | PathLike[str],
    form: Form | None = None,
    **how: Unpack[Writing],
) -> Path:
    """Write the contract in plain English, in the form that the file's ending names, or as text.

    With `replace=True`, another file of that name is replaced. Gives the path. Raises ContractError
    when the file cannot be written, or would replace another.
    """
    content = render(contract, form or _ENDINGS.get(Path(path).suffix.casefold(), "text"))
    refused = partial(ContractError, "The contract cannot be rendered.")
    return write_file(path, content.encode(), refused, **how)


_WIDTH = 96
_INDENT = 6


def as_text(schedule: Schedule) -> str:
    """The schedule with numbered rules; a clause stands in brackets after what it says."""
    lines = [schedule.title, "=" * len(schedule.title), "", *wrap(schedule.about, _WIDTH)]
    for number, part in enumerate(schedule.parts, 1):
        heading = f"{number}. {part.heading}"
        lines += ["", heading, "-" * len(heading)]
        for place, rule in enumerate(part.rules, 1):
            lines += _text_rule(f"{number}.{place}", rule, 0)
        if part.table is not None:
            lines += ["", *_text_table(part.table)]
    return "\n".join(lines) + "\n"


def _text_rule(mark: str, rule: Rule, depth: int) -> Iterator[str]:
    before = " " * (_INDENT * depth) + f"{mark:<{_INDENT}}"
    clause = f" [{rule.clause}]" if rule.clause else ""
    says, after = f"{rule.says}{clause}", " " * len(before)
    yield from wrap(
        says, _WIDTH, initial_indent=before, subsequent_indent=after, break_long_words=False
    )
    for place, part in enumerate(rule.parts):
        yield from _text_rule(mark_of(place, depth), part, depth + 1)


def _text_table(table: ScheduleTable) -> Iterator[str]:
    rows = (table.headings, *table.rows)
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.headings))]
    rows = (table.headings, tuple("-" * width for width in widths), *table.rows)
    for row in rows:
        cells = [
            f"{cell:>{width}}" if place in table.amounts else f"{cell:<{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield (" " * _INDENT + "  ".join(cells)).rstrip()


_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def as_markdown(schedule: Schedule) -> str:
    """The schedule with numbered rules; what a contract writes is never read as Markdown."""
    lines = [f"# {_escaped(schedule.title)}", "", _escaped(schedule.about)]
    for number, part in enumerate(schedule.parts, 1):
        lines += ["", f"## {number}. {_escaped(part.heading)}"]
        for place, rule in enumerate(part.rules, 1):
            lines += ["", *_markdown_rule(f"**{number}.{place}**", rule, 0)]
        if part.table is not None:
            lines += ["", *_markdown_table(part.table)]
    return "\n".join(lines) + "\n"


def _markdown_rule(mark: str, rule: Rule, depth: int) -> Iterator[str]:
    clause = f" *({_escaped(rule.clause)})*" if rule.clause else ""
    bullet = "  " * (depth - 1) + "- " if depth else ""
    yield f"{bullet}{mark} {_escaped(rule.says)}{clause}"
    if rule.parts and not depth:
        yield ""
    for place, part in enumerate(rule.parts):
        yield from _markdown_rule(mark_of(place, depth), part, depth + 1)


def _markdown_table(table: ScheduleTable) -> Iterator[str]:
    yield _markdown_row(table.headings)
    sides = ("---:" if at in table.amounts else "---" for at in range(len(table.headings)))
    yield f"| {' | '.join(sides)} |"
    for row in table.rows:
        yield _markdown_row(row)


def _markdown_row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(_escaped(cell) or ' ' for cell in cells)} |"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


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
_HTML_STEP = 1.9


def as_html(schedule: Schedule) -> str:
    """The schedule with numbered rules and their clauses in the margin; all text is escaped."""
    parts = [
        line for number, part in enumerate(schedule.parts, 1) for line in _html_part(number, part)
    ]
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


def _html_part(number: int, part: SchedulePart) -> Iterator[str]:
    yield f"<h2>{number}. {escape(part.heading)}</h2>"
    if part.rules:
        yield '<table class="rules">'
        for place, rule in enumerate(part.rules, 1):
            yield from _html_rule(f"{number}.{place}", rule, 0)
        yield "</table>"
    if part.table is not None:
        yield from _html_table(part.table)


def _html_rule(mark: str, rule: Rule, depth: int) -> Iterator[str]:
    says = escape(rule.says)
    if depth:
        inside = f"padding-left:{_HTML_STEP * depth:g}em;text-indent:-{_HTML_STEP:g}em"
        yield f'<tr><td class="mark"></td><td style="{inside}">{mark} {says}</td>'
    else:
        yield f'<tr><td class="mark">{mark}</td><td>{says}</td>'
    yield f'<td class="clause">{escape(rule.clause)}</td></tr>'
    for place, part in enumerate(rule.parts):
        yield from _html_rule(mark_of(place, depth), part, depth + 1)


def _html_table(table: ScheduleTable) -> Iterator[str]:
    head = "".join(
        f'<th scope="col"{_html_side(table, place)}>{escape(cell)}</th>'
        for place, cell in enumerate(table.headings)
    )
    yield f'<table class="listed"><thead><tr>{head}</tr></thead><tbody>'
    for row in table.rows:
        cells = "".join(
            f"<td{_html_side(table, place)}>{escape(cell)}</td>" for place, cell in enumerate(row)
        )
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table>"


def _html_side(table: ScheduleTable, place: int) -> str:
    return ' class="amount"' if place in table.amounts else ""


_FORMS = {"text": as_text, "markdown": as_markdown, "html": as_html}
