"""The cells of a sheet whose XML is written as Excel and its like write it, found without a parser:
a large export is read several times as fast. Whatever is written otherwise is left to the parser.

The tags of some rows at a time are looked at together, as arrays of where they begin and end: of
600,000 cells each step of Python's would take longer than all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from impactbond.evidence.cells import Broken
from impactbond.evidence.sheet_rows import Objects, SheetRows

MOST_AT_ONCE = 2**27  # bytes of a sheet that is held in memory as a whole
_PIECE = 2**22  # bytes of it whose tags are looked at together
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_OUTSIDE = re.compile(rb"<(?:row|c)[\s/>]")
_CELL_HEAD = re.compile(rb'(?: s="(\d+)")?(?: t="(s|n|str|b|e)")?/?')
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

# The tags of rows: each followed by which others.
_ROW, _ROW_ALONE, _ROW_ENDS, _CELL, _CELL_ALONE, _CELL_ENDS, _VALUE, _VALUE_ENDS = range(1, 9)
# Whatever is not written so is left to the parser: to read less quickly costs time, to read
# otherwise costs somebody's money.
_FOLLOWS = {
    _ROW: (_CELL, _CELL_ALONE, _ROW_ENDS),
    _ROW_ALONE: (_ROW, _ROW_ALONE),
    _ROW_ENDS: (_ROW, _ROW_ALONE),
    _CELL: (_VALUE,),
    _CELL_ALONE: (_CELL, _CELL_ALONE, _ROW_ENDS),
    _CELL_ENDS: (_CELL, _CELL_ALONE, _ROW_ENDS),
    _VALUE: (_VALUE_ENDS,),
    _VALUE_ENDS: (_CELL_ENDS,),
}
_MAY_FOLLOW = np.array([[two in _FOLLOWS.get(one, ()) for two in range(9)] for one in range(9)])
_BEGINS_ROWS = np.isin(np.arange(9), (_ROW, _ROW_ALONE))
_ENDS_ROWS = np.isin(np.arange(9), (_ROW_ENDS, _ROW_ALONE))
# The last row has seven digits: an eighth tells a number that is too long from one that is not.
_MOST_DIGITS = 8

Value = Callable[[str, str, str], object]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


class _NotPlainError(Exception):
    """Something is written as a parser has to read it."""


class _PieceRead(NamedTuple):
    """Rows by their numbers in the file, and cells that are not blank: each with the place of its
    row among them, its column from 0, and what it holds.
    """

    rows: Places
    row_of: Places
    columns: Places
    held: Objects


def quick_rows(content: bytes, value: Value, texts: Objects, bounds: Bounds) -> SheetRows | None:
    """The cells that are not blank; None where a parser has to look, which tells what is wrong.

    `texts` are those that cells refer to by number. What is not a row, a cell or its value is seen
    at its tag: each must be followed by one that may follow it. What stands around the rows goes
    through the parser.
    """
    first, end = content.find(_BEGIN), content.rfind(_END)
    if not 0 <= first < end:
        return None
    before, after = content[:first], content[end:]
    # Behind the end stands what belongs to no tag: what looks on from one finds it, not the end.
    # Padded, so that arrays that look some bytes on from the last tag do not run over the end.
    inside = b"".join((memoryview(content)[first + len(_BEGIN) : end], b" " * 32))
    around = before + _BEGIN + after
    if not _is_plain(around) or _OUTSIDE.search(around) or not _is_plain_text(inside):
        return None
    sheet = _Sheet(inside, value, texts, bounds)
    try:
        rows = sheet.together([sheet.cells(*ends) for ends in sheet.pieces()])
        # What rows say beside their numbers is alike in most: the parser sees each of it once.
        # The rows are taken out and one of each sort put in their place: the parser then judges the
        # frame of the sheet, which must be whole too.
        told = b"".join(b'<row r="1"%s/>' % one.removesuffix(b"/") for one in sorted(sheet.said))
        ParserCreate(namespace_separator=" ").Parse(before + _BEGIN + told + after, True)
    except (_NotPlainError, ExpatError):
        return None
    return rows


class Bounds(NamedTuple):
    """The last row and the last column of a sheet, from 1, and how many cells one may span."""

    last_row: int
    last_column: int
    most: int


class _Sheet:
    """The rows of a sheet while they are read."""

    def __init__(self, inside: bytes, value: Value, texts: Objects, bounds: Bounds) -> None:
        self._inside, self._value, self._texts, self._bounds = inside, value, texts, bounds
        self._data = np.frombuffer(inside, np.uint8)
        self.said: set[bytes] = set()
        self._heads: dict[bytes, tuple[str, str]] = {}
        self._has_text = np.array([text != "" for text in texts.tolist()], bool)

    def pieces(self) -> list[tuple[int, int]]:
        """Where pieces of some rows begin and end. No text holds the < of a row."""
        begins = [0]
        while (at := self._inside.find(b"<row ", begins[-1] + _PIECE)) >= 0:
            begins.append(at)
        return list(zip(begins, [*begins[1:], len(self._inside)], strict=True))

    def cells(self, begin: int, end: int) -> _PieceRead:
        """The rows and cells of a piece. Raises _NotPlainError."""
        data = self._data
        starts, ends = (begin + np.flatnonzero(data[begin:end] == sign) for sign in b"<>")
        if not starts.size:
            return _PieceRead(starts, starts, starts, np.zeros(0, object))
        # Each tag ends before the next begins: no sign of one stands in a text or an attribute.
        _assert_plain(len(starts) == len(ends))
        _assert_plain((starts < ends).all() and (ends[:-1] < starts[1:]).all())
        kinds = self._kinds(starts, ends)
        _assert_plain(_BEGINS_ROWS[kinds[0]] and _ENDS_ROWS[kinds[-1]])
        _assert_plain(_MAY_FOLLOW[kinds[:-1], kinds[1:]].all())
        # A cell, its value, the value's end and the cell's stand without a gap.
        valued = np.flatnonzero(kinds == _VALUE)
        # A blank between would be text of the cell to a parser, or of none: who knows.
        _assert_plain((starts[valued] == ends[valued - 1] + 1).all())
        _assert_plain((starts[valued + 2] == ends[valued + 1] + 1).all())
        is_row = (kinds == _ROW) | (kinds == _ROW_ALONE)
        rows = self._rows(starts[is_row], ends[is_row])
        is_cell = (kinds == _CELL) | (kinds == _CELL_ALONE)
        row_of = (np.cumsum(is_row) - 1)[is_cell]
        columns, heads = self._placed(starts[is_cell], rows[row_of])
        values = np.zeros((2, len(columns)), np.int64)  # where the value of each begins and ends
        is_filled = kinds[is_cell] == _CELL
        values[:, is_filled] = ends[valued] + 1, starts[valued + 1]
        held, is_there = self._held(heads, ends[is_cell], *values)
        return _PieceRead(rows, row_of[is_there], columns[is_there], held[is_there])

    def _kinds(self, starts: Places, ends: Places) -> NDArray[np.uint8]:
        """Which tag each is; 0 for any that is written in another way."""
        data = self._data
        first, second, lengths = data[starts + 1], data[starts + 2], ends - starts
        is_alone, is_wide = data[ends - 1] == ord("/"), second == ord(" ")
        kinds = np.zeros(len(starts), np.uint8)
        # A formula is a tag of no kind here, so that a cell with one, whose value may be missing,
        # goes to the parser.
        kinds[(first == ord("c")) & is_wide] = _CELL
        kinds[(first == ord("r")) & (second == ord("o"))] = _ROW
        kinds[(kinds == _CELL) & is_alone] = _CELL_ALONE
        kinds[(kinds == _ROW) & is_alone] = _ROW_ALONE
        kinds[(first == ord("v")) & (lengths == 2)] = _VALUE
        closes = first == ord("/")
        kinds[closes & (second == ord("v")) & (lengths == 3)] = _VALUE_ENDS
        kinds[closes & (second == ord("c")) & (lengths == 3)] = _CELL_ENDS
        is_row = np.flatnonzero(closes & (second == ord("r")) & (lengths == 5))
        kinds[is_row[self._stands(starts[is_row], b"</row>")]] = _ROW_ENDS
        return kinds

    def _stands(self, starts: Places, word: bytes) -> Flags:
        """Where a word stands."""
        found = np.ones(len(starts), bool)
        for at, letter in enumerate(word):
            found &= self._data[starts + at] == letter
        return found

    def _digits(self, starts: Places) -> tuple[Places, Places]:
        """The numbers whose digits begin there, and how many digits each has; of more digits than
        the largest place has, some are left standing.
        """
        numbers, lengths = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
        on = np.ones(len(starts), bool)
        for at in range(_MOST_DIGITS):
            digit = self._data[starts + at] - np.uint8(ord("0"))  # what is none is more than 9
            on &= digit <= 9
            if not on.any():
                break
            numbers = np.where(on, numbers * 10 + digit, numbers)
            lengths += on
        return numbers, lengths

    def _rows(self, starts: Places, ends: Places) -> Places:
        """The number of each row, from 1; what it says besides is noted."""
        word = b'<row r="'
        numbers, lengths = self._digits(starts + len(word))
        after = starts + len(word) + lengths
        # A number with a leading nought is another text for the same row: two such rows would not
        # be seen to be one.
        is_first = self._data[starts + len(word)] != ord("0")
        is_number = is_first & (lengths > 0) & (self._data[after] == ord('"'))
        _assert_plain((self._stands(starts, word) & is_number).all())
        _assert_plain((numbers <= self._bounds.last_row).all())
        self.said.update(self._apart(after + 1, ends)[1])
        return numbers

    def _placed(self, starts: Places, rows: Places) -> tuple[Places, Places]:
        """The column of each cell, from 0, and where what its tag says behind its place begins. Its
        row must be the one it stands in.
        """
        word = b'<c r="'
        columns, at, on = np.zeros_like(starts), starts + len(word), np.ones(len(starts), bool)
        for _ in range(3):
            letter = self._data[at] - np.uint8(ord("A"))
            on &= letter < 26
            # Letters count from one, as AA comes after Z.
            columns = np.where(on, columns * 26 + letter + 1, columns)
            at += on
        numbers, lengths = self._digits(at)
        is_first = self._data[at] != ord("0")
        at += lengths
        closes = (self._data[at] == ord('"')) & self._stands(starts, word)
        is_placed = (columns > 0) & (columns <= self._bounds.last_column)
        _assert_plain((closes & is_first & is_placed & (numbers == rows)).all())
        return columns - 1, at + 1

    def _held(
        self, heads: Places, ends: Places, begins: Places, stops: Places
    ) -> tuple[Objects, Flags]:
        """What each cell holds, and whether it holds anything. Of what stands before the values
        there are few, and each is read once.
        """
        held = np.full(len(heads), None, object)
        which, said = self._apart(heads, ends)
        kinds = [self._head(one)[0] for one in said]
        is_error = np.array([kind == "e" for kind in kinds], bool)[which]
        # Before anything else: an error with a value beside it is an error.
        held[is_error] = Broken.ERROR
        is_there = is_error | (begins < stops)
        texts = np.flatnonzero(np.array([kind == "s" for kind in kinds], bool)[which] & is_there)
        numbers, lengths = self._digits(begins[texts])
        # A number with more digits than were read, or another sign behind it, is no plain number of
        # a text.
        _assert_plain((begins[texts] + lengths == stops[texts]).all())
        _assert_plain((numbers < len(self._texts)).all())
        held[texts] = self._texts[numbers]
        is_there[texts] = self._has_text[numbers]
        others = np.flatnonzero(is_there & ~is_error & np.array([k != "s" for k in kinds])[which])
        if others.size:
            which, said = self._apart(heads[others], stops[others])
            found = np.full(len(said), None, object)
            for place, one in enumerate(said):
                head, _, text = one.partition(b"><v>")
                found[place] = self._value(*self._head(head), text.decode())
            held[others] = found[which]
            is_there[others] = np.array([one != "" for one in found], bool)[which]
        return held, is_there

    def _head(self, head: bytes) -> tuple[str, str]:
        """The kind and the style that a cell's tag says behind its place."""
        if head not in self._heads:
            match = _CELL_HEAD.fullmatch(head)
            _assert_plain(match is not None)
            assert match is not None
            self._heads[head] = (match[2] or b"n").decode(), (match[1] or b"0").decode()
        return self._heads[head]

    def _apart(self, begins: Places, ends: Places) -> tuple[Places, list[bytes]]:
        """The different bytes between some places, and which of them each is."""
        offsets = np.empty(2 * len(begins), np.int32)
        offsets[0::2], offsets[1::2] = begins, ends
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self._inside)]
        both = pa.Array.from_buffers(pa.binary(), max(0, len(offsets) - 1), buffers)
        wanted = both.take(pa.array(np.arange(0, len(both), 2))).dictionary_encode()
        return wanted.indices.to_numpy(), wanted.dictionary.to_pylist()

    def together(self, pieces: list[_PieceRead]) -> SheetRows:
        """The cells of all pieces, row by row in order. Raises _NotPlainError where a row or a cell
        is there twice, or too far from the others.
        """
        rows = np.concatenate([piece.rows for piece in pieces])
        columns = np.concatenate([piece.columns for piece in pieces])
        held = np.concatenate([piece.held for piece in pieces])
        shifts = np.cumsum([0, *(len(piece.rows) for piece in pieces[:-1])])
        row_of = np.concatenate([one.row_of + by for one, by in zip(pieces, shifts, strict=True)])
        order = np.argsort(rows, kind="stable")
        numbers = rows[order]
        # Twice the same row: which of them counts is nothing that speed may decide.
        _assert_plain((np.diff(numbers) > 0).all())
        # The place of each row among those that hold something.
        holds = np.bincount(row_of, minlength=len(rows)) > 0
        place_of = np.empty(len(rows), np.int64)
        place_of[order] = np.cumsum(holds[order]) - 1
        numbers, places = numbers[holds[order]] - 1, place_of[row_of]
        there = np.flatnonzero(np.bincount(columns)).tolist()
        # Before anything of that size is made: a cell far away must not take the memory of all in
        # between.
        _assert_plain(len(there) * len(numbers) <= self._bounds.most)
        by_column = np.argsort(columns, kind="stable")
        ends = np.searchsorted(columns[by_column], there, side="right").tolist()
        found: dict[int, Objects] = {}
        for column, begin, end in zip(there, [0, *ends], ends, strict=False):
            chosen = by_column[begin:end]
            taken = np.zeros(len(numbers), bool)
            taken[places[chosen]] = True
            # Fewer places taken than cells: two cells stood in one place.
            _assert_plain(np.count_nonzero(taken) == len(chosen))
            found[column] = np.full(len(numbers), None, object)
            found[column][places[chosen]] = held[chosen]
        return SheetRows(numbers.tolist(), found)


def _assert_plain(is_plain: object) -> None:
    """Leaves it to the parser where it is not."""
    if not is_plain:
        raise _NotPlainError


def _is_plain_text(content: bytes) -> bool:
    """Whether it is text in UTF-8 in which nothing stands that XML does not allow, no entity, and
    no carriage return, of which a parser makes a line feed.
    """
    # What stands for another sign is the parser's to say; `]]>` is forbidden in texts.
    if b"&" in content or b"]]>" in content:
        return False
    odd = np.count_nonzero(np.frombuffer(content, np.uint8) < ord(" "))
    if odd and odd != content.count(b"\n") + content.count(b"\t"):
        return False
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
    if not _is_plain_text(content[first:end]):
        return None
    try:
        ParserCreate(namespace_separator=" ").Parse(content[:first] + content[end:], True)
    except ExpatError:
        return None
    found = _TEXT.findall(content, first, end)
    # Four tags for each text that was found, and no other: a text that was not found would move all
    # numbers behind it.
    if content.count(b"<", first, end) != 4 * len(found):
        return None
    return [one.decode() for one in found]
