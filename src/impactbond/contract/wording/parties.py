"""Who the parties are, which version this is, in which money it is written, and who it is about.

And who pays: the shares of the funders, up-front money, where pennies are cut, and the most that is
paid: limits in the order in which they apply, and what happens beyond them.
"""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.conditions import every_condition
from impactbond.contract.contract import Contract
from impactbond.contract.wording.conditions import condition_rule, reading_rules
from impactbond.contract.wording.words import (
    ContractWords,
    Rule,
    SchedulePart,
    ScheduleTable,
    defined,
    money,
    payables,
    shares,
)
from impactbond.dates import between, said_day
from impactbond.money import CURRENCIES, show_share
from impactbond.terms.applicability import with_attributes
from impactbond.terms.funding import LEFT_OVER, Funding, Tranche
from impactbond.terms.parties import Funder, Places, Sees
from impactbond.terms.payment_details import Details
from impactbond.terms.prices import PricesIn, Vat
from impactbond.terms.rounding import HALVES
from impactbond.terms.words import listed, number, plain, quoted

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
_VAT = {
    "exempt": "no VAT is charged: what is paid is exempt",
    "outside the scope": "no VAT is charged: what is paid is outside its scope",
    "included": "every price includes VAT",
    "added": "VAT is added on top of what is due",
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


def parties(contract: Contract) -> SchedulePart:
    """The provider, the funders, and the version that they signed."""
    version = contract.version
    corrects = f" of version {version.corrects}" if version.corrects is not None else ""
    rules = [
        Rule(
            f"the contract has the reference {contract.contract}; this is version "
            f"{version.number}, {_VERSIONS[version.kind]}{corrects}, signed on "
            f"{said_day(version.signed_on)} and in effect from {said_day(version.effective_on)}"
        ),
        Rule(governs_words(contract)),
        Rule(f"the provider is {contract.provider}"),
        *(_funder(contract, name, term) for name, term in contract.funders.items()),
        *_how_to_pay(contract),
    ]
    return SchedulePart("Parties and version", tuple(rules))


def _funder(contract: Contract, name: str, term: Funder) -> Rule:
    says = f"{term.name} ({name}) is a funder: {_KINDS[term.kind]}"
    if term.each is not None:
        says += f", one for each {plain(term.each)}, which pays for its own participants"
    if term.sees is not None:
        says += f"; {_sees(contract, term.sees)}"
    if not term.commits:
        return Rule(says, term.clause)
    commits = tuple(map(Rule, commitments(contract, term)))
    return Rule(f"{says}; until its next commitment, it commits:", term.clause, commits)


def _sees(contract: Contract, term: Sees) -> str:
    """Of whose people a funder's own statement says what it pays for them."""
    clause = f" ({term.clause})" if term.clause else ""
    each = plain(contract.funders[term.each].each or term.each)
    says = f"its own statement says what it pays for the participants of each {each}{clause}"
    if term.least == 1:
        return f"{says}, however few they are"
    few = f"fewer than {term.least} participants were ever claimed for at once"
    return f"{says}, those of whom {few} taken together"


def _how_to_pay(contract: Contract) -> Iterator[Rule]:
    """Where the parties are reached, their numbers, and the accounts that money goes to."""
    known = {"provider": contract.provider}
    known |= {name: f"{one.name} ({name})" for name, one in contract.funders.items()}
    for name, term in contract.parties.items():
        who = known[name]
        parts = tuple(_details(term))
        if parts or term.clause:
            yield Rule(f"for payments, of {who}:", term.clause, parts)
        for value, one in term.each.items():
            yield Rule(f"for payments, of {who}, {value}:", one.clause, tuple(_details(one)))


def _details(one: Details) -> Iterator[Rule]:
    if one.address:
        yield Rule(f"address: {', '.join(one.address)}")
    for label, text in one.registered.items():
        yield Rule(f"{_in_a_sentence(label)}: {text}")
    if (bank := one.bank) is not None:
        numbers = [f"{_in_a_sentence(label)} {text}" for label, text in bank.numbers.items()]
        yield Rule(f"account of {bank.account_name}: {', '.join(numbers)}", bank.clause)


def _in_a_sentence(label: str) -> str:
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def commitments(contract: Contract, term: Funder) -> list[str]:
    """What a funder commits, and from when."""
    return [
        f"from {said_day(one.from_)}, {money(contract, one.amount)} in all" for one in term.commits
    ]


def governs_words(contract: Contract) -> str:
    """Which version of the contract governs a claim."""
    version = _GOVERNS[contract.governs]
    return f"where there is more than one version, a claim is governed by the version {version}"


def currencies(contract: Contract) -> SchedulePart:
    """The money of the contract, the rate of its prices, and the indices that they follow."""
    return SchedulePart("Money", tuple(_money(contract)), _indices(contract))


def _money(contract: Contract) -> Iterator[Rule]:
    name = CURRENCIES[contract.currency].name
    yield Rule(f"all payments are made in {name} ({contract.currency})")
    if contract.vat is not None:
        yield Rule(vat_words(contract.vat), contract.vat.clause)
    if contract.prices_in is not None:
        yield Rule(rate_words(contract, contract.prices_in), contract.prices_in.clause)
    if contract.indices:
        yield Rule(
            "an index stands, from each of these days until the next, at the value beside it"
        )


def vat_words(vat: Vat) -> str:
    """How VAT stands to what is paid, and at which rate."""
    rate = f", at {show_share(vat.rate)}" if vat.rate is not None else ""
    return f"{_VAT[vat.treatment]}{rate}"


def rate_words(contract: Contract, prices_in: PricesIn) -> str:
    """In which currency prices are written, and at which rate they are paid."""
    priced = prices_in.currency
    rate = f"{number(prices_in.rate)} {contract.currency} for each {priced}"
    name = CURRENCIES[priced].name
    return f"prices are written in {name} ({priced}) and are paid at {rate}"


def _indices(contract: Contract) -> ScheduleTable | None:
    rows = [
        (quoted(name), said_day(value.from_), number(value.is_))
        for name, values in contract.indices.items()
        for value in values
    ]
    return ScheduleTable(("Index", "From", "Value"), tuple(rows), (2,)) if rows else None


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
        lead = "a participant is eligible, without which nothing is paid, when"
        yield condition_rule(contract, lead, people.eligible, clause)
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
    states = "every condition is met, not met, or not evidenced; what is not evidenced is not paid"
    rules = [
        Rule(states),
        *named,
        *reading_rules(condition for _, condition in every_condition(contract)),
    ]
    return SchedulePart("Conditions", tuple(rules))


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
