"""What is paid for single participants: milestones with their prices and what changes them."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.wording.conditions import condition_rule
from impactbond.contract.wording.document import Rule, SchedulePart, ScheduleTable
from impactbond.contract.wording.words import (
    payable,
    payables,
    price_money,
    short_window,
)
from impactbond.money import show_share
from impactbond.terms.applicability import with_attributes
from impactbond.terms.metrics import Quantity
from impactbond.terms.milestones import Milestone, alternatives
from impactbond.terms.units import Units
from impactbond.terms.words import counted, plain, quoted


def prices(contract: Contract) -> SchedulePart:
    """The rate card: every milestone, when it is achieved, and its price."""
    rules = [_milestone(contract, name, term) for name, term in contract.milestones.items()]
    rows = tuple(
        (
            term.title or plain(name),
            price_money(contract, term.price),
            paid_words(contract, term),
            term.clause,
        )
        for name, term in contract.milestones.items()
    )
    card = ScheduleTable(("Milestone", "Price", "Paid", "Clause"), rows, (1,))
    return SchedulePart("Milestones and prices", tuple(rules), card)


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
        yield (
            "after",
            f"it is paid only after {payables(contract, term.after)} {verb} been achieved",
        )
    if others := _alternatives(contract, name):
        told = payables(contract, others)
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
        claims, price = counted(band.after, "claim"), price_money(contract, band.price)
        yield "band", f"after its first {claims}, in the order of settlement, the price is {price}"
    for change in term.changes:
        yield "change", change.says()
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
    since = "counted from the day on which the condition and everything before it are met"
    return f"a unit is every {what} {window}, {since}, whole units only{most}"
