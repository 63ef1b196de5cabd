"""How a statement is paid: where the parties are reached, and the account that money goes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from impactbond.contract.contract import Contract
from impactbond.terms.payment_details import BankAccount, Details


@dataclass(frozen=True, slots=True)
class HowToPay:
    """The details of whoever is paid, and of every funder that the contract gives any of; `within`
    is how long after the claim date payment is due. Nothing of it moves an amount.
    """

    payee: Details | None = None
    payers: Mapping[str, Details] = field(default_factory=dict)
    within: str = ""

    def __bool__(self) -> bool:
        return self.payee is not None or bool(self.payers)

    def shown_to(self, funder: str | None) -> HowToPay:
        """What a funder's statement says: nothing of other funders; None is for all together."""
        if funder is None:
            return self
        own = {name: one for name, one in self.payers.items() if name == funder}
        return replace(self, payers=own)

    def order_of(self, funder: str | None) -> str | None:
        """The purchase order of a funder."""
        own = self.payers.get(funder or "")
        return None if own is None else own.purchase_order

    def account_for(self, funder: str | None, pence: int) -> BankAccount | None:
        """The account that an amount goes to: the funder's own where it is repaid."""
        to = self.payers.get(funder or "") if pence < 0 else self.payee
        return None if to is None else to.bank


def how_to_pay(contract: Contract, funders: Iterable[str]) -> HowToPay:
    """What a contract says of how these funders pay."""
    known = {}
    for funder in funders:
        name, _, value = funder.partition(": ")
        term = contract.parties.get(name)
        if term is not None:
            known[funder] = term.each.get(value, term)
    within = f"Within {contract.calendar.payment.within} of the claim date"
    return HowToPay(contract.parties.get("provider"), known, within)
