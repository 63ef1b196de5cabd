"""What is held back before any limit: claims in dispute, and claims that relief is paid instead of.

Takes  values to date shaped (trial, lot).
Gives  what is left, and what each reason holds back.
Keeps  nothing is deleted; what is held back stays visible under its reason.
"""

from __future__ import annotations

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.money import Pence
from impactbond.settlement.limits import limit_name, limits_on_the_whole
from impactbond.settlement.lots import DISPUTED, Lots
from impactbond.terms.fees import InsteadOf

DISPUTE, RELIEF = "dispute", "relief"


def names_of_holds(contract: Contract) -> list[str]:
    """Every reason for which something can be held back on the whole, in the order applied."""
    limits = [limit_name(limit) for limit in limits_on_the_whole(contract)]
    return [DISPUTE, *(f"{RELIEF} {name}" for name, _ in _reliefs(contract)), *limits]


def hold_back(contract: Contract, lots: Lots, value: Pence) -> tuple[Pence, list[Pence]]:
    """What is left of the values before limits, and what each reason before them holds back."""
    concerned = [lots.standing == DISPUTED]
    for _, instead in _reliefs(contract):
        first, last = day_number(instead.from_), day_number(instead.through)
        places = [contract.payables.index(name) for name in instead.milestones]
        is_within = (first <= lots.day) & (lots.day <= last)
        concerned.append(np.isin(lots.milestone, places) & is_within)
    left, held = value, []
    for mask in concerned:
        let = np.where(mask, 0, left)
        held.append(left - let)
        left = let
    return left, held


def _reliefs(contract: Contract) -> list[tuple[str, InsteadOf]]:
    return [(name, fee.instead_of) for name, fee in contract.fees.items() if fee.instead_of]
