"""A public view as files: a workbook to read, and a CSV for each table. The log is no part of them.

The same view gives the same bytes.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from impactbond.canonical import csv_bytes
from impactbond.disclosure.public_view import BY_PERIOD, PublicView, shown
from impactbond.disclosure.rules import ALL
from impactbond.money import major_units
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.layout import Column, Kind, SheetTable, fitting

_ABOUT = (
    ("Contract", "title"),
    ("Reference of the contract", "contract"),
    ("Achieved up to the end of", "claim_period"),
    ("Known by", "known_by"),
)
_COUNTED = (
    "A figure says how often a milestone was achieved: by how many children, where a child can "
    "achieve it once. A child counts under what it was on the day."
)


def public_files(view: PublicView) -> dict[str, bytes]:
    """The bytes of the files to publish, by name."""
    stem = f"{view.contract}_{view.claim_period}_public"
    tables = {f"{stem}_{name}.csv": csv_bytes(view.table(name)) for name in view.table_names}
    return {f"{stem}.xlsx": public_workbook(view), **tables}


def public_workbook(view: PublicView) -> bytes:
    """The workbook: what is shown and how, then a sheet for each table, periods side by side."""
    book = Book(
        title=f"{view.title}: what was achieved",
        subject=f"Up to {view.claim_period}",
        company="",
        created=date.fromisoformat(view.known_by),
    )
    book.add_table(_about(view))
    for name in view.table_names:
        book.add_table(_sheet(view, name, "achieved"))
        if view.has_money:
            book.add_table(_sheet(view, name, "value_pence"))
    return book.close()


def log_bytes(view: PublicView) -> bytes:
    """The log as CSV: not to be published, because it tells which cells count few children."""
    return csv_bytes(view.log_table)


def _about(view: PublicView) -> SheetTable:
    rows = [(what, str(getattr(view, name))) for what, name in _ABOUT]
    rows += [("What is counted", _COUNTED)]
    rows += [("What is shown" if not at else "", told) for at, told in enumerate(view.rules.says)]
    columns = (
        Column("what", "What", "text", 28, [what for what, _ in rows]),
        Column("told", "Answer", "text", 90, [told for _, told in rows]),
    )
    return SheetTable("About", f"{view.title}: what was achieved", "what is shown", (), columns)


def _sheet(view: PublicView, name: str, figure: str) -> SheetTable:
    table = view.table(name)
    attribute = "" if name == BY_PERIOD else name.removeprefix("by_")
    wide = _wide(view, table, attribute, figure)
    called = attribute.replace("_", " ")
    about = f"by {called} and period" if called else "by period, all children"
    what = "How often achieved" if figure == "achieved" else f"Value in {view.currency}"
    sheet = f"By {called or 'period'}" if figure == "achieved" else f"Value by {called or 'period'}"
    keys = list(wide)
    titles = [view.names[milestone] or milestone for milestone, _ in keys]
    columns = [Column("milestone", "Milestone", "text", fitting(titles, 12, 40), titles)]
    if attribute:
        groups = [group for _, group in keys]
        width = fitting(groups, 12, 40)
        columns.append(Column("group", called.capitalize(), "text", width, groups))
    kind: Kind = "number"  # which ends at the right edge also where a mark stands in its place
    for period in (*view.axes.periods, ALL):
        cells = [wide[key][period] for key in keys]
        columns.append(Column(f"period {period}", period, kind, 11, cells))
    strong = frozenset(at for at, (_, group) in enumerate(keys) if attribute and group == ALL)
    intro = ("[c] stands for a figure that is left out; see the sheet About.",)
    title = f"{what}, {about}"
    return SheetTable(sheet[:31], title, about, intro, tuple(columns), frozen=True, strong=strong)


def _wide(
    view: PublicView, table: pa.Table, attribute: str, figure: str
) -> dict[tuple[str, str], dict[str, Any]]:
    """The figures by milestone and group, then by period; totals below what they add up."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in table.to_pylist():
        told = row[figure]
        if told is None:
            told = shown(None)
        elif figure == "value_pence":
            told = float(major_units(told, view.currency))
        key = row["milestone"], row[attribute] if attribute else ALL
        found.setdefault(key, {})[row["period"]] = told
    order = {milestone: at for at, milestone in enumerate(view.names)}
    return dict(sorted(found.items(), key=lambda one: (order[one[0][0]], one[0][1] == ALL, one[0])))
