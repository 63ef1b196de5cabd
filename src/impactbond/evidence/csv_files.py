"""CSV files: one set of rules, stated here, whoever reads them.

Text in UTF-8, with or without its mark; commas between the cells; quotation marks round a cell that
holds a comma, a line break or a quotation mark, which is then doubled; every line as many cells as
the first, which holds the headings. Every cell is a text, and an empty one is nothing. An engine is
told all of that: what it guesses, it guesses from the rows that it happens to look at.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from errno import EINVAL
from io import TextIOWrapper
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from impactbond.dialect import Dialect
from impactbond.errors import Fault, unopened
from impactbond.evidence.deliveries import refuse
from impactbond.evidence.files import Files, by_name
from impactbond.evidence.headings import MOST_TITLES, headings_below, repeated_headings
from impactbond.tables import FILE, ROW

LONGEST_CELL = 1_000_000  # characters; a quotation mark that nobody closed runs to the end
_LONGEST_LINE = 2 * LONGEST_CELL  # bytes; an engine keeps room for some of these at once
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "upright strokes"}
_CROOKED = {
    "not_csv": (
        "a quotation mark is not closed, or stands where none may",
        "Put the whole cell between quotation marks, and double those within it",
    ),
    "cell_too_long": (
        f"a cell holds more than {LONGEST_CELL:,} characters, or a quotation mark is not closed",
        "Shorten the text, or close the quotation mark",
    ),
    "too_many_cells": (
        "the line has more cells than there are headings",
        "Put a text that holds a comma between quotation marks",
    ),
    "too_few_cells": (
        "the line has fewer cells than there are headings",
        "Write a comma for each empty cell, and a text of several lines between quotation marks",
    ),
}


_UNREADABLE = (OSError, EOFError, UnicodeDecodeError, zlib.error)


class CrookedLineError(Exception):
    """A line that cannot be read: a code of `_CROOKED`, and the line."""

    def __init__(self, code: str, line: int) -> None:
        super().__init__(code)
        self.code, self.line = code, line

    def fault(self, file: str, sheet: str = "", lines: int = 1) -> Fault:
        """The fault of as many lines of a file, of which this is the first."""
        problem, hint = _CROOKED[self.code]
        found = f"{lines} lines, of which this is the first" if lines > 1 else ""
        place = Fault(file=file, sheet=sheet, line=self.line, code=self.code)
        return replace(place, problem=problem, found=found, hint=hint)


@dataclass(frozen=True)
class CsvFiles(Files):
    """CSV files, each with its headings."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".csv.gz")
    headings: tuple[tuple[str, ...], ...] = ()
    quoted: tuple[bool, ...] = ()
    """Whether each holds a quotation mark: asked once, because all of a file is looked through."""

    @classmethod
    def opened(cls, paths: tuple[str, ...], name: str, wanted: Sequence[str]) -> CsvFiles:
        faults: list[Fault] = []
        headings = tuple(tuple(headings_of(Path(path), name, wanted, faults)) for path in paths)
        refuse(faults)
        return cls(name, paths, headings, tuple(map(_has_quotes, paths)))

    def misread(self) -> Iterator[Fault]:
        # Where a quotation mark is not closed, an engine may leave out the rest of the file and say
        # nothing: DuckDB 2.0.1 does, in its strict mode.
        for path, headings, quoted in zip(self.paths, self.headings, self.quoted, strict=True):
            # Without any quotation mark no cell can run over lines, and the engine's own reading is
            # enough.
            if quoted:
                yield from crooked_lines(Path(path), self.name, len(headings))

    def in_duckdb(self) -> str:
        dialect = Dialect("duckdb")
        stated = (
            "auto_detect = false, header = true, skip = 0, delim = ',', quote = '\"', escape = '\"'"
            ", nullstr = '', comment = '', encoding = 'utf-8', strict_mode = true"
            ", null_padding = false, ignore_errors = false, hive_partitioning = false"
            f", union_by_name = false, max_line_size = {_LONGEST_LINE}, filename = '{FILE}'"
        )
        alike: defaultdict[tuple[tuple[str, ...], bool], list[str]] = defaultdict(list)
        for path, headings, quoted in zip(self.paths, self.headings, self.quoted, strict=True):
            # Two threads cannot agree where a line begins if the text before may be quoted.
            # Files are read together where they are alike, each with the columns it has.
            alike[headings, not quoted].append(path)
        queries = []
        for (headings, parallel), paths in alike.items():
            columns = ", ".join(f"{dialect.text(one)}: 'VARCHAR'" for one in _columns(headings))
            read = ", ".join(dialect.text(dialect.path(path)) for path in paths)
            named = ", ".join(dialect.name(one) for one in headings if one)
            queries.append(
                f"SELECT {named}, {FILE}, CAST(NULL AS BIGINT) AS {ROW} FROM read_csv([{read}],"
                f" {stated}, columns = {{{columns}}}, parallel = {str(parallel).lower()})"
            )
        return " UNION ALL BY NAME ".join(queries)

    def in_spark(self, spark: Any) -> Any:
        from pyspark.sql.types import StringType, StructField, StructType

        alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for path, headings in zip(self.paths, self.headings, strict=True):
            alike[headings].append(path)
        frames = []
        for headings, paths in alike.items():
            fields = [StructField(one, StringType()) for one in _columns(headings)]
            frame = spark.read.csv(
                [Dialect("pyspark").path(path) for path in paths],
                schema=StructType(fields),
                **{"header": True, "enforceSchema": True, "multiLine": True, "mode": "FAILFAST"},
                **{"sep": ",", "quote": '"', "escape": '"', "nullValue": "", "emptyValue": ""},
                **{"encoding": "UTF-8", "maxCharsPerColumn": LONGEST_CELL},
                **{"ignoreLeadingWhiteSpace": False, "ignoreTrailingWhiteSpace": False},
            )
            named = (Dialect("pyspark").name(one) for one in headings if one)
            frames.append(frame.select(*named))
        return by_name(frames)

    def in_memory(self) -> pa.Table:
        names = dict.fromkeys(name for headings in self.headings for name in headings if name)
        cells: dict[str, list[str | None]] = {name: [] for name in names}
        files: list[str] = []
        rows: list[int] = []
        faults: list[Fault] = []
        for path, headings in zip(self.paths, self.headings, strict=True):
            lines: list[tuple[int, list[str]]] = []
            faults += crooked_lines(Path(path), self.name, len(headings), lines)
            places = {name: place for place, name in enumerate(headings)}
            for name, column in cells.items():
                place = places.get(name)
                # Files need not have the same columns: where one has none, its cells are blank.
                column += (None if place is None else one[place] or None for _, one in lines[1:])
            files += (Path(path).name for _ in lines[1:])
            rows += (number for number, _ in lines[1:])
        refuse(faults)
        read = {name: pa.array(column, pa.string()) for name, column in cells.items()}
        where = {"file": pa.array(files, pa.string()), "row": pa.array(rows, pa.int64())}
        return pa.table({**read, **where})

    def unreadable(self) -> Iterator[Fault]:
        for path, headings in zip(self.paths, self.headings, strict=True):
            yield from crooked_lines(Path(path), self.name, len(headings))
            if _ends_in_several_ways(Path(path)):
                yield Fault(
                    file=Path(path).name,
                    sheet=self.name,
                    code="several_line_ends",
                    problem="lines end in more than one way (as on Windows, and as elsewhere)",
                    hint="Save the file again, or read it row by row: at_rest=False, --row-by-row",
                )


def _columns(headings: Sequence[str]) -> list[str]:
    """A name for every column, those without a heading as well."""
    return [name or f"column {place}" for place, name in enumerate(headings, 1)]


@contextmanager
def _text(path: Path) -> Iterator[TextIOWrapper]:
    with _bytes(path) as file, TextIOWrapper(file, "utf-8-sig", newline="") as text:
        yield text


def _bytes(path: Path) -> Any:
    try:
        return gzip.open(path) if path.suffix.casefold() == ".gz" else path.open("rb")
    except ValueError:  # half a character in the name, or a null
        raise OSError(EINVAL, "the system does not take such a name") from None


def lines_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that is not empty, and the number of the line where it begins.

    Raises CrookedLineError, or one of _UNREADABLE: see `unopened_csv`.
    """
    # The limit is the process's, and is put back whatever happens.
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        with _text(path) as text:
            # A space after a comma is not part of a cell: cells are stripped, quoted or not.
            reader = csv.reader(text, strict=True, skipinitialspace=True)
            line = 1
            while True:
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    # The reader has one exception for everything; only its words tell them apart.
                    code = "cell_too_long" if "field limit" in str(error) else "not_csv"
                    raise CrookedLineError(code, line) from None
                if cells is None:
                    return
                if cells:
                    yield line, cells
                # A cell can run over lines: a row is called by the line on which it begins.
                line = reader.line_num + 1
    finally:
        csv.field_size_limit(before)


def lines_or_fault(path: Path) -> list[tuple[int, list[str]]] | Fault:
    """The lines of a file, as `lines_of` gives them, or why they cannot be read."""
    try:
        return list(lines_of(path))
    except CrookedLineError as wrong:
        return wrong.fault(path.name)
    except _UNREADABLE as error:
        return unopened_csv(path, error)


def straight_lines(path: Path) -> tuple[list[tuple[int, list[str]]], list[Fault]]:
    """The lines of a file, each with as many cells as its first line has headings; and why there is
    none, or what is wrong with others.
    """
    lines = lines_or_fault(path)
    if isinstance(lines, Fault):
        return [], [lines]
    straight: list[tuple[int, list[str]]] = []
    # A comma that is not quoted, as in 1,200.00, moves every cell behind it under another heading.
    faults = list(crooked_lines(path, "", len(lines[0][1]), straight)) if lines else []
    return straight, faults


def crooked_lines(
    path: Path, sheet: str, width: int, straight: list[tuple[int, list[str]]] | None = None
) -> Iterator[Fault]:
    """A fault for each way in which lines of a file are crooked, at the first such line.

    Cells beyond the headings may be there if they are empty. The other lines, each with as many
    cells as there are headings, are added to `straight`.
    """
    crooked: defaultdict[str, list[int]] = defaultdict(list)
    try:
        for number, cells in lines_of(path):
            if len(cells) < width:
                crooked["too_few_cells"].append(number)
            # Spreadsheets write commas behind the last column; a cell that holds something there
            # was moved.
            elif any(cells[width:]):
                crooked["too_many_cells"].append(number)
            elif straight is not None:
                straight.append((number, cells))
    except CrookedLineError as wrong:
        crooked[wrong.code].append(wrong.line)
    except _UNREADABLE as error:
        yield replace(unopened_csv(path, error), sheet=sheet)
    for code, lines in crooked.items():
        yield CrookedLineError(code, lines[0]).fault(path.name, sheet, len(lines))


def unopened_csv(path: Path, error: Exception) -> Fault:
    """Why a file is no text that can be read."""
    fault = Fault(file=path.name)
    match error:
        case UnicodeDecodeError():
            problem = "this is not text in UTF-8"
            hint = "Save it from Excel as 'CSV UTF-8', or deliver the workbook itself"
            return replace(fault, line=_line_of(path), code="not_utf8", problem=problem, hint=hint)
        case gzip.BadGzipFile() | EOFError() | zlib.error():
            problem = "this is not a whole file in gzip"
            return replace(fault, code="damaged", problem=problem, hint="Deliver it again")
        case OSError(strerror=str()):
            return unopened(path, error)
        case _:
            return replace(fault, code="damaged", problem="the file cannot be read")


def _line_of(path: Path) -> int:
    """The first line that is not UTF-8; 0 where no line can be told."""
    with _bytes(path) as file, suppress(*_UNREADABLE):
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8-sig")
            except UnicodeDecodeError:
                return number if b"\0" not in line else 0
    return 0


def headings_of(path: Path, name: str, wanted: Sequence[str], faults: list[Fault]) -> list[str]:
    """The headings of a file, "" where a column has none; adds to `faults` what is wrong there."""
    place = Fault(file=path.name, sheet=name)
    first: list[tuple[int, list[str]]] = []
    try:
        for line in lines_of(path):
            first.append(line)
            if len(first) == MOST_TITLES:
                break
    except CrookedLineError as wrong:
        if not first:
            faults.append(wrong.fault(path.name, name))
            return []
    except _UNREADABLE as error:
        faults.append(replace(unopened_csv(path, error), sheet=name))
        return []
    if not first:
        hint = "Deliver the file with its headings"
        faults.append(replace(place, code="no_headings", problem="there is nothing", hint=hint))
        return []
    headings = [" ".join(cell.split()) for cell in first[0][1]]
    faults += _wrong_headings(place, first, headings, wanted)
    return headings


def _wrong_headings(
    place: Fault, first: Sequence[tuple[int, list[str]]], headings: list[str], wanted: Sequence[str]
) -> Iterator[Fault]:
    """What is wrong with headings, given the first lines: each message says what was seen."""
    fault = replace(place, line=first[0][0], code="headings_below")
    below = headings_below([cells for _, cells in first], 0, wanted)
    separated = [
        word for mark, word in _SEPARATORS.items() if len(headings) == 1 and mark in first[0][1][0]
    ]
    if first[0][0] != 1:
        problem, hint = "the first line is empty", "Take it out: the headings stand in line 1"
        yield replace(fault, line=1, problem=problem, hint=hint)
    elif headings[0].casefold().startswith("sep="):
        problem = "the first line says how cells are separated"
        yield replace(fault, problem=problem, hint="Take it out: cells are separated by commas")
    elif separated:
        problem = f"this file is separated by {separated[0]}"
        hint = "Save it as CSV with commas ('CSV UTF-8, comma delimited')"
        yield replace(fault, code="not_csv", problem=problem, hint=hint)
    elif below:
        line = first[below - 1][0]
        problem = f"line 1 was read as the headings; they seem to stand in line {line}"
        yield replace(fault, problem=problem, hint="Take out what stands above them")
    yield from repeated_headings(place, headings)


def _has_quotes(path: str) -> bool:
    """Whether a file holds any quotation mark, or cannot be asked."""
    # Packed, or empty: not asked, and read the careful way.
    if path.casefold().endswith(".gz") or not Path(path).stat().st_size:
        return True
    with Path(path).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        return text.find(b'"') >= 0


def _ends_in_several_ways(path: Path) -> bool:
    with _text(path) as text:
        for _ in text:
            if isinstance(text.newlines, tuple):
                return True
    return False
