"""Limits on the whole: what each lets through, in the stated order, on the net state to date.

Takes  values to date shaped (trial, lot), lots in settlement order.
Gives  what is payable to date, and what each limit withheld.
Keeps  no limit is ever exceeded; nothing is deleted, what is withheld stays visible.
"""

from __future__ import annotations

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.contract.limits import ContractLimit, FunderLimit, Limit, MilestoneLimit
from impactbond.errors import InvariantError
from impactbond.money import Pence, minor_units
from impactbond.settlement.lots import Lots, Numbers


def limits_on_the_whole(contract: Contract) -> list[ContractLimit | MilestoneLimit]:
    """The limits that are applied before the money is shared, in the stated order."""
    return [limit for limit in contract.limits if not isinstance(limit, FunderLimit)]


def limit_name(limit: Limit) -> str:
    """What a limit is on, in one word or two: `contract`, `milestone sign_up`, `funder lottery`."""
    match limit:
        case ContractLimit():
            return "contract"
        case MilestoneLimit():
            return f"milestone {', '.join(limit.milestone)}"
        case FunderLimit():
            return f"funder {limit.funder}"


def let_through(
    contract: Contract, lots: Lots, quantity: Numbers, value: Pence, claim: int
) -> tuple[Pence, list[Pence]]:
    """Payable to date after every limit, and what each withheld; all shaped (trial, lot).

    The claims that come first in settlement order are paid first; the claim that straddles a limit
    is part paid.
    """
    payable = value
    withheld: list[Pence] = []
    for limit in limits_on_the_whole(contract):
        at_most = minor_units(limit.at_most.amount, contract.currency)
        concerned = np.ones(len(lots.keys), dtype=bool)
        if isinstance(limit, MilestoneLimit):
            named = [contract.payables.index(name) for name in limit.milestone]
            concerned = np.isin(lots.milestone, named)
        asked = np.where(concerned, payable, 0)
        room_used = np.minimum(np.cumsum(asked, axis=1), at_most)
        passed = np.diff(room_used, axis=1, prepend=0)
        let = np.where(concerned, passed, payable)
        if let[:, concerned].sum(axis=1).max(initial=0) > at_most:
            raise InvariantError(f"the limit on {limit_name(limit)} is exceeded")
        withheld.append(payable - let)
        payable = let
    return payable, withheld
