"""What a number format makes of a number: what a person sees in a cell need not be what it holds.

A cell formatted as % shows 90% and holds 0.9; one formatted `0.0,` shows thousands. Whoever typed
the evidence saw what was shown.

Source: ECMA-376-1, 18.8.30 and 18.8.31 (number formats and their codes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache


class Shows(Enum):
    """What a cell shows of the number that it holds."""

    NUMBER = "the number"
    PERCENT = "a hundred times the number, as a percentage"
    DAY = "a day"
    TIME = "a time or a length of time"
    OTHER = "nothing, words, or another number"


GENERAL = "General"
# The formats that files name by number alone; days also where they depend on the language.
BUILT_IN = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00"}
# Of these the code depends on the language; that it is a time, and no number, does not.
BUILT_IN |= {number: "h:mm" for number in (*range(18, 22), 32, 33, *range(45, 48))}
BUILT_IN |= {
    number: "yyyy-mm-dd"
    for number in (*range(14, 18), 22, *range(27, 32), *range(34, 37), *range(50, 59))
}
# A text in quotes, an escaped sign, a blank as wide as a sign, a sign that fills, brackets, a sign.
_PIECE = re.compile(r'"([^"]*)"?|\\(.)|[_*](.)|\[([^\]]*)\]|(.)', re.DOTALL)
_LENGTH_OF_TIME = re.compile("h+|m+|s+", re.IGNORECASE)
_CONDITION = re.compile("[<>=]")
# After the last place for a digit, before the decimal point or at the end, a comma divides by 1000.
_IN_THOUSANDS = re.compile(r",(?:\.|\Z)")


@lru_cache(maxsize=1024)
def shown_by(code: str) -> tuple[Shows, Shows, Shows]:
    """What a format shows of a number above, below and of nought."""
    if code.casefold() in ("", "general", "standard"):
        return (Shows.NUMBER,) * 3
    written = list(_sections(code))
    sections = [_section(*one) for one in written]
    # Which section a number falls in is then a question of the number: only where all show the same
    # is that answered.
    if any(is_conditional for _, _, is_conditional in sections):
        kinds = {kind for kind, _, _ in sections}
        return (kinds.pop() if len(kinds) == 1 else Shows.OTHER,) * 3
    above, has_sign, _ = sections[0]
    # A number above nought that is shown with a minus: whoever typed it saw another one.
    if above in (Shows.NUMBER, Shows.PERCENT) and _is_minus_seen(*written[0][:2]):
        above = Shows.OTHER
    below = above
    if len(sections) > 1:
        below, has_sign, _ = sections[1]
        # With a section of its own below nought the sign must stand in it: -5 would be read as what
        # is shown, 5.
        if not has_sign and below in (Shows.NUMBER, Shows.PERCENT):
            below = Shows.OTHER  # the minus is not seen
    return above, below, sections[2][0] if len(sections) > 2 else above


def _sections(code: str) -> Iterator[tuple[str, str, list[str]]]:
    """Of each section the signs that format, the words beside them, and what is in brackets."""
    signs, words, brackets = "", "", list[str]()
    for quoted, escaped, _, inside, sign in _PIECE.findall(code):
        if sign == ";":
            yield signs, words, brackets
            signs, words, brackets = "", "", []
            continue
        words += quoted + escaped
        signs += sign
        brackets += [inside] if inside else []
    yield signs, words, brackets


def _is_minus_seen(signs: str, words: str) -> bool:
    """Whether a minus stands before or between digits, of whatever number."""
    return "-" in re.sub("e-", "", signs, flags=re.IGNORECASE) or words.strip() in ("-", "\u2013")


def _section(signs: str, words: str, brackets: list[str]) -> tuple[Shows, bool, bool]:
    """What a section shows, whether it has a minus or a parenthesis, and whether it is for some
    numbers only.
    """
    has_sign = bool({"-", "("} & set(signs + words))
    is_conditional = any(_CONDITION.match(inside) for inside in brackets)
    # These words hold letters of days and of times, and stand for neither.
    plain = re.sub("general|am/pm|a/p", "", signs, flags=re.IGNORECASE)
    kind = Shows.NUMBER
    if any(_LENGTH_OF_TIME.fullmatch(inside) for inside in brackets):
        kind = Shows.TIME
    # An exponent is no e of an era: it is taken out before letters are looked for.
    elif letters := set(re.sub("e[+-]", "", plain, flags=re.IGNORECASE).casefold()) & set("ymdhs"):
        # An m alone is a month; beside an h or an s it is minutes.
        is_day = letters & set("yd") or letters == {"m"}
        kind = Shows.DAY if is_day else Shows.TIME
    elif signs.count("%") == 1:
        kind = Shows.PERCENT
    is_dash = (signs + words).strip() in ("-", "–")  # as accounts write nought
    is_number = kind in (Shows.NUMBER, Shows.PERCENT)
    places = "".join(re.findall(r"[0#?.,]", plain))
    # Two percent signs, thousands, digits among the words, a fixed digit, or no place for a digit:
    # the number that is seen is not the one that is held.
    is_other = (
        ("%" in signs and kind is not Shows.PERCENT)
        or _IN_THOUSANDS.search(places)
        or re.search(r"[\d<>\u2264\u2265~\u00b1]", words)
        or (re.search("[1-9]", plain) and "/" not in plain)
        or not (re.search("[0#?]", plain) or "@" in signs or plain != signs or is_dash)
    )
    return (Shows.OTHER if is_number and is_other else kind), has_sign, is_conditional
