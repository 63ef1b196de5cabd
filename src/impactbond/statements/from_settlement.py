"""From a settlement to what its statements show: its tables, and the terms they rest on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.contract.wording.money import (
    ContractWords,
)
from impactbond.money import CURRENCIES, show_share
from impactbond.settlement.limits import headroom_pence
from impactbond.settlement.settlement import Settlement
from impactbond.statements.contract_notes import contract_notes, vat_term
from impactbond.statements.rates import prices_in, rate_terms
from impactbond.statements.source import (
    LimitTerm,
    RateTerm,
    ShareTerm,
    StatementSource,
    TrancheTerm,
)
from impactbond.terms.funding import whole_shares
from impactbond.terms.rounding import HALVES
from impactbond.version import __version__


def source_of(settlement: Settlement) -> StatementSource:
    """Everything that the statements of a settlement show."""
    contract = settlement.contract
    return StatementSource(
        lines=settlement.lines_table,
        shares=settlement.shares_table,
        payments=settlement.payments_table,
        balances=settlement.balances_table,
        funders=settlement.funders_table,
        contract_id=contract.contract,
        title=contract.title,
        version=contract.version.number,
        effective_on=contract.version.effective_on,
        currency=contract.currency,
        provider=contract.provider,
        milestones={
            name: (contract.title_of(name), contract.term_of(name).clause)
            for name in contract.payables
        },
        claim_period=settlement.claim.label,
        claim_date=settlement.claim.known_by,
        as_of=settlement.as_of,
        rates=_rates(settlement.known) if settlement.is_amended else rate_terms(contract),
        share_rules=_share_terms(contract),
        limits=_limit_terms(contract, settlement.claim.known_by),
        tranches=_tranche_terms(contract),
        rounding=_rounding(contract),
        refused_rows=settlement.refused_left_out,
        engine_version=__version__,
        contract_sha256=contract.digest,
        evidence_sha256=settlement.evidence.known_on(settlement.claim.known_by).digest,
        notes=contract_notes(settlement),
        vat=vat_term(contract),
        prices_in=prices_in(settlement),
    )


def _rates(known: Versions) -> tuple[RateTerm, ...]:
    """The rates of every version in force, each with the days that it governs."""
    found = []
    for stretch in known.stretches:
        version = f"Version {stretch.terms.version.number}, from {stretch.from_}"
        found += [
            replace(rate, applies="; ".join(filter(None, [version, rate.applies])))
            for rate in rate_terms(known.within(stretch.terms))
        ]
    return tuple(found)


def _share_terms(contract: Contract) -> tuple[ShareTerm, ...]:
    found = []
    for index, rule in enumerate(contract.funding, 1):
        milestones = contract.payables if rule.is_for_all else rule.for_
        for funder, fraction in whole_shares(rule.shares).items():
            stated = rule.shares[funder]
            found.append(
                ShareTerm(
                    rule=f"Funding {index}",
                    funder=funder,
                    name=contract.funders[funder].name,
                    written="the rest" if stated is None else show_share(stated),
                    fraction=fraction,
                    milestones=milestones,
                    clause=rule.clause,
                    applies=rule.in_short(),
                )
            )
    return tuple(found)


def _limit_terms(contract: Contract, day: date) -> tuple[LimitTerm, ...]:
    """The limits as they stand on a claim date, by which a funder has committed so much."""
    found, words = [], ContractWords(contract)
    for limit in contract.limits:
        what, pence = limit.subject_in_full(words), None
        beyond = limit.beyond_in_words(words, by_name=True)
        if limit.most_on(contract.funders, day) is None:
            what = f"{what}: {limit.most_in_words(words)}"
        else:
            pence = headroom_pence(contract, limit, day)
        funder = None if limit.is_yearly else limit.on_funder
        whole = limit.is_on_everything
        found.append(LimitTerm(what, pence, beyond, limit.clause, funder, whole_contract=whole))
    return tuple(found)


def _tranche_terms(contract: Contract) -> tuple[TrancheTerm, ...]:
    found = []
    for name, tranche in contract.tranches.items():
        parts = tranche.parts(contract.currency, contract.rounding.rule)
        recovered = f"{show_share(tranche.recovered.at)} of each later entitlement"
        found += [
            TrancheTerm(
                name,
                tranche.title or name,
                funder,
                contract.funders[funder].name,
                part,
                tranche.on,
                recovered,
                tranche.clause,
            )
            for funder, part in parts.items()
        ]
    return tuple(found)


def _rounding(contract: Contract) -> str:
    coin = CURRENCIES[contract.currency].coin
    half = HALVES[contract.rounding.half].short(coin)
    return (
        f"on {contract.rounding.on}, half a {coin} {half}, "
        f"the odd {coin} {contract.rounding.odd_penny}"
    )
