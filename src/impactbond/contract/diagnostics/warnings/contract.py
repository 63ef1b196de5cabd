"""Everything in a contract that is worth a look."""

from __future__ import annotations

from collections.abc import Callable

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.warnings.amounts import look_at_amounts
from impactbond.contract.diagnostics.warnings.dates import look_at_dates
from impactbond.contract.diagnostics.warnings.prices import look_at_prices
from impactbond.contract.diagnostics.warnings.reach import look_at_reach
from impactbond.contract.diagnostics.warnings.unused import look_at_idle_funders, look_at_unused
from impactbond.terms.diagnostic import Diagnostic, Diagnostics

_LOOKS: tuple[Callable[[Contract], Diagnostics], ...] = (
    look_at_amounts,
    look_at_reach,
    look_at_dates,
    look_at_prices,
    look_at_unused,
    look_at_idle_funders,
)


def look_at(contract: Contract) -> list[Diagnostic]:
    """What is allowed in a contract and may not be meant, each with its place."""
    return [finding for look in _LOOKS for finding in look(contract)]
