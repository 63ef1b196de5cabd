"""What every limit held back in drawn futures: money withheld, or passed on to another funder.

Takes  quantities to date and the balances that they settled into.
Gives  pence held back to date by each limit, shaped (trial, claim date, limit).
Keeps  what the limits held back is what the settlement withheld and passed on, to the penny.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.contract.limits import FunderLimit, Limit, PassedTo
from impactbond.errors import InvariantError
from impactbond.money import Pence, minor_units
from impactbond.settlement.balances import Balances
from impactbond.settlement.funders import UNFUNDED, Funders
from impactbond.settlement.holds import hold_back, names_of_holds
from impactbond.settlement.limits import let_through, limit_name, limits_on_the_whole
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.values import values_to_date


@dataclass(frozen=True, slots=True)
class LimitOn:
    """One limit as it is applied; a limit on funders that an attribute resolves is one for each."""

    name: str
    funder: str
    at_most_pence: int


def limits_of(contract: Contract, funders: Funders) -> tuple[LimitOn, ...]:
    """Every limit of a contract, in the order in which they are applied."""

    def named(limit: Limit, funder: str = "") -> LimitOn:
        return LimitOn(
            limit_name(limit), funder, minor_units(limit.at_most.amount, contract.currency)
        )

    whole = [named(limit) for limit in limits_on_the_whole(contract)]
    single = [
        named(limit, funders.all[place].id)
        for limit in contract.limits
        if isinstance(limit, FunderLimit)
        for place in funders.of_term(limit.funder)
    ]
    return (*whole, *single)


def held_back(
    contract: Contract, lots: Lots, funders: Funders, quantities: Numbers, balances: Balances
) -> Pence:
    """What each limit of `limits_of` held back to date."""
    held = _withheld(contract, lots, quantities)
    if (held.sum(axis=2) != (balances.value - balances.payable).sum(axis=2)).any():
        raise InvariantError("the limits do not add up to what was withheld")
    limits = len(limits_on_the_whole(contract))
    whole = held[..., held.shape[2] - limits :]
    return np.concatenate([whole, _passed_on(contract, funders, balances)], axis=2)


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


def _passed_on(contract: Contract, funders: Funders, balances: Balances) -> Pence:
    """A funder's limit holds back what it is asked for to date beyond the limit."""
    asked = balances.payable.copy()
    beyond = []
    for limit in contract.limits:
        if not isinstance(limit, FunderLimit):
            continue
        at_most = minor_units(limit.at_most.amount, contract.currency)
        beyond_to = limit.beyond.funder if isinstance(limit.beyond, PassedTo) else UNFUNDED
        target = funders.place(beyond_to)
        for place in funders.of_term(limit.funder):
            over = np.maximum(asked[..., place] - at_most, 0)
            asked[..., place] -= over
            asked[..., target] += over
            beyond.append(over)
    if (asked != balances.payable + balances.moved).any():
        raise InvariantError("the funders' limits do not add up to what was passed on")
    return np.stack(beyond, axis=-1) if beyond else np.zeros((*asked.shape[:2], 0), dtype=np.int64)
