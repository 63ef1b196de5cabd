"""Whether the investment behind a contract can be drawn and repaid, class by class."""

from __future__ import annotations

from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.terms.diagnostic import (
    Diagnostics,
    Path,
    fault_at,
    listing,
)
from impactbond.terms.investment import Investment, InvestmentClass


def check_investment(contract: Contract) -> Diagnostics:
    """Every fault of the investment terms."""
    if contract.investment is not None:
        yield from _check_repaid(contract.investment, ("investment", "repaid"))
        for name, term in contract.investment.classes.items():
            yield from _check_class(term, ("investment", "classes", name))


def _check_repaid(investment: Investment, path: Path) -> Diagnostics:
    ranked = [name for rank in investment.repaid for name in rank]
    for index, rank in enumerate(investment.repaid):
        for name in rank:
            if name in investment.classes and ranked.count(name) > 1:
                problem = f"the class '{name}' is ranked twice"
                yield fault_at((*path, index), "ranked_twice", problem)
    if missing := [name for name in investment.classes if name not in ranked]:
        problem, found = "the order of repayment leaves out a class", listing(missing)
        hint = "List every class; classes that rank alike stand in one list"
        yield fault_at(path, "class_not_ranked", problem, found=found, hint=hint)


def _check_class(term: InvestmentClass, path: Path) -> Diagnostics:
    committed = sum(term.commits.values(), Decimal(0))
    drawn = sum((drawdown.amount for drawdown in term.drawn), Decimal(0))
    if drawn > committed:
        problem = "more is drawn than the investors of the class commit"
        allowed = f"at most {committed}"
        yield fault_at((*path, "drawn"), "drawn_over", problem, found=drawn, allowed=allowed)
    if term.at_most is None and term.surplus_to is not None:
        problem = "a surplus goes to somebody, and no return is capped"
        hint = "Add at_most, or leave surplus_to out"
        yield fault_at((*path, "surplus_to"), "surplus_of_nothing", problem, hint=hint)
    dated = {"floors": [one.through for one in term.floors]}
    dated["redeemed"] = [one.from_ for one in term.redeemed]
    for name, days in dated.items():
        if days != sorted(set(days)):
            yield fault_at((*path, name), "days_go_back", f"the days of '{name}' are not in order")
