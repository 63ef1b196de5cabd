"""The parts of movements: what each funder's share of every movement is, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from impactbond.money import Pence
from impactbond.settlement.lots import Numbers


@dataclass(frozen=True, eq=False)
class Entries:
    """The funders of movements: an entry for every movement and each funder that its share rule
    names, or that may take over from one. In the order of funders, within one in that of movements;
    `funders` and `movements` are how many there are in all.
    """

    movement: Numbers
    funder: Numbers
    funders: int
    movements: int

    @classmethod
    def where(cls, concerned: NDArray[np.bool_]) -> Entries:
        """The entries of the funders concerned, shaped (funder, movement)."""
        funder, movement = np.nonzero(concerned)
        return cls(movement, funder, *concerned.shape)

    @cached_property
    def _number(self) -> Numbers:
        return self.funder * self.movements + self.movement

    def number(self, funder: Numbers | int, movement: Numbers) -> Numbers:
        """The entries of funders and movements that have one."""
        # A table of them all would be as large as all funders times all movements.
        found = np.searchsorted(self._number, funder * self.movements + movement)
        return np.asarray(found, dtype=np.int64)

    def of(self, funder: int) -> slice:
        """The entries of one funder."""
        first, end = np.searchsorted(self.funder, (funder, funder + 1)).tolist()
        return slice(first, end)


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of movements: what stands in no entry is nothing.

    Of every entry, shaped (trial, entry): `values`, the funder's share of what was achieved, cut
    when it is first asked for; `payables`, its share of what limits on the whole let through;
    `overflows`, what it took over from other funders, less what it passed on. Payable and overflow
    are what it pays, its `amounts`.
    `withheld` is, for each limited funder, the movements that met its limit and what the limit
    withheld of each, shaped (trial, movement); less than nothing where it releases what it had
    withheld.
    """

    entries: Entries
    cut_values: Callable[[], Pence]
    payables: Pence
    overflows: Pence
    withheld: Sequence[tuple[Numbers, Pence]]

    @classmethod
    def of(
        cls,
        value: Pence,
        payable: Pence,
        overflow: Pence,
        withheld: Sequence[tuple[Numbers, Pence]],
    ) -> Parts:
        """Parts from amounts shaped (trial, movement, funder)."""
        concerned = (value != 0) | (payable != 0) | (overflow != 0)
        entries = Entries.where(concerned.any(axis=0).T)
        at = (slice(None), entries.movement, entries.funder)
        return cls(entries, partial(np.asarray, value[at]), payable[at], overflow[at], withheld)

    @cached_property
    def values(self) -> Pence:
        """Every funder's share of what was achieved, shaped (trial, entry)."""
        return self.cut_values()

    @cached_property
    def amounts(self) -> Pence:
        """What every funder pays, shaped (trial, entry)."""
        return self.payables + self.overflows

    @property
    def value(self) -> Pence:
        """Every funder's share of what was achieved, shaped (trial, movement, funder)."""
        return self._in_full(self.values)

    @property
    def payable(self) -> Pence:
        """Its share of what limits on the whole let through, of the same shape."""
        return self._in_full(self.payables)

    @property
    def overflow(self) -> Pence:
        """What it took over less what it passed on, of the same shape."""
        return self._in_full(self.overflows)

    @property
    def amount(self) -> Pence:
        """What it pays, of the same shape."""
        return self._in_full(self.amounts)

    def _in_full(self, amounts: Pence) -> Pence:
        entries = self.entries
        full = np.zeros((len(amounts), entries.movements, entries.funders), dtype=np.int64)
        full[:, entries.movement, entries.funder] = amounts
        return full

    def where(self, stays: NDArray[np.bool_]) -> Parts:
        """The parts of some movements."""
        entries, place = self.entries, np.cumsum(stays) - 1
        kept = stays[entries.movement]
        withheld = [(place[at[stays[at]]], left[:, stays[at]]) for at, left in self.withheld]
        return Parts(
            Entries(
                place[entries.movement[kept]],
                entries.funder[kept],
                entries.funders,
                int(stays.sum()),
            ),
            partial(_values_of, self, kept),
            self.payables[:, kept],
            self.overflows[:, kept],
            withheld,
        )


def _values_of(parts: Parts, kept: NDArray[np.bool_]) -> Pence:
    return np.asarray(parts.values[:, kept])
