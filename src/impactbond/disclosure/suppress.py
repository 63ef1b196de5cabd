"""Which further cells have to go so that none of the unsafe ones can be found out: the cheapest set
of them, by cutting planes.

Takes  linked cells, which of them are unsafe, and how wide the interval must stay in which whoever
       differences the tables can place the figures of each.
Gives  the cells to leave out, what that costs, and the least that any choice costs.
Keeps  every unsafe cell keeps its interval, also where parts are known to be whole; no cell that is
       left out besides can be worked out exactly.

A choice of cells to leave out is tried by attacking it. Where an unsafe cell is reached, the shown
figures that prove it are known, and one of them must go: that is one row of a covering problem,
true whatever else is chosen. The solver finds the cheapest cover of all rows found so far; when no
attack reaches anything any more, it is the cheapest choice there is. Cells and milestones have a
fixed order and the solver one thread: the same tables give the same choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impactbond.disclosure.attack import Attacker, knowing, solver
from impactbond.disclosure.rules import ALL, Linked, Real
from impactbond.errors import DisclosureError, Fault

MOST_ROUNDS = 60  # of covers; beyond them a choice is completed cell by cell, and said to be so


@dataclass(frozen=True, slots=True)
class Choice:
    """The cells left out, by their place; what they cost, and the least that any choice costs."""

    hidden: frozenset[int]
    cost: int
    least_cost: int

    @property
    def is_cheapest(self) -> bool:
        """Whether no other choice costs less."""
        return self.cost == self.least_cost


@dataclass(frozen=True, eq=False, repr=False)
class Suppression:
    """The problem: linked cells, the unsafe ones, the widths of figures, and those that must stay.

    `widths` by figure: of counts in claims, then, where money is published, of values in
    multiples as in `Linked`. Only those of unsafe cells count.
    """

    linked: Linked
    unsafe: frozenset[int]
    widths: Real
    zeros_shown: bool

    @property
    def most(self) -> float:
        """A bound of every part that leaves room for each interval."""
        units = self.linked.units[self.linked.units > 0]
        widest = self.widths.max(initial=0) / (units.min() if units.size else 1)
        # Far above all that could be true: a bound that an attack ran into would look like
        # protection.
        return float(4 * (self.linked.parts.sum() + max(widest, self.widths.max(initial=0)) + 1))

    def attacker(self, hidden: frozenset[int], *, whole: bool = False) -> Attacker:
        """Who sees all but these cells, and may know that every part is a `whole` number."""
        shown, most = self.zeros_shown, self.most
        tables = self._tables[whole]
        return knowing(self.linked, hidden, zeros_shown=shown, most=most, tables=tables)

    @cached_property
    def _tables(self) -> tuple[list[Real], list[Real]]:
        """The tables found so far: with parts that need not be whole, and with whole ones."""
        return [], []

    def figures(self, cell: int) -> tuple[int, ...]:
        """The figures of a cell."""
        return (cell, len(self.linked.keys) + cell) if self.linked.has_money else (cell,)

    @cached_property
    def has_whole_ends(self) -> bool:
        """Whether intervals end at whole numbers also where parts need not be whole: so it is in
        tables of one attribute by period at one price, where every corner is whole.
        """
        attributes = {key.attribute for key in self.linked.keys} - {ALL}
        return len(attributes) <= 1 and len(set(self.linked.units.tolist())) <= 1


def _unprotected(linked: Linked, cell: int) -> DisclosureError:
    fault = Fault(
        code="cannot_be_protected",
        clause=f"milestones.{linked.keys[cell].milestone}",
        problem="its cells cannot be protected by leaving others out",
        hint="Publish fewer tables, or round",
    )
    return DisclosureError("The tables cannot be published like that.", [fault])


def suppressed(problem: Suppression) -> Choice:
    """The cheapest cells to leave out, those that are unsafe among them."""
    costs = problem.linked.costs
    rows: list[frozenset[int]] = []
    hidden = problem.unsafe
    if not problem.unsafe:
        return Choice(frozenset(), 0, 0)
    for _ in range(MOST_ROUNDS):
        found = _rows_against(problem, hidden)
        if not found:
            cost = int(costs[sorted(hidden)].sum())
            return Choice(hidden, cost, cost)
        rows += found
        hidden = problem.unsafe | _cheapest_cover(rows, problem)
    # The cheapest cover of rows that are all true costs no more than any choice that holds: it is a
    # lower bound, also where time ran out.
    least = int(costs[sorted(hidden)].sum())
    hidden = _completed(problem, hidden)
    return Choice(hidden, int(costs[sorted(hidden)].sum()), least)


def _rows_against(problem: Suppression, hidden: frozenset[int]) -> list[frozenset[int]]:
    """What a choice lacks: sets of which one cell must go besides, no two with a cell in common;
    none where the choice holds.

    Each is found with those before it left out as well, and stays true without.
    """
    unsafe, cells = sorted(problem.unsafe), len(problem.linked.keys)
    figures = [(figure, cell) for cell in unsafe for figure in problem.figures(cell)]
    found: list[frozenset[int]] = []
    also, attacker = hidden, problem.attacker(hidden)
    for figure, cell in figures:
        while (reached := attacker.proof(figure, problem.widths[figure])) is not None:
            # Cells that are left out already prove nothing: what remains must lose one.
            proof = frozenset(one % cells for one in reached) - also
            if not proof:
                raise _unprotected(problem.linked, cell)
            found.append(proof)
            # Proofs without a cell in common, found side by side, need fewer rounds of covers.
            also |= proof
            attacker = problem.attacker(also)
    if found or problem.has_whole_ends:
        return found
    attacker = problem.attacker(hidden, whole=True)
    if any(attacker.is_reached(figure, problem.widths[figure]) for figure, _ in figures):
        # With parts known to be whole the intervals are narrower: no choice within this one holds.
        others = frozenset(range(cells)) - hidden
        if not others:
            raise _unprotected(problem.linked, unsafe[0])
        return [others]
    return []


def _cheapest_cover(rows: list[frozenset[int]], problem: Suppression) -> frozenset[int]:
    """The cheapest cells that meet every row, beside those that are unsafe.

    The gap is nought: by default the solver calls optimal what is within a part in ten thousand.
    """
    covers = np.zeros((len(rows), len(problem.linked.keys)))
    for place, row in enumerate(rows):
        covers[place, sorted(row)] = 1
    cells = covers.shape[1]
    costs = problem.linked.costs.astype(float)
    found = solver().milp(
        costs,
        integrality=np.ones(cells),
        bounds=solver().Bounds(0, 1),
        constraints=solver().LinearConstraint(covers, 1, np.inf),
        options={"mip_rel_gap": 0},
    )
    if found.x is None:
        raise _unprotected(problem.linked, min(problem.unsafe))
    return frozenset(map(int, np.flatnonzero(np.rint(found.x))))


def _completed(problem: Suppression, hidden: frozenset[int]) -> frozenset[int]:
    """A choice made to hold cell by cell, then without what it does not need."""
    costs = problem.linked.costs
    while found := _rows_against(problem, hidden):
        hidden |= {min(row, key=lambda cell: (costs[cell], cell)) for row in found}
    # The dearest first: what turns out not to be needed should be what costs most.
    for cell in sorted(hidden - problem.unsafe, key=lambda cell: (-costs[cell], cell)):
        if not _rows_against(problem, hidden - {cell}):
            hidden -= {cell}
    return hidden
