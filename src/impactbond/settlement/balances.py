"""Balances: what every funder owes to date, and the money that it paid up front.

Takes  the parts of every movement, and the tranches and limits of a contract.
Gives  amounts to date shaped (trial, claim date, funder); up-front money paid, recovered and gone
       back, by tranche too: (tranche, trial, claim date, funder).
Keeps  up-front money never carries a funder or the contract over a limit. In memory the trials of
       each amount lie side by side.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.errors import InvariantError
from impactbond.money import Pence, round_fraction
from impactbond.settlement.funding import Funders
from impactbond.settlement.limits import headroom_by_claim
from impactbond.settlement.lots import Numbers, period_of
from impactbond.settlement.movements import Movements
from impactbond.settlement.running import running_from_zero, sums_between
from impactbond.settlement.shares import Entries
from impactbond.terms.limits import Limit


def to_date(amounts: Pence, entries: Entries, history: Movements, claims: int) -> Pence:
    """Amounts shaped (trial, entry) summed to date: (trial, claim date, funder).

    The entries of a funder stand in the order of claim dates, so that a sum to date ends where
    those of the claim date do; entries of movements that `history` does not have count for nothing.
    """
    known = int(np.searchsorted(history.claim, claims))
    claim = np.append(history.claim[:known], np.full(entries.number.shape[1] - known, claims))
    place = entries.funder * (claims + 1) + claim[entries.movement]
    first = np.arange(entries.number.shape[0]) * (claims + 1)
    ends = np.searchsorted(place, first + np.arange(claims)[:, None], side="right")
    starts = np.broadcast_to(np.searchsorted(place, first), ends.shape)
    return sums_between(running_from_zero(amounts), starts, ends)


def on_account(
    contract: Contract, funders: Funders, amount: Pence, first: int = 0
) -> tuple[Pence, Pence, Pence]:
    """Up-front money paid, recovered and gone back to date, as if the terms of the contract had
    always been in force; from the claim date `first` on they are, and their limits hold.
    """
    up_front, recovered = _recover(contract, funders, amount)
    concerned = _funders_of(contract, funders)
    for limit, positions, most in _limits_to_date(contract, funders, amount.shape[1]):
        own = [one for one in positions if one in concerned]
        asked = amount[..., positions].sum(axis=2)
        asked += (up_front[..., own] - recovered[..., own]).sum(axis=(0, 3))
        if (asked > most)[:, first:].any():
            raise InvariantError(f"the limit on the {limit.name} is exceeded")
    returned = _trials_together((len(contract.tranches), *amount.shape))
    _return_at_the_end(contract, concerned, up_front, recovered, returned)
    return up_front, recovered, returned


def left_on_account(up_front: Pence, recovered: Pence, returned: Pence) -> Pence:
    """What is left of up-front money of all tranches."""
    left = _trials_together(up_front.shape[1:])
    for paid, back, gone in zip(up_front, recovered, returned, strict=True):
        for funder in np.flatnonzero(paid[:1].any(axis=(0, 1))).tolist():
            left[..., funder] += paid[..., funder] - back[..., funder] - gone[..., funder]
    return left


def _trials_together(shape: tuple[int, ...]) -> Pence:
    """Nothing, shaped (..., trial, claim date, funder), the trials side by side in memory."""
    *outer, trials, claims, funders = shape
    return np.moveaxis(np.zeros((*outer, claims, funders, trials), dtype=np.int64), -1, -3)


def _funders_of(contract: Contract, funders: Funders) -> list[int]:
    """The positions of the funders that pay anything up front."""
    found: set[int] = set()
    for tranche in contract.tranches.values():
        parts = tranche.parts(contract.currency, contract.rounding.rule)
        found.update(funders.position(funder) for funder in parts)
    return sorted(found)


def _return_at_the_end(
    contract: Contract, concerned: list[int], up_front: Pence, recovered: Pence, returned: Pence
) -> None:
    """What goes back to its funder at the last claim date, of what is left of every tranche."""
    last = len(contract.calendar.periods) - 1
    for index, tranche in enumerate(contract.tranches.values()):
        if tranche.left_over == "returned":
            for funder in concerned:
                at = (index, slice(None), slice(last, None), funder)
                returned[at] = up_front[at] - recovered[at]


def _recover(contract: Contract, funders: Funders, amount: Pence) -> tuple[Pence, Pence]:
    """Up-front money paid and recovered to date, shaped (tranche, trial, claim date, funder)."""
    shape = (len(contract.tranches), *amount.shape)
    up_front, recovered = _trials_together(shape), _trials_together(shape)
    for index, tranche in enumerate(contract.tranches.values()):
        paid_from = period_of(contract.calendar.periods, day_number(tranche.on))
        if paid_from >= amount.shape[1]:
            continue  # its claim date has not come
        for funder, part in tranche.parts(contract.currency, contract.rounding.rule).items():
            position = funders.position(funder)
            up_front[index, :, paid_from:, position] = part
            before = amount[:, paid_from - 1, position] if paid_from else 0
            later = np.maximum(amount[..., position] - np.reshape(before, (-1, 1)), 0)
            back = round_fraction(later, tranche.recovered.at, contract.rounding.rule)
            taken = recovered[:index, ..., position].sum(axis=0)
            left = np.maximum(amount[..., position] - taken, 0)
            most = np.minimum(up_front[index, ..., position], left)
            recovered[index, ..., position] = np.minimum(most, back)
    if contract.tranches:
        _recover_faster_at_limits(contract, funders, amount, up_front, recovered)
    return up_front, recovered


def _recover_faster_at_limits(
    contract: Contract, funders: Funders, amount: Pence, up_front: Pence, recovered: Pence
) -> None:
    """Recover earlier than the tranche says where money on account would carry a funder, or the
    contract, over a limit.
    """
    concerned = _funders_of(contract, funders)
    for _, positions, most in _limits_to_date(contract, funders, amount.shape[1]):
        own = [one for one in positions if one in concerned]
        if not own:
            continue
        asked = amount[..., positions].sum(axis=-1)
        asked += (up_front[..., own] - recovered[..., own]).sum(axis=(0, 3))
        over = np.maximum(asked - most, 0)
        for index in range(len(contract.tranches)):
            for position in own:
                left = up_front[index, ..., position] - recovered[index, ..., position]
                more = np.minimum(over, left)
                recovered[index, ..., position] += more
                over = over - more


def _limits_to_date(
    contract: Contract, funders: Funders, claims: int
) -> Iterator[tuple[Limit, list[int], Numbers]]:
    """The limits on all that a funder, or everybody, is asked for to date: the positions of the
    funders together, and the most at each claim date. Other limits concern some of the money, never
    that on account.
    """
    for limit in contract.limits:
        if limit.is_on_everything:
            everybody = list(range(len(funders.all)))
            yield limit, everybody, headroom_by_claim(contract, limit, claims)
        elif limit.on_funder is not None and not limit.is_yearly:
            most = headroom_by_claim(contract, limit, claims)
            yield from ((limit, [one], most) for one in funders.of_term(limit.on_funder))
