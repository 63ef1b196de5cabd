"""Running totals over columns: for one trial and for many."""

from __future__ import annotations

import numpy as np
import pytest

from impactbond.settlement.running import (
    added_at,
    begins,
    lengths,
    running_from_zero,
    running_total,
    running_within,
    steps_of,
    steps_within,
    sums_between,
)


@pytest.mark.parametrize("trials", [1, 47, 48, 300])
@pytest.mark.parametrize("order", ["C", "F"])
def test_totals_and_steps_are_the_same_however_many_trials(trials: int, order: str) -> None:
    one = np.array([3, -5, 0, 7], dtype=np.int64)
    amounts = np.asarray(np.outer(np.arange(1, trials + 1), one), order=order)  # type: ignore[call-overload]
    total = running_total(amounts)
    assert total[0].tolist() == [3, -2, -2, 5]
    assert total[-1].tolist() == [3 * trials, -2 * trials, -2 * trials, 5 * trials]
    np.testing.assert_array_equal(steps_of(total), amounts)


@pytest.mark.parametrize("trials", [1, 60])
def test_sums_of_stretches_of_columns(trials: int) -> None:
    amounts = np.tile(np.array([3, -5, 0, 7], dtype=np.int64), (trials, 1))
    first, end = np.array([[0, 1], [2, 4]]), np.array([[2, 1], [4, 4]])
    found = sums_between(running_from_zero(amounts), first, end)
    assert found.shape == (trials, 2, 2)
    assert found[-1].tolist() == [[-2, 0], [7, 0]]


@pytest.mark.parametrize("trials", [1, 60])
def test_no_columns_add_up_to_nothing(trials: int) -> None:
    nothing = np.zeros((trials, 0), dtype=np.int64)
    assert running_from_zero(nothing).tolist() == [[0]] * trials
    assert steps_of(running_total(nothing)).shape == (trials, 0)


@pytest.mark.parametrize("trials", [1, 60])
@pytest.mark.parametrize("order", ["C", "F"])
def test_totals_in_an_order_begin_anew_and_go_back_to_their_steps(trials: int, order: str) -> None:
    one = np.array([3, -5, 0, 7, 2], dtype=np.int64)
    amounts = np.asarray(np.outer(np.arange(1, trials + 1), one), order=order)  # type: ignore[call-overload]
    taken, starts = np.array([4, 0, 3, 1]), np.array([0, 2])
    total = running_within(amounts, taken, starts)
    assert total[0].tolist() == [2, 2 + 3, 7, 7 - 5]
    assert total[-1].tolist() == [2 * trials, 5 * trials, 7 * trials, 2 * trials]
    np.testing.assert_array_equal(steps_within(total, starts), amounts[:, taken])


@pytest.mark.parametrize("trials", [1, 60])
def test_columns_of_one_place_are_added_up(trials: int) -> None:
    amounts = np.tile(np.array([3, -5, 0, 7], dtype=np.int64), (trials, 1))
    found = added_at(amounts, np.array([2, 0, 2, 2]), 4)
    assert found.shape == (trials, 4)
    assert found[-1].tolist() == [-5, 0, 10, 0]


def test_where_numbers_begin_and_how_long_they_go_on() -> None:
    starts = begins(np.array([7, 7, 1, 7, 7]))
    assert starts.tolist() == [0, 2, 3]
    assert lengths(starts, 5).tolist() == [2, 1, 2]
    assert begins(np.zeros(0, dtype=np.int64)).tolist() == []
