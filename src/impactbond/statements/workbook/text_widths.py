"""How much room a text takes in a cell: its width in digits, and how many lines it is wrapped to.

Takes  texts as they are shown, in Arial 12 on every sheet.
Gives  widths as a spreadsheet counts them, in digits of that font, and never too few: a text that
       needs more room than it was given is cut, or a figure shown as ####.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from heapq import nlargest
from math import ceil
from unicodedata import east_asian_width

from xlsxwriter.utility import xl_pixel_width

# XlsxWriter measures in Calibri 11, whose digits are so many pixels wide. Counted in digits, texts
# are a tenth wider in it than in Arial, and as wide as in bold Arial; capitals alone are narrower.
_CALIBRI_DIGIT = 7
_CAPITAL = 0.15
_FULL_WIDTH = 2.0  # of a letter of Chinese, Japanese or Korean, in digits
INDENT = 1.5  # what a text is set in beside a column that ends at its right edge, in digits
_LONGEST = 20


@lru_cache(maxsize=16384)
def digits(text: str) -> float:
    """How many digits wide a text is on one line, bold or not."""
    if text.isascii():
        return _measured(text)
    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    narrow = "".join(letter for letter in text if east_asian_width(letter) not in "WF")
    return _measured(narrow) + wide * _FULL_WIDTH


def _measured(text: str) -> float:
    return float(xl_pixel_width(text)) / _CALIBRI_DIGIT + _CAPITAL * sum(map(str.isupper, text))


def widest(texts: Iterable[str]) -> float:
    """The width of the widest of some texts; of many, the longest are measured."""
    return max(map(digits, nlargest(_LONGEST, texts, key=len)), default=0.0)


def wrapped(text: str, width: float) -> list[str]:
    """A text in lines no wider than that; a word that is wider stands on a line of its own."""
    lines, used, blank = list[str](), 0.0, digits(" ")
    for word in text.split():
        needs = digits(word)
        if lines and used + blank + needs <= width:
            lines[-1] += f" {word}"
            used += blank + needs
        else:
            lines.append(word)
            used = needs
    return lines


@lru_cache(maxsize=4096)
def line_count(text: str, width: float) -> int:
    """How many lines a text takes in a column so wide; a word that is wider is broken."""
    return max(sum(ceil(digits(line) / width) for line in wrapped(text, width)), 1)
