"""Money that does not depend on outcomes: fees and their dates."""

from __future__ import annotations

from datetime import date

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import money, payable, payables
from impactbond.dates import said_day
from impactbond.terms.fees import Every, Fee
from impactbond.terms.words import counted, listed

_KINDS = {
    "service fee": "a service fee",
    "standing charge": "a standing charge",
    "grant": "a grant",
    "relief": "a relief payment",
    "termination": "a termination payment",
    "other": "a payment that does not depend on outcomes",
}


def fees(contract: Contract) -> SchedulePart:
    """Every fee, its dates, and what it waits for or stands instead of."""
    told = [fee_rule(contract, name, term) for name, term in contract.fees.items()]
    if told:
        told.append(
            Rule("a fee falls due in the period of its date, and is shared as stated below")
        )
    return SchedulePart("Fees", tuple(told))


def fee_rule(contract: Contract, name: str, term: Fee) -> Rule:
    """A fee in a sentence; what it waits for and what it stands instead of are its parts."""
    amounts = [
        f"{money(contract, term.pay)} on {dates_words(term.on)}" if term.pay is not None else "",
        f"{money(contract, term.in_all)} in all, in equal parts on {dates_words(term.on)}"
        if term.in_all is not None
        else "",
    ]
    says = f"{payable(contract, name)} ({name}) is {_KINDS[term.kind]} of "
    says += listed(filter(None, amounts)) or f"nothing on {dates_words(term.on)}"
    parts = []
    if (wait := term.deferred_until) is not None:
        claims = counted(wait.at_least, "claim")
        stand = f"{claims} of {payable(contract, wait.milestone)} stand"
        parts.append(Rule(f"it is deferred until at least {stand}"))
    if (instead := term.instead_of) is not None:
        achieved = f"achieved from {said_day(instead.from_)} through {said_day(instead.through)}"
        of = payables(contract, instead.milestones)
        parts.append(Rule(f"it stands instead of claims of {of} {achieved}, which are not paid"))
    return Rule(f"{says}, on these terms:" if parts else says, term.clause, tuple(parts))


def dates_words(on: date | tuple[date, ...] | Every) -> str:
    """The dates of a fee."""
    match on:
        case date():
            return said_day(on)
        case tuple():
            return listed(map(said_day, on))
        case Every():
            first, last = said_day(on.from_), said_day(on.through)
            return f"the same day of every {on.every} from {first} through {last}"
