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
    """What people call the investor."""


class Drawdown(Term):
    """Capital that is called on a day."""

    on: Day
    """The day on which it is called, such as 2017-02-01."""
    amount: Amount
    """How much is called, in the currency of payments, such as 7000000.00."""


class ReturnTier(Term):
    """What investors get while the measure is on the right side of a bar: a return on principal,
    and the share of principal that is repaid.
    """

    is_: ThresholdPhrase = Field(alias="is")
    """The bar that the measure must pass, such as at least 60%."""
    returns: SharePhrase
    """The return on principal, such as 7.5%."""
    principal: SharePhrase = Fraction(1)
    """The share of principal that is repaid, such as 50%."""


class Floor(Term):
    """The least return through a day, whatever is measured."""

    through: Day
    """The last day for which it holds, such as 2017-12-31."""
    at_least: SharePhrase
    """The least return, such as 5%."""


class Redemption(Term):
    """The share of principal that an investor gets who leaves on a day or later, until the next."""

    from_: Day = Field(alias="from")
    """The first day of leaving for which it holds, such as 2018-01-01."""
    principal: SharePhrase
    """The share of principal that the investor gets, such as 75%."""


class Protection(Term):
    """The share of principal that somebody makes good, whatever is measured: the first loss, or a
    guarantee.
    """

    principal: SharePhrase
    """The share of principal that is made good, such as 25%."""
    by: str = Field(min_length=1)
    """Who makes it good."""


class InvestmentClass(Cited):
    """Money lent on the same terms.

    `tiers` are read as those of a result: the last in the order written whose bar is passed holds;
    below all of them there is no return and no principal comes back. What is earned above `at_most`
    goes to whom `surplus_to` names.
    """

    title: str = ""
    """What people call it."""
    commits: dict[InvestorName, Amount] = Field(min_length=1)
    """Each investor with what it commits, in the currency of payments."""
    drawn: Some[Drawdown]
    """When how much of it is called."""
    measured: MeasureOrResult
    """The measure or result that returns follow, by name."""
    tiers: Some[ReturnTier]
    """The bars with their returns; the last that is passed counts."""
    returned: Literal["each year", "in all", "internal rate of return"] = "each year"
    """Whether a return is for each year, in all, or a rate on the cash flows."""
    floors: Listed[Floor] = ()
    """Least returns, each through a day."""
    at_most: SharePhrase | None = Field(
        default=None, description="the most that is returned, such as 9%"
    )
    surplus_to: PayeeName | None = None
    """Who gets what is earned above the most, by name."""
    protected: Protection | None = None
    """What somebody makes good whatever is measured."""
    redeemed: Listed[Redemption] = ()
    """What an investor gets who leaves early."""


class Recycling(Cited):
    """The share of early receipts, through a day, that pays for delivery instead of repayment."""

    share: SharePhrase
    """The share of receipts that pays for delivery, such as 50%."""
    through: Day
    """The last day for which it does, such as 2017-12-31."""


class Investment(Term):
    """The working capital behind a contract.

    `repaid` lists the classes in the order in which they are repaid; classes on one line share in
    proportion to what they are owed.
    """

    investors: dict[str, Investor] = Field(min_length=1)
    """Who lends, by short name."""
    classes: dict[str, InvestmentClass] = Field(min_length=1)
    """What is lent on the same terms, by name."""
    repaid: Some[OneOrMany[ClassName]]
    """The classes in the order of repayment; those in one list share alike."""
    recycled: Recycling | None = None
    """What of early receipts pays for delivery instead."""
