"""How a file for a ledger writes rows: UTF-8, CRLF, two decimals with a dot, days as dd/mm/yyyy.

Takes  headings and rows.
Gives  bytes.
Keeps  a cell that begins as a formula does is guarded; a number is not.

And what was exported of a year end: a row for every file, with its lines, its totals and its
digest.

Takes  the bytes of a file, as it was written.
Gives  a row of the manifest, or why there is no file.
Keeps  totals are read back from the file itself, by the columns that its product takes amounts in.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

from impactbond.canonical import sha256
from impactbond.closing.year_end import YearEnd
from impactbond.money import major_units

_FORMULA = tuple("=+-@\t\r")
SAGE_50 = (  # of journals, and of sales
    *("Type", "Account Reference", "Nominal A/C Ref", "Department Code", "Date"),
    *("Reference", "Details", "Net Amount", "Tax Code", "Tax Amount"),
)


def csv_rows(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The bytes of a file; without headings where a product wants none."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if headings:
        writer.writerow(headings)
    writer.writerows([_guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _guarded(cell: Any) -> str:
    told = str(cell)
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", told)
    return f"'{told}" if told.startswith(_FORMULA) and not is_number else told


def amount_told(year: YearEnd, pence: int) -> str:
    """An amount in units, with all decimals of its currency."""
    return f"{major_units(pence, year.currency):f}"


def day_told(day: date) -> str:
    """A day as ledgers in the United Kingdom read it."""
    return f"{day:%d/%m/%Y}"


MANIFEST = ("product", "file", "lines", "debit", "credit", "sha256", "note")
# Headings of the two sides, and of one amount that is above nothing or below.
_SIDES = (("debit", "credit"), ("Debits", "Credits"), ("Debit", "Credit"), ("DEBIT", "CREDIT"))
_SIGNED = ("*Amount", "*UnitAmount", "*Item Amount", "money/amount", "value")
_CREDITS = ("JC", "SC")  # the types of Sage 50 that take off


def manifest_row(product: str, name: str, content: bytes, note: str = "") -> tuple[str, ...]:
    """The row of a file; one that holds no amounts has neither lines nor totals."""
    amounts = _amounts(content) if name.endswith(".csv") else []
    debit = sum((one for one in amounts if one > 0), Decimal(0))
    credit = sum((-one for one in amounts if one < 0), Decimal(0))
    told = (str(len(amounts)), f"{debit:f}", f"{credit:f}") if amounts else ("", "", "")
    return (product, name, *told, sha256(content), note)


def unwritten_row(product: str, note: str) -> tuple[str, ...]:
    """The row of a product for which nothing was written, with the reason."""
    return (product, "", "", "", "", "", note)


def _amounts(content: bytes) -> list[Decimal]:
    """Every amount of a file: a debit, an invoice or a payment above nothing."""
    rows = list(csv.reader(StringIO(content.decode(), newline="")))
    if not rows:
        return []
    heads, lines = rows[0], rows[1:]
    if _is_number(heads[0]):  # a product that wants no headings: the amount stands first
        return [Decimal(row[0]) for row in rows]
    for pair in _SIDES:
        if set(pair) <= set(heads):
            debit, credit = map(heads.index, pair)
            return [Decimal(row[debit] or 0) - Decimal(row[credit] or 0) for row in lines]
    for name in _SIGNED:
        if name in heads:
            return [Decimal(row[heads.index(name)]) for row in lines]
    return _of_sage(heads, lines) if "Net Amount" in heads else []


def _of_sage(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> list[Decimal]:
    kind, net = heads.index("Type"), heads.index("Net Amount")
    return [Decimal(row[net]) * (-1 if row[kind] in _CREDITS else 1) for row in lines]


def _is_number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).isdigit()
