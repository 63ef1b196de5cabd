"""The account of a statement: what was received against what was due, from claim to claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow.compute as pc

from impactbond.receipts.account import (
    Claimed,
    Credit,
    Due,
    Entry,
    assert_balanced,
    dues_and_credits,
    entries,
    received,
)
from impactbond.statements.checks import Check
from impactbond.statements.rows import Account
from impactbond.statements.statement_rows import StatementRows, claim_dates


@dataclass(frozen=True, slots=True)
class Balance:
    """One funder's balance from the day after one claim date through the next, in pence."""

    code: str
    name: str
    claim_period: str
    until: date
    opening_pence: int
    due_pence: int
    received_pence: int
    is_first: bool

    @property
    def closing_pence(self) -> int:
        """Opening with what was due, less what was received."""
        return self.opening_pence + self.due_pence - self.received_pence


@dataclass(frozen=True, slots=True)
class Received:
    """One receipt; `names_claim` is the claim period that it names, if any."""

    receipt: str
    code: str
    name: str
    received_on: date
    amount_pence: int
    names_claim: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ReceiptsAccount:
    """The balances of every funder at every claim so far, and the receipts behind them."""

    balances: tuple[Balance, ...]
    receipts: tuple[Received, ...]
    stated_pence: int
    refused_rows: int

    @property
    def latest(self) -> tuple[Balance, ...]:
        """The balance of every funder at this claim."""
        until = max(balance.until for balance in self.balances)
        return tuple(balance for balance in self.balances if balance.until == until)

    @property
    def received_pence(self) -> int:
        """All that was received by the claim date."""
        return sum(balance.received_pence for balance in self.balances)

    @property
    def closing_pence(self) -> int:
        """What is open at this claim, less what is carried."""
        return sum(balance.closing_pence for balance in self.latest)


def receipts_account(settled: StatementRows) -> ReceiptsAccount | None:
    """The account of a statement; None where no receipts were given.

    Whoever sent money and is not among the funders has an account too: nothing received is lost.
    """
    source = settled.source
    if source.receipts is None:
        return None
    claims = [
        Claimed(number, period, day)
        for number, (period, day) in enumerate(claim_dates(source).items())
        if day <= settled.claim_date
    ]
    table = source.receipts
    table = table.filter(pc.less_equal(table["received_on"], settled.claim_date))
    if settled.funder is not None:
        table = table.filter(pc.equal(table["funder"], settled.funder))
    dues, given_back = dues_and_credits(source.payments, claims)
    sent = received(table)
    strangers = sorted({one.funder for one in sent} - set(settled.codes))
    codes = settled.codes | {funder: f"X{place:02d}" for place, funder in enumerate(strangers, 1)}
    names = settled.names | {funder: funder for funder in strangers}
    balances: list[Balance] = []
    for funder, code in codes.items():
        own = [due for due in dues if due.funder == funder]
        back = [credit for credit in given_back if credit.funder == funder]
        found = _entries(funder, own, back, [one for one in sent if one.funder == funder], claims)
        balances += [_balance(one, code, names[funder]) for one in found]
    rows = [
        Received(
            receipt=row["receipt"],
            code=codes[row["funder"]],
            name=names[row["funder"]],
            received_on=row["received_on"],
            amount_pence=row["amount_pence"],
            names_claim=row["claim_period"],
            note=row["note"],
        )
        for row in table.to_pylist()
    ]
    rows.sort(key=lambda row: (row.received_on, row.receipt))
    stated = int(pc.sum(table["amount_pence"]).as_py() or 0)
    return ReceiptsAccount(tuple(balances), tuple(rows), stated, source.refused_receipts)


def account_checks(
    account: ReceiptsAccount | None, accounts: tuple[Account, ...]
) -> tuple[Check, ...]:
    """The checks of the account; none where there is none."""
    if account is None:
        return ()
    due = sum(balance.due_pence for balance in account.balances)
    came = sum(row.amount_pence for row in account.receipts)
    return (
        Check(
            "account due",
            "All that was ever asked for is in the account",
            "Due of the Account, all claims",
            "Closing of the Summary",
            "pence",
            due,
            sum(one.closing_pence for one in accounts),
        ),
        Check(
            "account received",
            "All that was received is in the account",
            "Received of the Account, all claims",
            "Receipts",
            "pence",
            account.received_pence,
            came,
        ),
        Check(
            "receipts as read",
            "No receipt is missing",
            "Receipts",
            "Total of the receipts that were read",
            "pence",
            came,
            account.stated_pence,
        ),
    )


def _entries(
    funder: str,
    dues: list[Due],
    given_back: list[Credit],
    sent: list[Credit],
    claims: list[Claimed],
) -> list[Entry]:
    asked: list[Due | Credit] = [*dues, *given_back]
    found = entries(funder, asked, sent, claims, claims[-1].claim_date)
    # Nothing is matched here: all that was due is open, and all that came is left.
    assert_balanced(found, dues, [*given_back, *sent])
    return found


def _balance(entry: Entry, code: str, name: str) -> Balance:
    return Balance(
        code=code,
        name=name,
        claim_period=entry.claim_period or "",
        until=entry.until,
        opening_pence=entry.opening_pence,
        due_pence=entry.due_pence,
        received_pence=entry.received_pence,
        is_first=entry.first is None,
    )
