"""Stays: how long somebody was in a state without a break, and when that was long enough.

A state holds from its row's day until the day before the next row; after the last row only that
row's own day is known. Of several rows of one day the last recorded holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals as nw

from impactbond.evaluation.facts import KEYS, NEVER, RECORDED_SHIFT, VALUE_OFFSET


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in one of some states of a metric, in a window, of the length of a span; or of that
    length in all within a longer one. Spans and states are numbers.
    """

    metric: int
    window: int
    states: tuple[int, ...]
    for_: int
    within: int | None

    @property
    def _key(self) -> str:
        held = "_".join(map(str, self.states))
        return f"{self.metric}_{self.window}_{held}_for_{self.for_}_within_{self.within}"

    @property
    def day(self) -> str:
        """The column of the day on which the stay was long enough; NEVER while it was not."""
        return f"stay_{self._key}"

    @property
    def seen(self) -> str:
        """The column that says how many rows tell of a day in the window."""
        return f"stay_seen_{self._key}"

    @property
    def recorded(self) -> str:
        """The column of the latest day on which any of those rows was recorded; 0 for none."""
        return f"stay_recorded_{self._key}"

    @property
    def missing(self) -> dict[str, int]:
        """What stands in the columns where there is no row."""
        return {self.day: NEVER, self.seen: 0, self.recorded: 0}


def held_states(
    rows: nw.LazyFrame[Any], metric: int, opens: nw.Expr, closes: nw.Expr
) -> nw.LazyFrame[Any]:
    """What was held when, between two days: keys, place in order, state, from_on, through_on, and
    the latest day on which a row that says so was recorded.
    """
    daily = (
        rows.filter(nw.col("metric") == metric)
        .with_columns(
            opens=opens,
            closes=closes,
            held=nw.col("recorded_on") * RECORDED_SHIFT + nw.col("value") + VALUE_OFFSET,
        )
        .group_by(*KEYS, "observed_on", "opens", "closes")
        .agg(nw.col("held").max())
    )
    daily = daily.with_columns(one=nw.lit(1))
    placed = daily.with_columns(place=nw.col("one").cum_sum().over(*KEYS, order_by="observed_on"))
    # A join and no shift, which fails on pandas where there is no next row.
    next_row = placed.select(
        *KEYS, place=nw.col("place") - 1, next_on=nw.col("observed_on"), next_held=nw.col("held")
    )
    following = placed.join(next_row, on=[*KEYS, "place"], how="left")
    through = (nw.col("next_on") - 1).fill_null(nw.col("observed_on"))
    also = nw.col("next_held").fill_null(0)
    clipped = following.select(
        *KEYS,
        "observed_on",
        state=nw.col("held") % RECORDED_SHIFT - VALUE_OFFSET,
        from_on=nw.max_horizontal("observed_on", "opens"),
        through_on=nw.min_horizontal(through, nw.col("closes")),
        recorded=nw.max_horizontal(nw.col("held"), also) // RECORDED_SHIFT,
    )
    return clipped.filter(nw.col("from_on") <= nw.col("through_on"))


def stretches(held: nw.LazyFrame[Any], states: tuple[int, ...]) -> nw.LazyFrame[Any]:
    """The stretches without a break in one of these states: keys, from_on, through_on."""
    inside = nw.col("state").is_in(list(states))
    breaks = held.with_columns(broken=nw.when(inside).then(nw.lit(0)).otherwise(nw.lit(1)))
    numbered = breaks.with_columns(
        stretch=nw.col("broken").cum_sum().over(*KEYS, order_by="observed_on")
    ).filter(nw.col("broken") == 0)
    return numbered.group_by(*KEYS, "stretch").agg(
        nw.col("from_on").min(), nw.col("through_on").max()
    )


def find_stay(
    rows: nw.LazyFrame[Any], spans: nw.LazyFrame[Any], stay: Stay
) -> list[nw.LazyFrame[Any]]:
    """The columns of a stay by claim date and participant, where there are any rows.

    Takes live observations joined with their participant's windows, and the length in days of every
    span from every day (columns `day`, `length_<i>`).
    """
    window = stay.window
    held = held_states(rows, stay.metric, nw.col(f"opens_{window}"), nw.col(f"closes_{window}"))
    seen = held.group_by(*KEYS).agg(
        nw.len().alias(stay.seen), nw.col("recorded").max().alias(stay.recorded)
    )
    within = stay.for_ if stay.within is None else stay.within
    lengths = spans.select(
        from_on=nw.col("day"),
        needed=nw.col(f"length_{stay.for_}"),
        within=nw.col(f"length_{within}"),
    )
    starts = stretches(held, stay.states).join(lengths, on="from_on", how="inner")
    complete = _unbroken(starts) if stay.within is None else _in_parts(starts)
    return [seen, complete.group_by(*KEYS).agg(nw.col("on").min().alias(stay.day))]


def _unbroken(starts: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    complete = starts.with_columns(on=nw.col("from_on") + nw.col("needed") - 1)
    return complete.filter(nw.col("on") <= nw.col("through_on"))


def _in_parts(starts: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The day on which the days from a stretch's first on, in this stretch and later ones, are
    enough; not later than the longer span allows.
    """
    days = nw.col("through_on") - nw.col("from_on") + 1
    counted = starts.with_columns(days=days)
    counted = counted.with_columns(
        before=nw.col("days").cum_sum().over(*KEYS, order_by="from_on") - nw.col("days")
    )
    later = counted.select(
        *KEYS, later_from=nw.col("from_on"), later_days=nw.col("days"), later_before="before"
    )
    pairs = counted.join(later, on=list(KEYS), how="inner").filter(
        nw.col("later_from") >= nw.col("from_on")
    )
    so_far = nw.col("later_before") - nw.col("before")
    on = nw.col("later_from") + nw.col("needed") - so_far - 1
    return pairs.with_columns(so_far=so_far, on=on).filter(
        (nw.col("so_far") < nw.col("needed"))
        & (nw.col("so_far") + nw.col("later_days") >= nw.col("needed"))
        & (nw.col("on") < nw.col("from_on") + nw.col("within"))
    )
