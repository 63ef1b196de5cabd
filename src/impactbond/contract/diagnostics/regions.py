"""Regions: for whom and when a term applies, and what is left when other terms have applied first.

A region is some values of each attribute, on the days from a first through a last. What a text
attribute may hold beside the values that are named is one more value, `ANY_OTHER`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from impactbond.terms.applicability import Dated

ANY_OTHER = "any other value"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Region:
    """Values of attributes, and a first and a last day, both included."""

    values: Mapping[str, frozenset[str]]
    first: date
    last: date

    @property
    def is_empty(self) -> bool:
        """Whether it holds nobody, or no day."""
        return self.last < self.first or not all(self.values.values())

    def of(self, term: Dated) -> Region:
        """The part of the region in which a term applies."""
        values = {name: held & set(term.only.get(name, held)) for name, held in self.values.items()}
        first, last = term.from_ or self.first, term.through or self.last
        return Region(values, max(first, self.first), min(last, self.last))

    def meets(self, other: Region) -> bool:
        """Whether the two have anything in common."""
        days = max(self.first, other.first) <= min(self.last, other.last)
        return days and all(held & other.values[name] for name, held in self.values.items())

    def without(self, other: Region) -> Iterator[Region]:
        """What is left of it, in regions that have nothing in common."""
        if not self.meets(other):
            yield self
            return
        within = self
        for name, held in self.values.items():
            if outside := held - other.values[name]:
                yield replace(within, values={**within.values, name: outside})
            within = replace(within, values={**within.values, name: held & other.values[name]})
        if self.first < other.first:
            yield replace(within, last=other.first - _DAY)
        if other.last < self.last:
            yield replace(within, first=other.last + _DAY)


def left_of(regions: Iterable[Region], other: Region) -> list[Region]:
    """What is left of several regions."""
    return [left for region in regions for left in region.without(other)]
