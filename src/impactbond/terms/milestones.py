"""What is paid for single participants: milestones, and what their price depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from impactbond.terms.conditions import Condition
from impactbond.terms.phrases import ChangePhrase, SharePhrase
from impactbond.terms.reference import (
    AttributeName,
    IndexName,
    MetricName,
    MilestoneName,
    WindowName,
)
from impactbond.terms.term import Amount, Cited, Day, Listed, OneOrMany, Some, Term, kind_of

Only = dict[AttributeName, Some[str]]


class Dated(Term):
    """A term for participants with some attributes, or for what is achieved between two days."""

    only: Only = Field(default_factory=dict)
    from_: Day | None = Field(default=None, alias="from")
    through: Day | None = None


class Rate(Dated):
    """A price that takes the place of the milestone's; the first that applies does."""

    price: Amount


class Band(Term):
    """The price of every claim after the first so many, in settlement order."""

    after: int = Field(ge=1)
    price: Amount


class ChangedBy(Dated):
    """A price raised or lowered by a percentage."""

    by: ChangePhrase


class Indexed(Term):
    """A price that follows an index: times its value on the day, over its value on the base day."""

    index: IndexName
    base: Day


def _change_kind(value: Any) -> str | None:
    return kind_of(value, {"by": ChangedBy, "index": Indexed})


PriceChange = Annotated[
    Annotated[ChangedBy, Tag("(by)")] | Annotated[Indexed, Tag("(index)")],
    Discriminator(
        _change_kind,
        custom_error_type="not_a_change",
        custom_error_message="not a change of a price: write by: +10%, or index: and base:",
    ),
]


class RoundedTo(Term):
    """How a price is rounded after its changes; otherwise to the minor unit, halves up."""

    to: Amount
    way: Literal["up", "down", "nearest"]


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


class Milestone(Cited):
    """Something that can be paid for, with its price: once for each participant, or for every unit.

    Units are counted from the day on which the condition and everything before it are met.
    `instead_of` names milestones of which only the first that is achieved is paid.
    """

    title: str = ""
    only: Only = Field(default_factory=dict)
    after: OneOrMany[MilestoneName] = ()
    instead_of: OneOrMany[MilestoneName] = ()
    when: Condition
    units: Units | None = None
    price: Amount
    rates: Listed[Rate] = ()
    bands: Listed[Band] = ()
    changes: Listed[PriceChange] = ()
    rounded: RoundedTo | None = None
    paid_for: SharePhrase | None = Field(
        default=None, description="the share of all claims that is paid, such as 5/6"
    )


def alternatives(milestones: Mapping[str, Milestone]) -> list[tuple[str, ...]]:
    """The milestones, each with those that it stands instead of or that stand instead of it, in the
    order written; of such a group one is paid.
    """
    groups: list[set[str]] = []
    for name, milestone in milestones.items():
        joined = {name, *milestone.instead_of}
        apart = [group for group in groups if group.isdisjoint(joined)]
        groups = [*apart, joined.union(*(group for group in groups if group not in apart))]
    ordered = [tuple(name for name in milestones if name in group) for group in groups]
    return sorted(ordered, key=lambda group: list(milestones).index(group[0]))
