"""A simulation on an executor: the same bytes, whoever draws them, and never a short result."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impactbond.contract.read import read_contract
from impactbond.errors import SimulationError
from impactbond.simulation.draw import TRIALS_PER_BLOCK
from impactbond.simulation.read import read_area
from impactbond.simulation.simulate import simulate

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTRACT = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
AREA = read_area(FIXTURES / "areas" / "new_borough.yaml", CONTRACT)
TRIALS = 2 * TRIALS_PER_BLOCK + 100


@pytest.mark.parametrize(
    "executor", [lambda: ThreadPoolExecutor(4), lambda: ProcessPoolExecutor(2)]
)
def test_an_executor_gives_the_same_futures(executor: Callable[[], Executor]) -> None:
    here = simulate(CONTRACT, AREA, trials=TRIALS, seed=5)
    told: list[int] = []
    with executor() as workers:
        there = simulate(
            CONTRACT, AREA, trials=TRIALS, seed=5, executor=workers, progress=told.append
        )
    np.testing.assert_array_equal(here.due_pence, there.due_pence)
    np.testing.assert_array_equal(here.held_back_pence, there.held_back_pence)
    assert told == [TRIALS_PER_BLOCK, 2 * TRIALS_PER_BLOCK, TRIALS]


def test_a_distributed_client_gives_the_same_futures() -> None:
    # The fast tests run where it is not installed.
    from distributed import Client, LocalCluster

    here = simulate(CONTRACT, AREA, trials=TRIALS, seed=5)
    local = {"processes": False, "dashboard_address": None, "silence_logs": 50}
    with LocalCluster(n_workers=2, threads_per_worker=1, **local) as cluster, Client(cluster) as to:
        there = simulate(CONTRACT, AREA, trials=TRIALS, seed=5, executor=to.get_executor())
    np.testing.assert_array_equal(here.due_pence, there.due_pence)
    np.testing.assert_array_equal(here.held_back_pence, there.held_back_pence)


class _Dying(Executor):
    """Does what it is asked once, and then no more."""

    def __init__(self, dies: BaseException | None) -> None:
        self.calls, self.dies = 0, dies

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        if self.calls > 1 and self.dies is None:
            raise RuntimeError("cannot schedule new futures after shutdown")
        done: Future[Any] = Future()
        if self.calls > 1:
            done.set_exception(self.dies)
        else:
            done.set_result(fn(*args, **kwargs))
        return done


@pytest.mark.parametrize("dies", [None, MemoryError("child 7 of Elm")])
def test_an_executor_that_dies_half_way_leaves_no_short_result(
    dies: BaseException | None,
) -> None:
    with pytest.raises(SimulationError) as refused:
        simulate(CONTRACT, AREA, trials=TRIALS, seed=5, executor=_Dying(dies))
    problems = [fault.problem for fault in refused.value.faults]
    assert problems == [
        "futures 2,048 to 4,095 were not returned",
        "futures 4,096 to 4,195 were not returned",
    ]
    assert "Elm" not in str(refused.value)


def _ends(*_: object) -> None:
    os._exit(1)


def test_a_worker_that_is_killed_is_told() -> None:
    with ProcessPoolExecutor(1) as workers:
        workers.submit(_ends)
        with pytest.raises(SimulationError, match="BrokenProcessPool"):
            simulate(CONTRACT, AREA, trials=10, seed=5, executor=workers)
