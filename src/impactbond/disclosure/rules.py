"""Which cells may not be shown for what they are themselves, and how far the others must protect
them: what a publisher decides, checked.

And the cells of published tables that hang together, as sums of the smallest parts that they share.

Every figure that is published, in whatever table, is a sum of parts: so many claims of one
milestone and period, by children of one school and borough, at one value each. Two tables that
share a total share its parts; whoever differences any of them reckons with the same parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from impactbond.errors import DisclosureError, Fault, assert_one_of
from impactbond.terms.parties import FEWEST

Zeros = Literal["shown", "hidden"]
TOO_FEW = "counts fewer children than may be shown"
A_ZERO = "counts no child, and noughts are not shown"
DOMINATED = "one child, or a few, make up too much of its value"
SECONDARY = "a cell that may not be shown could be worked out from it"
MOST_LEAST, MOST_BASE = 1_000, 1_000


@dataclass(frozen=True, slots=True)
class Dominance:
    """When a few make up too much of a value: the `n` largest come to more than `k` per cent of it
    (the n,k rule), or what all but the two largest come to is less than `p` per cent of the largest
    (the p % rule), so that the second could place the first within that.
    """

    n: int = 0
    k: int = 0
    p: int = 0

    def is_broken(self, amounts: Whole) -> bool:
        """Whether the amounts of children, in falling order, break either rule."""
        if not amounts.size:
            return False
        whole = int(amounts.sum())
        few = int(amounts[: self.n].sum()) * 100 > whole * self.k if self.n else False
        # What is left besides the largest and the second, who knows its own and places the largest
        # with the rest.
        left = whole - int(amounts[:2].sum())
        return few or (bool(self.p) and left * 100 < self.p * int(amounts[0]))


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """What may be shown.

    `least` children; whether a nought is `shown` or hidden; how `wide` the interval must stay in
    which the tables place a cell that may not be shown; and, where money is published, when it is
    dominated. With `base`, every cell is shown rounded to a multiple of it, and none left out.
    """

    least: int = FEWEST
    zeros: Zeros = "shown"
    wide: int = 5
    dominance: Dominance | None = None
    base: int | None = None

    def unsafe(self, linked: Linked, amounts: list[Whole]) -> dict[int, str]:
        """The cells that may not be shown for what they are, each with why.

        `amounts`, cell by cell, are what children come to in it, the largest first.
        """
        found = {}
        for cell, children in enumerate(linked.children):
            if not children and self.zeros == "hidden":
                found[cell] = A_ZERO
            elif 0 < children < self.least:
                found[cell] = TOO_FEW
            elif self.dominance is not None and self.dominance.is_broken(amounts[cell]):
                found[cell] = DOMINATED
        return found

    def widths(self, linked: Linked, amounts: list[Whole]) -> np.ndarray[Any, Any]:
        """How wide the interval of each figure must stay: of values, as much as the largest that
        one child comes to.
        """
        counts = np.full(len(linked.keys), float(self.wide))
        if not linked.has_money:
            return counts
        # A cell of nobody has no largest: as wide as the largest of the milestone, so that a hidden
        # nought does not stand out.
        largest = [float(one[0]) if one.size else float(linked.units.max()) for one in amounts]
        return np.concatenate([counts, np.array(largest)])

    @property
    def says(self) -> tuple[str, ...]:
        """The rules in sentences, for whoever reads the tables."""
        if self.base is not None:
            told = f"Every figure is rounded to a multiple of {self.base}, up or down, so that"
            return (f"{told} totals are the sums of what they add up.",)
        zeros = "Noughts are shown." if self.zeros == "shown" else "Noughts are not shown either."
        more = ""
        if self.dominance is not None:
            more = " So are values that one child, or a few, make up too much of."
        return (
            f"Cells that count 1 to {self.least - 1} children are left out and marked [c].{more}",
            "Others are left out with them, so that none can be worked out from totals. [c] does "
            "not tell which are which.",
            f"{zeros} Totals are those of all children, whatever is left out.",
        )


def disclosure_rules(
    least: int,
    zeros: Zeros,
    width: int | None,
    dominance: Mapping[str, int] | None,
    base: int | None,
    has_money: bool,
    also: Iterable[Fault],
) -> DisclosureRules:
    """The rules as given. Raises DisclosureError with everything that is wrong with them, and what
    is wrong besides.
    """
    assert_one_of(zeros, "zeros", get_args(Zeros), DisclosureError)
    faults = [
        *also,
        *_outside("least", least, 2, MOST_LEAST),
        *(_outside("width", width, 1, MOST_LEAST) if width is not None else ()),
        *(_outside("rounded_to", base, 3, MOST_BASE) if base is not None else ()),
    ]
    if base is not None and has_money:
        problem = "a rounded count beside its value could be worked out from the value"
        hint = "Publish rounded counts alone, or values with cells left out"
        faults.append(Fault(code="rounded_value", problem=problem, hint=hint))
    if dominance is not None and not has_money:
        problem = "dominance is about values, and none are published"
        faults.append(Fault(code="no_values", problem=problem, hint="Ask for values too"))
    # What is no mapping is told as no known rule, beside everything else that is wrong.
    given = dict(dominance) if isinstance(dominance, Mapping) else {"": 0}
    if dominance is not None and set(given) not in ({"n", "k"}, {"p"}, {"n", "k", "p"}):
        allowed = "n with k, or p: {'n': 2, 'k': 85}, {'p': 10}"
        problem = "dominance is none of the rules that are known"
        faults.append(Fault(code="unknown_dominance", problem=problem, allowed=allowed))
    elif dominance is not None:
        limits = {"n": (1, 10), "k": (1, 99), "p": (1, 100)}
        for name, value in given.items():
            faults += _outside(f"dominance.{name}", value, *limits[name])
    if faults:
        raise DisclosureError("The tables cannot be published like that.", faults)
    # As wide as the least number of children, unless somebody says otherwise: so placed, a few
    # could be any few.
    wide = least if width is None else width
    rule = None if dominance is None else Dominance(**given)
    return DisclosureRules(least, zeros, wide, rule, base)


def _outside(name: str, value: object, first: int, last: int) -> list[Fault]:
    if type(value) is int and first <= value <= last:
        return []
    found = str(value) if type(value) is int else type(value).__name__
    problem = f"{name} cannot be that"
    allowed = f"a whole number from {first} to {last}"
    return [Fault(code="out_of_range", problem=problem, found=found, allowed=allowed)]


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
