"""Facts: the few numbers about each participant from which every condition follows.

A count of rows, the first and last measure in a window, the day of the n-th row. All but the last
are plain sums, minima and maxima, found in one pass over the observations: an ordered pick is a
plain maximum once (observed day, recorded day, value) is packed into one integer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import narwhals as nw

DAY_SHIFT = 2**47
RECORDED_SHIFT = 2**31
VALUE_OFFSET = 2**30
NEVER = 2**31  # a day that never comes: later than every day number
NO_FIRST = 2**63 - 1
NO_LAST = -1
KEYS = ("claim", "participant")

FactKind = Literal["rows", "first_day", "first", "last", "recorded", "nth_day"]
_MISSING: dict[FactKind, int] = {
    "rows": 0,
    "first_day": NEVER,
    "first": NO_FIRST,
    "last": NO_LAST,
    "recorded": 0,
    "nth_day": NEVER,
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One number about a participant: over the rows of one metric in one window, with one value
    where `value` is given.

    rows: how many. first_day: the earliest observed day. first, last: the earliest and latest row,
    packed. recorded: the latest recorded day. nth_day: the observed day of the n-th row.
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


def packed() -> nw.Expr:
    """(observed day, recorded day, value) as one integer that orders like the three."""
    return (
        nw.col("observed_on") * DAY_SHIFT
        + nw.col("recorded_on") * RECORDED_SHIFT
        + nw.col("value")
        + VALUE_OFFSET
    )


def unpacked_day(pack: nw.Expr) -> nw.Expr:
    """The observed day of a packed row."""
    return pack // DAY_SHIFT


def unpacked_value(pack: nw.Expr) -> nw.Expr:
    """The value of a packed row."""
    return pack % RECORDED_SHIFT - VALUE_OFFSET


def find_facts(rows: nw.LazyFrame[Any], facts: tuple[Fact, ...]) -> list[nw.LazyFrame[Any]]:
    """Frames of facts by claim date and participant: one for all that need one pass, one for each
    n-th day.

    Takes live observations joined with their participant's windows (columns `opens_<i>`,
    `closes_<i>`).
    """
    plain = [fact for fact in facts if fact.kind != "nth_day"]
    found = []
    if plain:
        concerned = rows.with_columns(pack=packed()).select(*KEYS, *(_row(fact) for fact in plain))
        found.append(concerned.group_by(*KEYS).agg(*(_gathered(fact) for fact in plain)))
    found += [_nth_day(rows, fact) for fact in facts if fact.kind == "nth_day"]
    return found


def concerns(fact: Fact) -> nw.Expr:
    """Whether a row, joined with its participant's windows, is one that the fact looks at."""
    inside = (
        (nw.col("metric") == fact.metric)
        & (nw.col("observed_on") >= nw.col(f"opens_{fact.window}"))
        & (nw.col("observed_on") <= nw.col(f"closes_{fact.window}"))
    )
    return inside if fact.value is None else inside & (nw.col("value") == fact.value)


def _row(fact: Fact) -> nw.Expr:
    """What one row adds to a fact; a column of its own, as not every engine gathers expressions."""
    columns = {
        "rows": nw.lit(1),
        "first_day": nw.col("observed_on"),
        "recorded": nw.col("recorded_on"),
    }
    concerned = nw.when(concerns(fact)).then(columns.get(fact.kind, nw.col("pack")))
    return concerned.otherwise(nw.lit(fact.missing)).cast(nw.Int64).alias(fact.name)


def _gathered(fact: Fact) -> nw.Expr:
    match fact.kind:
        case "rows":
            return fact.column.sum()
        case "first_day" | "first":
            return fact.column.min()
        case _:
            return fact.column.max()


def _nth_day(rows: nw.LazyFrame[Any], fact: Fact) -> nw.LazyFrame[Any]:
    concerned = rows.filter(concerns(fact)).select(
        *KEYS, "observed_on", "observation", one=nw.lit(1)
    )
    place = nw.col("one").cum_sum().over(*KEYS, order_by=["observed_on", "observation"])
    return (
        concerned.with_columns(place=place)
        .filter(nw.col("place") == fact.nth)
        .select(*KEYS, nw.col("observed_on").alias(fact.name))
    )


def join_facts(
    participants: nw.LazyFrame[Any], found: list[nw.LazyFrame[Any]], facts: tuple[Fact, ...]
) -> nw.LazyFrame[Any]:
    """Every participant with every fact; where there was no row, the fact's `missing`."""
    joined = reduce(
        lambda left, right: left.join(right, on=list(KEYS), how="left"), found, participants
    )
    return joined.with_columns(
        *(fact.column.fill_null(fact.missing).cast(nw.Int64) for fact in facts)
    )
