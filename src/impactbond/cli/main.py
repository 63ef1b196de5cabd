"""The command line: the same verbs as the library.

Exit codes: 0 done; 1 the answer is no (a check failed, a record does not regenerate); 2 the input
was bad, and nothing was written.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from impactbond.cli.audit import add_audit_commands
from impactbond.cli.contract import add_terms_commands
from impactbond.cli.terminal import AsJson, printed, working
from impactbond.errors import ImpactBondError

if TYPE_CHECKING:
    from impactbond.contract.contract import Contract
    from impactbond.contract.versions import Versions
    from impactbond.evidence.evidence import Evidence
    from impactbond.receipts.receipts import Receipts
    from impactbond.settlement.settlement import Settlement

app = typer.Typer(
    help="Outcomes-based funding contracts: evidence in, statements out, to the penny.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

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


def main() -> None:
    """Run the command line; an error that a user can put right ends with exit code 2."""
    try:
        app()
    except ImpactBondError as error:
        _refuse(error)


def _refuse(error: ImpactBondError) -> NoReturn:
    if "--json" in sys.argv:
        faults = [fault.as_dict() for fault in error.faults]
        print(json.dumps({"error": error.summary, "faults": faults}, indent=2))
    else:
        print(error, file=sys.stderr)
        print("Nothing was written.", file=sys.stderr)
    raise SystemExit(2)


def _read(contract: Path, evidence: list[Path]) -> tuple[Contract | Versions, Evidence]:
    from impactbond.contract.read import read_contract, read_versions
    from impactbond.evidence.read import read_evidence

    with working("Reading the contract and the evidence"):
        terms = read_versions(contract) if contract.is_dir() else read_contract(contract)
        return terms, read_evidence(evidence, terms)


def _settled(
    contract: Path, evidence: list[Path], as_of: date | None, leave_out: bool
) -> Settlement:
    from impactbond.settlement.settle import settle

    terms, known = _read(contract, evidence)
    with working("Settling"):
        return settle(terms, known, as_of=as_of or _last_claim(terms), leave_out_refused=leave_out)


def _last_claim(contract: Contract | Versions) -> date:
    from impactbond.contract.versions import Versions

    if isinstance(contract, Versions):
        contract = contract.terms
    return contract.calendar.claim_date(contract.calendar.periods[-1])


@app.command()
def demo(out: Out = Path("demo-out"), as_json: AsJson = False) -> None:
    """Settle the example contract and evidence that come with impactbond."""
    from impactbond.statements.summary import summary_text

    fixtures = _fixtures()
    settlement = _settled(
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


@app.command()
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

    settlement = _settled(contract, evidence, as_of.date(), leave_out_refused)
    came = _receipts(receipts, settlement)
    written = _write(settlement, out, came, leave_out_refused)
    printed(
        as_json,
        lambda: _result(settlement, written),
        lambda: summary_text(settlement, out, written),
    )


def _receipts(files: list[Path] | None, settlement: Settlement) -> Receipts | None:
    from impactbond.receipts.read import read_receipts

    return read_receipts(files, settlement.contract) if files else None


def _write(
    settlement: Settlement, out: Path, receipts: Receipts | None = None, leave_out: bool = False
) -> list[Path]:
    from impactbond.statements.from_settlement import source_of
    from impactbond.statements.tables import table_files
    from impactbond.statements.write import statement_files, with_receipts, write_all

    with working("Writing the statements"):
        source = source_of(settlement)
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


@app.command()
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


@app.command()
def explain(
    contract: ContractFile,
    evidence: EvidenceFiles,
    participant: Annotated[str, typer.Option("--participant", help="The participant's reference.")],
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"])] = None,
    milestone: Annotated[
        str | None, typer.Option("--milestone", help="One milestone only.")
    ] = None,
    nearest: Annotated[
        bool,
        typer.Option(
            "--nearest", help="With --milestone: what smallest change would have achieved it."
        ),
    ] = False,
    leave_out_refused: LeaveOut = False,
    as_json: AsJson = False,
) -> None:
    """Say why each milestone of a participant was paid, or why not, down to the evidence."""
    if nearest and milestone is None:
        raise typer.BadParameter("name one with --milestone", param_hint="--nearest")
    from impactbond.explanation.explain import explain as explained

    settlement = _settled(contract, evidence, as_of.date() if as_of else None, leave_out_refused)
    if nearest and milestone is not None:
        from impactbond.explanation.nearest import nearest_change

        near = nearest_change(settlement, participant=participant, milestone=milestone)
        printed(as_json, near.as_dict, lambda: near.text)
        return
    answer = explained(settlement, participant=participant, milestone=milestone)
    printed(as_json, answer.as_dict, lambda: answer.text)


@app.command()
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

    settlement = _settled(contract, evidence, as_of.date(), leave_out_refused)
    came = read_receipts(receipts, settlement.contract)
    day = (on or as_of).date()
    found = matched(settlement, came, on=day, leave_out_refused=leave_out_refused)
    printed(as_json, found.as_dict, lambda: found.text)


@app.command()
def record(
    contract: ContractFile,
    evidence: EvidenceFiles,
    as_of: AsOf,
    out: Annotated[Path, typer.Option("--out", help="The record to write.")],
    previous: Annotated[
        Path | None, typer.Option("--previous", help="The record of the claim before.")
    ] = None,
    receipts: ReceiptFiles = None,
    funder: Annotated[
        str | None, typer.Option("--funder", help="Keep only what this funder may see.")
    ] = None,
    leave_out_refused: LeaveOut = False,
    as_json: AsJson = False,
) -> None:
    """Settle, and keep everything that the settlement rests on in one file."""
    from impactbond.records.record import read_record, write_record

    settlement = _settled(contract, evidence, as_of.date(), leave_out_refused)
    came = _receipts(receipts, settlement)
    with working("Writing the record"):
        written = write_record(
            settlement,
            out,
            previous=previous,
            receipts=came,
            leave_out_refused=leave_out_refused,
            funder=funder,
        )
    digest = read_record(written).digest
    told = f"Wrote {written}\nNote its SHA-256 elsewhere: {digest}"
    printed(as_json, lambda: {"written": written.name, "sha256": digest}, lambda: told)


@app.command()
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
    from impactbond.contract.read import read_contract, read_versions
    from impactbond.simulation.assumptions import read_area
    from impactbond.simulation.simulate import simulate as drawn

    terms = read_versions(contract).terms if contract.is_dir() else read_contract(contract)
    with working(f"Settling {trials:,} futures"):
        forecast = drawn(terms, read_area(area), trials=trials, seed=seed)
    printed(as_json, forecast.as_dict, lambda: forecast.text)


add_audit_commands(app)
add_terms_commands(app)
