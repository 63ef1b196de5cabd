"""Verifying: does a statement in somebody's hands say what the record says?

Takes  a workbook on its own, and a record.
Gives  every difference, named by sheet and cell, with what the record says there.
Keeps  every cell of every sheet is compared, formula and saved result; a statement that was only
       saved again by another program is told from one that was changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from impactbond.canonical import sha256, zip_difference
from impactbond.dialect import Engine
from impactbond.errors import Fault, StatementError, unopened
from impactbond.records.contents import WORKBOOKS
from impactbond.records.record import File, Record, read_record
from impactbond.records.regenerate import Report, regenerate_record, some
from impactbond.records.workbook import (
    UNREADABLE,
    Cell,
    SheetCells,
    WorkbookCells,
    parts_of,
    read_cells,
    reference_of,
)
from impactbond.terms.words import counted

_MADE_BY = "docProps/app.xml"
_NOTHING = Cell(None, None, "", "", None, None)
_PRIVATE = "a participant's reference"


@dataclass(frozen=True, slots=True)
class CellDifference:
    """One difference: its sheet and place, what is wrong, what the record says, what was found.

    A text that was found is not repeated, nor is a participant's reference of the record.
    """

    sheet: str
    place: str
    problem: str
    record_says: str = ""
    found: str = ""

    def __str__(self) -> str:
        where = f"{self.sheet}!{self.place}" if self.sheet and self.place else None
        where = where or self.sheet or self.place or "The workbook"
        told = f"{where}: {self.problem}"
        if self.record_says:
            told += f"; the record says {self.record_says}"
        return f"{told}; found {self.found}" if self.found else told


# Of a statement of another claim more than one cell in so many differs.
_MANY = 5


@dataclass(frozen=True)
class Verification(Report):
    """What came of comparing a workbook with a record.

    `same` says whether every cell is as the record says, `identical` whether the file is, byte for
    byte. `regenerated` says whether the record's own statement came out again when it was
    settled anew; None for a record of one funder's view, which holds nothing to settle.
    """

    workbook: str
    record: Record
    statement: str
    cells: int
    identical: bool
    regenerated: bool | None
    differences: tuple[CellDifference, ...] = field(repr=False)
    file_differences: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the workbook says what the record says, and the record holds."""
        return not self.differences and self.regenerated is not False

    @property
    def text(self) -> str:
        """The result in plain words."""
        statement = self.statement.removeprefix(WORKBOOKS)
        told = [
            f"{self.workbook} against {self.record.name}",
            f"  Statement of the record: {statement}, {self.cells:,} cells",
            f"  SHA-256 of the record {self.record.digest}",
        ]
        if self.regenerated is None:
            told.append("  The record is one funder's view: nothing could be settled again")
        else:
            came = "the same" if self.regenerated else "OTHERWISE: see regenerate"
            told.append(f"  Settled again from the record, the statement comes out {came}")
        if self.identical:
            told.append("  The same file, byte for byte")
        elif not self.differences:
            told.append("  Every cell is the same: values, formulas and their results")
            told += ["  It is not the same file:", *some(self.file_differences, "    ")]
        else:
            told.append(f"  NOT THE SAME: {counted(len(self.differences), 'difference')}")
            told += some(self.differences, "    ")
        return "\n".join(told)

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, for `--json`."""
        return {
            "workbook": self.workbook,
            "record": self.record.name,
            "record_sha256": self.record.digest,
            "statement": self.statement,
            "cells": self.cells,
            "same": self.same,
            "identical": self.identical,
            "regenerated": self.regenerated,
            "differences": [asdict(difference) for difference in self.differences],
            "file_differences": list(self.file_differences),
        }


def verify(workbook: File, record: File, *, engine: Engine = "duckdb") -> Verification:
    """Compares a statement's workbook, on its own, with the record it should be from.

    The record is settled again and its statement compared with the workbook, cell by cell: values,
    formulas and their saved results, number formats, hidden rows, columns and sheets, comments,
    links, names. Raises StatementError where the workbook cannot be read, and RecordError where the
    record is not as it was written.
    """
    path = Path(workbook)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise StatementError(UNREADABLE, [unopened(path, error)]) from None
    return verify_content(content, path.name, read_record(record), engine=engine)


def verify_content(
    content: bytes, name: str, record: Record, *, engine: Engine = "duckdb", again: bool = True
) -> Verification:
    """Compares the bytes of a workbook called `name` with a record that has been read; without
    `again`, the record is not settled anew.
    """
    books = {part: book for part, book in record.parts.items() if part.startswith(WORKBOOKS)}
    if not books:
        problem = "the record holds no statements"
        fault = Fault(file=record.name, code="no_statements", problem=problem)
        raise StatementError("There is nothing to compare with.", [fault])
    same = next((part for part, book in books.items() if book == content), None)
    found = _readable(content, name, books)
    part = same or _counterpart(content, found, books)
    kept = read_cells(books[part], part)
    differences: tuple[CellDifference, ...] = ()
    in_file: tuple[str, ...] = ()
    if same is None:
        differences = tuple(_differences(kept, found))
        named, own = reference_of(content), reference_of(books[part])
        if named not in (None, own):
            differences = _causes_first(differences, own, kept)
        differences = (*_replaced(content, record), *differences)
        in_file = tuple(_in_file(kept, found, books[part], content))
        if not differences and kept.parts.get(_MADE_BY) == found.parts.get(_MADE_BY):
            # Nobody saved it anew, so that whatever differs was put there.
            differences = tuple(
                CellDifference("", "", problem) for problem in _of_parts(kept.parts, found.parts)
            )
    regenerated = None
    if again and record.manifest.view is None:
        changed = {one.part for one in regenerate_record(record, engine=engine).differences}
        regenerated = part not in changed
    return Verification(
        workbook=name,
        record=record,
        statement=part,
        cells=sum(len(sheet.cells) for sheet in kept.sheets),
        identical=same is not None,
        regenerated=regenerated,
        differences=differences,
        file_differences=in_file,
    )


def _causes_first(
    differences: tuple[CellDifference, ...], own: str | None, kept: WorkbookCells
) -> tuple[CellDifference, ...]:
    """Of a workbook that calls itself another statement: that first, and what follows from it as a
    number; where little differs, somebody changed what it is called, and every change is told.
    """
    problem = "it is another statement: of another claim, funder or contract"
    cause = CellDifference("Cover", "", problem, f"'{own}'", "another")
    if len(differences) * _MANY < sum(len(sheet.cells) for sheet in kept.sheets):
        return (cause, *differences)
    follows = f"{counted(len(differences), 'difference')} of cells and sheets follow from that"
    return (cause, CellDifference("", "", follows))


def _replaced(content: bytes, record: Record) -> Iterator[CellDifference]:
    """Whether a workbook is one that was issued before, and that the record's replaces."""
    for one in record.manifest.replaces:
        if one.sha256 == sha256(content):
            problem = f"it is number {one.number}, which was replaced"
            yield CellDifference("", "", problem, f"number {one.number + 1} holds")


def _readable(content: bytes, name: str, books: Mapping[str, bytes]) -> WorkbookCells:
    """The workbook; where it cannot be read, the parts in which it is not as the record's are named
    as well.
    """
    try:
        return read_cells(content, name)
    except StatementError as error:
        parts = parts_of(content, name)
        like = books.get(f"{WORKBOOKS}{name}", next(iter(books.values())))
        faults = [
            Fault(file=name, code="part_otherwise", problem=problem)
            for problem in _of_parts(parts_of(like, name), parts)
        ]
        raise StatementError(error.summary, [*error.faults, *faults]) from None


def _counterpart(content: bytes, found: WorkbookCells, books: Mapping[str, bytes]) -> str:
    """The statement of the record that a workbook should be: by its reference, or its file's name,
    or the one that it has most cells in common with.
    """
    reference = reference_of(content)
    by_reference = [part for part, book in books.items() if reference_of(book) == reference]
    if len(by_reference) == 1:
        return by_reference[0]
    by_name = f"{WORKBOOKS}{found.name}"
    if by_name in books:
        return by_name
    return max(sorted(books), key=lambda part: _in_common(read_cells(books[part], part), found))


def _in_common(one: WorkbookCells, other: WorkbookCells) -> int:
    sheets = {sheet.name: sheet for sheet in other.sheets}
    return sum(
        sheets[sheet.name].cells.get(address) == cell
        for sheet in one.sheets
        if sheet.name in sheets
        for address, cell in sheet.cells.items()
    )


def _differences(kept: WorkbookCells, found: WorkbookCells) -> Iterator[CellDifference]:
    before = {sheet.name: sheet for sheet in kept.sheets}
    now = {sheet.name: sheet for sheet in found.sheets}
    # A sheet that one side alone has is told once, and none of its cells.
    for name in before:
        if name not in now:
            yield CellDifference(name, "", "the sheet is missing")
    for name in now:
        if name not in before:
            yield CellDifference("", f"sheet {name!a}", "the record has no such sheet")
    if before.keys() == now.keys() and list(before) != list(now):
        yield CellDifference("", "", "the sheets stand in another order")
    yield from _facts("", kept.facts, found.facts)
    for name, sheet in before.items():
        if name in now:
            yield from _facts(name, sheet.facts, now[name].facts)
            yield from _cells(sheet, now[name])


def _facts(
    sheet: str, kept: frozenset[tuple[str, str]], found: frozenset[tuple[str, str]]
) -> Iterator[CellDifference]:
    gone, come = sorted(kept - found), sorted(found - kept)
    before, now = dict(gone), dict(come)
    for place, fact in come:
        says = before.get(place, "") if place else ""
        yield CellDifference(sheet, place, f"it {fact}", says or "nothing of the kind")
    for place, fact in gone:
        if not place or place not in now:
            yield CellDifference(sheet, place, "it is not as it was", f"that it {fact}")


def _cells(kept: SheetCells, found: SheetCells) -> Iterator[CellDifference]:
    # The columns whose heading says that they hold participants' references.
    headings = [place for place, cell in kept.cells.items() if cell.value == "Participant"]
    private = {_place(heading)[2] for heading in headings}
    unsaved = 0
    for address in sorted(kept.cells.keys() | found.cells.keys(), key=_place):
        was, is_ = kept.cells.get(address, _NOTHING), found.cells.get(address, _NOTHING)
        if was != is_:
            secret = _place(address)[2] in private
            yield from _cell(kept.name, address, was, is_, secret=secret)
            unsaved += was.value == is_.value and was.result != is_.result is None
    if unsaved:
        problem = f"results of formulas were not saved: {unsaved:,}"
        hint = "save it from Excel or LibreOffice to have them compared"
        yield CellDifference(kept.name, "", f"{problem}; {hint}")


def _cell(
    sheet: str, address: str, was: Cell, is_: Cell, *, secret: bool
) -> Iterator[CellDifference]:
    """How a cell differs; a result that was not saved is told for the whole sheet."""
    # No text that was found is repeated, and no reference: a report may be sent on.
    if was.value != is_.value:
        problem = "the formula is another" if _is_formula(was.value) else "the value is another"
        if was.value is None:
            problem = "something was added"
        shown = _PRIVATE if secret and was.value is not None else _shown(was.value)
        yield CellDifference(sheet, address, problem, shown, _shown(is_.value, found=True))
    elif was.result != is_.result and is_.result is not None:
        problem = "the saved result of the formula is another"
        shown = _PRIVATE if secret else _shown(was.result)
        yield CellDifference(sheet, address, problem, shown, _shown(is_.result, found=True))
    if was.value is not None:
        yield from _looks(sheet, address, was, is_)
    elif is_.value is None:
        yield CellDifference(sheet, address, "a comment or link that the record has not")


def _looks(sheet: str, address: str, was: Cell, is_: Cell) -> Iterator[CellDifference]:
    if was.number_format != is_.number_format:
        problem = f"the number is shown as {is_.number_format}"
        yield CellDifference(sheet, address, problem, was.number_format)
    if was.look != is_.look:
        yield CellDifference(sheet, address, "it looks otherwise", was.look or "plain", is_.look)
    for what in ("comment", "link"):
        before, now = getattr(was, what), getattr(is_, what)
        if before != now:
            problem = f"it has another {what}" if now else f"its {what} is gone"
            yield CellDifference(sheet, address, problem, before or "none")


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _shown(value: object, *, found: bool = False) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str) and found and not _is_formula(value):
        return "another text"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _place(address: str) -> tuple[int, int, str]:
    letters = address.rstrip("0123456789")
    return int(address[len(letters) :]), len(letters), letters


def _in_file(
    kept: WorkbookCells, found: WorkbookCells, made: bytes, content: bytes
) -> Iterator[str]:
    """How the file differs from the one that was kept, part by part."""
    if _MADE_BY not in found.parts:
        yield f"the part {_MADE_BY!a} is missing, which says by which program it was saved"
    if kept.parts.get(_MADE_BY) != found.parts.get(_MADE_BY):
        yield "it was saved by another program: widths, fonts and heights were not compared"
        return
    told = list(_of_parts(kept.parts, found.parts))
    yield from told or [zip_difference(made, content)]


def _of_parts(kept: Mapping[str, bytes], found: Mapping[str, bytes]) -> Iterator[str]:
    for part in sorted(kept.keys() | found.keys()):
        if part not in found:
            yield f"the part {part!a} is missing"
        elif part not in kept:
            yield f"the part {part!a} was added"
        elif kept[part] != found[part]:
            yield f"the part {part!a} is otherwise"
