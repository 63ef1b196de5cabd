"""What a contract may say and may not mean: every warning, each of them worth a look."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.warnings.amounts import look_at_amounts
from impactbond.contract.diagnostics.warnings.dates import look_at_dates
from impactbond.contract.diagnostics.warnings.prices import look_at_prices
from impactbond.contract.diagnostics.warnings.reach import look_at_reach
from impactbond.contract.diagnostics.warnings.unused import check_idle_funders, check_unused
from impactbond.terms.diagnostic import Diagnostic, Diagnostics

_CHECKS: tuple[Callable[[Contract], Diagnostics], ...] = (
    look_at_amounts,
    look_at_reach,
    look_at_dates,
    look_at_prices,
    check_unused,
    check_idle_funders,
)


def warnings_of(contract: Contract) -> list[Diagnostic]:
    """What is allowed in a contract and may not be meant, each with its place."""
    return list(chain.from_iterable(check(contract) for check in _CHECKS))
