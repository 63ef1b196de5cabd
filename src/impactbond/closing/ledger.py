"""The ledger map: how a provider's ledger calls what a contract's year end is about, funder by
funder. It stands beside the contract and is no part of it: nothing is settled by it.

Takes  a YAML or JSON file, and the contract.
Gives  accounts, funds, and for every funder its nature, fund, VAT, customer and purchase orders.
Keeps  nothing is guessed: nature, fund and VAT are what the provider and its auditor decided.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from os import PathLike
from pathlib import Path as FilePath
from typing import Literal

from pydantic import Field

from impactbond.contract.contract import Contract
from impactbond.contract.reading.terms_file import TermsFile
from impactbond.errors import YearEndError
from impactbond.terms.diagnostic import Diagnostics, did_you_mean, fault_at, listing
from impactbond.terms.term import Amount, Day, Some, Term

UNRESTRICTED = "default"


class Accounts(Term):
    """The codes of the accounts that journals are posted to."""

    receivable: str = Field(min_length=1, description="what funders were asked for and owe")
    accrued: str = Field(min_length=1, description="income earned and not asked for")
    up_front: str = Field(min_length=1, description="money asked for and not yet earned")
    in_advance: str = Field(min_length=1, description="money received that nobody was asked for")
    income: str = Field(min_length=1, description="income from outcomes")
    bank: str = Field(default="", description="only where cash is posted from here")
    bad_debt: str = Field(default="", description="only where a write-off is posted from here")


class Fund(Term):
    """A fund of the charity."""

    name: str = Field(min_length=1)
    code: str = ""
    restricted: bool = False


class FunderEntry(Term):
    """What the ledger calls one funder. One of many may have an entry under its own name."""

    customer: str = ""
    contact: str = ""
    nature: Literal["exchange", "performance-related grant", "grant"]
    vat: str = Field(default="", description="a word of `tax`")
    fund: str = UNRESTRICTED
    purchase_order: dict[str, str] = Field(default_factory=dict)


class Constraint(Term):
    """What the provider does not count as earned of a funder's claims, because they are in dispute
    or may be taken back; its own figure, and none that anything here works out.
    """

    funder: str
    amount: Amount
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
        over = (min(day, self.through) - self.from_).days + 1
        return Fraction(max(over, 0), (self.through - self.from_).days + 1)


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

    def of(self, funder: str) -> FunderEntry | None:
        """The entry of a funder, by its own name first, then by that of the contract."""
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
    return _FILE.parse(source, name, lambda ledger: list(_check(ledger, contract)))


def _check(ledger: Ledger, contract: Contract) -> Diagnostics:
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
    for number, constraint in enumerate(ledger.constraints):
        term, _, one = constraint.funder.partition(": ")
        funder = contract.funders.get(term)
        if funder is None or bool(funder.each) != bool(one):
            problem = f"'{constraint.funder}' is no single funder of the contract"
            known = [f"{key}: …" if one.each else key for key, one in contract.funders.items()]
            place = ("constraints", number, "funder")
            yield fault_at(place, "unknown_funder", problem, allowed=listing(known))
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
    for name in ledger.account_names:
        if name not in Accounts.model_fields:
            problem, allowed = f"'{name}' is no account", listing(Accounts.model_fields)
            yield fault_at(("account_names", name), "unknown_account", problem, allowed=allowed)
    named = {name.partition(": ")[0] for name in ledger.funders}
    for name in contract.funders:
        if name not in named:
            problem = f"there is no entry for the funder '{name}'"
            hint = "Say its nature, and its fund where it is not the default one"
            yield fault_at(("funders",), "funder_missing", problem, hint=hint)
