"""What every limit withheld in drawn futures: for good, or as overflow to another funder.

Takes  what drawn quantities settled into.
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
from impactbond.settlement.funding import Funders, Payer
from impactbond.settlement.limits import headroom_pence
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import Numbers
from impactbond.settlement.running import running_from_zero
from impactbond.terms.limits import LimitKind


@dataclass(frozen=True, slots=True)
class LimitOn:
    """One limit as it is applied; a limit on funders that an attribute resolves is one for each.

    `said` is what it is on and `at_most` how much, in words, `at_most_pence` what it is in money by
    the last claim date; None for a number of claims.
    """

    name: str
    funder: str
    said: str
    at_most: str
    at_most_pence: int | None


def limits_of(contract: Contract, funders: Funders) -> tuple[LimitOn, ...]:
    """Every limit of a contract, in the order in which they are applied."""
    last = contract.calendar.claim_date(contract.calendar.periods[-1])
    words = ContractWords(contract)

    def named(limit: LimitKind, payer: Payer | None = None) -> LimitOn:
        said = limit.subject_in_full(words)
        if payer is not None and payer.id != payer.term:  # one of several that an attribute tells
            said = f"{said}: {payer.name}"
        in_number = limit.most_on(contract.funders, last) is None
        pence = None if in_number else headroom_pence(contract, limit, last)
        funder = "" if payer is None else payer.id
        return LimitOn(limit.name, funder, said, limit.most_in_words(words), pence)

    single = [
        named(limit, funders.all[place])
        for limit in contract.limits_on_funders
        for place in funders.of_term(limit.on_funder)
    ]
    return (*map(named, contract.limits_on_the_whole), *single)


def withheld_by_limit(contract: Contract, settled: LotSettlement) -> Pence:
    """What each limit of `limits_of` withheld to date; nothing at claim dates that are closed under
    earlier versions of a contract, whose limits may have been others.
    """
    withheld, history = settled.held, settled.history
    claims = settled.amount.shape[1]
    first_open = claims - withheld.shape[1]

    def to_date(claim: Numbers, amounts: Pence) -> Pence:
        return _to_date(claim, amounts, claims)[:, first_open:]

    by_movement = history.value - history.entitled
    if (withheld.sum(axis=2) != to_date(history.claim, by_movement)).any():
        raise InvariantError("the limits do not add up to what was withheld")
    whole = withheld[..., withheld.shape[2] - len(contract.limits_on_the_whole) :]
    by_funders = [
        to_date(history.claim[at], amounts)[..., None] for at, amounts in settled.parts.withheld
    ]
    of_open = np.concatenate([whole, *by_funders], axis=2)
    if not first_open:
        return of_open
    return np.pad(of_open, ((0, 0), (first_open, 0), (0, 0)))


def _to_date(claim: Numbers, amounts: Pence, claims: int) -> Pence:
    """Amounts shaped (trial, movement) summed to date: (trial, claim date)."""
    ends = np.searchsorted(claim, np.arange(claims), side="right")
    return running_from_zero(amounts)[:, ends]
