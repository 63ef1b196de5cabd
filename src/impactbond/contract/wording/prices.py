"""What is paid for single participants: milestones with their prices and what changes them."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.wording.conditions import condition_rule
from impactbond.contract.wording.document import Rule, SchedulePart, ScheduleTable
from impactbond.contract.wording.words import (
    applies,
    payable,
    payables,
    price_money,
    said_day,
    short_window,
    with_attributes,
)
from impactbond.money import show_share
from impactbond.terms.metrics import Quantity
from impactbond.terms.milestones import (
    Amounts,
    ChangedBy,
    DaysIn,
    Milestone,
    PriceChange,
    Rows,
    alternatives,
)
from impactbond.terms.words import counted, listed, number, plain, quoted

_ROUNDED = {"up": "up to the next", "down": "down to the last", "nearest": "to the nearest"}


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
        instead = "the price is instead" if place == 0 else "otherwise, it is"
        yield "rate", f"{instead} {price} {applies(rate) or 'always'}"
    for band in term.bands:
        claims, price = counted(band.after, "claim"), price_money(contract, band.price)
        yield "band", f"after its first {claims}, in the order of settlement, the price is {price}"
    for change in term.changes:
        yield "change", change_words(change)
    if term.rounded is not None:
        to = price_money(contract, term.rounded.to)
        yield "rounded", f"the price is then rounded {_ROUNDED[term.rounded.way]} {to}"
    if term.paid_for is not None:
        share = show_share(term.paid_for)
        yield "paid for", f"of the value of all its claims together, {share} is paid"


def _alternatives(contract: Contract, name: str) -> tuple[str, ...]:
    """The milestones that one stands instead of, and those that stand instead of it."""
    named = contract.milestones[name].instead_of
    group = next(one for one in alternatives(contract.milestones) if name in one)
    return (*named, *(other for other in group if other != name and other not in named))


def unit_words(contract: Contract, units: Rows | DaysIn | Amounts) -> str:
    """What a unit is, from when it is counted, and how many are paid."""
    window = f"in {quoted(units.window)} ({short_window(contract.windows[units.window])})"
    match units:
        case Rows():
            marked = f" marked {units.marked}" if units.marked else ""
            what = f"{counted(units.every, 'record')} of {quoted(units.rows)}{marked}"
        case DaysIn():
            states = listed(units.as_, "or")
            what = f"{counted(units.every, 'day')} on which {quoted(units.days)} is {states},"
        case Amounts():
            metric = contract.metrics[units.amounts]
            unit = f" {metric.unit}" if isinstance(metric, Quantity) and metric.unit else ""
            what = f"{number(units.every)}{unit} of {quoted(units.amounts)}"
    most = f"; at most {counted(units.at_most, 'unit')} are paid in all" if units.at_most else ""
    since = "counted from the day on which the condition and everything before it are met"
    return f"a unit is every {what} {window}, {since}, whole units only{most}"


def change_words(change: PriceChange) -> str:
    """By how much a price changes, for whom and when."""
    if isinstance(change, ChangedBy):
        way = "raised" if change.by >= 0 else "lowered"
        for_whom = applies(change)
        return f"the price is {way} by {show_share(abs(change.by))} {for_whom}".strip()
    since = f"its value on {said_day(change.base)}"
    return f"the price follows the index {quoted(change.index)}: times its value over {since}"
