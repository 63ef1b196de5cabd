"""What is compared: a settlement or a record, seen alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from pathlib import Path

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.errors import Fault, RecordError
from impactbond.evaluation.decisions import DECISIONS
from impactbond.evidence.evidence import Evidence
from impactbond.records.parts import RESULTS
from impactbond.records.record import Record, read_record
from impactbond.settlement.lines import SHARES
from impactbond.settlement.schedule import PAYMENTS
from impactbond.settlement.settlement import Settlement

Compared = Settlement | Record | Contract | str | PathLike[str]
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: the contract, what was known, and what was settled."""

    name: str
    contract: Contract
    claim_period: str
    claim_date: date
    kind: str
    evidence: Evidence = field(repr=False)
    lines: pa.Table = field(repr=False)
    shares: pa.Table = field(repr=False)
    payments: pa.Table = field(repr=False)
    decisions: pa.Table = field(repr=False)
    names: Mapping[str, str] = field(repr=False)


def opened(compared: Compared) -> Settlement | Record | Contract:
    """What is to be compared; a path is read as a record or as a contract, by what it holds.

    Raises RecordError or ContractError where it is neither.
    """
    if isinstance(compared, Settlement | Record | Contract):
        return compared
    path = Path(compared)
    try:
        with path.open("rb") as file:
            is_zip = file.read(4) == _ZIP
    except OSError as error:
        problem = f"the file cannot be opened: {error.strerror}"
        fault = Fault(file=path.name, code="no_file", problem=problem)
        raise RecordError("There is nothing to compare.", [fault]) from None
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


def side_of(compared: Settlement | Record) -> Side:
    """A settlement or a record as one side."""
    if isinstance(compared, Record):
        manifest = compared.manifest
        return Side(
            name=compared.name,
            contract=compared.contract,
            claim_period=manifest.claim.claim_period,
            claim_date=manifest.claim.claim_date,
            kind="pandas",
            evidence=compared.evidence,
            lines=compared.lines_table,
            shares=compared.result(RESULTS["shares"], SHARES),
            payments=compared.result(RESULTS["payments"], PAYMENTS),
            decisions=compared.result(RESULTS["decisions"], DECISIONS),
            names={},
        )
    claim = compared.claim
    return Side(
        name=f"settlement of {claim.label}",
        contract=compared.contract,
        claim_period=claim.label,
        claim_date=claim.known_by,
        kind=compared.evidence.kind,
        evidence=compared.evidence.known_on(claim.known_by),
        lines=compared.lines_table,
        shares=compared.shares_table,
        payments=compared.payments_table,
        decisions=compared.decisions_table,
        names={funder.id: funder.name for funder in compared.funders.all},
    )
