"""What was received beside what was asked for, as a statement shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.receipts.account import assert_balanced, dues_and_credits, entries, received
from impactbond.receipts.match import Claimed
from impactbond.receipts.together import members, named
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


_OF_ENTRY = ("until", "opening_pence", "due_pence", "received_pence")


def account_of(
    source: StatementSource,
    funder: str | None,
    claim_date: date,
    shown: Mapping[str, str],
    shown_codes: Mapping[str, str],
) -> ReceiptsAccount | None:
    """The account of a statement up to its claim date; None where no receipts were given.

    `shown` and `shown_codes` are the names and codes of the funders that it may show. Whoever sent
    money and is not among the funders that the statement may show has an account too:
    nothing received is lost.
    """
    if source.receipts is None:
        return None
    claims = [
        Claimed(number, period, day)
        for number, (period, day) in enumerate(source.claim_dates.items())
        if day <= claim_date
    ]
    everybody = {row["funder"]: row["name"] for row in source.funders.to_pylist()}
    terms = {funder.partition(": ")[0] for funder in everybody}
    table = source.receipts
    table = table.filter(pc.less_equal(table["received_on"], claim_date))
    if funder is not None:
        # Money that others sent too is shown to each of them, unsplit and in an account of its own.
        sent = table["funder"].unique().to_pylist()
        own = [one for one in sent if funder in members(one, terms)]
        table = table.filter(pc.is_in(table["funder"], pa.array(own, pa.string())))
    dues, given_back = dues_and_credits(source.payments, claims, table)
    credits_ = received(table)
    strangers = sorted({*table["funder"].to_pylist()} - set(shown_codes))
    codes = {**shown_codes, **{name: f"X{number:02d}" for number, name in enumerate(strangers, 1)}}
    names = {**shown, **{one: named(one, everybody, terms) for one in strangers}}
    balances: list[Balance] = []
    for payer, code in codes.items():
        due = [one for one in dues if one.funder == payer]
        back = [one for one in given_back if one.funder == payer]
        sent = [one for one in credits_ if one.funder == payer]
        account = entries(payer, [*due, *back], sent, claims, claims[-1].claim_date)
        # Nothing is matched here: all that was due is open, and all that came is left.
        assert_balanced(account, due, [*back, *sent])
        balances += [
            Balance(
                code=code,
                name=names[payer],
                claim_period=entry.claim_period or "",
                is_first=entry.first is None,
                **{name: getattr(entry, name) for name in _OF_ENTRY},
            )
            for entry in account
        ]
    receipts = []
    for row in table.to_pylist():
        code, name = codes[row["funder"]], names[row["funder"]]
        told = {key: row[key] for key in ("receipt", "received_on", "amount_pence", "note")}
        receipts.append(Received(code=code, name=name, names_claim=row["claim_period"], **told))
    receipts.sort(key=lambda row: (row.received_on, row.receipt))
    stated = int(pc.sum(table["amount_pence"]).as_py() or 0)
    return ReceiptsAccount(tuple(balances), tuple(receipts), stated, source.refused_receipts)
