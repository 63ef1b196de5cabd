"""Units: what is paid for every so many rows or days, or every so much of a quantity."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from impactbond.terms.reference import MetricName, WindowName
from impactbond.terms.term import Amount, OneOrMany, Term, kind_of


class Rows(Term):
    """A unit for every row of the metric that counts."""

    rows: MetricName
    marked: str | None = None
    window: WindowName = Field(alias="in", description="the name of a window")
    every: int = Field(default=1, ge=1)
    at_most: int | None = Field(default=None, ge=1)


class DaysIn(Term):
    """A unit for every so many days in one of these states, whole units only."""

    days: MetricName
    as_: OneOrMany[str] = Field(alias="as")
    window: WindowName = Field(alias="in", description="the name of a window")
    every: int = Field(default=1, ge=1)
    at_most: int | None = Field(default=None, ge=1)


class Amounts(Term):
    """A unit for every so much of a quantity, whole units only."""

    amounts: MetricName
    window: WindowName = Field(alias="in", description="the name of a window")
    every: Amount
    at_most: int | None = Field(default=None, ge=1)


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


def metric_counted(units: Units) -> str:
    """The metric that units are counted in."""
    match units:
        case Rows():
            return units.rows
        case DaysIn():
            return units.days
        case Amounts():
            return units.amounts
