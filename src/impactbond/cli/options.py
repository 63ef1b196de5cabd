"""The options that commands share, and what they read and settle before they answer."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impactbond.cli.terminal import working

if TYPE_CHECKING:
    from impactbond.contract.contract import Contract
    from impactbond.contract.versions import Versions
    from impactbond.evidence.evidence import Evidence
    from impactbond.receipts.receipts import Receipts
    from impactbond.settlement.settlement import Settlement

ContractFile = Annotated[
    Path,
    typer.Argument(
        help="The contract: a YAML or JSON file, or a folder of its versions.", show_default=False
    ),
]
EvidenceFiles = Annotated[
    list[Path],
    typer.Argument(help="The evidence: one workbook, or several deliveries.", show_default=False),
]
AsOf = Annotated[
    datetime,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Settle every claim date up to this day."),
]
Out = Annotated[Path, typer.Option("--out", help="The folder to write into.")]
LeaveOut = Annotated[
    bool,
    typer.Option(
        "--leave-out-refused",
        help="Settle without the refused rows; statements say how many there are.",
    ),
]
ReceiptFiles = Annotated[
    list[Path] | None,
    typer.Option("--receipts", help="What funders sent: a CSV file or a workbook; repeatable."),
]


def terms_of(path: Path) -> Contract:
    """The terms in force of a contract's file, or of a folder of its versions."""
    from impactbond.contract.read import read_contract, read_versions

    return read_versions(path).terms if path.is_dir() else read_contract(path)


def read(contract: Path, evidence: list[Path]) -> tuple[Contract | Versions, Evidence]:
    """The contract and the evidence for it."""
    from impactbond.contract.read import read_contract, read_versions
    from impactbond.evidence.read import read_evidence

    with working("Reading the contract and the evidence"):
        terms = read_versions(contract) if contract.is_dir() else read_contract(contract)
        return terms, read_evidence(evidence, terms)


def settled(
    contract: Path, evidence: list[Path], as_of: date | None, leave_out: bool
) -> Settlement:
    """The settlement that a command is about; by default at the contract's last claim date."""
    from impactbond.settlement.settle import settle

    terms, known = read(contract, evidence)
    with working("Settling"):
        return settle(terms, known, as_of=as_of or _last_claim(terms), leave_out_refused=leave_out)


def _last_claim(contract: Contract | Versions) -> date:
    from impactbond.contract.versions import Versions

    if isinstance(contract, Versions):
        contract = contract.terms
    return contract.calendar.claim_date(contract.calendar.periods[-1])


def received(files: list[Path] | None, settlement: Settlement) -> Receipts | None:
    """The receipts in some files, where there are any."""
    from impactbond.receipts.read import read_receipts

    return read_receipts(files, settlement.contract) if files else None
