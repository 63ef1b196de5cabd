"""The commands, in the order in which help lists them: those of a finance team and of an auditor,
then those that look at a contract alone. Each loads what it needs when it runs: help is quick.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from impactbond.cli.contract_commands import check, difference, new, render
from impactbond.cli.map_command import propose
from impactbond.cli.mapped_options import reads_files
from impactbond.cli.options import (
    AsJson,
    AsOf,
    ClaimsFiles,
    ContractFile,
    Earlier,
    EvidenceFiles,
    LeaveOut,
    Out,
    ReceiptsOption,
    Replace,
    RowByRow,
    Shared,
    Supersedes,
    day_option,
    inputs_of,
    out_option,
    printed,
    progressing,
    received,
    settled,
    versions_in,
    working,
    write_settled,
)
from impactbond.cli.year_end_command import year_end
from impactbond.files import Writing

app = typer.Typer(
    help="Outcomes-based funding contracts: evidence in, statements out, to the penny.",
    epilog="Should anything end in an error that is not explained, add --debug to the command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
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
    settlement = settled(contract, [evidence], None, leave_out=True)
    how = Writing(replace=replace, shared=shared, inputs=[contract, evidence])
    write_settled(settlement, out, as_json, **how)


@app.command()
@reads_files
def settle(
    contract: ContractFile,
    as_of: AsOf,
    out: Out,
    evidence: EvidenceFiles = None,
    claims: ClaimsFiles = None,
    receipts: Annotated[list[Path] | None, ReceiptsOption] = None,
    earlier: Earlier = None,
    supersedes: Supersedes = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Write decisions, claims, schedule and one statement for each funder."""
    settlement = settled(contract, evidence, as_of, leave_out_refused, earlier, row_by_row, claims)
    came = received(receipts, settlement)
    kept = [one for one in (earlier, supersedes) if one]
    inputs = inputs_of(contract, evidence, claims, receipts, kept)
    how = Writing(replace=replace, shared=shared, inputs=inputs)
    write_settled(settlement, out, as_json, came, leave_out_refused, supersedes, **how)


@app.command()
def template(
    contract: ContractFile,
    out: Annotated[Path, out_option("The workbook to write.")],
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Write an empty evidence workbook with the sheets and headings of a contract."""
    from impactbond.evidence.template import write_template

    how = Writing(replace=replace, shared=shared, inputs=[contract])
    written = write_template(versions_in(contract).whole, out, **how)
    printed(as_json, lambda: {"written": written.name}, lambda: f"Wrote {written}")


@app.command()
@reads_files
def explain(
    contract: ContractFile,
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
    as_json: AsJson = False,
) -> None:
    """Say why each milestone of a participant, a line of a statement, or a result of a group was
    paid, or why not, down to the evidence and the claims that were counted.
    """
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
    printed(as_json, answer.as_dict, lambda: answer.text)


@app.command()
@reads_files
def reconcile(
    contract: ContractFile,
    receipts: Annotated[list[Path], ReceiptsOption],
    as_of: AsOf,
    evidence: EvidenceFiles = None,
    claims: ClaimsFiles = None,
    on: Annotated[
        date | None, day_option("--on", "The day of the account; by default that of --as-of.")
    ] = None,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    as_json: AsJson = False,
) -> None:
    """Match what funders sent against what was due, and age what is open."""
    from impactbond.receipts.read import read_receipts
    from impactbond.receipts.reconcile import reconcile as matched

    settlement = settled(contract, evidence, as_of, leave_out_refused, earlier, row_by_row, claims)
    came = read_receipts(receipts, settlement.contract)
    found = matched(settlement, came, on=on or as_of, leave_out_refused=leave_out_refused)
    printed(as_json, found.as_dict, lambda: found.text)


@app.command()
@reads_files
def plan(
    contract: ContractFile,
    evidence: EvidenceFiles,
    as_of: AsOf,
    earlier: Earlier = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    as_json: AsJson = False,
) -> None:
    """Show every version of the plan beside what came, period by period."""
    from impactbond.settlement.plans import planned_table, planned_text
    from impactbond.tables import plain_rows

    settlement = settled(contract, evidence, as_of, leave_out_refused, earlier, row_by_row)
    printed(
        as_json,
        lambda: {"plans": plain_rows(planned_table(settlement))},
        lambda: planned_text(settlement),
    )


@app.command()
@reads_files
def record(
    contract: ContractFile,
    as_of: AsOf,
    out: Annotated[Path, out_option("The record to write.")],
    evidence: EvidenceFiles = None,
    claims: ClaimsFiles = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous",
            help="In place of --earlier: settle all again, and refuse where this record's claims "
            "come out otherwise.",
        ),
    ] = None,
    receipts: Annotated[list[Path] | None, ReceiptsOption] = None,
    funder: Annotated[
        str | None, typer.Option("--funder", help="Keep only what this funder may see.")
    ] = None,
    earlier: Earlier = None,
    supersedes: Supersedes = None,
    row_by_row: RowByRow = False,
    leave_out_refused: LeaveOut = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Settle, and keep everything that the settlement rests on in one file."""
    from impactbond.records.record import read_record, write_record

    settlement = settled(contract, evidence, as_of, leave_out_refused, earlier, row_by_row, claims)
    came = received(receipts, settlement)
    kept = [one for one in (earlier, previous, supersedes) if one]
    with working("Writing the record"):
        written = write_record(
            settlement,
            out,
            previous=previous,
            supersedes=supersedes,
            receipts=came,
            leave_out_refused=leave_out_refused,
            funder=funder,
            replace=replace,
            shared=shared,
            inputs=inputs_of(contract, evidence, claims, receipts, kept),
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
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="How many processes draw; nothing else changes.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Draw many futures of an area under a contract, and settle each."""
    from concurrent.futures import ProcessPoolExecutor

    from impactbond.simulation.read import read_area
    from impactbond.simulation.simulate import simulate as drawn

    terms, assumed = versions_in(contract).terms, read_area(area)
    with ExitStack() as stack:
        told = stack.enter_context(progressing(f"Settling {trials:,} futures", trials))
        pool = stack.enter_context(ProcessPoolExecutor(workers)) if workers > 1 else None
        forecast = drawn(terms, assumed, trials=trials, seed=seed, executor=pool, progress=told)
    printed(as_json, forecast.as_dict, lambda: forecast.text)


@app.command()
def regenerate(
    kept: Annotated[Path, typer.Argument(help="The record.", show_default=False)],
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="The digest that was noted elsewhere.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option("--previous", help="The record that it must follow on.")
    ] = None,
    view: Annotated[
        Path | None, typer.Option("--view", help="A funder's view that must be cut from it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Settle a record again and compare byte for byte."""
    from impactbond.records.record import verify_record
    from impactbond.records.regenerate import regenerate_record

    record = verify_record(kept, digest=sha256, previous=previous)
    if view is not None:
        verify_record(view, whole=kept)
    with working("Settling again"):
        result = regenerate_record(record)
    printed(as_json, result.as_dict, lambda: result.text)
    if not result.same:
        raise typer.Exit(1)


@app.command()
def verify(
    workbook: Annotated[
        Path,
        typer.Argument(
            help="The statement: an Excel workbook; or a folder of them.", show_default=False
        ),
    ],
    kept: Annotated[
        Path | None, typer.Argument(help="The record; none for a folder.", show_default=False)
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="The file must be the same, byte for byte.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare a statement with a record: every cell, its formula and its saved result; or a folder
    with its manifest: whether it holds what was written, all of it and nothing else.
    """
    from impactbond.records.verify import verify as verified
    from impactbond.statements.manifest import verify_folder

    if kept is None and workbook.is_dir():
        folder = verify_folder(workbook)
        printed(as_json, folder.as_dict, lambda: folder.text)
        if not folder.same:
            raise typer.Exit(1)
        return
    if kept is None:
        raise typer.BadParameter("name the record of the statement", param_hint="KEPT")

    with working("Comparing every cell"):
        result = verified(workbook, kept)
    printed(as_json, result.as_dict, lambda: result.text)
    if not result.same or (exact and not result.identical):
        raise typer.Exit(1)


@app.command()
def compare(
    was: Annotated[Path, typer.Argument(help="A record, or a contract.", show_default=False)],
    now: Annotated[Path, typer.Argument(help="Another of its kind.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say what differs between two records or contract versions, and whose money moves."""
    from impactbond.comparison.comparison import compare as compared

    with working("Comparing"):
        result = compared(was, now)
    printed(as_json, result.as_dict, lambda: result.text)
    if not result.same:
        raise typer.Exit(1)


app.command()(year_end)
app.command("map")(propose)
# Those that look at a contract alone.
for command in (new, check, render, difference):
    app.command()(command)
