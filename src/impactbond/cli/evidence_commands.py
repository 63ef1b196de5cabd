"""The commands for whoever fills evidence in: what to fill in, and what has to be put right.

And the command that proposes a mapping for a partner's file.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from impactbond.cli.options import (
    AsJson,
    ContractFile,
    EvidenceFiles,
    Replace,
    Shared,
    after_writing,
    inputs_of,
    known_in,
    out_option,
    printed,
    versions_in,
    working,
)
from impactbond.cli.reading_options import reads_files
from impactbond.errors import EvidenceError
from impactbond.files import Writing, write_file

if TYPE_CHECKING:
    from impactbond.evidence.between_deliveries import DeliveryComparison
    from impactbond.evidence.evidence import Evidence


_SHOWN = 20


def template(
    contract: ContractFile,
    out: Annotated[Path, out_option("The workbook to write; with --csv, the folder.")],
    as_csv: Annotated[
        bool, typer.Option("--csv", help="The two evidence tables as CSV files instead.")
    ] = False,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Write an empty evidence workbook with the sheets and headings of a contract."""
    from impactbond.evidence.template import write_csv_templates, write_template

    how = Writing(replace=replace, shared=shared, inputs=[contract])
    terms = versions_in(contract).whole
    if as_csv:
        written = write_csv_templates(terms, out, **how)
    else:
        written = [write_template(terms, out, **how)]
    names = [path.name for path in written]
    data = {"written": names if as_csv else names[0]}
    printed(as_json, lambda: data, lambda: "\n".join(f"Wrote {path}" for path in written))


@reads_files
def check_evidence(
    contract: ContractFile,
    evidence: EvidenceFiles = None,
    before: Annotated[
        list[Path] | None,
        typer.Option(
            "--before", help="The delivery before this one, to be compared with; repeatable."
        ),
    ] = None,
    marked: Annotated[
        Path | None,
        out_option("A copy of the workbook to write, with what is wrong marked.", "--marked"),
    ] = None,
    refused: Annotated[
        Path | None, out_option("The CSV file to write what was refused to.", "--refused")
    ] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Read evidence, and say everything that is wrong with it: as text, as a table, and as a copy
    of the workbook with the faulty cells marked. Exits with 1 where anything was refused.
    """
    given = evidence or []
    if marked is not None and len(given) != 1:
        raise typer.BadParameter("name one workbook", param_hint="the evidence, with --marked")
    from impactbond.evidence.between_deliveries import compare_evidence
    from impactbond.evidence.marked_workbook import mark_workbook

    versions = versions_in(contract)
    how = Writing(replace=replace, shared=shared, inputs=inputs_of(contract, given, before))
    with working("Reading the evidence"):
        try:
            found = known_in(given, versions, row_by_row=True)
        except EvidenceError as error:
            if marked is None:
                raise
            # The copy says what is wrong with headings and sheets, which refuse it as a whole.
            told = f"{error.summary} They stand in {mark_workbook(given[0], error, marked, **how)}."
            again = EvidenceError(told, error.faults)
            again.wrote = True
            raise again from None
        earlier = known_in(before, versions, row_by_row=True) if before else None
    differs = None if earlier is None else compare_evidence(earlier, found)
    written = []
    if marked is not None:
        written.append(mark_workbook(given[0], found, marked, **how))
    if refused is not None:
        told_of = partial(EvidenceError, "What was refused cannot be written.")
        with after_writing(*written):
            written.append(write_file(refused, _csv(found), told_of, **how))
    printed(
        as_json,
        lambda: _data(found, differs, written),
        lambda: "\n".join([*_lines(found, differs), *(f"Wrote {path}" for path in written)]),
    )
    if found.refused_table.num_rows:
        raise typer.Exit(1)


def _csv(found: Evidence) -> bytes:
    from io import BytesIO

    import pyarrow.csv

    buffer = BytesIO()
    pyarrow.csv.write_csv(found.refused_table, buffer)
    return buffer.getvalue()


def _data(
    found: Evidence, differs: DeliveryComparison | None, written: list[Path]
) -> dict[str, Any]:
    from impactbond.tables import plain_rows

    data: dict[str, Any] = {
        "participants": found.participants_table.num_rows,
        "observations": found.observations_table.num_rows,
        "repeated": found.repeated,
        "refused": plain_rows(found.refused_table),
        "cautions": list(found.cautions),
        "written": [path.name for path in written],
    }
    return data if differs is None else data | {"differs": differs.as_dict()}


def _lines(found: Evidence, differs: DeliveryComparison | None) -> list[str]:
    from collections import Counter

    from impactbond.terms.words import counted

    rows = found.refused_table.to_pylist()
    people, seen = found.participants_table.num_rows, found.observations_table.num_rows
    lines = [
        f"{counted(people, 'row')} about participants and {counted(seen, 'observation')} can be "
        f"used; {counted(len(rows), 'cell or row', 'cells or rows')} cannot.",
    ]
    counts = Counter(one["code"] for one in rows)
    told: Counter[str] = Counter()
    for one in rows:
        code = one["code"]
        told[code] += 1
        if told[code] == 1:
            lines.append(f"{code}: {one['problem']} ({counts[code]:,}). {one['hint']}")
        if told[code] <= _SHOWN:
            place = f"{one['file']}, sheet '{one['sheet']}', row {one['row']}"
            lines.append(f"  - {place}, column '{one['column']}'; allowed: {one['allowed']}")
        elif told[code] == counts[code]:
            lines.append(f"    ... and {counts[code] - _SHOWN:,} more: --refused lists every one")
    lines += [f"Look at this: {one}" for one in found.cautions]
    return lines if differs is None else [*lines, differs.text]


def propose(
    file: Annotated[
        Path, typer.Argument(help="A file as the partner delivers it.", show_default=False)
    ],
    contract: Annotated[
        Path | None, typer.Option("--contract", help="The contract whose metrics are meant.")
    ] = None,
    out: Annotated[Path | None, out_option("The mapping to write.")] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Propose a mapping for a file from its headings, and say what is unsure. No child is shown."""
    from impactbond.files import write_file
    from impactbond.mappings.propose import propose_mapping

    terms = versions_in(contract).whole if contract else None
    found = propose_mapping(file, terms)
    told = found.text
    if out is not None:
        refused = partial(EvidenceError, "The mapping cannot be written.")
        inputs = [file, *([contract] if contract else [])]
        written = write_file(
            out, found.text.encode(), refused, replace=replace, shared=shared, inputs=inputs
        )
        unsure = "\n".join(f"  unsure: {one}" for one in found.unsure)
        told = f"Wrote {written}\n{unsure}"
    printed(as_json, found.as_dict, lambda: told)
