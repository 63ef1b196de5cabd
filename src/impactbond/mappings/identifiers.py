"""Numbers by which others know who a child is, found by what stands in a column: most of its values
have the shape of one, and its check character where it has any. No value is told.

Source: the Department for Education's guide to unique pupil numbers; the NHS Data Dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from impactbond.evidence.deliveries import Cells

_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_UPN = re.compile(rf"([{_LETTERS}])(\d{{11}})([\d{_LETTERS}])", re.ASCII)
_TEN = re.compile(r"\d{3} ?\d{3} ?\d{4}", re.ASCII)
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.ASCII | re.IGNORECASE)


def is_upn(text: str) -> bool:
    """Whether a text is a unique pupil number, permanent or temporary, with its check letter."""
    match = _UPN.fullmatch(text.upper())
    if match is None:
        return False
    last = match[3]
    places = [*map(int, match[2]), int(last) if last.isdigit() else _LETTERS.index(last)]
    total = sum(number * place for place, number in enumerate(places, 2))
    return _LETTERS[total % 23] == match[1]


def is_nhs_number(text: str) -> bool:
    """Whether a text is an NHS number, with its check digit."""
    if not _TEN.fullmatch(text):
        return False
    digits = [int(one) for one in text if one != " "]
    check = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return check % 11 == digits[9] and check != 10


def _is_postcode(text: str) -> bool:
    return _POSTCODE.fullmatch(text) is not None


_KINDS: dict[str, Callable[[str], bool]] = {
    "pupil numbers": is_upn,
    "NHS numbers": is_nhs_number,
    "postcodes": _is_postcode,
}


def what_identifies(cells: Cells) -> str:
    """What most of the values of a column are, in words; nothing where they are none of these."""
    texts = set(_texts(cells))
    for what, is_one in _KINDS.items():
        if texts and 2 * sum(map(is_one, texts)) > len(texts):
            return what
    return ""


def _texts(cells: Iterable[object]) -> Iterable[str]:
    for cell in set(cells):
        if isinstance(cell, float) and cell.is_integer():
            yield str(int(cell))
        elif isinstance(cell, str):
            yield cell
