"""Files with something wrong in them, whatever they hold: bytes, words, lines, cells and parts are
changed, doubled, moved, left out, or cut off.
"""

from __future__ import annotations

import json
import re
import zipfile
from io import BytesIO
from random import Random
from typing import Any

SECRET = "Zebedee"  # in every reference of a child: no message may hold it

_BYTES = (
    *(
        b'"',
        b"'",
        b",",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xc3",
        b";",
        b"\t",
        b"=",
        b":",
        b"- ",
        b"#",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b"&a ",
        b"*a",
        b"<",
        b">",
        b"&#x0;",
        b" ",
        b"  ",
        b"\xe2\x80\x8b",
        b"|",
    ),
)
# What may stand for a word: as a number, a day, a share, a span, a text, or in a format.
WORDS = tuple(
    word.encode()
    for word in (
        *("0", "-1", "1", "-0", "7.005", "1e308", "1e-300", "999999999999.99", "1" * 40, "nan"),
        *("inf", "1/0", "1/3", "50%", "100.1%", "-5%", "0x10", "1_000", "1,5", "1 000", "00017"),
        *("\u0661\u0667", "0001-01-01", "9999-12-31", "2018-02-30", "31/07/2018", "2016-W05-3"),
        *("2017-02-28 10:00", "2017-02-28T23:30:00+14:00", "1 day", "9999999999 years", "quarter"),
        *("0 months", "2017-Q9", "null", "~", "true", "yes", "No", "!!binary x", "<<", "*x", "%x"),
        *("!!python/object:os.system x", "=1+1", "#N/A", "#REF!", "\u200b", "\ufb01n\u00a0x", ""),
        *("e\u0301", "x" * 3_000, "\x00", "NULL", "C-1", "council", "consent", "start", "../x"),
        *("A1:XFD1048576", "rId9"),
    )
)
_DEEP = (b"[" * 20_000, b"{a: " * 5_000, b"<a>" * 20_000, b'{"a":' * 20_000, b"- " * 5_000)
_WORD = re.compile(rb"[^\s,:;{}\[\]\"'<>=]+")
_CELL = re.compile(rb">([^<>]+)<")


def other_bytes(content: bytes, random: Random) -> bytes:
    """A few bytes changed, put in, left out; or the content cut off, or its end doubled."""
    made = bytearray(content or b" ")
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(made) + 1)
        match random.randrange(8):
            case 0:
                made[at:] = b""
            case 1:
                made += made[at:]
            case 2:
                made[at : at + random.randint(1, 9)] = b""
            case _:
                made[at : at + random.choice((0, 1))] = random.choice(_BYTES)
        made = made or bytearray(b" ")
    return bytes(made)


def other_words(content: bytes, random: Random) -> bytes:
    """A word or two as others, of the same file or of none."""
    for _ in range(random.choice((1, 1, 1, 2))):
        found = list(_WORD.finditer(content))
        if not found:
            return content
        one, other = random.choice(found), random.choice(found).group()
        new = other if random.random() < 0.3 else random.choice(WORDS)
        content = content[: one.start()] + new + content[one.end() :]
    return content


def other_lines(content: bytes, random: Random) -> bytes:
    """A line gone, doubled, moved, put further in, or deep in brackets."""
    lines = content.split(b"\n")
    line = lines.pop(random.randrange(len(lines)))
    new = random.choice(([], [line, line], [line], [b"  " + line], [line.strip()], [line[:-1]]))
    if random.random() < 0.02:
        new = [line + random.choice(_DEEP)]
    at = random.randrange(len(lines) + 1)
    return b"\n".join([*lines[:at], *new, *lines[at:]])


def text_mutant(content: bytes, random: Random) -> bytes:
    """A text with something wrong in it: a contract, a table as CSV, or any other."""
    change = random.choice((other_bytes, other_words, other_words, other_words, other_lines))
    return change(content, random)


def zip_mutant(content: bytes, random: Random) -> bytes:
    """A workbook, or another zip file, with something wrong in its bytes or in one of its parts;
    mostly in a cell.
    """
    if random.random() < 0.15:
        return other_bytes(content, random)
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as parts, zipfile.ZipFile(made, "w") as kept:
        sheets = [name for name in parts.namelist() if "worksheets" in name]
        texts = [name for name in parts.namelist() if "Strings" in name]
        chosen = random.choice((texts if random.random() < 0.5 else sheets) or parts.namelist())
        if random.random() < 0.2:
            chosen = random.choice(parts.namelist())
        is_gone = random.random() < 0.03
        for name in parts.namelist():
            inside = parts.read(name)
            if name == chosen:
                inside = _part_mutant(inside, random)
            if name != chosen or not is_gone:
                kept.writestr(name, inside)
    return made.getvalue()


def _part_mutant(inside: bytes, random: Random) -> bytes:
    cells = list(_CELL.finditer(inside))
    if not cells or random.random() < 0.2:
        return text_mutant(inside, random)
    cell = random.choice(cells)
    other = random.choice(WORDS).replace(b"&", b"&amp;").replace(b"<", b"&lt;")
    return inside[: cell.start(1)] + other + inside[cell.end(1) :]


def json_mutant(plain: Any, random: Random) -> Any:
    """Plain data with one value as something else, gone, or doubled."""
    made = json.loads(json.dumps(plain))
    above, key, here = None, None, made
    while isinstance(here, dict | list) and here and (above is None or random.random() < 0.9):
        above, key = here, random.choice(list(here) if isinstance(here, dict) else range(len(here)))
        here = here[key]
    if above is None:
        return None
    others = (None, True, -1, 10**400, 1.5, "", "\udc80", [], {}, [[]], {"a": [1]}, "9999-12-31")
    match random.randrange(5):
        case 0:
            del above[key]
        case 1 if isinstance(above, list):
            above.append(here)
        case _:
            above[key] = random.choice((*others, random.choice(WORDS).decode()))
    return made
