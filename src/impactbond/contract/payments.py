"""What is paid and by whom: milestones with their prices, funding, up-front tranches, limits,
rounding.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from impactbond.contract.conditions import Condition
from impactbond.contract.phrases import FundingSharePhrase, SharePhrase
from impactbond.contract.term import Amount, Cited, Day, OneOrMany, Term, kind_of


class Milestone(Cited):
    """Something that can be paid for, once for each participant, with its price."""

    title: str = ""
    after: OneOrMany = ()
    when: Condition
    price: Amount


class Funding(Cited):
    """Who pays which share of which milestones.

    The order of the shares decides who gets the odd penny.
    """

    for_: OneOrMany = Field(alias="for")
    shares: dict[str, FundingSharePhrase] = Field(min_length=1)


class Recovery(Term):
    """Up-front money comes back as this share of every later entitlement of the funder that paid
    it.
    """

    at: SharePhrase


class Tranche(Cited):
    """Money paid up-front on a date, on account of later entitlements."""

    title: str = ""
    pay: Amount
    on: Day
    by: dict[str, FundingSharePhrase] = Field(min_length=1)
    recovered: Recovery


class PassedTo(Term):
    """What lies beyond a funder's limit is paid by another funder."""

    funder: str


def _beyond_kind(value: Any) -> str | None:
    return "(unpaid)" if value == "unpaid" else kind_of(value, {"funder": PassedTo})


Beyond = Annotated[
    Annotated[Literal["unpaid"], Tag("(unpaid)")] | Annotated[PassedTo, Tag("(funder)")],
    Discriminator(
        _beyond_kind,
        custom_error_type="not_a_beyond",
        custom_error_message="not what may happen beyond a limit: write unpaid, or the funder that"
        " takes over, such as {funder: trust}",
    ),
]


class ContractLimit(Cited):
    """The most that the whole contract pays."""

    contract: Literal["whole"]
    at_most: Amount
    beyond: Literal["unpaid"]


class MilestoneLimit(Cited):
    """The most that is paid for one milestone over the whole contract."""

    milestone: str
    at_most: Amount
    beyond: Literal["unpaid"]


class FunderLimit(Cited):
    """The most that one funder pays; beyond it another funder pays, or nobody."""

    funder: str
    at_most: Amount
    beyond: Beyond


_LIMITS: dict[str, type[Term]] = {
    "contract": ContractLimit,
    "milestone": MilestoneLimit,
    "funder": FunderLimit,
}


def _limit_kind(value: Any) -> str | None:
    return kind_of(value, _LIMITS)


Limit = Annotated[
    Annotated[ContractLimit, Tag("(contract)")]
    | Annotated[MilestoneLimit, Tag("(milestone)")]
    | Annotated[FunderLimit, Tag("(funder)")],
    Discriminator(
        _limit_kind,
        custom_error_type="not_a_limit",
        custom_error_message="not a limit: write contract: whole, or milestone: or funder: and its"
        " name",
    ),
]


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
