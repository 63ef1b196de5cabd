"""Running totals over columns, and back: the arithmetic of limits and shares.

Takes  amounts shaped (trial, column).
Gives  the same shape, or the same with a column of nothing first.
Keeps  one trial or thousands, the same integers; with many, the amounts of one column lie side by
       side in memory, and so they stay.
"""

from __future__ import annotations

import numpy as np

from impactbond.money import Pence
from impactbond.settlement.lots import Numbers

# From so many trials on, a step from column to column for all of them at once is faster than
# numpy's running total, which goes trial by trial through memory that lies the other way.
_MANY_TRIALS = 48


def running_total(amounts: Pence) -> Pence:
    """Amounts added up from the first column on."""
    return running_from_zero(amounts)[:, 1:]


def running_from_zero(amounts: Pence) -> Pence:
    """What stands before the first column, which is nothing, and after each."""
    trials, columns = amounts.shape
    total = np.zeros((columns + 1, trials), dtype=np.int64).T
    if trials < _MANY_TRIALS:
        np.cumsum(amounts, axis=1, out=total[:, 1:])
        return total
    before = total[:, 0]
    for amount, after in zip(amounts.T, total.T[1:], strict=True):
        np.add(before, amount, out=after)
        before = after
    return total


def steps_of(running: Pence) -> Pence:
    """What was added up: the opposite of `running_total`."""
    steps = running.copy(order="K")
    steps[:, 1:] -= running[:, :-1]
    return steps


def summed(amounts: Pence, order: Numbers, first: Numbers) -> Pence:
    """Sums of columns taken in an order, each sum beginning at a place of it: (trial, sum)."""
    found = np.zeros((first.size, amounts.shape[0]), dtype=np.int64)
    ends = np.append(first[1:], order.size).tolist()
    columns, at = amounts.T, order.tolist()
    for total, begin, end in zip(found, first.tolist(), ends, strict=True):
        for column in at[begin:end]:
            total += columns[column]
    return found.T


def sums_between(running: Pence, first: Numbers, end: Numbers) -> Pence:
    """Sums of the columns from `first` up to `end`, of running totals from zero; in the shape of
    both, after the trial.
    """
    columns = running.T
    return np.moveaxis(columns[end] - columns[first], -1, 0)
