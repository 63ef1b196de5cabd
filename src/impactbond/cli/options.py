"""What commands share: options, what they read and settle before they answer, how they tell it.

And the options of what is carried forward from one claim to the next.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

import typer

from impactbond.cli.reading_options import reading_asked
from impactbond.errors import ImpactBondError
from impactbond.files import Writing, write_file

if TYPE_CHECKING:
    from impactbond.contract.versions import Versions
    from impactbond.evidence.counts import Counts
    from impactbond.evidence.evidence import Evidence
    from impactbond.receipts.receipts import Receipts
    from impactbond.settlement.settlement import Settlement


ContractFile = Annotated[
    Path,
    typer.Argument(
        help="The contract: a YAML or JSON file, or a folder of its versions.", show_default=False
    ),
]
ContractOrRecord = Annotated[
    Path,
    typer.Argument(
        help="The contract: a YAML or JSON file, or a folder of its versions; or a record, which "
        "holds contract and evidence.",
        show_default=False,
    ),
]
EvidenceFiles = Annotated[
    list[Path] | None,
    typer.Argument(
        help="The evidence: one workbook, or several deliveries; or tables as CSV or Parquet, "
        "participants=PATH and observations=PATH: a file, a folder or a pattern, each repeatable.",
        show_default=False,
    ),
]

ClaimsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--claims",
        help="In place of evidence: counts of claims, as CSV, Parquet or a workbook; repeatable. "
        "Statements then say that they rest on counts without evidence.",
    ),
]


def day_option(name: str, told: str) -> Any:
    """An option that takes a day, in the one form that is the same day everywhere."""

    def day(text: str) -> date:
        from impactbond.dates import day_given
        from impactbond.errors import SettlementError

        return day_given(text, name, SettlementError)

    return typer.Option(name, parser=day, metavar="YYYY-MM-DD", help=told)


def out_option(told: str, name: str = "--out") -> Any:
    """An option that takes where to write; the folder that one stands in has to be named, as `.`"""

    def place(text: str | Path) -> Path:
        if not str(text).strip():
            raise typer.BadParameter("name a file or a folder", param_hint=name)
        return Path(text)

    return typer.Option(name, parser=place, metavar="<path>", help=told)


AsOf = Annotated[date, day_option("--as-of", "Settle every claim date up to this day.")]
Earlier = Annotated[
    Path | None,
    typer.Option(
        "--earlier", help="The record of the claim before: its claims are closed, and stay."
    ),
]
Supersedes = Annotated[
    Path | None,
    typer.Option(
        "--supersedes",
        help="The record of what was issued for this claim before: statements that differ from it "
        "are numbered, and name those that they replace.",
    ),
]
RowByRow = Annotated[
    bool,
    typer.Option(
        "--row-by-row",
        help="Read tables as a workbook is read: in memory, every refused row told.",
    ),
]
Out = Annotated[Path, out_option("The folder to write into.")]
LeaveOut = Annotated[
    bool,
    typer.Option(
        "--leave-out-refused",
        help="Settle without the refused rows; statements say how many there are.",
    ),
]
ReceiptsOption = typer.Option(
    "--receipts", help="What funders sent: a CSV file or a workbook; repeatable."
)
Replace = Annotated[
    bool,
    typer.Option("--replace", help="Replace files of other content, though never what is read."),
]
Shared = Annotated[
    bool, typer.Option("--shared", help="Let others read what is written, as your system does.")
]
AnswerOut = Annotated[
    Path | None,
    out_option(
        "A file to write the answer into, as JSON where its name ends so; without it, print."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def versions_in(path: Path) -> Versions:
    """The versions of a contract in a folder, or the only one in a file."""
    from impactbond.contract.read import read_contract, read_versions
    from impactbond.contract.versions import Versions

    return read_versions(path) if os.path.isdir(path) else Versions.of(read_contract(path))


def evidence_in(words: list[Path]) -> list[Path] | dict[str, list[str]]:
    """Workbooks, or the tables that words such as `participants=people.csv` name."""
    from impactbond.errors import EvidenceError, Fault
    from impactbond.evidence.sources import NAMES

    tables: dict[str, list[str]] = {}
    # A file may be called participants=2024.xlsx.
    for word in words:
        name, is_table, place = str(word).partition("=")
        if is_table and name in NAMES and not os.path.exists(word):
            tables.setdefault(name, []).append(place)
    others = [word for word in words if str(word).partition("=")[0] not in tables]
    unnamed = [
        word.name
        for word in others
        if tables or os.path.isdir(word) or word.name.lower().endswith((".csv", ".parquet", ".gz"))
    ]
    if unnamed or (tables and len(tables) < len(NAMES)):
        fault = Fault(
            code="tables_not_named",
            problem="evidence as tables needs participants= and observations=, and nothing else",
            found=", ".join([*(f"{name}=" for name in tables), *unnamed]),
            hint="Write participants=PATH observations=PATH, each a file, a folder or a pattern",
        )
        raise EvidenceError("The evidence cannot be read.", [fault])
    return tables or words


def known_in(
    words: list[Path], versions: Versions, *, row_by_row: bool, carried: Path | None = None
) -> Evidence:
    """The evidence that words name, read as a command was told to: in the contract's own form, or
    by the mappings asked for; what was checked for what is `carried` is not checked again.
    """
    from impactbond.errors import EvidenceError, Fault
    from impactbond.evidence.read import read_evidence

    asked = reading_asked()
    if not asked.files and not asked.given:
        at_rest = False if row_by_row else None
        read_as = evidence_in(words)
        allowed = asked.allowed
        return read_evidence(
            read_as, versions, at_rest=at_rest, allow_personal=allowed, carried=carried
        )
    given = dict(word.split("=", 1) for word in asked.given if "=" in word)
    if len(given) < len(asked.given) or not asked.files:
        problem = "--given says COLUMN=VALUE, each column once, and goes with --mapping"
        hint = "Write --mapping FILE --given recorded_on=2024-09-30"
        fault = Fault(code="not_given", problem=problem, hint=hint)
        raise EvidenceError("The evidence cannot be read.", [fault])
    from impactbond.mappings.read import read_mapping

    mappings = [read_mapping(path, versions.whole) for path in asked.files]
    return read_evidence(
        words, versions, mapping=mappings, given=given, allow_personal=asked.allowed
    )


def counts_in(files: list[Path], versions: Versions) -> Counts:
    """The counts of claims in some files."""
    from impactbond.evidence.read_counts import read_claims

    return read_claims(files, versions, allow_personal=reading_asked().allowed)


def inputs_of(
    contract: Path, evidence: list[Path] | None, *others: list[Path] | Path | None
) -> list[Path]:
    """The files that a command reads, with those of its options, given or not: it writes over none
    of them.
    """
    from impactbond.evidence.files import expanded

    mappings = reading_asked().files
    # With a mapping every word is a file, and none the name of a table.
    given = evidence or [] if mappings else evidence_in(evidence or [])
    named = [one for paths in given.values() for one in paths] if isinstance(given, dict) else given
    more = [path for one in others if one for path in (one if isinstance(one, list) else [one])]
    words = [*map(str, named), *map(str, more)]
    return [contract, *mappings, *(Path(path) for word in words for path in expanded(word))]


def settled(
    contract: Path,
    evidence: list[Path] | None,
    as_of: date | None,
    leave_out: bool,
    earlier: Path | None = None,
    row_by_row: bool = False,
    claims: list[Path] | None = None,
    carried: Path | None = None,
    *,
    with_decisions: bool = False,
) -> Settlement:
    """The settlement that a command is about; by default at the contract's last claim date. A
    command that writes or tells decisions asks for it `with_decisions`.
    """
    from impactbond.records.contents import is_record
    from impactbond.records.following import settle

    if is_record(contract):
        others = {"evidence": evidence, "--claims": claims, "--earlier": earlier}
        others |= {"--carried": carried}
        return _settled_of(contract, as_of, [name for name, given in others.items() if given])
    if bool(evidence) == bool(claims):
        raise typer.BadParameter("name one of the two", param_hint="the evidence or --claims")
    with working(f"Reading the contract and the {'counts' if claims else 'evidence'}"):
        versions = versions_in(contract)
        read = partial(known_in, versions=versions, row_by_row=row_by_row, carried=carried)
        known = read(evidence) if evidence else None
        counts = counts_in(claims, versions) if claims else None
    calendar = versions.terms.calendar
    day = as_of or calendar.claim_date(calendar.periods[-1])
    with working("Settling"):
        on = partial(settle, versions, known, earlier=earlier, carried=carried)
        return on(
            as_of=day, claims=counts, leave_out_refused=leave_out, with_decisions=with_decisions
        )


def _settled_of(path: Path, as_of: date | None, others: list[str]) -> Settlement:
    """The settlement of a record, from nothing but what it holds."""
    from impactbond.records.record import read_record
    from impactbond.records.regenerate import settled_again

    record = read_record(path)
    if others:
        problem = "a record holds its contract and its evidence: leave it out"
        raise typer.BadParameter(problem, param_hint=", ".join(others))
    if as_of is not None and as_of != record.manifest.as_of:
        problem = f"the record was settled as of {record.manifest.as_of}: leave it out"
        raise typer.BadParameter(problem, param_hint="--as-of")
    with working("Settling again"):
        return settled_again(record)


def received(files: list[Path] | None, settlement: Settlement) -> Receipts | None:
    """The receipts in some files, where there are any."""
    if not files:
        return None
    from impactbond.receipts.read import read_receipts

    return read_receipts(files, settlement.contract)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Says what is being done while it is done, to a person at a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


@contextmanager
def progressing(what: str, whole: int) -> Iterator[Callable[[int], object]]:
    """Takes how much of the whole is done, and shows share and time left to a person at a
    terminal.
    """
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=whole)
        yield lambda done: shown.update(task, completed=done)


@contextmanager
def after_writing(*written: Path | None) -> Iterator[None]:
    """Of a command that writes in several places: what stands in the first ones, where a later one
    is refused.
    """
    try:
        yield
    except ImpactBondError as error:
        names = [path.name for path in written if path is not None]
        if names:
            error.summary += f" Written before that: {', '.join(names)}."
            error.wrote = True
        raise


def answered(
    out: Path | None,
    as_json: bool,
    data: Callable[[], Any],
    text: Callable[[], str],
    **how: Unpack[Writing],
) -> None:
    """Prints an answer, or writes it into a file and says so."""
    if out is None:
        printed(as_json, data, text)
        return
    is_json = out.suffix.casefold() == ".json"
    told = json.dumps(data(), indent=2, ensure_ascii=False) if is_json else text()
    refused = partial(ImpactBondError, "The answer cannot be written.")
    written = write_file(out, f"{told}\n".encode(), refused, **how)
    printed(as_json, lambda: {"written": written.name}, lambda: f"Wrote {written}")


def printed(as_json: bool, data: Callable[[], Any], text: Callable[[], str]) -> None:
    """Prints a result as JSON or as text; only the one that is asked for is made."""
    # What a stream of another encoding cannot hold would be written as no JSON has it.
    is_plain = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    shown = json.dumps(data(), indent=2, ensure_ascii=is_plain) if as_json else text()
    try:
        print(shown, flush=True)
    except OSError as error:
        # What still waits would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever reads has seen enough
            return
        unprinted = ImpactBondError("The answer cannot be printed: there is no room for it.")
        unprinted.wrote = True  # as far as the command writes
        raise unprinted from None


Carried = Annotated[
    Path | None,
    typer.Option(
        "--carried",
        help="With --earlier: what --carry wrote beside that record. Files that were checked then "
        "are not checked again, and who is as it was is not evaluated again, to the same result.",
    ),
]
Carry = Annotated[
    Path | None,
    out_option("Also write what the next claim need not check and evaluate again.", "--carry"),
]
