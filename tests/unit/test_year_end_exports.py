"""The journals of a year end as files that ledgers read: each is read back by the rules that the
product documents, and comes to what the year end says.
"""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from tests.spec.test_year_end import FIXTURES, closed, demo

import impactbond as ib
from impactbond.closing.exports import beancount_text, export_files, year_end_files
from impactbond.closing.year_end import YearEnd

LEDGER = FIXTURES / "ledgers" / "west_london_zone.yaml"
XERO = (
    "*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,"
    "TrackingName1,TrackingOption1,TrackingName2,TrackingOption2"
)
SAGE_50 = (
    "Type,Account Reference,Nominal A/C Ref,Department Code,Date,"
    "Reference,Details,Net Amount,Tax Code,Tax Amount"
)


@cache
def year() -> YearEnd:
    return closed("2018-03-31", "2018-07-31", ledger=LEDGER)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode(), newline="")))


def of_kind(kind: str) -> bytes:
    return export_files(year())[f"wlz-lbhf_2018-03-31_{kind}"]


# 25,800.00 accrued, 6,163.34 set off, 150.00 received in advance: by accounts of the ledger map.
BY_CODE = {
    "1100": Decimal("150.00"),
    "1105": Decimal("25800.00") - Decimal("6163.34"),
    "2115": Decimal("6163.34"),
    "2116": Decimal("-150.00"),
    "4105": Decimal("-25800.00"),
}


def summed(pairs: list[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for code, amount in pairs:
        sums[code] = sums.get(code, Decimal(0)) + amount
    return sums


def test_the_plain_journals_balance_in_every_fund_and_name_the_year_end() -> None:
    found = rows(of_kind("journals.csv"))
    amounts = [(row, Decimal(row["debit"]) - Decimal(row["credit"])) for row in found]
    assert summed([(row["account"], amount) for row, amount in amounts]) == BY_CODE
    assert set(summed([(row["fund"], amount) for row, amount in amounts]).values()) == {Decimal(0)}
    lottery = {row["fund"] for row in found if row["funder"] == "lottery"}
    assert lottery == {"Lottery project"}
    assert {row["record_sha256"] for row in found} == {year().digest}
    assert {(row["date"], row["reverses_on"]) for row in found} == {("2018-03-31", "2018-04-01")}


def test_xero_takes_journals_that_balance_by_narration_and_day() -> None:
    for kind, sign, day in (("journals", 1, "31/03/2018"), ("reversals", -1, "01/04/2018")):
        content = of_kind(f"xero_{kind}_1.csv")
        assert content.decode().split("\r\n")[0] == XERO
        found = rows(content)
        assert len(found) <= 300
        amounts = [(row["*AccountCode"], sign * Decimal(row["*Amount"])) for row in found]
        assert summed(amounts) == BY_CODE
        journals = summed([(row["*Narration"], Decimal(row["*Amount"])) for row in found])
        assert set(journals.values()) == {Decimal(0)}
        assert {row["*Date"] for row in found} == {day}
        assert {row["*TaxRate"] for row in found} == {"No VAT"}


def test_sage_50_takes_debits_and_credits_within_its_limits() -> None:
    content = of_kind("sage50.csv")
    assert content.decode().split("\r\n")[0] == SAGE_50
    found = rows(content)
    sign = {"JD": 1, "JC": -1}
    before = [row for row in found if row["Date"] == "31/03/2018"]
    amounts = [(r["Nominal A/C Ref"], sign[r["Type"]] * Decimal(r["Net Amount"])) for r in before]
    assert summed(amounts) == BY_CODE
    assert len(found) == 2 * len(before)  # each is reversed
    for row in found:
        assert len(row["Details"]) <= 60
        assert len(row["Reference"]) <= 30
        assert len(row["Nominal A/C Ref"]) <= 8
        assert (row["Tax Code"], Decimal(row["Net Amount"]) > 0) == ("T9", True)
    texts = {row["text"] for row in rows(of_kind("sage50_texts.csv"))}
    told = "Income earned and not yet claimed: London Borough of Hammersmith & Fulham"
    assert told in texts


def test_beancount_text_balances_and_asserts_what_stands() -> None:
    text = beancount_text(year())
    entries = re.split(r"\n\n(?=\d{4}-\d\d-\d\d \*)", text.rpartition("\n\n")[0])[1:]
    sums: dict[str, Decimal] = {}
    for entry in entries:
        lines = re.findall(r"^  ([A-Z]\S+)  (-?[\d.]+) GBP$", entry, re.MULTILINE)
        assert sum(Decimal(amount) for _, amount in lines) == 0
        for account, amount in lines:
            for own in (account, account.rpartition(":")[0]):
                sums[own] = sums.get(own, Decimal(0)) + Decimal(amount)
    pattern = r"^2018-04-01 balance (\S+)  (-?[\d.]+) ~ 0.00 GBP$"
    asserted = dict(re.findall(pattern, text, re.MULTILINE))
    assert {account: Decimal(amount) for account, amount in asserted.items()} == sums
    assert asserted["Assets:Contract:Accrued"] == "19636.66"
    assert asserted["Liabilities:Contract:UpFront"] == "-4153.99"
    assert asserted["Assets:Contract:Receivable"] == "2813.99"
    assert asserted["Income:Outcomes"] == "-90120.00"
    opened = set(re.findall(r" open (\S+) GBP", text))
    assert opened == set(asserted)


def test_only_the_cut_off_and_the_file_for_next_year_name_participants() -> None:
    named = {name for name, content in year_end_files(year()).items() if b"C-0" in content}
    assert {name.rpartition("_")[2] for name in named} == {"off.csv", "2018-07-31.json"}


def test_without_a_ledger_map_nothing_is_exported() -> None:
    with pytest.raises(ib.YearEndError) as raised:
        export_files(closed("2018-03-31", "2018-07-31"))
    assert [fault.code for fault in raised.value.faults] == ["no_ledger"]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("  lbhf:    {", "  lbfh:    {", "unknown_funder", 20),
        ("  lbhf:    {", "  #", "funder_missing", 19),
        ("fund: lottery}", "fund: lotery}", "unknown_fund", 22),
        ("vat: exempt}", "vat: exmpt}", "unknown_tax", 21),
        ('  income: "4105"', "", "missing_key", 3),
        ('  income: "4105"', '  incomes: "4105"', "unknown_key", 9),
        ("nature: exchange, vat: exempt}", "nature: gift}", "not_a_choice", 21),
    ],
)
def test_a_ledger_map_is_checked(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    text = LEDGER.read_text("utf-8")
    assert old in text
    path = tmp_path / "ledger.yaml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ib.YearEndError) as raised:
        ib.read_ledger(path, demo()[0])
    assert (code, line) in {(fault.code, fault.line) for fault in raised.value.faults}
