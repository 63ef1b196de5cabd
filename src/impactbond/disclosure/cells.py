"""The cells of published tables that hang together, as sums of the smallest parts that they share.

Every figure that is published, in whatever table, is a sum of parts: so many claims of one
milestone and period, by children of one school and borough, at one value each. Two tables that
share a total share its parts; whoever differences any of them reckons with the same parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ALL = "All"
Whole = NDArray[np.int64]
Real = NDArray[np.float64]


class CellKey(NamedTuple):
    """Which cell: a milestone, an attribute with one of its values (both `All` in what is summed
    over it), and a period or `All`.
    """

    milestone: str
    attribute: str
    group: str
    period: str


@dataclass(frozen=True, eq=False, repr=False)
class Linked:
    """The cells of one milestone, in all tables, with what is true of them.

    `sums[cell, part]` is 1 where the cell adds up the part. `parts` are the claims of each part and
    `units` what one of them is worth, in multiples of the largest amount that goes into all of them
    (0 where no money is published). `children` are those whom a cell counts, each once.
    """

    keys: tuple[CellKey, ...]
    sums: Whole
    parts: Whole
    units: Whole
    children: Whole

    @cached_property
    def counts(self) -> Whole:
        """The claims of every cell."""
        return self.sums @ self.parts

    @cached_property
    def values(self) -> Whole:
        """The value of every cell, in the same multiples."""
        return self.sums @ (self.parts * self.units)

    @cached_property
    def costs(self) -> Whole:
        """What leaving a cell out costs: as much as all that it adds up in the body of the table,
        so that totals go last.
        """
        body = [key.group != ALL and key.period != ALL for key in self.keys]
        filled = (self.counts > 0) & np.array(body, bool)
        costs = np.ones(len(self.keys), np.int64)
        for place in range(len(self.keys)):
            # A cell costs what lies within it in the body: to hide a total is to hide what it adds
            # up.
            inside = (self.sums[place] - self.sums >= 0).all(axis=1)
            costs[place] = max(1, int((filled & inside).sum()))
        return costs

    @property
    def has_money(self) -> bool:
        """Whether money is published beside the counts."""
        return bool(self.units.any())

    def only_filled(self) -> tuple[Linked, Whole]:
        """The cells that are not nought, with the parts that no nought rules out; and which they
        are. Where noughts are shown, whoever reads knows as much.
        """
        filled = np.flatnonzero(self.counts)
        # A nought that is shown says that everything in it is nought.
        ruled_out = self.sums[self.counts == 0].any(axis=0)
        parts = np.flatnonzero(~ruled_out)
        kept = Linked(
            tuple(self.keys[place] for place in filled),
            self.sums[np.ix_(filled, parts)],
            self.parts[parts],
            self.units[parts],
            self.children[filled],
        )
        return kept, filled
