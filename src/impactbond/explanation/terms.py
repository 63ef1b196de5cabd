"""The terms that can change what is paid for a milestone, each with what it says and its clause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.contract.wording.calendar import claims_words, late_words, year_words
from impactbond.contract.wording.fees import fee_rule
from impactbond.contract.wording.money import ContractWords
from impactbond.contract.wording.parties import (
    commitments,
    governs_words,
    places_words,
    rate_words,
)
from impactbond.contract.wording.prices import paid_words, price_terms
from impactbond.contract.wording.words import between
from impactbond.explanation.parts import ConditionExplained, Stated
from impactbond.money import minor_units, show, show_share
from impactbond.terms.funding import whole_shares
from impactbond.terms.limits import Limit
from impactbond.terms.words import plain


def stated_terms(
    contract: Contract,
    milestone: str,
    findings: Iterable[ConditionExplained],
    metrics: Iterable[str],
) -> tuple[Stated, ...]:
    """Every term that the payment of a milestone rests on, beside the condition itself."""
    return (
        *_of_contract(contract),
        *_frame(contract),
        *_price(contract, milestone),
        *_windows(findings),
        *(_metric(contract, name) for name in dict.fromkeys(metrics)),
        *_calendar(contract),
        *_funding(contract, milestone),
        *_limits(contract, milestone),
        *_commitments(contract, _paying(contract, milestone)),
        *_tranches(contract, milestone),
    )


def money_terms(contract: Contract, payable: str) -> tuple[Stated, ...]:
    """The terms that the payment of a result or fee rests on, beside what it says itself."""
    return (
        *_of_contract(contract),
        *_calendar(contract),
        *_funding(contract, payable),
        *_limits(contract, payable),
        *_tranches(contract, payable),
    )


def stated_limit(contract: Contract, limit: Limit) -> Stated:
    """A limit: what it is on, how much it lets through, and what happens beyond it."""
    says = limit.terms_in_words(ContractWords(contract))
    return Stated(f"limit on {limit.name}", says, limit.clause)


def shown_shares(shares: Mapping[str, Fraction | None]) -> str:
    """Shares as the contract writes them, with the rest worked out."""
    whole = whole_shares(dict(shares))
    told = [
        f"{funder} {show_share(whole[funder])}{' (the rest)' if share is None else ''}"
        for funder, share in shares.items()
    ]
    return ", ".join(told)


def _of_contract(contract: Contract) -> list[Stated]:
    version, people = contract.version, contract.participants
    days = f"signed on {version.signed_on}, in effect from {version.effective_on}"
    corrects = f" of version {version.corrects}" if version.corrects is not None else ""
    says = f"{version.number}, {version.kind}{corrects}, {days}"
    found = [Stated("version", says, "")]
    if people.covered:
        covered = "; ".join(
            f"{plain(name)}: {', '.join(of)}" for name, of in people.covered.items()
        )
        found.append(Stated("covered", covered, people.clause))
    if people.eligible is not None:
        eligible = (
            people.eligible
            if isinstance(people.eligible, str)
            else "the condition under Eligibility"
        )
        found.append(Stated("eligible", eligible, people.clause))
    return found


def _price(contract: Contract, milestone: str) -> Iterator[Stated]:
    """The price of a milestone and everything that can change it; last, what comes before it."""
    term = contract.milestones[milestone]
    price = show(contract.price_pence(milestone), contract.currency_of_prices)
    yield Stated("price", f"{price}, {paid_words(contract, term)}", term.clause)
    for key, says in price_terms(contract, milestone):
        if key != "after":
            yield Stated(key, says, term.clause)
    for change in term.changes:
        yield from (Stated(*stated, term.clause) for stated in change.states(contract))
    if contract.prices_in is not None:
        yield Stated("rate", rate_words(contract, contract.prices_in), contract.prices_in.clause)
    for name, fee in contract.fees.items():
        # While such a fee stands in its place, what the milestone earns is withheld, and no term
        # of its own says so.
        if fee.instead_of is not None and milestone in fee.instead_of.milestones:
            rule = fee_rule(contract, name, fee)
            says = " ".join([rule.says, "; ".join(part.says for part in rule.parts)])
            yield Stated(f"fee {name}", says, rule.clause)
    if term.after:
        titles = (f"'{contract.milestones[name].title or name}'" for name in term.after)
        yield Stated("after", ", ".join(titles), term.clause)


def _frame(contract: Contract) -> Iterator[Stated]:
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


def _commitments(contract: Contract, paying: set[str]) -> Iterator[Stated]:
    """What those have committed on whose commitments a limit of a paying funder depends."""
    named: set[str] = set()
    for limit in contract.limits_on_funders:
        if limit.on_funder in paying:
            named.update(limit.depends_on)
    for name, funder in contract.funders.items():
        if name in named and funder.commits:
            says = "; ".join(commitments(contract, funder))
            yield Stated(f"commitments of {name}", says, funder.clause)


def _windows(findings: Iterable[ConditionExplained]) -> list[Stated]:
    windows = {
        window.name: window
        for top in findings
        for finding in top.walk()
        for window in finding.windows
    }
    return [
        Stated(f"window '{name}'", f"{window.phrase}: {window.first} through {window.last}", "")
        for name, window in windows.items()
    ]


def _metric(contract: Contract, name: str) -> Stated:
    metric = contract.metrics[name]
    return Stated(f"metric {name}", metric.definition(), metric.clause)


def _calendar(contract: Contract) -> list[Stated]:
    calendar = contract.calendar
    first, last = calendar.term
    pay = calendar.payment
    return [
        Stated("term", f"{first} through {last}; what is reached outside it is not paid", ""),
        Stated(
            "claims",
            f"{claims_words(contract)}, made {calendar.claims.made} after the period",
            calendar.claims.clause,
        ),
        Stated(
            "evidence",
            f"recorded within {calendar.evidence.within} of the day it speaks of; "
            f"{late_words(contract)}",
            calendar.evidence.clause,
        ),
        Stated(
            "payment",
            f"within {pay.within} of the claim date, on a working day in {pay.working_days_of}, "
            f"otherwise the {pay.if_closed}",
            pay.clause,
        ),
    ]


def _funding(contract: Contract, milestone: str) -> list[Stated]:
    rounding = contract.rounding
    found = []
    for rule in contract.fundings_of(milestone):
        when = rule.in_short()
        says = f"{shown_shares(rule.shares)}{f'; {when}' if when else ''}"
        found.append(Stated("shares", says, rule.clause))
    says = f"on {rounding.on}, halves go {rounding.half}, the odd penny {rounding.odd_penny}"
    return [*found, Stated("rounding", says, rounding.clause)]


def _limits(contract: Contract, milestone: str) -> list[Stated]:
    paying = _paying(contract, milestone)
    return [
        stated_limit(contract, limit)
        for limit in contract.limits
        if limit.concerns(milestone, paying)
    ]


def _tranches(contract: Contract, milestone: str) -> list[Stated]:
    paying = _paying(contract, milestone)
    found = []
    for name, tranche in contract.tranches.items():
        if paying.isdisjoint(tranche.by):
            continue
        pay = show(minor_units(tranche.pay, contract.currency), contract.currency)
        says = (
            f"{tranche.title or name}: {pay} on {tranche.on} by {shown_shares(tranche.by)}; "
            f"recovered at {show_share(tranche.recovered.at)} of what each of them is asked for"
        )
        found.append(Stated("up-front money", says, tranche.clause))
    return found


def _paying(contract: Contract, milestone: str) -> set[str]:
    """The funders of a milestone, and those to whom their limits pass on."""
    paying = {funder for rule in contract.fundings_of(milestone) for funder in rule.shares}
    for limit in contract.limits:
        if limit.on_funder in paying and limit.taker is not None:
            paying.add(limit.taker)
    return paying
