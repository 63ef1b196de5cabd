"""Stays: how long somebody was in a state, from the rows that say so and those that confirm it.

Takes  live states joined with the windows of their participants.
Gives  the day on which a stay was long enough, and what is known of its window.
Keeps  a day of which nothing is known is in no state.
"""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw

from impactbond.evaluation.facts import (
    KEYS,
    NEVER,
    RECORDED_SHIFT,
    VALUE_OFFSET,
    Frame,
    where,
)


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in one of some states of a metric, in a window, of the length of a span; or of that
    length in all within a longer one. Spans and states are numbers.

    A state holds from its row's day until the day before the next row; after the last row only that
    row's own day is known. Of several rows of one day the last recorded holds.
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
    def known(self) -> str:
        """The column that says of how many days of the window a state is known."""
        return f"stay_known_{self._key}"

    @property
    def recorded(self) -> str:
        """The column of the latest day on which any of those rows was recorded; 0 for none."""
        return f"stay_recorded_{self._key}"

    @property
    def missing(self) -> dict[str, int]:
        """What stands in the columns where there is no row."""
        return {self.day: NEVER, self.seen: 0, self.known: 0, self.recorded: 0}


def held_states(rows: Frame, metric: int, window: int) -> Frame:
    """What was held when in a window, from live states joined with windows: keys, state, from_on,
    through_on, the latest day on which a row that says so was recorded, and whether nothing is
    known of the day after (`lapses`, 1).
    """
    packed_state = nw.col("recorded_on") * RECORDED_SHIFT + nw.col("value") + VALUE_OFFSET
    daily = (
        rows.filter(nw.col("metric") == metric)
        .with_columns(opens=f"opens_{window}", closes=f"closes_{window}", held=packed_state)
        .group_by(*KEYS, "observed_on", "confirmed_by", "opens", "closes")
        .agg(nw.col("held").max())
        .with_columns(one=nw.lit(1))
    )
    # Rows are numbered by their days, one for each: of one day only the last recorded is left by
    # now.
    position = nw.col("one").cum_sum().over(*KEYS, order_by="observed_on")
    ordered = daily.with_columns(position=position)
    # A join and no shift, which fails on pandas where there is no next row.
    next_row = ordered.select(
        *KEYS,
        position=nw.col("position") - 1,
        next_on=nw.col("observed_on"),
        next_held=nw.col("held"),
    )
    following = ordered.join(next_row, on=[*KEYS, "position"], how="left")
    # The last row, and one that no other confirms in time, tell of their own day alone.
    # NEVER + 1: no next row is later than any day that could confirm, also where states need no
    # confirming at all.
    is_confirmed = nw.col("next_on").fill_null(NEVER + 1) <= nw.col("confirmed_by")
    through = where(is_confirmed, nw.col("next_on") - 1, nw.col("observed_on"))
    # That it lasted is known by the next row only, and from when that one was recorded.
    also = where(is_confirmed, nw.col("next_held"), 0)
    clipped = following.select(
        *KEYS,
        "observed_on",
        state=nw.col("held") % RECORDED_SHIFT - VALUE_OFFSET,
        # Only what lies in the window counts; a stay that began before it begins with it.
        from_on=nw.max_horizontal("observed_on", "opens"),
        through_on=nw.min_horizontal(through, nw.col("closes")),
        recorded=nw.max_horizontal(nw.col("held"), also) // RECORDED_SHIFT,
        lapses=where(is_confirmed, 0, 1),
    )
    return clipped.filter(nw.col("from_on") <= nw.col("through_on"))


def stretches(held: Frame, states: tuple[int, ...]) -> Frame:
    """The stretches without a break in one of these states: keys, from_on, through_on."""
    breaks = held.with_columns(broken=where(nw.col("state").is_in(list(states)), 0, 1))
    # A row in another state ends a stretch, and so does a day of which nothing is known.
    so_far = {
        name: nw.col(name).cum_sum().over(*KEYS, order_by="observed_on")
        for name in ("broken", "lapses")
    }
    # A lapse parts the days after it from those before: the row that lapses still belongs to what
    # came before it.
    stretch = so_far["broken"] + so_far["lapses"] - nw.col("lapses")
    numbered = breaks.with_columns(stretch=stretch).filter(nw.col("broken") == 0)
    days = nw.col("from_on").min(), nw.col("through_on").max()
    return numbered.group_by(*KEYS, "stretch").agg(*days)


def find_stay(rows: Frame, spans: Frame, stay: Stay) -> list[Frame]:
    """The columns of a stay by claim date and participant, where there are any rows.

    Takes live states joined with their participant's windows, with the day `confirmed_by` which the
    next row must come for the state to last until it; and the length in days of every span from
    every day (columns `day`, `length_<i>`).
    """
    held = held_states(rows, stay.metric, stay.window)
    days = nw.col("through_on") - nw.col("from_on") + 1
    seen = (
        held.with_columns(days=days)
        .group_by(*KEYS)
        .agg(
            nw.len().alias(stay.seen),
            nw.col("days").sum().alias(stay.known),
            nw.col("recorded").max().alias(stay.recorded),
        )
    )
    # Without a longer span both lengths are one, and the second is not looked at.
    within = stay.for_ if stay.within is None else stay.within
    lengths = spans.select(
        from_on="day", needed=nw.col(f"length_{stay.for_}"), within=nw.col(f"length_{within}")
    )
    starts = stretches(held, stay.states).join(lengths, on="from_on", how="inner")
    complete = _unbroken(starts) if stay.within is None else _in_parts(starts)
    return [seen, complete.group_by(*KEYS).agg(nw.col("on").min().alias(stay.day))]


def _unbroken(starts: Frame) -> Frame:
    # The first day is one of the days that are needed.
    complete = starts.with_columns(on=nw.col("from_on") + nw.col("needed") - 1)
    return complete.filter(nw.col("on") <= nw.col("through_on"))


def _in_parts(starts: Frame) -> Frame:
    """The day on which the days from a stretch's first on, in this stretch and later ones, are
    enough; not later than the longer span allows.
    """
    days = nw.col("through_on") - nw.col("from_on") + 1
    counted = starts.with_columns(days=days)
    before = nw.col("days").cum_sum().over(*KEYS, order_by="from_on") - nw.col("days")
    counted = counted.with_columns(before=before)
    later = counted.select(
        *KEYS, later_from=nw.col("from_on"), later_days=nw.col("days"), later_before="before"
    )
    # Every stretch with itself and each later one: few, as stretches are of one participant in one
    # window.
    pairs = counted.join(later, on=list(KEYS), how="inner").filter(
        nw.col("later_from") >= nw.col("from_on")
    )
    # The days in between are counted by running totals, not by going through the stretches between.
    so_far = nw.col("later_before") - nw.col("before")
    on = nw.col("later_from") + nw.col("needed") - so_far - 1
    return pairs.with_columns(so_far=so_far, on=on).filter(
        (nw.col("so_far") < nw.col("needed"))
        & (nw.col("so_far") + nw.col("later_days") >= nw.col("needed"))
        # The longer span includes its first day, so the day after its last is too late.
        & (nw.col("on") < nw.col("from_on") + nw.col("within"))
    )
