"""The working capital: who lends it on which terms, and what comes back in which order."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.words import defined, money, said_day
from impactbond.money import show_share
from impactbond.terms.investment import Investment, InvestmentClass
from impactbond.terms.words import listed, quoted

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
