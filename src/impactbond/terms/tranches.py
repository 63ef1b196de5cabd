"""Up-front money, and how it comes back."""

from __future__ import annotations

from pydantic import Field

from impactbond.money import RoundingRule, cut_whole, minor_units
from impactbond.terms.funding import whole_shares
from impactbond.terms.phrases import FundingSharePhrase, SharePhrase
from impactbond.terms.reference import FunderName
from impactbond.terms.term import Amount, Cited, Day, Term


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
    by: dict[FunderName, FundingSharePhrase] = Field(min_length=1)
    held_by: str = Field(default="", description="a trustee who holds the money until it is earned")
    recovered: Recovery

    def parts(self, currency: str, rule: RoundingRule) -> dict[str, int]:
        """What each funder pays of it, in minor units and in the order of the shares."""
        shares = whole_shares(self.by)
        pay = minor_units(self.pay, currency)
        return dict(zip(shares, cut_whole(pay, tuple(shares.values()), rule), strict=True))
