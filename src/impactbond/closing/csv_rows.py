"""How a file for a ledger writes rows: UTF-8, CRLF, two decimals with a dot, days as dd/mm/yyyy.

Takes  headings and rows.
Gives  bytes.
Keeps  a cell that begins as a formula does is guarded; a number is not.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date
from io import StringIO
from typing import Any

from impactbond.closing.year_end import YearEnd
from impactbond.money import major_units

_FORMULA = tuple("=+-@\t\r")


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
