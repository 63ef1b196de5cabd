"""How far the cells of a sheet are spread: a reader that holds the whole area would run out of
memory over one stray cell at its far end.
"""

from __future__ import annotations

import re

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
    widest = max((_number(letters) for letters in set(_COLUMN.findall(sheet))), default=0)
    return rows * widest > MOST_CELLS


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
