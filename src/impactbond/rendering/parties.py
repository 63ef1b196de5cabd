"""Who the parties are, which version this is, and in which money it is written."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.parties import Funder
from impactbond.rendering.document import Part, Rule, Table
from impactbond.rendering.wording import (
    CURRENCY_NAMES,
    money,
    number,
    plain,
    quoted,
    said_day,
)

_VERSIONS = {
    "original": "the contract as first signed",
    "amendment": "an agreed change of the contract",
    "correction": "a correction of a mistake in the contract",
}
_GOVERNS = {
    "participants started": "in effect on the day on which the participant started",
    "milestones achieved": "in effect on the day on which the milestone is achieved",
    "claims made": "in effect on the day on which the claim is made",
}
_KINDS = {
    "council": "a council",
    "school": "a school",
    "lottery": "a lottery fund",
    "central government": "central government",
    "philanthropy": "a philanthropic funder",
    "health": "a health body",
    "foundation": "a foundation",
    "other": "a funder of another kind",
}


def parties(contract: Contract) -> Part:
    """The provider, the funders, and the version that they signed."""
    version = contract.version
    rules = [
        Rule(
            f"the contract has the reference {contract.contract}; this is version "
            f"{version.number}, {_VERSIONS[version.kind]}, signed on {said_day(version.signed_on)} "
            f"and in effect from {said_day(version.effective_on)}"
        ),
        Rule(
            "where there is more than one version, a claim is governed by the version "
            + _GOVERNS[contract.governs]
        ),
        Rule(f"the provider is {contract.provider}"),
        *(_funder(contract, name, term) for name, term in contract.funders.items()),
    ]
    return Part("Parties and version", tuple(rules))


def _funder(contract: Contract, name: str, term: Funder) -> Rule:
    says = f"{term.name} ({name}) is a funder: {_KINDS[term.kind]}"
    if term.each is not None:
        says += f", one for each {plain(term.each)}, which pays for its own participants"
    if not term.commits:
        return Rule(says, term.clause)
    commits = tuple(
        Rule(f"from {said_day(one.from_)} it commits {money(contract, one.amount)} in all")
        for one in term.commits
    )
    return Rule(f"{says}; until its next commitment, it commits:", term.clause, commits)


def currencies(contract: Contract) -> Part:
    """The money of the contract, the rate of its prices, and the indices that they follow."""
    return Part("Money", tuple(_money(contract)), _indices(contract))


def _money(contract: Contract) -> Iterator[Rule]:
    name = CURRENCY_NAMES.get(contract.currency, contract.currency)
    yield Rule(f"all payments are made in {name} ({contract.currency})")
    if contract.prices_in is not None:
        priced, rate = contract.prices_in.currency, contract.prices_in.rate
        name = CURRENCY_NAMES.get(priced, priced)
        yield Rule(
            f"prices are written in {name} ({priced}) and are paid at {number(rate)} "
            f"{contract.currency} for each {priced}",
            contract.prices_in.clause,
        )
    if contract.indices:
        yield Rule(
            "an index stands, from each of these days until the next, at the value beside it"
        )


def _indices(contract: Contract) -> Table | None:
    rows = [
        (quoted(name), said_day(value.from_), number(value.is_))
        for name, values in contract.indices.items()
        for value in values
    ]
    return Table(("Index", "From", "Value"), tuple(rows), (2,)) if rows else None
