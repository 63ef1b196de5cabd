"""The command that scores answers to a questionnaire."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import partial
from io import StringIO
from os.path import exists
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impactbond.cli.options import AsJson, Replace, Shared, out_option, printed, working
from impactbond.errors import EvidenceError, Fault
from impactbond.files import Writing, write_file

if TYPE_CHECKING:
    from impactbond.questionnaires import AnswerTable, Instrument


def score(
    answers: Annotated[
        Path, typer.Argument(help="The answers: a CSV file or a workbook.", show_default=False)
    ],
    instrument: Annotated[
        str,
        typer.Option("--instrument", help="One that comes with impactbond, or a YAML file."),
    ],
    out: Annotated[Path | None, out_option("The CSV file to write.")] = None,
    bands: Annotated[
        str | None, typer.Option("--bands", help="A set of cut-points of the instrument.")
    ] = None,
    informant: Annotated[
        str | None, typer.Option("--informant", help="The column that says who answered.")
    ] = None,
    starting_at: Annotated[
        int | None,
        typer.Option("--starting-at", help="The number that is written for the lowest answer."),
    ] = None,
    replace: Replace = False,
    shared: Shared = False,
    as_json: AsJson = False,
) -> None:
    """Score answers to a questionnaire, a row at a time; items stand under their names, as q1."""
    from impactbond.questionnaires import read_instrument

    with working("Scoring"):
        scored_by = read_instrument(instrument)
        if starting_at is not None:
            scored_by = scored_by.starting_at(starting_at)
        found, kept = _scored(answers, scored_by, bands, informant)
    written: list[str] = []
    if out is not None:
        own = [path for path in (answers, Path(instrument)) if exists(path)]
        how = Writing(replace=replace, shared=shared, inputs=own)
        content = _csv({**kept, **found.columns}, found)
        refused = partial(EvidenceError, "The scores cannot be written.")
        written = [write_file(out, content, refused, **how).name]
    printed(
        as_json,
        lambda: {
            "instrument": found.instrument,
            "version": found.version,
            "rows": found.rows,
            "without_a_score": _without(found, scored_by),
            "cautions": list(found.cautions),
            "written": written,
        },
        lambda: _text(found, scored_by, out if written else None),
    )


def _scored(
    path: Path, instrument: Instrument, bands: str | None, informant: str | None
) -> tuple[AnswerTable, dict[str, list[str | None]]]:
    """The scores of a file, and its columns that hold no answers."""
    from impactbond.evidence.headings import as_name
    from impactbond.questionnaires.answer_tables import score_columns

    sheet, headings, rows, lines = _cells(path)
    place = Fault(file=path.name, sheet=sheet)
    at = {as_name(heading): index for index, heading in enumerate(headings)}
    columns = {
        item: [row[at[as_name(item)]] for row in rows]
        for item in instrument.items
        if as_name(item) in at
    }
    who = None
    if informant is not None:
        if as_name(informant) not in at:
            problem = f"there is no column '{informant[:40]}'"
            fault = Fault(file=path.name, sheet=sheet, code="column_missing", problem=problem)
            raise EvidenceError("Columns of answers are missing.", [fault])
        who = [row[at[as_name(informant)]] for row in rows]
    found = score_columns(instrument, columns, bands=bands, informant=who, place=place, rows=lines)
    # The answers are not written again: what goes on from here are scores.
    taken = {as_name(one) for one in (*instrument.items, *found.columns, informant or "")}
    kept = {
        heading: [_text_of(row[index]) for row in rows]
        for index, heading in enumerate(headings)
        if heading and as_name(heading) not in taken
    }
    return found, kept


def _cells(path: Path) -> tuple[str, list[str], list[list[object]], list[int]]:
    """The sheet, the headings, the rows that are not blank, and where each stands."""
    from impactbond.evidence.csv_files import CsvFiles, straight_lines
    from impactbond.evidence.deliveries import clean
    from impactbond.evidence.headings import repeated_headings
    from impactbond.evidence.workbook import only_grid

    sheet, numbered = "", list[tuple[int, list[object]]]()
    if path.name.casefold().endswith(CsvFiles.suffixes):
        lines, faults = straight_lines(path)
        if faults:
            raise EvidenceError("The answers cannot be read.", faults)
        numbered = [(number, clean(cells)) for number, cells in lines]
    else:
        grid = only_grid(path, "Answers", "answers")
        if isinstance(grid, Fault):
            raise EvidenceError("The answers cannot be read.", [grid])
        sheet = grid[0]
        numbered = [(number, clean(cells)) for number, cells in enumerate(grid[1], 1)]
    numbered = [(at, row) for at, row in numbered if any(cell is not None for cell in row)]
    place = Fault(file=path.name, sheet=sheet)
    if not numbered:
        problem = "there are no headings"
        fault = Fault(file=path.name, sheet=sheet, code="no_headings", problem=problem)
        raise EvidenceError("The answers cannot be read.", [fault])
    headings = ["" if cell is None else str(cell) for cell in numbered[0][1]]
    if faults := list(repeated_headings(place, headings)):
        # Capitals aside two headings are one: of two columns of one item only one would be scored.
        raise EvidenceError("The answers cannot be read.", faults)
    width = len(headings)
    rows = [(row + [None] * width)[:width] for _, row in numbered[1:]]
    return sheet, headings, rows, [at for at, _ in numbered[1:]]


def _text_of(cell: object) -> str | None:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return None if cell is None else str(cell)


def _csv(columns: Mapping[str, list[str | None]], found: AnswerTable) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, "scored by"])
    by = f"{found.instrument} {found.version}"
    for row in zip(*columns.values(), strict=True):
        writer.writerow([*("" if cell is None else cell for cell in row), by])
    return text.getvalue().encode()


def _without(found: AnswerTable, instrument: Instrument) -> dict[str, int]:
    return {name: found.columns[name].count(None) for name in instrument.scores}


def _text(found: AnswerTable, instrument: Instrument, out: Path | None) -> str:
    lines = [f"{instrument.title}, version {found.version}: {found.rows:,} rows scored"]
    for name, count in _without(found, instrument).items():
        lines.append(f"  {name}: {found.rows - count:,} scores, {count:,} without enough answers")
    lines += [f"Look at this: {one}." for one in found.cautions]
    lines += [f"Wrote {out}"] if out else []
    return "\n".join(lines)
