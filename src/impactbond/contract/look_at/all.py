"""Everything in a contract that is worth a look."""

from __future__ import annotations

from collections.abc import Callable

from impactbond.contract.contract import Contract
from impactbond.contract.findings import Finding, Found
from impactbond.contract.look_at.amounts import look_at_amounts
from impactbond.contract.look_at.dates import look_at_dates
from impactbond.contract.look_at.prices import look_at_prices
from impactbond.contract.look_at.reach import look_at_reach
from impactbond.contract.look_at.unused import look_at_idle_funders, look_at_unused

_LOOKS: tuple[Callable[[Contract], Found], ...] = (
    look_at_amounts,
    look_at_reach,
    look_at_dates,
    look_at_prices,
    look_at_unused,
    look_at_idle_funders,
)


def look_at(contract: Contract) -> list[Finding]:
    """What is allowed in a contract and may not be meant, each with its place."""
    return [finding for look in _LOOKS for finding in look(contract)]
