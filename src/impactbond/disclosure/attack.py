"""What somebody who has every published table, and a solver, can find out about a cell.

Takes  linked cells and, for each figure of them, between what it is known to lie: a figure that is
       shown lies at its value, one that is left out at one or more where noughts are shown.
Gives  whether a figure can be placed within some width, and which of the shown figures prove that:
       with none of those shown, nothing proves it.
Keeps  every part is known to be a whole number, not below nought.

The solver is HiGHS, through SciPy (the extra `disclosure`). It is exact to about 1e-7, and all
figures are whole: what it gives is compared with a margin of `MARGIN`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from impactbond.disclosure.rules import Linked, Real, Whole
from impactbond.errors import DisclosureError, InvariantError, not_installed

MARGIN = 1e-6
_INFINITE = float("inf")


def solver() -> Any:
    """`scipy.optimize`, with the solver. Raises DisclosureError where it is not installed."""
    try:
        import scipy.optimize
    except ModuleNotFoundError:
        what = "what may be shown beside what is found by a solver, which needs"
        fault = not_installed(what, "SciPy", "disclosure")
        raise DisclosureError("The public view needs the extra 'disclosure'.", [fault]) from None
    return scipy.optimize


@dataclass(frozen=True, eq=False, repr=False)
class Attacker:
    """Whoever knows how the figures hang together and between what each of them lies.

    Figures are the counts of the cells, then, where money is published, their values. `most` is a
    bound that the attacker has for a part: far above all, so that nothing is endless. `tables` are
    the figures of tables that were found so far, by whoever knew something of the same cells: those
    that agree with what is known here need not be searched for again, and what is found is added.
    """

    linked: Linked
    low: Real
    high: Real
    most: float
    tables: list[Real] = field(default_factory=list)

    @cached_property
    def rows(self) -> Whole:
        """What each figure adds up, part by part."""
        sums = self.linked.sums
        return np.vstack([sums, sums * self.linked.units]) if self.linked.has_money else sums

    @cached_property
    def _seen(self) -> tuple[Real, Real]:
        """The lowest and highest that each figure was in any table that was found to agree with
        what is known. One table often settles many figures.
        """
        # The truth is a table that agrees with everything shown, whatever is left out.
        every = np.array([self._true, *self.tables])
        agrees = (every >= self.low - MARGIN) & (every <= self.high + MARGIN)
        every = every[agrees.all(axis=1)]
        return every.min(axis=0), every.max(axis=0)

    @cached_property
    def _true(self) -> Real:
        return (self.rows @ self.linked.parts).astype(float)

    def _see(self, parts: Real) -> None:
        figures = self.rows @ parts
        low, high = self._seen
        # Kept for other choices too: a table that agrees with fewer shown figures agrees with what
        # is known then.
        self.tables.append(figures)
        np.minimum(low, figures, out=low)
        np.maximum(high, figures, out=high)

    def is_wide(self, figure: int, width: float) -> bool:
        """Whether tables were found between which a figure differs by as much as that."""
        return bool(self._seen[1][figure] - self._seen[0][figure] >= width - MARGIN)

    def proof(self, figure: int, width: float) -> frozenset[int] | None:
        """The shown figures that place a figure within less than a width, if parts need not be
        whole; None where nothing does.
        """
        wanted = self.rows[figure].astype(float)
        # Most are small: they may be far above what they are, and not below.
        for sign in (-1, 1):
            if self.is_wide(figure, width):
                return None
            self._see(self._lowest(sign * wanted, whole=False))
        # The solver tells what proves it in another way that takes twice as long.
        found = None if self.is_wide(figure, width) else self._least(wanted) | self._least(-wanted)
        return None if self.is_wide(figure, width) else found

    def is_reached(self, figure: int, width: float) -> bool:
        """Whether a figure can be placed within less than a width by somebody who knows that every
        part is a whole number; to be asked before anything of parts that need not be.
        """
        for sign in (1, -1):
            if self.is_wide(figure, width):
                return False
            found = self._lowest(sign * self.rows[figure].astype(float), whole=True)
            # Whole to the solver is within a hair of whole.
            self._see(np.rint(found))
        return not self.is_wide(figure, width)

    @cached_property
    def _known(self) -> Any:
        """The figures of which anything is known beside that none is below nought, and between what
        each of them lies, as the solver is told.
        """
        # A constraint that says nothing only slows the solver down.
        told = (self.low > 0) | (self.high < _INFINITE)
        return solver().LinearConstraint(self.rows[told], self.low[told], self.high[told])

    def _lowest(self, wanted: Real, *, whole: bool) -> Real:
        """Parts, `whole` or not, of which a sum is as low as it can be."""
        found = solver().milp(
            wanted,
            integrality=np.full(len(wanted), int(whole)),
            bounds=solver().Bounds(0, self.most),
            constraints=self._known,
            options={"mip_rel_gap": 0},
        )
        if found.status != 0:
            raise InvariantError("the true figures do not agree with what is shown of them")
        return np.asarray(found.x, float)

    def _least(self, wanted: Real) -> frozenset[int]:
        """The shown figures that keep a sum of parts from being lower than it can be."""
        is_shown = self.low == self.high
        shown, known_low = np.flatnonzero(is_shown), np.flatnonzero(~is_shown & (self.low > 0))
        known_high = np.flatnonzero(~is_shown & (self.high < _INFINITE))
        below = np.vstack([-self.rows[known_low], self.rows[known_high]])
        found = solver().linprog(
            wanted,
            A_eq=self.rows[shown] if shown.size else None,
            b_eq=self.low[shown] if shown.size else None,
            A_ub=below if below.size else None,
            b_ub=np.concatenate([-self.low[known_low], self.high[known_high]])
            if below.size
            else None,
            bounds=(0, self.most),
            method="highs",
        )
        if found.status != 0:
            raise InvariantError("the true figures do not agree with what is shown of them")
        # By the dual: figures without weight may be anything, and the bound stands. Of bounds on
        # what is left out none is shown, so none of them can go.
        weights = found.eqlin.marginals if shown.size else np.empty(0)
        self._see(found.x)
        return frozenset(map(int, shown[np.abs(weights) > MARGIN]))


def knowing(
    linked: Linked,
    hidden: frozenset[int],
    *,
    zeros_shown: bool,
    most: float,
    tables: list[Real] | None = None,
) -> Attacker:
    """The attacker who sees all cells but those, and knows whether one left out may be nought."""
    figures = np.concatenate([linked.counts, linked.values]) if linked.has_money else linked.counts
    low, high = figures.astype(float), figures.astype(float)
    cells = len(linked.keys)
    for cell in hidden:
        # Where noughts are shown, whatever is left out is known to be none.
        low[cell], high[cell] = (1.0 if zeros_shown else 0.0), _INFINITE
        if linked.has_money:
            low[cells + cell], high[cells + cell] = 0.0, _INFINITE
    return Attacker(linked, low, high, most, [] if tables is None else tables)
