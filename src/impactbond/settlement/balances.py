"""Balances: what every funder owes to date, and the money that it paid up front.

Takes  the parts of every movement, and the tranches and limits of a contract.
Gives  amounts to date shaped (trial, claim date, funder); up-front money paid, recovered and gone
       back, by tranche too: (tranche, trial, claim date, funder).
Keeps  up-front money never carries a funder or the contract over a limit. In memory the trials of
       each amount lie side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.errors import InvariantError
from impactbond.money import Pence, round_fraction
from impactbond.settlement.funding import Funders
from impactbond.settlement.limits import headroom_by_claim, nothing_of
from impactbond.settlement.lots import Numbers, period_of
from impactbond.settlement.movements import Movements
from impactbond.settlement.parts import Entries
from impactbond.settlement.running import added_at


def to_date(amounts: Pence, entries: Entries, history: Movements, claims: int) -> Pence:
    """Amounts shaped (trial, entry) summed to date: (trial, claim date, funder).

    Entries of movements that `history` does not have count for nothing.
    """
    known = int(np.searchsorted(history.claim, claims))
    # What came after is added up in a place of its own behind the last claim date, and cut off.
    claim = np.append(history.claim[:known], np.full(entries.movements - known, claims))
    funders, trials = entries.funders, len(amounts)
    place = claim[entries.movement] * funders + entries.funder
    moved = added_at(amounts, place, (claims + 1) * funders)
    sums = moved.T.reshape(claims + 1, funders, trials)[:claims]
    for before, after in pairwise(sums):
        after += before
    return np.moveaxis(sums, -1, 0)


def on_account(
    contract: Contract, funders: Funders, amount: Pence, first: int = 0
) -> tuple[Pence, Pence, Pence]:
    """Up-front money paid, recovered and gone back to date, as if the terms of the contract had
    always been in force; from the claim date `first` on they are, and their limits hold.
    """
    limits = list(_limits_to_date(contract, funders, amount))
    cut = contract.currency, contract.rounding.rule
    parts = [
        {funders.position(funder): part for funder, part in tranche.parts(*cut).items()}
        for tranche in contract.tranches.values()
    ]
    concerned = sorted(set().union(*parts))
    up_front, recovered = _recover(contract, parts, amount)
    _recover_faster_at_limits(limits, concerned, up_front, recovered)
    for limit in limits:
        own = [one for one in limit.positions if one in concerned]
        asked = limit.asked + _left_of(up_front, recovered, own)
        # Before `first` other terms were in force, under which more may have been paid.
        if (asked > limit.most)[:, first:].any():
            raise InvariantError(f"the limit on the {limit.name} is exceeded")
    returned = _returned_at_the_end(contract, concerned, up_front, recovered)
    return up_front, recovered, returned


def left_on_account(
    up_front: Pence, recovered: Pence, returned: Pence
) -> Iterator[tuple[int, Pence]]:
    """What is left of up-front money to date, of each tranche for each of its funders: the position
    of the funder, and amounts shaped (trial, claim date).
    """
    for paid, back, gone in zip(up_front, recovered, returned, strict=True):
        # Up-front money is the same in every trial: the first tells who paid any.
        for funder in np.flatnonzero(paid[:1].any(axis=(0, 1))).tolist():
            yield funder, paid[..., funder] - back[..., funder] - gone[..., funder]


def with_on_account(amount: Pence, account: tuple[Pence, Pence, Pence]) -> Pence:
    """Amounts with what is left of up-front money of all tranches."""
    asked = amount.copy(order="K")
    for funder, left in left_on_account(*account):
        asked[..., funder] += left
    return asked


def _left_of(up_front: Pence, recovered: Pence, own: list[int]) -> Pence:
    """What is left of up-front money of some funders together: (trial, claim date)."""
    left = np.zeros(up_front.shape[2:0:-1], dtype=np.int64).T
    for paid, back in zip(up_front, recovered, strict=True):
        for funder in own:
            left += paid[..., funder] - back[..., funder]
    return left


def _trials_together(shape: tuple[int, ...]) -> Pence:
    """Nothing, shaped (..., trial, claim date, funder), the trials side by side in memory."""
    *outer, trials, claims, funders = shape
    return np.moveaxis(np.zeros((*outer, claims, funders, trials), dtype=np.int64), -1, -3)


def _returned_at_the_end(
    contract: Contract, concerned: list[int], up_front: Pence, recovered: Pence
) -> Pence:
    """What goes back to its funder at the last claim date, of what is left of every tranche."""
    if not any(tranche.left_over == "returned" for tranche in contract.tranches.values()):
        return nothing_of(recovered)
    returned = _trials_together(recovered.shape)
    last = len(contract.calendar.periods) - 1
    for index, tranche in enumerate(contract.tranches.values()):
        if tranche.left_over == "returned":
            for funder in concerned:
                at = (index, slice(None), slice(last, None), funder)
                returned[at] = up_front[at] - recovered[at]
    return returned


def _recover(
    contract: Contract, parts: Sequence[Mapping[int, int]], amount: Pence
) -> tuple[Pence, Pence]:
    """Up-front money paid and recovered to date, shaped (tranche, trial, claim date, funder);
    `parts` are what each funder, by its position, pays of every tranche.
    """
    tranches, (trials, claims, funders) = len(contract.tranches), amount.shape
    # The same in every trial, and in memory once.
    paid = np.zeros((tranches, 1, claims, funders), dtype=np.int64)
    up_front = np.broadcast_to(paid, (tranches, *amount.shape))
    recovered = _trials_together((tranches, trials, claims, funders))
    for index, tranche in enumerate(contract.tranches.values()):
        paid_from = period_of(contract.calendar.periods, day_number(tranche.on))
        if paid_from >= amount.shape[1]:
            continue  # its claim date has not come
        for position, part in parts[index].items():
            paid[index, 0, paid_from:, position] = part
            # Recovered from what is claimed after it was paid: earlier claims were settled without
            # it.
            before = amount[:, paid_from - 1, position] if paid_from else 0
            # Claims taken back since pay nothing back to the provider: recovery never goes below
            # nothing.
            later = np.maximum(amount[..., position] - np.reshape(before, (-1, 1)), 0)
            back = round_fraction(later, tranche.recovered.at, contract.rounding.rule)
            # Tranches are recovered in the order in which they stand: no penny of a claim recovers
            # two.
            taken = recovered[:index, ..., position].sum(axis=0)
            left = np.maximum(amount[..., position] - taken, 0)
            most = np.minimum(up_front[index, ..., position], left)
            recovered[index, ..., position] = np.minimum(most, back)
    return up_front, recovered


def _recover_faster_at_limits(
    limits: Iterable[LimitToDate], concerned: list[int], up_front: Pence, recovered: Pence
) -> None:
    """Recover earlier than the tranche says where money on account would carry a funder, or the
    contract, over a limit.
    """
    for limit in limits:
        own = [one for one in limit.positions if one in concerned]
        if not own:
            continue
        over = np.maximum(limit.asked + _left_of(up_front, recovered, own) - limit.most, 0)
        for paid, back in zip(up_front, recovered, strict=True):
            for position in own:
                # The first tranche first, until nobody is over; what is left `over` stays for the
                # next.
                more = np.minimum(over, paid[..., position] - back[..., position])
                back[..., position] += more
                over -= more


class LimitToDate(NamedTuple):
    """A limit on all that a funder, or everybody, is asked for to date: the `positions` of the
    funders together, the `most` at each claim date, and what they are `asked` for without money on
    account, shaped (trial, claim date).
    """

    name: str
    positions: list[int]
    most: Numbers
    asked: Pence


def _limits_to_date(contract: Contract, funders: Funders, amount: Pence) -> Iterator[LimitToDate]:
    """The limits that money on account can carry anybody over: other limits concern some of the
    money, never that on account.
    """
    everybody = list(range(len(funders.all)))
    for limit in contract.limits:
        if limit.is_on_everything:
            together = [everybody]
        # Up-front money is of no year: a limit on each year looks at what was achieved in it.
        elif limit.on_funder is not None and not limit.is_yearly:
            together = [[one] for one in funders.of_term(limit.on_funder)]
        else:
            continue
        most = headroom_by_claim(contract, limit, amount.shape[1])
        for positions in together:
            asked = amount[..., positions[0]] if len(positions) == 1 else amount.sum(axis=2)
            yield LimitToDate(limit.name, positions, most, asked)
