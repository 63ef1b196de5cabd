"""Numbers for rows that are alike: what several columns say, as one.

Takes  columns of whole numbers.
Gives  for every row a number for all that it says, or the place of that among all that is said.
Keeps  the order is that of the rows, column by column; no product of numbers becomes too large.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

_MOST = 2**62
_MOST_IDLE = 4  # places that no row may have, for each row: looked up, and not sorted for


class Alike(NamedTuple):
    """What is said, each once and in order: a row that says it (`row`); and which of these each row
    says (`place`).
    """

    row: Numbers
    place: Numbers


def row_numbers(columns: Iterable[NDArray[Any]]) -> Numbers:
    """One number, not below 0, for each row: those that are alike have the same."""
    return _in_one(columns)[0]


def alike(columns: Iterable[NDArray[Any]]) -> Alike:
    """The rows that are alike in every column."""
    number, span = _in_one(columns)
    if span > _MOST_IDLE * number.size + 2**16:
        _, row, place = np.unique(number, return_index=True, return_inverse=True)
        return Alike(row, place.reshape(-1))
    occurs = np.zeros(span, dtype=bool)
    occurs[number] = True
    place = (np.cumsum(occurs) - 1)[number]
    row = np.zeros(int(occurs.sum()), dtype=np.int64)
    row[place] = np.arange(number.size)
    return Alike(row, place)


def _in_one(columns: Iterable[NDArray[Any]]) -> tuple[Numbers, int]:
    """One number for every row, less than the one that comes with them."""
    every = list(columns)
    number, span = np.zeros(len(every[0]) if every else 0, dtype=np.int64), 1
    for column in every if number.size else ():
        low = int(column.min())
        own, width = column.astype(np.int64) - low, int(column.max()) - low + 1
        if span * width > _MOST:
            number, span = _numbered_anew(number)
            own, width = _numbered_anew(own)
        number *= width
        number += own
        span *= width
    return number, span


def _numbered_anew(column: Numbers) -> tuple[Numbers, int]:
    """A column with the places of its values in place of these, and how many there are."""
    found, place = np.unique(column, return_inverse=True)
    return place.reshape(-1), found.size
