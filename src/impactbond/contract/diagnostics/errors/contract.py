"""Everything that is wrong in a contract: each check in turn, and what belongs to no other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import ATTRIBUTES, check_only
from impactbond.contract.diagnostics.errors.calendar import (
    check_periods,
    check_started,
    check_term,
    check_windows,
)
from impactbond.contract.diagnostics.errors.conditions import check_conditions
from impactbond.contract.diagnostics.errors.examples import check_examples
from impactbond.contract.diagnostics.errors.funding import check_funding
from impactbond.contract.diagnostics.errors.investment import check_investment
from impactbond.contract.diagnostics.errors.limits import check_limits
from impactbond.contract.diagnostics.errors.milestones import check_milestones
from impactbond.contract.diagnostics.errors.money import check_money
from impactbond.contract.diagnostics.errors.names import check_names
from impactbond.contract.diagnostics.errors.plans import check_plans, check_vat
from impactbond.contract.diagnostics.errors.prices import check_prices
from impactbond.contract.diagnostics.errors.results import check_results
from impactbond.contract.diagnostics.errors.sheets import check_sheets
from impactbond.contract.diagnostics.errors.tranches import check_tranches
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    fault_at,
    listed_twice,
)
from impactbond.terms.sheets import PARTICIPANT_COLUMNS

# Columns that tables of participants and of claims have besides the attributes.
_TAKEN = (
    *PARTICIPANT_COLUMNS,
    *("segment", "milestone", "period", "achieved_on", "price_pence", "file", "sheet", "row"),
)
_UNFUNDED = "unfunded"  # what statements call the money that no funder pays


def check_terms(contract: Contract) -> list[Diagnostic]:
    """Every fault of meaning, each with the path of the term it is in."""
    checks: list[Callable[[Contract], Diagnostics]] = [
        check_names,
        check_term,
        check_windows,
        check_started,
        _check_participants,
        _check_funders,
        _check_metrics,
        check_conditions,
        check_milestones,
        check_prices,
        check_results,
        check_periods,
        check_money,
        check_funding,
        check_tranches,
        check_limits,
        check_sheets,
        check_vat,
        check_plans,
        check_investment,
        check_examples,
    ]
    return list(chain.from_iterable(check(contract) for check in checks))


def _check_participants(contract: Contract) -> Diagnostics:
    for name, values in contract.participants.attributes.items():
        if name.casefold() in _TAKEN:
            problem = f"'{name}' is a column of its own and cannot be an attribute too"
            hint = "Give the attribute another name"
            yield fault_at((*ATTRIBUTES, name), "taken_name", problem, hint=hint)
        if isinstance(values, tuple):
            yield from listed_twice((*ATTRIBUTES, name), values, "value")
    yield from check_only(contract, contract.participants.covered, ("participants", "covered"))


def _check_funders(contract: Contract) -> Diagnostics:
    named: dict[str, str] = {}
    for name, funder in contract.funders.items():
        path: Path = ("funders", name)
        if name == _UNFUNDED:
            problem = f"'{name}' means the money that no funder pays"
            yield fault_at(path, "taken_name", problem, hint="Give the funder another name")
        if funder.name in named:
            other = named[funder.name]
            yield fault_at(
                (*path, "name"),
                "same_name",
                f"two funders are called '{funder.name}'",
                hint=f"The other is '{other}'; statements must tell them apart",
                rests=(("funders", other, "name"),),
            )
        named.setdefault(funder.name, name)


def _check_metrics(contract: Contract) -> Diagnostics:
    for name, metric in contract.metrics.items():
        path: Path = ("metrics", name)
        yield from listed_twice((*path, "sources"), metric.sources, "source")
        yield from metric.check(path)
