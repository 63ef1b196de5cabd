"""Everything that is wrong in a contract: each check in turn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.annexes import (
    check_examples,
    check_investment,
    check_plans,
    check_sheets,
    check_vat,
)
from impactbond.contract.diagnostics.errors.calendar import (
    check_periods,
    check_started,
    check_term,
    check_windows,
)
from impactbond.contract.diagnostics.errors.funding import check_funding
from impactbond.contract.diagnostics.errors.limits import (
    check_commitments,
    check_limits,
    check_tranches,
)
from impactbond.contract.diagnostics.errors.milestones import (
    check_conditions,
    check_indices,
    check_milestones,
    check_prices,
)
from impactbond.contract.diagnostics.errors.money import check_money
from impactbond.contract.diagnostics.errors.names import (
    check_names,
    check_same_names,
    check_values,
)
from impactbond.contract.diagnostics.errors.results import check_fees, check_results
from impactbond.terms.diagnostic import Diagnostic, Diagnostics

_CHECKS: tuple[Callable[[Contract], Diagnostics], ...] = (
    *(check_names, check_same_names, check_values),
    *(check_term, check_windows, check_started, check_periods),
    *(check_conditions, check_milestones, check_indices, check_prices),
    *(check_results, check_fees, check_money),
    *(check_funding, check_commitments, check_tranches, check_limits),
    *(check_sheets, check_vat, check_plans, check_investment, check_examples),
)


def check_terms(contract: Contract) -> list[Diagnostic]:
    """Every fault of meaning, each with the path of the term it is in."""
    return list(chain.from_iterable(check(contract) for check in _CHECKS))
