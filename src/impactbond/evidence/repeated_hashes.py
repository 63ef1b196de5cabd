"""Which of very many 64-bit hashes stand more than once, in NumPy, which sorts whole numbers in a
fraction of the time in which an engine groups by them.

They are parted by their first bits as they come, and each part is sorted by itself: by the last
half of each hash, which takes half as long. Only the few whose half stands twice, by chance or
because they are the same, are compared whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeVar
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from impactbond.files import private_folder

MOST_IN_MEMORY = 2**30  # bytes of hashes; more are put aside in files
Number = TypeVar("Number", np.uint64, np.int64)
Hashes = NDArray[np.uint64]
Values = NDArray[np.int64]
Places = NDArray[np.intp]
_PARTED_AT_ONCE = 250_000  # rows of a piece: few enough for a processor's own memory
_PARTS, _FIRST_BITS = 2**8, np.uint64(56)
_MARKS, _MARKED_BITS = 2**16, np.uint32(16)


def places_of(marks: NDArray[np.bool_], numbers: NDArray[np.unsignedinteger]) -> Places:
    """Where numbers stand that are marked; each is a place in `marks`."""
    return np.flatnonzero(marks.take(numbers.astype(np.intp)))


class _Piece(NamedTuple):
    """Some hashes part by part, where the parts end, and what is beside each hash, if anything."""

    hashes: Hashes
    values: Values | None
    ends: list[int]


class RepeatedHashes:
    """Hashes that come in pieces, each with a whole number beside it, such as the value of its row,
    or none with any.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Hashes, Values | None]] = []
        self._rows = self._bytes = 0
        self._pieces: list[_Piece] = []
        self._folder = ""

    def put(self, hashes: Hashes, values: Values | None = None) -> None:
        """Takes some more."""
        self._waiting.append((hashes, values))
        self._rows += len(hashes)
        if self._rows >= _PARTED_AT_ONCE:
            self._take_apart()

    def _take_apart(self) -> None:
        """What waits becomes a piece."""
        if not self._rows:
            return
        hashes = np.concatenate([one for one, _ in self._waiting])
        values = [one for _, one in self._waiting if one is not None]
        part = (hashes >> _FIRST_BITS).astype(np.uint8)
        order = np.argsort(part, kind="stable")  # of such short numbers the quickest by far
        ends = [0, *np.cumsum(np.bincount(part, minlength=_PARTS)).tolist()]
        beside = self._kept(np.concatenate(values)[order]) if values else None
        self._pieces.append(_Piece(self._kept(hashes[order]), beside, ends))
        self._waiting.clear()
        self._rows = 0

    def _kept(self, numbers: NDArray[Number]) -> NDArray[Number]:
        """The numbers, in a file where there are too many: the system takes from memory what it
        finds there again.
        """
        # Names by the bytes so far: no two files of one folder are called alike.
        self._bytes += numbers.nbytes
        if self._bytes <= MOST_IN_MEMORY:
            return numbers
        if not self._folder:
            self._folder, put_away = private_folder()
            finalize(self, put_away)
        path = Path(self._folder, str(self._bytes))
        numbers.tofile(path)
        return np.memmap(path, numbers.dtype, "r")

    def found(self) -> tuple[Hashes, Values]:
        """Every row whose hash stands more than once, those of one hash together, in order of what
        is beside them.
        """
        self._take_apart()
        if not self._pieces:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        parts = [self._found_in(part) for part in range(_PARTS)]
        hashes, values = zip(*parts, strict=True)
        return np.concatenate(hashes), np.concatenate(values)

    def _found_in(self, part: int) -> tuple[Hashes, Values]:
        hashes = np.concatenate([_of_part(one.hashes, one, part) for one in self._pieces])
        # The parts were made by the first bits, so the last tell as much as can be told.
        halves = hashes.astype(np.uint32)
        ordered = np.sort(halves)
        again = ordered[1:][ordered[1:] == ordered[:-1]]
        if not len(again):
            return hashes[:0], np.empty(0, np.int64)
        # Near is not same: what is chosen here is compared whole below, so a mark too many costs
        # time and no fault.
        near = np.zeros(_MARKS, np.bool_)
        near[again >> _MARKED_BITS] = True
        chosen = places_of(near, halves >> _MARKED_BITS)
        beside = [_of_part(one.values, one, part) for one in self._pieces if one.values is not None]
        hashes = hashes[chosen]
        values = np.concatenate(beside)[chosen] if beside else np.zeros(len(chosen), np.int64)
        order = np.lexsort((values, hashes))
        hashes, values = hashes[order], values[order]
        same = np.zeros(len(hashes), np.bool_)
        same[1:] = hashes[1:] == hashes[:-1]
        # Both of a pair, and the first of several too.
        same[:-1] |= same[1:]
        return hashes[same], values[same]


def _of_part(numbers: NDArray[Number], piece: _Piece, part: int) -> NDArray[Number]:
    return numbers[piece.ends[part] : piece.ends[part + 1]]
