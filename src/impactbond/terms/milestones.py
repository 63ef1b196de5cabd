"""What is paid for single participants: milestones, what their price depends on, and units: every
so many rows or days, or every so much of a quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from impactbond.terms.applicability import Only
from impactbond.terms.conditions import Condition
from impactbond.terms.conditions.counts import COUNTABLE
from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.metrics import MetricTerm
from impactbond.terms.metrics.choices import State
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.metrics.sessions import check_marked
from impactbond.terms.phrases import SharePhrase
from impactbond.terms.prices import AnyPriceChange, Band, Rate, RoundedTo
from impactbond.terms.reference import MetricName, MilestoneName, WindowName
from impactbond.terms.term import Amount, Cited, Listed, OneOrMany, Term, Word, kind_of
from impactbond.terms.words import counted, listed, number, quoted


class _Counted(Term):
    key: ClassVar[str]
    takes: ClassVar[tuple[type[MetricTerm], ...]]
    """The kinds of metrics that it can count."""

    @property
    def metric(self) -> str:
        """The metric that it counts: what stands at the key that makes it what it is."""
        return str(getattr(self, self.key))


class Rows(_Counted):
    """A unit for every row of the metric that counts."""

    key: ClassVar[str] = "rows"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = COUNTABLE

    rows: MetricName
    marked: OneOrMany[Word] = Field(
        default=(), description="marks of a session, or names of groups of them: only these count"
    )
    window: WindowName = Field(alias="in", description="the name of a window")
    every: int = Field(default=1, ge=1)
    at_most: int | None = Field(default=None, ge=1)

    def check(self, metric: MetricTerm, path: Path) -> Diagnostics:
        """What is wrong with it beside its metric, which is of a kind that it takes."""
        yield from check_marked(metric, self.rows, self.marked, path)

    def says(self, of: str) -> str:
        """What makes a unit, in words."""
        marked = f" marked {listed(self.marked, 'or')}" if self.marked else ""
        return f"{counted(self.every, 'record')} of {quoted(self.rows)}{marked}"


class DaysIn(_Counted):
    """A unit for every so many days in one of these states, whole units only."""

    key: ClassVar[str] = "days"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (State,)

    days: MetricName
    as_: OneOrMany[str] = Field(alias="as")
    window: WindowName = Field(alias="in", description="the name of a window")
    every: int = Field(default=1, ge=1)
    at_most: int | None = Field(default=None, ge=1)

    def check(self, metric: MetricTerm, path: Path) -> Diagnostics:
        """What is wrong with it beside its metric, which is of a kind that it takes."""
        assert isinstance(metric, State)
        yield from metric.check_states(self.days, self.as_, (*path, "as"))

    def says(self, of: str) -> str:
        """What makes a unit, in words."""
        states = listed(self.as_, "or")
        return f"{counted(self.every, 'day')} on which {quoted(self.days)} is {states},"


class Amounts(_Counted):
    """A unit for every so much of a quantity, whole units only."""

    key: ClassVar[str] = "amounts"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Quantity,)

    amounts: MetricName
    window: WindowName = Field(alias="in", description="the name of a window")
    every: Amount
    at_most: int | None = Field(default=None, ge=1)

    def check(self, metric: MetricTerm, path: Path) -> Diagnostics:
        """What is wrong with it beside its metric, which is of a kind that it takes."""
        assert isinstance(metric, Quantity)
        yield from metric.check_amount(self.amounts, self.every, (*path, "every"))

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
    changes: Listed[AnyPriceChange] = ()
    rounded: RoundedTo | None = None
    paid_for: SharePhrase | None = Field(
        default=None, description="the share of all claims that is paid, such as 5/6"
    )


def alternatives(milestones: Mapping[str, Milestone]) -> list[tuple[str, ...]]:
    """The milestones, each with those that it stands instead of or that stand instead of it, in the
    order written; of such a group one is paid.
    """
    group_of: dict[str, set[str]] = {}
    for name, milestone in milestones.items():
        alike = (name, *milestone.instead_of)
        joined = {*alike}.union(*(group_of.get(one, ()) for one in alike))
        group_of |= dict.fromkeys(joined, joined)
    groups: dict[int, list[str]] = {}
    for name in milestones:
        groups.setdefault(id(group_of[name]), []).append(name)
    return [tuple(group) for group in groups.values()]
