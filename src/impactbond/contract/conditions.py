"""Conditions: tests on evidence, a small closed set, nested freely.

Each becomes one column with three values: met, not met, not evidenced. Not evidenced never pays.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema

from impactbond.contract.phrases import Distance, SharePhrase, ThresholdPhrase
from impactbond.contract.term import Cited, Pair, Some, Term, kind_of

Pick = Literal["first", "last"]


class Observed(Cited):
    """Met on the first day in the window on which the event is recorded as having happened."""

    observed: str
    window: str = Field(alias="in", description="the name of a window")


class Count(Cited):
    """Met on the day of the n-th row in the window; with `marked`, only those rows count."""

    count: str
    marked: str | None = None
    window: str = Field(alias="in", description="the name of a window")
    at_least: int = Field(ge=1)


class Share(Cited):
    """Met on the window's last day when at least that share of the rows in it carry the mark."""

    share: str
    marked: str = Field(description="one of the marks of the session")
    window: str = Field(alias="in", description="the name of a window")
    at_least: SharePhrase


class Level(Cited):
    """Met when the first or last measure in the window is on the right side of a bar."""

    level: str
    pick: Pick = "last"
    window: str = Field(alias="in", description="the name of a window")
    is_: ThresholdPhrase = Field(alias="is")


class Improves(Cited):
    """Met when the last measure in the second window is better than the first measure in the first
    by at least `by`.
    """

    improves: str
    by: Annotated[
        Distance,
        BeforeValidator(Distance.parse),
        PlainSerializer(str, return_type=str),
        WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "examples": ["5%"]}]}),
    ]
    between: Pair[str]


class Crosses(Cited):
    """Met when the first measure in the first window is on one side of a threshold and the last in
    the second on the other.
    """

    crosses: str
    from_: ThresholdPhrase = Field(alias="from")
    to: ThresholdPhrase
    between: Pair[str]


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
    "all": All,
    "any": AnyOf,
    "of": AtLeast,
}


def _kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "(named)"
    return kind_of(value, KINDS)


Condition = Annotated[
    Annotated[str, Tag("(named)")]
    | Annotated[Observed, Tag("(observed)")]
    | Annotated[Count, Tag("(count)")]
    | Annotated[Share, Tag("(share)")]
    | Annotated[Level, Tag("(level)")]
    | Annotated[Improves, Tag("(improves)")]
    | Annotated[Crosses, Tag("(crosses)")]
    | Annotated[All, Tag("(all)")]
    | Annotated[AnyOf, Tag("(any)")]
    | Annotated[AtLeast, Tag("(of)")],
    Discriminator(
        _kind,
        custom_error_type="not_a_condition",
        custom_error_message=f"not a condition: name one, or write one of {', '.join(KINDS)}",
    ),
]
Leaf = Observed | Count | Share | Level | Improves | Crosses
Junction = All | AnyOf | AtLeast

for _model in (All, AnyOf, AtLeast):
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


def metric_of(leaf: Leaf) -> str:
    """The metric that a leaf condition looks at."""
    match leaf:
        case Observed():
            return leaf.observed
        case Count():
            return leaf.count
        case Share():
            return leaf.share
        case Level():
            return leaf.level
        case Improves():
            return leaf.improves
        case Crosses():
            return leaf.crosses


def windows_of(leaf: Leaf) -> tuple[str, ...]:
    """The windows that a leaf condition looks in, in order."""
    return leaf.between if isinstance(leaf, Improves | Crosses) else (leaf.window,)
