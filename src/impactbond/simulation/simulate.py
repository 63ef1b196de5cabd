"""Simulating: a contract and an area into many settled futures, by the settlement that pays.

Takes  a contract, an area, how many trials, and a seed.
Gives  a Forecast.
Keeps  every trial is settled as if its evidence had been delivered; the same seed, the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from numbers import Integral

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.errors import AssumptionError, Fault, SimulationError
from impactbond.money import Pence
from impactbond.settlement.lot_settlement import LotSettlement, settle_in_order, settle_lots
from impactbond.settlement.lots import Numbers
from impactbond.simulation.area import Area
from impactbond.simulation.draw import Draws
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.read import assert_fits
from impactbond.simulation.withheld import limits_of, withheld_by_limit

# How many amounts (trial, lot), or (trial, claim date, lot) where each claim date is settled by
# itself, one array of a settlement may hold: 8 MB, so that memory does not grow with the number of
# trials. It changes no result.
_AMOUNTS_AT_ONCE = 2**20
# But never so few futures that each costs what starting an array operation does.
_LEAST_AT_ONCE = 256


def simulate(
    contract: Contract,
    area: Area,
    *,
    trials: int,
    seed: int,
    executor: Executor | None = None,
    progress: Callable[[int], object] | None = None,
) -> Forecast:
    """`trials` futures of a contract in an area, drawn from `seed` and settled to the penny.

    The first futures are the same however many are asked for, and whoever draws them: in this
    process, or on any `concurrent.futures` executor, such as a ProcessPoolExecutor or the executor
    of a Dask or Ray client. `progress` is called with the number of futures that are done.

    Raises AssumptionError listing everything in the area that the contract cannot take, or where
    the contract has places; SimulationError where an executor did not return every future.
    """
    assert_can_be_drawn(contract, trials, seed)
    assert_fits(contract, area)
    return forecast_of(Draws.of(contract, area, seed), trials, executor, progress)


def forecast_of(
    draws: Draws,
    trials: int,
    executor: Executor | None,
    progress: Callable[[int], object] | None,
) -> Forecast:
    """So many futures, drawn and settled."""
    contract, area = draws.contract, draws.area
    funders, claims = draws.funders, len(draws.claim_dates)
    due = np.empty((trials, claims, len(funders.all)), dtype=np.int64)
    held = np.empty((trials, claims, len(limits_of(contract, funders))), dtype=np.int64)
    spent = np.empty((trials, len(draws.spending.months), len(area.costs)), dtype=np.int64)
    blocks = _blocks(draws.trials_per_block, trials)
    settled = _here(draws, blocks) if executor is None else _on(executor, draws, blocks)
    for done, (futures, in_block) in enumerate(settled, start=1):
        due[futures], held[futures], spent[futures] = in_block
        if progress is not None:
            progress(min(done * draws.trials_per_block, trials))
    return Forecast(draws, trials, due, held, spent)


def _blocks(size: int, trials: int) -> list[slice]:
    """The futures of every block that is asked for, the last perhaps in part."""
    return [slice(first, min(first + size, trials)) for first in range(0, trials, size)]


Settled = tuple[Pence, Pence, Pence]


def _here(draws: Draws, blocks: Sequence[slice]) -> Iterator[tuple[slice, Settled]]:
    for number, futures in enumerate(blocks):
        yield futures, _settle_block(draws, number, futures.stop - futures.start)


def _on(
    executor: Executor, draws: Draws, blocks: Sequence[slice]
) -> Iterator[tuple[slice, Settled]]:
    """The blocks as an executor returns them; nothing where any of them is missing."""
    started: dict[Future[Settled], slice] = {}
    missing = []
    for number, futures in enumerate(blocks):
        try:
            one = executor.submit(_settle_block, draws, number, futures.stop - futures.start)
        except RuntimeError as error:  # an executor that is broken or shut down takes nothing
            missing.append((futures, type(error).__name__))
        else:
            started[one] = futures
    for one in as_completed(started):
        raised = one.exception()
        if raised is None:
            yield started[one], one.result()
        else:
            missing.append((started[one], type(raised).__name__))
    if missing:
        raise _not_returned(missing)


def _not_returned(missing: Sequence[tuple[slice, str]]) -> SimulationError:
    faults = [
        Fault(
            code="not_returned",
            problem=f"futures {futures.start:,} to {futures.stop - 1:,} were not returned",
            found=f"an error of the kind {kind}",
            hint="Simulate again, with fewer workers or without an executor: the same seed draws"
            " the same futures",
        )
        for futures, kind in sorted(missing, key=lambda one: one[0].start)
    ]
    return SimulationError("The executor did not return every future.", faults)


def _settle_block(draws: Draws, number: int, trials: int) -> Settled:
    """What is due in the first so many futures of a block, what each limit withheld, and what is
    spent.
    """
    contract, lots = draws.contract, draws.lots
    counts, spent = (drawn[:trials] for drawn in draws.drawn(number))
    of_each = len(lots.keys) * (1 if draws.settles_in_order else len(draws.claim_dates))
    at_once = max(_LEAST_AT_ONCE, _AMOUNTS_AT_ONCE // max(1, of_each))
    due = np.empty((trials, len(draws.claim_dates), len(draws.funders.all)), dtype=np.int64)
    limits = limits_of(contract, draws.funders)
    held = np.empty((trials, len(draws.claim_dates), len(limits)), dtype=np.int64)
    for first in range(0, trials, at_once):
        settled = _settled(draws, counts[first : first + at_once])
        futures = slice(first, first + at_once)
        due[futures], held[futures] = settled.due, withheld_by_limit(contract, settled)
    return due, held, np.ascontiguousarray(spent)


def _settled(draws: Draws, counts: Numbers) -> LotSettlement:
    contract, lots, funders = draws.contract, draws.lots, draws.funders
    if draws.settles_in_order:
        return settle_in_order(contract, lots, funders, counts, len(draws.claim_dates))
    return settle_lots(contract, lots, funders, draws.quantities(counts), pooled=True)


def assert_can_be_drawn(contract: Contract, trials: int, seed: int) -> None:
    """Nothing, or AssumptionError saying what cannot be drawn."""
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
    _assert_can_be_drawn_apart(contract)


def _assert_can_be_drawn_apart(contract: Contract) -> None:
    """Children are drawn apart from one another: none takes the place of another."""
    if contract.participants.places is not None:
        problem = "children follow one another in places, and a simulation draws each by itself"
        hint = "Simulate the contract without places"
        fault = Fault(code="not_drawn", problem=problem, hint=hint)
        raise AssumptionError(f"The contract {contract.contract} cannot be simulated.", [fault])
