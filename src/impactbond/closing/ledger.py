"""The ledger map: how a provider's ledger calls what a contract's year end is about, funder by
funder. It stands beside the contract and is no part of it: nothing is settled by it.

Takes  the terms of a map, as they are written.
Gives  accounts, funds, and for every funder its nature, fund, VAT, customer and purchase orders.
Keeps  nothing is guessed: nature, fund and VAT are what the provider and its auditor decided.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal

from pydantic import Field

from impactbond.terms.phrases import SharePhrase
from impactbond.terms.prices import IndexValue
from impactbond.terms.term import Amount, Day, Listed, OneOrMany, Some, Term

UNRESTRICTED = "default"


class Accounts(Term):
    """The codes of the accounts that journals are posted to."""

    receivable: str = Field(min_length=1, description="what funders were asked for and owe")
    accrued: str = Field(min_length=1, description="income earned and not asked for")
    up_front: str = Field(min_length=1, description="money asked for and not yet earned")
    in_advance: str = Field(min_length=1, description="money received that nobody was asked for")
    income: str = Field(min_length=1, description="income from outcomes")
    bank: str = Field(default="", description="only where cash is posted from here")
    bad_debt: str = Field(default="", description="needed where anything is written off")
    passed_on: str = Field(default="", description="needed where the provider is an agent")
    exchange: str = Field(default="", description="needed where the ledger has another currency")


class Fund(Term):
    """A fund of the charity."""

    name: str = Field(min_length=1)
    code: str = ""
    restricted: bool = False


class Agent(Term):
    """What is the provider's own of a funder's money where it acts for another party: the rest is
    that party's, and no income.
    """

    keeps: SharePhrase
    for_: str = Field(default="", alias="for", description="whose the rest is")


class FunderEntry(Term):
    """What the ledger calls one funder. One of many may have an entry under its own name."""

    customer: str = ""
    contact: str = ""
    nature: Literal["exchange", "performance-related grant", "grant"]
    vat: str = Field(default="", description="a word of `tax`")
    fund: str = UNRESTRICTED
    purchase_order: dict[str, str] = Field(default_factory=dict)
    agent: Agent | None = None


class Constraint(Term):
    """What the provider does not count as earned of a funder's claims, because they are in dispute
    or may be taken back; its own figure, and none that anything here works out. It is an amount, or
    a share of what the claims of some periods hold, as where a failure rate is extrapolated.
    """

    funder: str
    amount: Amount | None = None
    share: SharePhrase | None = None
    claims: OneOrMany[str] = ()
    since: Day
    until: Day | None = None
    reason: str = Field(min_length=1)

    def holds_on(self, day: date) -> bool:
        """Whether it stands at the end of a day."""
        return self.since <= day and (self.until is None or day <= self.until)


class FeeDays(Term):
    """The days that all a fee pays is for, the first and the last among them."""

    from_: Day = Field(alias="from")
    through: Day

    def part_by(self, day: date) -> Fraction:
        """How much of the days is over at the end of a day."""
        # The day itself is over, and both ends are among the days that are paid for.
        over = (min(day, self.through) - self.from_).days + 1
        return Fraction(max(over, 0), (self.through - self.from_).days + 1)


class Exchange(Term):
    """The currency that the ledger is kept in, and what one of the contract's is in it: each rate
    from its day until the next. The last day of a year has one of its own.
    """

    currency: str
    rates: Some[IndexValue]


class OrganisationIds(Term):
    """How open data name an organisation."""

    indigo: str = Field(default="", description="its id of INDIGO, such as INDIGO-ORG-0012")
    giving: str = Field(default="", description="its id of org-id.guide, such as GB-CHC-1134679")


class Ledger(Term):
    """The ledger map of a contract."""

    accounts: Accounts
    account_names: dict[str, str] = Field(default_factory=dict)
    tax: dict[str, dict[str, str]] = Field(default_factory=dict)
    funds: dict[str, Fund] = Field(
        default_factory=lambda: {UNRESTRICTED: Fund(name="Unrestricted")}
    )
    funders: dict[str, FunderEntry] = Field(min_length=1)
    fee_days: dict[str, FeeDays] = Field(default_factory=dict)
    constraints: Some[Constraint] = ()
    invoice_number: str = ""
    exchange: Exchange | None = None
    open_data: dict[str, OrganisationIds] = Field(
        default_factory=dict, description="by funder; `provider` is the provider itself"
    )
    reference_rates: Listed[IndexValue] = Field(
        default=(), description="official rates of the Bank of England, for statutory interest"
    )
    materiality: Amount | None = Field(
        default=None, description="above it, what came after its year was filed is a caution"
    )

    def of(self, funder: str) -> FunderEntry | None:
        """The entry of a funder, by its own name first, then by that of the contract."""
        # One of many, such as a school, may have an entry of its own before that of all.
        return self.funders.get(funder) or self.funders.get(funder.partition(": ")[0])

    def fund_of(self, funder: str) -> str:
        """The name of the fund that a funder's money is in; nothing where nobody said so."""
        entry = self.of(funder)
        return "" if entry is None else self.funds[entry.fund].name
