"""Invoices, credit notes and journals for more ledgers: each is read back by the rules that the
product documents, and comes to what the year end says. And Beancount's own checker.
"""

from __future__ import annotations

import csv
import hashlib
from decimal import Decimal
from functools import cache
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.spec.drawn_tables import contract_of, evidence_of
from tests.spec.test_year_end import FIXTURES, closed, in_2017
from tests.spec.test_year_end_currencies_and_agents import agents
from tests.spec.test_year_end_edges import FOUR
from tests.spec.test_year_end_edges import closed as closed_of
from tests.spec.test_year_end_money import CONSTRAINED, MONEY, UP_FRONT, ledger_of, receipts_of
from tests.unit.test_year_end_exports import BY_CODE, summed

import impactbond as ib
from impactbond.closing.exports import beancount_text, export_files, year_end_files
from impactbond.closing.invoices import quickbooks_files, sage_50_file, writable, xero_files
from impactbond.closing.year_end import YearEnd

VAT = """
tax: {exempt: {xero: Exempt Income, sage50: T2, qbo: Exempt}}
invoice_number: "IB-{period}-{funder}"
"""
BACK = """
    child | metric  | on         | value | recorded   | ref | replaces
    c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
    c1    | consent | 2017-02-01 | no    | 2017-08-01 | b   | a
"""


@cache
def year() -> YearEnd:
    ledger = FIXTURES / "ledgers" / "west_london_zone.yaml"
    return closed("2018-03-31", "2018-07-31", in_2017(), ledger=ledger)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode(), newline="")))


def of_kind(kind: str) -> bytes:
    return export_files(year())[f"wlz-lbhf_2018-03-31_{kind}.csv"]


def net(row: dict[str, str], debit: str, credit: str) -> Decimal:
    return Decimal(row[debit] or 0) - Decimal(row[credit] or 0)


def test_quickbooks_takes_journals_by_number_with_a_name_on_every_line() -> None:
    found = rows(of_kind("quickbooks_journals"))
    assert list(found[0]) == [
        *("Journal No.", "Journal Date", "Account Name", "Description"),
        *("Debits", "Credits", "Name"),
    ]
    first = [row for row in found if row["Journal Date"] == "31/03/2018"]
    assert (
        summed([(row["Account Name"], net(row, "Debits", "Credits")) for row in first]) == BY_CODE
    )
    by_number = summed([(row["Journal No."], net(row, "Debits", "Credits")) for row in found])
    assert set(by_number.values()) == {Decimal(0)}
    assert all(row["Name"] for row in found)
    assert len(found) == 2 * len(first)


def test_sage_accounting_takes_a_journal_a_reference_whose_day_stands_once() -> None:
    content = of_kind("sage_accounting_1")
    assert len(content) <= 500_000
    found = rows(content)
    assert list(found[0]) == [
        *("Reference", "Date", "Description", "Ledger Account Number", "Details"),
        *("Debit", "Credit"),
    ]
    references = [row["Reference"] for row in found]
    dated = [row for row in found if row["Date"]]
    assert len(dated) == len(set(references))
    by_reference = summed([(row["Reference"], net(row, "Debit", "Credit")) for row in found])
    assert set(by_reference.values()) == {Decimal(0)}
    assert max(map(len, references)) <= 75
    days = {row["Reference"]: row["Date"] for row in dated}
    first = [row for row in found if days[row["Reference"]] == "31/03/2018"]
    amounts = [(row["Ledger Account Number"], net(row, "Debit", "Credit")) for row in first]
    assert summed(amounts) == BY_CODE


def test_intacct_takes_numbered_lines_that_balance_by_journal() -> None:
    found = rows(of_kind("intacct"))
    by_entry = summed(
        [(row["DATE"] + row["DESCRIPTION"], net(row, "DEBIT", "CREDIT")) for row in found]
    )
    assert set(by_entry.values()) == {Decimal(0)}
    assert max(len(row["DESCRIPTION"]) for row in found) <= 30
    lines = [int(row["LINE_NO"]) for row in found if row["DESCRIPTION"] == "J1 2018-03-31"]
    assert lines == list(range(1, len(lines) + 1))
    first = [row for row in found if row["DATE"] == "31/03/2018"]
    assert summed([(row["ACCT_NO"], net(row, "DEBIT", "CREDIT")) for row in first]) == BY_CODE


def test_iris_takes_eleven_columns_without_headings() -> None:
    found = list(csv.reader(StringIO(of_kind("iris").decode(), newline="")))
    assert {len(row) for row in found} == {11}
    first = [row for row in found if row[3] == "310318"]
    assert summed([(row[1], Decimal(row[0])) for row in first]) == BY_CODE
    assert {row[3] for row in found} == {"310318", "010418"}
    assert {row[8] for row in found} == {"Unrestricted", "Lottery project"}


def test_invoices_and_credit_notes_come_to_what_was_asked_in_the_year() -> None:
    # 74,637.33 asked to date less 24,416.41 by the year end before: 50,220.92, of which a school
    # was given back 114.00 in a claim of its own.
    invoiced, credited = (
        [
            row
            for name, content in xero_files(year()).items()
            if kind in name
            for row in rows(content)
        ]
        for kind in ("xero_invoices", "credit_notes")
    )
    total = sum(Decimal(row["*UnitAmount"]) for row in invoiced)
    back = sum(Decimal(row["*UnitAmount"]) for row in credited)
    assert total - back == Decimal("50220.92")
    assert back == Decimal("114.00")
    assert [row["*CreditNoteNumber"] for row in credited] == [
        "WLZ-2017-Q3-school-Tallowfield-School"
    ]
    assert len(invoiced[0]) == 27
    council = [row for row in invoiced if row["*InvoiceNumber"] == "WLZ-2017-Q1-LBHF01"]
    assert {row["Reference"] for row in council} == {"1234567"}
    assert {row["*TaxType"] for row in council} == {"Exempt Income"}
    # What was paid up-front is recovered in the account that it was posted to.
    assert [(row["*AccountCode"], row["*UnitAmount"]) for row in council] == [
        ("4105", "11052.00"),
        ("2115", "-5526.00"),
    ]
    days = {(row["*InvoiceNumber"], row["*InvoiceDate"], row["*DueDate"]) for row in invoiced}
    assert len(days) == len({number for number, _, _ in days})
    told = [
        (row["*Item Amount"], 1 if "invoices" in name else -1)
        for name, content in quickbooks_files(year()).items()
        for row in rows(content)
    ]
    assert sum(sign * Decimal(amount) for amount, sign in told) == Decimal("50220.92")


def vat_ledger(tmp_path: Path, vat: str = VAT, council: str = "customer: COUNCIL1") -> Any:
    ledger = ledger_of(tmp_path, vat)
    text = (tmp_path / "ledger.yaml").read_text("utf-8")
    text = text.replace("council: {nature", f"council: {{{council}, vat: exempt, nature")
    (tmp_path / "ledger.yaml").write_text(text, "utf-8")
    del ledger
    return ib.read_ledger(tmp_path / "ledger.yaml", contract_of(""))


def test_sage_50_takes_sales_and_credits_within_its_limits(tmp_path: Path) -> None:
    ledger = vat_ledger(tmp_path)
    of_council = closed_of(UP_FRONT, FOUR, "2017-12-31", ledger=ledger)
    (content,) = sage_50_file(of_council).values()
    sign = {"SI": 1, "SC": -1}
    found = rows(content)
    # £250.00 up-front; claims of £100.00 and £200.00, half of each recovered.
    assert [sign[row["Type"]] * Decimal(row["Net Amount"]) for row in found] == [
        *map(Decimal, ("250.00", "100.00", "-50.00", "200.00", "-100.00")),
    ]
    assert [row["Nominal A/C Ref"] for row in found] == ["2115", "4105", "2115", "4105", "2115"]
    for row in found:
        assert (row["Tax Code"], row["Account Reference"]) == ("T2", "COUNCIL1")
        assert len(row["Reference"]) <= 30
        assert len(row["Details"]) <= 60


def test_what_a_claim_gives_back_is_a_credit_note(tmp_path: Path) -> None:
    back = closed_of("", BACK, "2017-12-31", ledger=vat_ledger(tmp_path))
    documents = {row["number"]: row["document"] for row in back.tables["invoices"].to_pylist()}
    assert documents == {"IB-2017-Q1-COUNCIL1": "invoice", "IB-2017-Q3-COUNCIL1": "credit note"}
    names = {name.partition("2017-12-31_")[2] for name in year_end_files(back)}
    assert {"xero_credit_notes_1.csv", "quickbooks_credit_notes_1.csv"} < names


@pytest.mark.parametrize(
    ("vat", "council", "code"),
    [
        (VAT, "customer: COUNCIL12", "not_for_sage"),
        (VAT, "contact: The council", "not_for_sage"),
        (VAT.replace("IB-", "A-number-that-is-too-long-IB-"), "customer: C1", "not_for_sage"),
        (VAT.replace(", sage50: T2", ""), "customer: C1", "no_tax"),
    ],
)
def test_nothing_is_cut_or_supposed_to_suit_a_product(
    tmp_path: Path, vat: str, council: str, code: str
) -> None:
    refused = closed_of("", FOUR, "2017-12-31", ledger=vat_ledger(tmp_path, vat, council))
    with pytest.raises(ib.YearEndError) as raised:
        sage_50_file(refused)
    assert {fault.code for fault in raised.value.faults} == {code}
    # One product's limits stop no other, and the manifest says why.
    files = year_end_files(refused)
    (manifest,) = [content for name, content in files.items() if name.endswith("manifest.csv")]
    notes = {row["product"]: row["note"] for row in rows(manifest)}
    assert notes["Sage 50"].startswith("not written: ")
    assert notes["Xero"] == ""


def test_beancounts_own_checker_accepts_the_ledger_and_its_balances(tmp_path: Path) -> None:
    loader = import_module("beancount.loader")
    ledger = ledger_of(tmp_path, CONSTRAINED)
    other = closed_of(UP_FRONT, FOUR, "2017-12-31", ledger=ledger, receipts=receipts_of(MONEY))
    agent = closed_of("", FOUR, "2017-12-31", ledger=agents(tmp_path, passed_on="2200"))
    for text in map(beancount_text, (year(), agent, other)):
        entries, errors, _ = loader.load_string(text)
        assert errors == []
        assert sum(type(entry).__name__ == "Balance" for entry in entries) > 4
    wrong = text.replace("balance Income:Outcomes  -340.00", "balance Income:Outcomes  -341.00")
    assert wrong != text
    assert len(loader.load_string(wrong)[1]) == 1


def test_an_invoice_names_the_statement_that_was_issued_and_a_changed_one_is_refused(
    tmp_path: Path,
) -> None:
    contract = contract_of("")
    settled = ib.settle(contract, evidence_of(FOUR, contract), as_of="2017-04-30", engine="polars")
    ib.write_statements(settled, tmp_path / "issued")
    given = {"ledger": vat_ledger(tmp_path), "statements": [tmp_path / "issued"]}
    closed_year = closed_of("", FOUR, "2017-12-31", **given)
    issued = tmp_path / "issued" / "specification_2017-Q1_council.xlsx"
    digest = hashlib.sha256(issued.read_bytes()).hexdigest()
    first, second = closed_year.tables["invoices"].to_pylist()
    assert (first["statement"], first["statement_sha256"]) == (
        "specification / 2017-Q1 / council",
        digest,
    )
    assert (second["claim_period"], second["statement_sha256"]) == ("2017-Q3", "")  # not written
    (content,) = xero_files(closed_year).values()
    assert rows(content)[0]["*Description"].endswith(f"2017-Q1 / council, SHA-256 {digest}")
    issued.write_bytes(issued.read_bytes() + b" ")
    with pytest.raises(ib.YearEndError, match="not as it was written"):
        closed_of("", FOUR, "2017-12-31", **given)


def test_quickbooks_takes_a_hundred_invoices_a_file_and_is_told_of_lines_below_nothing(
    tmp_path: Path,
) -> None:
    # 101 schools, of which each owes £100.00.
    schools = "funding: [{for: every milestone, shares: {school: 100%}}]"
    people = "\n".join(f"c{n} | 2017-01-09 | School {n}" for n in range(101))
    seen = "\n".join(f"c{n} | consent | 2017-02-01 | yes" for n in range(101))
    table = f"child | start | school\n{people}\n---\nchild | metric | on | value\n{seen}"
    ledger = vat_ledger(tmp_path)
    every = ledger.funders | {
        "school": ledger.funders["school"].model_copy(update={"vat": "exempt"})
    }
    many = closed_of(
        schools, table, "2017-06-30", ledger=ledger.model_copy(update={"funders": every})
    )
    parts = list(quickbooks_files(many).values())
    assert [len(rows(part)) for part in parts] == [100, 1]
    recovered = closed_of(UP_FRONT, FOUR, "2017-12-31", ledger=ledger)
    notes = {product: note for product, _, note in writable(recovered)}
    assert notes["QuickBooks Online"] == "2 invoices with a line below nothing: type them in"
    assert notes["Xero"] == ""
