"""The cells of an .xlsx file, as far as they hold what a person sees in them.

Read as a stream, part by part: nothing is run or followed, no part is trusted to be as large as it
says, and no cell far away takes memory. A cell that shows no value, or another than it holds, comes
as what it is: a blank would read as "not evidenced", and nobody would be told.

Source: ECMA-376-1, 18 (SpreadsheetML), and ECMA-376-2 (the parts of the zip file).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from math import isfinite
from typing import IO
from xml.etree.ElementTree import Element, iterparse
from xml.parsers.expat import ParserCreate
from zipfile import ZipFile, ZipInfo

from impactbond.evidence.cells import Broken, Percent
from impactbond.evidence.number_formats import BUILT_IN, GENERAL, Shows, shown_by
from impactbond.evidence.plain_xml import quick_texts
from impactbond.evidence.quick_cells import MOST_AT_ONCE, Bounds, quick_rows
from impactbond.evidence.sheet_looks import SheetLooks, fill_of, looks_of
from impactbond.evidence.sheet_rows import Rows, SheetRows, spanned

MOST_CELLS = 20_000_000  # of a sheet: those there are, and those in the area that they span
MOST_BYTES = 2**30  # of all parts, unpacked
_MOST_BYTES_ANYWAY, _MOST_TIMES = 2**26, 200  # no honest workbook is packed more tightly
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_FIRST_1900, _FIRST_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_LEAP_OF_1900 = 60  # 29 February 1900, a day that spreadsheets have and calendars do not
_LAST_SERIAL = 2_958_466  # the first day of the year 10000
_IN_A_DAY = 86_400_000
_PIECE = 2**16  # bytes read at once
_MOST_KNOWN = 100_000  # different cells whose values are remembered
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


class UnreadableError(Exception):
    """A workbook that cannot be read though it may be whole; holds why, a stable code first."""


TOO_LARGE = UnreadableError("too_large", "the workbook is too large to be read")
SPREAD_TOO_FAR = UnreadableError(
    "spread_too_far", "a cell stands so far from the others that the sheet cannot be read"
)


@dataclass(frozen=True, slots=True, repr=False)
class Spreadsheet:
    """An .xlsx file in memory: the names of its sheets in their order, each with its part, and what
    cells refer to: texts, number formats and colours of styles, and the day that days are counted
    from. `hidden` are the places of sheets that are not seen, `values` what cells were found to be.
    """

    file: ZipFile
    entries: dict[str, ZipInfo]
    sheets: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    formats: tuple[tuple[Shows, Shows, Shows], ...]
    fills: tuple[str, ...]
    first_day: datetime
    hidden: frozenset[int]
    read_last: list[tuple[str, bytes]] = field(default_factory=list)
    values: dict[bytes, object] = field(default_factory=dict)

    @classmethod
    def of(cls, content: bytes) -> Spreadsheet:
        """The spreadsheet in some bytes.

        Raises UnreadableError, or whatever damaged bytes make of a zip file and of XML.
        """
        file = ZipFile(BytesIO(content))
        size = sum(entry.file_size for entry in file.infolist())
        if size > min(MOST_BYTES, max(_MOST_BYTES_ANYWAY, _MOST_TIMES * len(content))):
            raise TOO_LARGE
        # Some programs write names with backslashes, or in other capitals than links do.
        entries = {_part(entry.filename): entry for entry in file.infolist()}
        if len(entries) < len(file.infolist()):
            raise ValueError("a part is there twice")
        bare = cls(file, entries, (), (), (), (), _FIRST_1900, frozenset())
        book, links = bare._book()
        sheets: list[tuple[str, str]] = []
        hidden, is_1904 = set[int](), False
        for _, element in bare._read(book):
            if _local(element) == "sheet":
                kind = next(links[value] for key, value in element.items() if key.endswith("}id"))
                if element.get("state", "visible") != "visible":
                    hidden.add(len(sheets))
                is_cells = kind[0].endswith("/worksheet")
                sheets.append((element.get("name", ""), kind[1] if is_cells else ""))
            elif _local(element) == "workbookPr":
                is_1904 = element.get("date1904", "0") in ("1", "true")
        parts = {kind.rpartition("/")[2]: part for kind, part in links.values()}
        codes, fills = bare._styles(parts.get("styles"))
        return cls(
            file,
            entries,
            tuple(sheets),
            tuple(bare._texts(parts.get("sharedStrings"))),
            tuple(map(shown_by, codes)),
            tuple(fills),
            _FIRST_1904 if is_1904 else _FIRST_1900,
            frozenset(hidden),
        )

    def looks(self, sheet: int) -> SheetLooks:
        """What is hidden, merged and coloured in the sheet at that place. Raises as `of` does."""
        part = self.sheets[sheet][1]
        content = next((one for name, one in self.read_last if name == part), None)
        self.read_last.clear()
        return looks_of(self._content(part) if content is None else content, self.fills, _column)

    def rows(self, sheet: int) -> Rows:
        """The cells of the sheet at that place that are not blank, by row and column, both from 0.

        Raises as `of` does.
        """
        quick = self._quickly(sheet)
        rows = self._parsed(sheet) if quick is None else quick
        if spanned(rows) > MOST_CELLS:
            raise SPREAD_TOO_FAR
        return rows

    def _quickly(self, sheet: int) -> SheetRows | None:
        """The cells of a sheet that is written plainly; None where a parser has to look."""
        part = self.sheets[sheet][1]
        if self.entries[_part(part)].file_size > MOST_AT_ONCE:
            return None
        bounds, content = Bounds(_LAST_ROW, _LAST_COLUMN, MOST_CELLS), self._content(part)
        self.read_last[:] = [(part, content)]  # looks are looked for next, and unpacking takes time
        return quick_rows(content, self.value, self.texts, bounds, self.values)

    def _content(self, part: str) -> bytes:
        with self._open(part) as stream:
            return stream.read()

    def _parsed(self, sheet: int) -> Rows:
        found = _SheetCells(self)
        parser = ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = found.start, found.end
        parser.CharacterDataHandler = found.texts.append
        with self._open(self.sheets[sheet][1]) as stream:
            while piece := stream.read(_PIECE):
                parser.Parse(piece)
        parser.Parse(b"", True)
        return {row: cells for row, cells in sorted(found.rows.items()) if cells}

    def value(self, kind: str, style: str, text: str) -> object:
        """What a cell of a kind and style holds, of which the file says that text."""
        match kind:
            case "n":
                return self._number(text, style)
            case "s":
                return self.texts[_number(text, 0, len(self.texts) - 1, least=0)]
            case "str" | "inlineStr":
                return _unescaped(text)
            case "b":
                return {"1": True, "0": False, "true": True, "false": False}[text.strip()]
            case "d":
                return _written_day(text.strip())
        raise ValueError("a cell is of no known kind")

    def _number(self, text: str, style: str) -> object:
        number = float(text)
        if not isfinite(number) or "_" in text or not text.isascii():
            return Broken.SHOWS_OTHER
        above, below, nought = self.formats[_number(style, 0, len(self.formats) - 1, least=0)]
        match above if number > 0 else below if number else nought:
            case Shows.NUMBER:
                return number
            case Shows.PERCENT:
                # The float's shortest text, as if typed: 100 * 0.07 is more than 7 in floats.
                return Percent(Decimal(repr(number)) * 100)
            case Shows.DAY if 1 <= number < _LAST_SERIAL:
                return _plain_day(self._day(number))
            case Shows.DAY | Shows.TIME if 0 <= number < _LAST_SERIAL:
                return timedelta(days=number)
        return Broken.SHOWS_OTHER

    def _day(self, serial: float) -> datetime:
        days = serial + 1 if serial < _LEAP_OF_1900 and self.first_day is _FIRST_1900 else serial
        if days.is_integer():
            return self.first_day + timedelta(int(days))
        return self.first_day + timedelta(milliseconds=round(days * _IN_A_DAY))

    def _book(self) -> tuple[str, dict[str, tuple[str, str]]]:
        """The part that lists the sheets, and what it links to."""
        documents = self._links("").values()
        book = next(part for kind, part in documents if kind.endswith("/officeDocument"))
        return book, self._links(book)

    def _links(self, part: str) -> dict[str, tuple[str, str]]:
        """Kind and part of whatever a part links to, by their ids."""
        folder, name = posixpath.split(part)
        links = {}
        for _, element in self._read(posixpath.join(folder, "_rels", f"{name}.rels")):
            if _local(element) == "Relationship":
                target = element.get("Target", "").replace("\\", "/")
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                links[element.get("Id", "")] = (element.get("Type", ""), target)
        return links

    def _texts(self, part: str | None) -> Iterable[str]:
        """The texts that cells refer to by number."""
        if part is None or self.entries[_part(part)].file_size > MOST_AT_ONCE:
            return self._shared(part)
        with self._open(part) as stream:
            found = quick_texts(stream.read())
        return self._shared(part) if found is None else map(_unescaped, found)

    def _shared(self, part: str | None) -> Iterator[str]:
        """The texts that cells refer to by number."""
        for _, element in self._read(part) if part else ():
            if _local(element) == "si":
                yield _text_of(element)
                element.clear()

    def _styles(self, part: str | None) -> tuple[list[str], list[str]]:
        """The code of the number format, and the colour, of every style that cells refer to by
        number.
        """
        # In one pass, as the file has them: number formats and fills come first, and the styles
        # name both by number.
        codes, found = dict(BUILT_IN), [GENERAL]
        colours, fills = [""], [""]
        for _, element in self._read(part) if part else ():
            match _local(element):
                case "numFmt":
                    codes[int(element.get("numFmtId", ""))] = element.get("formatCode", GENERAL)
                case "fills":
                    colours = list(map(fill_of, element))
                case "cellXfs":
                    numbers = [int(style.get("numFmtId", "0")) for style in element]
                    found = [codes.get(number, GENERAL) for number in numbers]
                    of_styles = [int(style.get("fillId", "0")) for style in element]
                    fills = [colours[one] if 0 <= one < len(colours) else "" for one in of_styles]
        return found, fills

    def _read(self, part: str) -> Iterator[tuple[str, Element]]:
        """Every element of a part, each when it ends."""
        with self._open(part) as stream:
            yield from iterparse(stream, ("end",))

    def _open(self, part: str) -> IO[bytes]:
        return self.file.open(self.entries[_part(part)])


class _SheetCells:
    """The cells of a sheet, as its elements come one after another.

    Written out for speed: it is called four times for every cell of a large delivery.
    """

    def __init__(self, book: Spreadsheet) -> None:
        self.rows: dict[int, dict[int, object]] = {}
        self.texts: list[str] = []  # since the part of a cell began that is read
        self._value = book.value
        self._known: dict[tuple[str, str, str], object] = {}
        self._names: tuple[str, ...] = ()
        self._there = self._row = 0
        self._digits, self._column = "", -1
        self._cells: dict[int, object] = {}
        self._kind, self._style, self._text = "n", "0", ""
        self._has_formula = self._is_below = self._is_hint = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if not self._names:  # in whatever namespace the first one is, so are the others
            space = name.rpartition(" ")[0]
            names = ("c", "v", "t", "row", "f", "rPh", "sheetData")
            self._names = tuple(f"{space} {one}".lstrip() for one in names)
        cell, value, text, row, formula, hint, _ = self._names
        if name == cell:
            self._there += 1
            place = attributes.get("r")
            after = self._column + 1
            self._column = _column(place.removesuffix(self._digits)) if place else after
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s") or "0"
            self._text, self._has_formula = "", False
        elif name in (value, text):
            self.texts.clear()
        elif name == formula:
            self._has_formula = True
        elif name == hint:
            self._is_hint = True
        elif name == row and not self._is_below:
            self._row = _number(attributes.get("r"), self._row + 1, _LAST_ROW)
            if self._row - 1 in self.rows:
                raise ValueError("a row is there twice")
            self._digits, self._column, self._cells = str(self._row), -1, {}
            self.rows[self._row - 1] = self._cells
            if self._there > MOST_CELLS:
                raise TOO_LARGE

    def end(self, name: str) -> None:
        """An element ends."""
        cell, value, text, _, _, hint, every = self._names
        if name == value:
            if self._kind != "inlineStr":
                self._text = "".join(self.texts)
        elif name == cell:
            held = self._held()
            if held is None or held == "":
                return
            if self._column in self._cells:
                raise ValueError("a cell is there twice")
            self._cells[self._column] = held
        elif name == text:
            if self._kind == "inlineStr" and not self._is_hint:
                self._text += "".join(self.texts)
        elif name == hint:
            self._is_hint = False
        elif name == every:
            self._is_below = True  # where rows are no rows of cells but places of drawings

    def _held(self) -> object:
        """What the cell that ends holds; None where it is blank."""
        if self._kind == "e":
            return Broken.ERROR
        if not self._text:
            # A formula without its saved value holds none here; an empty text is a value.
            is_lost = self._has_formula and self._kind != "str"
            return Broken.NOT_CALCULATED if is_lost else None
        said = (self._kind, self._style, self._text)
        if said not in self._known:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[said] = self._value(*said)
        return self._known[said]


def _part(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _number(text: str | None, otherwise: int, most: int, *, least: int = 1) -> int:
    """A whole number of a file, in its bounds."""
    number = otherwise if text is None else int(text)
    if not least <= number <= most:
        raise ValueError("a number is out of its bounds")
    return number


_COLUMNS: dict[str, int] = {}  # of letters; at most as many as sheets have columns


def _column(letters: str) -> int:
    """The column, from 0, of the letters of a place such as B7; its digits are those of its row."""
    if (known := _COLUMNS.get(letters)) is not None:
        return known
    if not re.fullmatch("[A-Z]{1,3}", letters):
        raise ValueError("a cell is in no place of its row")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    _COLUMNS[letters] = _number(None, column, _LAST_COLUMN) - 1
    return _COLUMNS[letters]


def _text_of(element: Element) -> str:
    """The text in an element: of all its runs, without hints for its pronunciation."""
    texts = []
    for child in element:
        match _local(child):
            case "t":
                texts.append(child.text or "")
            case "r":
                texts += [one.text or "" for one in child if _local(one) == "t"]
    return _unescaped("".join(texts))


def _unescaped(text: str) -> str:
    """A text with the characters that the format writes as `_x000D_`, two for one beyond FFFF."""
    if "_x" not in text:
        return text
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _written_day(text: str) -> object:
    try:
        return _plain_day(datetime.fromisoformat(text).replace(tzinfo=None))
    except ValueError:  # a time, or a length of time
        return Broken.SHOWS_OTHER


def _plain_day(moment: datetime) -> date:
    return moment.date() if moment.time() == time() else moment
