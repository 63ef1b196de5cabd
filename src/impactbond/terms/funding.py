"""Who pays: which share of what, and up-front money with how it comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from pydantic import Field

from impactbond.money import RoundingRule, cut_whole, minor_units, show_share
from impactbond.terms.applicability import Dated
from impactbond.terms.phrases import FundingSharePhrase, SharePhrase, show_funding_share
from impactbond.terms.reference import EVERY_MILESTONE, FunderName, PayableOrEvery
from impactbond.terms.term import Amount, Cited, Day, OneOrMany, Term


class Funding(Cited, Dated):
    """Who pays which share of which milestones, results and fees: the first entry that applies.

    `from` and `through` are days of achievement. The order of the shares decides who gets the odd
    penny.
    """

    for_: OneOrMany[PayableOrEvery] = Field(alias="for")
    """What it is for: milestones, results and fees by name, or every milestone."""
    shares: dict[FunderName, FundingSharePhrase] = Field(min_length=1)
    """Each funder with its share, such as 30%, 1/3 or the rest."""

    @property
    def is_for_all(self) -> bool:
        """Whether it names everything that is paid for."""
        return self.for_ == (EVERY_MILESTONE,)

    def names(self, payable: str) -> bool:
        """Whether it is for something that is paid for."""
        return payable in self.for_ or self.is_for_all


@dataclass(frozen=True, slots=True)
class FundingShare:
    """A funder's share as the contract writes it, and the exact fraction that it means."""

    funder: str
    written: str
    fraction: Fraction

    @property
    def shown(self) -> str:
        """The fraction, as a share is written."""
        return show_share(self.fraction)


def shares_of(shares: Mapping[str, Fraction | None]) -> list[FundingShare]:
    """The shares in the order written: what each is called, and what it means."""
    whole = whole_shares(shares)
    return [FundingShare(who, show_funding_share(one), whole[who]) for who, one in shares.items()]


def whole_shares(shares: Mapping[str, Fraction | None]) -> dict[str, Fraction]:
    """The shares with `the rest` worked out."""
    stated = sum((share for share in shares.values() if share is not None), Fraction(0))
    return {funder: 1 - stated if share is None else share for funder, share in shares.items()}


LeftOver = Literal["returned", "kept", "carried"]
LEFT_OVER: Mapping[LeftOver, str] = {
    "returned": "is paid back to the funders that paid it, when a payment of that claim falls due",
    "kept": "is kept by the provider, and nobody pays it back",
    "carried": "stays on account of what is agreed next, and is not paid back under this contract",
}


class Recovery(Term):
    """Up-front money comes back as this share of every later entitlement of the funder that paid
    it.
    """

    at: SharePhrase
    """The share of every later entitlement that recovers it, such as 50%."""


class Tranche(Cited):
    """Money paid up-front on a date, on account of later entitlements."""

    title: str = ""
    """What people call it."""
    pay: Amount
    """What is paid up-front, in the currency of payments, such as 240.00."""
    on: Day
    """The day on which it is paid, such as 2017-01-15."""
    by: dict[FunderName, FundingSharePhrase] = Field(min_length=1)
    """Each funder with its share of it, such as 75%."""
    held_by: str = Field(default="", description="a trustee who holds the money until it is earned")
    recovered: Recovery
    """How it comes back."""
    left_over: LeftOver | None = Field(
        default=None,
        description="what becomes of what is on account at the last claim date: returned (paid"
        " back to the funders that paid it), kept (by the provider) or carried (on account of what"
        " is agreed next); nothing said, it stays on account",
    )

    def parts(self, currency: str, rule: RoundingRule) -> dict[str, int]:
        """What each funder pays of it, in minor units and in the order of the shares."""
        shares = whole_shares(self.by)
        pay = minor_units(self.pay, currency)
        return dict(zip(shares, cut_whole(pay, tuple(shares.values()), rule), strict=True))
