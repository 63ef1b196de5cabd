"""The money of lots: each claim date by the terms in force on it, one after another.

Takes  quantities to date of the open claim dates, the movements of closed ones, and the terms in
       force: stretches of claim dates at which the same versions of the contract are known.
Gives  movements, their parts, and balances. A statement is the case of one trial; a contract that
       was never amended, of one stretch.
Keeps  a closed claim date is never rewritten: what new terms change is a movement of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import groupby

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evaluation.inputs import ClaimDate
from impactbond.money import Pence
from impactbond.settlement.balances import Balances, balance
from impactbond.settlement.funders import Funders
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.movements import Movements, find_movements, none_yet, up_to
from impactbond.settlement.overflow import grows_at
from impactbond.settlement.shares import Parts, share_out, without_idle


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """The terms that money follows at the claim dates from number `first` up to `end`, at which
    these versions are known. `contract` is the whole with their limits, up-front payments, days and
    roundings.
    """

    known: Versions
    contract: Contract
    first: int
    end: int


def terms_in_force(versions: Versions, claims: Sequence[ClaimDate]) -> list[TermsInForce]:
    """The stretches of claim dates, by the versions that are known at them."""
    found = []
    for _, group in groupby(claims, lambda claim: len(versions.known_by(claim.known_by).all)):
        dated = list(group)
        known = versions.known_by(dated[0].known_by)
        contract = versions.as_under(known)
        found.append(TermsInForce(known, contract, dated[0].number, dated[-1].number + 1))
    return found


@dataclass(frozen=True)
class LotSettlement:
    """The money of lots: their history, its parts, and the balances; amounts carry a trial axis."""

    lots: Lots
    history: Movements
    parts: Parts
    balances: Balances


def settle_lots(
    contract: Contract,
    lots: Lots,
    funders: Funders,
    quantities: Numbers,
    closed: Movements | None = None,
    first_open: int = 0,
) -> LotSettlement:
    """Settle quantities to date shaped (trial, claim date, lot) by one contract throughout."""
    throughout = TermsInForce(Versions.of(contract), contract, 0, quantities.shape[1])
    return settle_by_terms([throughout], lots, funders, quantities, closed, first_open)


def settle_by_terms(
    terms: Sequence[TermsInForce],
    lots: Lots,
    funders: Funders,
    quantities: Numbers,
    closed: Movements | None = None,
    first_open: int = 0,
) -> LotSettlement:
    """Settle quantities to date shaped (trial, claim date, lot); the claim dates from `first_open`
    on are of the last stretch, whose terms alone move anything.
    """
    last = terms[-1]
    closed = none_yet(quantities.shape[0]) if closed is None else closed
    releases = partial(grows_at, last.contract)
    history = find_movements(last.contract, lots, quantities, closed, first_open, releases)
    if first_open == last.first and first_open < last.end:
        history = _reached_by_new_terms(history, first_open)
    history, parts = without_idle(history, _share_out(terms, lots, funders, history))
    return LotSettlement(lots, history, parts, _balance(terms, funders, history, parts))


def _reached_by_new_terms(history: Movements, claim: int) -> Movements:
    """The history with something that moves at a claim date.

    Limits of funders are met by movements. Where a new version lowers or lifts one and no claim
    moves at its first claim date, the limit would take hold only at the next movement: so one of
    nothing, of a lot that has moved before, stands there for it to be met by.
    """
    if not history.claim.size or (history.claim == claim).any():
        return history
    before = int(np.searchsorted(history.claim, claim))
    if not before:
        return history
    added = history.each(lambda amounts: np.insert(amounts, before, 0, axis=-1))
    added.claim[before], added.lot[before] = claim, history.lot[before - 1]
    return added


def _share_out(
    terms: Sequence[TermsInForce], lots: Lots, funders: Funders, history: Movements
) -> Parts:
    """The parts of every movement: by how much the parts to date grow, each to date by the terms
    of its own stretch.

    Shares are cut, and limits of funders met, on running totals from the first claim date on. So
    every stretch shares out the whole history up to its end as if its terms had always been in
    force, and only the boundaries at its own movements are taken from that. What differs between
    two stretches at the border falls to the first movement of the later one: no movement of a
    closed claim date is shared out anew.
    """
    if len(terms) == 1:
        return share_out(terms[0].contract, lots, funders, history)
    to_date: dict[str, list[Pence]] = {"value": [], "payable": [], "moved": []}
    for stretch in terms:
        parts = share_out(stretch.contract, lots, funders, up_to(history, stretch.end))
        own = history.claim[history.claim < stretch.end] >= stretch.first
        for name, found in to_date.items():
            found.append(np.cumsum(getattr(parts, name), axis=1)[:, own])
    moved = {name: np.concatenate(found, axis=1) for name, found in to_date.items()}
    for amounts in moved.values():
        amounts[:, 1:] -= amounts[:, :-1].copy()
    # Limits of funders differ from stretch to stretch: what each holds back is not told apart.
    return Parts(**moved, beyond=np.zeros((*history.value.shape, 0), dtype=np.int64))


def _balance(
    terms: Sequence[TermsInForce], funders: Funders, history: Movements, parts: Parts
) -> Balances:
    """The balances, each claim date by the terms of its own stretch."""
    tranches = list(terms[-1].contract.tranches)
    stretches = []
    for stretch in terms:
        so_far = up_to(history, stretch.end)
        until = slice(so_far.claim.size)
        own = Parts(*(getattr(parts, field.name)[:, until] for field in fields(Parts)))
        found = balance(stretch.contract, funders, so_far, own, stretch.end, stretch.first)
        stretches.append(_of_stretch(found, stretch, tranches))
    return Balances(
        *(
            np.concatenate([getattr(one, field.name) for one in stretches], axis=-2)
            for field in fields(Balances)
        )
    )


def _of_stretch(balances: Balances, stretch: TermsInForce, tranches: Sequence[str]) -> Balances:
    """The balances of a stretch's own claim dates, with the up-front payments of the last one."""
    names = list(stretch.contract.tranches)
    own = slice(stretch.first, stretch.end)

    def placed(amounts: Pence) -> Pence:
        found = np.zeros((len(tranches), *amounts.shape[1:]), dtype=np.int64)
        for place, name in enumerate(tranches):
            if name in names:
                found[place] = amounts[names.index(name)]
        return found[..., own, :]

    return Balances(
        balances.value[..., own, :],
        balances.payable[..., own, :],
        balances.moved[..., own, :],
        placed(balances.up_front),
        placed(balances.recovered),
    )
