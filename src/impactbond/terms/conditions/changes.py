"""What a change from one window to another asks: a last record that is later than the first."""

from __future__ import annotations

from collections.abc import Sequence

from impactbond.terms.conditions.passes import Column, FactColumn, Row, Terms
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at


def is_later(before: FactColumn, after: FactColumn) -> Column:
    """Whether there is a last record besides the first: one record in both windows, or one that is
    older than the first, shows no change.
    """
    return after.found & (~before.found | (after.day_of_row > before.day_of_row))


def later(before: Sequence[Row], after: list[Row]) -> list[Row]:
    """The last rows, where they come after the first, as the engine takes them."""
    return [row for row in after if not before or row["observed_on"] > before[0]["observed_on"]]


def check_order(terms: Terms, between: Sequence[str], path: Path) -> Diagnostics:
    """Whether any record of the second window can be later than one of the first."""
    first, second = (terms.windows.get(name) for name in between)
    if first is None or second is None:
        return
    # One end of either may be a date: then it depends on the start.
    if all(second.days(start)[1] <= first.days(start)[0] for start in terms.calendar.term):
        problem = f"no record in '{between[1]}' is later than one in '{between[0]}'"
        hint = "Write the window of the first record, then that of the last"
        rests: tuple[Path, ...] = (*(("windows", name) for name in between), ("calendar", "term"))
        found = " then ".join(map(str, (first, second)))
        place = (*path, "between")
        yield fault_at(place, "cannot_be_met", problem, found=found, hint=hint, rests=rests)
