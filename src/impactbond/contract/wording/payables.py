"""What is paid for: milestones with their prices and what changes them, the results of whole groups
with the measures that they follow, and fees, which do not depend on outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from impactbond.contract.contract import Contract
from impactbond.contract.wording.conditions import condition_rule
from impactbond.contract.wording.words import (
    ContractWords,
    Rule,
    SchedulePart,
    ScheduleTable,
    money,
    payable,
    payables,
    price_money,
    short_window,
)
from impactbond.dates import said_day
from impactbond.money import show_share
from impactbond.terms.applicability import with_attributes
from impactbond.terms.fees import Every, Fee
from impactbond.terms.measures import said
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.milestones import Milestone, Units, alternatives
from impactbond.terms.reference import EVERY_MILESTONE
from impactbond.terms.results import Result
from impactbond.terms.words import counted, listed, plain, quoted


def prices(contract: Contract) -> SchedulePart:
    """The rate card: every milestone, when it is achieved, and its price."""
    rules = [_milestone(contract, name, term) for name, term in contract.milestones.items()]
    for discount in contract.discounts:
        named, when = discount.for_, discount.applies_to()
        of = EVERY_MILESTONE if EVERY_MILESTONE in named else payables(contract, named)
        # It stands with each price, and a second sentence is not to be read as a second discount.
        off = f"the discount of {show_share(discount.off)} that is stated above is one and the same"
        off += f" for the prices of {of}"
        order = "taken off once, after a price's own changes and before it is rounded"
        rules.append(Rule(f"{' '.join(filter(None, [off, when]))}, {order}", discount.clause))
    if last := _needs_more(contract):
        rules.append(Rule(f"a milestone is achieved on the day on which the last of {last} is met"))
    rows: list[tuple[str, ...]] = []
    changes = []
    for name, term in contract.milestones.items():
        price, paid = price_money(contract, term.price), paid_words(contract, term)
        rows.append((term.title or plain(name), price, paid, term.clause))
        changed = "; ".join(says for key, says in price_terms(contract, name) if key in _CHANGED)
        changes.append(changed)
    headings: tuple[str, ...] = ("Milestone", "Price", "Paid", "Clause")
    if any(changes):
        headings = ("Milestone", "Price", "Paid", "What changes the price", "Clause")
        rows = [(*row[:3], says, row[3]) for row, says in zip(rows, changes, strict=True)]
    card = ScheduleTable(headings, tuple(rows), (1,))
    return SchedulePart("Milestones and prices", tuple(rules), card)


def _needs_more(contract: Contract) -> str:
    """What a milestone needs, where its own condition is not all: its day is that of the last."""
    needs = ["its own condition"]
    if contract.participants.eligible is not None:
        needs.append("that of being eligible")
    if any(term.after for term in contract.milestones.values()):
        needs.append("those of the milestones that it comes after")
    return listed(needs) if len(needs) > 1 else ""


# The terms of a price that make another of it, by their keys.
_CHANGED = frozenset(("rate", "band", "change", "discount", "rounded", "paid for"))


def paid_words(contract: Contract, term: Milestone) -> str:
    """How often a milestone is paid."""
    if term.units is not None:
        return "for each unit"
    return f"once for each {'place' if contract.participants.places else 'participant'}"


def _milestone(contract: Contract, name: str, term: Milestone) -> Rule:
    earns = f"{payable(contract, name)} ({name}) earns {price_money(contract, term.price)}"
    lead = f"{earns} {paid_words(contract, term)}"
    modifiers = [Rule(says) for _, says in price_terms(contract, name)]
    if not modifiers:
        return condition_rule(contract, f"{lead}, when", term.when, term.clause)
    when = condition_rule(contract, "it is achieved when", term.when)
    return Rule(f"{lead}, on these terms:", term.clause, (when, *modifiers))


def price_terms(contract: Contract, name: str) -> Iterator[tuple[str, str]]:
    """What the price of a milestone depends on, each term by its key and in a sentence."""
    term = contract.milestones[name]
    if term.only:
        who = with_attributes(term.only)
        yield "only", f"it is for {who} only, as of the day on which they start"
    if term.after:
        verb = "has" if len(term.after) == 1 else "have"
        others = payables(contract, term.after)
        yield "after", f"it is paid only after {others} {verb} been achieved"
    if alike := _alternatives(contract, name):
        told = payables(contract, alike)
        yield "instead of", f"of this and {told}, only the first that is achieved is paid"
    if term.units is not None:
        yield "units", unit_words(contract, term.units)
    for place, rate in enumerate(term.rates):
        price = price_money(contract, rate.price)
        # The first rate that applies is the price: read as 'and', a later one would seem to
        # replace it.
        instead = "the price is instead" if place == 0 else "otherwise, it is"
        yield "rate", f"{instead} {price} {rate.applies_to() or 'always'}"
    for band in term.bands:
        price = price_money(contract, band.price)
        claims = counted(band.after, "unit" if term.units is not None else "claim")
        yield "band", f"after its first {claims}, in the order of settlement, the price is {price}"
    for change in term.changes:
        yield "change", change.says()
    for discount in contract.discounts_of(name):
        yield "discount", discount.says()
    if term.rounded is not None:
        yield "rounded", term.rounded.says(price_money(contract, term.rounded.to))
    if term.paid_for is not None:
        share = show_share(term.paid_for)
        yield "paid for", f"of the value of all its claims together, {share} is paid"


def _alternatives(contract: Contract, name: str) -> tuple[str, ...]:
    """The milestones that one stands instead of, and those that stand instead of it."""
    named = contract.milestones[name].instead_of
    group = next(one for one in alternatives(contract.milestones) if name in one)
    return (*named, *(other for other in group if other != name and other not in named))


def unit_words(contract: Contract, units: Units) -> str:
    """What a unit is, from when it is counted, and how many are paid."""
    window = f"in {quoted(units.window)} ({short_window(contract.windows[units.window])})"
    metric = contract.metrics[units.metric]
    what = units.says(metric.unit if isinstance(metric, Quantity) else "")
    most = f"; at most {counted(units.at_most, 'unit')} are paid in all" if units.at_most else ""
    after = "the day after " if units.waits else ""
    since = f"counted from {after}the day on which the condition and everything before it are met"
    since += ", that day included" if units.from_ == "that day" else ""
    also = units.says_also()
    return f"a unit is every {what} {window}, {since}, whole units only{also}{most}"


def results(contract: Contract) -> SchedulePart:
    """Every measure and every result of a group, with the money that follows from it."""
    words = ContractWords(contract)
    measures = [
        Rule(f"the measure {quoted(name)} is {said(measure, words)}")
        for name, measure in contract.measures.items()
    ]
    told = [result_rule(contract, name, term) for name, term in contract.results.items()]
    return SchedulePart("Results of whole groups", (*measures, *told))


def result_rule(contract: Contract, name: str, term: Result) -> Rule:
    """A result: its measure, over what it is taken, and what it pays."""
    each = f" for each {plain(term.each)} by itself" if term.each else ""
    says = f"{payable(contract, name)} ({name}) is paid{each} by a result, on these terms:"
    return Rule(says, term.clause, tuple(_terms(term, ContractWords(contract))))


def _terms(term: Result, words: ContractWords) -> Iterator[Rule]:
    yield Rule(f"the result is {said(term.measure, words)}, counted over {_counted(term)}")
    yield Rule(_taken(term))
    for gate in term.only_if:
        yield Rule(f"nothing is paid unless {said(gate.measure, words)} is {gate.is_}")
    parts = tuple(map(Rule, term.pays.parts(words)))
    yield Rule(term.pays.says(words), "", parts)
    if term.times is not None:
        yield Rule(f"that amount is multiplied by {said(term.times, words)}")
    if term.less:
        yield Rule(f"what has been paid for {words.payables(term.less)} is taken off")


def _counted(term: Result) -> str:
    match term.counted:
        case "to date":
            idle = f" (a length of {term.over} has no effect here)" if term.over > 1 else ""
            return f"everything achieved to date{idle}"
        case "each period":
            return "what is achieved in each period" + _so_many(term.over, "period")
        case "each year":
            return "what is achieved in each year of the contract" + _so_many(term.over, "year")


def _so_many(over: int, noun: str) -> str:
    return f", together with the {counted(over - 1, noun)} before it" if over > 1 else ""


def _taken(term: Result) -> str:
    if term.on is None:
        return "it is taken at every claim"
    return f"it is taken at the claims for periods that end on {said_day(term.on)} or later"


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
    amounts, days = [], dates_words(term.on)
    if term.pay is not None:
        amounts.append(f"{money(contract, term.pay)} on {days}")
    if term.in_all is not None:
        amounts.append(f"{money(contract, term.in_all)} in all, in equal parts on {days}")
    says = f"{payable(contract, name)} ({name}) is {_KINDS[term.kind]} of "
    says += listed(amounts) or f"nothing on {days}"
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
