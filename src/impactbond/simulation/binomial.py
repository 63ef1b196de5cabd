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

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from impactbond.settlement.lots import Numbers

Bits = NDArray[np.uint64]
Chances = NDArray[np.float64]

_DIGIT_BITS = 4
_BASE = 2**_DIGIT_BITS
# The upper bits of a draw stand beside the table that it is for: so many are left to a draw, no
# fewer than a float has.
MOST_LEVELS = 2**5
_DRAWN_BITS = 64 - _DIGIT_BITS - 5
_FLOAT_BITS = 53
# So many leading bits of a draw are looked up in a guide: more, up to a most, at every place, whose
# tables are longer; and the least where many tables share it, so that it stays near the processor.
_LEAST_LEADING, _MOST_LEADING = 8, 11
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
        self._tables: dict[int, Tables] = {}

    def draw(self, children: Numbers, bits: Bits, level: Numbers | None = None) -> Numbers:
        """How many of the children of every trial reach it: int64 of any one shape, such as
        (trial,) or (group, trial).

        `bits` are shaped (digit, ...), one of that shape for every digit of `digits_of`; `level` is
        that of every trial, the first where nothing is said.
        """
        found = np.zeros(children.shape, dtype=np.int64)
        for place, row in enumerate(bits):
            digit = children >> (place * _DIGIT_BITS)
            first, last = 0, _BASE - 1
            if place + 1 < len(bits):
                digit &= _BASE - 1
            elif digit.size:
                # Numbers alike begin with the same digits, and the longest tables are theirs.
                first, last = int(digit.min()), int(digit.max())
            tables = self._tables_of(place, first, last)
            digit -= tables.first
            if level is not None:
                digit += level * tables.digits
            found += tables.numbers(digit, row)
        return found

    def _tables_of(self, place: int, first: int, last: int) -> Tables:
        """The tables of every level, and of some digits at a place, perhaps of others too."""
        known = self._tables.get(place)
        # Tables only grow, to both sides: what was drawn from the smaller one is drawn from the
        # larger too.
        if known is not None:
            if known.first <= first and last < known.first + known.digits:
                return known
            first, last = min(first, known.first), max(last, known.first + known.digits - 1)
        digits, levels = np.arange(first, last + 1, dtype=np.int64), len(self._chances)
        children = np.tile(digits << (place * _DIGIT_BITS), levels)
        table, steps, least = _steps(children, np.repeat(self._chances, digits.size))
        count = np.bincount(table, minlength=len(children))
        before = np.cumsum(count) - count - least
        marked = (table.astype(np.uint64) << np.uint64(_DRAWN_BITS)) | steps
        leading = _LEAST_LEADING if levels > 1 else min(_LEAST_LEADING + place, _MOST_LEADING)
        self._tables[place] = Tables.of(first, digits.size, leading, marked, before)
        return self._tables[place]


class Tables(NamedTuple):
    """Tables of so many `digits` from the `first` on, level after level, each marked with its
    number: their `steps`; how many steps stand `before` a table, less the least number in it; and a
    guide by table and so many `leading` bits.

    The `guide` is the number that is drawn, whatever the other bits are. Where it is less than
    nothing, they decide: at -1 among several steps, further below at the one of `edge` in that
    place, before which the number of `least` is drawn and the next from it on.
    """

    first: int
    digits: int
    leading: int
    steps: Bits
    before: Numbers
    guide: Guide
    least: Guide
    edge: Bits

    @classmethod
    def of(cls, first: int, digits: int, leading: int, steps: Bits, before: Numbers) -> Tables:
        """Tables of these steps, with a guide."""
        rest, places = np.uint64(_DRAWN_BITS - leading), len(before) << leading
        place = steps >> rest
        inside = np.bincount(place.view(np.int64), minlength=places)
        # A step at the very least of a place is behind every draw in it.
        # A draw at the very bits of a step belongs to the next number: steps are lower ends.
        at_least = np.bincount(place[place << rest == steps].view(np.int64), minlength=places)
        end = np.cumsum(inside)
        number = (end - np.repeat(before, 1 << leading)).astype(np.int32)
        left = inside - at_least
        one = np.flatnonzero(left == 1)
        guide = np.where(left > 0, np.int32(-1), number)
        guide[one] = -2 - np.arange(one.size, dtype=np.int32)
        # The first place is that of several steps.
        edge = np.append(np.uint64(0), steps[end[one] - 1] & np.uint64(2**_DRAWN_BITS - 1))
        least = np.append(np.int32(0), number[one] - 1)
        return cls(first, digits, leading, steps, before, guide, least, edge)

    def numbers(self, table: Numbers, row: Bits) -> Guide:
        """The numbers drawn by some bits, each in a table."""
        place = table << self.leading
        place |= (row >> np.uint64(64 - self.leading)).view(np.int64)
        number = self.guide.take(place)
        unsure = np.flatnonzero(number < 0)
        if not unsure.size:
            return number
        drawn = row.reshape(-1)[unsure] >> np.uint64(64 - _DRAWN_BITS)
        which = -1 - number.reshape(-1)[unsure]
        found = self.least[which] + (drawn >= self.edge[which])
        several = np.flatnonzero(which == 0)
        if several.size:
            at = table.reshape(-1)[unsure[several]]
            own = (at.astype(np.uint64) << np.uint64(_DRAWN_BITS)) | drawn[several]
            # To the right of equal steps, for the same reason.
            found[several] = np.searchsorted(self.steps, own, side="right") - self.before[at]
        number.reshape(-1)[unsure] = found
        return number


def _steps(children: Numbers, chance: Chances) -> tuple[Numbers, Bits, Numbers]:
    """The bits from which each next number is drawn, of one table after another, with the number of
    the table; and the least number that each table draws.

    All tables are worked out side by side, each from its most likely number outwards; nothing
    stands where a table is shorter than the longest, and changes no sum.
    """
    is_open = (children > 0) & (chance > 0) & (chance < 1)
    # Where a number is certain there is no step: any numbers will do for what is left out.
    n, p = np.where(is_open, children, 1), np.where(is_open, chance, 0.5)
    mode = (n * p).astype(np.int64)
    spread = np.sqrt((n * p * (1 - p)).astype(np.int64)).astype(np.int64)
    reach = _DEVIATIONS * (spread + 1) + _BESIDE
    first, last = np.maximum(0, mode - reach), np.minimum(n, mode + reach)
    # Next to one another, chances are in the ratio (n - k) / (k + 1) × odds: from the most likely
    # number, whose weight is taken to be one, outwards nothing overflows.
    odds = (p / (1 - p))[:, None]
    step = np.arange(int((last - mode).max()))[None, :]
    up = np.cumprod(
        np.where(step < (last - mode)[:, None], _ratio(n, mode, step, odds), 0.0), axis=1
    )
    step = np.arange(int((mode - first).max()))[None, :]
    # Beyond the least number any ratio will do.
    inside = np.minimum(step, np.maximum(mode - first - 1, 0)[:, None])
    ratio = 1.0 / _ratio(n, np.maximum(mode - 1, 0), -inside, odds)
    down = np.cumprod(np.where(step < (mode - first)[:, None], ratio, 0.0), axis=1)[:, ::-1]
    below = np.cumsum(np.concatenate([down, np.ones((len(n), 1)), up], axis=1), axis=1)
    # Rounded to whole numbers of 2^-53, then in the scale of what is drawn. A number from which
    # less than that is left is never drawn; its step would not fit beside the mark either.
    scaled = np.floor(below[:, :-1] / below[:, -1:] * 2.0**_FLOAT_BITS).astype(np.uint64)
    number = np.arange(scaled.shape[1])[None, :] - step.shape[1]
    counts = (number >= (first - mode)[:, None]) & (number < (last - mode)[:, None])
    counts &= is_open[:, None] & (scaled < 2**_FLOAT_BITS)
    least = np.where(is_open, first, np.where(chance >= 1, children, 0))
    table = np.nonzero(counts)[0].astype(np.int64)
    return table, scaled[counts] << np.uint64(_DRAWN_BITS - _FLOAT_BITS), least


def _ratio(n: Numbers, mode: Numbers, step: Numbers, odds: Chances) -> Chances:
    """The chance of the next number in terms of its own, so many steps from the most likely."""
    number = (mode[:, None] + step).astype(np.float64)
    return (n[:, None] - number) / (number + 1.0) * odds
