"""Which of very many 64-bit hashes stand more than once, in NumPy, which counts whole numbers in a
fraction of the time in which an engine groups by them.

They are parted by their first bits as they come. Of each part the next bits are counted, as a
number each: what has a number to itself stands once. Of those that are left further bits are
counted, and only the few that are left then are compared whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeVar
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from impactbond.files import private_folder

MOST_IN_MEMORY = 2**30  # bytes of hashes; more are put aside in files
Number = TypeVar("Number", bound=np.integer)
Hashes = NDArray[np.uint64]
Values = NDArray[np.signedinteger]
Places = NDArray[np.intp]
_PARTS, _FIRST_BITS = 2**8, 56
_PARTED_AT_ONCE = 250_000  # rows of a piece: few enough for a processor's own memory
_FEW = 4_000  # hashes that are compared whole


class _Piece(NamedTuple):
    """What is kept of some hashes: they, where the parts end, and what is beside each, if anything
    is.
    """

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
        hashes, values = self._waited()
        part = (hashes >> np.uint64(_FIRST_BITS)).astype(np.uint8)
        order = np.argsort(part, kind="stable")  # of such short numbers the quickest by far
        ends = [0, *np.cumsum(np.bincount(part, minlength=_PARTS)).tolist()]
        beside = None if values is None else self._kept(values.take(order))
        self._pieces.append(_Piece(self._kept(hashes.take(order)), beside, ends))

    def _waited(self) -> tuple[Hashes, Values | None]:
        """What waits, as one."""
        values = [one for _, one in self._waiting if one is not None]
        hashes = np.concatenate([one for one, _ in self._waiting])
        self._waiting, self._rows = [], 0
        return hashes, np.concatenate(values) if values else None

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
        if not self._pieces:
            nothing = np.empty(0, np.uint64), None
            return _repeated(*(self._waited() if self._waiting else nothing))
        if self._rows:
            self._take_apart()
        parts = [self._found_in(part) for part in range(_PARTS)]
        hashes, values = zip(*parts, strict=True)
        return np.concatenate(hashes), np.concatenate(values)

    def _found_in(self, part: int) -> tuple[Hashes, Values]:
        hashes = np.concatenate([_of_part(one.hashes, one, part) for one in self._pieces])
        beside = [_of_part(one.values, one, part) for one in self._pieces if one.values is not None]
        return _repeated(hashes, np.concatenate(beside) if beside else None)


def _of_part(numbers: NDArray[Number], piece: _Piece, part: int) -> NDArray[Number]:
    return numbers[piece.ends[part] : piece.ends[part + 1]]


def _repeated(hashes: Hashes, values: Values | None) -> tuple[Hashes, Values]:
    """Those that stand more than once, and what is beside them, in order."""
    chosen = _near_others(hashes)
    hashes = hashes[chosen]
    values = np.zeros(len(chosen), np.int64) if values is None else values[chosen]
    order = np.lexsort((values, hashes))
    hashes, values = hashes[order], values[order]
    same = np.zeros(len(hashes), np.bool_)
    same[1:] = hashes[1:] == hashes[:-1]
    same[:-1] |= same[1:]
    return hashes[same], values[same]


def _near_others(hashes: Hashes) -> Places:
    """The places of all that stand more than once, and of few others."""
    places, bits_left = np.arange(len(hashes)), _FIRST_BITS
    while len(hashes) > _FEW:
        # Twice to four times as many numbers as hashes: two in three have one to themselves.
        bits = len(hashes).bit_length() + 1
        bits_left -= bits
        if bits_left < 0:
            break
        numbers = ((hashes >> np.uint64(bits_left)) & np.uint64(2**bits - 1)).view(np.int64)
        again = np.flatnonzero((np.bincount(numbers, minlength=2**bits) > 1).take(numbers))
        places, hashes = places[again], hashes[again]
    return places
