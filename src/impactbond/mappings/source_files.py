"""Opening a partner's files, and finding the table of a mapping in each: below a title, above
totals, in the sheets that it names; or every fault of structure with its place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from impactbond.errors import Fault, unopened
from impactbond.evidence.cells import Broken
from impactbond.evidence.csv_files import CrookedLineError
from impactbond.evidence.deliveries import clean
from impactbond.evidence.headings import MOST_TITLES
from impactbond.evidence.sheet_looks import SheetLooks
from impactbond.evidence.workbook import (
    PUT_RIGHT_TITLE,
    SHEET_HIDDEN,
    TO_PUT_RIGHT,
    Opened,
    attempted,
    hidden_told,
    open_workbook,
)
from impactbond.mappings.codes import code_of
from impactbond.mappings.mapped_table import MappedTable, pattern_of
from impactbond.mappings.tables import Lines, SourceTable, TextLines, columns_of, firsts, text_lines
from impactbond.mappings.xml_files import xml_table
from impactbond.terms.words import counted
from impactbond.texts import one_spelling

_CELL = re.compile(r"([A-Z]+)(\d+)")
MOST_BYTES = 2**28


@dataclass(eq=False, repr=False)
class SourceFile:
    """A file of a delivery, with what was opened of it."""

    name: str
    content: bytes
    path: Path
    opened: dict[object, Opened | Fault | Lines] = field(default_factory=dict)
    looked: dict[str, SheetLooks | Fault] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> SourceFile | Fault:
        """The file at a path, or why it cannot be read."""
        try:
            if path.stat().st_size > MOST_BYTES:
                problem = f"the file is larger than {MOST_BYTES:,} bytes"
                hint = "Deliver it in parts"
                return Fault(file=path.name, code="too_large", problem=problem, hint=hint)
            return cls(path.name, path.read_bytes(), path)
        except (OSError, ValueError) as error:
            return unopened(path, error)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.content).hexdigest()

    def tables(self, table: MappedTable) -> Iterator[SourceTable | list[Fault]]:
        """The tables in the file that a mapping describes, or what is wrong with them."""
        suffix = self.path.suffix.casefold()
        if suffix == ".xml" or table.rows_at:
            yield self._xml(table, suffix)
        elif suffix in (".csv", ".txt", ".tsv"):
            lines = self._text_lines(table)
            yield [lines] if isinstance(lines, Fault) else found_table(self, "", lines, table)
        elif suffix != ".xlsx":
            yield [not_readable(self.name)]
        else:
            yield from self._sheets(table)

    def _xml(self, table: MappedTable, suffix: str) -> SourceTable | list[Fault]:
        if suffix != ".xml" or not table.rows_at:
            problem = "only an XML file has rows at a path, and it has no others"
            hint = "Write rows_at: for XML files alone"
            return [Fault(file=self.name, code="file_form", problem=problem, hint=hint)]
        paths = (table.rows_at, table.headings, table.optional_headings)
        return xml_table(self.name, self.content, *paths)

    def _text_lines(self, table: MappedTable) -> Lines | Fault:
        key = (table.encoding, table.separator)
        if key not in self.opened:
            self.opened[key] = text_lines(self.name, self.content, *key)
        return self.opened[key]  # type: ignore[return-value]

    def _sheets(self, table: MappedTable) -> Iterator[SourceTable | list[Fault]]:
        if "book" not in self.opened:
            self.opened["book"] = open_workbook(self.path)
        book = self.opened["book"]
        if isinstance(book, Fault):
            yield [book]
            return
        assert isinstance(book, Opened)
        names = list(book.sheets)
        if table.sheet:
            names = [name for name in names if pattern_of(one_spelling(table.sheet)).match(name)]
        if not names and table.optional:
            return
        found = 0
        told = list(book.sheets)
        for name in names:
            lines = self._lines(book, name)
            if isinstance(lines, Fault):
                yield [lines]
            elif lines:
                found += 1
                if not table.sheet and found > 1:
                    break
                result = found_table(self, name, lines, table)
                if not table.sheet and len(names) > 1:
                    # Which of two sheets is meant is not guessed. One that cannot be read may hold
                    # the table as well as any.
                    others = [one for one in names if one != name and self._lines(book, one)]
                    if others:
                        found = 2
                        break
                yield result
        if not names or (not table.sheet and found != 1):
            yield [_no_sheet(self.name, table, told, found)]

    def _lines(self, book: Opened, name: str) -> Lines | Fault:
        if name not in self.opened:
            rows = attempted(self.name, lambda: book.book.rows(book.sheets[name]))
            if isinstance(rows, Fault):
                rows = replace(rows, sheet=name)
            elif name == TO_PUT_RIGHT and rows and rows.get(0, {}).get(0) == PUT_RIGHT_TITLE:
                rows = {}  # our own list of what was refused, in a copy that comes back
            self.opened[name] = rows
        return self.opened[name]  # type: ignore[return-value]

    def looks(self, sheet: str) -> SheetLooks | Fault:
        """What is hidden, merged and coloured in a sheet."""
        if sheet not in self.looked:
            book = self.opened["book"]
            assert isinstance(book, Opened)
            found = attempted(self.name, lambda: book.book.looks(book.sheets[sheet]))
            self.looked[sheet] = replace(found, sheet=sheet) if isinstance(found, Fault) else found
        return self.looked[sheet]

    def is_hidden(self, sheet: str) -> bool:
        """Whether a sheet is hidden."""
        book = self.opened["book"]
        return isinstance(book, Opened) and book.sheets[sheet] in book.book.hidden


def not_readable(file: str) -> Fault:
    """The fault of a file of a kind that no mapping reads."""
    problem = "files of this kind are not read"
    hint = "Export it as one of these. From Excel: save it as 'Excel Workbook (.xlsx)'"
    allowed = ".xlsx, .csv, .txt, .tsv or .xml"
    return Fault(file=file, code="not_readable", problem=problem, allowed=allowed, hint=hint)


def _no_sheet(file: str, table: MappedTable, there: Sequence[str], found: int) -> Fault:
    if table.sheet:
        close = get_close_matches(table.sheet, there, n=1, cutoff=0.6)
        hint = f"Did you mean '{close[0]}'?" if close else "Put the pattern of sheet: right"
        problem = f"there is no sheet '{table.sheet}' among {len(there)} sheets"
        return Fault(file=file, code="sheet_missing", problem=problem, hint=hint)
    problem = "several sheets hold something" if found else "no sheet holds anything"
    hint = "Name the sheet: in the mapping"
    return Fault(file=file, code="sheet_missing", problem=problem, hint=hint)


def found_table(
    file: SourceFile, sheet: str, lines: Lines, table: MappedTable
) -> SourceTable | list[Fault]:
    """The table that a mapping describes among the rows of a sheet."""
    place = Fault(file=file.name, sheet=sheet)
    if not lines:
        return [replace(place, code="no_headings", problem="there is nothing in it")]
    rows = [row - 1 for row in table.headings_on] or [min(lines)]
    headings = _headings(lines, rows)
    faults = list(_heading_faults(place, headings, lines, rows[-1], table))
    numbers, after = _parted(lines, rows[-1], table.until)
    long = [row + 1 for row in numbers if not sheet and max(lines[row]) >= len(headings)]
    if long and not faults:  # a comma in a text moves every cell behind it under another heading
        faults = [CrookedLineError("too_many_cells", long[0]).fault(file.name, "", len(long))]
    if faults:
        return faults
    wanted = {at for at, one in enumerate(headings) if not (one and table.is_never(one))}
    if table.across is None:
        named = set(table.headings)
        # Only what the mapping names is ever looked at: a column with a name or an address is not
        # even put in one spelling.
        wanted = {at for at, heading in enumerate(headings) if heading in named}
    raw, raw_after = (_raw(lines, wanted, some, len(headings)) for some in (numbers, after))
    cautions = tuple(_short_told(lines, numbers, headings, wanted, f"sheet '{file.name}'"))
    if sheet:
        looks = file.looks(sheet)
        if isinstance(looks, Fault):
            return [looks]
        _as_it_looks(looks, lines, numbers, sorted(wanted), table, raw)
        cautions = tuple(hidden_told(looks, f"sheet '{sheet}'", headings, numbers, wanted))
        cautions += (SHEET_HIDDEN.format(sheet),) if file.is_hidden(sheet) else ()
    found = SourceTable(
        *(file.name, sheet, [row + 1 for row in numbers], headings, list(map(clean, raw))),
        above={name: cell_at(lines, cell.cell) for name, cell in table.cells_above.items()},
        cautions=cautions,
    )
    behind = [row + 1 for row in after]
    below = replace(found, rows=behind, columns=list(map(clean, raw_after)), cautions=())
    return replace(
        _rows_of(found, table, wanted), below=_rows_of(below, table, wanted) if after else None
    )


def _short_told(
    lines: Lines, rows: Sequence[int], headings: Sequence[str], wanted: set[int], where: str
) -> Iterator[str]:
    """A caution about lines of a text file that end before the last column that is read: blank
    cells at an end may be left out, and where a separator is lost every cell is another's.
    """
    last = max(wanted, default=-1)
    short = [row for row in rows if isinstance(lines, TextLines) and lines.widths[row] <= last]
    if short:
        yield (
            f"{where}: {counted(len(short), 'line')} of the table, first line {short[0] + 1}, "
            f"{'ends' if len(short) == 1 else 'end'} before the column '{headings[last]}': look "
            "whether a separator is missing"
        )


def _raw(lines: Lines, wanted: set[int], rows: Sequence[int], width: int) -> list[list[object]]:
    """The cells of the columns that are wanted, in some rows; no cells of the others."""
    cells = columns_of(lines, wanted, rows)
    return [cells.get(column, []) for column in range(width)]


def _rows_of(found: SourceTable, table: MappedTable, wanted: Iterable[int]) -> SourceTable:
    """The table without rows that hold nothing of it, such as numbered ones that wait for somebody,
    and without those that the mapping leaves out.
    """
    columns = [found.at(place) for place in wanted]
    if all(None in cells for cells in columns):  # seldom: a column without a blank has no such row
        rows = zip(*columns, strict=True)
        found = found.only([any(cell is not None for cell in row) for row in rows])
    for heading, values in table.leave_out.items():
        cells = found.cells(heading)
        found = found.only([cell is None or code_of(cell) not in values for cell in cells])
    return found


def _as_it_looks(
    looks: SheetLooks,
    lines: Lines,
    numbers: Sequence[int],
    wanted: Sequence[int],
    table: MappedTable,
    raw: list[list[object]],
) -> None:
    """Put into the cells what they seem to hold and do not: what a merged cell shows in others, and
    a colour without a word.
    """
    at = {row: place for place, row in enumerate(numbers)}
    for (row, column), (top, left) in looks.covered.items():
        if row in at and column in wanted:
            shown = lines.get(top, {}).get(left)
            # Whether a merged cell means each of its rows, only the mapping can say.
            shows = shown if table.merged == "each" else Broken.MERGED
            raw[column][at[row]] = None if shown is None else shows
    if table.colours == "refused":

        def is_blank(row: int, column: int) -> bool:
            return raw[column][at[row]] is None

        for row, column in looks.only_coloured(numbers, wanted, is_blank):
            raw[column][at[row]] = Broken.ONLY_COLOURED


def _headings(lines: Lines, rows: Sequence[int]) -> tuple[str, ...]:
    """The headings; of two rows both, the upper one standing for the columns beside it as well."""
    width = 1 + max(max(lines.get(row, {0: ""})) for row in rows)
    told = [""] * width
    for depth, row in enumerate(rows):
        cells, last = lines.get(row, {}), ""
        for column in range(width):
            cell = cells.get(column)
            text = "" if cell is None else one_spelling(heading_text(cell))
            if depth < len(rows) - 1:
                # A merged title stands in the first of its cells; the others are blank.
                text = last = text or last
            told[column] = f"{told[column]} {text}".strip()
    return tuple(told)


def heading_text(cell: object) -> str:
    """A heading as text: a date as year-month-day, a whole number by its digits."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)


def _parted(lines: Lines, last: int, until: Sequence[str]) -> tuple[list[int], list[int]]:
    """The rows of the table, up to the first that begins with words which end it; and those behind
    it that do not begin with such words.
    """
    ends = tuple(one_spelling(one).casefold() for one in until)
    rows = [row for row in sorted(lines) if row > last]
    if not ends:
        return rows, []
    first_of = firsts(lines)
    parts: tuple[list[int], list[int]] = ([], [])
    part = parts[0]
    for row in rows:
        first = first_of[row]
        if isinstance(first, str) and one_spelling(first).casefold().startswith(ends):
            # From the first such row on: what stands behind a total is looked at once more, as
            # children may stand there.
            part = parts[1]
        else:
            part.append(row)
    return parts


def _heading_faults(
    place: Fault, headings: Sequence[str], lines: Lines, row: int, table: MappedTable
) -> Iterator[Fault]:
    wanted = table.headings
    marks = [mark for mark in (",", ";", "\t", "|") if mark in headings[0]]
    if len(headings) == 1 and len(wanted) > 1 and marks and not place.sheet:
        problem = "the row of the headings is one cell"
        hint = "Say in the mapping how cells are separated, such as separator: ;"
        yield replace(place, row=row + 1, code="other_separator", problem=problem, hint=hint)
        return
    missing = [one for one in wanted if one_spelling(one) not in headings]
    if missing:
        # Told alone: with the wrong row read as headings every column is missing.
        below = _seem_to_stand(lines, wanted)
        if below is not None and below != row:
            problem = f"row {row + 1} was read as the headings; they seem to be in row {below + 1}"
            hint = f"Write headings_on: [{below + 1}] in the mapping"
            yield replace(place, row=row + 1, code="headings_below", problem=problem, hint=hint)
            return
    spare = {one.casefold(): one for one in headings if one and one not in wanted}
    for heading in missing:
        close = get_close_matches(heading.casefold(), spare, n=1)
        hint = "Add the column, or put the heading right in the mapping"
        if close:
            hint = f"Did you mean '{spare[close[0]]}'? Put it right in the mapping"
        problem = f"there is no column '{heading}'"
        missed = replace(place, row=row + 1, column=heading, code="column_missing")
        yield replace(missed, problem=problem, hint=hint)
    placed = {
        value.column
        for value in (*table.of_columns.values(), *table.of_metrics.values())
        if getattr(value, "place", 0)
    }
    for value in (*table.of_columns.values(), *table.of_metrics.values()):
        if getattr(value, "place", 0) > headings.count(value.column) > 0:
            problem = f"the heading '{value.column}' stands fewer times than its place says"
            few = replace(place, row=row + 1, column=value.column, code="column_missing")
            yield replace(few, problem=problem, hint="Put place: right in the mapping")
    for heading in wanted:
        times = headings.count(one_spelling(heading))
        if times > 1 and heading not in placed:
            problem = f"the heading '{heading}' stands {times} times"
            hint = "Say which is meant: {column: " + heading + ", place: 2}"
            twice = replace(place, row=row + 1, column=heading, code="duplicate_heading")
            yield replace(twice, problem=problem, hint=hint)


def _seem_to_stand(lines: Lines, wanted: Sequence[str]) -> int | None:
    """The row near the top in which the most of the headings stand, at least half of them."""
    held = {
        row: sum(
            isinstance(cell, str) and one_spelling(cell) in wanted for cell in lines[row].values()
        )
        for row in sorted(lines)[:MOST_TITLES]
    }
    best = max(held, key=lambda row: (held[row], -row))
    return best if held[best] and held[best] * 2 >= len(wanted) else None


def cell_at(lines: Lines, name: str) -> object:
    """The cell of a name such as B2; None where it is blank."""
    match = _CELL.fullmatch(name)
    assert match is not None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return lines.get(int(match[2]) - 1, {}).get(column - 1)


def cell_name(row: int, column: int) -> str:
    """The name of a cell, such as B2."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"
