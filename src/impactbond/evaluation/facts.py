"""Facts: the few numbers about each participant from which every condition follows.

A count or sum of rows, the first, last or best measure in a window, the day of the n-th row or of a
total. All but the last two are plain sums, minima and maxima, found in one pass over the
observations: an ordered pick is a plain maximum once (observed day, recorded day, value) is packed
into one integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import narwhals as nw

from impactbond.terms.conditions.passes import FactKind

DAY_SHIFT = 2**47
RECORDED_SHIFT = 2**31
VALUE_OFFSET = 2**30
NEVER = 2**31  # a day that never comes: later than every day number
NO_FIRST = 2**63 - 1
NO_LAST = -1
KEYS = ("claim", "participant")

_MISSING: dict[FactKind, int] = {
    "rows": 0,
    "sum": 0,
    "first_day": NEVER,
    "first": NO_FIRST,
    "first_held": NO_FIRST,
    "last": NO_LAST,
    "highest": NO_LAST,
    "lowest": NO_FIRST,
    "recorded": 0,
    "nth_day": NEVER,
    "total_day": NEVER,
}
_IN_ORDER = ("nth_day", "total_day")
_PICKED = ("first", "first_held", "last", "highest", "lowest")
_LAST_DAY = 2**16 - 1


@dataclass(frozen=True, slots=True)
class Fact:
    """One number about a participant: over the rows of one metric in one window, with one value
    where `value` is given.

    rows: how many. sum: of their values. first_day: the earliest observed day. first, last: the
    earliest and latest row, packed; first_held: of the earliest day, the latest row. highest,
    lowest: the value, and the first day with it. recorded: the latest recorded day. nth_day: the
    observed day of the n-th row. total_day: the day on which the values add up to `nth`.
    """

    kind: FactKind
    metric: int
    window: int
    value: int | None = None
    nth: int = 0

    @property
    def name(self) -> str:
        """The column that holds this fact."""
        value = "any" if self.value is None else self.value
        return f"{self.kind}_{self.metric}_{self.window}_{value}_{self.nth}"

    @property
    def missing(self) -> int:
        """What stands in the column when there is no such row."""
        return _MISSING[self.kind]

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


def packed() -> nw.Expr:
    """(observed day, recorded day, value) as one integer that orders like the three."""
    return (
        nw.col("observed_on") * DAY_SHIFT
        + nw.col("recorded_on") * RECORDED_SHIFT
        + nw.col("value")
        + VALUE_OFFSET
    )


def packed_backwards() -> nw.Expr:
    """The same, so that of one day the row recorded last, of those the greatest, comes first."""
    return (
        nw.col("observed_on") * DAY_SHIFT
        + (_LAST_DAY - nw.col("recorded_on")) * RECORDED_SHIFT
        + VALUE_OFFSET
        - nw.col("value")
    )


def _unpacked(fact: Fact) -> dict[str, nw.Expr]:
    """The value and the observed day of a row that was picked, as columns."""
    pack = fact.column
    match fact.kind:
        case "highest" | "lowest":
            value, day = _whole(pack, _LAST_DAY + 1) - VALUE_OFFSET, pack % (_LAST_DAY + 1)
            day = _LAST_DAY - day if fact.kind == "highest" else day
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


def largest(*columns: nw.Expr) -> nw.Expr:
    """The largest of some columns; Spark has none of a single one."""
    return nw.max_horizontal(*columns) if len(columns) > 1 else columns[0]


def smallest(*columns: nw.Expr) -> nw.Expr:
    """The smallest of some columns; Spark has none of a single one."""
    return nw.min_horizontal(*columns) if len(columns) > 1 else columns[0]


def find_facts(rows: nw.LazyFrame[Any], facts: tuple[Fact, ...]) -> list[nw.LazyFrame[Any]]:
    """Frames of facts by claim date and participant: one for all that need one pass, one for each
    n-th day.

    Takes live observations joined with their participant's windows (columns `opens_<i>`,
    `closes_<i>`).
    """
    plain = [fact for fact in facts if fact.kind not in _IN_ORDER]
    found = []
    if plain:
        looked_at = {_place(fact): _inside(fact) for fact in plain}
        placed = rows.with_columns(pack=packed(), **looked_at)
        concerned = placed.select(*KEYS, *(_row(fact) for fact in plain))
        found.append(concerned.group_by(*KEYS).agg(*(_gathered(fact) for fact in plain)))
    found += [_reached(rows, fact) for fact in facts if fact.kind in _IN_ORDER]
    return found


def concerns(fact: Fact) -> nw.Expr:
    """Whether a row, joined with its participant's windows, is one that the fact looks at."""
    return _of_value(fact, _inside(fact))


def _of_value(fact: Fact, inside: nw.Expr) -> nw.Expr:
    return inside if fact.value is None else inside & (nw.col("value") == fact.value)


def _inside(fact: Fact) -> nw.Expr:
    return (
        (nw.col("metric") == fact.metric)
        & (nw.col("observed_on") >= nw.col(f"opens_{fact.window}"))
        & (nw.col("observed_on") <= nw.col(f"closes_{fact.window}"))
    )


def _place(fact: Fact) -> str:
    """The column that says whether a row is of the fact's metric and window: found once for all the
    facts that look there.
    """
    return f"at_{fact.metric}_{fact.window}"


def _row(fact: Fact) -> nw.Expr:
    """What one row adds to a fact; a column of its own, as not every engine gathers expressions."""
    columns = {
        "rows": nw.lit(1),
        "sum": nw.col("value"),
        "first_day": nw.col("observed_on"),
        "recorded": nw.col("recorded_on"),
        "first_held": packed_backwards(),
        "highest": _best(_LAST_DAY - nw.col("observed_on")),
        "lowest": _best(nw.col("observed_on")),
    }
    concerned = nw.when(_of_value(fact, nw.col(_place(fact)))).then(
        columns.get(fact.kind, nw.col("pack"))
    )
    return concerned.otherwise(nw.lit(fact.missing)).cast(nw.Int64).alias(fact.name)


def _best(day: nw.Expr) -> nw.Expr:
    return (nw.col("value") + VALUE_OFFSET) * (_LAST_DAY + 1) + day


def _gathered(fact: Fact) -> nw.Expr:
    match fact.kind:
        case "rows" | "sum":
            return fact.column.sum()
        case "first_day" | "first" | "first_held" | "lowest":
            return fact.column.min()
        case _:
            return fact.column.max()


def _reached(rows: nw.LazyFrame[Any], fact: Fact) -> nw.LazyFrame[Any]:
    """The day on which the rows, or what they hold, come to the n of the fact."""
    amount = nw.lit(1) if fact.kind == "nth_day" else nw.col("value")
    concerned = rows.filter(concerns(fact)).select(
        *KEYS, "observed_on", "observation", amount=amount
    )
    so_far = nw.col("amount").cum_sum().over(*KEYS, order_by=["observed_on", "observation"])
    reached = concerned.with_columns(so_far=so_far).filter(nw.col("so_far") >= fact.nth)
    return reached.group_by(*KEYS).agg(nw.col("observed_on").min().alias(fact.name))


def join_facts(
    participants: nw.LazyFrame[Any],
    found: list[nw.LazyFrame[Any]],
    missing: Mapping[str, int],
    facts: Iterable[Fact],
) -> nw.LazyFrame[Any]:
    """Every participant with every column of facts; where there was no row, what is missing. The
    rows picked are unpacked once, for all the conditions that look at them.
    """
    joined = reduce(
        lambda left, right: left.join(right, on=list(KEYS), how="left"), found, participants
    )
    filled = joined.with_columns(
        *(nw.col(name).fill_null(value).cast(nw.Int64) for name, value in missing.items())
    )
    unpacked = [_unpacked(fact) for fact in facts if fact.kind in _PICKED]
    columns = {name: column for one in unpacked for name, column in one.items()}
    return filled.with_columns(**columns) if columns else filled
