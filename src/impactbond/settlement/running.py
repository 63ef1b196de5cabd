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
    total = np.empty((columns + 1, trials), dtype=np.int64).T
    total[:, 0] = 0
    if trials < _MANY_TRIALS:
        np.cumsum(amounts, axis=1, out=total[:, 1:])
        return total
    before = total[:, 0]
    for amount, after in zip(amounts.T, total.T[1:], strict=True):
        np.add(before, amount, out=after)
        before = after
    return total


def begins(numbers: Numbers) -> Numbers:
    """The places at which another number stands than before, the first of all among them."""
    is_new = np.ones(numbers.size, dtype=bool)
    np.not_equal(numbers[1:], numbers[:-1], out=is_new[1:])
    return np.flatnonzero(is_new)


def lengths(starts: Numbers, size: int) -> Numbers:
    """How many places there are from each start up to the next one, or the end of all."""
    return np.diff(np.append(starts, size))


def running_within(amounts: Pence, order: Numbers, starts: Numbers) -> Pence:
    """Columns taken in an order and added up, anew from each of the places `starts` of it on."""
    if len(amounts) < _MANY_TRIALS:
        total = running_from_zero(amounts[:, order])
        return np.asarray(total[:, 1:] - total[:, np.repeat(starts, lengths(starts, order.size))])
    total = np.empty((order.size, len(amounts)), dtype=np.int64)
    columns, anew = amounts.T, set(starts.tolist())
    for place, (after, column) in enumerate(zip(total, order.tolist(), strict=True)):
        if place in anew:
            after[...] = columns[column]
        else:
            np.add(total[place - 1], columns[column], out=after)
    return total.T


def steps_of(running: Pence) -> Pence:
    """What was added up: the opposite of `running_total`."""
    return steps_within(running, np.zeros(1, dtype=np.int64))


def steps_within(running: Pence, starts: Numbers) -> Pence:
    """What was added up: the opposite of `running_within`, in the order of its columns."""
    steps = np.empty_like(running, order="K")
    np.subtract(running[:, 1:], running[:, :-1], out=steps[:, 1:])
    if running.shape[1]:
        steps[:, starts] = running[:, starts]
    return steps


def off_what_was_held(asked: Pence, beyond: Pence, year: Numbers) -> Pence:
    """How much of what is asked for, in columns of some years, is taken off what lies beyond the
    limit of each year, to date and so column by column: where a year comes to less than nothing.
    """
    # A result measured to date can fall in a year after the one that it was paid in. Otherwise a
    # funder would be paid back what its limit had left to another, or to nobody.
    owed, held = np.zeros_like(asked), np.zeros_like(asked)
    for one in np.unique(year):
        for total, amounts in ((owed, beyond - asked), (held, beyond)):
            total += np.maximum(running_total(np.where(year == one, amounts, 0)), 0)
    return steps_of(np.minimum(owed, held))


def summed(amounts: Pence, order: Numbers, first: Numbers) -> Pence:
    """Sums of columns taken in an order, each sum beginning at a place of it: (trial, sum)."""
    found = np.zeros((first.size, amounts.shape[0]), dtype=np.int64)
    ends = np.append(first[1:], order.size).tolist()
    columns, at = amounts.T, order.tolist()
    for total, begin, end in zip(found, first.tolist(), ends, strict=True):
        for column in at[begin:end]:
            total += columns[column]
    return found.T


def added_at(amounts: Pence, place: Numbers, places: int) -> Pence:
    """Sums of the columns that are of each of so many places: (trial, place)."""
    found = np.zeros((places, len(amounts)), dtype=np.int64)
    if len(amounts) < _MANY_TRIALS:
        for total, of_trial in zip(found.T, amounts, strict=True):
            np.add.at(total, place, of_trial)
        return found.T
    for at, column in zip(place.tolist(), amounts.T, strict=True):
        found[at] += column
    return found.T


def sums_between(running: Pence, first: Numbers, end: Numbers) -> Pence:
    """Sums of the columns from `first` up to `end`, of running totals from zero; in the shape of
    both, after the trial.
    """
    columns = running.T
    return np.moveaxis(columns[end] - columns[first], -1, 0)
