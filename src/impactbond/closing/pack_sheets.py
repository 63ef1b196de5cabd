"""How a sheet of a year end's workbook is made: columns of no amount, then amounts in units, which
are read, and in minor units, which are worked out.

Takes  a YearEnd.
Gives  its sheets, one after another.
Keeps  a sheet may name those made before it, and no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from impactbond.closing.beside_sheets import Plain
from impactbond.closing.year_end import YearEnd
from impactbond.money import CURRENCIES
from impactbond.statements.workbook.layout import AmountCells, Column, Formula, SheetTable, fitting
from impactbond.statements.workbook.printed import is_too_wide

_PATTERN = re.compile(r"[*?~]|^[<>=]")


class Made(dict[str, SheetTable]):
    """The sheets made so far, and how a formula adds up their rows."""

    def __init__(self, names: Iterable[str]) -> None:
        """names: of funders and funds, which formulas look for."""
        super().__init__()
        told = set(names)  # a fund may be called what a funder is
        unlike = {name.casefold() for name in told}
        # Two spellings of a school are two funders; a spreadsheet takes them for one, and `*`, `?`
        # and `~` for a pattern, unless it is told to compare letter by letter.
        self.is_exact = len(unlike) < len(told) or any(map(_PATTERN.search, told))

    def summed(self, amounts: str, *tests: tuple[str, str]) -> str:
        """The formula that adds up the amounts where each column holds its value."""
        if self.is_exact:
            same = ",".join(f"--EXACT({cells},{value})" for cells, value in tests)
            return f"SUMPRODUCT({same},{amounts})"
        return f"SUMIFS({amounts},{','.join(part for test in tests for part in test)})"


class PackSheets:
    """The sheets of a year end, made one after another: each may name those before it."""

    def __init__(self, year: YearEnd) -> None:
        self.year = year
        self.amounts = AmountCells(CURRENCIES[year.currency])
        income = year.tables["income"]
        position = year.tables["position"].to_pylist()
        called = {row["funder"]: row["name"] for row in position}
        self._names: dict[str, tuple[str, str, Callable[[str], str]]] = {
            "funder": ("name", "Name", lambda key: called.get(key, key)),
            "milestone": ("title", "Title", lambda key: year.titles.get(key, key)),
            "reason": ("in_words", "In words", lambda key: key.replace("_", " ").capitalize()),
        }
        self.made = Made(name for key in ("funder", "fund") for name in income[key].to_pylist())

    def add(
        self,
        sheet: str,
        title: str,
        holds: str,
        rows: Sequence[Mapping[str, Any]],
        plain: Sequence[Plain],
        pence: Mapping[str, str],
        formulas: Mapping[str, Formula] | None = None,
        *,
        intro: Sequence[str] = (),
        totals: Sequence[str] = (),
        if_empty: str = "None.",
    ) -> SheetTable:
        """A sheet of one table: columns of no amount, then amounts in pounds, which are printed,
        and in pence, which are worked out.
        """
        given = formulas or {}
        values = {key: [row[f"{key}_pence"] for row in rows] for key in pence}
        keyed = []
        for key, header, kind, width in plain:
            cells = [None if row[key] == "" else row[key] for row in rows]
            wide = fitting(cells, width, 46) if kind == "identifier" else width
            keyed.append(Column(key, header, kind, wide, cells, given.get(key)))
        columns: list[Column] = []
        for key, header in pence.items():
            columns += self.amounts.in_units(key, header, 12.5, values[key])
        for key, header in pence.items():
            columns.append(self.amounts.in_minor(key, header, 12.5, values[key], given.get(key)))
        table = SheetTable(
            sheet=sheet,
            title=title,
            holds=holds,
            intro=tuple(intro),
            columns=(*keyed, *columns),
            if_empty=if_empty,
            # A table without rows has no cells that a total could name.
            totals=tuple(
                self.amounts.sum_of(f"All: {pence[key].lower()}", key, values[key])
                for key in totals
                if rows
            ),
            last_printed=self.amounts.shown(list(pence)[-1]) if pence else "",
        )
        named = replace(table, columns=(*self._with_names(keyed), *columns))
        # Only where all of it stays on one page; every name stands in Position.
        self.made[sheet] = table = table if is_too_wide(named) else named
        return table

    def _with_names(self, keyed: Sequence[Column]) -> Iterator[Column]:
        """Columns of keys, each with what people call what it is of, unless that stands there."""
        told = {column.key for column in keyed}
        for column in keyed:
            name, header, words = self._names.get(column.key, ("", "", str))
            if column.kind != "identifier" or not name or name in told or not any(column.values):
                yield column
                continue
            yield replace(column, width=fitting([*column.values, column.header], 10, 46))
            said = [words(key) if key else None for key in column.values]
            yield Column(name, header, "identifier", fitting([*said, header], 10, 46), said)

    def rows(self, name: str) -> list[dict[str, Any]]:
        return list(self.year.tables[name].to_pylist())
