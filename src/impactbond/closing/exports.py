"""Journals and postings as files that ledgers read. Everything is a view of the same rows, with the
codes of the ledger map; no file names a participant.

Takes  a YearEnd drawn up with a ledger map.
Gives  the bytes of files by name: plain CSV, Xero manual journals, the Sage 50 audit trail, and
       Beancount text. Headings and limits are those the products documented when this was written;
       nothing was tried against the products themselves.
Keeps  debits and credits of a file are those of the year end; what would be cut off and so lose
       its meaning stands in full beside it. A cell that begins as a formula does is guarded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

from impactbond.canonical import csv_bytes
from impactbond.closing.exchange import DIFFERENCE
from impactbond.closing.exported_files import (
    MANIFEST,
    SAGE_50,
    amount_told,
    csv_rows,
    manifest_row,
    unwritten_row,
)
from impactbond.closing.invoices import writable
from impactbond.closing.journals import RECEIVABLE
from impactbond.closing.more_ledgers import (
    JournalLine,
    entries_of,
    intacct,
    iris,
    quickbooks,
    reversed_line,
    sage_accounting,
)
from impactbond.closing.open_data import open_data_files
from impactbond.closing.workbook import year_end_workbook
from impactbond.closing.year_end import YearEnd
from impactbond.errors import Fault, YearEndError
from impactbond.files import Writing, write_files
from impactbond.money import major_units, show

PLAIN = (
    *("journal", "date", "reverses_on", "account", "account_name", "debit", "credit"),
    *("description", "reference", "funder", "fund", "tax", "contract", "record_sha256"),
)
XERO = (
    *("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount"),
    *("TrackingName1", "TrackingOption1", "TrackingName2", "TrackingOption2"),
)
MOST_XERO_LINES = 300  # of one file
# A journal is no sale: whatever VAT a sale has is in its invoice.
NO_VAT_XERO, NO_VAT_SAGE = "No VAT", "T9"
MOST_DETAILS, MOST_NOMINAL = 60, 8  # letters that Sage 50 takes
_BEANCOUNT = {
    "receivable": "Assets:Contract:Receivable",
    "accrued": "Assets:Contract:Accrued",
    "bank": "Assets:Bank",
    "up_front": "Liabilities:Contract:UpFront",
    "in_advance": "Liabilities:Contract:InAdvance",
    "income": "Income:Outcomes",
    "bad_debt": "Expenses:BadDebt",
    "passed_on": "Liabilities:PassedOn",
}


def export_files(year: YearEnd) -> dict[str, bytes]:
    """Every export of the journals of a year end, by the name of its file.

    Raises YearEndError where there is no ledger map, or a code is longer than a product takes.
    """
    entries = list(entries_of(year))
    stem = f"{year.contract}_{year.on}"
    back = [reversed_line(one) for one in entries]
    files = {f"{stem}_journals.csv": _plain(year, entries)}
    for name, rows in (("journals", entries), ("reversals", back)):
        for number, some in enumerate(_parted(rows), 1):
            files[f"{stem}_xero_{name}_{number}.csv"] = _xero(year, some)
    files[f"{stem}_sage50.csv"] = _sage_50(year, [*entries, *back])
    files[f"{stem}_sage50_texts.csv"] = _texts(entries)
    every = [*entries, *back]
    files[f"{stem}_quickbooks_journals.csv"] = quickbooks(year, every)
    for number, part in enumerate(sage_accounting(year, every), 1):
        files[f"{stem}_sage_accounting_{number}.csv"] = part
    files[f"{stem}_intacct.csv"] = intacct(year, every)
    files[f"{stem}_iris.csv"] = iris(year, every)
    if year.ledger_currency:
        files[f"{stem}_exchange_journal.csv"] = _exchange_journal(year)
    return files | {f"{stem}.beancount": beancount_text(year).encode()}


def _plain(year: YearEnd, entries: Iterable[JournalLine]) -> bytes:
    rows = [
        (
            *(one.journal, one.day, one.reverses_on or "", one.code, one.account),
            *(amount_told(year, max(one.pence, 0)), amount_told(year, max(-one.pence, 0))),
            *(one.text, f"{year.contract} {one.journal}", one.funder, one.fund, one.tax),
            *(year.contract, year.digest),
        )
        for one in entries
    ]
    return csv_rows(PLAIN, rows)


def _exchange_journal(year: YearEnd) -> bytes:
    """The exchange difference of the year, in the ledger's currency. It is not reversed: what is
    settled at another rate, and what stands at one, are of the year in which the rate moved.
    """
    ledger, rows = year.ledger_given, []
    for row in year.tables["exchange"].to_pylist():
        if row["item"] != DIFFERENCE or not row["year_pence"]:
            continue
        gain, funder = row["year_pence"], row["funder"]
        sides = (("receivable", gain), ("exchange", -gain))
        text = f"Exchange difference: {year.name_of(funder)}"
        for account, pence in sorted(sides, key=lambda side: -side[1]):
            debit, credit = (
                f"{major_units(max(side, 0), year.ledger_currency):f}" for side in (pence, -pence)
            )
            about = ("EX", year.on, "", year.code_of(account), account, debit, credit, text)
            of = (f"{year.contract} EX", funder, ledger.fund_of(funder), "")
            rows.append((*about, *of, year.contract, year.digest))
    return csv_rows(PLAIN, rows)


def _parted(entries: Sequence[JournalLine]) -> Iterator[Sequence[JournalLine]]:
    """The lines in files of no more than Xero takes; the two lines of a journal stay together."""
    for first in range(0, len(entries), MOST_XERO_LINES):
        yield entries[first : first + MOST_XERO_LINES]


def _xero(year: YearEnd, entries: Iterable[JournalLine]) -> bytes:
    """Xero makes one journal of the rows of one narration and day; debits are above nothing."""
    rows = [
        (
            *(one.text, f"{one.day:%d/%m/%Y}", one.text, one.code, NO_VAT_XERO),
            *(amount_told(year, one.pence), "Fund", one.fund, "Funder", one.funder),
        )
        for one in entries
    ]
    return csv_rows(XERO, rows)


def _sage_50(year: YearEnd, entries: Iterable[JournalLine]) -> bytes:
    rows = []
    for one in entries:
        if len(one.code) > MOST_NOMINAL:
            fault = Fault(
                code="code_too_long",
                problem=f"the code of the account '{one.account}' is too long for Sage 50",
                found=f"{len(one.code)} letters",
                allowed=f"{MOST_NOMINAL}",
            )
            raise YearEndError("The journals cannot be exported.", [fault])
        kind, net = ("JD", one.pence) if one.pence > 0 else ("JC", -one.pence)
        details, day = one.text[:MOST_DETAILS].strip(), f"{one.day:%d/%m/%Y}"
        about = (kind, "", one.code, "0", day, f"{one.journal} {one.day}", details)
        rows.append((*about, amount_told(year, net), NO_VAT_SAGE, amount_told(year, 0)))
    return csv_rows(SAGE_50, rows)


def _texts(entries: Iterable[JournalLine]) -> bytes:
    """The texts that Sage 50 holds only the beginning of, in full."""
    rows = [(one.journal, one.funder, one.text) for one in entries if len(one.text) > MOST_DETAILS]
    return csv_rows(("journal", "funder", "text"), sorted(set(rows)))


def beancount_text(year: YearEnd) -> str:
    """Postings to date and the journals of the year end as Beancount text, with the balance of
    every account asserted on the next day, before anything is reversed.
    """
    named = _account_parts(year.tables["position"]["funder"].to_pylist())
    sums: dict[str, int] = {}
    told: list[str] = []
    for table, name in (("postings", "posting"), ("journals", "journal")):
        for about, rows in _together(year.tables[table].to_pylist(), name).items():
            day, title, funder = about
            lines = [f'{day} * "{_quoted(title)}"', f'  funder: "{_quoted(funder)}"']
            for account, pence in rows:
                own = f"{_BEANCOUNT[account]}:{named[funder]}"
                for asserted in (own, _BEANCOUNT[account]):  # of a funder, and of all
                    sums[asserted] = sums.get(asserted, 0) + pence
                lines.append(f"  {own}  {amount_told(year, pence)} {year.currency}")
            told.append("\n".join(lines))
    first = min((about.split(" ", 1)[0] for about in told), default=str(year.on))
    opened = [f"{first} open {own} {year.currency}" for own in sorted(sums)]
    balances = [
        f"{date.fromordinal(year.on.toordinal() + 1)} balance {own}  "
        f"{amount_told(year, pence)} ~ {amount_told(year, 0)} {year.currency}"  # to the penny
        for own, pence in sorted(sums.items())
    ]
    parts = ["\n".join(opened), *told, "\n".join(balances)]
    title = f'option "title" "{_quoted(year.title)}"\noption "operating_currency" '
    return "\n\n".join([f'{title}"{year.currency}"', *filter(None, parts)]) + "\n"


def _together(
    rows: Iterable[dict[str, Any]], name: str
) -> dict[tuple[date, str, str], list[tuple[str, int]]]:
    """Lines of one entry together: of one day, text and funder."""
    found: dict[tuple[date, str, str], list[tuple[str, int]]] = {}
    for row in rows:
        about = (row["date"], f"{row[name]}: {row['text']}", row["funder"])
        amount = row["debit_pence"] - row["credit_pence"]
        found.setdefault(about, []).append((row["account"], amount))
    return found


def _account_parts(funders: Iterable[str]) -> dict[str, str]:
    """Each funder as the last part of an account: letters, digits and hyphens, no two alike."""
    found: dict[str, str] = {}
    for funder in funders:
        plain = re.sub(r"[^A-Za-z0-9]+", "-", funder).strip("-").title() or "Funder"
        taken = sum(one == plain or one.startswith(f"{plain}-No-") for one in found.values())
        found[funder] = f"{plain}-No-{taken + 1}" if taken else plain
    return found


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def year_end_files(year: YearEnd) -> dict[str, bytes]:
    """Everything that is kept of a year end: the file that the next one begins from, every table as
    CSV and in a workbook, and with a ledger map the journals for ledgers.
    """
    stem = f"{year.contract}_{year.on}"
    tables = {f"{stem}_{name}.csv": csv_bytes(table) for name, table in year.tables.items()}
    del tables[f"{stem}_journals.csv"]  # by codes of accounts below, or as it is without them
    tables |= {f"{stem}_journal_keys.csv": csv_bytes(year.tables["journals"])}
    exported = {} if year.ledger is None else _exported(year)
    book = {f"{stem}_year_end.xlsx": year_end_workbook(year)}
    return {year.file_name: year.filed, **book, **tables, **exported}


def write_year_end(year: YearEnd, out: str | PathLike[str], **how: Unpack[Writing]) -> list[Path]:
    """Writes into a folder what is kept of a year end: the file that the next one begins from,
    every table as CSV and in a workbook; with a ledger map journals for ledgers, and invoices and
    credit notes where it says how they are numbered. Gives the paths written.

    Raises YearEndError, and writes nothing, where a code does not suit a ledger, or `how` does not
    allow it.
    """
    refused = partial(YearEndError, "The year end cannot be written.")
    return write_files(Path(out), year_end_files(year), refused, **how)


def _exported(year: YearEnd) -> dict[str, bytes]:
    """Journals, postings, invoices and credit notes, and open data; and of every export its lines,
    its totals, its digest, or why it is not there.

    Invoices only where the ledger map says how one is numbered: the numbers are the provider's own.
    """
    files = export_files(year)
    rows = [manifest_row("journals", name, content) for name, content in files.items()]
    invoices = writable(year) if year.ledger_given.invoice_number else ()
    for product, written, note in (postings_file(year), *invoices, *open_data_files(year)):
        files |= written
        rows += [manifest_row(product, name, content, note) for name, content in written.items()]
        if not written:
            rows.append(unwritten_row(product, note))
    return files | {f"{year.contract}_{year.on}_exports_manifest.csv": csv_rows(MANIFEST, rows)}


def postings_file(year: YearEnd) -> tuple[str, dict[str, bytes], str]:
    """The postings since the previous year end, with the codes of the ledger map, where it names an
    account for each. What is of an earlier year and was filed by none is not in them, and is told.
    """
    rows = list(_since_filed(year))
    missing = sorted({row["account"] for row in rows if not year.code_of(row["account"])})
    if missing:
        return "postings", {}, f"not written: the ledger map has no account {', '.join(missing)}"
    told = [
        (
            *(row["posting"], row["date"], "", year.code_of(row["account"]), row["account"]),
            *(amount_told(year, row[f"{side}_pence"]) for side in ("debit", "credit")),
            *(row["text"], f"{year.contract} {row['posting']}", row["funder"], row["fund"], ""),
            *(year.contract, year.digest),
        )
        for row in rows
    ]
    name = f"{year.contract}_{year.on}_postings_by_code.csv"
    note = "post these or invoices, never both"
    if missed := _came_late(year, rows):
        note += (
            f"; {show(missed, year.currency)} that is receivable is of earlier years: post it too"
        )
    return "postings", {name: csv_rows(PLAIN, told)}, note


def _since_filed(year: YearEnd) -> Iterator[Mapping[str, Any]]:
    """The postings of the days after the previous year end; all, where there was none."""
    since = None if year.previous is None else year.previous.on
    for row in year.tables["postings"].to_pylist():
        if since is None or row["date"] > since:
            yield row


def _came_late(year: YearEnd, rows: Iterable[Mapping[str, Any]]) -> int:
    """What the year moved of what is receivable, and no posting of its days does: a receipt, say,
    of an earlier year that its year end did not know.
    """
    posted: int = sum(
        row["debit_pence"] - row["credit_pence"] for row in rows if row["account"] == RECEIVABLE
    )
    plus, minus = ("asked", "refunded"), ("received", "written_off")
    moved = sum(year.total("movement", name) for name in plus)
    return moved - sum(year.total("movement", name) for name in minus) - posted
