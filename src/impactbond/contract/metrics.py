"""What is measured: events, marked sessions, scores and percentages."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from impactbond.contract.term import Cited, Listed, Number


class Event(Cited):
    """Something that happens, or is answered yes or no. In evidence: 1 for yes, 0 for no."""

    kind: Literal["event"]
    repeats: bool = False


class Session(Cited):
    """Something scheduled that ends with one of a few marks.

    In evidence: the mark's place in `marks`, from 0.
    """

    kind: Literal["session"]
    marks: Listed[str] = Field(min_length=1)


class Score(Cited):
    """A measure on a scale. In evidence: the score times 10 to the power of `decimals`."""

    kind: Literal["score"]
    range: Annotated[Listed[Number], Field(min_length=2, max_length=2)]
    better: Literal["higher", "lower"]
    decimals: int = Field(default=0, ge=0, le=4)
    instrument: str = ""


class Percentage(Cited):
    """A percentage of something.

    In evidence: the percentage times 10 to the power of `decimals`.
    """

    kind: Literal["percentage"]
    range: Annotated[Listed[Number], Field(min_length=2, max_length=2)] = (Decimal(0), Decimal(100))
    better: Literal["higher", "lower"]
    decimals: int = Field(default=1, ge=0, le=4)


Measure = Score | Percentage
Metric = Annotated[Event | Session | Score | Percentage, Field(discriminator="kind")]
