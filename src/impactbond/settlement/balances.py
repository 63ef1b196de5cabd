"""Balances: what every funder owes to date, what was settled before, and what is due at each claim
date.

Takes  the parts of every movement, and the up-front tranches.
Gives  to-date amounts shaped (trial, claim date, funder).
Keeps  entitled + on account = settled + due + withheld, for every funder, at every claim date; up-
       front money never
       carries a funder or the contract over a limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.errors import InvariantError
from impactbond.money import Pence, round_fraction
from impactbond.settlement.funders import UNFUNDED, Funders
from impactbond.settlement.lots import Numbers, period_of
from impactbond.settlement.movements import Movements
from impactbond.settlement.overflow import headroom_by_claim
from impactbond.settlement.shares import Parts
from impactbond.terms.limits import Limit


@dataclass(frozen=True)
class Balances:
    """To date, shaped (trial, claim date, funder); `up_front` and `recovered` also by tranche,
    (tranche, trial, claim date, funder).
    """

    value: Pence
    payable: Pence
    moved: Pence
    up_front: Pence
    recovered: Pence

    @property
    def entitled(self) -> Pence:
        """The funder's share of everything achieved, with what it took over and without what it
        passed on.
        """
        return self.value + self.moved

    @property
    def withheld(self) -> Pence:
        """What limits on the whole keep back; for the part that nobody funds, all of it."""
        withheld = self.value - self.payable
        withheld[..., -1] += self.moved[
            ..., -1
        ]  # the last funder is nobody: what came to it is not paid
        return withheld

    @property
    def on_account(self) -> Pence:
        """Up-front money less what has been recovered of it."""
        return np.asarray(self.up_front.sum(axis=0) - self.recovered.sum(axis=0))

    @property
    def asked(self) -> Pence:
        """What the funder has been asked for to date, this claim date included."""
        return self.entitled - self.withheld + self.on_account

    @property
    def settled(self) -> Pence:
        """What the funder had been asked for before this claim date."""
        before = np.zeros_like(self.asked)
        before[:, 1:] = self.asked[:, :-1]
        return before

    @property
    def due(self) -> Pence:
        """What the funder is asked for at this claim date."""
        return self.asked - self.settled


def to_date(amounts: Pence, history: Movements, claims: int) -> Pence:
    """Amounts shaped (trial, movement, funder) summed to date: (trial, claim date, funder)."""
    by_claim = np.zeros((amounts.shape[0], claims, amounts.shape[2]), dtype=np.int64)
    for claim in np.unique(history.claim):
        by_claim[:, claim] = amounts[:, history.claim == claim].sum(axis=1)
    return np.cumsum(by_claim, axis=1)


def balance(
    contract: Contract,
    funders: Funders,
    history: Movements,
    parts: Parts,
    claims: int,
    first_open: int = 0,
) -> Balances:
    """The balances of every funder at every claim date; from `first_open` on under these terms."""
    value, payable = to_date(parts.value, history, claims), to_date(parts.payable, history, claims)
    moved = to_date(parts.moved, history, claims)
    amount = payable + moved
    amount[..., funders.place(UNFUNDED)] = 0
    up_front, recovered = _recover(contract, funders, amount)
    balances = Balances(value, payable, moved, up_front, recovered)
    _assert_limits(contract, funders, balances, first_open)
    return balances


def _recover(contract: Contract, funders: Funders, amount: Pence) -> tuple[Pence, Pence]:
    """Up-front money paid and recovered to date, shaped (tranche, trial, claim date, funder)."""
    shape = (len(contract.tranches), *amount.shape)
    up_front, recovered = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for index, tranche in enumerate(contract.tranches.values()):
        paid_from = period_of(contract.calendar.periods, day_number(tranche.on))
        if paid_from >= amount.shape[1]:
            continue  # its claim date has not come
        for funder, part in tranche.parts(contract.currency, contract.rounding.rule).items():
            place = funders.place(funder)
            up_front[index, :, paid_from:, place] = part
            before = amount[:, paid_from - 1, place] if paid_from else 0
            later = np.maximum(amount[..., place] - np.reshape(before, (-1, 1)), 0)
            back = round_fraction(later, tranche.recovered.at, contract.rounding.rule)
            left = np.maximum(amount[..., place] - recovered[:index, ..., place].sum(axis=0), 0)
            most = np.minimum(up_front[index, ..., place], left)
            recovered[index, ..., place] = np.minimum(most, back)
    if contract.tranches:
        _recover_faster_at_limits(contract, funders, amount, up_front, recovered)
    return up_front, recovered


def _recover_faster_at_limits(
    contract: Contract, funders: Funders, amount: Pence, up_front: Pence, recovered: Pence
) -> None:
    """Recover earlier than the tranche says where money on account would carry a funder, or the
    contract, over a limit.
    """
    for _, places, most in _limits_to_date(contract, funders, amount.shape[1]):
        asked = (amount + (up_front - recovered).sum(axis=0))[..., places].sum(axis=-1)
        over = np.maximum(asked - most, 0)
        for index in range(len(contract.tranches)):
            for place in places:
                more = np.minimum(over, up_front[index, ..., place] - recovered[index, ..., place])
                recovered[index, ..., place] += more
                over = over - more


def _limits_to_date(
    contract: Contract, funders: Funders, claims: int
) -> Iterator[tuple[Limit, list[int], Numbers]]:
    """The limits on all that a funder, or everybody, is asked for to date: the funders together,
    and the most at each claim date. Other limits concern some of the money, never that on account.
    """
    for limit in contract.limits:
        if limit.is_on_everything:
            everybody = list(range(len(funders.all)))
            yield limit, everybody, headroom_by_claim(contract, limit, claims)
        elif limit.on_funder is not None and not limit.is_yearly:
            most = headroom_by_claim(contract, limit, claims)
            yield from ((limit, [place], most) for place in funders.of_term(limit.on_funder))


def _assert_limits(
    contract: Contract, funders: Funders, balances: Balances, first_open: int
) -> None:
    asked = balances.asked
    for limit, places, most in _limits_to_date(contract, funders, asked.shape[1]):
        if (asked[..., places].sum(axis=2) > most)[:, first_open:].any():
            raise InvariantError(f"the limit on the {limit.name} is exceeded")
