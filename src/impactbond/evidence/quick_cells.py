"""The cells of a sheet whose XML is written as Excel and its like write it, found without a parser:
a large export is read several times as fast. Whatever is written otherwise is left to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from impactbond.evidence.cells import Broken

MOST_AT_ONCE = 2**27  # bytes of a sheet that is held in memory as a whole
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_ROW = b'<row r="'
_ROW_ELSEWHERE = re.compile(rb"<(?:[^<>\s]*:)?(?:row|c)[\s/>]")
_MOST_DIGITS = 7
# What stands from behind the place of a cell to the place of the next, or to the end of the row;
# and likewise what a row says of itself. They are read as a whole: nothing passes between them.
_INSIDE = rb'(?: s="(\d+)")?(?: t="(s|n|str|b|e)")?(?:/>|><v>([^<&]*)</v></c>)'
_CELL = rb'<c r="([A-Z]{1,3})'
_MIDDLE = re.compile(rb"%b\s*%b" % (_INSIDE, _CELL))
_LAST = re.compile(rb"%b\s*</row>\s*" % _INSIDE)
_HEAD = re.compile(rb"([^<>]*)(?<!/)>\s*%b" % _CELL)
_ALONE = re.compile(rb"([^<>]*?)(?:/>|>\s*</row>)\s*")
_PLACED = re.compile(rb'%b([1-9]\d{0,6})"%b\s*' % (_CELL, _INSIDE))
_BEFORE_CELLS = re.compile(rb"([^<>]*)(?<!/)>\s*")
_AFTER_CELLS = re.compile(rb"</row>\s*")
_TEXT = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<&]*)</t></si>')
# One declaration at most, of this encoding, and then the outermost element: nothing before it.
_BEFORE = (
    rb"(?:\xef\xbb\xbf)?(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?"
    rb"(?: standalone=[\"'](?:yes|no)[\"'])? ?\?>)?\s*"
)
_BEGINS = re.compile(_BEFORE + rb"<[a-z]", re.IGNORECASE)
_BEFORE_TEXTS = re.compile(_BEFORE + rb"<sst[^<>]*>\s*", re.IGNORECASE)
# What XML does not allow, an entity, and the carriage return, of which a parser makes a line feed.
_NOT_PLAIN = bytes({*range(0x20)} - set(b"\t\n")) + b"&"
_MOST_KNOWN = 100_000

Value = Callable[[str, str, str], object]
Cells = dict[int, dict[int, object]]


def quick_rows(
    content: bytes, value: Value, column: Callable[[str], int], last_row: int
) -> Cells | None:
    """The cells that are not blank, by row and column from 0; None where a parser has to look.

    What stands around the rows goes through the parser. Raises as `Spreadsheet.rows`.
    """
    first, end = content.find(_BEGIN), content.rfind(_END)
    is_plain = content.count(_BEGIN) == 1 and content.count(_END) == 1 and _is_plain(content)
    if not is_plain or first > end:
        return None
    inside = content[first + len(_BEGIN) : end]
    if _has_more(inside) or not _is_text(inside):
        return None
    before, *pieces = inside.split(_ROW)
    # Above and below the place of rows a parser would see rows and cells too.
    elsewhere = _ROW_ELSEWHERE.search(content, 0, first) or _ROW_ELSEWHERE.search(content, end)
    if b"<" in before or elsewhere:
        return None
    _parse(content[: first + len(_BEGIN)], b"", content[end:])
    sheet = _PlainRows(value, column)
    rows: Cells = {}
    for piece in pieces:
        digits = piece[: piece.find(b'"')]
        if not digits.isdigit() or digits.startswith(b"0") or len(digits) > _MOST_DIGITS:
            return None
        # The number of a row stands before nearly all that a row says, and tells it apart.
        cells = sheet.cells(piece.split(digits + b'"')) or sheet.placed(piece, digits)
        if cells is None:
            return None
        row = int(digits) - 1
        if row in rows or row >= last_row:
            raise ValueError("a row is there twice, or too far down")
        rows[row] = cells
    # What rows say beside their numbers is alike in most: the parser sees each of it once.
    told = b"".join(b'<row r="1"%b/>' % one for one in sorted(sheet.said))
    _parse(content[: first + len(_BEGIN)], told, content[end:])
    return {row: cells for row, cells in sorted(rows.items()) if cells}


class _PlainRows:
    """The rows of a sheet, as they come one after another. What is the same in many of them, cells
    above all, is looked into once.
    """

    def __init__(self, value: Value, column: Callable[[str], int]) -> None:
        self.said: set[bytes] = set()  # what rows say of themselves
        self._value, self._column = value, column
        self._heads: dict[bytes, int] = {}  # the column of the first cell
        self._middles: dict[bytes, tuple[object, int]] = {}  # what is held, and the next column
        self._lasts: dict[bytes, object] = {}

    def cells(self, parts: list[bytes]) -> dict[int, object] | None:
        """The cells of a row that is cut at its own number; None of a row that is written
        otherwise, or where the number stands for something else too.
        """
        if len(parts) == 2:
            alone = _ALONE.fullmatch(parts[1])
            if alone is not None:
                self.said.add(alone[1])
            return None if alone is None else {}
        at = self._heads.get(parts[1])
        if at is None and (at := self._begun(parts[1])) is None:
            return None
        cells: dict[int, object] = {}
        known = self._middles
        for part in parts[2:-1]:
            found = known.get(part)
            if found is None and (found := self._found(part)) is None:
                return None
            held, following = found
            if held is not None:
                if at in cells:
                    raise ValueError("a cell is there twice")
                cells[at] = held
            at = following
        last = parts[-1]
        if last not in self._lasts:
            match = _LAST.fullmatch(last)
            if match is None:
                return None
            _bounded(self._lasts)[last] = self._held(*match.groups())
        held = self._lasts[last]
        if held is not None:
            if at in cells:
                raise ValueError("a cell is there twice")
            cells[at] = held
        return cells

    def placed(self, piece: bytes, digits: bytes) -> dict[int, object] | None:
        """The cells of a row, by their places one after another; None where a parser has to look.
        Raises ValueError for a cell of another row, or one twice.
        """
        begun = _BEFORE_CELLS.match(piece, len(digits) + 1)
        if begun is None:
            alone = _ALONE.fullmatch(piece, len(digits) + 1)
            if alone is not None:
                self.said.add(alone[1])
            return None if alone is None else {}
        self.said.add(begun[1])
        cells: dict[int, object] = {}
        at = begun.end()
        while (match := _PLACED.match(piece, at)) is not None:
            if match[2] != digits:
                raise ValueError("a cell is in no place of its row")
            column, at = self._column(match[1].decode()), match.end()
            held = self._held(*match.groups()[2:])
            if held is not None:
                if column in cells:
                    raise ValueError("a cell is there twice")
                cells[column] = held
        return cells if _AFTER_CELLS.fullmatch(piece, at) else None

    def _begun(self, part: bytes) -> int | None:
        match = _HEAD.fullmatch(part)
        if match is None:
            return None
        self.said.add(match[1])
        _bounded(self._heads)[part] = self._column(match[2].decode())
        return self._heads[part]

    def _found(self, part: bytes) -> tuple[object, int] | None:
        match = _MIDDLE.fullmatch(part)
        if match is None:
            return None
        style, kind, text, following = match.groups()
        found = self._held(style, kind, text), self._column(following.decode())
        _bounded(self._middles)[part] = found
        return found

    def _held(self, style: bytes | None, kind: bytes | None, text: bytes | None) -> object:
        """What a cell holds, by what its XML says after its place; None where it is blank."""
        if kind == b"e":
            return Broken.ERROR
        if not text:
            return None
        held = self._value((kind or b"n").decode(), (style or b"0").decode(), text.decode())
        return None if held == "" else held


def _parse(*parts: bytes) -> None:
    """Raises ExpatError where some bytes are no XML."""
    ParserCreate(namespace_separator=" ").Parse(b"".join(parts), True)


def _bounded(known: dict[bytes, Any]) -> dict[bytes, Any]:
    """What is known, or nothing of it where it is too much to be kept."""
    if len(known) > _MOST_KNOWN:
        known.clear()
    return known


def _is_text(content: bytes) -> bool:
    try:
        return content.isascii() or bool(content.decode())
    except UnicodeDecodeError:
        return False


def _has_more(content: bytes) -> bool:
    """Whether anything in it is not as a parser gives it."""
    return len(content.translate(None, _NOT_PLAIN)) < len(content) or b"]]>" in content


def _is_plain(content: bytes) -> bool:
    """Whether nothing can stand in it that a parser would not see as elements: no comment, no text
    kept apart, no instruction but the first, no other encoding.
    """
    # Looked for sign by sign first: nearly no sheet has them, and every third byte may be a <.
    if b"!" in content and b"<!" in content:
        return False
    begins = content.startswith((b"<?", b"\xef\xbb\xbf<?"))
    # The instruction that it may begin with has two.
    if content.count(b"?") > 2 * begins and content.count(b"<?") > begins:
        return False
    return _BEGINS.match(content) is not None


def quick_texts(content: bytes) -> list[str] | None:
    """The texts that cells refer to, where all are plain; None where a parser has to look."""
    first, end = content.find(b"<si>"), content.rfind(b"</sst>")
    # An empty text before the first that is found, `<si/>`, would move all others up by one.
    is_first = first >= 0 and _BEFORE_TEXTS.fullmatch(content, 0, first) is not None
    if not is_first or end < first or not _is_plain(content):
        return None
    if _has_more(content[first:end]) or not _is_text(content[first:end]):
        return None
    try:
        _parse(content[:first], content[end:])
    except ExpatError:
        return None
    found = _TEXT.findall(content, first, end)
    if content.count(b"<", first, end) != 4 * len(found):
        return None
    return [one.decode() for one in found]
