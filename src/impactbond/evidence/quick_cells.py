"""The cells of a sheet whose XML is written as Excel and its like write it, found without a parser:
a large export is read several times as fast. Whatever is written otherwise is left to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers.expat import ExpatError, ParserCreate

from impactbond.evidence.cells import Broken

MOST_AT_ONCE = 2**27  # bytes of a sheet that is held in memory as a whole
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_ROW = re.compile(rb'r="([1-9]\d{0,6})"[^<>]*?(/?)>')
_ROW_HEAD = re.compile(rb'<row r="[1-9]\d{0,6}"([^<>]*?)/?>')
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([1-9]\d{0,6})"'
    rb'((?: s="\d+")?(?: t="(?:s|n|str|b|e)")?(?:/>|><v>[^<&]*</v></c>))'
)
_CELL_HEAD = re.compile(rb'(?: s="(\d+)")?(?: t="(\w+)")?')
_TEXT = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<&]*)</t></si>')
# One declaration at most, of this encoding, and then the outermost element: nothing before it.
_BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?"
    rb"(?: standalone=[\"'](?:yes|no)[\"'])? ?\?>)?\s*<[a-z]",
    re.IGNORECASE,
)
_BEFORE_TEXTS = re.compile(
    _BEGINS.pattern.removesuffix(rb"<[a-z]") + rb"<sst[^<>]*>\s*", re.IGNORECASE
)
# What XML does not allow, an entity, and the carriage return, of which a parser makes a line feed.
_NOT_PLAIN = re.compile(rb"[\x00-\x08\x0b-\x1f&]|\]\]>")
_MOST_KNOWN = 100_000

Value = Callable[[str, str, str], object]
Cells = dict[int, dict[int, object]]


def quick_rows(
    content: bytes, value: Value, column: Callable[[str], int], last_row: int
) -> Cells | None:
    """The cells that are not blank, by row and column from 0; None where a parser has to look.

    What is not a row, a cell or its value is seen by counting: every < of the rows must belong to
    one of them. What stands around the rows goes through the parser. Raises as `Spreadsheet.rows`.
    """
    first, end = content.find(_BEGIN), content.rfind(_END)
    is_plain = content.count(_BEGIN) == 1 and content.count(_END) == 1 and _is_plain(content)
    if not is_plain or first > end:
        return None
    if _NOT_PLAIN.search(content, first, end) or not _is_text(content[first:end]):
        return None
    # What rows say beside their numbers is alike in most: the parser sees each of it once.
    said = set(_ROW_HEAD.findall(content, first, end))
    told = b"".join(b'<row r="1"%s/>' % one for one in sorted(said))
    around = content[: first + len(_BEGIN)] + told + content[end:]
    ParserCreate(namespace_separator=" ").Parse(around, True)
    rows: Cells = {}
    known: dict[bytes, object] = {}
    heads: dict[bytes, tuple[str, str]] = {}
    columns: dict[bytes, int] = {}
    before, *pieces = content[first + len(_BEGIN) : end].split(b"<row ")
    if b"<" in before:
        return None
    for piece in pieces:
        head = _ROW.match(piece)
        if head is None:
            return None
        found, is_open = _CELL.findall(piece, head.end()), not head[2]
        # A cell with a value has four tags, a blank one is one, and a row that does not close
        # itself has one more at its end: any other < is something that the pattern passed over.
        # Each blank cell ends in />. Where a text holds that too, fewer tags would be expected than
        # the cells that were found have by themselves, and the parser looks.
        blank = piece.count(b"/>", head.end())
        tags = 4 * (len(found) - blank) + blank + is_open
        if piece.count(b"<") != tags or is_open != piece.rstrip().endswith(b"</row>"):
            return None
        row, digits = int(head[1]) - 1, head[1]
        if row in rows or row >= last_row:
            raise ValueError("a row is there twice, or too far down")
        rows[row] = _held(found, digits, known, heads, columns, value, column)
    return {row: cells for row, cells in sorted(rows.items()) if cells}


def _held(
    found: list[tuple[bytes, bytes, bytes]],
    digits: bytes,
    known: dict[bytes, object],
    heads: dict[bytes, tuple[str, str]],
    columns: dict[bytes, int],
    value: Value,
    column: Callable[[str], int],
) -> dict[int, object]:
    """The cells of one row by column. Raises ValueError for a cell of another row, or one twice."""
    cells: dict[int, object] = {}
    for letters, of_row, inside in found:
        if of_row != digits:
            raise ValueError("a cell is in no place of its row")
        if letters not in columns:
            columns[letters] = column(letters.decode())
        if inside not in known:
            if len(known) > _MOST_KNOWN:
                known.clear()
            known[inside] = _inside(inside, heads, value)
        held = known[inside]
        if held is None:
            continue
        at = columns[letters]
        if at in cells:
            raise ValueError("a cell is there twice")
        cells[at] = held
    return cells


def _inside(inside: bytes, heads: dict[bytes, tuple[str, str]], value: Value) -> object:
    """What a cell holds, by what its XML says after its place; None where it is blank. Of what
    stands before the values there are few, and each is read once.
    """
    head, _, text = inside.partition(b"><v>")
    if not text:
        head = head.removesuffix(b"/>")
    if head not in heads:
        match = _CELL_HEAD.fullmatch(head)
        if match is None:
            raise ValueError("a cell is written as none is")
        heads[head] = (match[2] or b"n").decode(), (match[1] or b"0").decode()
    kind, style = heads[head]
    if kind == "e":
        return Broken.ERROR
    shown = text[: -len(b"</v></c>")]
    held = value(kind, style, shown.decode()) if shown else None
    return None if held == "" else held


def _is_text(content: bytes) -> bool:
    try:
        return content.isascii() or bool(content.decode())
    except UnicodeDecodeError:
        return False


def _is_plain(content: bytes) -> bool:
    """Whether nothing can stand in it that a parser would not see as elements: no comment, no text
    kept apart, no instruction but the first, no other encoding.
    """
    if b"<!" in content or content.count(b"<?") > content.startswith((b"<?", b"\xef\xbb\xbf<?")):
        return False
    return _BEGINS.match(content) is not None


def quick_texts(content: bytes) -> list[str] | None:
    """The texts that cells refer to, where all are plain; None where a parser has to look."""
    first, end = content.find(b"<si>"), content.rfind(b"</sst>")
    # An empty text before the first that is found, `<si/>`, would move all others up by one.
    is_first = first >= 0 and _BEFORE_TEXTS.fullmatch(content, 0, first) is not None
    if not is_first or end < first or not _is_plain(content):
        return None
    if _NOT_PLAIN.search(content, first, end) or not _is_text(content[first:end]):
        return None
    try:
        ParserCreate(namespace_separator=" ").Parse(content[:first] + content[end:], True)
    except ExpatError:
        return None
    found = _TEXT.findall(content, first, end)
    if content.count(b"<", first, end) != 4 * len(found):
        return None
    return [one.decode() for one in found]
