"""A table of a partner's file, whatever it was read from: headings, and columns of cells below.

And the cells of a text file in a stated encoding, apart by a stated separator.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import StringIO
from itertools import compress

from impactbond.errors import Fault
from impactbond.evidence.csv_files import LONGEST_CELL, CrookedLineError
from impactbond.evidence.deliveries import Cells
from impactbond.evidence.refusals import Refusal, Refused
from impactbond.evidence.sheet_rows import SheetRows
from impactbond.texts import one_spelling


@dataclass(frozen=True, eq=False, repr=False)
class SourceTable:
    """Rows of cells below headings, each row with its number in the file.

    Headings and cells have one spelling. `columns` are the cells, None where they are blank, and
    empty where nothing names the column. `above` are cells above the table, by the column they
    fill, and `below` the rows behind the one that ends it.
    """

    file: str
    sheet: str
    rows: list[int]
    headings: tuple[str, ...]
    columns: list[Cells]
    above: Mapping[str, object] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()
    below: SourceTable | None = None

    @property
    def place(self) -> str:
        """The sheet, or the file that has none."""
        return f"sheet '{self.sheet or self.file}'"

    @cached_property
    def times(self) -> Counter[str]:
        """How often each heading stands."""
        return Counter(self.headings)

    def place_of(self, heading: str) -> int:
        """The place of the first column under a heading."""
        return self.headings.index(one_spelling(heading))

    def cells(self, heading: str) -> Cells:
        """The cells under a heading, in one spelling; None where they are blank."""
        return self.at(self.place_of(heading))

    def at(self, place: int) -> Cells:
        """The cells of the column at a place."""
        return self.columns[place]

    def only(self, wanted: Sequence[bool]) -> SourceTable:
        """The table with some of its rows."""
        if all(wanted):
            return self
        columns = [list(compress(cells, wanted)) for cells in self.columns]
        return replace(self, rows=list(compress(self.rows, wanted)), columns=columns)

    def refused(self, place: int, column: str, refusal: Refusal) -> Refused:
        """The cell of a column in the row at a place, refused."""
        return Refused(self.file, self.sheet, self.rows[place], column, refusal)


Line = Mapping[int, object]
Lines = Mapping[int, Line]  # the cells that are not blank, by row in order and column, from 0
_SEPARATORS = {"tab": "\t"}


class TextLines(dict[int, Line]):
    """The lines of a text file that hold something; `widths` is how many cells each has."""

    def __init__(self) -> None:
        super().__init__()
        self.widths: dict[int, int] = {}


def text_lines(name: str, content: bytes, encoding: str, separator: str) -> TextLines | Fault:
    """The cells of a text file, or why it cannot be read as one."""
    text = _decoded(name, content, encoding)
    if isinstance(text, Fault):
        return text
    # The limit is the process's: it is put back whatever happens, so that nobody else's csv reader
    # takes ours.
    before = csv.field_size_limit(LONGEST_CELL)
    found = TextLines()
    # A quoted cell can run over several lines: a row is called by the line on which it begins,
    # as an editor shows it.
    line = 1
    try:
        mark = _SEPARATORS.get(separator, separator)
        reader = csv.reader(StringIO(text, newline=""), strict=True, delimiter=mark)
        for cells in reader:
            row: dict[int, object] = {
                column: cell for column, cell in enumerate(cells) if cell and not cell.isspace()
            }
            if row:
                found[line - 1], found.widths[line - 1] = row, len(cells)
            line = reader.line_num + 1
    except csv.Error as error:
        code = "cell_too_long" if "field limit" in str(error) else "not_csv"
        return CrookedLineError(code, line).fault(name)
    finally:
        csv.field_size_limit(before)
    return found


def _decoded(name: str, content: bytes, encoding: str) -> str | Fault:
    """The text that bytes are in an encoding, or why they are not."""
    codec = {"utf-8": "utf-8-sig", "windows-1252": "cp1252", "utf-16": "utf-16"}[encoding]
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        others = "windows-1252, utf-16" if encoding == "utf-8" else "utf-8"
        problem = f"this is not text in {encoding}"
        hint = f"Say the encoding: in the mapping; it may be {others}"
        return Fault(file=name, line=line, code="other_encoding", problem=problem, hint=hint)
    # Almost any bytes are letters of windows-1252: read so, names would be other names, and nobody
    # would be told.
    if encoding == "windows-1252" and _is_utf_8(content):
        problem = "this is text in utf-8, and would be read as other letters"
        hint = "Write encoding: utf-8 in the mapping, or leave it out"
        return Fault(file=name, code="other_encoding", problem=problem, hint=hint)
    return text


def _is_utf_8(content: bytes) -> bool:
    """Whether letters beyond ASCII are written as in UTF-8: no text of other letters looks so."""
    try:
        return not content.isascii() and bool(content.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def columns_of(lines: Lines, wanted: Iterable[int], rows: Sequence[int]) -> dict[int, list[object]]:
    """The cells of some columns in some rows of a sheet or text file, None where they are blank."""
    if isinstance(lines, SheetRows):
        return lines.columns_of(wanted, rows)
    held = [lines[row] for row in rows]
    return {column: [line.get(column) for line in held] for column in wanted}


def firsts(lines: Lines) -> dict[int, object]:
    """The first cell of every row that holds something."""
    if isinstance(lines, SheetRows):
        return dict(zip(lines.numbers, lines.firsts(), strict=True))
    return {row: cells[min(cells)] for row, cells in lines.items()}
