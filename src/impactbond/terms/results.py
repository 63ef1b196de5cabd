"""What is paid for the results of whole groups: measures, and the money that follows from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from impactbond.terms.phrases import DistancePhrase, SharePhrase, ThresholdPhrase
from impactbond.terms.reference import AttributeName, MeasureName, MilestoneName, ResultName
from impactbond.terms.term import (
    Cited,
    Day,
    Listed,
    Money,
    Number,
    OneOrMany,
    Pair,
    Some,
    Term,
    kind_of,
)


class ClaimsCounted(Term):
    """How many claims (or units) of these milestones stand."""

    claims: OneOrMany[MilestoneName]


class Value(Term):
    """What the claims of these milestones are worth, before limits, in pounds or the like."""

    value: OneOrMany[MilestoneName]


class Constant(Term):
    """A number that the contract states, such as a baseline, a target or a counterfactual rate."""

    number: Number


class ConstantShare(Term):
    """A share that the contract states, such as a baseline rate."""

    share: SharePhrase


class Ratio(Term):
    """The first measure over the second; nothing is known where the second is nought."""

    ratio: Pair[Measure]


class Difference(Term):
    """The first measure less the second."""

    difference: Pair[Measure]


class Reduction(Term):
    """By what share the first measure is lower than the second: 1 less first over second."""

    reduction: Pair[Measure]


class Product(Term):
    """The measures multiplied."""

    product: Some[Measure]


KINDS: dict[str, type[Term]] = {
    "claims": ClaimsCounted,
    "value": Value,
    "number": Constant,
    "share": ConstantShare,
    "ratio": Ratio,
    "difference": Difference,
    "reduction": Reduction,
    "product": Product,
}


def _kind(value: Any) -> str | None:
    return "(named)" if isinstance(value, str) else kind_of(value, KINDS)


Measure = Annotated[
    Annotated[MeasureName, Tag("(named)")]
    | Annotated[ClaimsCounted, Tag("(claims)")]
    | Annotated[Value, Tag("(value)")]
    | Annotated[Constant, Tag("(number)")]
    | Annotated[ConstantShare, Tag("(share)")]
    | Annotated[Ratio, Tag("(ratio)")]
    | Annotated[Difference, Tag("(difference)")]
    | Annotated[Reduction, Tag("(reduction)")]
    | Annotated[Product, Tag("(product)")],
    Discriminator(
        _kind,
        custom_error_type="not_a_measure",
        custom_error_message=f"not a measure: name one, or write one of {', '.join(KINDS)}",
    ),
]

for _model in (Ratio, Difference, Reduction, Product):
    _model.model_rebuild()


class Tier(Term):
    """An amount that is paid while the measure is on the right side of a bar."""

    is_: ThresholdPhrase = Field(alias="is")
    pays: Money


class Tiers(Term):
    """The amount of the last tier, in the order written, whose bar is passed; otherwise nothing."""

    tiers: Some[Tier]


class Point(Term):
    """An amount at a value of the measure."""

    at: DistancePhrase
    pays: Money


class Slides(Term):
    """Amounts that slide in a straight line from point to point; flat before and after them."""

    slides: Annotated[Some[Point], Field(min_length=2)]


class PerPoint(Term):
    """An amount for each so much of the measure above a mark, in proportion or for whole steps;
    nothing below the mark.
    """

    each: DistancePhrase
    pays: Money
    above: DistancePhrase | None = None
    steps: Literal["whole", "in proportion"] = "in proportion"
    at_most: Money | None = None
    at_least: Money | None = None


PAYS: dict[str, type[Term]] = {"tiers": Tiers, "slides": Slides, "each": PerPoint}


def _pays_kind(value: Any) -> str | None:
    return kind_of(value, PAYS)


Pays = Annotated[
    Annotated[Tiers, Tag("(tiers)")]
    | Annotated[Slides, Tag("(slides)")]
    | Annotated[PerPoint, Tag("(each)")],
    Discriminator(
        _pays_kind,
        custom_error_type="not_a_way_to_pay",
        custom_error_message=f"not a way to pay for a result: write one of {', '.join(PAYS)}",
    ),
]


class Gate(Term):
    """A test on a measure without which nothing is paid."""

    measure: Measure
    is_: ThresholdPhrase = Field(alias="is")


class Result(Cited):
    """A payment for the measured result of a group: the whole, or each value of an attribute.

    `counted` says over which claims the measure is taken: all to date, those achieved in the
    period, the year, or so many periods up to it. With `on`, it is taken at the claims for periods
    that end on that day or later, otherwise at every claim. What `less` names is taken off.
    """

    title: str = ""
    measure: Measure
    each: AttributeName | None = None
    counted: Literal["to date", "each period", "each year"] = "to date"
    over: int = Field(default=1, ge=1, description="how many periods or years, up to this one")
    on: Day | None = None
    only_if: Listed[Gate] = ()
    pays: Pays
    times: Measure | None = None
    less: OneOrMany[ResultName] = ()
