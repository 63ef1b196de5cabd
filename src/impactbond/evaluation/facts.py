"""Facts: the few numbers about each participant from which every condition follows.

A count or sum of rows, the first, last or best measure in a window, the day of the n-th row or of a
total. Most are plain sums, minima and maxima, found in one pass over the observations: an ordered
pick is a plain maximum once (observed day, recorded day, value) is packed into one integer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import narwhals as nw

from impactbond.dates import LAST_DAY_NUMBER
from impactbond.terms.conditions.passes import FactKind
from impactbond.terms.metrics.metric import ValueDays, Values

Frame = nw.LazyFrame[Any]
# Sixteen bits of a day number over sixteen of another over 31 of a value: 63 in all, so that no
# pack is below nothing and none wraps. A wider value would run into the days.
DAY_SHIFT = 2**47
RECORDED_SHIFT = 2**31
# Values can be below nothing, and packs must not be: they are moved up by half their room.
VALUE_OFFSET = 2**30
NEVER = 2**31  # a day that never comes: later than every day number
NO_FIRST = 2**63 - 1
NO_LAST = -1
KEYS = ("claim", "participant")


def largest(*columns: nw.Expr | int) -> nw.Expr:
    """The largest of some columns or numbers; Spark has none of a single one."""
    found = list(map(_column, columns))
    return nw.max_horizontal(*found) if len(found) > 1 else found[0]


def smallest(*columns: nw.Expr | int) -> nw.Expr:
    """The smallest of some columns or numbers; Spark has none of a single one."""
    found = list(map(_column, columns))
    return nw.min_horizontal(*found) if len(found) > 1 else found[0]


def where(test: nw.Expr, yes: nw.Expr | int, no: nw.Expr | int) -> nw.Expr:
    """One column or number where a test holds, another where it does not."""
    # Engines hold a small whole number in 32 bits, and what it is multiplied by may need more.
    return either(test, yes, no).cast(nw.Int64)


def either(test: nw.Expr, yes: nw.Expr | int, no: nw.Expr | int) -> nw.Expr:
    """The same, in whatever type the engine gives it: for whoever says the type of the whole."""
    return nw.when(test).then(_column(yes)).otherwise(_column(no))


def _column(value: nw.Expr | int) -> nw.Expr:
    return value if isinstance(value, nw.Expr) else nw.lit(value)


def packed() -> nw.Expr:
    """(observed day, recorded day, value) as one integer that orders like the three."""
    days = nw.col("observed_on") * DAY_SHIFT + nw.col("recorded_on") * RECORDED_SHIFT
    return days + nw.col("value") + VALUE_OFFSET


def _packed_backwards() -> nw.Expr:
    """The same, so that of one day the row recorded last, of those the greatest, comes first."""
    # Among rows of one day a later recording corrects an earlier one, also where the earliest day
    # is wanted: what is turned round is the recording and not the day.
    recorded = (LAST_DAY_NUMBER - nw.col("recorded_on")) * RECORDED_SHIFT
    return nw.col("observed_on") * DAY_SHIFT + recorded + VALUE_OFFSET - nw.col("value")


def _best(day: nw.Expr) -> nw.Expr:
    # The value first, and the day only between equal values; for the highest the day is turned
    # round by the caller, so that the first day with it wins under a maximum too.
    return (nw.col("value") + VALUE_OFFSET) * (LAST_DAY_NUMBER + 1) + day


# Of every kind of fact what a row brings to it, how rows are gathered, and what stands in its
# column when there is no row.
_KINDS: dict[FactKind, tuple[nw.Expr, Callable[[nw.Expr], nw.Expr], int]] = {
    "rows": (nw.lit(1), nw.Expr.sum, 0),
    "sum": (nw.col("value"), nw.Expr.sum, 0),
    "first_day": (nw.col("observed_on"), nw.Expr.min, NEVER),
    "first_at_least": (nw.col("observed_on"), nw.Expr.min, NEVER),
    "first_at_most": (nw.col("observed_on"), nw.Expr.min, NEVER),
    "first_gain": (nw.col("observed_on"), nw.Expr.min, NEVER),
    "first": (nw.col("pack"), nw.Expr.min, NO_FIRST),
    "first_held": (_packed_backwards(), nw.Expr.min, NO_FIRST),
    "last": (nw.col("pack"), nw.Expr.max, NO_LAST),
    "highest": (_best(LAST_DAY_NUMBER - nw.col("observed_on")), nw.Expr.max, NO_LAST),
    "lowest": (_best(nw.col("observed_on")), nw.Expr.min, NO_FIRST),
    "recorded": (nw.col("recorded_on"), nw.Expr.max, 0),
    # Of these two what rows bring is added up in order, and the day gathered on which it is enough.
    "nth_day": (nw.lit(1), nw.Expr.min, NEVER),
    "total_day": (nw.col("value"), nw.Expr.min, NEVER),
}
# A running sum needs an order of rows, which no plain pass over them has: each costs a pass of its
# own.
_IN_ORDER = ("nth_day", "total_day")
_BY_THEMSELVES = (*_IN_ORDER, "first_gain")
_PICKED = ("first", "first_held", "last", "highest", "lowest")


def _named(one: ValueDays) -> str:
    """A value that counts, and its days where it has any, for the name of a column."""
    return f"{one.value}" if one.is_always else f"{one.value}from{one.first}to{one.last}"


@dataclass(frozen=True, slots=True)
class Fact:
    """One number about a participant: over the rows of one metric in one window, with one of the
    values where `values` is given.

    rows: how many. sum: of their values. first_day: the earliest observed day. first, last: the
    earliest and latest row, packed; first_held: of the earliest day, the latest row. highest,
    lowest: the value, and the first day with it. recorded: the latest recorded day. nth_day: the
    observed day of the n-th row. total_day: the day on which the values add up to `nth`.
    first_at_least, first_at_most: the earliest observed day with no less, no more, than `bar`.
    first_gain: the earliest with `bar` more than the first row in the window `nth`, and later
    than it; with less, where `bar` is below nothing.
    """

    kind: FactKind
    metric: int
    window: int
    values: Values | None = None
    nth: int = 0
    bar: int = 0

    @property
    def name(self) -> str:
        """The column that holds this fact."""
        which = "any" if self.values is None else "or".join(map(_named, self.values))
        bar = f"_{self.bar}" if self.bar else ""
        return f"{self.kind}_{self.metric}_{self.window}_{which}_{self.nth}{bar}"

    @property
    def missing(self) -> int:
        """What stands in the column when there is no such row."""
        return _KINDS[self.kind][2]

    @property
    def column(self) -> nw.Expr:
        """The column of this fact."""
        return nw.col(self.name)

    @property
    def found(self) -> nw.Expr:
        """Whether there was such a row, or such a day."""
        return self.column != self.missing

    @property
    def value_of_row(self) -> nw.Expr:
        """The value of the row that was picked, where one was."""
        return nw.col(f"value_{self.name}")

    @property
    def day_of_row(self) -> nw.Expr:
        """The observed day of the row that was picked, where one was."""
        return nw.col(f"day_{self.name}")


def _unpacked(fact: Fact) -> dict[str, nw.Expr]:
    """The value and the observed day of a row that was picked, as columns."""
    pack = fact.column
    match fact.kind:
        case "highest" | "lowest":
            days = LAST_DAY_NUMBER + 1
            value, day = _whole(pack, days) - VALUE_OFFSET, pack % days
            day = LAST_DAY_NUMBER - day if fact.kind == "highest" else day
        case "first_held":
            value, day = VALUE_OFFSET - pack % RECORDED_SHIFT, _whole(pack, DAY_SHIFT)
        case _:
            value, day = pack % RECORDED_SHIFT - VALUE_OFFSET, _whole(pack, DAY_SHIFT)
    return {f"value_{fact.name}": value, f"day_{fact.name}": day}


def _whole(pack: nw.Expr, power: int) -> nw.Expr:
    """How often a power of two is in a number. What is left is taken off first, so that the
    division is exact; engines write, and work out, `//` at length.
    """
    return ((pack - pack % power) / power).cast(nw.Int64)


def in_window(window: int) -> nw.Expr:
    """Whether a row, joined with its participant's windows, was observed in one of them."""
    day = nw.col("observed_on")
    # Both edges are within the window.
    return (day >= nw.col(f"opens_{window}")) & (day <= nw.col(f"closes_{window}"))


def concerns(fact: Fact) -> nw.Expr:
    """Whether a row, joined with its participant's windows, is one that the fact looks at."""
    return _of_value(fact, (nw.col("metric") == fact.metric) & in_window(fact.window))


def _of_value(fact: Fact, inside: nw.Expr) -> nw.Expr:
    value = nw.col("value")
    match fact.kind:
        case "first_at_least":
            return inside & (value >= fact.bar)
        case "first_at_most":
            return inside & (value <= fact.bar)
        case "first_gain":  # held against another row, which is not known here
            return inside
    return inside if fact.values is None else inside & is_one_of(fact.values)


def is_one_of(values: Values) -> nw.Expr:
    """Whether a row holds one of some values, on a day on which that value counts."""
    # Values that always count are one test, however many: engines read a long chain of them slowly.
    always = [one.value for one in values if one.is_always]
    held, day = nw.col("value"), nw.col("observed_on")
    tests = [
        (held == one.value) & (day >= one.first) & (day <= one.last)
        for one in values
        if not one.is_always
    ]
    if always:
        tests.append(held.is_in(always) if len(always) > 1 else held == always[0])
    return reduce(or_, tests)


def find_facts(rows: Frame, facts: tuple[Fact, ...]) -> list[Frame]:
    """Frames of facts by claim date and participant: one for all that need one pass, one for each
    n-th day.

    Takes live observations joined with their participant's windows (columns `opens_<i>`,
    `closes_<i>`).
    """
    plain = [fact for fact in facts if fact.kind not in _BY_THEMSELVES]
    found = []
    if plain:
        # Whether a row is of a metric and window is found once for all the facts that look there.
        looked_at = {
            f"at_{metric}_{window}": (nw.col("metric") == metric) & in_window(window)
            for metric, window in dict.fromkeys((fact.metric, fact.window) for fact in plain)
        }
        placed = rows.with_columns(pack=packed(), **looked_at)
        # What rows bring are columns of their own, as not every engine gathers expressions.
        brought = placed.select(*KEYS, *map(_brought, plain))
        # One pass gathers all: a scan of the observations for each fact would be most of the time
        # that a settlement takes.
        gathered = (_KINDS[fact.kind][1](fact.column) for fact in plain)
        found.append(brought.group_by(*KEYS).agg(*gathered))
    found += [_reached(rows, fact) for fact in facts if fact.kind in _IN_ORDER]
    return found + [_gained(rows, fact) for fact in facts if fact.kind == "first_gain"]


def _brought(fact: Fact) -> nw.Expr:
    """What one row brings to a fact; nothing where the fact does not look at it."""
    is_looked_at = _of_value(fact, nw.col(f"at_{fact.metric}_{fact.window}"))
    return where(is_looked_at, _KINDS[fact.kind][0], fact.missing).alias(fact.name)


def _reached(rows: Frame, fact: Fact) -> Frame:
    """The day on which the rows, or what they hold, come to the n of the fact."""
    concerned = rows.filter(concerns(fact)).select(
        *KEYS, "observed_on", "observation", amount=_KINDS[fact.kind][0]
    )
    # By the observation too: where nothing tells rows of one day apart, engines add them up
    # together or one by one, as they please.
    so_far = nw.col("amount").cum_sum().over(*KEYS, order_by=["observed_on", "observation"])
    # The first day on which it was enough: what comes later takes nothing back here.
    reached = concerned.with_columns(so_far=so_far).filter(nw.col("so_far") >= fact.nth)
    return reached.group_by(*KEYS).agg(nw.col("observed_on").min().alias(fact.name))


def _gained(rows: Frame, fact: Fact) -> Frame:
    """The day of the first row that is so much above, or below, the first in another window."""
    own, by = rows.filter(nw.col("metric") == fact.metric), fact.bar
    packs = own.filter(in_window(fact.nth)).with_columns(pack=packed())
    first = packs.group_by(*KEYS).agg(nw.col("pack").min())
    start = first.select(
        *KEYS,
        # The first row is the one recorded first of its day, as for every other first: a baseline
        # and a gain must start from the same row.
        start_value=nw.col("pack") % RECORDED_SHIFT - VALUE_OFFSET,
        start_on=_whole(nw.col("pack"), DAY_SHIFT),
    )
    gain = nw.col("value") - nw.col("start_value")
    later = own.filter(in_window(fact.window)).join(start, on=list(KEYS), how="inner")
    # Strictly later: a row is no gain on itself, nor on another of its day.
    reached = later.filter(
        (nw.col("observed_on") > nw.col("start_on")) & ((gain >= by) if by > 0 else (gain <= by))
    )
    return reached.group_by(*KEYS).agg(nw.col("observed_on").min().alias(fact.name))


def join_facts(
    participants: Frame, found: list[Frame], missing: Mapping[str, int], facts: Iterable[Fact]
) -> Frame:
    """Every participant with every column of facts; where there was no row, what is missing. The
    rows picked are unpacked once, for all the conditions that look at them.
    """
    # From the participants, and to the left: who has no row at all is judged too.
    joined = reduce(
        lambda left, right: left.join(right, on=list(KEYS), how="left"), found, participants
    )
    filled = joined.with_columns(
        *(nw.col(name).fill_null(value).cast(nw.Int64) for name, value in missing.items())
    )
    unpacked = [_unpacked(fact) for fact in facts if fact.kind in _PICKED]
    columns = {name: column for one in unpacked for name, column in one.items()}
    return filled.with_columns(**columns) if columns else filled
