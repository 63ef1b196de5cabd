"""Whether the terms of an investment fit together."""

from __future__ import annotations

from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.contract.findings import Finding, Found, listing, unknown
from impactbond.contract.investment import Investment, InvestmentClass
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault

_HOME: Path = ("investment",)


def check_investment(contract: Contract) -> Found:
    """Every fault of the investment terms."""
    investment = contract.investment
    if investment is None:
        return
    yield from _check_order(investment)
    for name, term in investment.classes.items():
        path: Path = (*_HOME, "classes", name)
        yield from _check_class(contract, investment, term, path)


def _check_order(investment: Investment) -> Found:
    path: Path = (*_HOME, "repaid")
    ranked = [name for rank in investment.repaid for name in rank]
    for index, rank in enumerate(investment.repaid):
        for name in rank:
            if name not in investment.classes:
                yield Finding((*path, index), unknown("class", name, investment.classes))
            elif ranked.count(name) > 1:
                fault = Fault(code="ranked_twice", problem=f"the class '{name}' is ranked twice")
                yield Finding((*path, index), fault)
    missing = [name for name in investment.classes if name not in ranked]
    if missing:
        fault = Fault(
            code="class_not_ranked",
            problem="the order of repayment leaves out a class",
            found=listing(missing),
            hint="List every class; classes that rank alike stand in one list",
        )
        yield Finding(path, fault)


def _check_class(
    contract: Contract, investment: Investment, term: InvestmentClass, path: Path
) -> Found:
    for investor in term.commits:
        if investor not in investment.investors:
            fault = unknown("investor", investor, investment.investors)
            yield Finding((*path, "commits", investor), fault)
    committed = sum(term.commits.values(), Decimal(0))
    drawn = sum((drawdown.amount for drawdown in term.drawn), Decimal(0))
    if drawn > committed:
        fault = Fault(
            code="drawn_over",
            problem="more is drawn than the investors of the class commit",
            found=str(drawn),
            allowed=f"at most {committed}",
        )
        yield Finding((*path, "drawn"), fault)
    known = (*contract.measures, *contract.results)
    if term.measured not in known:
        fault = unknown("measure", term.measured, known)
        yield Finding((*path, "measured"), fault, (("measures",), ("results",)))
    payees = (*contract.funders, "provider")
    if term.surplus_to is not None and term.surplus_to not in payees:
        fault = unknown("funder", term.surplus_to, payees)
        yield Finding((*path, "surplus_to"), fault, (("funders",),))
    if term.at_most is None and term.surplus_to is not None:
        fault = Fault(
            code="surplus_of_nothing",
            problem="a surplus goes to somebody, and no return is capped",
            hint="Add at_most, or leave surplus_to out",
        )
        yield Finding((*path, "surplus_to"), fault)
    for name in ("floors", "redeemed"):
        days = [getattr(one, "through", None) or one.from_ for one in getattr(term, name)]
        if days != sorted(set(days)):
            fault = Fault(code="days_go_back", problem=f"the days of '{name}' are not in order")
            yield Finding((*path, name), fault)
