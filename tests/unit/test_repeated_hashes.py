"""Hashes that stand more than once are found, however many there are and wherever they are kept."""

from __future__ import annotations

import numpy as np
import pytest

from impactbond.evidence import repeated_hashes
from impactbond.evidence.repeated_hashes import RepeatedHashes

HASHES = np.random.Generator(np.random.PCG64(1)).integers(0, 2**64, 3_000, np.uint64)


def found(*pieces: tuple[np.ndarray, np.ndarray | None]) -> tuple[list[int], list[int]]:
    kept = RepeatedHashes()
    for hashes, values in pieces:
        kept.put(hashes.astype(np.uint64), values)
    hashes, values = kept.found()
    return hashes.tolist(), values.tolist()


@pytest.fixture(params=["in memory", "in files", "in many pieces", "in many looks"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "in files":
        monkeypatch.setattr(repeated_hashes, "MOST_IN_MEMORY", 100)
        monkeypatch.setattr(repeated_hashes, "_PARTED_AT_ONCE", 500)
    if request.param == "in many pieces":
        monkeypatch.setattr(repeated_hashes, "_PARTED_AT_ONCE", 10)
    if request.param == "in many looks":
        monkeypatch.setattr(repeated_hashes, "_FEW", 2)


@pytest.mark.usefixtures("kept")
def test_those_that_stand_once_are_not_found_and_others_all() -> None:
    assert found() == ([], [])
    assert found((HASHES[:0], None)) == ([], [])
    assert found((HASHES, None)) == ([], [])
    again = HASHES[[5, 700]]
    expected = sorted([*again.tolist(), *again.tolist()])
    pieces = [(HASHES[:1_000], None), (again, None), (HASHES[1_000:], None)]
    assert found(*pieces) == (expected, [0, 0, 0, 0])


@pytest.mark.usefixtures("kept")
def test_what_is_beside_them_comes_along_in_order() -> None:
    one, other, third = sorted(HASHES[:3].tolist())
    hashes = np.array([other, one, other, third, one, other], np.uint64)
    values = np.array([9, 4, -1, 8, 4, 3], np.int64)
    pieces = ((hashes[:2], values[:2]), (hashes[2:], values[2:]))
    assert found(*pieces) == ([one, one, other, other, other], [4, 4, -1, 3, 9])


@pytest.mark.usefixtures("kept")
def test_hashes_of_which_only_parts_are_the_same_are_not_the_same() -> None:
    first, middle, last = 7 << 56, 3 << 40, 12345
    alike = [first + last, first + middle + last, (1 << 56) + last, first + last + (1 << 16)]
    assert found((np.array(alike, np.uint64), None)) == ([], [])
    same = first + middle + last
    assert found((np.array([*alike, same], np.uint64), None)) == ([same, same], [0, 0])
