"""How a file for a ledger writes rows: UTF-8, CRLF, two decimals with a dot, days as dd/mm/yyyy.

Takes  headings and rows.
Gives  bytes.
Keeps  a cell that begins as a formula does is guarded; a number is not.

And what was exported of a year end: a row for every file, with its lines, its totals and its
digest.

Takes  the bytes of a file, as it was written.
Gives  a row of the manifest, or why there is no file.
Keeps  totals are read back from the file itself, by the columns that its product takes amounts in.

And what funders paid, as open data: the Outcome Payments of INDIGO, and disbursements of grants as
360Giving has them. Nobody has to publish either; a charity that does, or whose funder does, has the
rows.

Takes  a YearEnd drawn up with receipts, and the identifiers of organisations in its ledger map.
Gives  the bytes of a file for each, and what is missing in it.
Keeps  money alone, by payer and claim: no participant and no count of any. An organisation without
       an identifier has a blank, and is told.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

from impactbond.canonical import sha256
from impactbond.closing.year_end import YearEnd
from impactbond.money import major_units
from impactbond.terms.words import counted

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


PROVIDER = "provider"  # whose identifiers stand under this name in the ledger map
# By the paths of the schema 4.1.0, each of which holds a value; one payer a row.
INDIGO_PAYMENTS = (
    *("outcome_payment_plan_id", "outcome_metric_id", "period/start_date", "period/end_date"),
    *("payer_organisation_id", "recipient_organisation_id", "type", "money/currency"),
    *("money/amount", "source_ids", "notes"),
)
GIVING_DISBURSEMENTS = (
    *("id", "transactionDate", "currency", "value", "description", "provider", "recipient"),
)
EXCHANGE = "exchange"  # the nature of money that is no grant

Written = tuple[str, dict[str, bytes], str]


def open_data_files(year: YearEnd) -> Iterator[Written]:
    """For each standard its file, and what to know of it. None without identifiers in the map."""
    if year.ledger is None or not year.ledger.open_data:
        return
    stem = f"{year.contract}_{year.on}"
    for standard, kind, headings, rows in (
        ("INDIGO", "indigo", INDIGO_PAYMENTS, list(_indigo(year))),
        ("360Giving", "giving", GIVING_DISBURSEMENTS, list(_giving(year))),
    ):
        name = f"{stem}_{kind}_{'payments' if kind == 'indigo' else 'disbursements'}.csv"
        if rows:
            yield standard, {name: csv_rows(headings, rows)}, _missing(year, kind)
        else:
            yield standard, {}, "not written: nothing was received"


def _indigo(year: YearEnd) -> Iterator[Sequence[str]]:
    """What was received of each payer for each claim, to date; and what is for none, without a
    period.
    """
    sums: dict[tuple[str, str, str, str], int] = {}
    for row in year.tables["paid"].to_pylist():
        days = [str(row[name] or "") for name in ("from_on", "through_on")]
        key = (row["funder"], row["claim_period"], *days)
        sums[key] = sums.get(key, 0) + row["amount_pence"]
    for (funder, claim, first, last), pence in sums.items():
        parties = (_id_of(year, funder, "indigo"), _id_of(year, PROVIDER, "indigo"))
        money = (year.currency, amount_told(year, pence))
        note = f"Claim {claim}" if claim else "For no claim yet, less what was paid back"
        yield ("", "", first, last, *parties, "Actual", *money, "", note)


def _giving(year: YearEnd) -> Iterator[Sequence[str]]:
    """Every receipt of a grant, to date; what was paid back has a minus sign."""
    natures = {row["funder"]: row["nature"] for row in year.tables["position"].to_pylist()}
    sums: dict[tuple[str, str, str], int] = {}
    for row in year.tables["paid"].to_pylist():
        if natures.get(row["funder"]) != EXCHANGE:
            key = (row["receipt"], str(row["received_on"]), row["funder"])
            sums[key] = sums.get(key, 0) + row["amount_pence"]
    for (receipt, day, funder), pence in sums.items():
        parties = (_id_of(year, funder, "giving"), _id_of(year, PROVIDER, "giving"))
        yield (receipt, day, year.currency, amount_told(year, pence), year.title, *parties)


def _id_of(year: YearEnd, whom: str, kind: str) -> str:
    entry = year.ledger_given.open_data.get(whom)
    return "" if entry is None else str(getattr(entry, kind))


def _missing(year: YearEnd, kind: str) -> str:
    names = [PROVIDER, *(row["funder"] for row in year.tables["position"].to_pylist())]
    missing = sum(not _id_of(year, name, kind) for name in names)
    return f"{counted(missing, 'organisation')} without an identifier" if missing else ""
