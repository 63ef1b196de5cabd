"""The terms that can change what is paid for a milestone, each with what it says and its clause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from impactbond.contract.contract import Contract, whole_shares
from impactbond.contract.wording.dates import claims_words
from impactbond.contract.wording.money import ContractWords, applies_in_words
from impactbond.contract.wording.process import late_words
from impactbond.explanation.parts import ConditionExplained, Stated
from impactbond.explanation.price_terms import stated_commitments, stated_frame, stated_price
from impactbond.money import minor_units, show, show_share
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
        *stated_frame(contract),
        *_of_milestone(contract, milestone),
        *_windows(findings),
        *(_metric(contract, name) for name in dict.fromkeys(metrics)),
        *_calendar(contract),
        *_funding(contract, milestone),
        *_limits(contract, milestone),
        *stated_commitments(contract, _paying(contract, milestone)),
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


def _of_milestone(contract: Contract, milestone: str) -> list[Stated]:
    term = contract.milestones[milestone]
    found = list(stated_price(contract, milestone))
    if term.after:
        found.append(Stated("after", _titles(contract, term.after), term.clause))
    return found


def _titles(contract: Contract, names: Iterable[str]) -> str:
    return ", ".join(f"'{contract.milestones[name].title or name}'" for name in names)


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
        when = applies_in_words(rule)
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
