"""What a person sees of a sheet beside its cells: what is hidden, merged or coloured.

A blank cell in a colour means something to whoever filled it in, and nothing to a reader; a hidden
row is read like any other; of merged cells the first alone holds what all seem to say.

Source: ECMA-376-1, 18.3.1.13 (columns), 18.3.1.55 (merged cells), 18.3.1.73 (rows), 18.8.20 and
18.8.32 (fills).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from xml.etree.ElementTree import Element
from xml.parsers.expat import ParserCreate

_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_HIDDEN = re.compile(rb'hidden(?!="(?:false|0)")')  # LibreOffice writes of every row that it is not
_MOST_MERGED = 100_000  # cells that are looked at, however large an area is that a file names
# Our own mark on a cell that was refused: light red, with dark words on it readable. A shade beside
# that of Excel's style 'Bad' (FFC7CE), which people use, and which must be told.
MARKED = "FFFFC9CF"
_WHITE = ({"rgb": "FFFFFFFF"}, {"rgb": "00FFFFFF"}, {"indexed": "9"}, {"theme": "0"})
_UNSEEN = (*_WHITE, {"rgb": MARKED})
Place = tuple[int, int]  # row and column, both from 0


@dataclass(eq=False)
class SheetLooks:
    """What is hidden, merged and coloured in a sheet; rows and columns from 0. `coloured` are the
    cells in a colour, each with it; without a single blank one among them, none.
    """

    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    merged: list[tuple[Place, Place]] = field(default_factory=list)
    coloured: dict[Place, str] = field(default_factory=dict)

    def is_hidden(self, column: int) -> bool:
        """Whether a column is hidden."""
        return any(first <= column <= last for first, last in self.hidden_columns)

    @cached_property
    def covered(self) -> dict[Place, Place]:
        """The cells that a merged cell covers, each with the one that holds what all show."""
        found: dict[Place, Place] = {}
        for (top, left), (bottom, right) in self.merged:
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    if len(found) >= _MOST_MERGED:
                        return found
                    if (row, column) != (top, left):
                        found[row, column] = top, left
        return found

    def only_coloured(
        self, rows: Sequence[int], columns: Sequence[int], is_blank: Callable[[int, int], bool]
    ) -> Iterator[Place]:
        """The blank cells of a table whose colour tells them from others: not where all of their
        row, or all of their column, is in that colour.
        """
        if not self.coloured:
            return
        rules = {column: self._common((row, column) for row in rows) for column in columns}
        for row in rows:
            band = self._common((row, column) for column in columns)
            for column in columns:
                colour = self.coloured.get((row, column))
                if colour and colour not in (band, rules[column]) and is_blank(row, column):
                    yield row, column

    def _common(self, places: Iterable[Place]) -> str | None:
        colours = {self.coloured.get(place) for place in places}
        return colours.pop() if len(colours) == 1 else None


def looks_of(content: bytes, fills: Sequence[str], column: Callable[[str], int]) -> SheetLooks:
    """The looks of a sheet with that XML; `fills` are the colours of styles by their number.

    Raises whatever damaged bytes make of XML.
    """
    looks = _Looks(fills, column)
    first, end = content.find(_BEGIN), content.rfind(_END)
    if 0 <= first < end and not _is_of_interest(content, first, end, fills):
        content = content[: first + len(_BEGIN)] + content[end:]
    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = looks.start, looks.end
    parser.CharacterDataHandler = looks.text
    parser.Parse(content, True)
    if not looks.has_blank:
        looks.found.coloured.clear()
    return looks.found


def _is_of_interest(content: bytes, first: int, end: int, fills: Sequence[str]) -> bool:
    """Whether the rows may hold a hidden one, or a blank cell in a colour: most sheets hold none,
    and need not be gone through again.
    """
    if _HIDDEN.search(content, first, end) or content.find(b' ht="0"', first, end) >= 0:
        return True
    styles = [str(number).encode() for number, fill in enumerate(fills) if fill]
    if not styles:
        return False
    blank = re.compile(rb's="(?:' + b"|".join(styles) + rb')"[^<>]*(?:/>|></c>|><v></v>|><v/>)')
    return blank.search(content, first, end) is not None


class _Looks:
    """The looks of a sheet, as its elements come one after another."""

    def __init__(self, fills: Sequence[str], column: Callable[[str], int]) -> None:
        self.found, self.has_blank = SheetLooks(), False
        self._fills, self._column = fills, column
        self._row, self._at = -1, -1
        self._colour, self._holds = "", False
        self._is_below = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        # One match and no method for each: it is called for every cell of a large delivery.
        match name.rpartition(" ")[2]:
            case "col" if _is_hidden(attributes, "width"):
                ends = int(attributes["min"]) - 1, int(attributes["max"]) - 1
                self.found.hidden_columns.append(ends)
            case "mergeCell":
                first, _, last = attributes.get("ref", "").partition(":")
                self.found.merged.append((self._place(first), self._place(last or first)))
            case "row" if not self._is_below:
                self._row, self._at = int(attributes.get("r", self._row + 2)) - 1, -1
                if _is_hidden(attributes, "ht"):
                    self.found.hidden_rows.add(self._row)
            case "c" if not self._is_below:
                place = attributes.get("r")
                self._at = self._place(place)[1] if place else self._at + 1
                style = int(attributes.get("s") or 0)
                self._colour = self._fills[style] if 0 <= style < len(self._fills) else ""
                self._holds = attributes.get("t") == "e"
            case "f":
                self._holds = True

    def text(self, text: str) -> None:
        """Some text of an element."""
        self._holds = self._holds or not text.isspace()

    def end(self, name: str) -> None:
        """An element ends."""
        match name.rpartition(" ")[2]:
            case "c" if self._colour and not self._is_below:
                self.found.coloured[self._row, self._at] = self._colour
                self.has_blank |= not self._holds
            case "sheetData":
                self._is_below = True

    def _place(self, text: str) -> Place:
        match = _PLACE.fullmatch(text.replace("$", ""))
        if match is None:
            raise ValueError("a cell has no place")
        return int(match[2]) - 1, self._column(match[1])


def _is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    return attributes.get("hidden") in ("1", "true") or float(attributes.get(size) or 1) == 0


def fill_of(element: Element) -> str:
    """The colour of a fill as a text of its own; "" where none is seen, or our mark, which
    tells no more than that the cell was refused once.
    """
    pattern = next((one for one in element if one.tag.endswith("}patternFill")), None)
    if pattern is None:
        return "gradient" if len(element) else ""
    kind = pattern.get("patternType", "none")
    if kind in ("none", "gray125"):
        return ""
    colours = {one.tag.rpartition("}")[2]: dict(one.items()) for one in pattern}
    front = colours.get("fgColor", {})
    return "" if kind == "solid" and front in _UNSEEN else f"{kind} {sorted(front.items())}"
