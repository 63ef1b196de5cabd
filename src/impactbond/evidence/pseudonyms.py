"""References replaced by keyed hashes: the same child has the same pseudonym wherever it is
delivered, and without the key nobody can work out whose it is, nor try who it may be.

A pseudonym is `P-` and 26 letters: the first 130 bits of the HMAC-SHA256 of the reference in one
spelling, in the letters of base 32. The key is 32 random bytes in a file of its own.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from secrets import token_bytes
from typing import NamedTuple

from impactbond.errors import EvidenceError, Fault, unopened
from impactbond.files import write_file
from impactbond.texts import one_spelling

KEY_BYTES = 32
_FEWEST_DIFFERENT = 16  # bytes of a key: of 32 random ones fewer never are
# 130 bits: of all children who ever lived no two would share one by chance.
_LETTERS = 26  # of a pseudonym, five bits each
_HEADER = "impactbond key 1"
_PSEUDONYM = re.compile(r"P-[A-Z2-7]{26}")


class Key(NamedTuple):
    """A secret key; its representation does not show it."""

    secret: bytes

    def __repr__(self) -> str:
        return f"<Key {self.mark}>"

    @property
    def mark(self) -> str:
        """What tells this key from others, and nothing of it."""
        # Of a message of its own, so that no mark is ever a part of somebody's pseudonym.
        return hmac.new(self.secret, b"impactbond: mark of a key", hashlib.sha256).hexdigest()[:8]

    def pseudonym(self, reference: str) -> str:
        """The pseudonym of a reference, whatever blanks stand in and around it."""
        text = one_spelling(reference).encode()
        # One spelling first: the same child typed with a blank more is the same child. The word
        # before it keeps these hashes apart from any other use of the key.
        digest = hmac.new(self.secret, b"participant\0" + text, hashlib.sha256).digest()
        return f"P-{base64.b32encode(digest).decode()[:_LETTERS]}"


def new_key(path: str | os.PathLike[str]) -> Key:
    """A new key in a file that was not there, for its owner alone, as is the folder where that is
    made for it. Raises EvidenceError.
    """
    key = Key(token_bytes(KEY_BYTES))
    content = f"{_HEADER}\n{key.secret.hex()}\n".encode()
    refused = partial(EvidenceError, "The key cannot be written.")
    write_file(path, content, refused, make_folders=True)
    return key


def read_key(path: str | os.PathLike[str]) -> Key:
    """The key in a file. Raises EvidenceError for one that is weak, or that others may read."""
    place = Path(path)
    try:
        text, mode = place.read_text("ascii"), place.stat().st_mode
    except UnicodeDecodeError:
        text, mode = "", 0
    except (OSError, ValueError) as error:
        raise EvidenceError("The key cannot be read.", [unopened(place, error)]) from None
    found = re.fullmatch(rf"{_HEADER}\r?\n([0-9a-f]+)\s*", text)
    secret = bytes.fromhex(found[1]) if found and len(found[1]) % 2 == 0 else b""
    faults = []
    # A key that somebody typed repeats its bytes, and can be guessed.
    if not found or len(secret) != KEY_BYTES or len(set(secret)) < _FEWEST_DIFFERENT:
        problem = "this is no key, or one that could be guessed"
        allowed = f"{KEY_BYTES} random bytes, as --new-key writes them"
        faults.append(Fault(file=place.name, code="weak_key", problem=problem, allowed=allowed))
    # On Windows these bits say nothing about who may read.
    if os.name == "posix" and mode & 0o077:
        problem, hint = "others may read the key", "Take their rights away: chmod 600"
        faults.append(Fault(file=place.name, code="key_not_private", problem=problem, hint=hint))
    if faults:
        raise EvidenceError("The key cannot be used.", faults)
    return Key(secret)


def rotated(references: Iterable[str], old: Key, new: Key) -> dict[str, str]:
    """The new pseudonym of each reference, by its old one. It links two pseudonyms and names
    nobody; who has it and either table can follow a child from one to the other, so it is as
    private as a key.
    """
    return {old.pseudonym(one): new.pseudonym(one) for one in references}


class Pseudonymised(NamedTuple):
    """A CSV file with its references replaced: its bytes, how many rows, how many children. Its
    representation does not show the bytes.
    """

    content: bytes
    rows: int
    children: int

    def __repr__(self) -> str:
        return f"<Pseudonymised: {self.rows} rows, {self.children} children>"


def pseudonymise(
    path: str | os.PathLike[str], *, columns: Sequence[str], key: Key, drop: Sequence[str] = ()
) -> Pseudonymised:
    """A CSV file with the references in some columns replaced, and other columns taken out.

    Blank cells stay blank; everything else stays as it stands. Raises EvidenceError for a file that
    is no CSV in UTF-8, a heading that is not there, a row that is longer or shorter than the
    headings, and for what is a pseudonym already.
    """

    def new(reference: str, place: Fault) -> str:
        if _PSEUDONYM.fullmatch(reference):
            problem = "this is a pseudonym already"
            raise _cannot([replace(place, code="replaced_twice", problem=problem)])
        return key.pseudonym(reference)

    return _replaced(Path(path), columns, drop, new)


def replaced_references(
    path: str | os.PathLike[str], *, columns: Sequence[str], links: str | os.PathLike[str]
) -> Pseudonymised:
    """A CSV file of old pseudonyms with the new ones that links say. Raises EvidenceError, also for
    one that no link has.
    """
    linked = dict(row for row in _rows(Path(links))[1:] if len(row) == 2)

    def new(reference: str, place: Fault) -> str:
        if reference not in linked:
            problem = "no link has this pseudonym"
            raise _cannot([replace(place, code="not_linked", problem=problem)])
        return str(linked[reference])

    return _replaced(Path(path), columns, (), new)


def _replaced(
    place: Path, columns: Sequence[str], drop: Sequence[str], new: Callable[[str, Fault], str]
) -> Pseudonymised:
    rows = _rows(place)
    headings = [one_spelling(one) for one in rows[0]] if rows else []
    fault = Fault(file=place.name)
    # One heading exactly: of two columns of one name the wrong one could stay in clear text.
    faults = [_no_column(place, one) for one in (*columns, *drop) if headings.count(one) != 1]
    problem = "this row has more or fewer cells than there are headings"
    faults += [
        replace(fault, row=number, code="crooked", problem=problem)
        for number, row in enumerate(rows[1:], 2)
        if len(row) != len(headings)
    ]
    if faults:
        raise _cannot(faults)
    chosen = [headings.index(one) for one in columns]
    kept = [at for at, one in enumerate(headings) if one not in drop]
    children: set[str] = set()
    written = StringIO()
    out = csv.writer(written, lineterminator="\n")
    out.writerow([rows[0][at] for at in kept])
    for number, row in enumerate(rows[1:], 2):
        cells = list(row)
        for at in chosen:
            # A hash of nothing would make one child of all who have no reference.
            if one_spelling(cells[at]):
                where = replace(fault, row=number, column=headings[at])
                cells[at] = new(one_spelling(cells[at]), where)
                children.add(cells[at])
        out.writerow([cells[at] for at in kept])
    return Pseudonymised(written.getvalue().encode(), len(rows) - 1, len(children))


def _no_column(place: Path, column: str) -> Fault:
    problem = f"there is no column '{column}', or more than one"
    where = Fault(file=place.name, column=column, code="column_missing", problem=problem)
    return replace(where, hint="Look at the headings")


def _cannot(faults: list[Fault]) -> EvidenceError:
    return EvidenceError("The references cannot be replaced.", faults)


def _rows(place: Path) -> list[list[str]]:
    try:
        text = place.read_bytes().decode("utf-8-sig")
        return list(csv.reader(StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        problem, allowed = "this is no CSV file in UTF-8", "a CSV file in UTF-8"
        fault = Fault(file=place.name, code="not_csv", problem=problem, allowed=allowed)
        raise _cannot([fault]) from None
    except (OSError, ValueError) as error:
        raise _cannot([unopened(place, error)]) from None


def assert_apart(key: Path, others: Iterable[Path]) -> None:
    """Raises EvidenceError where the key lies in the folder of something that is written."""
    if any(key.resolve().parent == other.resolve().parent for other in others):
        problem = "the key lies in the folder into which pseudonyms are written"
        hint = "Keep the key in a folder of its own, on another disk if you can"
        fault = Fault(file=key.name, code="key_beside_data", problem=problem, hint=hint)
        raise EvidenceError("The key is not kept apart.", [fault])


def linked_bytes(links: Mapping[str, str]) -> bytes:
    """Old and new pseudonyms as CSV, in the order of the old ones, which is nobody's."""
    lines = ["old,new", *(f"{old},{new}" for old, new in sorted(links.items()))]
    return ("\n".join(lines) + "\n").encode()


def references_in(path: str | os.PathLike[str], column: str) -> list[str]:
    """Every reference in a column of a CSV file, each once."""
    rows = _rows(Path(path))
    headings = [one_spelling(one) for one in rows[0]] if rows else []
    if headings.count(column) != 1:
        raise _cannot([_no_column(Path(path), column)])
    at = headings.index(column)
    return list(dict.fromkeys(row[at] for row in rows[1:] if len(row) > at and row[at].strip()))
