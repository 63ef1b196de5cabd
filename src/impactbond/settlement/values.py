"""Values to date: what the claims of every lot are worth before any limit.

Takes  quantities to date shaped (trial, lot), lots in settlement order.
Gives  minor units of the contract's currency, shaped (trial, lot).
Keeps  a value follows from everything that stands on a claim date, never from how it came about.
"""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.money import Pence
from impactbond.settlement.lots import Lots, Numbers


def values_to_date(contract: Contract, lots: Lots, quantity: Numbers, claim: int) -> Pence:
    """What the claims of every lot are worth at the claim date of that number."""
    return quantity * lots.price_pence
