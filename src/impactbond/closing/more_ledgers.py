"""The journals of a year end for QuickBooks Online, Sage Accounting, Sage Intacct and IRIS Accounts
Production, with the headings and limits that they documented when this was written.

Takes  the lines of the journals, with their codes.
Gives  the bytes of a file for each.
Keeps  debits and credits are those of the year end; a text that a product cuts short is in full in
       another column or file. Nothing was tried against the products themselves.

And the lines of a year end's journals with the codes of the ledger map, as exports take them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from impactbond.closing.exported_files import amount_told, csv_rows, day_told
from impactbond.closing.year_end import YearEnd

QUICKBOOKS_JOURNALS = (
    *("Journal No.", "Journal Date", "Account Name", "Description", "Debits", "Credits", "Name"),
)
SAGE_ACCOUNTING = (
    *("Reference", "Date", "Description", "Ledger Account Number", "Details", "Debit", "Credit"),
)
INTACCT = (
    *("JOURNAL", "DATE", "DESCRIPTION", "LINE_NO", "ACCT_NO", "DEBIT", "CREDIT", "MEMO"),
    *("LOCATION_ID", "DEPT_ID"),
)
MOST_REFERENCE, MOST_TEXT = 75, 200  # letters that Sage Accounting takes
MOST_BYTES = 500_000  # of one file of Sage Accounting
MOST_DESCRIPTION = 30  # letters that Intacct takes; the memo has the whole text


def quickbooks(year: YearEnd, lines: Iterable[JournalLine]) -> bytes:
    """Accounts go by the names that the ledger map gives, or by their codes."""
    rows = [
        (
            *(f"{one.journal} {one.day}", day_told(one.day), year.account_name(one.account)),
            *(one.text, _debit(year, one), _credit(year, one), year.name_of(one.funder)),
        )
        for one in lines
    ]
    return csv_rows(QUICKBOOKS_JOURNALS, rows)


def sage_accounting(year: YearEnd, lines: Iterable[JournalLine]) -> list[bytes]:
    """A journal for each funder and day; its reference, day and text stand once. In files of no
    more than the product takes, which never part a journal.
    """
    together: dict[tuple[str, str], list[JournalLine]] = {}
    numbers: dict[str, int] = {}  # a funder's name could be longer than a reference
    for one in lines:
        number = numbers.setdefault(one.funder, len(numbers) + 1)
        reference = f"{year.contract} {one.journal} {one.day} {number}"
        if len(reference) > MOST_REFERENCE:
            reference = reference.removeprefix(f"{year.contract} ")
        together.setdefault((reference, day_told(one.day)), []).append(one)
    parts: list[list[tuple[str, ...]]] = [[]]
    for (reference, day), own in together.items():
        text = own[0].text[:MOST_TEXT]
        rows = [
            (
                *((reference, day, text) if place == 0 else (reference, "", "")),
                *(one.code, one.text[:MOST_TEXT], _debit(year, one), _credit(year, one)),
            )
            for place, one in enumerate(own)
        ]
        if len(csv_rows(SAGE_ACCOUNTING, [*parts[-1], *rows])) > MOST_BYTES:
            parts.append([])
        parts[-1] += rows
    return [csv_rows(SAGE_ACCOUNTING, rows) for rows in parts]


def intacct(year: YearEnd, lines: Iterable[JournalLine]) -> bytes:
    """Lines are numbered within a journal and day; a company's template may name more."""
    count: dict[tuple[str, str], int] = {}
    rows = []
    for one in lines:
        key = (one.journal, day_told(one.day))
        count[key] = count.get(key, 0) + 1
        about = ("GJ", day_told(one.day), f"{one.journal} {one.day}"[:MOST_DESCRIPTION])
        sides = (_debit(year, one), _credit(year, one))
        rows.append((*about, str(count[key]), one.code, *sides, one.text, "", ""))
    return csv_rows(INTACCT, rows)


def iris(year: YearEnd, lines: Iterable[JournalLine]) -> bytes:
    """Amount, account, narrative, posting date as ddmmyy, work reference, and six columns of which
    the fund alone is filled; without headings, a debit above nothing.
    """
    rows: Sequence[tuple[str, ...]] = [
        (
            *(amount_told(year, one.pence), one.code, one.text, f"{one.day:%d%m%y}"),
            *(f"{one.journal} {one.day}", "", "", "", one.fund, "", ""),
        )
        for one in lines
    ]
    return csv_rows((), rows)


def _debit(year: YearEnd, one: JournalLine) -> str:
    return amount_told(year, one.pence) if one.pence > 0 else ""


def _credit(year: YearEnd, one: JournalLine) -> str:
    return amount_told(year, -one.pence) if one.pence < 0 else ""


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
