"""Who the contract is about, and the conditions that the rest of the schedule names."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.walk import every_condition
from impactbond.contract.wording.conditions import condition_rule, reading_rules
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import between, defined, with_attributes
from impactbond.terms.participants import Places
from impactbond.terms.words import listed, plain, quoted

_CLOCKS = {
    "restarts": "for whoever comes later, the windows start afresh from their own start",
    "goes on": "for whoever comes later, the windows go on from the start of the first",
}


def participants(contract: Contract) -> SchedulePart:
    """Who is covered and who is eligible."""
    return SchedulePart("Participants", tuple(_participants(contract)))


def _participants(contract: Contract) -> Iterator[Rule]:
    people = contract.participants
    clause = people.clause
    yield Rule(
        f"the contract covers {with_attributes(people.covered) or 'every participant'}"
        f"{', as of the day on which they start' if people.covered else ''}",
        clause,
    )
    if people.started is not None:
        days = between(*people.started)
        yield Rule(f"only those who start {days}, both days included, are covered", clause)
    for name, values in people.attributes.items():
        what = "any text" if values == "text" else f"one of {listed(values, 'or')}"
        yield Rule(f"of every participant, {defined(name)} is recorded: {what}", clause)
    if people.eligible is not None:
        yield condition_rule(
            contract,
            "a participant is eligible, without which nothing is paid, when",
            people.eligible,
            clause,
        )
    if people.places is not None:
        yield Rule(places_words(people.places), clause)


def places_words(places: Places) -> str:
    """Who holds one place together, and what that means for what is paid."""
    return (
        f"participants with the same {plain(places.by)} hold one place, one after another, and "
        f"every milestone is paid once for a place; {_CLOCKS[places.clock]}"
    )


def conditions(contract: Contract) -> SchedulePart:
    """The conditions that have names, and how the kinds that the contract uses are read."""
    named = [
        condition_rule(contract, f"{quoted(name)} is met when", condition)
        for name, condition in contract.conditions.items()
    ]
    rules = [
        Rule(
            "every condition is met, not met, or not evidenced; what is not evidenced is not paid"
        ),
        *named,
        *reading_rules(condition for _, condition in every_condition(contract)),
    ]
    return SchedulePart("Conditions", tuple(rules))
