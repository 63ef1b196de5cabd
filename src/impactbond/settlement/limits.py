"""Limits on the whole: what each lets through, in the stated order, on the net state to date.

Takes  values to date shaped (trial, lot), lots in settlement order.
Gives  what is payable to date, and what each limit withheld.
Keeps  no limit is ever exceeded; nothing is deleted, what is withheld stays visible.
"""

from __future__ import annotations

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.money import Pence, minor_units
from impactbond.settlement.headroom import Asked, let_in
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.priority import Queue, queue_of
from impactbond.terms.limits import FunderLimit, Limit, WholeLimit
from impactbond.terms.limits import name_of as limit_name

__all__ = ["Limit", "let_through", "limit_name", "limits_on_the_whole"]


def limits_on_the_whole(contract: Contract) -> list[WholeLimit]:
    """The limits that are applied before the money is shared, in the stated order."""
    return [limit for limit in contract.limits if not isinstance(limit, FunderLimit)]


def let_through(
    contract: Contract, lots: Lots, quantity: Numbers, value: Pence, claim: int
) -> tuple[Pence, list[Pence]]:
    """Payable to date after every limit, and what each withheld; all shaped (trial, lot).

    Of equal claims, those that come first in settlement order are paid first.
    """
    payable = value
    withheld: list[Pence] = []
    for place, limit in enumerate(limits_on_the_whole(contract)):
        queue = queue_of(contract, lots, place, limit)
        let = payable.copy()
        if queue.lot.size:
            asked = Asked(payable[:, queue.lot], quantity[:, queue.lot], value[:, queue.lot])
            most = _most(contract, limit, queue, quantity)
            let[:, queue.lot] = (
                _year_by_year(contract, limit, queue, asked, most, claim)
                if limit.beyond == "next year"
                else let_in(limit, queue, asked, most)
            )
        withheld.append(payable - let)
        payable = let
    return payable, withheld


def _most(contract: Contract, limit: WholeLimit, queue: Queue, quantity: Numbers) -> Numbers:
    """The room of each group of a queue, shaped (trial or 1, group)."""
    groups, most = queue.starts.size, limit.at_most
    match most.of:
        case "money":
            return np.full((1, groups), minor_units(most.amount, contract.currency))
        case "share of claims":
            every = np.zeros((groups, quantity.shape[0]), dtype=np.int64)
            np.add.at(every, queue.base_group, quantity[:, queue.base].T)
            return every.T * most.share.numerator // most.share.denominator
        case _:
            return np.full((1, groups), most.number)


def _year_by_year(
    contract: Contract, limit: WholeLimit, queue: Queue, asked: Asked, most: Numbers, claim: int
) -> Pence:
    """What passes when each year that has begun pays first what earlier years withheld."""
    calendar = contract.calendar
    last = calendar.year_of(calendar.periods[claim].last)
    passed = np.zeros_like(asked.amount)
    for year in range(int(queue.year.min()), last + 1):
        waiting = Asked(
            np.where(queue.year <= year, asked.amount - passed, 0), asked.quantity, asked.value
        )
        passed += let_in(limit, queue, waiting, most)
    return passed
