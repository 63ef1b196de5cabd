"""The cells of a sheet whose XML is written as Excel and its like write it, found without a parser:
a large export is read several times as fast. Whatever is written otherwise is left to the parser.

The tags of some rows at a time are looked at together, as arrays of where they begin and end: of
600,000 cells each step of Python's would take longer than all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from impactbond.evidence.cells import Broken
from impactbond.evidence.coded_cells import CodedCells, Codes, objects
from impactbond.evidence.plain_xml import is_plain, is_plain_text
from impactbond.evidence.sheet_rows import SheetRows

MOST_AT_ONCE = 2**27  # bytes of a sheet that is held in memory as a whole
_PIECE = 2**22  # bytes of it whose tags are looked at together
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_OUTSIDE = re.compile(rb"<(?:row|c)[\s/>]")
_CELL_HEAD = re.compile(rb'(?: s="(\d+)")?(?: t="(s|n|str|b|e|inlineStr)")?(?: ?/)?')
_BETWEEN = re.compile(rb"(?<=>)(?<!<v>)[ \t\n]+(?=<)")  # tags; within a value it is a text

# The tags of rows, by the two letters that they begin with: each followed by which others. A row or
# a cell that holds nothing may be one tag alone.
_ROW, _ROW_ENDS, _CELL, _CELL_ENDS, _VALUE, _VALUE_ENDS, _INLINE, _INLINE_ENDS = range(1, 9)
_BEGINS_WITH = {
    **{b"ro": _ROW, b"/r": _ROW_ENDS, b"c ": _CELL, b"/c": _CELL_ENDS},
    **{b"v>": _VALUE, b"/v": _VALUE_ENDS, b"w>": _INLINE, b"/w": _INLINE_ENDS},
}
# Whatever is not written so is left to the parser: to read less quickly costs time, to read
# otherwise costs somebody's money.
_FOLLOWS = {
    _ROW: (_CELL, _ROW_ENDS, _ROW),
    _ROW_ENDS: (_ROW,),
    _CELL: (_VALUE, _INLINE, _CELL, _ROW_ENDS),
    _CELL_ENDS: (_CELL, _ROW_ENDS),
    _VALUE: (_VALUE_ENDS,),
    _VALUE_ENDS: (_CELL_ENDS,),
    _INLINE: (_INLINE_ENDS,),
    _INLINE_ENDS: (_CELL_ENDS,),
}
_KINDS = np.zeros(2**16, np.uint8)
for _letters, _kind in _BEGINS_WITH.items():
    _KINDS[int.from_bytes(_letters, "little")] = _kind
_MAY_FOLLOW = bytes(two in _FOLLOWS.get(one, ()) for one in range(16) for two in range(16))
# A text in its cell is written with two tags, which become one of our own, as long as a value's.
_TEXT_BEGINS, _TEXT_ENDS = (b"<is><t>", b'<is><t xml:space="preserve">'), b"</t></is>"
_MOST_DIGITS = 8  # of a number, which are read as one word
_GAP = 32  # bytes behind the end
_MOST_KNOWN = 100_000  # different cells whose values are remembered for the next sheet
_FIRST = 2**12  # bytes from which it is seen how a sheet is written
# Whatever is not written so is left to the parser: to read less quickly costs time, to read
# otherwise costs somebody's money.

Value = Callable[[str, str, str], object]
Known = dict[bytes, object]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]


class _NotPlainError(Exception):
    """Something is written as a parser has to read it."""


class _PieceRead(NamedTuple):
    """Rows by their numbers in the file, and cells that are not blank: each with the place of its
    row among them, its column from 0, and the code of what it holds.
    """

    rows: Places
    row_of: Places
    columns: Places
    codes: Codes


def quick_rows(
    content: bytes, value: Value, texts: Sequence[str], bounds: Bounds, known: Known | None = None
) -> SheetRows | None:
    """The cells that are not blank; None where a parser has to look, which tells what is wrong.

    `texts` are those that cells refer to by number, and `known` what cells of other sheets were
    found to hold, by all that they say. What is not a row, a cell or its value is seen at its tag:
    each must be followed by one that may follow it. What is around rows goes through the parser.
    """
    first, end = content.find(_BEGIN), content.rfind(_END)
    if not 0 <= first < end:
        return None
    before, after = content[:first], content[end:]
    # Behind the end stands what belongs to no tag: what looks on from one finds it, not the end.
    # Padded, so that arrays that look some bytes on from the last tag do not run over the end.
    inside = b"".join((memoryview(content)[first + len(_BEGIN) : end], b" " * _GAP))
    if _BETWEEN.search(inside, 0, _FIRST):  # some programs begin a line behind a tag
        inside = _BETWEEN.sub(b"", inside)
    if _TEXT_ENDS in inside:
        if b"<w" in inside or b"</w" in inside:
            return None
        for begins in _TEXT_BEGINS:
            inside = inside.replace(begins, b"<w>")
        inside = inside.replace(_TEXT_ENDS, b"</w>")
    around = before + _BEGIN + after
    if not is_plain(around) or _OUTSIDE.search(around) or not is_plain_text(inside):
        return None
    known = {} if known is None or len(known) > _MOST_KNOWN else known
    sheet = _Sheet(inside, value, texts, bounds, known)
    sheet.has_inline = _TEXT_ENDS in content
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

    def __init__(
        self, inside: bytes, value: Value, texts: Sequence[str], bounds: Bounds, known: Known
    ) -> None:
        self._inside, self._value, self._bounds, self._known = inside, value, bounds, known
        # The bytes, and the words of two, four and eight bytes that begin at each.
        self._data = np.frombuffer(inside, np.uint8)
        self._two, self._four, self._eight = (
            np.ndarray(max(0, len(inside) - size), f"<u{size}", inside, strides=(1,))
            for size in (2, 4, 8)
        )
        self.said: set[bytes] = set()
        self.has_inline = False
        self._heads: dict[bytes, tuple[str, str]] = {}
        # A blank first, then the texts, the code of which is their number and one more.
        self._held: list[object] = [None, *texts]
        self._texts = np.arange(1, len(texts) + 1, dtype=np.int32)
        if "" in texts:
            self._texts[[text == "" for text in texts]] = 0
        self._error = self._code(Broken.ERROR)
        self._codes: dict[bytes, int] = {}  # of what other cells say, by all that they say

    def pieces(self) -> list[tuple[int, int]]:
        """Where pieces of some rows begin and end. No text holds the < of a row."""
        begins = [0]
        while (at := self._inside.find(b"<row ", begins[-1] + _PIECE)) >= 0:
            begins.append(at)
        return list(zip(begins, [*begins[1:], len(self._inside) - _GAP], strict=True))

    def cells(self, begin: int, end: int) -> _PieceRead:
        """The rows and cells of a piece. Raises _NotPlainError."""
        data = self._data
        starts = begin + np.flatnonzero(data[begin:end] == ord("<"))
        if not starts.size:
            return _PieceRead(starts, starts, starts, np.zeros(0, np.int32))
        # Each tag ends where it is looked for, and there are no other ends of tags: no sign of one
        # stands in a text or an attribute.
        _assert_plain(np.count_nonzero(data[begin:end] == ord(">")) == len(starts))
        kinds = _KINDS[self._two[starts + 1]]
        _assert_plain(kinds[0] == _ROW and kinds.all())
        pairs = kinds[:-1] * np.uint8(16) + kinds[1:]
        _assert_plain(b"\0" not in pairs.tobytes().translate(_MAY_FOLLOW))
        nexts = np.append(starts[1:], end)
        rows, of_rows = self._rows(kinds, starts, nexts)
        # A cell, its value, the value's end and the cell's stand without a gap.
        is_inline = kinds == _INLINE
        _assert_plain(self.has_inline or not is_inline.any())
        valued = np.flatnonzero((kinds == _VALUE) | is_inline)
        stops = starts[valued + 1]
        closes = np.array([_word(b"</v></c>"), _word(b"</w></c>")], np.uint64)
        _assert_plain((self._eight[stops] == closes[is_inline[valued].astype(int)]).all())
        of_cells = np.flatnonzero(kinds == _CELL)
        cells, ends = starts[of_cells], nexts[of_cells] - 1
        _assert_plain((data[ends] == ord(">")).all())
        is_filled = (kinds[of_cells + 1] == _VALUE) | is_inline[of_cells + 1]
        _assert_plain(((data[ends - 1] == ord("/")) != is_filled).all())
        row_of = np.repeat(
            np.arange(len(rows)), np.diff(np.searchsorted(of_cells, of_rows), append=len(of_cells))
        )
        columns, heads = self._placed(cells, starts[of_rows], row_of)
        values = np.zeros((2, len(columns)), np.int64)  # where the value of each begins and ends
        values[:, is_filled] = starts[valued] + len(b"<v>"), stops
        inline = is_inline[of_cells + 1]
        codes = self._held_by(heads, ends, values[0], values[1], inline)
        is_there = codes > 0
        return _PieceRead(rows, row_of[is_there], columns[is_there], codes[is_there])

    def _rows(
        self, kinds: NDArray[np.uint8], starts: Places, nexts: Places
    ) -> tuple[Places, Places]:
        """The number of each row, from 1, and which tag it is; what it says besides is noted."""
        closing = starts[kinds == _ROW_ENDS]
        _assert_plain((self._four[closing] == _word(b"</ro")).all())
        _assert_plain((self._four[closing + 2] == _word(b"row>")).all())
        of_rows = np.flatnonzero(kinds == _ROW)
        rows, ends = starts[of_rows], nexts[of_rows] - 1
        is_alone = self._data[ends - 1] == ord("/")
        follows = np.append(kinds, _ROW)[of_rows + 1]
        _assert_plain((is_alone == (follows == _ROW)).all() and kinds[-1] in (_ROW, _ROW_ENDS))
        _assert_plain((self._data[ends] == ord(">")).all())
        _assert_plain((self._eight[rows] == _word(b'<row r="')).all())
        digits = self._eight[rows + len(b'<row r="')]
        lengths = np.zeros(len(rows), np.int64)
        is_digit = np.ones(len(rows), bool)
        for at in range(_MOST_DIGITS):
            digit = (digits >> np.uint64(8 * at)).astype(np.uint8) - np.uint8(ord("0"))
            is_digit &= digit <= 9  # what is none is more
            lengths += is_digit
        numbers = self._numbers(rows + len(b'<row r="'), lengths)
        after = rows + len(b'<row r="') + lengths
        is_first = self._data[rows + len(b'<row r="')] != ord("0")
        _assert_plain((is_first & (self._data[after] == ord('"'))).all())
        _assert_plain((numbers <= self._bounds.last_row).all())
        self.said.update(self._apart(after + 1, ends)[1])
        return numbers, of_rows

    def _numbers(self, starts: Places, lengths: Places) -> Places:
        """The numbers of so many digits that begin there, and nothing else."""
        _assert_plain((lengths > 0).all() and (lengths <= _MOST_DIGITS).all())
        above = (8 * (_MOST_DIGITS - lengths)).astype(np.uint64)
        # Eight digits side by side in a word, noughts before the first; then pairs of them, fours
        # and all eight are put together, each time in every other of the places.
        word = (self._eight[starts] ^ np.uint64(0x3030303030303030)) << above
        past_nine = (word + np.uint64(0x7676767676767676)) | word
        _assert_plain(not (past_nine & np.uint64(0x8080808080808080)).any())
        for size, times, kept in (
            (8, 10, 0x00FF00FF00FF00FF),
            (16, 100, 0x0000FFFF0000FFFF),
            (32, 10_000, 0x00000000FFFFFFFF),
        ):
            low, high = word & np.uint64(kept), (word >> np.uint64(size)) & np.uint64(kept)
            word = low * np.uint64(times) + high
        return word.astype(np.int64)

    def _placed(
        self, cells: Places, rows: Places, row_of: NDArray[np.int64]
    ) -> tuple[Places, Places]:
        """The column of each cell, from 0, and where what its tag says behind its place begins. Its
        row must be the one it stands in: its digits, and the mark behind them, are the row's own.
        """
        at = cells + len(b'<c r="')
        _assert_plain((self._four[cells + 2] == _word(b' r="')).all())
        columns, on = np.zeros_like(cells), np.ones(len(cells), bool)
        letters = self._eight[at]
        for place in range(3):
            letter = (letters >> np.uint64(8 * place)).astype(np.uint8) - np.uint8(ord("A"))
            on &= letter < 26
            # Letters count from one, as AA comes after Z.
            columns = np.where(on, columns * 26 + letter + 1, columns)
            at += on
        _assert_plain(((columns > 0) & (columns <= self._bounds.last_column)).all())
        words = self._eight[rows + len(b'<row r="')]
        lengths = np.ones(len(rows), np.int64)
        for place in range(1, _MOST_DIGITS):
            before = (words >> np.uint64(8 * (place - 1))).astype(np.uint8)
            lengths += (lengths == place) & (before != ord('"'))
        marks = np.uint64(2**64 - 1) >> (8 * (_MOST_DIGITS - lengths)).astype(np.uint64)
        _assert_plain((self._eight[at] & marks[row_of] == (words & marks)[row_of]).all())
        return columns - 1, at + lengths[row_of]

    def _held_by(
        self, heads: Places, ends: Places, begins: Places, stops: Places, is_inline: Flags
    ) -> Codes:
        """The code of what each cell holds. Of what stands before the values there are few, and
        each is read once.
        """
        which, said = self._apart(heads, ends)
        kinds = [self._head(one)[0] for one in said]
        is_error = np.array([kind == "e" for kind in kinds], bool)[which]
        is_text_inline = np.array([kind == "inlineStr" for kind in kinds], bool)[which]
        _assert_plain((is_text_inline | ~is_inline).all())
        _assert_plain((is_inline | ~is_text_inline | (begins == stops)).all())
        codes = np.where(is_error, np.int32(self._error), np.int32(0))
        is_there = ~is_error & (begins < stops)
        is_text = np.array([kind == "s" for kind in kinds], bool)[which]
        texts = np.flatnonzero(is_text & is_there)
        numbers = self._numbers(begins[texts], (stops - begins)[texts])
        _assert_plain((numbers < len(self._texts)).all())
        codes[texts] = self._texts[numbers]
        others = np.flatnonzero(is_there & ~is_text)
        if others.size:
            which, said = self._apart(heads[others], stops[others])
            codes[others] = np.array(list(map(self._said, said)), np.int32)[which]
        return codes

    def _said(self, said: bytes) -> int:
        """The code of what a cell holds that says this behind its place."""
        if said not in self._codes:
            if said not in self._known:
                head, _, text = said.partition(b"><w>" if b"><w>" in said else b"><v>")
                self._known[said] = self._value(*self._head(head), text.decode())
            self._codes[said] = self._code(self._known[said])
        return self._codes[said]

    def _code(self, value: object) -> int:
        """A new code for a value; that of a blank where it is none."""
        if value is None or value == "":
            return 0
        self._held.append(value)
        return len(self._held) - 1

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
        codes = np.concatenate([piece.codes for piece in pieces])
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
        held = objects(self._held)
        found: dict[int, CodedCells] = {}
        for column, begin, end in zip(there, [0, *ends], ends, strict=False):
            chosen = by_column[begin:end]
            taken = np.zeros(len(numbers), bool)
            taken[places[chosen]] = True
            # Fewer places taken than cells: two cells stood in one place.
            _assert_plain(np.count_nonzero(taken) == len(chosen))
            of_column = np.zeros(len(numbers), np.int32)
            of_column[places[chosen]] = codes[chosen]
            found[column] = CodedCells(of_column, held)
        return SheetRows(numbers.tolist(), found)


def _word(letters: bytes) -> int:
    """Some bytes as the number that their word is."""
    return int.from_bytes(letters, "little")


def _assert_plain(is_plain: object) -> None:
    """Leaves it to the parser where it is not."""
    if not is_plain:
        raise _NotPlainError
