"""What is measured: events, marked sessions, scores, percentages, quantities and states."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from impactbond.terms.term import Cited, Listed, Number, Pair, Some, Term


class Sourced(Cited):
    """What all metrics have in common: evidence from any source, or from these alone."""

    sources: Listed[str] = ()


class Event(Sourced):
    """Something that happens, or is answered yes or no. In evidence: 1 for yes, 0 for no."""

    kind: Literal["event"]
    repeats: bool = False


class Session(Sourced):
    """Something scheduled that ends with one of a few marks.

    In evidence: the mark's place in `marks`, from 0.
    """

    kind: Literal["session"]
    marks: Some[str]


class Score(Sourced):
    """A measure on a scale. In evidence: the score times 10 to the power of `decimals`."""

    kind: Literal["score"]
    range: Pair[Number]
    better: Literal["higher", "lower"]
    decimals: int = Field(default=0, ge=0, le=4)
    instrument: str = ""


class Percentage(Sourced):
    """A percentage of something.

    In evidence: the percentage times 10 to the power of `decimals`.
    """

    kind: Literal["percentage"]
    range: Pair[Number] = (Decimal(0), Decimal(100))
    better: Literal["higher", "lower"]
    decimals: int = Field(default=1, ge=0, le=4)


class Quantity(Sourced):
    """Something that adds up, such as earnings, hours or bed days; never below nothing.

    In evidence: the quantity times 10 to the power of `decimals`.
    """

    kind: Literal["quantity"]
    unit: str = ""
    decimals: int = Field(default=0, ge=0, le=4)


class State(Sourced):
    """What somebody is in, from the day of the row until the day of the next row.

    After the last row nothing is known. In evidence: the state's place in `states`, from 0.
    """

    kind: Literal["state"]
    states: Some[str]


Measure = Score | Percentage


def decimals_of(measure: Measure | Quantity) -> str:
    """How finely a measure is taken, in words."""
    places = {0: "whole numbers", 1: "1 decimal"}
    return places.get(measure.decimals, f"{measure.decimals} decimals")


KINDS: dict[str, type[Term]] = {
    "event": Event,
    "session": Session,
    "score": Score,
    "percentage": Percentage,
    "quantity": Quantity,
    "state": State,
}


def _kind(value: Any) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return f"({kind})" if isinstance(kind, str) and kind in KINDS else None


Metric = Annotated[
    Annotated[Event, Tag("(event)")]
    | Annotated[Session, Tag("(session)")]
    | Annotated[Score, Tag("(score)")]
    | Annotated[Percentage, Tag("(percentage)")]
    | Annotated[Quantity, Tag("(quantity)")]
    | Annotated[State, Tag("(state)")],
    Discriminator(
        _kind,
        custom_error_type="not_a_metric",
        custom_error_message=f"not a metric: write its kind, one of {', '.join(KINDS)}",
    ),
]
