"""The money of lots under several versions: each claim date by the limits, up-front money and
rounding in force on it.

Takes  quantities to date of the open claim dates, and the movements of closed ones.
Gives  the same as `settle_lots`, where the terms differ from turn to turn.
Keeps  a closed claim date is never rewritten: what new terms change is a movement of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.money import Pence
from impactbond.settlement.balances import Balances, balance
from impactbond.settlement.funders import Funders
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.movements import Movements, find_movements
from impactbond.settlement.overflow import grows_at
from impactbond.settlement.shares import Parts, share_out, without_idle
from impactbond.settlement.terms_in_force import TermsInForce


@dataclass(frozen=True, slots=True)
class MoneyTerms:
    """The terms that money follows at the claim dates from number `first` up to `end`."""

    contract: Contract
    first: int
    end: int


def terms_of(versions: Versions, turns: Sequence[TermsInForce]) -> list[MoneyTerms]:
    """The terms of every turn, with the names that the versions have in common."""
    return [MoneyTerms(versions.as_under(turn.known), turn.first, turn.end) for turn in turns]


def settle_in_turns(
    terms: Sequence[MoneyTerms],
    lots: Lots,
    funders: Funders,
    quantities: Numbers,
    closed: Movements,
    opens: int,
) -> LotSettlement:
    """Settle quantities to date shaped (trial, claim date, lot); only the last turn is open."""
    last = terms[-1]
    releases = partial(grows_at, last.contract)
    history = find_movements(last.contract, lots, quantities, closed, opens, releases)
    if opens == last.first and opens < last.end:
        history = _reached_by_new_terms(history, opens)
    history, parts = without_idle(history, _share_out(terms, lots, funders, history))
    return LotSettlement(lots, history, parts, _balance(terms, funders, history, parts))


def _reached_by_new_terms(history: Movements, claim: int) -> Movements:
    """The history with something that moves at a claim date, so that new limits of funders take
    hold on it.
    """
    if not history.claim.size or (history.claim == claim).any():
        return history
    before = int(np.searchsorted(history.claim, claim))
    if not before:
        return history
    added = {
        "claim": claim,
        "lot": int(history.lot[before - 1]),
        "limited": 0,
        "quantity": 0,
        "value": 0,
        "entitled": 0,
        "is_release": False,
    }
    return Movements(
        *(
            np.insert(getattr(history, field.name), before, added[field.name], axis=-1)
            for field in fields(Movements)
        )
    )


def up_to(history: Movements, end: int) -> Movements:
    """The movements before the claim date of a number."""
    so_far = history.claim < end
    return Movements(*(getattr(history, field.name)[..., so_far] for field in fields(Movements)))


def since(history: Movements, first: int) -> Movements:
    """The movements from the claim date of a number on."""
    open_ = history.claim >= first
    return Movements(*(getattr(history, field.name)[..., open_] for field in fields(Movements)))


def _share_out(
    terms: Sequence[MoneyTerms], lots: Lots, funders: Funders, history: Movements
) -> Parts:
    """The parts of every movement: by how much the parts to date grow, each to date by the terms
    of its own turn.
    """
    if len(terms) == 1:
        return share_out(terms[0].contract, lots, funders, history)
    to_date: dict[str, list[Pence]] = {"value": [], "payable": [], "moved": []}
    for turn in terms:
        parts = share_out(turn.contract, lots, funders, up_to(history, turn.end))
        own = history.claim[history.claim < turn.end] >= turn.first
        for name, found in to_date.items():
            found.append(np.cumsum(getattr(parts, name), axis=1)[:, own])
    moved = {name: np.concatenate(found, axis=1) for name, found in to_date.items()}
    for amounts in moved.values():
        amounts[:, 1:] -= amounts[:, :-1].copy()
    return Parts(**moved, beyond=_nothing_beyond(history))


def _nothing_beyond(history: Movements) -> Pence:
    """Limits of funders differ from turn to turn: what each holds back is not told apart."""
    return np.zeros((*history.value.shape, 0), dtype=np.int64)


def _balance(
    terms: Sequence[MoneyTerms], funders: Funders, history: Movements, parts: Parts
) -> Balances:
    """The balances, each claim date by the terms of its own turn."""
    tranches = list(terms[-1].contract.tranches)
    turns = []
    for turn in terms:
        so_far = up_to(history, turn.end)
        own = Parts(
            *(
                amounts[:, : so_far.claim.size]
                for amounts in (parts.value, parts.payable, parts.moved, parts.beyond)
            )
        )
        found = balance(turn.contract, funders, so_far, own, turn.end, turn.first)
        turns.append(_of_turn(found, turn, tranches))
    return Balances(
        *(
            np.concatenate([getattr(turn, field.name) for turn in turns], axis=-2)
            for field in fields(Balances)
        )
    )


def _of_turn(balances: Balances, turn: MoneyTerms, tranches: Sequence[str]) -> Balances:
    """The balances of a turn's own claim dates, with the up-front payments of the last turn."""
    names = list(turn.contract.tranches)
    own = slice(turn.first, turn.end)

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
