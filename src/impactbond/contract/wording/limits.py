"""The most that is paid: limits in the order in which they apply, and what happens beyond them."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart
from impactbond.contract.wording.money import ContractWords


def limits(contract: Contract) -> SchedulePart:
    """Every limit, in order: on what, how much, and what happens beyond it."""
    words = ContractWords(contract)
    told = [Rule(limit.says(words), limit.clause) for limit in contract.limits]
    if len(told) > 1:
        told.insert(
            0, Rule("these limits are applied in this order, to everything achieved to date")
        )
    return SchedulePart("Limits", tuple(told))
