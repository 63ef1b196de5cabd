"""The headings of what is delivered, by rules that every door shares: how a heading is compared
with a column's name, where headings stand, and that each stands once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from impactbond.errors import Fault
from impactbond.terms.sheets import REQUIRED_PARTICIPANT_COLUMNS
from impactbond.terms.words import listed
from impactbond.texts import one_spelling

# The columns of the two evidence tables, and of counts in their place, by the names that frames
# and files use.
REQUIRED = {
    "participants": REQUIRED_PARTICIPANT_COLUMNS,
    "observations": ("participant", "metric", "value", "observed_on", "recorded_on"),
    "counts": ("milestone",),
}
OPTIONAL = {
    "participants": ("from_on", "left_on"),
    "observations": ("observation", "source", "evidence_ref", "supersedes", "status"),
    "counts": (
        *("achieved_on", "period", "number", "units"),
        *("recorded_on", "standing", "ref", "replaces"),
    ),
}
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
    columns apart by them. Told by place: the first row of a file without headings is a child's.
    """
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for at, one in enumerate(headings, 1):
        if one:
            alike[one.casefold()].append(str(at))
    for same in alike.values():
        if len(same) > 1:
            problem = f"columns {listed(same)} have the same heading"
            fault = replace(place, code="duplicate_heading", problem=problem)
            hint = "Rename or take out the other column, or put headings above the first row"
            yield replace(fault, allowed="each heading once", hint=hint)


def missing_columns(
    columns: Sequence[str], name: str, wanted: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[Fault]:
    """A fault for each wanted column that the table of that name does not have, and for each column
    whose heading may be a slip of one that it knows: read by, a withdrawal would be lost.
    """
    known = dict.fromkeys((*wanted, *optional))
    others = {as_name(one): one for one in columns if one not in known}
    for column in known:
        written = others.get(column)
        if written is None and column not in columns:
            # A column that may be missing is only taken for a slip where the two are nearly alike.
            cutoff = 0.6 if column in wanted else 0.85
            close = get_close_matches(column, others, n=1, cutoff=cutoff)
            written = others[close[0]] if close else None
        if written is None and (column in columns or column not in wanted):
            continue
        hint = f"Did you mean '{written}'? Rename the column" if written else "Add the column"
        missing = Fault(sheet=name, column=column, code="column_missing", hint=hint)
        if column not in columns:
            yield replace(missing, problem=f"there is no column '{column}'")
            continue
        problem = f"'{written}' stands beside '{column}'"
        twice = replace(missing, code="duplicate_heading", problem=problem)
        yield replace(twice, hint="Rename or take out one of them")
