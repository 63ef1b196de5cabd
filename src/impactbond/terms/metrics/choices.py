"""Metrics whose values are words: events, and states, whose words are a list's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from impactbond.dates import ONE_DAY
from impactbond.terms.diagnostic import (
    Diagnostics,
    Path,
    around,
    did_you_mean,
    entry,
    fault_at,
    listed_twice,
    listing,
)
from impactbond.terms.metrics.metric import Answered, Chosen, Values
from impactbond.terms.phrases import OftenPhrase
from impactbond.terms.term import Some
from impactbond.terms.words import listed


class Event(Answered):
    """Something that happens, or is answered yes or no. In evidence: 1 for yes, 0 for no."""

    key: ClassVar[str] = "event"
    lasts: ClassVar[bool] = False
    one_a_day: ClassVar[bool] = False

    kind: Literal["event"]
    """Something that happens, or is answered yes or no: event."""
    repeats: bool = False
    """Whether it can happen more than once."""

    def says(self) -> str:
        often = "may happen many times" if self.repeats else "happens once"
        return f"an event that {often}, recorded as having happened or not"

    def check(self, path: Path) -> Diagnostics:
        yield from ()


class State(Chosen):
    """What somebody is in, from the day of the row until the day of the next row.

    After the last row nothing is known, nor where the next comes later than it must to confirm it.
    In evidence: the state's place in `states`, from 0.
    """

    key: ClassVar[str] = "state"
    noun: ClassVar[str] = "state"
    lasts: ClassVar[bool] = True
    one_a_day: ClassVar[bool] = False

    kind: Literal["state"]
    """What somebody is in until the next row: state."""
    states: Some[str]
    """The states, such as [housed, left]."""
    confirmed: OftenPhrase | None = Field(
        default=None,
        description="how often a row must come: a state lasts until the next row only where that "
        "comes within this time of it",
    )

    @property
    def choices(self) -> tuple[str, ...]:
        return self.states

    def through(self, day: date, following: date | None) -> date:
        """The last day on which a state recorded on a day is known, before the row that follows."""
        if following is None or (self.confirmed and following > self.confirmed.after(day)):
            return day
        return following - ONE_DAY

    def counted(self, marked: Sequence[str] = (), leaving_out: Sequence[str] = ()) -> Values | None:
        return None

    def says(self) -> str:
        states = listed(self.states, "or")
        until = "from the day of a record until the day of the next"
        if self.confirmed is not None:
            until += f" where it comes within {self.confirmed}, and otherwise on its own day alone"
        return f"what the participant is in, {until}: {states}"

    def check(self, path: Path) -> Diagnostics:
        yield from listed_twice((*path, "states"), self.states, "state")
        if self.confirmed is not None and self.confirmed.count == 0:
            problem = "what must be confirmed at every moment never lasts"
            yield fault_at((*path, "confirmed"), "never_lasts", problem, allowed="every 1 day")

    def check_states(
        self, name: str, states: Sequence[str], path: Path, *, all_too: bool = True
    ) -> Diagnostics:
        """Whether the states are some of the metric's, which is called `name`; with all of them,
        where that tells nothing.
        """
        rests = around(("metrics", name, "states"), range(len(self.states)))
        for index, state in enumerate(states):
            if state not in self.states:
                place = entry(path, index, len(states))
                problem = f"the metric '{name}' has no state '{state}'"
                allowed, hint = listing(self.states), did_you_mean(state, self.states)
                yield fault_at(
                    place, "unknown_state", problem, allowed=allowed, hint=hint, rests=rests
                )
        if not states:
            allowed = listing(self.states)
            yield fault_at(path, "no_state", "no state is named", allowed=allowed, rests=rests)
        elif not all_too and set(self.states) <= set(states):
            problem = "every state of the metric is named, and so whatever is recorded will do"
            hint = "Leave out those that are not enough"
            yield fault_at(path, "always_met", problem, hint=hint, rests=rests)
