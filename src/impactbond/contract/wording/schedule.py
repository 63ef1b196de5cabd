"""The whole contract as a schedule: its parts in the order in which people read them, and the parts
that stand beside what is paid: the investment behind it, plans, worked examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.contract.wording.calendar import dates, process, sheets
from impactbond.contract.wording.conditions import measured, windows
from impactbond.contract.wording.parties import (
    conditions,
    currencies,
    funding,
    limits,
    participants,
    parties,
    rounding,
    tranches,
)
from impactbond.contract.wording.payables import fees, prices, results
from impactbond.contract.wording.words import Rule, Schedule, SchedulePart, defined, finished, money
from impactbond.dates import said_day
from impactbond.money import show_share
from impactbond.terms.expected import CLAIMS, Example, Plan, times_of
from impactbond.terms.investment import Investment, InvestmentClass
from impactbond.terms.words import counted, listed, quoted

_RETURNED = {
    "each year": "a return is on principal for each year",
    "in all": "a return is on principal once, over the whole time",
    "internal rate of return": "a return is the internal rate of return on what was lent",
}


def investment(contract: Contract) -> SchedulePart:
    """Every investor, class of capital and repayment."""
    term = contract.investment
    return SchedulePart("Investment", tuple(_investment(contract, term)) if term else ())


def _investment(contract: Contract, term: Investment) -> Iterator[Rule]:
    for name, investor in term.investors.items():
        yield Rule(f"{investor.name} ({name}) is an investor", investor.clause)
    for name, one in term.classes.items():
        title = f"“{one.title}” ({name})" if one.title else defined(name)
        parts = tuple(map(Rule, _class(contract, term, one)))
        yield Rule(f"the class {title} is lent on these terms:", one.clause, parts)
    lines = [f"{listed(map(quoted, line))}" for line in term.repaid]
    together = "; classes on one line share in proportion to what they are owed"
    shared = together if any(len(line) > 1 for line in term.repaid) else ""
    yield Rule(f"classes are repaid in this order: {', then '.join(lines)}{shared}")
    if term.recycled is not None:
        share = show_share(term.recycled.share)
        until = said_day(term.recycled.through)
        says = f"{share} of what is received through {until} pays for delivery, not for repayment"
        yield Rule(says, term.recycled.clause)


def _class(contract: Contract, term: Investment, one: InvestmentClass) -> Iterator[str]:
    commits = (
        f"{term.investors[name].name} commits {money(contract, amount)}"
        for name, amount in one.commits.items()
    )
    yield listed(commits)
    drawn = (f"{money(contract, part.amount)} on {said_day(part.on)}" for part in one.drawn)
    yield f"it is drawn down: {listed(drawn)}"
    what = quoted(one.measured)
    yield f"its return follows {what}; the last of these tiers that holds is paid, or nothing"
    for tier in one.tiers:
        principal = show_share(tier.principal)
        returns = f"{show_share(tier.returns)} is returned and {principal} of principal is repaid"
        yield f"while it is {tier.is_}, {returns}"
    yield _RETURNED[one.returned]
    for floor in one.floors:
        least = show_share(floor.at_least)
        yield f"through {said_day(floor.through)}, at least {least} is returned in any case"
    if one.at_most is not None:
        yield f"at most {show_share(one.at_most)} is returned"
    if one.surplus_to is not None:
        yield f"what is earned above that goes to {one.surplus_to}"
    if one.protected is not None:
        share = show_share(one.protected.principal)
        yield f"{one.protected.by} makes good {share} of principal in any case"
    for part in one.redeemed:
        share = show_share(part.principal)
        yield f"an investor who leaves from {said_day(part.from_)} on gets {share} of principal"


def plans(contract: Contract) -> SchedulePart:
    """Every plan, with what it expects for each period."""
    told = [_plan(contract, name, plan) for name, plan in contract.plans.items()]
    return SchedulePart("Plans", tuple(told))


def _plan(contract: Contract, name: str, plan: Plan) -> Rule:
    title = f"“{plan.title}” ({name})" if plan.title else defined(name)
    parts = tuple(
        Rule(f"for {period}: {_planned(contract, of)}") for period, of in plan.payments.items()
    )
    says = f"{title} is what was planned on {said_day(plan.made_on)}, which binds nobody:"
    return Rule(says, plan.clause, parts)


def _planned(contract: Contract, amounts: Mapping[str, Decimal]) -> str:
    if not amounts:
        return "nothing is said"
    return listed(f"{_exactly(contract, amount)} for {name}" for name, amount in amounts.items())


def _exactly(contract: Contract, amount: Decimal) -> str:
    """An amount that may be finer than the currency, with all its decimals."""
    if amount.scaleb(contract.decimals) % 1:
        return f"{amount.normalize():,f} {contract.currency}"
    return money(contract, amount)


def examples(contract: Contract) -> SchedulePart:
    """Every worked example: what is given, and what it must come to."""
    told = [_example(contract, one) for one in contract.examples]
    if told:
        told.append(Rule("what an example leaves out comes to nothing"))
    return SchedulePart("Worked examples", tuple(told))


def _example(contract: Contract, term: Example) -> Rule:
    given = tuple(Rule(f"given: {_given(row)}") for row in term.given)
    expected = tuple(
        Rule(f"in the claim for {period}: {_expected(contract, amounts)}")
        for period, amounts in term.expect.items()
    )
    return Rule(f"{term.name}:", term.clause, (*given, *expected))


def accepted(contract: Contract) -> SchedulePart:
    """What a check would have somebody look at, and the reason for which it is meant so."""
    told = [
        Rule(f"{one.code.replace('_', ' ')}, at {one.at}: {one.because}", one.clause)
        for one in contract.accepted
    ]
    return SchedulePart("Worth a look, and meant so", tuple(told))


def _given(row: Mapping[str, str]) -> str:
    said = [f"{heading} {cell}" for heading, cell in row.items()]
    if CLAIMS in row:
        # Said as it is written, `times` may be read as so many claims of one participant.
        number = counted(times_of(row), "participant")
        rest = (key for key in row if key not in (CLAIMS, "times"))
        said = [f"one claim of {row[CLAIMS]} for each of {number}"]
        said += [f"{key} {row[key]}" for key in rest]
    return listed(said)


def _expected(contract: Contract, amounts: Mapping[str, Decimal]) -> str:
    return listed(f"{money(contract, amount)} for {name}" for name, amount in amounts.items())


_PARTS: tuple[Callable[[Contract], SchedulePart], ...] = (
    *(parties, currencies, dates, measured, windows, participants, conditions),
    *(prices, results, fees, funding, tranches, limits, rounding, process),
    *(investment, plans, sheets, examples, accepted),
)


def schedule_of(contract: Contract) -> Schedule:
    """The contract as a schedule; parts of which it says nothing are left out."""
    told = [part(contract) for part in _PARTS]
    parts = tuple(
        SchedulePart(part.heading, tuple(map(finished, part.rules)), part.table)
        for part in told
        if part.rules or part.table
    )
    about = (
        f"{contract.contract}, version {contract.version.number}. The contract in plain English: "
        "each rule in a sentence, with the clause that it encodes. The signed file decides."
    )
    return Schedule(contract.title, about, parts)
