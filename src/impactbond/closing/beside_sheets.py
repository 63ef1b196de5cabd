"""The sheets of a year end that stand beside its figures: their columns and formulas.

Takes  the tables of `closing/beside.py`, and those of up-front money, limits and ages.
Gives  for every sheet its name, its table, what it holds, its columns and what is worked out.
Keeps  a column that is worked out is a formula of its row.

And how a sheet of a year end's workbook is made: columns of no amount, then amounts in units, which
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

from impactbond.closing.year_end import YearEnd
from impactbond.money import CURRENCIES
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    Formula,
    Kind,
    SheetTable,
    fitting,
)
from impactbond.statements.workbook.printed import is_too_wide

Plain = tuple[str, str, Kind, float]  # a column that is no amount: key, header, kind, width
FUNDER: Plain = ("funder", "Funder", "identifier", 34)
DATED: Plain = ("date", "Date", "date", 12)
SIDES: tuple[Plain, ...] = (
    ("account", "Account", "identifier", 13),
    FUNDER,
    ("fund", "Fund", "identifier", 18),
)
_MILESTONE: Plain = ("milestone", "Milestone", "identifier", 24)
_BANDS = {
    "not_yet_due": "Not yet due",
    "overdue_1_to_30_days": "1-30 days overdue",
    "overdue_31_to_60_days": "31-60 days",
    "overdue_61_to_90_days": "61-90 days",
    "overdue_over_90_days": "Over 90 days",
    "carried": "In advance",
    "balance": "Balance",
}
_ADDED = "+".join(f"[{key}]" for key in list(_BANDS)[:5])


def _in_all(table: SheetTable, index: int) -> str:
    """What a milestone comes to; the most of a result is what the contract says."""
    many = table.columns[table.position("participants")].values[index]
    return "" if many is None else "[participants]*[price]"


_Beside = tuple[str, str, str, tuple[Plain, ...], dict[str, str], dict[str, Formula]]
BESIDE: tuple[_Beside, ...] = (
    (
        *("Up front", "up_front", "Up-front money: asked, recovered, set off, paid back, left"),
        (
            ("tranche", "Payment", "identifier", 20),
            FUNDER,
            ("asked_on", "Asked on", "date", 13),
            ("left_over", "What is left at the end", "identifier", 16),
        ),
        {
            "amount": "Asked for",
            "recovered": "Recovered",
            "set_off": "Set off",
            "returned": "Paid back",
            "remaining": "Remaining",
        },
        {"remaining": "[amount]-[recovered]-[set_off]-[returned]"},
    ),
    (
        *("After", "after", "What came between year end and sign-off"),
        (
            ("on_or_by_on", "On, or by", "date", 13),
            ("what", "What", "identifier", 24),
            FUNDER,
            ("about", "About", "identifier", 24),
            ("counted", "In the figures", "identifier", 15),
        ),
        {"amount": "Amount"},
        {},
    ),
    (
        *("In progress", "in_progress", "What is on the way: nothing of it is earned"),
        (_MILESTONE, ("participants", "Can still achieve it", "count", 14)),
        {
            "price": "Price before changes",
            "in_all": "In all, at most",
            "within_limits": "Of it within limits",
        },
        {"in_all": _in_all},
    ),
    (
        *("Limits", "limits", "Limits in money to date, and what is used of them"),
        (("limit", "Limit", "identifier", 24), FUNDER),
        {"at_most": "At most", "used": "Used", "headroom": "Left"},
        {"headroom": "[at_most]-[used]"},
    ),
    (
        *("Withheld", "withheld", "What outcomes are worth, and what of it is withheld, to date"),
        (FUNDER,),
        {
            "value": "Worth at its price",
            "withheld": "Withheld",
            "moved": "Taken over",
            "entitled": "Earned by terms",
        },
        {"entitled": "[value]-[withheld]+[moved]"},
    ),
    (
        *("Aged", "aged", "What is open, by how long it is overdue"),
        (FUNDER,),
        _BANDS,
        {"balance": f"{_ADDED}-[carried]"},
    ),
    (
        *("Paid", "paid", "Every receipt, by the claims that it paid; without one, it paid none"),
        (
            FUNDER,
            ("receipt", "Receipt", "identifier", 18),
            ("received_on", "Received on", "date", 13),
            ("claim_period", "Claim", "identifier", 12),
        ),
        {"amount": "Amount"},
        {},
    ),
    (
        *("Payment times", "payment_times", "How long every funder took to pay, to date"),
        (
            FUNDER,
            ("payments", "Payments", "count", 12),
            ("average_days", "Days on average", "number", 16),
            ("within_30_percent", "% within 30 days", "number", 16),
            ("from_31_to_60_percent", "% in 31 to 60", "number", 16),
            ("after_60_percent", "% later", "number", 12),
            ("unpaid", "Not paid in full", "count", 14),
        ),
        {},
        {},
    ),
    (
        *(
            "Trial balance",
            "trial_balance",
            "The ledger beside the year end, and any rest",
        ),
        (("account", "Account", "identifier", 14),),
        {
            "trial_balance": "Trial balance",
            "journals": "Journals to post",
            "should_be": "Should be then",
            "rest": "Rest",
        },
        {"rest": "[should_be]-[trial_balance]-[journals]"},
    ),
    (
        *("Interest", "interest", "Statutory interest on late payment, to date: not counted"),
        (
            FUNDER,
            ("claim_period", "Claim", "identifier", 12),
            ("due_on", "Due on", "date", 13),
            ("runs_from_on", "Runs from", "date", 13),
            ("percent", "% a year", "identifier", 10),
        ),
        {"debt": "Debt", "interest": "Interest", "fixed_sum": "Fixed sum"},
        {},
    ),
    (
        *("Refused", "refused", "Rows refused and left out, by reason"),
        (
            ("of", "Of", "identifier", 14),
            ("reason", "Reason", "identifier", 34),
            ("rows", "Rows", "count", 10),
        ),
        {},
        {},
    ),
    (
        *("Invoices", "invoices", "What was asked for in the year, as invoices and credit notes"),
        (
            ("number", "Number", "identifier", 20),
            ("document", "Document", "identifier", 12),
            FUNDER,
            ("asked_on", "Asked on", "date", 13),
            ("due_on", "Due on", "date", 13),
            ("text", "Text", "text", 30),
            ("statement", "Statement", "text", 30),
        ),
        {"amount": "Amount"},
        {},
    ),
    (
        *("Confirmations", "confirmations", "What every funder is asked to confirm"),
        (
            FUNDER,
            ("item", "What", "identifier", 24),
            ("claim_period", "Claim, receipt", "identifier", 18),
            ("due_on", "Due on", "date", 13),
        ),
        {"asked": "In all", "open": "Open"},
        {},
    ),
)


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
