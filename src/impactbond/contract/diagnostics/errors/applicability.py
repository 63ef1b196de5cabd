"""For whom and when a term applies: whether it can at all, and what is left when others did first.

A region is some values of each attribute, on the days from a first through a last. What a text
attribute may hold beside the values that are named is one more value, `ANY_OTHER`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from impactbond.contract.contract import Contract
from impactbond.terms.applicability import Dated
from impactbond.terms.diagnostic import (
    Diagnostics,
    Path,
    around,
    did_you_mean,
    fault_at,
    listed_twice,
    listing,
)

ATTRIBUTES: Path = ("participants", "attributes")
ANY_OTHER = "any other value"
TERM: Path = ("calendar", "term")
_DAY = timedelta(days=1)


def check_only(contract: Contract, only: Mapping[str, Sequence[str]], path: Path) -> Diagnostics:
    """Every fault of the values that a term is about, each of an attribute that there is."""
    attributes = contract.participants.attributes
    for name, values in only.items():
        known = attributes.get(name)
        if known is None:
            continue
        for index, value in enumerate(values):
            if isinstance(known, tuple) and value not in known:
                yield fault_at(
                    (*path, name, index),
                    "unknown_value",
                    f"'{value}' is not a value of the attribute '{name}'",
                    allowed=listing(known),
                    hint=did_you_mean(value, known),
                    rests=(ATTRIBUTES, *around((*ATTRIBUTES, name), range(len(known)))),
                )
        yield from listed_twice((*path, name), values, "value")


def check_dated(contract: Contract, term: Dated, path: Path) -> Diagnostics:
    """Every fault of whom a dated term is about, and when."""
    yield from check_only(contract, term.only, (*path, "only"))
    yield from check_days(term.from_, term.through, path)
    first, last = contract.calendar.term
    if first <= last and ((term.from_ or first) > last or (term.through or last) < first):
        yield fault_at(
            path,
            "outside_term",
            "its dates are outside the term, so that it never applies",
            found=f"{term.from_ or first} through {term.through or last}",
            allowed=f"days from {first} through {last}",
            rests=(TERM, (*path, "from"), (*path, "through")),
        )


def check_days(first: date | None, last: date | None, path: Path) -> Diagnostics:
    """A term at a place that ends before it starts."""
    if first is not None and last is not None and last < first:
        yield fault_at(
            (*path, "through"),
            "dates_reversed",
            "it ends before it starts",
            found=f"{first} through {last}",
            hint="Write the earlier day under from, the later one under through",
            rests=((*path, "from"),),
        )


def check_in_term(contract: Contract, day: date, path: Path) -> Diagnostics:
    """A day that is not in the term; nothing is told where the term is reversed."""
    first, last = contract.calendar.term
    if first <= last and not first <= day <= last:
        problem, allowed = "the date is outside the term", f"{first} through {last}"
        yield fault_at(path, "outside_term", problem, found=day, allowed=allowed, rests=(TERM,))


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
