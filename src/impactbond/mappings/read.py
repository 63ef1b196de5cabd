"""Reading mappings, and whether they are whole and fit a contract: every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

from impactbond.contract.contract import Contract
from impactbond.contract.reading.terms_file import TermsFile
from impactbond.errors import EvidenceError
from impactbond.mappings.days import form, has_year
from impactbond.mappings.fitting import check_fit
from impactbond.mappings.instruments import InstrumentScore
from impactbond.mappings.mapped_table import AcrossColumns, MappedTable
from impactbond.mappings.mapping import SourceMapping
from impactbond.mappings.values import MappedValue, check_list
from impactbond.questionnaires.read import check_instrument
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    fault_at,
    listed_twice,
    unknown,
)
from impactbond.terms.sheets import (
    OBSERVATION_COLUMNS,
    PARTICIPANT_COLUMNS,
    REQUIRED_OBSERVATION_COLUMNS,
    REQUIRED_PARTICIPANT_COLUMNS,
)

_FILE = TermsFile(SourceMapping, "mapping", EvidenceError)


def read_mapping(path: str | FilePath, contract: Contract | None = None) -> SourceMapping:
    """The mapping in a YAML or JSON file; with a contract, checked against it too.

    Raises EvidenceError listing every fault with its line.
    """
    source, name = _FILE.source_of(path)
    return parse_mapping(source, name=name, contract=contract)


def parse_mapping(source: bytes, *, name: str, contract: Contract | None = None) -> SourceMapping:
    """The mapping in the bytes of a file called `name`; see `read_mapping`."""
    mapping = _FILE.parse(source, name, lambda mapping: list(_check(mapping, contract)))
    mapping._source, mapping._source_name = source, name
    return mapping


def _check(mapping: SourceMapping, contract: Contract | None) -> Diagnostics:
    for name, codes in mapping.codes.items():
        yield from check_list(codes, ("codes", name), ())
    own = mapping.own_instruments
    names = [one.instrument for one in mapping.instruments]
    yield from listed_twice(("instruments",), names, "instrument")
    for index, instrument in enumerate(mapping.instruments):
        for one in check_instrument(instrument):
            yield Diagnostic(("instruments", index, *one.path), one.fault, one.rests_on)
    for index, table in enumerate(mapping.tables):
        path: Path = ("tables", index)
        yield from _check_places(table, path)
        yield from _check_columns(table, path)
        yield from _check_shape(table, path)
        yield from _check_marks_of(table, path)
        for key, value in _values(table):
            yield from value.check((*path, *key), list(mapping.codes))
            if isinstance(value, InstrumentScore):
                yield from value.check_scoring((*path, *key), own)
        if table.across is not None:
            place = (*path, "across", "codes")
            yield from check_list(table.across.codes, place, list(mapping.codes))
    if contract is not None:
        yield from check_fit(mapping.tables, mapping.codes, contract, own)


def _values(table: MappedTable) -> Iterator[tuple[Path, MappedValue]]:
    for key in ("columns", "metrics"):
        for name, value in getattr(table, key).items():
            if not isinstance(value, str):
                yield (key, name), value


def _check_places(table: MappedTable, path: Path) -> Diagnostics:
    """Whether it says clearly where the table stands."""
    rows = table.headings_on
    if rows and (len(rows) > 2 or min(rows) < 1 or sorted(set(rows)) != list(rows)):
        problem = "these are not the row of the headings, or two rows one below the other"
        hint = "Write headings_on: [3], or [3, 4]"
        yield fault_at((*path, "headings_on"), "no_rows", problem, hint=hint)
    if table.within and (len(table.within) != 2 or table.within[1] < table.within[0]):
        problem = "these are not a first and a last day"
        hint = "Write within: [2024-09-01, 2025-08-31]"
        yield fault_at((*path, "within"), "no_days", problem, hint=hint)
    if table.rows_at and (table.sheet or rows or table.until or table.across or table.above):
        problem = "an XML file has no sheets, rows of headings, titles or totals"
        yield fault_at((*path, "rows_at"), "xml_only", problem)
    for heading in table.headings:
        # Only its author knows which of the two was meant.
        if table.is_never(heading):
            problem = f"'{heading}' is read, and is one that must not be"
            hint = "Take it out of one of the two"
            yield fault_at((*path, "never"), "read_and_never", problem, hint=hint)
    for name, cell in table.above.items():
        yield from _check_forms(cell.format, (*path, "above", name, "format"))


def _check_columns(table: MappedTable, path: Path) -> Diagnostics:
    """Whether every column that is needed is filled, once, and is one that there is."""
    is_people = table.holds == "participants"
    own = PARTICIPANT_COLUMNS if is_people else OBSERVATION_COLUMNS
    filled: dict[str, str] = {}
    for name, key in table.named_columns():
        # Which of two values counts is nothing to be chosen here.
        if filled.setdefault(name, key) != key:
            problem = f"'{name}' is filled by {filled[name]} and by {key}"
            yield fault_at((*path, key), "column_twice", problem, hint="Take one of them out")
        if not is_people and name not in own:
            fault = unknown("column", name, own)
            place = (*path, key) if key == "given" else (*path, key, name)
            yield Diagnostic(place, fault)
    needed = REQUIRED_PARTICIPANT_COLUMNS if is_people else REQUIRED_OBSERVATION_COLUMNS
    there = {*filled, *(("participant",) if table.lists else ())}
    there |= {"observed_on"} if table.across else set()
    for name in needed:
        if name not in there:
            problem = f"nothing says where '{name}' is found"
            hint = "Name its heading under columns, or write it under constant, given or above"
            yield fault_at(path, "column_missing", problem, hint=hint)
    for shape, name in (("across", "observed_on"), ("lists", "participant")):
        if getattr(table, shape) is not None and name in filled:
            problem = f"'{name}' comes from {shape}"
            yield fault_at((*path, filled[name]), "column_twice", problem, hint="Take it out here")


def _check_shape(table: MappedTable, path: Path) -> Diagnostics:
    """Whether it says what its rows hold, in one way."""
    if table.holds == "participants":
        for key in ("metrics", "across", "lists"):
            if getattr(table, key):
                problem = "rows that tell who participants are hold no observations"
                hint = "Write another table for the same files"
                yield fault_at((*path, key), "no_observations", problem, hint=hint)
        return
    if not table.delivers:
        problem = "nothing says which metrics the rows hold"
        hint = "Write metrics, across or lists"
        yield fault_at(path, "no_metrics", problem, hint=hint)
    if table.across is not None:
        yield from _check_across(table, table.across, (*path, "across"))
    if table.lists is not None and table.across is not None:
        yield fault_at((*path, "lists"), "two_shapes", "a table is of one shape: across, or lists")
    if table.again == "corrects" and "ref" in dict(table.named_columns()):
        problem = "rows with references say themselves what they replace"
        yield fault_at((*path, "again"), "two_ways", problem, hint="Take out one of the two")


def _check_across(table: MappedTable, across: AcrossColumns, path: Path) -> Diagnostics:
    """Whether its headings can be read as days, each of one year."""
    week = across.week_of
    place = (*path, "format")
    yield from _check_forms(across.format, place, in_week=week is not None)
    if week is not None:
        yield from _check_forms(week.format, (*path, "week_of", "format"))
    elif not table.within and not all(map(has_year, across.format)):
        problem = "a form of the headings has no year, and nothing says which it is"
        hint = "Write within: with the first and the last day of the register"
        yield fault_at(place, "no_year", problem, hint=hint)


def _check_marks_of(table: MappedTable, path: Path) -> Diagnostics:
    """Where a cell holds the marks of several slots no column can say of which it is."""
    places: list[Path] = [key for key, one in _values(table) if getattr(one, "marks_of", ())]
    if table.across is not None and table.across.marks_of:
        places.append(("across",))
    for key in places:
        if "slot" in dict(table.named_columns()) or key[0] == "columns":
            problem = "the marks of several slots stand in a cell, and a column names the slot too"
            hint = "Take one of the two out; marks_of is of a metric"
            yield fault_at((*path, *key, "marks_of"), "slot_twice", problem, hint=hint)


def _check_forms(forms: Sequence[str], path: Path, *, in_week: bool = False) -> Diagnostics:
    for one in forms:
        try:
            form(one, in_week)
        except ValueError as error:
            problem, _, hint = str(error).partition(": ")
            yield fault_at(path, "no_form", problem, found=one, hint=hint)
