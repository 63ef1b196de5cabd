"""Units: what is paid for every so many rows or days, or every so much of a quantity."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Amount, OneOrMany, Term, kind_of
from impactbond.terms.words import counted, listed, number, quoted


class Rows(Term):
    """A unit for every row of the metric that counts."""

    rows: MetricName
    marked: str | None = None
    window: WindowName = Field(alias="in", description="the name of a window")
    every: int = Field(default=1, ge=1)
    at_most: int | None = Field(default=None, ge=1)

    @property
    def metric(self) -> str:
        """The metric that it counts."""
        return self.rows

    def says(self, of: str) -> str:
        """What makes a unit, in words."""
        marked = f" marked {self.marked}" if self.marked else ""
        return f"{counted(self.every, 'record')} of {quoted(self.rows)}{marked}"


class DaysIn(Term):
    """A unit for every so many days in one of these states, whole units only."""

    days: MetricName
    as_: OneOrMany[str] = Field(alias="as")
    window: WindowName = Field(alias="in", description="the name of a window")
    every: int = Field(default=1, ge=1)
    at_most: int | None = Field(default=None, ge=1)

    @property
    def metric(self) -> str:
        """The metric that it counts."""
        return self.days

    def says(self, of: str) -> str:
        """What makes a unit, in words."""
        states = listed(self.as_, "or")
        return f"{counted(self.every, 'day')} on which {quoted(self.days)} is {states},"


class Amounts(Term):
    """A unit for every so much of a quantity, whole units only."""

    amounts: MetricName
    window: WindowName = Field(alias="in", description="the name of a window")
    every: Amount
    at_most: int | None = Field(default=None, ge=1)

    @property
    def metric(self) -> str:
        """The metric that it counts."""
        return self.amounts

    def says(self, of: str) -> str:
        """What makes a unit, in words; `of` is what the quantity is counted in, such as hours."""
        return f"{number(self.every)}{f' {of}' if of else ''} of {quoted(self.amounts)}"


def _units_kind(value: Any) -> str | None:
    return kind_of(value, {"rows": Rows, "days": DaysIn, "amounts": Amounts})


Units = Annotated[
    Annotated[Rows, Tag("(rows)")]
    | Annotated[DaysIn, Tag("(days)")]
    | Annotated[Amounts, Tag("(amounts)")],
    Discriminator(
        _units_kind,
        custom_error_type="not_a_unit",
        custom_error_message="not a unit: write rows:, days: or amounts: and a metric",
    ),
]
