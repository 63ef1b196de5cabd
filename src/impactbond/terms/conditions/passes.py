"""What a condition is handed by those who check, evaluate, word and explain it, and what it hands
back. Nothing here knows an engine: a column is whatever takes the operators.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple, Protocol

from impactbond.dates import Span
from impactbond.terms.calendar import Calendar
from impactbond.terms.metrics.metric import MetricTerm, Values
from impactbond.terms.phrases import Window

Column = Any  # one number, or one truth, for each participant
Row = Mapping[str, Any]
Days = tuple[date, date]  # the first and the last day, both included

# States are ordered, so that *all* is a minimum and *any* a maximum. A condition is known to hold
# (MET), known not to hold (NOT_MET), or not known: SHORT where rows are there that do not reach it
# and do not show that there was no more, NOT_EVIDENCED where none tells of it. A milestone is not
# met with either of NOT_MET and SHORT; `not` holds of what is known not to hold, and of that alone.
NOT_MET, SHORT, NOT_EVIDENCED, MET = 0, 1, 2, 3

FactKind = Literal[
    "rows",
    "sum",
    "first_day",
    "first_at_least",
    "first_at_most",
    "first_gain",
    "first",
    "first_held",
    "last",
    "highest",
    "lowest",
    "recorded",
    "nth_day",
    "total_day",
]


class Terms(Protocol):
    """The parts of a contract that a condition is about."""

    @property
    def metrics(self) -> Mapping[str, MetricTerm]: ...
    @property
    def windows(self) -> Mapping[str, Window]: ...
    @property
    def conditions(self) -> Mapping[str, Any]: ...
    @property
    def calendar(self) -> Calendar: ...


class FactColumn(Protocol):
    """A fact about each participant: over the rows of one metric in one window."""

    @property
    def column(self) -> Column: ...
    @property
    def found(self) -> Column:
        """Whether there was such a row, day or number."""

    @property
    def value_of_row(self) -> Column:
        """The value of the row that was picked, where one was."""

    @property
    def day_of_row(self) -> Column:
        """The day of the row that was picked, where one was."""


class StayFound(NamedTuple):
    """Whether and on which day a state had lasted long enough, whether any row tells of the window,
    the latest day on which one of those rows was recorded, and whether a state is known of every
    day of the window.
    """

    complete: Column
    day: Column
    is_seen: Column
    recorded: Column
    is_whole: Column


class Facts(Protocol):
    """What a condition may ask of the evidence, and what operators do not say."""

    @property
    def contract(self) -> Terms: ...
    def fact(
        self,
        kind: FactKind,
        metric: str,
        window: str,
        values: Values | None = None,
        nth: int = 0,
        bar: int = 0,
    ) -> FactColumn:
        """A fact of that kind, over the rows with one of the values where some are given; of some
        kinds over those beside a bar, and `nth` is a number or a window.
        """

    def any_rows(self, metric: str, window: str) -> Column | None:
        """Whether there is a row of a metric in a window; None where nobody needs to know."""

    def stay(
        self, metric: str, window: str, states: Iterable[str], for_: Span, within: Span | None
    ) -> StayFound:
        """When a metric had been in some states for so long."""

    def closes(self, window: str) -> Column:
        """The last day of a window."""

    def where(self, test: Column, yes: Column, no: Column) -> Column:
        """One column where a test holds, another where it does not."""

    def largest(self, *columns: Column) -> Column: ...
    def smallest(self, *columns: Column) -> Column: ...
    @property
    def never(self) -> int:
        """A day that never comes, later than every other."""


class Met(NamedTuple):
    """What facts say of a condition: whether it is met, whether there is evidence that decides it
    if it is not (None where nobody needs to know), the day on which it is met if it is, and whether
    that evidence shows that it does not hold, and not only that too little is recorded.
    """

    met: Column
    decided: Column | None
    day: Column
    refuted: Column | bool = True


class PartColumns(Protocol):
    """A part of a condition, evaluated."""

    @property
    def state(self) -> Column:
        """MET, NOT_EVIDENCED, SHORT or NOT_MET."""

    @property
    def on(self) -> Column:
        """The day on which it was met; `never` where it was not."""


Parts = Sequence[PartColumns]
Aside = Mapping[str, Column]  # what a junction needs besides its parts, by name


class Calendars(Protocol):
    """The days of one who starts on some day."""

    @property
    def windows(self) -> Mapping[str, Days]:
        """The first and the last day of each window."""

    def reach(self, condition: Any) -> Days | None:
        """The first and the last day on which a part can be met; None where it never can."""


class Wording(Protocol):
    """The contract being put into words."""

    @property
    def contract(self) -> Terms: ...
    def within(self, window: str) -> str:
        """In a window, with its days where it is first mentioned."""


class EvidenceView(Protocol):
    """What the engine saw of one participant; rows come in the order of their days."""

    @property
    def contract(self) -> Terms: ...
    def rows(
        self, kind: FactKind, metric: str, window: str, values: Values | None = None, nth: int = 0
    ) -> list[Row]:
        """The rows that a fact of the condition looked at; each has `pack`, by which it is
        ordered among rows of its day.
        """

    def rows_of(self, metric: str) -> list[Row]:
        """Every row of a metric, in whatever window."""

    def window(self, name: str) -> Days: ...
    def on(self, condition: Any) -> date | None:
        """The day on which a condition was met, if it was."""


@dataclass(frozen=True, slots=True)
class EvidenceUsed:
    """The rows that a condition looked at.

    `counted` are the rows that count towards it; `every` all that could have; `before` and `after`
    the picked measures, `pairs` those of several metrics. `relied` are the ids of the rows relied
    on, each with what it was taken as.
    """

    every: Sequence[Row] = ()
    counted: Sequence[Row] = ()
    before: Row | None = None
    after: Row | None = None
    pairs: Mapping[str, tuple[Row | None, Row | None]] = field(default_factory=dict)
    relied: Sequence[tuple[str, str]] = ()


class PartTold(Protocol):
    """A part of a condition, explained."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def sentence(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ConditionCase:
    """A condition of one participant, to be told: how it stands, the day on which it was met, its
    windows in words and in days, the rows it looked at, and its parts as they are told.
    """

    contract: Terms
    state: str
    on: date | None
    windows: Sequence[str]
    days: Sequence[Days]
    used: EvidenceUsed
    parts: Sequence[PartTold]


@dataclass(frozen=True, slots=True)
class ConditionText:
    """A condition in words: what it is about, what is needed, what was found, and a sentence."""

    what: str
    needed: str
    found: str
    sentence: str

    @classmethod
    def of_nothing(cls, what: str, needed: str, sought: str) -> ConditionText:
        """A condition of which nothing is recorded."""
        sentence = f"nothing recorded of {sought}, {needed} needed"
        return cls(what, needed, "nothing recorded", sentence)
