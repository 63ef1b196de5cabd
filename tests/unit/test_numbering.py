"""Rows that are alike in several columns get one number, in the order of the rows."""

from __future__ import annotations

import numpy as np
import pytest

from impactbond.numbering import alike

FAR = 2**61


@pytest.mark.parametrize("far", [1, FAR])
def test_what_is_said_is_numbered_in_the_order_of_its_columns(far: int) -> None:
    first = np.array([far, 0, far, 0, far])
    second = np.array([7, 9, 3, 9, 3], dtype=np.int8)
    # In order: (0, 9), (far, 3), (far, 7).
    row, place = alike([first, second])
    assert place.tolist() == [2, 0, 1, 0, 1]
    assert [(int(first[at]), int(second[at])) for at in row] == [(0, 9), (far, 3), (far, 7)]


def test_columns_whose_numbers_would_not_fit_together_are_still_told_apart() -> None:
    columns = [np.array([0, FAR, FAR, 0, FAR]), np.array([-FAR, FAR, 0, -FAR, FAR])] * 2
    row, place = alike(columns)
    assert place.tolist() == [0, 2, 1, 0, 2]
    assert sorted(place[row].tolist()) == [0, 1, 2]


def test_of_no_rows_nothing_is_said() -> None:
    row, place = alike([np.zeros(0, dtype=np.int64)])
    assert row.size == place.size == 0
