"""Sales invoices and credit notes of what was asked for in a year, as ledgers import them.

Takes  what was asked for, and the ledger map's customers, tax words and number of invoices.
Gives  the table INVOICES; and files of invoices and of credit notes for Xero, Sage 50 and
       QuickBooks Online, with the headings and limits that they documented when this was written.
Keeps  what a claim asks of a funder on a day is one document; below nothing it is a credit note. A
       number stands once, and is never cut. No participant is named; VAT is as the map states it.

And the statements that the invoices of a year are of: their references, and the digests of their
workbooks, as the folders that they were written into vouch for.

Takes  folders of statements, each with its manifest.
Gives  for a claim period and a funder, the reference and the digest of the statement.
Keeps  a folder that is not as it was written is refused. Two funders whose statements' names come
       to the same have no digest here, because a name does not tell whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from os import PathLike
from typing import Any

import pyarrow as pa

from impactbond.closing.exported_files import SAGE_50, amount_told, csv_rows, day_told
from impactbond.closing.inputs import Asked
from impactbond.closing.journals import INCOME, UP_FRONT_ACCOUNT
from impactbond.closing.ledger import Ledger
from impactbond.closing.year_end import YearEnd
from impactbond.errors import Fault, StatementError, YearEndError
from impactbond.settlement.schedule import ON_ACCOUNT
from impactbond.statements.about import reference
from impactbond.statements.manifest import verify_folder, workbooks_in
from impactbond.statements.write import workbook_stem
from impactbond.tables import rows_table, schema_of
from impactbond.terms.words import counted

INVOICES = schema_of(
    *("number", "document", "funder", "claim_period", "asked_on", "due_on", "account"),
    *("text", "statement", "statement_sha256", "amount_pence"),
)
INVOICE, CREDIT_NOTE = "invoice", "credit note"
XERO_INVOICES = (
    *("*ContactName", "EmailAddress", "POAddressLine1", "POAddressLine2", "POAddressLine3"),
    *("POAddressLine4", "POCity", "PORegion", "POPostalCode", "POCountry", "*InvoiceNumber"),
    *("Reference", "*InvoiceDate", "*DueDate", "InventoryItemCode", "*Description", "*Quantity"),
    *("*UnitAmount", "Discount", "*AccountCode", "*TaxType", "TrackingName1", "TrackingOption1"),
    *("TrackingName2", "TrackingOption2", "Currency", "BrandingTheme"),
)
# A credit note has the same template, with these two headings.
XERO_CREDIT_NOTES = tuple(
    {"*InvoiceNumber": "*CreditNoteNumber", "*InvoiceDate": "*CreditNoteDate"}.get(one, one)
    for one in XERO_INVOICES
)
QUICKBOOKS = (
    *("*Invoice number", "*Customer", "*Invoice date", "*Due date", "Item amount"),
    *("Item tax code", "Terms", "Service Date", "Item (Product/Service)", "Item Description"),
    *("Item Quantity", "Item Rate", "*Item Amount", "Memo"),
)
MOST_XERO_INVOICES = 500  # of one file
# Of one file, by guides to it; they say, too, that no line is below nothing.
MOST_QUICKBOOKS_INVOICES = 100
MOST_ACCOUNT, MOST_REFERENCE, MOST_DETAILS = 8, 30, 60  # letters that Sage 50 takes


def invoices_table(
    asked: Iterable[Asked],
    ledger: Ledger | None,
    contract: str,
    since: date | None,
    statements: StatementNames,
) -> pa.Table:
    """The table `invoices`: a row for every line of a document asked for after a day, with the
    statement that it is of.
    """
    documents: dict[tuple[date, str, str, date], list[Asked]] = {}
    for one in sorted(asked, key=lambda one: (one.asked_on, one.funder)):
        # Since the last year end: earlier ones were exported then, and would be booked twice.
        if since is None or one.asked_on > since:
            key = (one.asked_on, one.funder, one.claim_period, one.due_on)
            documents.setdefault(key, []).append(one)
    pattern = (ledger.invoice_number if ledger else "") or f"{contract}-{{period}}-{{funder}}"
    rows, taken = [], dict[str, int]()
    for (day, funder, period, due_on), lines in documents.items():
        entry = None if ledger is None else ledger.of(funder)
        # One of many has the entry of all, and so its customer, but not its number.
        own = entry is not None and entry.customer and ": " not in funder
        called = entry.customer if own and entry is not None else funder.replace(": ", "-")
        plain = pattern.replace("{period}", period).replace("{funder}", called.replace(" ", "-"))
        taken[plain] = taken.get(plain, 0) + 1
        # The same number twice would be one invoice to a ledger, and half of the money lost.
        number = plain if taken[plain] == 1 else f"{plain}-{taken[plain]}"
        # By the whole of a document: an invoice may hold a line that takes money off.
        document = CREDIT_NOTE if sum(one.amount_pence for one in lines) < 0 else INVOICE
        for one in lines:
            account = UP_FRONT_ACCOUNT if one.kind in ON_ACCOUNT else INCOME
            text = " ".join(filter(None, (f"Claim {period}:", one.kind, one.name)))
            about = (funder, period, day, due_on, account, text, *statements.of(period, funder))
            rows.append((number, document, *about, one.amount_pence))
    return rows_table([row for row in rows if row[-1]], INVOICES)


def xero_files(year: YearEnd) -> dict[str, bytes]:
    """Invoices in files of no more than Xero takes; credit notes by themselves, above nothing."""
    files = {}
    for document, headings, name, sign in (
        (INVOICE, XERO_INVOICES, "invoices", 1),
        (CREDIT_NOTE, XERO_CREDIT_NOTES, "credit_notes", -1),
    ):
        rows = _of(year, document)
        numbers = list(dict.fromkeys(row["number"] for row in rows))
        for first in range(0, len(numbers), MOST_XERO_INVOICES):
            own = set(numbers[first : first + MOST_XERO_INVOICES])
            part = [_xero(year, row, sign) for row in rows if row["number"] in own]
            at = first // MOST_XERO_INVOICES + 1
            files[f"{_stem(year)}_xero_{name}_{at}.csv"] = csv_rows(headings, part)
    return files


def _told(row: dict[str, Any]) -> str:
    """What a line is of, with the statement that it can be held against."""
    digest = f", SHA-256 {row['statement_sha256']}" if row["statement_sha256"] else ""
    return f"{row['text']}; statement {row['statement']}{digest}"


def _xero(year: YearEnd, row: dict[str, Any], sign: int) -> tuple[Any, ...]:
    entry = year.ledger_given.of(row["funder"])
    contact = (entry.contact if entry and ": " not in row["funder"] else "") or year.name_of(
        row["funder"]
    )
    order = entry.purchase_order.get(row["claim_period"], "") if entry else ""
    days = (day_told(row["asked_on"]), day_told(row["due_on"]))
    about = (row["number"], order, *days, "", _told(row), "1")
    money = (amount_told(year, sign * row["amount_pence"]), "", year.code_of(row["account"]))
    fund = year.ledger_given.fund_of(row["funder"])
    tracked = ("Fund", fund, "Funder", row["funder"])
    tax = _tax(year, row["funder"], "xero")
    return (contact, *[""] * 9, *about, *money, tax, *tracked, year.currency, "")


def sage_50_file(year: YearEnd) -> dict[str, bytes]:
    """Invoices and credits as the audit trail has them: what takes money off an invoice is a credit
    of the same reference.
    """
    faults, rows = [], []
    for row in year.tables["invoices"].to_pylist():
        entry = year.ledger_given.of(row["funder"])
        customer = entry.customer if entry else ""
        for what, text, most in (
            (f"the customer of '{row['funder']}'", customer, MOST_ACCOUNT),
            (f"the number '{row['number']}'", row["number"], MOST_REFERENCE),
        ):
            if not 0 < len(text) <= most:
                problem = f"{what} is not what Sage 50 takes"
                found, allowed = f"{len(text)} letters", f"1 to {most} letters"
                fault = Fault(code="not_for_sage", problem=problem, found=found, allowed=allowed)
                faults.append(fault)
        kind = "SI" if row["amount_pence"] > 0 else "SC"
        day = day_told(row["asked_on"])
        about = (kind, customer, year.code_of(row["account"]), "0", day, row["number"])
        net = amount_told(year, abs(row["amount_pence"]))
        tax = _tax(year, row["funder"], "sage50")
        rows.append((*about, row["text"][:MOST_DETAILS], net, tax, amount_told(year, 0)))
    if faults:
        raise YearEndError("The invoices cannot be exported.", list(dict.fromkeys(faults)))
    return {f"{_stem(year)}_sage50_sales.csv": csv_rows(SAGE_50, rows)}


def quickbooks_files(year: YearEnd) -> dict[str, bytes]:
    """Invoices, and credit notes by themselves and above nothing, in files of no more than the
    product takes; columns are mapped on import.
    """
    files = {}
    for document, name, sign in ((INVOICE, "invoices", 1), (CREDIT_NOTE, "credit_notes", -1)):
        rows = []
        for row in _of(year, document):
            days = (day_told(row["asked_on"]), day_told(row["due_on"]))
            pence = amount_told(year, sign * row["amount_pence"])
            about = (row["number"], year.name_of(row["funder"]), *days, pence)
            tax = _tax(year, row["funder"], "qbo")
            item = (tax, "", "", "", _told(row), "1", pence, pence, year.contract)
            rows.append((*about, *item))
        # No document is parted over two files: half of it would be booked as all.
        for at, part in enumerate(_parted(rows, MOST_QUICKBOOKS_INVOICES), 1):
            files[f"{_stem(year)}_quickbooks_{name}_{at}.csv"] = csv_rows(QUICKBOOKS, part)
    return files


def _parted(rows: Sequence[tuple[str, ...]], most: int) -> Iterator[list[tuple[str, ...]]]:
    """Rows in parts of so many documents, by the number that each begins with: none is parted."""
    numbers = list(dict.fromkeys(row[0] for row in rows))
    for first in range(0, len(numbers), most):
        own = set(numbers[first : first + most])
        yield [row for row in rows if row[0] in own]


def _below_nothing(year: YearEnd) -> str:
    """What QuickBooks does not take of what is written for it, in words."""
    rows = [row for row in year.tables["invoices"].to_pylist() if row["amount_pence"] < 0]
    numbers = {row["number"] for row in rows if row["document"] == INVOICE}
    if not numbers:
        return ""
    return f"{counted(len(numbers), 'invoice')} with a line below nothing: type them in"


def _of(year: YearEnd, document: str) -> Sequence[dict[str, Any]]:
    rows = year.tables["invoices"].to_pylist()
    return [row for row in rows if row["document"] == document]


def _tax(year: YearEnd, funder: str, product: str) -> str:
    """The product's word for the VAT of a funder, as the map states it: a sale has one, and none is
    supposed.
    """
    entry = year.ledger_given.of(funder)
    word = year.ledger_given.tax.get(entry.vat, {}).get(product, "") if entry else ""
    if not word:
        fault = Fault(
            code="no_tax",
            problem=f"the ledger map has no word '{product}' for the VAT of '{funder}'",
            hint="State vat for the funder, and the product's word for it under tax",
        )
        raise YearEndError("The invoices cannot be exported.", [fault])
    return word


def _stem(year: YearEnd) -> str:
    return f"{year.contract}_{year.on}"


Written = tuple[str, Callable[[YearEnd], dict[str, bytes]]]
PRODUCTS: tuple[Written, ...] = (
    ("Xero", xero_files),
    ("Sage 50", sage_50_file),
    ("QuickBooks Online", quickbooks_files),
)


def writable(year: YearEnd) -> Iterator[tuple[str, dict[str, bytes], str]]:
    """For every product its files, and what to know of them, or why there are none: one product's
    limits stop no other.
    """
    for product, written in PRODUCTS:
        try:
            files = written(year)
            yield product, files, _below_nothing(year) if written is quickbooks_files else ""
        except YearEndError as error:
            why = "; ".join(fault.problem for fault in error.faults)
            yield product, {}, f"not written: {why}"


_NUMBERED = re.compile(r"(?P<stem>.+?)(_number-(?P<number>\d+))?\.xlsx")
Issued = Mapping[str, str]  # the digest of the newest workbook, by how its name begins


def statements_issued(folders: Iterable[str | PathLike[str]]) -> Issued:
    """What was issued. Raises YearEndError listing every file that is not as it was written."""
    newest: dict[str, tuple[int, str]] = {}
    for folder in folders:
        try:
            verified = verify_folder(folder)
        except StatementError as error:
            raise YearEndError("The statements cannot be named.", error.faults) from None
        if not verified.same:
            raise YearEndError("The statements are not as they were issued.", verified.differences)
        for name, digest in workbooks_in(folder).items():
            if found := _NUMBERED.fullmatch(name):
                numbered = int(found["number"] or 1), digest
                newest[found["stem"]] = max(newest.get(found["stem"], (0, "")), numbered)
    return {stem: digest for stem, (_, digest) in newest.items()}


class StatementNames:
    """How statements of a contract are called, and what is known of each that was issued."""

    def __init__(self, contract: str, funders: Iterable[str], issued: Issued) -> None:
        self._contract, self._issued, every = contract, issued, list(funders)
        stems = [workbook_stem(contract, "", funder) for funder in every]
        self._told = {one for one, stem in zip(every, stems, strict=True) if stems.count(stem) == 1}

    def of(self, claim_period: str, funder: str) -> tuple[str, str]:
        """The reference of a funder's statement, and its digest; "" where it is not known."""
        stem = workbook_stem(self._contract, claim_period, funder)
        digest = self._issued.get(stem, "") if funder in self._told else ""
        return reference(self._contract, claim_period, funder), digest
