"""What is exported of a year end is told with its totals; postings by code, and what funders paid
as open data, are read back by the rules of who reads them.
"""

from __future__ import annotations

import csv
import hashlib
from decimal import Decimal
from functools import cache
from io import StringIO
from pathlib import Path

from tests.spec.test_year_end_edges import FOUR
from tests.spec.test_year_end_edges import closed as closed_of
from tests.spec.test_year_end_money import LEDGER, MONEY, ledger_of, receipts_of
from tests.unit.test_year_end_ledgers import year

from impactbond.closing.exports import year_end_files
from impactbond.closing.year_end import YearEnd

# The paths of `outcome_payments` in the project schema of INDIGO 4.1.0, and what its types may be.
INDIGO = [
    *("outcome_payment_plan_id", "outcome_metric_id", "period/start_date", "period/end_date"),
    *("payer_organisation_id", "recipient_organisation_id", "type", "money/currency"),
    *("money/amount", "source_ids", "notes"),
]
# `disbursementTransaction` of 360Giving 1.4.
GIVING = ["id", "transactionDate", "currency", "value", "description", "provider", "recipient"]


@cache
def files() -> dict[str, bytes]:
    return {
        name.removeprefix("wlz-lbhf_2018-03-31_"): content
        for name, content in year_end_files(year()).items()
    }


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode(), newline="")))


def manifest(found: dict[str, bytes]) -> dict[str, dict[str, str]]:
    (told,) = [content for name, content in found.items() if name.endswith("exports_manifest.csv")]
    return {row["file"].removeprefix("wlz-lbhf_2018-03-31_"): row for row in rows(told)}


def test_every_export_is_told_with_its_lines_its_totals_and_its_digest() -> None:
    told = manifest(files())
    # 25,800.00 accrued, 6,163.34 set off, 150.00 in advance; both ways where reversals are in it.
    once, twice = ("32113.34", "32113.34"), ("64226.68", "64226.68")
    for name, sides in (
        ("journals.csv", once),
        ("xero_journals_1.csv", once),
        ("xero_reversals_1.csv", once),
        ("sage50.csv", twice),
        ("quickbooks_journals.csv", twice),
        ("sage_accounting_1.csv", twice),
        ("intacct.csv", twice),
        ("iris.csv", twice),
    ):
        assert (told[name]["debit"], told[name]["credit"]) == sides
        assert told[name]["sha256"] == hashlib.sha256(files()[name]).hexdigest()
    # Every journal has two lines: nine that accrue, one that sets off, two in advance.
    assert told["journals.csv"]["lines"] == "24"
    invoiced = told["xero_invoices_1.csv"]
    assert Decimal(invoiced["debit"]) - Decimal(invoiced["credit"]) == Decimal("50334.92")
    assert told["xero_credit_notes_1.csv"]["debit"] == "114.00"
    assert told[""]["note"].startswith("not written: the customer of 'central'")
    written = {name for name in files() if name.endswith(".csv")}
    assert set(told) - {"", "wlz-lbhf_2018-03-31.beancount"} <= written


def test_postings_by_code_are_for_a_ledger_without_invoices() -> None:
    found = rows(files()["postings_by_code.csv"])
    sums: dict[str, Decimal] = {}
    for row in found:
        pence = Decimal(row["debit"]) - Decimal(row["credit"])
        sums[row["account"]] = sums.get(row["account"], Decimal(0)) + pence
    # Of the year alone, or what was posted in the year before would be posted twice: asked
    # 50,220.92 and received 47,670.93; 23,846.41 on account becomes 10,317.33; claimed 63,750.00.
    assert sums == {
        "1100": Decimal("2549.99"),
        "1200": Decimal("47670.93"),
        "2115": Decimal("13529.08"),
        "4105": Decimal("-63750.00"),
    }
    assert min(row["date"] for row in found) > "2017-03-31"
    assert manifest(files())["postings_by_code.csv"]["note"] == (
        "post these or invoices, never both"
    )


def test_postings_without_a_code_for_the_bank_are_not_written(tmp_path: Path) -> None:
    year = closed_of(
        "", FOUR, "2017-12-31", ledger=ledger_of(tmp_path), receipts=receipts_of(MONEY)
    )
    found = year_end_files(year)
    assert not [name for name in found if "by_code" in name]
    assert manifest(found)[""]["note"] == "not written: the ledger map has no account bank"


def test_a_receipt_of_a_year_that_is_filed_is_told_where_it_is_posted_nowhere(
    tmp_path: Path,
) -> None:
    # £130.00 came in May, and was known only after the year end of September.
    path = tmp_path / "ledger.yaml"
    path.write_text(LEDGER.replace('"7100"', '"7100", bank: "1200"'), "utf-8")
    first = closed_of("", FOUR, "2017-09-30", ledger=path)
    money = receipts_of(MONEY)
    second = closed_of("", FOUR, "2017-12-31", ledger=path, receipts=money, previous=first)
    (told,) = [
        one["note"] for name, one in manifest(year_end_files(second)).items() if "by_code" in name
    ]
    # Of it £30.00 went back in August, which nobody posted either.
    assert told.endswith("-£100.00 that is receivable is of earlier years: post it too")


IDS = """
open_data:
  provider: {indigo: INDIGO-ORG-0001, giving: GB-CHC-1}
  council: {indigo: INDIGO-ORG-0002}
  trust: {indigo: INDIGO-ORG-0003, giving: GB-CHC-3}
"""


def opened(tmp_path: Path) -> YearEnd:
    terms = "funding: [{for: every milestone, shares: {council: 1/2, trust: 1/2}}]"
    money = """
        receipt | funder  | received_on | amount | kind
        R1      | council | 2017-05-20  | 130.00 |
        R2      | council | 2017-08-01  | 30.00  | refund
        R3      | trust   | 2017-12-20  | 120.00 |
        R4      | trust   | 2017-12-28  | 10.00  | write-off
    """
    path = tmp_path / "ledger.yaml"
    path.write_text(LEDGER.replace('"7100"', '"7100", bank: "1200"') + IDS, "utf-8")
    return closed_of(terms, FOUR, "2017-12-31", ledger=path, receipts=receipts_of(money))


def test_what_funders_paid_is_open_data_one_payer_a_row(tmp_path: Path) -> None:
    # Half of £100.00 and of £200.00 each: the council's £130.00 paid £50.00, then £30.00 went back
    # and £50.00 of the next claim was paid; the trust's £120.00 paid £50.00 and £70.00.
    year = opened(tmp_path)
    found = year_end_files(year)
    indigo = rows(found["specification_2017-12-31_indigo_payments.csv"])
    assert list(indigo[0]) == INDIGO
    told = {
        (row["payer_organisation_id"], row["period/start_date"], row["period/end_date"]): row
        for row in indigo
    }
    first, third = ("2017-01-01", "2017-03-31"), ("2017-07-01", "2017-09-30")
    assert {key: row["money/amount"] for key, row in told.items()} == {
        ("INDIGO-ORG-0002", *first): "50.00",
        ("INDIGO-ORG-0002", *third): "50.00",
        ("INDIGO-ORG-0002", "", ""): "0.00",  # £30.00 came for nothing, and went back
        ("INDIGO-ORG-0003", *first): "50.00",
        ("INDIGO-ORG-0003", *third): "70.00",
    }
    for row in indigo:
        assert (row["type"], row["money/currency"]) == ("Actual", "GBP")
        assert row["recipient_organisation_id"] == "INDIGO-ORG-0001"
    grants = rows(found["specification_2017-12-31_giving_disbursements.csv"])
    assert list(grants[0]) == GIVING
    # The council's money is an exchange, and no grant.
    assert [(row["id"], row["transactionDate"], row["value"]) for row in grants] == [
        ("R3", "2017-12-20", "120.00"),
    ]
    assert (grants[0]["provider"], grants[0]["recipient"]) == ("GB-CHC-3", "GB-CHC-1")
    notes = {name: row["note"] for name, row in manifest(found).items()}
    assert notes["specification_2017-12-31_indigo_payments.csv"] == (
        "1 organisation without an identifier"  # the lottery
    )


def test_every_receipt_is_of_the_claims_that_it_paid(tmp_path: Path) -> None:
    paid = [
        (row["receipt"], row["claim_period"], row["amount_pence"] // 100)
        for row in opened(tmp_path).tables["paid"].to_pylist()
    ]
    assert paid == [
        ("R1", "", 30),
        ("R1", "2017-Q1", 50),
        ("R1", "2017-Q3", 50),
        ("R2", "", -30),
        ("R3", "2017-Q1", 50),
        ("R3", "2017-Q3", 70),
    ]
