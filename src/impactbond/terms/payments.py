"""Who pays, and when it is not for an outcome: funding, up-front tranches, fees, rounding."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from impactbond.terms.milestones import Dated
from impactbond.terms.phrases import FundingSharePhrase, SharePhrase
from impactbond.terms.reference import FunderName, MilestoneName, PayableOrEvery
from impactbond.terms.term import Amount, Cited, Day, OneOrMany, Some, Term, kind_of


class Funding(Cited, Dated):
    """Who pays which share of which milestones, results and fees: the first entry that applies.

    `from` and `through` are days of achievement. The order of the shares decides who gets the odd
    penny.
    """

    for_: OneOrMany[PayableOrEvery] = Field(alias="for")
    shares: dict[FunderName, FundingSharePhrase] = Field(min_length=1)


class Recovery(Term):
    """Up-front money comes back as this share of every later entitlement of the funder that paid
    it.
    """

    at: SharePhrase


class Vat(Cited):
    """How VAT stands to what is paid: not charged (exempt, or outside the scope), included in every
    price, or added on top of what is due.
    """

    treatment: Literal["exempt", "outside the scope", "included", "added"]
    rate: SharePhrase | None = None


class Tranche(Cited):
    """Money paid up-front on a date, on account of later entitlements."""

    title: str = ""
    pay: Amount
    on: Day
    by: dict[FunderName, FundingSharePhrase] = Field(min_length=1)
    held_by: str = Field(default="", description="a trustee who holds the money until it is earned")
    recovered: Recovery


class Every(Term):
    """The same day of every month, quarter or year, from a first day through a last."""

    every: Literal["month", "quarter", "year"]
    from_: Day = Field(alias="from")
    through: Day


def _dates_kind(value: Any) -> str | None:
    if isinstance(value, list | tuple):
        return "(listed)"
    return kind_of(value, {"every": Every}) or "(day)"


Dates = Annotated[
    Annotated[Day, Tag("(day)")]
    | Annotated[Some[Day], Tag("(listed)")]
    | Annotated[Every, Tag("(every)")],
    Discriminator(_dates_kind),
]


class Reached(Term):
    """Once so many claims of a milestone stand."""

    milestone: MilestoneName
    at_least: int = Field(ge=1)


class InsteadOf(Term):
    """Claims of these milestones achieved from one day through another are not paid."""

    milestones: OneOrMany[MilestoneName]
    from_: Day = Field(alias="from")
    through: Day


class Fee(Cited):
    """Money that does not depend on outcomes: a fee, a standing charge, a grant, relief.

    `pay` on each date, or `in_all` in equal parts over the dates. It falls due in the period of its
    date, and is shared as `funding` says.
    """

    title: str = ""
    kind: Literal["service fee", "standing charge", "grant", "relief", "termination", "other"]
    pay: Amount | None = None
    in_all: Amount | None = None
    on: Dates
    deferred_until: Reached | None = None
    instead_of: InsteadOf | None = None


def _odd_penny(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


class Rounding(Cited):
    """Where pennies are cut: on running totals under one share rule, at cumulative boundaries in
    the order of the shares.
    """

    on: Literal["running totals"] = "running totals"
    half: Literal["up", "even"] = "up"
    odd_penny: Annotated[Literal["in the order of the shares"], BeforeValidator(_odd_penny)] = (
        "in the order of the shares"
    )
