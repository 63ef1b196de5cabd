"""What was received beside what was asked for, as a statement shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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
