"""Who pays which share of what."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pydantic import Field

from impactbond.terms.applicability import Dated
from impactbond.terms.phrases import FundingSharePhrase
from impactbond.terms.reference import EVERY_MILESTONE, FunderName, PayableOrEvery
from impactbond.terms.term import Cited, OneOrMany


class Funding(Cited, Dated):
    """Who pays which share of which milestones, results and fees: the first entry that applies.

    `from` and `through` are days of achievement. The order of the shares decides who gets the odd
    penny.
    """

    for_: OneOrMany[PayableOrEvery] = Field(alias="for")
    shares: dict[FunderName, FundingSharePhrase] = Field(min_length=1)

    @property
    def is_for_all(self) -> bool:
        """Whether it names everything that is paid for."""
        return self.for_ == (EVERY_MILESTONE,)

    def names(self, payable: str) -> bool:
        """Whether it is for something that is paid for."""
        return payable in self.for_ or self.is_for_all


def whole_shares(shares: Mapping[str, Fraction | None]) -> dict[str, Fraction]:
    """The shares with `the rest` worked out."""
    stated = sum((share for share in shares.values() if share is not None), Fraction(0))
    return {funder: 1 - stated if share is None else share for funder, share in shares.items()}
