"""Simulating: a contract and an area into many settled futures, by the settlement that pays.

Takes  a contract, an area, how many trials, and a seed.
Gives  a Forecast.
Keeps  every trial is settled as if its evidence had been delivered; the same seed, the same bytes.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.errors import AssumptionError, Fault
from impactbond.settlement.lot_settlement import settle_lots
from impactbond.simulation.area import Area, assert_fits
from impactbond.simulation.draw import TRIALS_PER_BLOCK, Draws
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.withheld import limits_of, withheld_by_limit

# How many amounts (trial, lot, funder) one array of a settlement may hold: 32 MB, so that memory
# does not grow with the number of trials. It changes no result.
_AMOUNTS_AT_ONCE = 2**22


def simulate(contract: Contract, area: Area, *, trials: int, seed: int) -> Forecast:
    """`trials` futures of a contract in an area, drawn from `seed` and settled to the penny.

    The first futures are the same however many are asked for. Raises AssumptionError listing
    everything in the area that the contract cannot take, or where the contract's limits look at
    single claims.
    """
    _assert_can_be_drawn(trials, seed)
    _assert_can_be_counted(contract)
    assert_fits(contract, area)
    draws = Draws.of(contract, area, seed)
    lots, funders, claims = draws.lots, draws.funders, len(draws.claim_dates)
    due = np.empty((trials, claims, len(funders.all)), dtype=np.int64)
    held = np.empty((trials, claims, len(limits_of(contract, funders))), dtype=np.int64)
    at_once = max(1, _AMOUNTS_AT_ONCE // max(1, len(lots.keys) * len(funders.all)))
    for first in range(0, trials, TRIALS_PER_BLOCK):
        last = min(first + TRIALS_PER_BLOCK, trials)
        quantities = draws.quantities(first // TRIALS_PER_BLOCK)
        for start in range(first, last, at_once):
            chosen = slice(start, min(start + at_once, last))
            some = quantities[chosen.start - first : chosen.stop - first]
            settled = settle_lots(contract, lots, funders, some)
            due[chosen] = settled.due
            held[chosen] = withheld_by_limit(contract, some, settled)
    return Forecast(draws, trials, due, held)


def _assert_can_be_drawn(trials: int, seed: int) -> None:
    asked = [
        ("no_trials", "trials must be a whole number, at least 1", trials, 1),
        ("negative_seed", "the seed must be a whole number, and not negative", seed, 0),
    ]
    faults = [
        Fault(code=code, problem=problem, found=f"{found!a}"[:40])
        for code, problem, found, least in asked
        if isinstance(found, bool) or not isinstance(found, Integral) or found < least
    ]
    if faults:
        raise AssumptionError("Nothing can be drawn.", faults)


def _assert_can_be_counted(contract: Contract) -> None:
    """A simulation counts equal claims of milestones that are reached once, and never knows whose
    each of them is.
    """
    faults = []
    if contract.claim_by_claim:
        problem = "a limit of the contract looks at single claims, and a simulation counts them"
        found = "a limit on each participant, on so many participants, that leaves the claim which"
        found += " reaches over it unpaid, or on a number of claims of uneven prices"
        hint = "Simulate the contract with that limit left out, or in money and part paid"
        faults.append(Fault(code="claim_by_claim", problem=problem, found=found, hint=hint))
    for name, term in contract.milestones.items():
        if term.units is not None or term.instead_of:
            what = "is paid by the unit" if term.units is not None else "stands instead of another"
            problem = f"the milestone '{name}' {what}, and a simulation draws whether each"
            problem += " milestone is reached, once and by itself"
            hint = "Simulate the contract with a milestone that is reached once in its place"
            faults.append(Fault(code="not_drawn", problem=problem, hint=hint))
    if contract.participants.places is not None:
        problem = "children follow one another in places, and a simulation draws each by itself"
        hint = "Simulate the contract without places"
        faults.append(Fault(code="not_drawn", problem=problem, hint=hint))
    if faults:
        raise AssumptionError(f"The contract {contract.contract} cannot be simulated.", faults)
