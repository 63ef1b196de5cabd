"""A partner's file as far as it is understood before anybody says what is in it: how it is written,
where the headings of each sheet stand, and which columns lie below them.

And what of a partner's file may be told by its own words: headings, names of sheets and of the
file.

They are what a proposal is made of; and a file without headings, shifted cells, a tab for each
child or a file for each put there what says who a child is. What reads like that is told by its
place. A single word is told: no list tells Remarks from a name that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.deliveries import Cells, clean
from impactbond.evidence.personal import cell_tells
from impactbond.evidence.workbook import NOTES, Opened, attempted, open_workbook
from impactbond.mappings.source_files import SourceFile, heading_text, not_readable
from impactbond.mappings.tables import Line, Lines, text_lines
from impactbond.texts import one_spelling

_ENDS = re.compile(r"(sub)?totals?\b|printed|produced|average|mean\b|key\b", re.IGNORECASE)
_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_PARTS = re.compile(r"[\w-]+")
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec"  # Sep-24 is a month
_REFERENCE = re.compile(rf"(?<![^\W\d_])(?!(?:{_MONTH})[a-z]*-)[^\W\d_]+-+ ?\d", re.IGNORECASE)
_LOOKED_AT = 20  # rows or lines, from the first
_CANNOT = "The file cannot be read."


@dataclass(eq=False, repr=False)
class UnderstoodSheet:
    """A sheet as far as it was understood. `titles` are the cells above its headings."""

    name: str
    heading_row: int
    headings: list[str]
    columns: list[Cells]
    titles: dict[tuple[int, int], object]
    ends: str = ""
    lines: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def understood_sheets(file: SourceFile, how: list[str]) -> Iterator[UnderstoodSheet]:
    """The sheets of a file that hold something; adds to `how` what a text file needs to be read.

    Raises EvidenceError where the file cannot be read, or a sheet has no headings.
    """
    for name, lines in _sheets(file, how):
        if lines:
            yield _understood(file.name, name, lines)


def _sheets(file: SourceFile, how: list[str]) -> Iterator[tuple[str, Lines]]:
    suffix = file.path.suffix.casefold()
    if suffix in (".csv", ".txt", ".tsv"):
        yield "", _text(file, how)
        return
    if suffix == ".xml":
        problem = "an XML file has elements in place of headings, and nothing is proposed for it"
        hint = "Write rows_at: with the path of what is a row, and the paths of its cells"
        fault = Fault(file=file.name, code="no_headings", problem=problem, hint=hint)
        raise EvidenceError("Nothing can be proposed.", [fault])
    if suffix != ".xlsx":
        raise EvidenceError(_CANNOT, [not_readable(file.name)])
    book = open_workbook(file.path)
    if not isinstance(book, Opened):
        raise EvidenceError(_CANNOT, [book])
    for name, place in book.sheets.items():
        rows = attempted(file.name, lambda place=place: book.book.rows(place))  # type: ignore[misc]
        if isinstance(rows, Fault):
            raise EvidenceError(_CANNOT, [rows])
        if name not in NOTES:
            yield name, rows


def _text(file: SourceFile, how: list[str]) -> Lines:
    """The cells of a text file: its encoding by its first bytes or by what it decodes as, its
    separator by how often each stands in the line that has the most of them.
    """
    encoding = next((one for one in ("utf-8", "windows-1252") if _decodes(file, one)), "utf-16")
    # By their mark: these bytes would decode as other letters too.
    if file.content.startswith(_MARKS_OF_UTF_16):
        encoding = "utf-16"
    codec = {"utf-8": "utf-8-sig", "windows-1252": "cp1252"}.get(encoding, encoding)
    near = file.content.decode(codec, "replace").splitlines()[:_LOOKED_AT]
    most = {
        one: max((line.count("\t" if one == "tab" else one) for line in near), default=0)
        for one in (",", ";", "tab", "|")
    }
    separator = max(most, key=lambda one: most[one])
    how += [f"encoding: {encoding}"] if encoding != "utf-8" else []
    how += ['separator: "|"' if separator == "|" else f"separator: {separator}"] * (
        separator != ","
    )
    lines = text_lines(file.name, file.content, encoding, separator)
    if isinstance(lines, Fault):
        raise EvidenceError(_CANNOT, [lines])
    return lines


def _decodes(file: SourceFile, encoding: str) -> bool:
    try:
        file.content.decode("utf-8-sig" if encoding == "utf-8" else "cp1252")
    except UnicodeDecodeError:
        return False
    return True


def _understood(file: str, name: str, lines: Lines) -> UnderstoodSheet:
    """Where the headings of a sheet stand, and the columns below them."""
    rows = sorted(lines)
    near = rows[:_LOOKED_AT]
    most = max(len(lines[row]) for row in near)
    # The first row that is nearly as wide as the widest: titles above a table are short.
    # Six tenths of the widest: a column or two may have no heading.
    heading_row = next(row for row in near if len(lines[row]) * 10 >= most * 6)
    cells = lines[heading_row]
    width = 1 + max(cells)
    headings = [one_spelling(heading_text(cells.get(at, ""))) for at in range(width)]
    below = [row for row in rows if row > heading_row]
    rows_held, ends, unsure = _table_rows(lines, heading_row, below)
    columns = [clean(lines[row].get(at) for row in rows_held) for at in range(width)]
    # Of a file without headings the first row is a child's, and may well stand in it twice.
    others = [row for row in below if lines[row] != cells]
    whole = [clean(lines[row].get(at) for row in others) for at in range(width)]
    held = {one for column in whole for one in column if isinstance(one, str)}
    # A reference of a child among the headings stands in another column below.
    is_reference = any({"a", "9"} <= set(_shape(one)) and one in held for one in headings)
    # Of a file that breaks off, the first row can be the widest, and the last that is whole.
    is_last = not rows_held and any(len(lines[row]) > 1 for row in rows if row < heading_row)
    if is_last or is_reference or any(map(_is_a_cell, headings, whole)):
        problem = "what should be the headings looks like a row: it reads like what stands below it"
        if is_last:
            problem = "what should be the headings may be a row: nothing stands below it"
        hint = "Write headings above the rows: a mapping names columns by them"
        fault = Fault(file=file, sheet=name, row=heading_row + 1, code="no_headings")
        raise EvidenceError(
            "Nothing can be proposed.", [replace(fault, problem=problem, hint=hint)]
        )
    like = dict.fromkeys(
        _like_references(headings, [lines[row] for row in rows if lines[row] != cells]),
        "a reference",
    )
    like |= {at: what for at, one in enumerate(headings) if (what := reads_like(one))}
    for at, what in sorted(like.items()):
        headings[at] = ""
        told = f"reads like {what}, and is not repeated here: write where it belongs"
        unsure.append(f"the heading of column {at + 1} {told}")
    titles = {
        (row, at): cell for row in rows if row < heading_row for at, cell in lines[row].items()
    }
    return UnderstoodSheet(name, heading_row, headings, columns, titles, ends, unsure=unsure)


def _like_references(headings: Sequence[str], others: Sequence[Line]) -> list[int]:
    """The headings of which a part is written as a reference often is, or as a cell of another row
    is, in letters and digits: whoever shifts cells, or loses the end of a line, has them there.
    """
    texts = {cell for line in others for cell in line.values() if isinstance(cell, str)}
    shapes = {shape for shape in map(_shape, texts) if {"a", "9"} <= set(shape)}
    return [
        at
        for at, heading in enumerate(headings)
        if _REFERENCE.search(heading) or not shapes.isdisjoint(map(_shape, _PARTS.findall(heading)))
    ]


def _table_rows(
    lines: Lines, heading_row: int, below: Sequence[int]
) -> tuple[list[int], str, list[str]]:
    """The rows of a table, the word that begins the row which ends it, and what is unsure of both:
    totals between rows, and headings that stand again.
    """
    heads = lines[heading_row]
    first = str(heads[min(heads)])
    # The same headings once more begin a second table. Of a file without headings they would be a
    # child's row that stands twice, which has a digit in its first cell.
    is_word = not any(letter.isdigit() for letter in first)
    again = next((row for row in below if is_word and lines[row] == heads), None)
    full = [row for row in below if len(lines[row]) * 2 >= len(heads) and _end_of(lines[row]) == ""]
    within = [row for row in below if again is None or row < again]
    last = max((row for row in full if row in within), default=heading_row)
    # A total below the last full row ends the table; one between rows only leaves itself out, and a
    # word for both would cut off the children below the first.
    ends = next((_end_of(lines[row]) for row in within if row > last and _end_of(lines[row])), "")
    unsure = []
    totals = {_end_of(lines[row]) for row in within if row < last} - {""}
    for word in sorted(totals):
        unsure.append(f"rows that begin with '{word}' stand between others: name them in leave_out")
    if again is not None:
        unsure.append(f"the headings stand again in row {again + 1}: what is below is not proposed")
    held = [row for row in within if row <= last and _end_of(lines[row]) == ""]
    return held, "" if ends in totals else ends, unsure


def _end_of(line: object) -> str:
    """The word that begins a row which ends a table; "" where it is none."""
    assert isinstance(line, dict)
    first = line[min(line)]
    match = _ENDS.match(first) if isinstance(first, str) else None
    return match[0] if match else ""


def _is_a_cell(heading: str, cells: Cells) -> bool:
    """Whether a heading may be a value, as in a file without headings: it stands below itself, or
    is written as half of its column is, with digits among letters or marks. Headings are shown, and
    the first row of such a file is a child's.
    """
    below = [one_spelling(cell) for cell in cells if isinstance(cell, str)]
    if not heading or not below:
        return False
    shape = _shape(heading)
    if not shape.strip("9."):  # the numbers of questions stand above their answers
        return False
    alike = sum(_shape(one) == shape for one in below)
    return heading in below or ("9" in shape and 2 * alike >= len(below))


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "9", text))


_A_NAME = re.compile(r"[^\W\d_]+(['’-][^\W\d_]+)*\.?")
_BETWEEN = re.compile(r"[\s,_]+")
_LONG_NUMBER = re.compile(r"\d([ +()-]*\d){6,}")
_DAYS = re.compile(r"\d{4}-\d\d-\d\d|\d\d-\d\d-\d{4}")  # which a long number does not stand in
# Words that headings, tabs and files are made of; two others with capitals in a row are a name.
_NO_NAMES = frozenset(
    re.findall(
        "[a-z]+",
        """
        absence absent academic academy achieved activity address adult after age aim all am
        amount and answer answers apologies apr area arrived art as at attainment attendance
        attended attendees attending aug authorised autumn average award band baseline
        before behaviour boarding borough by case centre change check child children city
        class cleaned client closed club code codes cohort comment comments community
        completed conduct contact control conversation count country county course created
        current data date dates day days dec december delivered delivery department
        description detail details development did difference difficulties district during
        early education emotional end ended english enrolled entered entry ethnicity
        evaluation event exclusions exit expected export exported family feb february fee
        female file final first following forename form forms foundation free friday from
        full fund funding gender goal good grade grammar group groups half head headteacher
        health held high hours house id impact in index informant inset instrument intake
        intervention issue item january july key keyworker language last late learner
        learning leave left lesson level list local location low male march mark marks maths
        mean measure meeting member mental mentor metric mid milestone minutes missed mode
        monday month months morning name need needs new next no none not note notes notice
        nov november nr number oct october of offer offered on open organisation other
        outcome outcomes overall page parent parental participant pathway peer per percent
        percentage period persistent person phase phonics physical planned pm points portal
        post pre premium present previous primary pro problems process produced profile
        programme progress project prosocial provider provision pupil pupils quarter
        question rate raw reading reason received record recorded records ref reference
        referral region register registered registration reliability remarks report
        reporting required response responses result results return review room row sas
        saturday scale school schools score scored scores screening season secondary sen
        send sent sep sept september service session sessions setting sex sheet signed site
        skills social source spelling spring staff stage standard standardised standing
        stanine start started status std strengths student study subject suffix sum summary
        sunday support surname survey table tables target teacher team term terms test tests
        the this through thursday time times title to total totals transport tuesday tutor
        type unauthorised unique unit units up upper used user value venue version visit
        visits volunteer wave wednesday week weekly weeks welfare wellbeing with worker
        writing year years yes young youth
        """,
    )
)


def reads_like(text: str) -> str:
    """What a heading or a name reads like of what says who a child is; nothing otherwise."""
    if what := cell_tells(text):
        return what
    if _LONG_NUMBER.search(_DAYS.sub("", text)):
        return "a long number"
    words = [word for word in _BETWEEN.split(text) if word]
    strange = [bool(_is_a_name(word)) for word in words]
    return "a name" if any(map(all, pairwise(strange))) else ""


def _is_a_name(word: str) -> bool:
    is_word = _A_NAME.fullmatch(word) and word[0].isupper() and not word.isupper()
    return bool(is_word) and word.casefold().strip(".") not in _NO_NAMES
