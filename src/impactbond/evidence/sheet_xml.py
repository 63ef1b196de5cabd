"""What a sheet's own XML tells that a workbook reader does not: which cells it takes for blank
though they are not (errors, formulas uncalculated), and how far the cells lie apart.

Taken for blank, `#N/A` would read as "not evidenced" and nobody would be told. So the XML is asked:
first by a quick search, cell by cell only where that finds an error or a formula. And a reader that
holds the whole area of a sheet would run out of memory over one stray cell at its far end.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree

from impactbond.evidence.cells import Broken

_WORTH_A_LOOK = (
    b'"e"',
    b"'e'",
    b"<f>",
    b"<f ",
    b"<f/",
    b":f>",
    b":f ",
    b":f/",
)  # an error, or a formula
_REFERENCE = re.compile(r"([A-Z]+)(\d+)")


def broken_cells(workbook: bytes, sheet: str) -> Iterator[tuple[tuple[int, int], Broken]]:
    """Row and column, both from 0, of each broken cell of a sheet.

    Raises KeyError where the workbook is not whole.
    """
    content = sheet_xml(workbook, sheet)
    if any(mark in content for mark in _WORTH_A_LOOK):
        yield from _look(content)


def sheet_xml(workbook: bytes, sheet: str) -> bytes:
    """The XML of a sheet. Raises KeyError where the workbook is not whole."""
    with zipfile.ZipFile(BytesIO(workbook)) as parts:
        return parts.read(_part_of(parts, sheet))


def _look(content: bytes) -> Iterator[tuple[tuple[int, int], Broken]]:
    row = column = -1
    for event, element in ElementTree.iterparse(BytesIO(content), ("start", "end")):
        name = _local(element.tag)
        if event == "start" and name == "row":
            row, column = int(element.get("r", row + 2)) - 1, -1
        elif event == "end" and name == "c":
            match = _REFERENCE.fullmatch(element.get("r", ""))
            column = _column_number(match[1]) - 1 if match else column + 1
            broken = _kind_of(element)
            if broken is not None:
                yield (row, column), broken
        elif event == "end" and name == "row":
            element.clear()


def _kind_of(cell: ElementTree.Element) -> Broken | None:
    kind = cell.get("t", "n")
    if kind == "e":
        return Broken.ERROR
    inside = {_local(child.tag): child.text for child in cell}
    if "f" in inside and not inside.get("v") and kind != "str":
        return Broken.NOT_CALCULATED
    return None


def _column_number(letters: str) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _part_of(parts: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part of the workbook that holds a sheet."""
    books = [
        target
        for kind, target in _relations(parts, "").values()
        if kind.endswith("/officeDocument")
    ]
    if not books:
        raise KeyError("officeDocument")
    book = books[0]
    relations = _relations(parts, book)
    for element in ElementTree.fromstring(parts.read(book)).iter():
        if _local(element.tag) == "sheet" and element.get("name") == sheet:
            return next(
                relations[value][1] for key, value in element.items() if key.endswith("}id")
            )
    raise KeyError(sheet)


def _relations(parts: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Kind and target of the relations of a part, by their ids."""
    folder, name = posixpath.split(part)
    found = {}
    for element in ElementTree.fromstring(
        parts.read(posixpath.join(folder, "_rels", f"{name}.rels"))
    ):
        target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip(
            "/"
        )
        found[element.get("Id", "")] = (element.get("Type", ""), target)
    return found


MOST_CELLS = 100_000_000
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?\br="(\d+)"')
_COLUMN = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]+)\d+"')
_WIDE = (re.compile(rb'\br="[A-Z]{3}\d'), re.compile(rb'\br="[A-Z]{2}\d'))


def is_spread_too_far(sheet: bytes) -> bool:
    """Whether the area from the first cell to the last, by a sheet's XML, is more than is read."""
    last = max(sheet.rfind(b"<row "), sheet.rfind(b":row "))
    found = _ROW.match(sheet, sheet.rfind(b"<", 0, last + 1)) if last >= 0 else None
    rows = int(found[1]) if found else sheet.count(b"<row") or sheet.count(b":row ")
    # A quick look at how many letters the columns have, before any of them is counted.
    letters = 3 if _WIDE[0].search(sheet) else 2 if _WIDE[1].search(sheet) else 1
    if rows * 26**letters <= MOST_CELLS:
        return False
    widest = max(
        (_column_number(letters.decode()) for letters in set(_COLUMN.findall(sheet))), default=0
    )
    return rows * widest > MOST_CELLS
