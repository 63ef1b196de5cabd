"""What is withheld before any limit: claims in dispute, and claims that relief is paid instead of.

Takes  values to date shaped (trial, lot).
Gives  what is left, and what is withheld for each reason.
Keeps  nothing is deleted; what is withheld stays visible under its reason.
"""

from __future__ import annotations

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.money import Pence
from impactbond.settlement.lots import DISPUTED, Lots
from impactbond.terms.fees import InsteadOf

DISPUTE, RELIEF = "dispute", "relief"


def reasons_to_withhold(contract: Contract) -> list[str]:
    """Every reason for which something can be withheld on the whole, in the order applied."""
    limits = [limit.name for limit in contract.limits_on_the_whole]
    return [DISPUTE, *(f"{RELIEF} {name}" for name, _ in _reliefs(contract)), *limits]


def withhold(contract: Contract, lots: Lots, value: Pence) -> tuple[Pence, list[Pence]]:
    """What is left of the values before limits, and what each reason before them withholds."""
    concerned = [lots.standing == DISPUTED]
    for _, instead in _reliefs(contract):
        first, last = day_number(instead.from_), day_number(instead.through)
        places = [contract.payables.index(name) for name in instead.milestones]
        is_within = (first <= lots.day) & (lots.day <= last)
        concerned.append(np.isin(lots.milestone, places) & is_within)
    left, withheld = value, []
    for mask in concerned:
        kept = np.where(mask, 0, left)
        withheld.append(left - kept)
        left = kept
    return left, withheld


def _reliefs(contract: Contract) -> list[tuple[str, InsteadOf]]:
    return [(name, fee.instead_of) for name, fee in contract.fees.items() if fee.instead_of]
