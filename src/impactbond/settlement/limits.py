"""Limits on the whole: what each lets through, in the stated order, on the net state to date.

Takes  values to date shaped (trial, lot), lots in settlement order.
Gives  what is payable to date, and what each limit withheld.
Keeps  no limit is ever exceeded; nothing is deleted, what is withheld stays visible.
"""

from __future__ import annotations

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.money import Pence
from impactbond.settlement.headroom import Demand, within_headroom
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.priority import Priority, priority_of
from impactbond.terms.limits import WholeLimit


def apply_limits(
    contract: Contract, lots: Lots, quantity: Numbers, value: Pence, claim: int
) -> tuple[Pence, list[Pence]]:
    """Payable to date after every limit, and what each withheld; all shaped (trial, lot).

    Of equal claims, those that come first in settlement order are paid first.
    """
    payable = value
    withheld: list[Pence] = []
    for place, limit in enumerate(contract.limits_on_the_whole):
        priority = priority_of(contract, lots, place, limit)
        paid = payable.copy()
        if (lot := priority.lot).size:
            demand = Demand(payable[:, lot], quantity[:, lot], value[:, lot])
            headroom = _headroom(contract, limit, priority, quantity)
            paid[:, lot] = (
                _year_by_year(contract, limit, priority, demand, headroom, claim)
                if limit.beyond == "next year"
                else within_headroom(limit, priority, demand, headroom)
            )
        withheld.append(payable - paid)
        payable = paid
    return payable, withheld


def _headroom(
    contract: Contract, limit: WholeLimit, priority: Priority, quantity: Numbers
) -> Numbers:
    """The headroom of each group, shaped (trial or 1, group)."""
    groups = priority.starts.size

    def claims() -> Numbers:
        every = np.zeros((groups, quantity.shape[0]), dtype=np.int64)
        np.add.at(every, priority.base_group, quantity[:, priority.base].T)
        return every.T

    headroom = limit.headroom(claims, contract.currency)
    return headroom if isinstance(headroom, np.ndarray) else np.full((1, groups), headroom)


def _year_by_year(
    contract: Contract,
    limit: WholeLimit,
    priority: Priority,
    demand: Demand,
    headroom: Numbers,
    claim: int,
) -> Pence:
    """What is paid when each year that has begun pays first what earlier years withheld."""
    calendar = contract.calendar
    last = calendar.year_of(calendar.periods[claim].last)
    paid = np.zeros_like(demand.amount)
    for year in range(int(priority.year.min()), last + 1):
        waiting = np.where(priority.year <= year, demand.amount - paid, 0)
        paid += within_headroom(limit, priority, demand.of(waiting), headroom)
    return paid
