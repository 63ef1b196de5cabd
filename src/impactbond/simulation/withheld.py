"""What every limit withheld in drawn futures: for good, or as overflow to another funder.

Takes  quantities to date and what they settled into.
Gives  pence withheld to date by each limit, shaped (trial, claim date, limit).
Keeps  what the limits withheld is what the settlement withheld and passed on, to the penny.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.contract.wording.words import ContractWords
from impactbond.errors import InvariantError
from impactbond.money import Pence
from impactbond.settlement.funding import Funders
from impactbond.settlement.limits import apply_limits, headroom_pence, reasons_to_withhold
from impactbond.settlement.lot_settlement import LotSettlement, to_date
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.values import values_to_date
from impactbond.terms.limits import LimitKind


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
    words = ContractWords(contract)

    def named(limit: LimitKind, funder: str = "") -> LimitOn:
        in_number = limit.most_on(contract.funders, last) is None
        pence = None if in_number else headroom_pence(contract, limit, last)
        return LimitOn(limit.name, funder, limit.most_in_words(words), pence)

    single = [
        named(limit, funders.all[place].id)
        for limit in contract.limits_on_funders
        for place in funders.of_term(limit.on_funder)
    ]
    return (*map(named, contract.limits_on_the_whole), *single)


def withheld_by_limit(contract: Contract, quantities: Numbers, settled: LotSettlement) -> Pence:
    """What each limit of `limits_of` withheld to date."""
    withheld = _withheld(contract, settled.lots, quantities)
    if (withheld.sum(axis=2) != (settled.value - settled.payable).sum(axis=2)).any():
        raise InvariantError("the limits do not add up to what was withheld")
    whole = withheld[..., withheld.shape[2] - len(contract.limits_on_the_whole) :]
    by_funders = to_date(settled.parts.withheld, settled.history, quantities.shape[1])
    return np.concatenate([whole, by_funders], axis=2)


def _withheld(contract: Contract, lots: Lots, quantities: Numbers) -> Pence:
    """What was withheld for each of `reasons_to_withhold`, shaped (trial, claim date, reason)."""
    trials, claims, _ = quantities.shape
    found = np.zeros((trials, claims, len(reasons_to_withhold(contract))), dtype=np.int64)
    for claim in range(claims):
        quantity = quantities[:, claim]
        value = values_to_date(contract, lots, quantity, claim)
        _, withheld = apply_limits(contract, lots, quantity, value, claim)
        for reason, amounts in enumerate(withheld):
            found[:, claim, reason] = amounts.sum(axis=1)
    return found
