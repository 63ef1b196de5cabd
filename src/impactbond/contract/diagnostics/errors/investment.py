"""Whether the terms of an investment fit together."""

from __future__ import annotations

from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.errors import Fault
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, listing, unknown
from impactbond.terms.investment import Investment, InvestmentClass

_HOME: Path = ("investment",)


def check_investment(contract: Contract) -> Diagnostics:
    """Every fault of the investment terms."""
    investment = contract.investment
    if investment is None:
        return
    yield from _check_order(investment)
    for name, term in investment.classes.items():
        path: Path = (*_HOME, "classes", name)
        yield from _check_class(contract, investment, term, path)


def _check_order(investment: Investment) -> Diagnostics:
    path: Path = (*_HOME, "repaid")
    ranked = [name for rank in investment.repaid for name in rank]
    for index, rank in enumerate(investment.repaid):
        for name in rank:
            if name not in investment.classes:
                yield Diagnostic((*path, index), unknown("class", name, investment.classes))
            elif ranked.count(name) > 1:
                fault = Fault(code="ranked_twice", problem=f"the class '{name}' is ranked twice")
                yield Diagnostic((*path, index), fault)
    missing = [name for name in investment.classes if name not in ranked]
    if missing:
        fault = Fault(
            code="class_not_ranked",
            problem="the order of repayment leaves out a class",
            found=listing(missing),
            hint="List every class; classes that rank alike stand in one list",
        )
        yield Diagnostic(path, fault)


def _check_class(
    contract: Contract, investment: Investment, term: InvestmentClass, path: Path
) -> Diagnostics:
    for investor in term.commits:
        if investor not in investment.investors:
            fault = unknown("investor", investor, investment.investors)
            yield Diagnostic((*path, "commits", investor), fault)
    committed = sum(term.commits.values(), Decimal(0))
    drawn = sum((drawdown.amount for drawdown in term.drawn), Decimal(0))
    if drawn > committed:
        fault = Fault(
            code="drawn_over",
            problem="more is drawn than the investors of the class commit",
            found=str(drawn),
            allowed=f"at most {committed}",
        )
        yield Diagnostic((*path, "drawn"), fault)
    known = (*contract.measures, *contract.results)
    if term.measured not in known:
        fault = unknown("measure", term.measured, known)
        yield Diagnostic((*path, "measured"), fault, (("measures",), ("results",)))
    payees = (*contract.funders, "provider")
    if term.surplus_to is not None and term.surplus_to not in payees:
        fault = unknown("funder", term.surplus_to, payees)
        yield Diagnostic((*path, "surplus_to"), fault, (("funders",),))
    if term.at_most is None and term.surplus_to is not None:
        fault = Fault(
            code="surplus_of_nothing",
            problem="a surplus goes to somebody, and no return is capped",
            hint="Add at_most, or leave surplus_to out",
        )
        yield Diagnostic((*path, "surplus_to"), fault)
    for name in ("floors", "redeemed"):
        days = [getattr(one, "through", None) or one.from_ for one in getattr(term, name)]
        if days != sorted(set(days)):
            fault = Fault(code="days_go_back", problem=f"the days of '{name}' are not in order")
            yield Diagnostic((*path, name), fault)
