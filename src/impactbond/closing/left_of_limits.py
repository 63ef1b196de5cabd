"""What limits leave at a year end for what is on the way.

Takes  a Year.
Gives  of an amount that could still be earned, what limits on all claims together let through.
Keeps  it is a bound, and never too low: limits on each participant, school or year, and those of
       funders, may leave less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from impactbond.closing.inputs import Year
from impactbond.settlement.limits import headroom_pence
from impactbond.terms.limits import WholeLimit

_OF_A_CLAIM = ("milestone", "participant", "achieved_on", "share_rule", "price_pence", "standing")


@dataclass(frozen=True, slots=True)
class LeftOfLimits:
    """What stands under limits: pence to date of everything that is paid for, and claims of which
    anything is paid, in what is claimed and unclaimed.
    """

    year: Year
    entitled: Mapping[str, int]
    claims: Mapping[str, int]

    @classmethod
    def of(cls, year: Year) -> LeftOfLimits:
        entitled, claims = defaultdict[str, int](int), defaultdict[str, int](int)
        to_date = defaultdict[tuple[Any, ...], list[int]](lambda: [0, 0, 0])
        for one in (year.made, year.cut):
            for row in [] if one is None else one.lines_table.to_pylist():
                sums = to_date[tuple(row[name] for name in _OF_A_CLAIM)]
                for place, name in enumerate(("quantity", "value_pence", "entitled_pence")):
                    sums[place] += row[name]
        for (milestone, *_), (quantity, value, pence) in to_date.items():
            entitled[milestone] += pence
            # What is in dispute, or beyond the limit itself, takes no room of it; and what is paid
            # in part takes that of a whole claim.
            claims[milestone] += -(-quantity * pence // value) if value > 0 else 0
        return cls(year, entitled, claims)

    def within(self, name: str, pence: int, price_pence: int | None = None) -> int:
        """The least that limits leave of an amount for one thing, at its price where it has one."""
        on_it = [limit for limit in self._limits() if limit.is_on(name)]
        return min([pence, *(self._left(limit, price_pence, pence) for limit in on_it)])

    def of_all(self, amounts: Iterable[tuple[str, int]]) -> int:
        """The same of several things together, each already within its limits."""
        told = list(amounts)
        found = sum(pence for _, pence in told)
        for limit in self._limits():
            if limit.at_most.of == "money":
                on_it = sum(pence for name, pence in told if limit.is_on(name))
                found = min(found, found - on_it + min(on_it, self._left(limit, None, on_it)))
        return found

    def _limits(self) -> Iterable[WholeLimit]:
        """The limits on everybody together, over the whole term."""
        for limit in self.year.terms.limits:
            if isinstance(limit, WholeLimit) and limit.is_plain:
                yield limit

    def _left(self, limit: WholeLimit, price_pence: int | None, otherwise: int) -> int:
        """What a limit leaves; `otherwise` where it is not in money, nor in claims of a price."""
        terms = self.year.terms
        if limit.at_most.of == "money":
            used = sum(pence for name, pence in self.entitled.items() if limit.is_on(name))
            return max(headroom_pence(terms, limit, self.year.on) - used, 0)
        if limit.at_most.of == "claims" and price_pence is not None:
            used = sum(count for name, count in self.claims.items() if limit.is_on(name))
            return max(limit.at_most.number - used, 0) * price_pence
        return otherwise
