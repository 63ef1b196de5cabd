"""What a statement is about, and what it and its payment are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from impactbond.canonical import sha256
from impactbond.evidence.mapped import MappedBy
from impactbond.statements.how_to_pay import HowToPay
from impactbond.statements.source import Replaced

ALL_FUNDERS = "all funders"


def reference(contract: str, claim_period: str, funder: str | None, number: int = 1) -> str:
    """A statement's own reference: contract, claim period, funder; and its number, from the second.

    The number stands before the funder, whose name is the only part that can hold anything.
    """
    numbered = f", number {number}" if number > 1 else ""
    return f"{contract} / {claim_period}{numbered} / {funder or ALL_FUNDERS}"


def payment_reference(claim_period: str, of: str) -> str:
    """The claim period, and eight signs of the digest of a statement's own reference."""
    period = "".join(sign for sign in claim_period.upper() if sign.isascii() and sign.isalnum())
    return f"{period[:9]}-{sha256(of.encode())[:8].upper()}"


@dataclass(frozen=True, slots=True)
class About:
    """Which contract, funder, claim and evidence a statement is about, and which issued statement
    it replaces, if any; `replaced_of` says it of every funder. `counted` says that it rests on
    counts, without evidence; `ahead_of` that it asks for up-front money that this claim counts.
    """

    contract_id: str
    title: str
    version: int
    effective_on: date
    provider: str
    funder: str | None
    funder_name: str
    claim_period: str
    claim_date: date
    as_of: date
    refused_rows: int
    engine_version: str
    contract_sha256: str
    evidence_sha256: str
    replaces: Replaced | None = None
    counted: bool = False
    mapped: tuple[MappedBy, ...] = ()
    replaced_of: Mapping[str | None, Replaced] = field(default_factory=dict)
    how: HowToPay = field(default_factory=HowToPay)
    ahead_of: str = ""

    @property
    def number(self) -> int:
        """Which statement of this contract, claim and funder it is: 1 unless it replaces one."""
        return 1 if self.replaces is None else self.replaces.number + 1

    @property
    def reference(self) -> str:
        """The statement's own reference."""
        return reference(self.contract_id, self.claim_period, self.funder, self.number)

    def of(self, funder: str) -> About:
        """What one funder's own statement is about, where this one is of all together."""
        if funder == self.funder:
            return self
        return replace(self, funder=funder, replaces=self.replaced_of.get(funder))

    @property
    def payment_reference(self) -> str:
        """What a payment of it names: at most 18 signs, as bank references hold, and no other
        statement's; of up-front money that is asked for ahead of its claim, that of the claim's.
        """
        claim = self.ahead_of or self.claim_period
        of = reference(self.contract_id, claim, self.funder, self.number)
        return payment_reference(claim, of)

    @property
    def replaced_reference(self) -> str:
        """The reference of the statement that it replaces; empty without one."""
        if self.replaces is None:
            return ""
        return reference(self.contract_id, self.claim_period, self.funder, self.replaces.number)

    @property
    def replaced(self) -> str:
        """The reference and the digest of the statement that it replaces; empty without one."""
        if self.replaces is None:
            return ""
        return f"{self.replaced_reference} (SHA-256 {self.replaces.sha256})"
