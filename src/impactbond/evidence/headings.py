"""The headings of what is delivered, by rules that every door shares: how a heading is compared
with a column's name, where headings stand, and that each stands once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from impactbond.errors import Fault
from impactbond.texts import one_spelling

MOST_TITLES = 20  # rows, from the first, among which the headings are looked for


def as_name(heading: object) -> str:
    """A heading as columns are named, whatever its capitals and spaces."""
    return "_".join(one_spelling(str(heading)).casefold().split())


def headings_below(
    grid: Sequence[Sequence[object]], first: int, wanted: Sequence[str]
) -> int | None:
    """The number of the row near the top of a sheet in which more of the headings stand than in the
    one at that place, at least half of them.
    """
    held = {
        row: sum(isinstance(cell, str) and one_spelling(cell) in wanted for cell in grid[row])
        for row in range(first, min(first + MOST_TITLES, len(grid)))
    }
    best = max(held, key=lambda row: (held[row], -row), default=first)
    return best + 1 if held and held[best] > held[first] and held[best] * 2 >= len(wanted) else None


def below_a_title(place: Fault, below: int) -> Fault:
    """The fault of a sheet whose headings stand in a row further down."""
    problem = f"row {place.row} was read as the headings; they seem to stand in row {below}"
    hint = f"Delete the rows above row {below}"
    return replace(place, code="headings_below", problem=problem, hint=hint)


def repeated_headings(place: Fault, headings: Iterable[str]) -> Iterator[Fault]:
    """A fault for each heading that stands more than once, capitals aside: engines tell no two
    columns apart by them.
    """
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for one in headings:
        alike[one.casefold()].append(one)
    for same in alike.values():
        if len(same) > 1 and same[0]:
            problem = f"the heading '{same[0]}' stands {len(same)} times"
            fault = replace(place, column=same[0], code="duplicate_heading", problem=problem)
            yield replace(fault, allowed="each once", hint="Rename or take out the other column")
