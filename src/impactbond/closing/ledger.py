"""The ledger map: how a provider's ledger calls what a contract's year end is about, funder by
funder. It stands beside the contract and is no part of it: nothing is settled by it.

Takes  the terms of a map, as they are written.
Gives  accounts, funds, and for every funder its nature, fund, VAT, customer and purchase orders.
Keeps  nothing is guessed: nature, fund and VAT are what the provider and its auditor decided.

And reading a ledger map, and what it has to have for a contract: names that the contract knows,
days in their order, amounts in its currency, and an account for everything that it says is posted.

Takes  a YAML or JSON file, and the contract.
Gives  the ledger map, or every fault with its line.
Keeps  nothing is guessed in place of what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from os import PathLike
from pathlib import Path as FilePath
from typing import Literal

from pydantic import Field

from impactbond.contract.contract import Contract
from impactbond.contract.reading.terms_file import TermsFile
from impactbond.errors import YearEndError
from impactbond.money import CURRENCIES, minor_units
from impactbond.terms.diagnostic import Diagnostics, Path, did_you_mean, fault_at, listing
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


_FILE = TermsFile(Ledger, "ledger map", YearEndError)


def read_ledger(path: str | PathLike[str], contract: Contract) -> Ledger:
    """The ledger map in a YAML or JSON file, checked against the contract.

    Raises YearEndError listing every fault with its line.
    """
    source, name = _FILE.source_of(FilePath(path))
    return _FILE.parse(source, name, lambda ledger: list(_checked(ledger, contract)))


def _checked(ledger: Ledger, contract: Contract) -> Diagnostics:
    """Every fault of a ledger map."""
    yield from _funders(ledger, contract)
    for number, constraint in enumerate(ledger.constraints):
        yield from _constraint(number, constraint, contract)
    yield from _fee_days(ledger, contract)
    yield from _accounts(ledger)
    yield from _amount(ledger.materiality, contract, ("materiality",))
    yield from _exchange(ledger, contract)
    yield from _open_data(ledger, contract)
    for number, rate in enumerate(ledger.reference_rates):
        if (rate.from_.month, rate.from_.day) not in ((6, 30), (12, 31)) or not rate.is_ < 100:
            problem = f"this is no reference rate: {rate.is_} on {rate.from_}"
            allowed = "a 30 June or 31 December, and per cent, such as 0.25"
            place = ("reference_rates", number)
            yield fault_at(place, "no_reference_rate", problem, allowed=allowed)


def _funders(ledger: Ledger, contract: Contract) -> Diagnostics:
    for name, entry in ledger.funders.items():
        # Of a funder for each school the ledger names single ones, `school: Park`; the contract has
        # the one term.
        term = name.partition(": ")[0]
        if term not in contract.funders:
            problem = f"the contract has no funder '{name}'"
            hint = did_you_mean(name, contract.funders)
            allowed = listing(contract.funders)
            path = ("funders", name)
            yield fault_at(path, "unknown_funder", problem, allowed=allowed, hint=hint)
        if entry.fund not in ledger.funds:
            problem = f"there is no fund '{entry.fund}'"
            allowed = listing(ledger.funds)
            yield fault_at(("funders", name, "fund"), "unknown_fund", problem, allowed=allowed)
        if entry.vat and entry.vat not in ledger.tax:
            problem = f"'{entry.vat}' is no word of tax"
            allowed = listing(ledger.tax)
            yield fault_at(("funders", name, "vat"), "unknown_tax", problem, allowed=allowed)
    named = {name.partition(": ")[0] for name in ledger.funders}
    for name in contract.funders:
        if name not in named:
            problem = f"there is no entry for the funder '{name}'"
            hint = "Say its nature, and its fund where it is not the default one"
            yield fault_at(("funders",), "funder_missing", problem, hint=hint)


def _open_data(ledger: Ledger, contract: Contract) -> Diagnostics:
    for name in ledger.open_data:
        if name != "provider" and name.partition(": ")[0] not in contract.funders:
            problem, allowed = f"'{name}' is no funder", listing(["provider", *contract.funders])
            yield fault_at(("open_data", name), "unknown_funder", problem, allowed=allowed)


def _constraint(number: int, constraint: Constraint, contract: Contract) -> Diagnostics:
    place: Path = ("constraints", number)
    term, _, one = constraint.funder.partition(": ")
    funder = contract.funders.get(term)
    if funder is None or bool(funder.each) != bool(one):
        problem = f"'{constraint.funder}' is no single funder of the contract"
        known = [f"{key}: …" if one.each else key for key, one in contract.funders.items()]
        yield fault_at((*place, "funder"), "unknown_funder", problem, allowed=listing(known))
    yield from _amount(constraint.amount, contract, (*place, "amount"))
    has_share = constraint.share is not None and bool(constraint.claims)
    if (constraint.amount is None) != has_share or bool(constraint.claims) != has_share:
        problem = "it is neither an amount nor a share of claims"
        hint = "Write amount: 600.00; or share: 5% and claims: [2017-Q4]"
        yield fault_at(place, "no_amount", problem, allowed="one of the two", hint=hint)
    yield from _claims(constraint.claims, contract, (*place, "claims"))


def _claims(claims: Sequence[str], contract: Contract, path: Path) -> Diagnostics:
    periods = [period.label for period in contract.calendar.periods]
    for name in claims:
        if name not in periods:
            problem, hint = f"the contract has no claim '{name}'", did_you_mean(name, periods)
            yield fault_at(path, "unknown_claim", problem, allowed=listing(periods), hint=hint)


def _fee_days(ledger: Ledger, contract: Contract) -> Diagnostics:
    for name, days in ledger.fee_days.items():
        if name not in contract.fees:
            problem, allowed = f"the contract has no fee '{name}'", listing(contract.fees)
            hint = did_you_mean(name, contract.fees)
            at = ("fee_days", name)
            yield fault_at(at, "unknown_fee", problem, allowed=allowed, hint=hint)
        if days.through < days.from_:
            problem = f"the days of '{name}' end on {days.through}, before they begin"
            through = ("fee_days", name, "through")
            yield fault_at(through, "days_out_of_order", problem, allowed=f"{days.from_} or later")


def _accounts(ledger: Ledger) -> Diagnostics:
    known = type(ledger.accounts).model_fields
    for name in ledger.account_names:
        if name not in known:
            problem, allowed = f"'{name}' is no account", listing(known)
            yield fault_at(("account_names", name), "unknown_account", problem, allowed=allowed)
    for account, why in (
        ("passed_on", any(one.agent for one in ledger.funders.values())),
        ("exchange", ledger.exchange is not None),
    ):
        if why and not getattr(ledger.accounts, account):
            problem = f"there is no account '{account}', and something is posted to it"
            hint = f"Name its code under accounts: {account}"
            yield fault_at(("accounts",), "account_missing", problem, hint=hint)


def _exchange(ledger: Ledger, contract: Contract) -> Diagnostics:
    exchange = ledger.exchange
    if exchange is None:
        return
    if exchange.currency not in CURRENCIES or exchange.currency == contract.currency:
        problem = f"'{exchange.currency}' is no other currency than the contract's"
        allowed = f"a code of ISO 4217 that is not {contract.currency}"
        place = ("exchange", "currency")
        yield fault_at(place, "not_another_currency", problem, allowed=allowed)
    before = date.min
    for number, rate in enumerate(exchange.rates):
        if rate.from_ <= before:
            problem = f"a rate from {rate.from_} stands after one from {before}"
            place_ = ("exchange", "rates", number)
            yield fault_at(place_, "days_out_of_order", problem, allowed="days one after another")
        before = rate.from_
    for name, entry in ledger.funders.items():
        if entry.agent is not None:
            problem = "an agent's income in another currency is not worked out"
            hint = "Leave out exchange, and convert the year end as your auditor says"
            yield fault_at(("funders", name, "agent"), "agent_abroad", problem, hint=hint)


def _amount(amount: Decimal | None, contract: Contract, place: Path) -> Diagnostics:
    if amount is None:
        return
    try:
        minor_units(amount, contract.currency)
    except ValueError as error:
        allowed = f"an amount of {contract.currency}"
        yield fault_at(place, "too_many_decimals", f"it has {error}", allowed=allowed)
