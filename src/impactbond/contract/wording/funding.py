"""Who pays: the shares of the funders, up-front money, where pennies are cut, and the most that is
paid: limits in the order in which they apply, and what happens beyond them.
"""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import ContractWords, money, payables, shares
from impactbond.dates import said_day
from impactbond.money import show_share
from impactbond.terms.funding import LEFT_OVER, Funding, Tranche
from impactbond.terms.rounding import HALVES
from impactbond.terms.words import plain


def funding(contract: Contract) -> SchedulePart:
    """Who pays which share of what; the first entry that applies does."""
    told = [_funding(contract, term) for term in contract.funding]
    if any(len(contract.fundings_of(name)) > 1 for name in contract.payables):
        told.append(Rule("where several of these apply, the first of them holds"))
    return SchedulePart("Who pays", tuple(told))


def _funding(contract: Contract, term: Funding) -> Rule:
    who = term.applies_to()
    says = f"for {payables(contract, term.for_)}{f', {who}' if who else ''}:"
    return Rule(says, term.clause, tuple(map(Rule, shares(contract, term.shares))))


def tranches(contract: Contract) -> SchedulePart:
    """Up-front money: who pays it, when, and how it comes back."""
    told = [_tranche(contract, name, term) for name, term in contract.tranches.items()]
    return SchedulePart("Up-front money", tuple(told))


def _tranche(contract: Contract, name: str, term: Tranche) -> Rule:
    title = f"“{term.title}” ({name})" if term.title else f"“{plain(name)}” ({name})"
    says = (
        f"{title}: {money(contract, term.pay)} is paid up-front on {said_day(term.on)}, on account"
    )
    held = f"; {term.held_by} holds the money until it is earned" if term.held_by else ""
    back = f"{show_share(term.recovered.at)} of every later entitlement of the funder that paid it"
    parts = (
        *map(Rule, shares(contract, term.by)),
        Rule(f"it comes back by taking off {back}, until all of it is recovered"),
    )
    if term.left_over is not None:
        left = f"what is still on account at the last claim date {LEFT_OVER[term.left_over]}"
        parts = (*parts, Rule(left))
    return Rule(f"{says} of later entitlements{held}:", term.clause, parts)


def rounding(contract: Contract) -> SchedulePart:
    """Where pennies are cut."""
    term = contract.rounding
    cut = Rule(
        f"shares are cut on the {term.on} of everything that is shared alike, so that no funder is "
        f"ever a penny away from its share; {HALVES[term.half].says}, and the odd penny falls "
        f"{term.odd_penny}",
        term.clause,
    )
    if term.to is None:
        return SchedulePart("Rounding", (cut,))
    ways = {"down": "rounded down", "up": "rounded up", "nearest": "rounded to the nearest"}
    whole = Rule(
        f"after its limits, all that each funder pays to date is {ways[term.way]} to a whole "
        f"number of {money(contract, term.to)}; what is left over stays earned, is asked of nobody "
        "as yet, and is paid with the later claim that completes another unit of it",
        term.clause,
    )
    return SchedulePart("Rounding", (cut, whole))


def limits(contract: Contract) -> SchedulePart:
    """Every limit, in order: on what, how much, and what happens beyond it."""
    words = ContractWords(contract)
    told = [Rule(limit.says(words), limit.clause) for limit in contract.limits]
    if len(told) > 1:
        told.insert(
            0, Rule("these limits are applied in this order, to everything achieved to date")
        )
    return SchedulePart("Limits", tuple(told))
