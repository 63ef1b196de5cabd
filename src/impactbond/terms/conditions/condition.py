"""What every kind of condition says of itself.

A kind is one class: what a file may write, which metrics it takes, what is wrong with it, when it
is met, which rows it rests on, how the contract words it, what an explanation tells of it, and when
it can first and last be met. A condition that looks at evidence itself is `Looking`, one that does
nothing else a `Leaf`; one that has conditions inside it is a `Junction`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from impactbond.errors import Fault
from impactbond.terms.conditions.passes import (
    Aside,
    Calendars,
    Column,
    ConditionCase,
    ConditionText,
    Days,
    EvidenceUsed,
    EvidenceView,
    Facts,
    Met,
    Parts,
    Row,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, around, fault_at
from impactbond.terms.kind import Kind, Kinds, OfKind
from impactbond.terms.metrics.metric import MetricTerm
from impactbond.terms.metrics.numbers import Scale
from impactbond.terms.phrases import Distance, Threshold
from impactbond.terms.reference import ConditionName
from impactbond.terms.term import Cited

# How kinds are read that are read alike: a contract says each sentence once.
READ_AS_PICKED = (
    "a level or a state counts on the day of the record that is picked, a mean on the day of the "
    "last record in it"
)
READ_AS_COMPLETED = "a count or a total is reached on the day of the record that completes it"
READ_AT_THE_END = (
    "a share of sessions, or that something did not happen, is found on the last day of the window"
)


class ConditionTerm(Cited, Kind):
    """A condition, of any kind."""

    reading: ClassVar[str]
    """How the kind is read, in a sentence that kinds which are read alike share."""

    @property
    def called(self) -> str:
        """What an explanation calls the kind."""
        return type(self).__name__.lower()

    @property
    def asks(self) -> dict[str, Any]:
        """All that it asks, without the clauses in which it and its parts are written."""
        return dict(_without_clauses(self.model_dump()))

    @property
    def inside(self) -> tuple[tuple[Path, Condition], ...]:
        """The conditions in it, each with its place from here; most kinds have none."""
        return ()

    @property
    def closing(self) -> frozenset[str]:
        """Windows before whose last day it is never met; of most kinds none is known."""
        return frozenset()

    def bars(self, terms: Terms) -> Iterator[tuple[tuple[str, ...], Threshold]]:
        """Bars that one value must pass whenever the condition is met, with what that value is; of
        most kinds nothing of the sort can be said.
        """
        yield from ()

    def refutable(self, terms: Terms) -> bool:
        """Whether records can show that it does not hold; too few of them show nothing."""
        return True

    @abstractmethod
    def reach(self, calendars: Calendars) -> Days | None:
        """The first and the last day on which it can be met; None where it never can.

        Wide rather than narrow: outside these days it cannot be met, inside them it usually can.
        The first is the last where it is known only when a window is over.
        """

    @abstractmethod
    def says(self, wording: Wording) -> str:
        """The condition in the words of the contract; of one with parts, what leads to them."""

    @abstractmethod
    def tell(self, case: ConditionCase) -> ConditionText:
        """What an explanation tells."""


def _without_clauses(said: Any) -> Any:
    # At any depth: two milestones cite two clauses for one and the same condition, also within it.
    if isinstance(said, dict):
        return {key: _without_clauses(value) for key, value in said.items() if key != "clause"}
    if isinstance(said, tuple | list):
        return [_without_clauses(value) for value in said]
    return said


CONDITIONS: Kinds[ConditionTerm] = Kinds("condition", ConditionTerm, "name one, or write one of")
Condition = Annotated[ConditionName | ConditionTerm, OfKind(CONDITIONS, named=True)]


class Looking(ConditionTerm):
    """A condition that looks at evidence itself."""

    takes: ClassVar[tuple[type[MetricTerm], ...]]
    """The kinds of metrics that it can look at."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that it looks at: what stands at the key that makes it what it is."""
        named = getattr(self, self.key)
        return (named,) if isinstance(named, str) else tuple(named)

    @property
    def windows(self) -> tuple[str, ...]:
        """The windows that it looks in, in order: `in`, or both of `between`."""
        between: tuple[str, ...] | None = getattr(self, "between", None)
        return between or (getattr(self, "window"),)  # noqa: B009 - a field of each kind

    @property
    def metric(self) -> str:
        """The metric that it looks at; of several, the first."""
        return self.metrics[0]

    def known(self, facts: Facts) -> Mapping[Hashable, Column]:
        """The latest days on which what it looks at was recorded, 0 for none, by what it looks at:
        what is the same for two conditions is asked for once.
        """
        return {
            (metric, window): facts.fact("recorded", metric, window).column
            for metric in self.metrics
            for window in self.windows
        }

    @abstractmethod
    def check(self, terms: Terms, name: str, path: Path) -> Diagnostics:
        """What is wrong with it beside one of its metrics, which is of a kind that it takes; `path`
        is where it stands.
        """

    @abstractmethod
    def evidence(self, view: EvidenceView) -> EvidenceUsed:
        """The rows that it looked at, and those that it rests on."""


class Leaf(Looking):
    """A condition that looks at evidence and at nothing else."""

    asks_rows: ClassVar[bool] = True
    """Whether it asks for single rows, so that windows one after another in which the same is asked
    should neither overlap nor leave a gap. Time in a state is none.
    """

    @abstractmethod
    def met(self, facts: Facts) -> Met:
        """When it is met, and when it is decided that it is not."""

    def undated(self, facts: Facts) -> Met | None:
        """The same, found at less cost, with the window's last day in place of the day, for where
        the day cannot matter; None for the many kinds whose day costs nothing.
        """
        return None


class InWindow(Leaf):
    """A leaf that can be met on every day of the last window that it looks in."""

    def reach(self, calendars: Calendars) -> Days | None:
        """The days of that window; None where a window that it looks in has no day."""
        days = [calendars.windows[name] for name in self.windows]
        return None if any(last < first for first, last in days) else days[-1]


class Junction(ConditionTerm):
    """A condition with conditions inside it."""

    part_key: ClassVar[str] = ""
    """The key that its parts stand at, where that is not its own."""
    word: ClassVar[str] = ""
    """What stands between its parts where they are listed; nothing where words lead to its one."""

    asks_states: ClassVar[bool] = False
    """Whether its day follows from the states of its parts, not from their days alone."""
    alternatives: ClassVar[bool] = False
    """Whether some of its parts are enough, so that each should be one that can be met."""

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions in it, in the order written."""
        return tuple(part for _, part in self.inside)

    @property
    def inside(self) -> tuple[tuple[Path, Condition], ...]:
        key = self.part_key or self.key
        fields = type(self).model_fields
        name = next(name for name, field in fields.items() if (field.alias or name) == key)
        held = getattr(self, name)
        if isinstance(held, tuple):
            return tuple(((key, index), part) for index, part in enumerate(held))
        return (((key,), held),)

    @property
    def needs(self) -> int | None:
        """How many of its parts must be met, where that is all that it asks."""
        return None

    def waits_for(self, stated: Iterable[ConditionTerm]) -> frozenset[str]:
        """Windows before whose last day it is never met, with these parts: inside them the day of
        a part does not matter. Of most kinds none is known.
        """
        return frozenset()

    def check_parts(self, terms: Terms, path: Path) -> Diagnostics:
        """What is wrong with its parts taken together; with most kinds nothing can be."""
        yield from ()

    def look_at_parts(self, terms: Terms, path: Path) -> Diagnostics:
        """What is allowed of its parts and may not be meant; with most kinds nothing."""
        yield from ()

    def aside(self, facts: Facts, dues: Sequence[Column]) -> Aside:
        """What it needs besides its parts, by name; `dues` are the last days on which each of them
        can be met.

        Most kinds need nothing.
        """
        return {}

    @abstractmethod
    def day(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        """The day on which it is met; `never` where it is not."""

    @abstractmethod
    def state(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        """MET, NOT_EVIDENCED, SHORT or NOT_MET."""

    @abstractmethod
    def shows(self, parts: Sequence[bool]) -> bool:
        """Whether it cannot be met unless something was recorded, from whether its parts cannot."""


def latest(every: Sequence[Days | None]) -> Days | None:
    """From the last of some first days to the last of their last; None where one never comes."""
    days = [one for one in every if one is not None]
    if len(days) < len(every):
        return None
    return max(first for first, _ in days), max(last for _, last in days)


def picked(view: EvidenceView, pick: str, metric: str, window: str) -> list[Row]:
    """The row that is first or last in a window, with any that say the same on the same days."""
    rows = view.rows("first" if pick == "first" else "last", metric, window)
    packs = [row["pack"] for row in rows]
    chosen = min(packs, default=None) if pick == "first" else max(packs, default=None)
    return [row for row in rows if row["pack"] == chosen]


def first_of(rows: Sequence[Row]) -> Row | None:
    """The first of some rows, where there is any."""
    return rows[0] if rows else None


def named(rows: Iterable[Row], taken_as: str) -> list[tuple[str, str]]:
    """The ids of rows that are all taken as the same."""
    return [(row["observation"], taken_as) for row in rows]


def counts(rows: Iterable[Row], counted: Iterable[Row]) -> list[tuple[str, str]]:
    """The ids of rows with whether they count."""
    which = {row["observation"] for row in counted}
    return [
        (row["observation"], "counts" if row["observation"] in which else "does not count")
        for row in rows
    ]


def possible_rows(
    view: EvidenceView, metric: str, window: str, leaving_out: Sequence[str]
) -> list[Row]:
    """The rows of a metric in a window that could have counted: those not left out."""
    term = view.contract.metrics[metric]
    return view.rows("rows", metric, window, term.counted((), leaving_out) if leaving_out else None)


def shown_row(terms: Terms, metric: str, row: Row) -> str:
    """A value and its day: 17 on 2017-01-31."""
    return f"{terms.metrics[metric].shown(row['value'])} on {row['observed_on']}"


def scale_of(terms: Terms, name: str) -> Scale:
    """The terms of a metric of which one end is better."""
    metric = terms.metrics[name]
    assert isinstance(metric, Scale)
    return metric


def compared(value: Column, comparison: str, bar: Column) -> Column:
    """Whether a value is on that side of a bar, both as evidence holds them."""
    match comparison:
        case "at least":
            return value >= bar
        case "at most":
            return value <= bar
        case "above":
            return value > bar
        case _:
            return value < bar


def check_bars(
    scale: Scale, name: str, path: Path, bars: Mapping[Path, Iterable[Fault]]
) -> Diagnostics:
    """The faults of bars for a measure, by the place of each from here."""
    home: Path = ("metrics", name)
    yield from scale.check_steps(home)
    if scale.range[0] < scale.range[1]:  # a range without values is told where it stands
        rests = (*around(home, ["kind", "decimals", "better"]), *around((*home, "range"), range(2)))
        for key, faults in bars.items():
            yield from (Diagnostic((*path, *key), fault, rests) for fault in faults)


def written_bars(condition: ConditionTerm) -> Iterator[tuple[Path, str, Threshold | Distance]]:
    """Every bar of a condition: where it stands from here, of which metric, and the bar."""
    of_one = getattr(condition, condition.key, "")  # conditions with others inside have no bars
    for name, field in type(condition).model_fields.items():
        held, key = getattr(condition, name), field.alias or name
        bars = held.items() if isinstance(held, Mapping) else [(None, held)]
        for metric, bar in bars:
            if isinstance(bar, Threshold | Distance):
                yield (key, metric) if metric else (key,), metric or of_one, bar


def is_refutable(terms: Terms, condition: Condition) -> bool:
    """Whether records can show that a condition, which may be a name, does not hold."""
    while isinstance(condition, str):
        condition = terms.conditions[condition]
    return condition.refutable(terms)


def check_shows(terms: Terms, shown_by: Condition, path: Path) -> Diagnostics:
    """What shows that somebody looked must itself rest on what was recorded."""
    if not is_evidenced(terms, shown_by):
        problem = "this can be met by what did not happen, and shows nobody looking"
        hint = "Name something that is recorded when somebody looks, such as an assessment"
        place, rests = (*path, "shown_by"), (("conditions",),)
        yield fault_at(place, "shows_nothing", problem, hint=hint, rests=rests)


def is_evidenced(terms: Terms, condition: Condition, passed: frozenset[str] = frozenset()) -> bool:
    """Whether a condition cannot be met by what was not recorded; a circle is told elsewhere."""
    if isinstance(condition, str):
        if condition in passed or condition not in terms.conditions:
            return True
        return is_evidenced(terms, terms.conditions[condition], passed | {condition})
    if not isinstance(condition, Junction):
        return True
    return condition.shows([is_evidenced(terms, part, passed) for part in condition.parts])
