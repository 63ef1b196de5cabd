"""Comparing: what differs between two settlements, records or contract versions, whose money moves,
and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from impactbond.comparison.comparison import Comparison, ContractComparison
from impactbond.comparison.moved_money import (
    Side,
    Why,
    changed_verdicts,
    moved_claims,
    moved_payments,
    totals,
)
from impactbond.contract.contract import Contract
from impactbond.contract.difference import ContractChange, difference
from impactbond.contract.read import read_contract
from impactbond.errors import Fault, RecordError, SettlementError, unopened
from impactbond.records.contents import fitting_together
from impactbond.records.record import File, Record, read_record
from impactbond.settlement.settlement import Settlement

Compared = Settlement | Record | Contract | File
_ZIP = b"PK\x03\x04"


def compare(was: Compared, now: Compared) -> Comparison | ContractComparison:
    """What differs between two settlements or records, or between two versions of a contract.

    Each is a settlement, a record, a contract, or the path of a record or contract. For settlements
    every claim whose money moved is listed with old and new amounts by funder and the reasons; for
    every funder they add up, with what moved of up-front money, to the difference of the
    statements.

    Raises SettlementError where a contract meets a settlement, or the contracts are different ones;
    RecordError and ContractError where a file cannot be read.
    """
    one, other = _opened(was), _opened(now)
    if isinstance(one, Contract) and isinstance(other, Contract):
        return ContractComparison(_named(one), _named(other), difference(one, other))
    if isinstance(one, Contract) or isinstance(other, Contract):
        problem = "one is a contract, the other is settled"
        allowed = "two contracts, or two settlements or records"
        fault = Fault(code="unlike", problem=problem, allowed=allowed)
        raise SettlementError("They cannot be compared.", [fault])
    records = [side.name for side in (one, other) if isinstance(side, Record)]
    with fitting_together(" and ".join(records)) if records else nullcontext():
        return _compared(_side(one), _side(other))


def _opened(compared: Compared) -> Settlement | Record | Contract:
    """What is to be compared; a path is read as a record or as a contract, by what it holds."""
    if isinstance(compared, Settlement | Record | Contract):
        return compared
    path = Path(compared)
    try:
        with path.open("rb") as file:
            is_zip = file.read(4) == _ZIP
    except OSError as error:
        raise RecordError("There is nothing to compare.", [unopened(path, error)]) from None
    if is_zip and path.suffix.casefold() == ".xlsx":
        fault = Fault(
            file=path.name,
            code="a_workbook",
            problem="this is a workbook",
            allowed="two records, or two contracts",
            hint="Use verify, which compares a statement with a record",
        )
        raise RecordError("There is nothing to compare.", [fault])
    return read_record(path) if is_zip else read_contract(path)


def _side(compared: Settlement | Record) -> Side:
    """A settlement or a record as one side."""
    if isinstance(compared, Record):
        claim = compared.manifest.claim
        return Side(
            name=compared.name,
            contract=compared.contract,
            claim_period=claim.claim_period,
            claim_date=claim.claim_date,
            kind="pandas",
            evidence=compared.evidence,
            names={},
            **{name: compared.result(name) for name in Side.TABLES},
        )
    return Side(
        name=f"settlement of {compared.claim.label}",
        contract=compared.contract,
        claim_period=compared.claim.label,
        claim_date=compared.claim.known_by,
        kind=compared.evidence.kind,
        evidence=compared.evidence.known_on(compared.claim.known_by),
        names={funder.id: funder.name for funder in compared.funders.all},
        **{name: getattr(compared, f"{name}_table") for name in Side.TABLES},
    )


def _compared(was: Side, now: Side) -> Comparison:
    if was.contract.contract != now.contract.contract:
        problem = f"one is of '{was.contract.contract}', the other of '{now.contract.contract}'"
        fault = Fault(code="other_contract", problem=problem, allowed="one contract, any versions")
        raise SettlementError("They are settlements of different contracts.", [fault])
    terms = (*_taking_effect(was, now), *difference(was.contract, now.contract))
    why = Why(was, now, terms)
    claims = moved_claims(was, now, why)
    changed_rows = [row for rows in why.evidence.values() for row in rows]
    return Comparison(
        was=_of_side(was),
        now=_of_side(now),
        currency=now.contract.currency,
        names=was.names | now.names,
        terms=terms,
        rows_new=sum(row.is_new for row in changed_rows),
        rows_gone=sum(not row.is_new for row in changed_rows),
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
