"""How a contract words its money, handed to its terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.contract.wording import words
from impactbond.terms.applicability import with_attributes


@dataclass(frozen=True)
class ContractWords:
    """How a contract says what it pays, for what, and who pays it: `MoneyWords` for its terms."""

    contract: Contract

    def money(self, amount: Decimal) -> str:
        """An amount of the contract's currency as people write it."""
        return words.money(self.contract, amount)

    def title(self, payable: str) -> str:
        """What people call something that is paid for."""
        return self.contract.title_of(payable)

    def payables(self, names: Sequence[str]) -> str:
        """Several things that are paid for, in quotation marks."""
        return words.payables(self.contract, names)

    def funder(self, name: str) -> str:
        """What people call a funder."""
        return words.funder(self.contract, name)

    def committed(self, funder: str) -> str:
        """What a funder has committed, from which day on."""
        steps = self.contract.funders[funder].commits
        return ", ".join(f"{self.money(one.amount)} from {one.from_}" for one in steps)

    def participants(self, only: Mapping[str, Sequence[str]]) -> str:
        """The participants that have some attributes."""
        return with_attributes(only)
