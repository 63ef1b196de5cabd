"""The commands, in the order in which help lists them: those of a finance team and of an auditor,
then those that look at a contract alone. Each loads what it needs when it runs: help is quick.

And what help says beside each command: under which heading it stands, and how it is called.

The examples are run as they stand by the tests, on the files that come with impactbond.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.audit_commands import compare, record, regenerate, show, verify
from impactbond.cli.contract_commands import check, difference, new, render
from impactbond.cli.evidence_commands import check_evidence, propose, template
from impactbond.cli.identify_command import identify
from impactbond.cli.options import (
    AnswerOut,
    AsJson,
    AsOf,
    Carried,
    ClaimsFiles,
    ContractFile,
    ContractOrRecord,
    Earlier,
    EvidenceFiles,
    LeaveOut,
    Out,
    ReceiptsOption,
    Replace,
    RowByRow,
    Shared,
    Supersedes,
    answered,
    day_option,
    inputs_of,
    received,
    settled,
)
from impactbond.cli.page_commands import pages
from impactbond.cli.publish_command import publish
from impactbond.cli.reading_options import day_asked, reads_files
from impactbond.cli.references_commands import forget, pseudonymise
from impactbond.cli.score_command import score
from impactbond.cli.simulate_command import learn, simulate
from impactbond.cli.statement_commands import up_front, write_settled
from impactbond.cli.year_end_command import year_end
from impactbond.files import Writing
from impactbond.version import __version__

FINANCE = "For finance teams"
AUDIT = "For auditors"
MODEL = "For modellers"
CONTRACTS = "For contracts"

_QUARTER = "--as-of 2017-04-30 --leave-out-refused"
EXAMPLES = {
    name: f"Such as: impactbond {name} {words}"
    for name, words in {
        "demo": "--out demo-out",
        "settle": f"contract.yaml evidence.xlsx {_QUARTER} --out q1",
        "up-front": "contract.yaml mobilisation --out asked-for",
        "template": "contract.yaml --out template.xlsx",
        "map": "answers.csv --contract contract.yaml",
        "check-evidence": "contract.yaml evidence.xlsx --marked to-put-right.xlsx",
        "score": "answers.csv --instrument who-5",
        "identify": "contract.yaml evidence.xlsx --as-of 2017-04-30 --participant C-0001",
        "pseudonymise": "people.csv --column child --key keys/wlz.key --new-key --out keyed.csv",
        "publish": f"contract.yaml evidence.xlsx --by school {_QUARTER} --out published",
        "explain": f"contract.yaml evidence.xlsx --line 2017-Q1/0001 {_QUARTER}",
        "reconcile": f"contract.yaml evidence.xlsx --receipts bank.csv {_QUARTER}",
        "plan": f"contract.yaml evidence.xlsx {_QUARTER}",
        "record": f"contract.yaml evidence.xlsx {_QUARTER} --out q1.record",
        "show": "q1.record",
        "regenerate": "q1.record --out again",
        "forget": "q1.record q2.record --participants who.txt --out forgotten",
        "verify": "q1.xlsx q1.record",
        "compare": "q1.record q2.record",
        "simulate": "contract.yaml area.yaml --trials 200",
        "learn": f"contract.yaml evidence.xlsx {_QUARTER} --out learnt.yaml",
        "year-end": "contract.yaml evidence.xlsx --on 2017-03-31 --leave-out-refused",
        "new": "first.yaml",
        "check": "contract.yaml",
        "render": "contract.yaml",
        "difference": "contract.yaml contract.yaml",
    }.items()
}


app = typer.Typer(
    help="Outcomes-based funding contracts: evidence in, statements out, to the penny.",
    epilog="Should anything end in an error that is not explained, add --debug to the command.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"impactbond {__version__}")
        raise typer.Exit


@app.callback()
def impactbond(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say which version."),
    ] = False,
) -> None:
    """Outcomes-based funding contracts: evidence in, statements out, to the penny."""


@app.command(rich_help_panel=FINANCE, epilog=EXAMPLES["demo"])
def demo(
    out: Out = Path("demo-out"),
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Settle the example contract and evidence that come with impactbond."""
    # Where the examples are: inside the installed package, or beside its source.
    installed = Path(__file__).parents[1] / "fixtures"
    fixtures = installed if installed.is_dir() else Path(__file__).parents[3] / "fixtures"
    contract = fixtures / "contracts" / "west_london_zone.yaml"
    evidence = fixtures / "evidence" / "west_london_zone.xlsx"
    settlement = settled(contract, [evidence], None, leave_out=True, with_decisions=True)
    how = Writing(replace=replace, shared=shared, inputs=[contract, evidence])
    write_settled(settlement, out, as_json, **how)


@app.command(rich_help_panel=FINANCE, epilog=EXAMPLES["settle"])
@reads_files
def settle(
    contract: ContractFile,
    as_of: AsOf,
    out: Out,
    evidence: EvidenceFiles = None,
    claims: ClaimsFiles = None,
    receipts: Annotated[list[Path] | None, ReceiptsOption] = None,
    earlier: Earlier = None,
    carried: Carried = None,
    supersedes: Supersedes = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Write decisions, claims, schedule and one statement for each funder."""
    settlement = settled(
        contract,
        evidence,
        as_of,
        leave_out_refused,
        earlier,
        row_by_row,
        claims,
        carried,
        with_decisions=True,
    )
    came = received(receipts, settlement)
    inputs = inputs_of(contract, evidence, claims, receipts, earlier, carried, supersedes)
    how = Writing(replace=replace, shared=shared, inputs=inputs)
    write_settled(settlement, out, as_json, came, leave_out_refused, supersedes, **how)


@app.command(rich_help_panel=FINANCE, epilog=EXAMPLES["explain"])
@reads_files
def explain(
    contract: ContractOrRecord,
    evidence: EvidenceFiles = None,
    claims: ClaimsFiles = None,
    participant: Annotated[
        str | None, typer.Option("--participant", help="The participant's reference.")
    ] = None,
    line: Annotated[
        str | None,
        typer.Option("--line", help="In place of a participant: a line, such as 2017-Q3/0001."),
    ] = None,
    result: Annotated[
        str | None,
        typer.Option("--result", help="In place of a participant: a result of a group, by name."),
    ] = None,
    as_of: Annotated[
        date | None, day_option("--as-of", "By default the contract's last claim date.")
    ] = None,
    milestone: Annotated[
        str | None, typer.Option("--milestone", help="One milestone only.")
    ] = None,
    nearest: Annotated[
        bool,
        typer.Option(
            "--nearest", help="With --milestone: what smallest change would have achieved it."
        ),
    ] = False,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    out: AnswerOut = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Say why each milestone of a participant, a line of a statement, or a result of a group was
    paid, or why not, down to the evidence and the claims that were counted.
    """
    _assert_asks_for_one(participant, line, result, milestone, nearest)
    from impactbond.explanation import explain as explained
    from impactbond.explanation.explanation import Explanation
    from impactbond.explanation.nearest import Nearest, nearest_change

    settlement = settled(contract, evidence, as_of, leave_out_refused, earlier, row_by_row, claims)
    answer: Explanation | Nearest
    if line is not None:
        answer = explained.explain_line(settlement, line)
    elif participant is None:
        answer = explained.explain(settlement, result=result)
    elif nearest and milestone is not None:
        answer = nearest_change(settlement, participant=participant, milestone=milestone)
    else:
        answer = explained.explain(settlement, participant=participant, milestone=milestone)
    inputs = inputs_of(contract, evidence, claims, earlier)
    how = Writing(replace=replace, shared=shared, inputs=inputs)
    answered(out, as_json, answer.as_dict, lambda: answer.text, **how)


def _assert_asks_for_one(
    participant: str | None,
    line: str | None,
    result: str | None,
    milestone: str | None,
    nearest: bool,
) -> None:
    # Refused before anything is settled, which takes far longer than reading a command.
    if sum(asked is not None for asked in (participant, line, result)) != 1:
        ways = "--participant, --line or --result"
        raise typer.BadParameter(
            "name one of the three; a result has no participant", param_hint=ways
        )
    if participant is None and milestone is not None:
        what = "a line is of one milestone" if line is not None else "a result is asked for by name"
        raise typer.BadParameter(f"{what} already", param_hint="--milestone")
    if nearest and milestone is None:
        raise typer.BadParameter("name one with --milestone", param_hint="--nearest")


AsOfOrRecord = Annotated[
    date | None,
    day_option("--as-of", "Settle every claim date up to this day; a record says its own."),
]


@app.command(rich_help_panel=FINANCE, epilog=EXAMPLES["reconcile"])
@reads_files
def reconcile(
    contract: ContractOrRecord,
    receipts: Annotated[list[Path], ReceiptsOption],
    evidence: EvidenceFiles = None,
    as_of: AsOfOrRecord = None,
    claims: ClaimsFiles = None,
    on: Annotated[
        date | None, day_option("--on", "The day of the account; by default that of --as-of.")
    ] = None,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    out: AnswerOut = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Match what funders sent against what was due, and age what is open."""
    from impactbond.receipts.read import read_receipts
    from impactbond.receipts.reconcile import reconcile as matched

    day = day_asked(contract, as_of)
    settlement = settled(contract, evidence, day, leave_out_refused, earlier, row_by_row, claims)
    came = read_receipts(receipts, settlement.contract)
    found = matched(
        settlement, came, on=on or settlement.as_of, leave_out_refused=leave_out_refused
    )
    inputs = inputs_of(contract, evidence, claims, receipts, earlier)
    how = Writing(replace=replace, shared=shared, inputs=inputs)
    answered(out, as_json, found.as_dict, lambda: found.text, **how)


@app.command(rich_help_panel=FINANCE, epilog=EXAMPLES["plan"])
@reads_files
def plan(
    contract: ContractOrRecord,
    evidence: EvidenceFiles = None,
    as_of: AsOfOrRecord = None,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    out: AnswerOut = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Show every version of the plan beside what came, period by period."""
    from impactbond.settlement.plans import planned_table, planned_text
    from impactbond.tables import plain_rows

    day = day_asked(contract, as_of)
    settlement = settled(contract, evidence, day, leave_out_refused, earlier, row_by_row)
    how = Writing(replace=replace, shared=shared, inputs=inputs_of(contract, evidence, earlier))
    answered(
        out,
        as_json,
        lambda: {"plans": plain_rows(planned_table(settlement))},
        lambda: planned_text(settlement),
        **how,
    )


for panel, commands in (
    (
        FINANCE,
        (up_front, template, check_evidence, score, identify, pseudonymise, publish, year_end),
    ),
    (AUDIT, (record, show, regenerate, verify, compare, forget)),
    (MODEL, (simulate, learn)),
    (CONTRACTS, (new, check, render, difference)),
):
    for command in commands:
        example = EXAMPLES[command.__name__.replace("_", "-")]
        app.command(rich_help_panel=panel, epilog=example)(command)
app.command("map", rich_help_panel=FINANCE, epilog=EXAMPLES["map"])(propose)
app.add_typer(pages, name="page", rich_help_panel=FINANCE)
