"""Comparing: what differs between two settlements, records or contract versions, whose money moves,
and why.
"""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.comparison.comparison import Comparison, ContractComparison
from impactbond.comparison.moved_money import (
    Why,
    changed_evidence,
    changed_verdicts,
    moved_claims,
    moved_payments,
    totals,
)
from impactbond.comparison.sides import Compared, Side, opened, side_of
from impactbond.contract.contract import Contract
from impactbond.contract.difference import ContractChange, difference
from impactbond.errors import Fault, SettlementError


def compare(was: Compared, now: Compared) -> Comparison | ContractComparison:
    """What differs between two settlements or records, or between two versions of a contract.

    Each is a settlement, a record, a contract, or the path of a record or contract. For settlements
    every claim whose money moved is listed with old and new amounts by funder and the reasons; for
    every funder they add up, with what moved of up-front money, to the difference of the
    statements.

    Raises SettlementError where a contract meets a settlement, or the contracts are different ones;
    RecordError and ContractError where a file cannot be read.
    """
    one, other = opened(was), opened(now)
    if isinstance(one, Contract) and isinstance(other, Contract):
        return ContractComparison(_named(one), _named(other), difference(one, other))
    if isinstance(one, Contract) or isinstance(other, Contract):
        problem = "one is a contract, the other is settled"
        fault = Fault(
            code="unlike", problem=problem, allowed="two contracts, or two settlements or records"
        )
        raise SettlementError("They cannot be compared.", [fault])
    return _compared(side_of(one), side_of(other))


def _compared(was: Side, now: Side) -> Comparison:
    if was.contract.contract != now.contract.contract:
        problem = f"one is of '{was.contract.contract}', the other of '{now.contract.contract}'"
        fault = Fault(code="other_contract", problem=problem, allowed="one contract, any versions")
        raise SettlementError("They are settlements of different contracts.", [fault])
    terms = (*_taking_effect(was, now), *difference(was.contract, now.contract))
    evidence = changed_evidence(
        *(
            (side.evidence.participants_table, side.evidence.observations_table)
            for side in (was, now)
        )
    )
    why = Why(was, now, evidence, terms)
    claims = moved_claims(was, now, why)
    return Comparison(
        was=_of_side(was),
        now=_of_side(now),
        currency=now.contract.currency,
        names=dict(was.names) | dict(now.names),
        terms=terms,
        rows_new=evidence.count["new"],
        rows_gone=evidence.count["gone"],
        claims_table=claims,
        totals_table=totals(was, now, claims),
        verdicts_table=changed_verdicts(why),
        schedule_table=moved_payments(was, now),
        kind=now.kind,
    )


def _taking_effect(was: Side, now: Side) -> Iterator[ContractChange]:
    """Another effective day, which is no term but decides what every milestone is settled under."""
    before, after = (str(side.contract.version.effective_on) for side in (was, now))
    if before != after:
        payables = dict.fromkeys((*now.contract.payables, *was.contract.payables))
        path = "version › effective_on"
        yield ContractChange(path, before, after, "", tuple(payables), "changed")


def _of_side(side: Side) -> str:
    about = f"{side.contract.contract}, version {side.contract.version.number}"
    return f"{side.name} ({about}, claim {side.claim_period} of {side.claim_date})"


def _named(contract: Contract) -> str:
    version = contract.version
    kind = f"{version.kind} of {version.signed_on}"
    return f"{contract.contract}, version {version.number}, {kind}, SHA-256 {contract.digest[:12]}…"
