"""What every limit held back in drawn futures: money withheld, or passed on to another funder.

Takes  quantities to date and what they settled into.
Gives  pence held back to date by each limit, shaped (trial, claim date, limit).
Keeps  what the limits held back is what the settlement withheld and passed on, to the penny.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.contract.wording.money import most_in_words
from impactbond.errors import InvariantError
from impactbond.money import Pence, minor_units
from impactbond.settlement.balances import to_date
from impactbond.settlement.funders import Funders
from impactbond.settlement.limits import let_through, limit_name, limits_on_the_whole
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.overflow import funder_limits, most_pence
from impactbond.settlement.values import values_to_date
from impactbond.settlement.withheld import hold_back, names_of_holds
from impactbond.terms.limits import FunderLimit, Limit


@dataclass(frozen=True, slots=True)
class LimitOn:
    """One limit as it is applied; a limit on funders that an attribute resolves is one for each.

    `at_most` is in words, `at_most_pence` what it is in money by the last claim date; None for a
    number of claims.
    """

    name: str
    funder: str
    at_most: str
    at_most_pence: int | None


def limits_of(contract: Contract, funders: Funders) -> tuple[LimitOn, ...]:
    """Every limit of a contract, in the order in which they are applied."""

    last = contract.calendar.claim_date(contract.calendar.periods[-1])

    def named(limit: Limit, funder: str = "") -> LimitOn:
        if isinstance(limit, FunderLimit):
            pence: int | None = most_pence(contract, limit, last)
        else:
            is_money = limit.at_most.of == "money"
            pence = minor_units(limit.at_most.amount, contract.currency) if is_money else None
        return LimitOn(limit_name(limit), funder, most_in_words(contract, limit), pence)

    whole = [named(limit) for limit in limits_on_the_whole(contract)]
    single = [
        named(limit, funders.all[place].id)
        for limit in funder_limits(contract)
        for place in funders.of_term(limit.funder)
    ]
    return (*whole, *single)


def held_back(contract: Contract, quantities: Numbers, settled: LotSettlement) -> Pence:
    """What each limit of `limits_of` held back to date."""
    balances = settled.balances
    held = _withheld(contract, settled.lots, quantities)
    if (held.sum(axis=2) != (balances.value - balances.payable).sum(axis=2)).any():
        raise InvariantError("the limits do not add up to what was withheld")
    limits = len(limits_on_the_whole(contract))
    whole = held[..., held.shape[2] - limits :]
    beyond = to_date(settled.parts.beyond, settled.history, quantities.shape[1])
    return np.concatenate([whole, beyond], axis=2)


def _withheld(contract: Contract, lots: Lots, quantities: Numbers) -> Pence:
    """What each of `names_of_holds` held back, shaped (trial, claim date, reason)."""
    trials, claims, _ = quantities.shape
    held = np.zeros((trials, claims, len(names_of_holds(contract))), dtype=np.int64)
    for claim in range(claims):
        quantity = quantities[:, claim]
        value = values_to_date(contract, lots, quantity, claim)
        left, before = hold_back(contract, lots, value)
        _, withheld = let_through(contract, lots, quantity, left, claim)
        for reason, amounts in enumerate([*before, *withheld]):
            held[:, claim, reason] = amounts.sum(axis=1)
    return held
