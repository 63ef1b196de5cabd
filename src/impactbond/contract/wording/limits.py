"""The most that is paid: limits in the order in which they apply, and what happens beyond them."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import funder, money, payables, with_attributes
from impactbond.money import show_share
from impactbond.terms.limits import (
    ContractLimit,
    FunderLimit,
    Limit,
    MilestoneLimit,
    PassedTo,
)
from impactbond.terms.phrases import Most
from impactbond.terms.words import counted, listed, plain

_FIRST = {
    "earliest": "the earliest claims come first",
    "highest price": "the claims with the highest price come first",
    "in proportion": "all claims are cut in the same proportion",
}
_STRADDLING = {
    "part paid": "a claim that reaches over the limit is paid in part",
    "unpaid": "a claim that reaches over the limit is not paid, nor is what comes after it",
}
_BEYOND = {
    "unpaid": "what lies beyond it is not paid, unless there is room again",
    "next year": "what lies beyond it is paid from the room of later years",
}


def limits(contract: Contract) -> SchedulePart:
    """Every limit, in order."""
    told = [limit_rule(contract, limit) for limit in contract.limits]
    if len(told) > 1:
        told.insert(
            0, Rule("these limits are applied in this order, to everything achieved to date")
        )
    return SchedulePart("Limits", tuple(told))


def limit_rule(contract: Contract, limit: Limit) -> Rule:
    """A limit in one sentence: on what, how much, and what happens beyond it."""
    return Rule(limit_words(contract, limit), limit.clause)


def limit_words(contract: Contract, limit: Limit) -> str:
    """What `limit_rule` says, without its clause."""
    if isinstance(limit, FunderLimit):
        return _funder_limit(contract, limit)
    most = most_words(contract, limit.at_most)
    says = f"{_each(limit)}{most} {_on(contract, limit)}"
    if limit.only:
        says += f", counting {with_attributes(limit.only)} alone"
    orders = [_FIRST[limit.first], _STRADDLING[limit.straddling], _BEYOND[limit.beyond]]
    return f"{says}: {'; '.join(orders)}"


def _each(limit: ContractLimit | MilestoneLimit) -> str:
    match limit.each:
        case None:
            return ""
        case "year":
            return "in each year of the contract, "
        case "period":
            return "in each period, "
        case attribute:
            return f"for each {plain(attribute)} by itself, "


def _on(contract: Contract, limit: ContractLimit | MilestoneLimit) -> str:
    if isinstance(limit, MilestoneLimit):
        together = " together" if len(limit.milestone) > 1 else ""
        return f"for {payables(contract, limit.milestone)}{together}"
    besides = f", not counting {payables(contract, limit.besides)}" if limit.besides else ""
    return f"under the whole contract{besides}"


def most_words(contract: Contract, most: Most) -> str:
    """What a limit lets through, as the start of a sentence."""
    match most.of:
        case "money":
            return f"at most {money(contract, most.amount)} is paid"
        case "claims":
            return f"at most {counted(most.number, 'claim')} are paid"
        case "participants":
            return f"claims of at most {counted(most.number, 'participant')} are paid"
        case "share of claims":
            return f"at most {show_share(most.share)} of the claims are paid"
        case "commitment":
            return "at most what has been committed is paid"


def _funder_limit(contract: Contract, limit: FunderLimit) -> str:
    name, year = (
        funder(contract, limit.funder),
        " in each year of the contract" if limit.each else "",
    )
    says = f"{most_words(contract, limit.at_most)} by {name}{year}"
    if (release := limit.released_when) is not None:
        together = listed(funder(contract, one) for one in release.committed_by)
        says += f", and only once {together} "
        says += "have together " if len(release.committed_by) > 1 else "has "
        says += f"committed at least {money(contract, release.at_least)}"
    if isinstance(limit.beyond, PassedTo):
        return f"{says}: what lies beyond it is paid by {funder(contract, limit.beyond.funder)}"
    return f"{says}: what lies beyond it is paid by nobody"
