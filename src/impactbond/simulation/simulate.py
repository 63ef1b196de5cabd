"""Simulating: a contract and an area into many settled futures, by the settlement that pays.

Takes  a contract, an area, how many trials, and a seed.
Gives  a Forecast.
Keeps  every trial is settled as if its evidence had been delivered; the same seed, the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from functools import partial
from numbers import Integral

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.errors import AssumptionError, Fault, SimulationError
from impactbond.money import Pence
from impactbond.simulation.area import Area
from impactbond.simulation.draw import Draws
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.read import assert_fits
from impactbond.simulation.settle_drawn import settle_futures
from impactbond.simulation.withheld import limits_of


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

    Raises AssumptionError listing everything in the area that the contract cannot take;
    SimulationError where an executor did not return every future.
    """
    assert_can_be_drawn(trials, seed)
    assert_fits(contract, area)
    return forecast_of(Draws.of(contract, area, seed), trials, executor, progress)


def forecast_of(
    draws: Draws,
    trials: int,
    executor: Executor | None,
    progress: Callable[[int], object] | None,
) -> Forecast:
    """So many futures, drawn and settled."""
    futures, blocks = _room(draws, trials), _blocks(draws.trials_per_block, trials)
    settled = _here if executor is None else partial(_on, executor)
    for done, _ in enumerate(settled(draws, blocks, futures), start=1):
        if progress is not None:
            progress(min(done * draws.trials_per_block, trials))
    return Forecast(draws, trials, *futures)


def _blocks(size: int, trials: int) -> list[slice]:
    """The futures of every block that is asked for, the last perhaps in part."""
    return [slice(first, min(first + size, trials)) for first in range(0, trials, size)]


# What is due in some futures, what each limit withheld, and what is spent.
Futures = tuple[Pence, Pence, Pence]


def _here(draws: Draws, blocks: Sequence[slice], futures: Futures) -> Iterator[None]:
    """Every block settled into its place among the futures, one after another."""
    due, held, spent = futures
    for number, block in enumerate(blocks):
        _settle_block(draws, number, (due[block], held[block], spent[block]))
        yield


def _on(
    executor: Executor, draws: Draws, blocks: Sequence[slice], futures: Futures
) -> Iterator[None]:
    """Every block put in its place among the futures as an executor returns it; SimulationError
    where any of them is missing.
    """
    started: dict[Future[Futures], slice] = {}
    missing = []
    for number, block in enumerate(blocks):
        try:
            one = executor.submit(_settled_block, draws, number, block.stop - block.start)
        except RuntimeError as error:  # an executor that is broken or shut down takes nothing
            missing.append((block, type(error).__name__))
        else:
            started[one] = block
    for one in as_completed(started):
        raised = one.exception()
        if raised is None:
            for place, found in zip(futures, one.result(), strict=True):
                place[started[one]] = found
            yield
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


def _settled_block(draws: Draws, number: int, trials: int) -> Futures:
    """The first so many futures of a block."""
    futures = _room(draws, trials)
    _settle_block(draws, number, futures)
    return futures


def _settle_block(draws: Draws, number: int, futures: Futures) -> None:
    """Write the first futures of a block, as many as there is room for."""
    due, held, spends = futures
    counts, spent = draws.drawn(number)
    spends[...] = spent[: len(due)]
    settle_futures(draws, number, counts, due, held)


def _room(draws: Draws, trials: int) -> Futures:
    """Room for so many futures. In memory the trials of each amount lie side by side, as they are
    settled and summed up.
    """
    claims, limits = len(draws.claim_dates), limits_of(draws.contract, draws.funders)
    shapes = (
        (claims, len(draws.funders.all)),
        (claims, len(limits)),
        (len(draws.spending.months), len(draws.area.costs)),
    )
    due, held, spent = (
        np.moveaxis(np.empty((*shape, trials), dtype=np.int64), -1, 0) for shape in shapes
    )
    return due, held, spent


def assert_can_be_drawn(trials: int, seed: int) -> None:
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
