"""Limits and funding in words: what a limit is on, how much it lets through, who comes first, what
lies beyond; when a funding entry applies.

A limit in money on everything, that pays the earliest claims first and the last of them in part, is
told in the fewest words; every other term adds its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.contract.wording import words
from impactbond.money import minor_units, show
from impactbond.terms.limits import (
    ContractLimit,
    FunderLimit,
    Limit,
    MilestoneLimit,
    PassedTo,
    WholeLimit,
)
from impactbond.terms.milestones import Dated

_EACH = {
    "year": "in each year of the contract",
    "period": "in each period",
    "participant": "for each participant",
}


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

    def participants(self, only: Mapping[str, Sequence[str]]) -> str:
        """The participants that have some attributes."""
        return words.with_attributes(only)


def limit_subject(contract: Contract, limit: Limit) -> str:
    """What a limit is on, as people call it: `Milestone: Sign-up, for each participant`."""
    match limit:
        case FunderLimit():
            named = f"Funder: {contract.funders[limit.funder].name}"
        case ContractLimit():
            named = "Everything paid under the contract"
        case MilestoneLimit():
            named = f"Milestone: {', '.join(map(contract.title_of, limit.milestone))}"
    return ", ".join([named, *_scope(contract, limit)])


def most_in_words(contract: Contract, limit: Limit) -> str:
    """How much a limit lets through: money as people write it, or a number of claims."""
    most = limit.at_most
    match most.of:
        case "money":
            return _money(contract, most.amount)
        case "commitment":
            return "what it has committed"
        case "share of claims":
            return str(most)
        case counted:
            return f"{most.number:,} {counted if most.number != 1 else counted[:-1]}"


def limit_terms(contract: Contract, limit: Limit) -> str:
    """Everything a limit says, beside what it is on: `at most £500.00; beyond it: unpaid`."""
    terms = [f"at most {most_in_words(contract, limit)}", *_scope(contract, limit)]
    return f"{', '.join(terms)}; beyond it: {beyond_in_words(contract, limit)}"


def beyond_in_words(contract: Contract, limit: Limit, *, by_name: bool = False) -> str:
    """What becomes of what lies beyond a limit, and how it is found where that is not the usual
    way.
    """
    if isinstance(limit, FunderLimit):
        if not isinstance(limit.beyond, PassedTo):
            return "; ".join([limit.beyond, *_released(contract, limit)])
        taker = limit.beyond.funder
        told = f"paid by {contract.funders[taker].name}" if by_name else f"{taker} pays"
        return "; ".join([told, *_released(contract, limit)])
    beyond = "paid from the room of the next year" if limit.beyond == "next year" else limit.beyond
    return "; ".join([beyond, *_order(limit)])


def applies_in_words(term: Dated) -> str:
    """When a dated term applies, such as `borough north, from 2018-01-01`; nothing where always."""
    found = [f"{name} {', '.join(values)}" for name, values in term.only.items()]
    found += [f"from {term.from_}"] if term.from_ is not None else []
    found += [f"through {term.through}"] if term.through is not None else []
    return ", ".join(found)


def _scope(contract: Contract, limit: Limit) -> list[str]:
    if isinstance(limit, FunderLimit):
        return [_EACH[limit.each]] if limit.each else []
    found = [_EACH.get(limit.each, f"for each {limit.each}")] if limit.each else []
    if limit.only:
        only = "; ".join(f"{name} {', '.join(values)}" for name, values in limit.only.items())
        found.append(f"only {only}")
    if isinstance(limit, ContractLimit) and limit.besides:
        found.append(f"besides {', '.join(map(contract.title_of, limit.besides))}")
    return found


def _order(limit: WholeLimit) -> list[str]:
    found = {
        "earliest": [],
        "highest price": ["the highest price comes first"],
        "in proportion": ["every claim is paid in proportion"],
    }[limit.first]
    if limit.straddling == "unpaid":
        found = [*found, "the claim that reaches over it is not paid, nor any after it"]
    return found


def _released(contract: Contract, limit: FunderLimit) -> list[str]:
    found = []
    if limit.at_most.of == "commitment":
        steps = [
            f"{_money(contract, one.amount)} from {one.from_}"
            for one in contract.funders[limit.funder].commits
        ]
        found.append(f"committed: {', '.join(steps)}")
    if limit.released_when is not None:
        joined = ", ".join(limit.released_when.committed_by)
        least = _money(contract, limit.released_when.at_least)
        found.append(f"nothing until {joined} have committed {least} in all")
    return found


def _money(contract: Contract, amount: Decimal) -> str:
    return show(minor_units(amount, contract.currency), contract.currency)
