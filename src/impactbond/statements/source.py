"""What a statement is made from: the tables of a settlement and the terms that they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

# In place of a currency: the versions of the contract state prices in more than one.
BY_VERSION = "by version"


@dataclass(frozen=True, slots=True)
class RateTerm:
    """The price of one milestone, or what is paid for a result or as a fee; `applies` says in words
    when it is not the price for everybody at all times. Results have no price: None. `priced_in` is
    the currency of the price where it is not that of the payments.
    """

    milestone: str
    price_pence: int | None
    applies: str
    clause: str
    priced_in: str = ""


@dataclass(frozen=True, slots=True)
class ShareTerm:
    """One funder's part of one share rule, as the contract writes it and as the exact fraction that
    it means.

    `funder` is the contract's name for the funder: "school" stands for every "school: ...". The
    parts of one `rule` make a whole. `applies` says in words when it is not for everybody at all
    times.
    """

    rule: str
    funder: str
    name: str
    written: str
    fraction: Fraction
    milestones: tuple[str, ...]
    clause: str
    applies: str = ""


@dataclass(frozen=True, slots=True)
class LimitTerm:
    """One limit in the contract's order.

    `funder` is set only where the limit is on what that funder pays to date, `whole_contract` only
    where it is on what is paid to date by all together. `at_most_pence` is None for a limit in
    number; `what` then says the number.
    """

    what: str
    at_most_pence: int | None
    beyond: str
    clause: str
    funder: str | None = None
    whole_contract: bool = False


@dataclass(frozen=True, slots=True)
class TrancheTerm:
    """What one funder pays up-front under one tranche, and how it is recovered."""

    tranche: str
    title: str
    funder: str
    name: str
    amount_pence: int
    pays_on: date
    recovered: str
    clause: str


@dataclass(frozen=True, slots=True)
class StatementSource:
    """The tables of one settlement, with the facts about its contract and evidence that a statement
    shows.

    The tables are pyarrow tables with the columns of a settlement. `claim_period`, `claim_date` and
    `as_of` are those of the latest claim. `milestones` gives each milestone's title and clause.
    `prices_in` gives the currency of a milestone's price where it is not that of the payments.
    `refused_rows` counts the rows of evidence that were refused and so left out. `receipts` is the
    table of what was received, where statements are to show it.
    """

    lines: Any
    shares: Any
    payments: Any
    balances: Any
    funders: Any
    contract_id: str
    title: str
    version: int
    effective_on: date
    currency: str
    provider: str
    milestones: Mapping[str, tuple[str, str]]
    claim_period: str
    claim_date: date
    as_of: date
    rates: tuple[RateTerm, ...]
    share_rules: tuple[ShareTerm, ...]
    limits: tuple[LimitTerm, ...]
    tranches: tuple[TrancheTerm, ...]
    rounding: str
    refused_rows: int
    engine_version: str
    contract_sha256: str
    evidence_sha256: str
    receipts: Any = None
    refused_receipts: int = 0
    notes: tuple[tuple[str, str], ...] = ()
    vat: tuple[str, Fraction | None, str] | None = None
    prices_in: Mapping[str, str] = field(default_factory=dict)


def is_for(term_funder: str, funder: str) -> bool:
    """Whether a term written for `term_funder` binds `funder`, who may be one of several resolved
    by an attribute.
    """
    return funder == term_funder or funder.startswith(f"{term_funder}: ")
