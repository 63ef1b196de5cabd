"""The lines of a year end's journals with the codes of the ledger map, as exports take them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from impactbond.closing.year_end import YearEnd


class JournalLine(NamedTuple):
    """One line of a journal, with its codes; `pence` is a debit, or below nothing a credit."""

    journal: str
    day: date
    reverses_on: date | None
    account: str
    code: str
    pence: int
    text: str
    funder: str
    fund: str
    tax: str


def entries_of(year: YearEnd) -> Iterator[JournalLine]:
    """Every line of the journals. Raises YearEndError where there is no ledger map."""
    ledger = year.ledger_given
    for row in year.tables["journals"].to_pylist():
        entry = ledger.of(row["funder"])
        yield JournalLine(
            row["journal"],
            row["date"],
            row["reverses_on"],
            row["account"],
            year.code_of(row["account"]),
            row["debit_pence"] - row["credit_pence"],
            row["text"],
            row["funder"],
            row["fund"],
            "" if entry is None else entry.vat,
        )


def reversed_line(one: JournalLine) -> JournalLine:
    """The line that takes one back on the next day."""
    assert one.reverses_on is not None
    text = f"Reversal: {one.text}"
    return one._replace(day=one.reverses_on, reverses_on=None, pence=-one.pence, text=text)
