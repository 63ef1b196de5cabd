"""The journals of a year end, and the postings of what was claimed and received before it.

Takes  the position, what was asked, and what came.
Gives  the tables JOURNALS and POSTINGS, by the keys of accounts; a ledger map gives their codes.
Keeps  every journal balances, for each funder and so in each fund. The journals of the year end
       are reversed the next day. Postings are for a ledger that holds no invoices of its own: both
       together would count the same income twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from impactbond.closing.inputs import Year
from impactbond.closing.ledger import Ledger
from impactbond.settlement.schedule import ON_ACCOUNT, UP_FRONT
from impactbond.tables import rows_table, schema_of

JOURNALS = schema_of(
    *("journal", "date", "reverses_on", "account", "funder", "fund"),
    *("debit_pence", "credit_pence", "text", "basis"),
)
POSTINGS = schema_of(
    *("posting", "date", "account", "funder", "fund", "debit_pence", "credit_pence", "text"),
)
RECEIVABLE, ACCRUED, UP_FRONT_ACCOUNT = "receivable", "accrued", "up_front"
IN_ADVANCE, INCOME, BANK, BAD_DEBT = "in_advance", "income", "bank", "bad_debt"
PASSED_ON = "passed_on"
# The journal, its debit and credit, its text, and how its amount follows from the position.
_JOURNALS = (
    ("J1", ACCRUED, INCOME, "Income earned and not yet claimed", "unclaimed"),
    ("J2", UP_FRONT_ACCOUNT, ACCRUED, "Up-front money set off", "least of unclaimed, on account"),
    ("J3", RECEIVABLE, IN_ADVANCE, "Received in advance, shown apart", "received less asked"),
    ("J4", INCOME, ACCRUED, "In dispute, or may be taken back", "the provider's constraint"),
    ("J5", INCOME, UP_FRONT_ACCOUNT, "Claimed for days after the year end", "ahead"),
    ("J6", INCOME, PASSED_ON, "Another party's, whose agent this is", "all but the share kept"),
)
COLUMNS = dict(
    zip(
        (one[0] for one in _JOURNALS),
        (
            *("unclaimed_pence", "set_off_pence", "in_advance_pence", "constrained_pence"),
            *("ahead_pence", "passed_on_pence"),
        ),
        strict=True,
    )
)
Line = tuple[str, int]  # an account, and a debit, or below nothing a credit


def journals_table(position: pa.Table, on: date) -> pa.Table:
    """The table `journals`: two lines for a funder and a journal that is not of nothing."""
    rows = []
    for journal, debit, credit, text, basis in _JOURNALS:
        for row in position.to_pylist():
            pence, fund = row[COLUMNS[journal]], row["fund"]
            for account, amount in _two(debit, credit, pence):
                about = (journal, on, on + timedelta(days=1), account, row["funder"], fund)
                told = f"{text}: {row['name']}"
                rows.append((*about, max(amount, 0), max(-amount, 0), told, basis))
    return rows_table(rows, JOURNALS)


def _two(debit: str, credit: str, pence: int) -> tuple[Line, ...]:
    """The two lines of a journal, turned round where its amount is below nothing."""
    return ((debit, pence), (credit, -pence)) if pence else ()


def postings_table(year: Year, ledger: Ledger | None) -> pa.Table:
    """The table `postings`: what was asked and what came by the year end, in order of days."""
    funds = {one.id: "" if ledger is None else ledger.fund_of(one.id) for one in year.funders}
    found = sorted((*_claims(year), *_cash(year)), key=lambda one: one[:3])
    rows: list[tuple[Any, ...]] = []
    for day, funder, text, lines in found:
        for account, amount in lines:
            about = (f"P{day:%Y%m%d}", day, account, funder, funds[funder])
            rows.append((*about, max(amount, 0), max(-amount, 0), text))
    return rows_table(rows, POSTINGS)


Posting = tuple[date, str, str, list[Line]]


def _claims(year: Year) -> Iterator[Posting]:
    """Up-front money on the day it is asked for; of a claim, its income, of which what is recovered
    was paid before, and what of it goes back to the funder.
    """
    claims: dict[tuple[date, str, str], list[int]] = {}
    for one in year.asked:
        if one.kind == UP_FRONT:
            text = f"Up-front money: {one.name}"
            paid = list(_two(RECEIVABLE, UP_FRONT_ACCOUNT, one.amount_pence))
            yield one.asked_on, one.funder, text, paid
            continue
        sums = claims.setdefault((one.asked_on, one.funder, one.claim_period), [0, 0])
        sums[one.kind in ON_ACCOUNT] += one.amount_pence
    for (day, funder, period), (income, on_account) in claims.items():
        lines = [
            (RECEIVABLE, income + on_account),
            (UP_FRONT_ACCOUNT, -on_account),
            (INCOME, -income),
        ]
        posted = [line for line in lines if line[1]]
        if posted:
            yield day, funder, f"Claim {period}", posted


def _cash(year: Year) -> Iterator[Posting]:
    for day, funder, receipt, pence in year.received:
        text = f"Receipt {receipt}" if pence > 0 else f"Refund {receipt}"
        yield day, funder, text, list(_two(BANK, RECEIVABLE, pence))
    for day, funder, receipt, pence in year.written_off:
        yield day, funder, f"Written off {receipt}", list(_two(BAD_DEBT, RECEIVABLE, pence))


def balances(table: pa.Table) -> dict[tuple[str, str], int]:
    """The balance of every account and funder: debits less credits."""
    found: dict[tuple[str, str], int] = {}
    for row in table.to_pylist():
        key = (row["account"], row["funder"])
        found[key] = found.get(key, 0) + row["debit_pence"] - row["credit_pence"]
    return found
