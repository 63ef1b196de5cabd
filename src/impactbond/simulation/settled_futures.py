"""Settling drawn futures: by the settlement that pays, all at once where the contract lets them be.

Takes  draws, and what they count in every future.
Gives  what the lots of every future settle into.
Keeps  claim dates that are closed under earlier versions of an amended contract stand as they were
       settled; from there on, the versions in force settle what is drawn.
"""

from __future__ import annotations

import numpy as np

from impactbond.settlement.lot_settlement import (
    LotSettlement,
    settle_by_terms,
    settle_in_order,
    settle_lots,
    terms_in_force,
)
from impactbond.settlement.lots import Numbers
from impactbond.settlement.movements import Movements
from impactbond.simulation.draw import Draws


def settled_futures(draws: Draws, counts: Numbers) -> LotSettlement:
    """Futures by their counts, shaped (trial, column)."""
    if draws.settles_in_order:
        claims = len(draws.claim_dates)
        return settle_in_order(draws.contract, draws.lots, draws.funders, counts, claims)
    return settled_quantities(draws, draws.quantities(counts), pooled=True)


def settled_quantities(draws: Draws, quantities: Numbers, *, pooled: bool = False) -> LotSettlement:
    """Futures by their claims to date, shaped (trial, claim date, lot); see `settle_lots`."""
    closed, outturn = draws.columns.closed, draws.outturn
    if closed is None or outturn is None:
        return settle_lots(draws.contract, draws.lots, draws.funders, quantities, pooled=pooled)
    # Terms of one stretch can look at movements that those of another have as one: none is pooled.
    terms = terms_in_force(draws.versions, draws.claim_dates)
    trials, first_open = len(quantities), outturn.claim.number + 1
    amounts = (np.repeat(one, trials, axis=0) for one in closed[4:])
    every = Movements._make([*closed[:4], *amounts])
    return settle_by_terms(terms, draws.lots, draws.funders, quantities, every, first_open)
