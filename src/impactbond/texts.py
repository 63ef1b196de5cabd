"""One spelling of a text, so that no money hangs on a difference that nobody sees.

Texts decide who pays (a school, a borough), what was observed (a mark, a metric) and which row is
which (a reference). Two texts that look alike are one: every way in for evidence and receipts, and
every comparison with what the contract writes, goes through this rule. In its order:

1. what has no width and what controls (UNSEEN) goes,
2. every run of blanks of any kind (BLANKS), a tab or a line break among them, is one space,
3. typographic apostrophes and hyphens are those of the keyboard,
4. blanks at the ends go,
5. an accent and its letter are one character where there is one (Unicode's form NFC).

Capitals, accents and letters that are seen stay as they are: `alike` finds such twins, for a person
to decide. FOLDS are patterns that Python, DuckDB (RE2) and Spark (Java) read alike. In SQL:
`nfc_normalize(trim(regexp_replace(…, pattern, replacement, 'g')))`, one for each of FOLDS; most
texts are PLAIN as a whole and need none of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from unicodedata import combining, name, normalize

# Characters stand for themselves above ÿ, because the three engines write those in three ways.
UNSEEN = (
    r"[\x00-\x08\x0E-\x1B\x7F-\x84\x86-\x9F\xAD"
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)
BLANKS = r"[\x09-\x0D\x1C-\x20\x85\xA0" "\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]+"
APOSTROPHES = "[\u2018\u2019\u201b\u02bc\uff07]"
HYPHENS = "[\u2010\u2011]"
FOLDS = ((UNSEEN, ""), (BLANKS, " "), (APOSTROPHES, "'"), (HYPHENS, "-"))
PLAIN = r"[\x21-\x7E]+( [\x21-\x7E]+)*"
_NUMBER = re.compile("([0-9]+)")
_WORD = re.compile(r"[^\W_]+")
# Small letters, Cyrillic and Greek, and the Latin ones that they, or their capitals, look like.
_LOOK_ALIKE = str.maketrans("авекмнорстухіјѕαβεηικμνορτυχ", "abekmhopctyxijsabenikmvoptux")
_FOLDS = tuple((re.compile(pattern), replacement) for pattern, replacement in FOLDS)


def one_spelling(text: str) -> str:
    """The text without differences that nobody sees; the same text again where it has none."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    for pattern, replacement in _FOLDS:
        text = pattern.sub(replacement, text)
    return normalize("NFC", text.strip(" "))


def as_counted(text: str) -> tuple[list[str | tuple[int, str]], str]:
    """What texts are sorted by so that their numbers come as people count: row 2 before row 10."""
    parts: list[str | tuple[int, str]] = list(_NUMBER.split(text))
    for at in range(1, len(parts), 2):
        digits = str(parts[at]).lstrip("0")
        parts[at] = (len(digits), digits)  # compared without a limit of digits
    return parts, text


def are_in_one_spelling(texts: Sequence[str]) -> bool:
    """Whether texts are in one spelling as they are and none is blank, where all are of the letters
    of a keyboard: quicker for many together than one by one, and False for any others.
    """
    # Between two line breaks each, which no text holds: an empty one would be a break and a break.
    every, between = "".join(texts), "\n".join(["", *texts, ""])
    if not (every.isascii() and every.isprintable()):
        return False
    return not any(one in between for one in ("  ", "\n ", " \n", "\n\n"))


def alike(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of texts that may be one, written in two ways: that differ in capitals, accents, blanks
    and signs alone, in letters of another alphabet or width that look the same, or by a slip in one
    word. Each pair once, in order.

    Texts that differ in a digit, or in one letter of a word of less than five, are two: 'School 1'
    and 'School 2', 'Class A' and 'Class B'.
    """
    same: defaultdict[object, set[str]] = defaultdict(set)
    for text in set(texts):
        # NFKD takes wide letters, and ligatures out of a PDF, for the letters that they show.
        plain = normalize("NFKD", text.casefold()).translate(_LOOK_ALIKE)
        bare = "".join(one for one in plain if not combining(one))
        words = _WORD.findall(bare)
        same["".join(words)].add(text)
        for at, word in enumerate(words):
            for slip in _slips(word):
                same[(*words[:at], slip, *words[at + 1 :])].add(text)
    return sorted({pair for ones in same.values() for pair in combinations(sorted(ones), 2)})


def with_letters_named(text: str) -> str:
    """The text in quotation marks, and after it the letters that look like others: beside a text
    without them it could not be told apart.
    """
    odd = [
        one
        for one in dict.fromkeys(text)
        if ord(one.casefold()[0]) in _LOOK_ALIKE
        or (not one.isascii() and normalize("NFKD", one).isascii())
    ]
    told = ", ".join(f"{one} is {name(one, 'a letter without a name').lower()}" for one in odd)
    return f"'{text}' ({told})" if told else f"'{text}'"


def _slips(word: str) -> Iterator[str]:
    """What a word has in common with one of which a letter is another, missing, or too many, or of
    which two neighbours changed places.
    """
    if any(map(str.isdigit, word)):
        return
    for at in range(len(word) + 1):
        yield f"{word[:at]}<{''.join(sorted(word[at : at + 2]))}>{word[at + 2 :]}"
        if len(word) >= 5:
            yield f"{word[:at]}?{word[at + 1 :]}"
            yield f"{word[:at]}?{word[at:]}"
