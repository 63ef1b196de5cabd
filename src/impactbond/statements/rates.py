"""The rates that a statement shows: every price, and what makes it another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from impactbond.contract.contract import Contract
from impactbond.contract.milestones import Dated, Milestone
from impactbond.money import minor_units, show, show_share
from impactbond.settlement.fees import instalments
from impactbond.statements.source import RateTerm


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
            for day, amount in instalments(contract, fee)
        ]
    return tuple(found)


def _of_milestone(contract: Contract, name: str, term: Milestone) -> Iterator[RateTerm]:
    currency = contract.currency_of_prices
    for rate in term.rates:
        yield RateTerm(name, minor_units(rate.price, currency), _for_whom(rate), term.clause)
    first = f"The first {term.bands[0].after} claims" if term.bands else ""
    others = "For everybody else" if term.rates else first
    applies = "; ".join(filter(None, [others, *_modified(contract, term)]))
    yield RateTerm(name, minor_units(term.price, currency), applies, term.clause)
    for band in term.bands:
        said = f"Every claim after the first {band.after}"
        yield RateTerm(name, minor_units(band.price, currency), said, term.clause)


def _modified(contract: Contract, term: Milestone) -> Iterator[str]:
    if term.changes:
        yield "before the changes that the contract states"
    if term.paid_for is not None:
        yield f"{show_share(term.paid_for)} of it is paid"
    if contract.prices_in is not None:
        one = show(10**contract.decimals_of_prices, contract.currency_of_prices)
        yield f"{one} is paid as {contract.prices_in.rate} {contract.currency}"


def _for_whom(rate: Dated) -> str:
    days = " ".join(
        f"{word} {day.isoformat()}"
        for word, day in (("from", rate.from_), ("through", rate.through))
        if day is not None
    )
    return "; ".join(filter(None, [_attributes(rate.only), days])) or "For everybody"


def _attributes(only: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name} {' or '.join(values)}" for name, values in only.items())
