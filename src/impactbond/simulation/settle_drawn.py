"""Drawn futures settled: as counts, and claim by claim where counts do not tell what they come to.

Takes  the draws of an area, and the counts of trials.
Gives  their settlement, by the engine that pays.
Keeps  a trial that counts do not tell is dealt out to children, and settled as their claims. Claim
       dates that are closed under earlier versions of an amended contract stand as they were
       settled; from there on, the versions in force settle what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from impactbond.money import Pence
from impactbond.settlement.lot_settlement import (
    LotSettlement,
    settle_by_terms,
    settle_in_order,
    settle_lots,
    terms_in_force,
)
from impactbond.settlement.lots import Numbers
from impactbond.settlement.movements import Movements
from impactbond.settlement.priorities import Apart, Truths
from impactbond.simulation.draw import Draws
from impactbond.simulation.withheld import withheld_by_limit

# How many amounts (trial, lot), or (trial, claim date, lot) where each claim date is settled by
# itself, one array of a settlement may hold: 16 MB, so that memory does not grow with the number of
# trials. It changes no result.
_AMOUNTS_AT_ONCE = 2**21
# But never so few futures that each costs what starting an array operation does.
_LEAST_AT_ONCE = 256


def settle_futures(draws: Draws, block: int, counts: Numbers, due: Pence, held: Pence) -> None:
    """Write what is due in the first futures of a block, as many as there is room for, and what
    each limit withholds.
    """
    unsure = np.zeros(len(due), dtype=bool)
    for some in _parts(draws, len(due)):
        settled, unsure[some] = settled_as_counted(draws, counts[some], pooled=True)
        due[some], held[some] = settled.due, withheld_by_limit(draws.contract, settled)
    # Mostly none: what costs a lot for each child is paid for the few futures that need it.
    places = np.flatnonzero(unsure)
    if places.size:
        for some in _parts(draws.one_by_one, places.size):
            settled = settled_one_by_one(draws, block, places[some].tolist(), pooled=True)
            due[places[some]] = settled.due
            held[places[some]] = withheld_by_limit(draws.contract, settled)


def settled_as_counted(
    draws: Draws, counts: Numbers, *, pooled: bool
) -> tuple[LotSettlement, Truths]:
    """The counts of trials settled, and of which of them counts do not tell what they come to."""
    lots, claims = len(draws.lots.keys), len(draws.claim_dates)
    apart, of = None, (draws.contract, draws.lots, draws.funders)
    # Only where movements may be pooled: at once, no movement tells at which claim date a single
    # lot moved.
    in_order = pooled and draws.settles_in_order
    if draws.held is not None:
        by_limit = draws.held.by_lot if in_order else partial(draws.held.to_date, claims)
        apart = Apart.of(by_limit(counts[:, draws.first_held :], lots), len(counts))
    if in_order:
        settled = settle_in_order(*of, counts[:, :lots], claims, apart)
    elif draws.columns.closed is not None:
        settled = _settled_on(draws, draws.columns.closed, draws.quantities(counts))
    else:
        settled = settle_lots(*of, draws.quantities(counts), pooled=pooled, apart=apart)
    return settled, np.zeros(len(counts), dtype=bool) if apart is None else apart.unsure


def _settled_on(draws: Draws, closed: Movements, quantities: Numbers) -> LotSettlement:
    """Claims to date settled from where an amended contract stands: (trial, claim date, lot)."""
    # Terms of one stretch can look at movements that those of another have as one: none is pooled.
    terms = terms_in_force(draws.versions, draws.claim_dates)
    # What is closed is the same in every future.
    amounts = (np.repeat(one, len(quantities), axis=0) for one in closed[4:])
    every = Movements._make([*closed[:4], *amounts])
    return settle_by_terms(
        terms, draws.lots, draws.funders, quantities, every, draws.settled_claims
    )


def settled_one_by_one(
    draws: Draws, block: int, places: Sequence[int], *, pooled: bool
) -> LotSettlement:
    """Some trials of a block settled claim by claim."""
    single = draws.one_by_one
    counts = single.nothing_claimed(len(places))
    for group, turn, trial, child in draws.dealt(block, places):
        for claim in turn.claims:
            counts[trial, single.columns_of_children(group, claim)[child]] += claim.quantity
    return settled_as_counted(single, counts, pooled=pooled)[0]


def _parts(draws: Draws, trials: int) -> Iterator[slice]:
    """So many trials in parts that are settled at once."""
    of_each = len(draws.lots.keys) * (1 if draws.settles_in_order else len(draws.claim_dates))
    at_once = max(_LEAST_AT_ONCE, _AMOUNTS_AT_ONCE // max(1, of_each))
    for first in range(0, trials, at_once):
        yield slice(first, min(first + at_once, trials))
