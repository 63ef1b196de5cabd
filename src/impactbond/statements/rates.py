"""The rates that a statement shows: every price, and what makes it another one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.money import CURRENCIES, minor_units, show, show_share
from impactbond.settlement.settlement import Settlement
from impactbond.statements.source import BY_VERSION, RateTerm
from impactbond.terms.milestones import Milestone


def rate_terms(contract: Contract) -> tuple[RateTerm, ...]:
    """What is paid for every milestone, result and fee, in the contract's order."""
    found: list[RateTerm] = []
    for name, term in contract.milestones.items():
        found += _of_milestone(contract, name, term)
    for name, result in contract.results.items():
        found.append(RateTerm(name, None, "As measured at each claim", result.clause))
    for name, fee in contract.fees.items():
        found += [
            RateTerm(name, amount, f"On {day.isoformat()}", fee.clause)
            for day, amount in fee.instalments(contract.currency, contract.rounding.rule)
        ]
    return tuple(found)


def prices_in(settlement: Settlement) -> dict[str, str]:
    """The currency of every milestone's price where it is not that of the payments."""
    found: dict[str, set[str]] = {}
    for contract in settlement.versions:
        for name in contract.milestones:
            found.setdefault(name, set()).add(_other_currency(contract))
    told = {name: min(codes) if len(codes) == 1 else BY_VERSION for name, codes in found.items()}
    return {name: code for name, code in told.items() if code}


def _of_milestone(contract: Contract, name: str, term: Milestone) -> Iterator[RateTerm]:
    for rate in term.rates:
        yield _rate(contract, name, rate.price, rate.in_short() or "For everybody")
    first = f"The first {term.bands[0].after} claims" if term.bands else ""
    others = "For everybody else" if term.rates else first
    applies = "; ".join(filter(None, [others, *_modified(contract, term)]))
    yield _rate(contract, name, term.price, applies)
    for band in term.bands:
        said = f"Every claim after the first {band.after}"
        yield _rate(contract, name, band.price, said)


def _rate(contract: Contract, name: str, price: Decimal, applies: str) -> RateTerm:
    pence = minor_units(price, contract.currency_of_prices)
    clause = contract.milestones[name].clause
    return RateTerm(name, pence, applies, clause, _other_currency(contract))


def _other_currency(contract: Contract) -> str:
    """The currency of prices where it is stated as another than that of the payments."""
    return "" if contract.prices_in is None else contract.prices_in.currency


def _modified(contract: Contract, term: Milestone) -> Iterator[str]:
    if term.changes:
        yield "before the changes that the contract states"
    if term.paid_for is not None:
        yield f"{show_share(term.paid_for)} of it is paid"
    if contract.prices_in is not None:
        one = show(CURRENCIES[contract.currency_of_prices].in_one, contract.currency_of_prices)
        yield f"{one} is paid as {contract.prices_in.rate} {contract.currency}"
