"""What is paid for single participants: milestones, what their price depends on, and units: every
so many rows, every so long a time in a state, or every so much of a quantity.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from impactbond.dates import Span
from impactbond.terms.applicability import Only
from impactbond.terms.conditions import Condition
from impactbond.terms.conditions.counts import COUNTABLE
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.metrics import MetricTerm
from impactbond.terms.metrics.choices import State
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.metrics.sessions import check_marked
from impactbond.terms.phrases import LapsesPhrase, SharePhrase, SpanPhrase
from impactbond.terms.prices import AnyPriceChange, Band, Rate, RoundedTo
from impactbond.terms.reference import MetricName, MilestoneName, WindowName
from impactbond.terms.term import Amount, Cited, Listed, OneOrMany, Term, Word, kind_of
from impactbond.terms.words import counted, listed, number, quoted

From = Literal["that day", "the day after"]


class _Counted(Term):
    key: ClassVar[str]
    takes: ClassVar[tuple[type[MetricTerm], ...]]
    """The kinds of metrics that it can count."""

    from_: From | None = Field(
        default=None,
        alias="from",
        description="whether the day on which everything before is met counts: that day (where "
        "nothing is written), or only the day after",
    )

    @property
    def metric(self) -> str:
        """The metric that it counts: what stands at the key that makes it what it is."""
        return str(getattr(self, self.key))

    @property
    def waits(self) -> int:
        """How many days after everything before it is met it is counted from."""
        return int(self.from_ == "the day after")

    @abstractmethod
    def size(self, of: str) -> str:
        """What one unit is, in short; `of` is what a quantity is counted in, such as hours."""

    @abstractmethod
    def check(self, metric: MetricTerm, path: Path) -> Diagnostics:
        """What is wrong with it beside its metric, which is of a kind that it takes."""

    @abstractmethod
    def says(self, of: str) -> str:
        """What makes a unit, in words."""

    def says_also(self) -> str:
        """What else there is to say of it, in words; of most kinds nothing."""
        return ""


class Rows(_Counted):
    """A unit for every row of the metric that counts."""

    key: ClassVar[str] = "rows"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = COUNTABLE

    rows: MetricName
    """The event or session of which every row is a unit."""
    marked: OneOrMany[Word] = Field(
        default=(), description="marks of a session, or names of groups of them: only these count"
    )
    window: WindowName = Field(alias="in", description="the name of a window")
    every: int = Field(default=1, ge=1)
    """How many rows make a unit, such as 4."""
    at_most: int | None = Field(default=None, ge=1)
    """How many units of one participant are paid at most, such as 14."""

    def check(self, metric: MetricTerm, path: Path) -> Diagnostics:
        yield from check_marked(metric, self.rows, self.marked, path)

    def says(self, of: str) -> str:
        marked = f" marked {listed(self.marked, 'or')}" if self.marked else ""
        return f"{self.size(of)} of {quoted(self.rows)}{marked}"

    def size(self, of: str) -> str:
        return counted(self.every, "record")


class DaysIn(_Counted):
    """A unit for every so long a time in one of these states, whole units only.

    Its days are counted from the first of them. A month or a year is as long as it is from that
    day, and two months are counted from there too, not from the end of the first; where a month has
    no such day, it is its last. A lapse is days in another state, or of which nothing is known: it
    is never counted, and after one that is longer than `lapses` allows counting starts again.
    """

    key: ClassVar[str] = "days"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (State,)

    days: MetricName
    """The state whose days are counted."""
    as_: OneOrMany[str] = Field(alias="as")
    """The state, or the list of states, whose days count."""
    window: WindowName = Field(alias="in", description="the name of a window")
    every: SpanPhrase = Field(
        default=Span(1, "day"),
        description="how long a time makes a unit, with days, weeks, months or years after the "
        "number, such as 7 days or 3 months",
    )
    lapses: LapsesPhrase = Field(
        default=None,
        description="the lapses that do not start the count again: any, so that days on either "
        "side of one add up, none, or for example up to 90 days",
    )
    at_most: int | None = Field(default=None, ge=1)
    """How many units of one participant are paid at most, such as 104."""

    def check(self, metric: MetricTerm, path: Path) -> Diagnostics:
        assert isinstance(metric, State)
        yield from metric.check_states(self.days, self.as_, (*path, "as"))
        if self.every.count == 0:
            problem = "no time at all is always over"
            yield fault_at((*path, "every"), "always_met", problem, allowed="1 day")

    def says(self, of: str) -> str:
        long = self.size(of)
        if self.every.unit != "day":
            long += f" ({counted(self.every.days, 'day')})" if self.every.days else " of days"
        return f"{long} on which {quoted(self.days)} is {listed(self.as_, 'or')},"

    def size(self, of: str) -> str:
        return str(self.every)

    @property
    def in_stretches(self) -> bool:
        """Whether it matters on which day a stretch of its days began: where a lapse can start the
        count again, or a month or a year is to be measured.
        """
        return self.lapses is not None or self.every.days is None

    def says_also(self) -> str:
        """How months are counted, and which lapses start the count again."""
        if not self.in_stretches:
            return ""
        told = ""
        if self.every.days is None:
            told = (
                f"; {self.every} are as many days as they have from the first of these days, and "
                "every further unit is counted from there too, to the last day of a month that is "
                "too short"
            )
        told += "; a lapse (days in another state, or of which nothing is known) "
        if self.lapses is None:
            return f"{told}is not counted, and the days on either side of it add up"
        if self.lapses.count == 0:
            return f"{told}ends the count, which starts again after it"
        return (
            f"{told}of up to {self.lapses} is not counted, and the days on either side of it add "
            "up; a longer one ends the count, which starts again after it"
        )


class Amounts(_Counted):
    """A unit for every so much of a quantity, whole units only."""

    key: ClassVar[str] = "amounts"
    takes: ClassVar[tuple[type[MetricTerm], ...]] = (Quantity,)

    amounts: MetricName
    """The quantity that is added up."""
    window: WindowName = Field(alias="in", description="the name of a window")
    every: Amount
    """How much of it makes a unit, such as 100."""
    at_most: int | None = Field(default=None, ge=1)
    """How many units of one participant are paid at most, such as 20."""

    def check(self, metric: MetricTerm, path: Path) -> Diagnostics:
        assert isinstance(metric, Quantity)
        yield from metric.check_amount(self.amounts, self.every, (*path, "every"))

    def says(self, of: str) -> str:
        return f"{self.size(of)} of {quoted(self.amounts)}"

    def size(self, of: str) -> str:
        return f"{number(self.every)}{f' {of}' if of else ''}"


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
    """What people call it."""
    only: Only = Field(default_factory=dict)
    """Whom it is for: an attribute with the values that count, {borough: [north]}."""
    after: OneOrMany[MilestoneName] = ()
    """The milestone, or the list of them, that must be achieved first."""
    instead_of: OneOrMany[MilestoneName] = ()
    """The milestones of which only the first achieved is paid."""
    when: Condition
    """The condition, or its name, on which it is achieved."""
    units: Units | None = None
    """What it is paid for more than once, such as every seven days."""
    price: Amount
    """What one claim is paid, in the currency of prices, such as 450.00."""
    rates: Listed[Rate] = ()
    """Prices that take its place for some, or from a day on."""
    bands: Listed[Band] = ()
    """Prices of the claims after the first so many."""
    changes: Listed[AnyPriceChange] = ()
    """What raises or lowers the price, one after another."""
    rounded: RoundedTo | None = None
    """How the price is rounded after its changes."""
    paid_for: SharePhrase | None = Field(
        default=None, description="the share of all claims that is paid, such as 5/6"
    )

    @property
    def prices(self) -> tuple[Decimal, ...]:
        """Every price as written, before what changes it: its own, and those of rates and bands."""
        rates, bands = (one.price for one in self.rates), (one.price for one in self.bands)
        return (self.price, *rates, *bands)


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
