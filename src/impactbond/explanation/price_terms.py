"""The terms beside a price, its shares and its limits that can change what a milestone earns."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.wording.dates import year_words
from impactbond.contract.wording.fees import fee_rule
from impactbond.contract.wording.participants import places_words
from impactbond.contract.wording.parties import commitments, governs_words, index_words, rate_words
from impactbond.contract.wording.prices import paid_words, price_terms
from impactbond.contract.wording.words import between
from impactbond.explanation.parts import Stated
from impactbond.money import show
from impactbond.terms.milestones import Indexed


def stated_price(contract: Contract, milestone: str) -> Iterator[Stated]:
    """The price of a milestone and everything that can change it, beside what comes before it."""
    term = contract.milestones[milestone]
    price = show(contract.price_pence(milestone), contract.currency_of_prices)
    yield Stated("price", f"{price}, {paid_words(contract, term)}", term.clause)
    for key, says in price_terms(contract, milestone):
        if key != "after":
            yield Stated(key, says, term.clause)
    for change in term.changes:
        if isinstance(change, Indexed):
            says = index_words(contract.indices[change.index])
            yield Stated(f"index {change.index}", says, term.clause)
    if contract.prices_in is not None:
        yield Stated("rate", rate_words(contract, contract.prices_in), contract.prices_in.clause)
    for name, fee in contract.fees.items():
        if fee.instead_of is not None and milestone in fee.instead_of.milestones:
            rule = fee_rule(contract, name, fee)
            says = " ".join([rule.says, "; ".join(part.says for part in rule.parts)])
            yield Stated(f"fee {name}", says, rule.clause)


def stated_frame(contract: Contract) -> Iterator[Stated]:
    """What the whole contract says that can change any payment, beside its term and coverage."""
    people = contract.participants
    yield Stated("governing version", governs_words(contract), "")
    if people.started is not None:
        yield Stated("started", between(*people.started), people.clause)
    if people.places is not None:
        yield Stated("places", places_words(people.places), people.clause)
    results = contract.results.values()
    if any(limit.is_yearly for limit in contract.limits) or any(
        result.counted == "each year" for result in results
    ):
        yield Stated("year", year_words(contract), "")


def stated_commitments(contract: Contract, paying: set[str]) -> Iterator[Stated]:
    """What those have committed on whose commitments a limit of a paying funder depends."""
    named: set[str] = set()
    for limit in contract.limits_on_funders:
        if limit.on_funder in paying:
            named.update(limit.depends_on)
    for name, funder in contract.funders.items():
        if name in named and funder.commits:
            says = "; ".join(commitments(contract, funder))
            yield Stated(f"commitments of {name}", says, funder.clause)
