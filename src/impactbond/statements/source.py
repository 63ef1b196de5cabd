"""What a statement is made from: the tables of a settlement and the terms that they rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any

import pyarrow as pa
from pydantic import Field

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evidence.mapped import MappedBy
from impactbond.money import CURRENCIES, minor_units, show, show_amount, show_share
from impactbond.settlement.plans import planned_table
from impactbond.settlement.results import MeasuredResult
from impactbond.settlement.settlement import Settlement
from impactbond.statements.how_to_pay import HowToPay, how_to_pay
from impactbond.statements.limit_terms import LimitTerm, limit_terms
from impactbond.statements.notes import VatTerm, contract_notes
from impactbond.terms.funding import LEFT_OVER, shares_of
from impactbond.terms.milestones import Milestone
from impactbond.terms.rounding import HALVES
from impactbond.terms.term import Day, Term
from impactbond.version import __version__

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
    parts of one `rule` make a whole; `before` are those of the funders before it, together, at
    which its own begins. `applies` says in words when it is not for everybody at all times.
    """

    rule: str
    funder: str
    name: str
    written: str
    fraction: Fraction
    milestones: tuple[str, ...]
    clause: str
    applies: str = ""
    before: Fraction = Fraction(0)


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


class Replaced(Term):
    """A statement that was issued and no longer holds: whose it was (None: all funders together),
    its number, the digest of its workbook, what it asked for and as at which day; None in records
    that were written before these two were kept. The one in its place has the next number.
    """

    funder: str | None
    number: Annotated[int, Field(ge=1)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    asked_pence: int | None = None
    as_of: Day | None = None


@dataclass(frozen=True, repr=False)  # with room for what is found once
class StatementSource:
    """The tables of one settlement, with the facts about its contract and evidence that a statement
    shows.

    The tables are pyarrow tables with the columns of a settlement. `claim_period`, `claim_date` and
    `as_of` are those of the latest claim. `milestones` gives each milestone's title and clause.
    `prices_in` gives the currency of a milestone's price where it is not that of the payments.
    `refused_rows` counts the rows of evidence that were refused and so left out. `receipts` is the
    table of what was received, where statements are to show it; `plans`, of plans beside what came.
    Claims up to `closed_until` came in closed; None where all were worked out. `counted` says that
    counts without evidence stand in place of evidence, whose digest is then theirs. `replaces` are
    the issued statements of the latest claim in whose place new ones are made. `results` are the
    names of the contract's results of groups, `measured` what they were measured on at every claim.
    `half` is the contract's rule for half a minor unit.
    `how` is what the contract says of how to pay. `ahead_of` is the claim period whose claim counts
    the up-front money that is asked for here on its own day; there is then no evidence.
    `mapped` says which mapping read which files of the evidence. `sees` gives for a funder of the
    contract whose people its own statement tells apart, and how many there must be.
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
    closed_until: date | None = None
    receipts: Any = None
    plans: Any = None
    refused_receipts: int = 0
    notes: tuple[tuple[str, str], ...] = ()
    vat: VatTerm | None = None
    prices_in: Mapping[str, str] = field(default_factory=dict)
    replaces: tuple[Replaced, ...] = ()
    counted: bool = False
    results: frozenset[str] = frozenset()
    measured: tuple[MeasuredResult, ...] = ()
    mapped: tuple[MappedBy, ...] = ()
    half: str = "up"
    how: HowToPay = field(default_factory=HowToPay)
    ahead_of: str = ""
    sees: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<StatementSource of {self.contract_id}, claim {self.claim_period}>"

    @cached_property
    def claim_dates(self) -> dict[str, date]:
        """Every claim period of the settlement with its claim date, in the order of the dates."""
        found = {self.claim_period: self.claim_date}
        for table in (self.balances, self.payments, self.lines):
            claims = table.group_by(["claim_period", "claim_date"]).aggregate([]).to_pylist()
            found |= {row["claim_period"]: row["claim_date"] for row in claims}
        return dict(sorted(found.items(), key=lambda claim: claim[1]))

    def replaced(self, claim_period: str) -> dict[str | None, Replaced]:
        """The statement of each funder that is replaced at a claim."""
        latest = claim_period == self.claim_period
        return {one.funder: one for one in self.replaces} if latest else {}

    def replacing(self, replaces: tuple[Replaced, ...]) -> StatementSource:
        """This source, for statements that replace others.

        Whoever was issued one is told by another, even where a correction left nothing to ask for,
        and so no such funder in the settlement.
        """
        known = self.funders["funder"].to_pylist()
        gone = [one.funder for one in replaces if one.funder and one.funder not in known]
        names = [funder.partition(": ")[2] or funder for funder in gone]
        rows = {"funder": gone, "name": names, "kind": [""] * len(gone)}
        more = pa.table(rows, schema=self.funders.schema)
        return replace(self, replaces=replaces, funders=pa.concat_tables([self.funders, more]))

    def is_closed(self, claim_period: str) -> bool:
        """Whether a claim came in closed, and was not worked out here."""
        return self.closed_until is not None and self.claim_dates[claim_period] <= self.closed_until


def is_for(term_funder: str, funder: str) -> bool:
    """Whether a term written for `term_funder` binds `funder`, who may be one of several resolved
    by an attribute.
    """
    return funder == term_funder or funder.startswith(f"{term_funder}: ")


def statement_source(settlement: Settlement) -> StatementSource:
    """Everything that the statements of a settlement show."""
    contract, earlier = settlement.contract, settlement.earlier
    shown = terms_shown(contract, settlement.claim.known_by)
    if settlement.is_amended:
        shown["rates"] = _rates(settlement.known)
    return StatementSource(
        lines=settlement.lines_table,
        shares=settlement.shares_table,
        payments=settlement.payments_table,
        balances=settlement.balances_table,
        funders=settlement.funders_table,
        claim_period=settlement.claim.label,
        claim_date=settlement.claim.known_by,
        as_of=settlement.as_of,
        refused_rows=settlement.refused_left_out,
        engine_version=__version__,
        evidence_sha256=settlement.basis.known_on(settlement.claim.known_by).digest,
        closed_until=None if earlier is None else earlier.claim_dates[-1].known_by,
        notes=contract_notes(settlement),
        mapped=settlement.evidence.mapped,
        prices_in=_prices_in(settlement),
        counted=settlement.counts is not None,
        measured=settlement.measured_results,
        how=how_to_pay(contract, settlement.funders_table["funder"].to_pylist()),
        plans=planned_table(settlement) if contract.plans else None,
        **shown,
    )


def terms_shown(contract: Contract, day: date) -> dict[str, Any]:
    """What a source says of the contract alone, as it stands on a claim date."""
    vat = contract.vat
    payables = {name: contract.term_of(name) for name in contract.payables}
    return {
        "contract_id": contract.contract,
        "title": contract.title,
        "version": contract.version.number,
        "effective_on": contract.version.effective_on,
        "currency": contract.currency,
        "provider": contract.provider,
        "milestones": {name: (term.title or name, term.clause) for name, term in payables.items()},
        "rates": _rates_of(contract),
        "share_rules": _share_terms(contract),
        "limits": limit_terms(contract, day),
        "tranches": _tranche_terms(contract),
        "rounding": _rounding(contract),
        "contract_sha256": contract.digest,
        "vat": None if vat is None else (vat.treatment, vat.rate, vat.clause),
        "results": frozenset(contract.results),
        "half": contract.rounding.half,
        "sees": {
            name: (term.sees.each, term.sees.least)
            for name, term in contract.funders.items()
            if term.sees is not None
        },
    }


def _rates(known: Versions) -> tuple[RateTerm, ...]:
    """The rates of every version in force, each with the days that it governs."""
    found = []
    for stretch in known.stretches:
        version = f"Version {stretch.terms.version.number}, from {stretch.from_}"
        found += [
            replace(rate, applies="; ".join(filter(None, [version, rate.applies])))
            for rate in _rates_of(known.within(stretch.terms))
        ]
    return tuple(found)


def _share_terms(contract: Contract) -> tuple[ShareTerm, ...]:
    found = []
    for index, rule in enumerate(contract.funding, 1):
        milestones = contract.payables if rule.is_for_all else rule.for_
        about = (milestones, rule.clause, rule.in_short())
        before = Fraction(0)
        for one in shares_of(rule.shares):
            whose = (one.funder, contract.funders[one.funder].name, one.written, one.fraction)
            found.append(ShareTerm(f"Funding {index}", *whose, *about, before))
            before += one.fraction
    return tuple(found)


def _tranche_terms(contract: Contract) -> tuple[TrancheTerm, ...]:
    found = []
    for name, tranche in contract.tranches.items():
        parts = tranche.parts(contract.currency, contract.rounding.rule)
        title, on, clause = tranche.title or name, tranche.on, tranche.clause
        recovered = f"{show_share(tranche.recovered.at)} of each later entitlement"
        if tranche.left_over is not None:
            recovered += f"; what is left at the last claim date {LEFT_OVER[tranche.left_over]}"
        for funder, part in parts.items():
            payer = contract.funders[funder].name
            found.append(TrancheTerm(name, title, funder, payer, part, on, recovered, clause))
    return tuple(found)


def _rounding(contract: Contract) -> str:
    coin = CURRENCIES[contract.currency].coin
    half = HALVES[contract.rounding.half].short(coin)
    unit = ""
    if contract.rounding.to is not None:
        amount = show_amount(contract.rounding.to, contract.currency)
        unit = (
            f"; each funder pays whole units of {amount} to date, rounded {contract.rounding.way}"
        )
    return (
        f"on {contract.rounding.on}, half a {coin} {half}, "
        f"the odd {coin} {contract.rounding.odd_penny}{unit}"
    )


def _rates_of(contract: Contract) -> tuple[RateTerm, ...]:
    """What is paid for every milestone, result and fee, in the contract's order."""
    found: list[RateTerm] = []
    for name, term in contract.milestones.items():
        found += _of_milestone(contract, name, term)
    for name, result in contract.results.items():
        found.append(RateTerm(name, None, "As measured at each claim", result.clause))
    for name, fee in contract.fees.items():
        found += [
            RateTerm(name, amount, f"On {day.isoformat()}", fee.clause)
            for day, amount in fee.instalments(contract.currency, contract.rounding.rule)
        ]
    return tuple(found)


def _prices_in(settlement: Settlement) -> dict[str, str]:
    """The currency of every milestone's price where it is not that of the payments."""
    currencies: defaultdict[str, set[str]] = defaultdict(set)
    for contract in settlement.versions:
        for name in contract.milestones:
            currencies[name].add(_other_currency(contract))
    others = {name: codes for name, codes in currencies.items() if codes != {""}}
    return {name: min(of) if len(of) == 1 else BY_VERSION for name, of in others.items()}


def _of_milestone(contract: Contract, name: str, term: Milestone) -> Iterator[RateTerm]:
    then = list(_modified(contract, name, term))

    def rate(price: Decimal, applies: str) -> RateTerm:
        return _rate(contract, name, price, "; ".join(filter(None, [applies, *then])))

    for one in term.rates:
        yield rate(one.price, one.in_short() or "For everybody")
    first = f"The first {term.bands[0].after} claims" if term.bands else ""
    yield rate(term.price, "For everybody else" if term.rates else first)
    for band in term.bands:
        yield rate(band.price, f"Every claim after the first {band.after}")


def _rate(contract: Contract, name: str, price: Decimal, applies: str) -> RateTerm:
    pence = minor_units(price, contract.currency_of_prices)
    clause = contract.milestones[name].clause
    return RateTerm(name, pence, applies, clause, _other_currency(contract))


def _other_currency(contract: Contract) -> str:
    """The currency of prices where it is stated as another than that of the payments."""
    return "" if contract.prices_in is None else contract.prices_in.currency


def _modified(contract: Contract, name: str, term: Milestone) -> Iterator[str]:
    """What is made of a price before it is paid, in the order in which it is."""
    yield from (change.says() for change in term.changes)
    yield from (discount.says() for discount in contract.discounts_of(name))
    if term.rounded is not None:
        yield term.rounded.says(show_amount(term.rounded.to, contract.currency_of_prices))
    if term.paid_for is not None:
        yield f"{show_share(term.paid_for)} of it is paid"
    if contract.prices_in is not None:
        one = show(CURRENCIES[contract.currency_of_prices].in_one, contract.currency_of_prices)
        yield f"{one} is paid as {contract.prices_in.rate} {contract.currency}"
