"""The terms of what a provider spends: fixed costs on their days, costs of each child or of each
milestone that is reached, and by how much they rise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field

from impactbond.dates import Span
from impactbond.terms.phrases import SharePhrase, SpanPhrase
from impactbond.terms.term import Amount, Day, Term

CHILD = "child"
_NONE = Span(0, "day")
# More than weekly for eleven years is a slip of the pen.
MOST_TIMES = 600


class Cost(Term):
    """One thing that the provider spends money on: on days of its own (`on`), or for each child, or
    for each that reaches a milestone (`per`).
    """

    name: Annotated[str, Field(min_length=1)]
    amount: Amount = Field(description="in the currency of payments, each time")
    per: str | None = Field(default=None, description="child, or a milestone; none: a fixed cost")
    on: Day | None = Field(default=None, description="the first day of a fixed cost")
    through: Day | None = Field(default=None, description="the last day of one that is repeated")
    after: SpanPhrase | None = Field(
        default=None, description="how long after a child's start, or its milestone"
    )
    every: SpanPhrase | None = Field(default=None, description="how long until it is spent again")
    for_: SpanPhrase | None = Field(
        default=None, alias="for", description="how long it is spent for a child, from the first"
    )

    def days_from(self, day: date) -> Iterator[date]:
        """The days on which it is spent for a child whose start, or milestone, is on a day."""
        first = (self.after or _NONE).after(day)
        return self._repeated(first, first if self.for_ is None else self.for_.after(first), False)

    def fixed_days(self) -> Iterator[date]:
        """The days on which a fixed cost is spent."""
        if self.on is not None:
            yield from self._repeated(self.on, self.through or self.on, True)

    def _repeated(self, first: date, last: date, is_last_in: bool) -> Iterator[date]:
        yield first
        if self.every is None:
            return
        for place in range(1, MOST_TIMES + 1):
            day = self.every.times(place).after(first)
            if day > last or (day == last and not is_last_in):
                return
            yield day


class Inflation(Term):
    """By what share costs rise on every anniversary of the day whose prices they are written in."""

    prices_of: Day
    each_year: SharePhrase

    def years_by(self, day: date) -> int:
        """How often costs have risen by a day."""
        had = (day.month, day.day) >= (self.prices_of.month, self.prices_of.day)
        return max(0, day.year - self.prices_of.year - (not had))
