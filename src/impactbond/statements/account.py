"""The account of a statement: what was received against what was due, from claim to claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow.compute as pc

from impactbond.receipts.account import Entry, assert_balanced, dues_and_credits, entries, received
from impactbond.receipts.match import Claimed
from impactbond.statements.source import StatementSource


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


def receipts_account(
    source: StatementSource,
    claim_date: date,
    funder: str | None,
    codes: Mapping[str, str],
    names: Mapping[str, str],
) -> ReceiptsAccount | None:
    """The account of a statement up to a claim date; None where no receipts were given.

    `codes` and `names` are those of the funders that the statement may show, `funder` is the one
    that it is for, if it is for one. Whoever sent money and is not among the funders has an account
    too: nothing received is lost.
    """
    if source.receipts is None:
        return None
    claims = [
        Claimed(number, period, day)
        for number, (period, day) in enumerate(source.claim_dates.items())
        if day <= claim_date
    ]
    table = source.receipts
    table = table.filter(pc.less_equal(table["received_on"], claim_date))
    if funder is not None:
        table = table.filter(pc.equal(table["funder"], funder))
    dues, given_back = dues_and_credits(source.payments, claims)
    credits_ = received(table)
    strangers = sorted({credit.funder for credit in credits_} - set(codes))
    codes = {**codes, **{name: f"X{number:02d}" for number, name in enumerate(strangers, 1)}}
    names = {**names, **{name: name for name in strangers}}
    balances: list[Balance] = []
    for payer, code in codes.items():
        due = [one for one in dues if one.funder == payer]
        back = [one for one in given_back if one.funder == payer]
        sent = [one for one in credits_ if one.funder == payer]
        account = entries(payer, [*due, *back], sent, claims, claims[-1].claim_date)
        # Nothing is matched here: all that was due is open, and all that came is left.
        assert_balanced(account, due, [*back, *sent])
        balances += [_balance(entry, code, names[payer]) for entry in account]
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
