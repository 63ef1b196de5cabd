"""Who lends the working capital, and what comes back: classes, drawdown, returns, repayment."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from pydantic import Field

from impactbond.terms.phrases import SharePhrase, ThresholdPhrase
from impactbond.terms.reference import ClassName, InvestorName, MeasureOrResult, PayeeName
from impactbond.terms.term import Amount, Cited, Day, Listed, OneOrMany, Some, Term


class Investor(Cited):
    """Whoever lends working capital, and gets it back as outcomes are paid."""

    name: str = Field(min_length=1)


class Drawdown(Term):
    """Capital that is called on a day."""

    on: Day
    amount: Amount


class ReturnTier(Term):
    """What investors get while the measure is on the right side of a bar: a return on principal,
    and the share of principal that is repaid.
    """

    is_: ThresholdPhrase = Field(alias="is")
    returns: SharePhrase
    principal: SharePhrase = Fraction(1)


class Floor(Term):
    """The least return through a day, whatever is measured."""

    through: Day
    at_least: SharePhrase


class Redemption(Term):
    """The share of principal that an investor gets who leaves on a day or later, until the next."""

    from_: Day = Field(alias="from")
    principal: SharePhrase


class Protection(Term):
    """The share of principal that somebody makes good, whatever is measured: the first loss, or a
    guarantee.
    """

    principal: SharePhrase
    by: str = Field(min_length=1)


class InvestmentClass(Cited):
    """Money lent on the same terms.

    `tiers` are read as those of a result: the last in the order written whose bar is passed holds;
    below all of them there is no return and no principal comes back. What is earned above `at_most`
    goes to whom `surplus_to` names.
    """

    title: str = ""
    commits: dict[InvestorName, Amount] = Field(min_length=1)
    drawn: Some[Drawdown]
    measured: MeasureOrResult
    tiers: Some[ReturnTier]
    returned: Literal["each year", "in all", "internal rate of return"] = "each year"
    floors: Listed[Floor] = ()
    at_most: SharePhrase | None = Field(
        default=None, description="the most that is returned, such as 9%"
    )
    surplus_to: PayeeName | None = None
    protected: Protection | None = None
    redeemed: Listed[Redemption] = ()


class Recycling(Cited):
    """The share of early receipts, through a day, that pays for delivery instead of repayment."""

    share: SharePhrase
    through: Day


class Investment(Term):
    """The working capital behind a contract.

    `repaid` lists the classes in the order in which they are repaid; classes on one line share in
    proportion to what they are owed.
    """

    investors: dict[str, Investor] = Field(min_length=1)
    classes: dict[str, InvestmentClass] = Field(min_length=1)
    repaid: Some[OneOrMany[ClassName]]
    recycled: Recycling | None = None
