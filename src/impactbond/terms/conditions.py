"""Conditions: tests on evidence, a small closed set, nested freely.

Each becomes one column with three values: met, not met, not evidenced. Not evidenced never pays.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from impactbond.terms.phrases import DistancePhrase, SharePhrase, SpanPhrase, ThresholdPhrase
from impactbond.terms.reference import ConditionName, MetricName, WindowName
from impactbond.terms.term import Amount, Cited, OneOrMany, Pair, Some, Term, kind_of

Pick = Literal["first", "last", "best", "mean"]


class Observed(Cited):
    """Met on the first day in the window on which the event is recorded as having happened."""

    observed: MetricName
    window: WindowName = Field(alias="in", description="the name of a window")


class Count(Cited):
    """Met on the day of the n-th row in the window; with `marked`, only those rows count."""

    count: MetricName
    marked: str | None = None
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: int = Field(ge=1)


class Share(Cited):
    """Met on the window's last day when at least that share of the rows in it carry the mark."""

    share: MetricName
    marked: str = Field(description="one of the marks of the session")
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: SharePhrase


class Total(Cited):
    """Met on the day on which the quantities in the window reach a total."""

    total: MetricName
    window: WindowName = Field(alias="in", description="the name of a window")
    at_least: Amount


class Stays(Cited):
    """Met when the first or last state in the window is one of these, on the day of that row."""

    state: MetricName
    pick: Literal["first", "last"] = "last"
    window: WindowName = Field(alias="in", description="the name of a window")
    is_: OneOrMany[str] = Field(alias="is")


class Sustained(Cited):
    """Met on the day on which so long a time in one of these states is complete.

    Without `within`, the time must be unbroken; a day in another state, or one of which nothing is
    known, starts the clock again. With it, the time may be made up of several parts, the first and
    last of which are no further apart than that.
    """

    sustained: MetricName
    as_: OneOrMany[str] = Field(alias="as")
    for_: SpanPhrase = Field(alias="for")
    within: SpanPhrase | None = None
    window: WindowName = Field(alias="in", description="the name of a window")


class Level(Cited):
    """Met when the first, last or best measure in the window, or their mean, is on the right side
    of a bar.
    """

    level: MetricName
    pick: Pick = "last"
    window: WindowName = Field(alias="in", description="the name of a window")
    is_: ThresholdPhrase = Field(alias="is")


class Improves(Cited):
    """Met when the last measure in the second window is better than the first measure in the first
    by at least `by`.
    """

    improves: MetricName
    by: DistancePhrase
    between: Pair[WindowName]


class Crosses(Cited):
    """Met when the first measure in the first window is on one side of a threshold and the last in
    the second on the other.
    """

    crosses: MetricName
    from_: ThresholdPhrase = Field(alias="from")
    to: ThresholdPhrase
    between: Pair[WindowName]


class Travels(Cited):
    """Met when the mean of the distances travelled reaches a share of the way.

    The way of a measure is from its first value in the first window to its threshold; a measure
    that needs not travel, because its first value is past the threshold, is left out. All that
    need to must have both values.
    """

    travels: dict[MetricName, ThresholdPhrase] = Field(min_length=1)
    between: Pair[WindowName]
    at_least: SharePhrase


class Absence(Cited):
    """Met on the window's last day when the event is recorded no more often than allowed, and
    something else shows that somebody looked.
    """

    absence: MetricName
    marked: str | None = None
    window: WindowName = Field(alias="in", description="the name of a window")
    allowing: int = Field(default=0, ge=0)
    shown_by: Condition


class Not(Cited):
    """Met when the part is evidenced and not met, on the last day on which it could be."""

    not_: Condition = Field(alias="not")


class All(Cited):
    """Met when all parts are met, on the last of their days."""

    all: Some[Condition]


class AnyOf(Cited):
    """Met when any part is met, on the first of their days."""

    any: Some[Condition]


class AtLeast(Cited):
    """Met when at least so many parts are met, on the day the last needed one is."""

    of: Some[Condition]
    at_least: int = Field(ge=1)


# Which key makes a condition what it is; it is also the first that each kind needs.
KINDS: dict[str, type[Term]] = {
    "observed": Observed,
    "count": Count,
    "share": Share,
    "level": Level,
    "improves": Improves,
    "crosses": Crosses,
    "total": Total,
    "state": Stays,
    "sustained": Sustained,
    "travels": Travels,
    "absence": Absence,
    "not": Not,
    "all": All,
    "any": AnyOf,
    "of": AtLeast,
}


def _kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "(named)"
    return kind_of(value, KINDS)


Condition = Annotated[
    Annotated[ConditionName, Tag("(named)")]
    | Annotated[Observed, Tag("(observed)")]
    | Annotated[Count, Tag("(count)")]
    | Annotated[Share, Tag("(share)")]
    | Annotated[Level, Tag("(level)")]
    | Annotated[Improves, Tag("(improves)")]
    | Annotated[Crosses, Tag("(crosses)")]
    | Annotated[Total, Tag("(total)")]
    | Annotated[Stays, Tag("(state)")]
    | Annotated[Sustained, Tag("(sustained)")]
    | Annotated[Travels, Tag("(travels)")]
    | Annotated[Absence, Tag("(absence)")]
    | Annotated[Not, Tag("(not)")]
    | Annotated[All, Tag("(all)")]
    | Annotated[AnyOf, Tag("(any)")]
    | Annotated[AtLeast, Tag("(of)")],
    Discriminator(
        _kind,
        custom_error_type="not_a_condition",
        custom_error_message=f"not a condition: name one, or write one of {', '.join(KINDS)}",
    ),
]
Leaf = Observed | Count | Share | Level | Improves | Crosses | Total | Stays | Sustained | Travels
Junction = All | AnyOf | AtLeast | Absence | Not

for _model in (All, AnyOf, AtLeast, Absence, Not):
    _model.model_rebuild()


def parts(condition: Junction) -> tuple[Any, ...]:
    """The conditions that a junction joins, in the order written."""
    match condition:
        case All():
            return condition.all
        case AnyOf():
            return condition.any
        case AtLeast():
            return condition.of
        case Absence():
            return (condition.shown_by,)
        case Not():
            return (condition.not_,)


def key_of(condition: Leaf | Junction) -> str:
    """The key that makes a condition what it is."""
    return next(key for key, kind in KINDS.items() if isinstance(condition, kind))


def metrics_of(leaf: Leaf | Absence) -> tuple[str, ...]:
    """The metrics that a condition itself looks at: what stands at the key that makes it one."""
    named = getattr(leaf, key_of(leaf))
    return (named,) if isinstance(named, str) else tuple(named)


def metric_of(leaf: Leaf | Absence) -> str:
    """The metric that a condition itself looks at; of several, the first."""
    return metrics_of(leaf)[0]


def windows_of(leaf: Leaf | Absence) -> tuple[str, ...]:
    """The windows that a condition itself looks in, in order."""
    return leaf.between if isinstance(leaf, Improves | Crosses | Travels) else (leaf.window,)
