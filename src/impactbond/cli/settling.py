"""The commands of a finance team and of a modeller: settle, reconcile, simulate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from impactbond.cli.options import (
    AsOf,
    ContractFile,
    EvidenceFiles,
    LeaveOut,
    Out,
    ReceiptFiles,
    received,
    settled,
    terms_of,
)
from impactbond.cli.terminal import AsJson, printed, working

if TYPE_CHECKING:
    from impactbond.receipts.receipts import Receipts
    from impactbond.settlement.settlement import Settlement


def demo(out: Out = Path("demo-out"), as_json: AsJson = False) -> None:
    """Settle the example contract and evidence that come with impactbond."""
    from impactbond.statements.summary import summary_text

    fixtures = _fixtures()
    settlement = settled(
        fixtures / "contracts" / "west_london_zone.yaml",
        [fixtures / "evidence" / "west_london_zone.xlsx"],
        None,
        leave_out=True,
    )
    written = _write(settlement, out)
    printed(
        as_json,
        lambda: _result(settlement, written),
        lambda: summary_text(settlement, out, written),
    )


def _fixtures() -> Path:
    """Where the examples are: inside the installed package, or beside its source."""
    installed = Path(__file__).parents[1] / "fixtures"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "fixtures"


def settle(
    contract: ContractFile,
    evidence: EvidenceFiles,
    as_of: AsOf,
    out: Out,
    receipts: ReceiptFiles = None,
    leave_out_refused: LeaveOut = False,
    as_json: AsJson = False,
) -> None:
    """Write decisions, claims, schedule and one statement for each funder."""
    from impactbond.statements.summary import summary_text

    settlement = settled(contract, evidence, as_of.date(), leave_out_refused)
    came = received(receipts, settlement)
    written = _write(settlement, out, came, leave_out_refused)
    printed(
        as_json,
        lambda: _result(settlement, written),
        lambda: summary_text(settlement, out, written),
    )


def _write(
    settlement: Settlement, out: Path, receipts: Receipts | None = None, leave_out: bool = False
) -> list[Path]:
    from impactbond.statements.source import statement_source
    from impactbond.statements.write import (
        statement_files,
        table_files,
        with_receipts,
        write_all,
    )

    with working("Writing the statements"):
        source = statement_source(settlement)
        if receipts is not None:
            source = with_receipts(source, receipts, leave_out_refused=leave_out)
        files = table_files(settlement) | statement_files(source)
        return write_all({out / name: content for name, content in files.items()})


def _result(settlement: Settlement, written: list[Path]) -> dict[str, Any]:
    due = {funder.id: settlement.due_pence(funder.id) for funder in settlement.funders.all}
    return {
        "contract": settlement.contract.contract,
        "claim_period": settlement.claim.label,
        "claim_date": settlement.claim.known_by.isoformat(),
        "due_pence": {funder: pence for funder, pence in due.items() if pence},
        "refused_rows_left_out": settlement.refused_left_out,
        "written": [path.name for path in written],
    }


def template(
    contract: ContractFile,
    out: Annotated[Path, typer.Option("--out", help="The workbook to write.")],
) -> None:
    """Write an empty evidence workbook with the sheets and headings of a contract."""
    from impactbond.contract.read import read_contract, read_versions
    from impactbond.evidence.template import write_template

    is_folder = contract.is_dir()
    write_template(read_versions(contract).whole if is_folder else read_contract(contract), out)
    print(f"Wrote {out}")


def reconcile(
    contract: ContractFile,
    evidence: EvidenceFiles,
    receipts: Annotated[
        list[Path],
        typer.Option("--receipts", help="What funders sent: a CSV file or a workbook; repeatable."),
    ],
    as_of: AsOf,
    on: Annotated[
        datetime | None,
        typer.Option(
            "--on", formats=["%Y-%m-%d"], help="The day of the account; by default that of --as-of."
        ),
    ] = None,
    leave_out_refused: LeaveOut = False,
    as_json: AsJson = False,
) -> None:
    """Match what funders sent against what was due, and age what is open."""
    from impactbond.receipts.read import read_receipts
    from impactbond.receipts.reconcile import reconcile as matched

    settlement = settled(contract, evidence, as_of.date(), leave_out_refused)
    came = read_receipts(receipts, settlement.contract)
    day = (on or as_of).date()
    found = matched(settlement, came, on=day, leave_out_refused=leave_out_refused)
    printed(as_json, found.as_dict, lambda: found.text)


def simulate(
    contract: ContractFile,
    area: Annotated[
        Path,
        typer.Argument(help="The area: a YAML file of groups and chances.", show_default=False),
    ],
    trials: Annotated[
        int, typer.Option("--trials", min=1, help="How many futures to draw.")
    ] = 10_000,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The same seed draws the same futures.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Draw many futures of an area under a contract, and settle each."""
    from impactbond.simulation.assumptions import read_area
    from impactbond.simulation.simulate import simulate as drawn

    terms = terms_of(contract)
    with working(f"Settling {trials:,} futures"):
        forecast = drawn(terms, read_area(area), trials=trials, seed=seed)
    printed(as_json, forecast.as_dict, lambda: forecast.text)
