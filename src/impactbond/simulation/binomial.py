"""Binomial numbers from raw bits: of so many children, how many reach something.

Takes  a chance, or one for each level of what befalls many at once; how many children there are in
       every trial, at which level; and 64 raw bits for each digit of that number.
Gives  how many reach it, in every trial.
Keeps  a number depends on the bits alone: tables are made by +, −, × and ÷ in a stated order,
       which every machine rounds alike, and of no function that one release computes otherwise
       than the next. A certain and an impossible chance are exact.

A number of children is written in base 16, and each digit is drawn by inversion of its own
distribution: Bin(a + b, p) = Bin(a, p) + Bin(b, p). So a chance needs a few small tables, however
many children there are and however much their number differs between trials. The leading bits of a
draw mostly tell its number alone, and a guide says which; only where they do not is it searched.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Bits = NDArray[np.uint64]
Chances = NDArray[np.float64]

_DIGIT_BITS = 4
_BASE = 2**_DIGIT_BITS
# The upper bits of a draw stand beside the table that it is for: so many are left to a draw, no
# fewer than a float has.
MOST_LEVELS = 2**5
_DRAWN_BITS = 64 - _DIGIT_BITS - 5
_FLOAT_BITS = 53
# So many leading bits of a draw are looked up in a guide; fewer where many tables share it, so that
# it stays near the processor.
_LEADING, _LEADING_OF_LEVELS = 11, 8
Guide = NDArray[np.int32]
# A table reaches so many standard deviations, and so many numbers more, to both sides of the most
# likely number: what is left out is rarer than the least step of a float below one.
_DEVIATIONS, _BESIDE = 9, 40


def digits_of(most: int) -> int:
    """How many digits, and so how many draws for every trial, numbers up to `most` need."""
    return max(1, -(-most.bit_length() // _DIGIT_BITS))


class Binomial:
    """The binomial distributions of a chance at each level, by inversion; tables are made when
    first needed.
    """

    def __init__(self, chances: Chances) -> None:
        self._chances = chances
        self._tables: dict[int, tuple[Bits, Numbers, Guide]] = {}
        self._leading = _LEADING if len(chances) == 1 else _LEADING_OF_LEVELS

    def draw(self, children: Numbers, bits: Bits, level: Numbers | None = None) -> Numbers:
        """How many of the children of every trial reach it: int64 shaped (trial,).

        `bits` are shaped (digit, trial), a row for every digit of `digits_of`; `level` is that of
        every trial, the first where nothing is said.
        """
        found = np.zeros_like(children)
        at = None if level is None else level * _BASE
        for place, row in enumerate(bits):
            table = (children >> (place * _DIGIT_BITS)) & (_BASE - 1)
            if at is not None:
                table += at
            steps, before, guide = self._table(place)
            leading = (row >> np.uint64(64 - self._leading)).view(np.int64)
            number = guide[(table << self._leading) | leading]
            unsure = np.flatnonzero(number < 0)
            if unsure.size:
                mark = table[unsure].astype(np.uint64) << np.uint64(_DRAWN_BITS)
                own = mark | (row[unsure] >> np.uint64(64 - _DRAWN_BITS))
                number[unsure] = np.searchsorted(steps, own, side="right") - before[table[unsure]]
            found += number
        return found

    def _table(self, place: int) -> tuple[Bits, Numbers, Guide]:
        """The steps of every level and digit at a place, one table after another, each marked with
        its number; how many steps stand before a table, less the least number in it; and the guide.
        """
        if place not in self._tables:
            found: list[Bits] = []
            before, count = [], 0
            for level, chance in enumerate(self._chances.tolist()):
                for digit in range(_BASE):
                    first, steps = _steps(digit << (place * _DIGIT_BITS), chance)
                    before.append(count - first)
                    mark = (level * _BASE + digit) << _DRAWN_BITS
                    found.append(steps | np.uint64(mark))
                    count += len(steps)
            steps, sums = np.concatenate(found), np.array(before, dtype=np.int64)
            self._tables[place] = steps, sums, self._guide(steps, sums)
        return self._tables[place]

    def _guide(self, steps: Bits, before: Numbers) -> Guide:
        """The number that is drawn in a table with some leading bits, whatever the others are; -1
        where it depends on these.
        """
        rest = np.uint64(_DRAWN_BITS - self._leading)
        least = np.arange(len(before) << self._leading, dtype=np.uint64) << rest
        most = least | ((np.uint64(1) << rest) - np.uint64(1))
        at_least, at_most = (np.searchsorted(steps, own, side="right") for own in (least, most))
        number = at_least - np.repeat(before, 1 << self._leading)
        return np.where(at_least == at_most, number, -1).astype(np.int32)


def _steps(children: int, chance: float) -> tuple[int, Bits]:
    """The least number that is drawn, and the bits from which each next one is."""
    none = np.zeros(0, dtype=np.uint64)
    if not children or not 0 < chance < 1:
        return (children if chance >= 1 else 0), none
    mode = int(children * chance)
    reach = _DEVIATIONS * (isqrt(int(children * chance * (1 - chance))) + 1) + _BESIDE
    first, last = max(0, mode - reach), min(children, mode + reach)
    odds = chance / (1 - chance)
    # Next to one another, chances are in the ratio (n - k) / (k + 1) × odds: from the most likely
    # number, whose weight is taken to be one, outwards nothing overflows.
    number = np.arange(first, last, dtype=np.float64)
    ratio = (children - number) / (number + 1.0) * odds
    up = np.cumprod(ratio[mode - first :])
    down = np.cumprod(1.0 / ratio[: mode - first][::-1])[::-1]
    below = np.cumsum(np.concatenate([down, np.ones(1), up]))
    # Rounded to whole numbers of 2^-53, then in the scale of what is drawn. A number from which
    # less than that is left is never drawn; its step would not fit beside the mark either.
    scaled = np.floor(below[:-1] / below[-1] * 2.0**_FLOAT_BITS).astype(np.uint64)
    scaled = scaled[scaled < 2**_FLOAT_BITS]
    return first, scaled << np.uint64(_DRAWN_BITS - _FLOAT_BITS)
