"""What an observation without a reference of its own is called.

Takes  what its row says.
Gives  an id that the same row has wherever and whenever it is delivered.
Keeps  what a row says decides its id, and nothing else: neither its file nor its place there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time


def moment(cell: object, day: date) -> object:
    """When a row was observed, as finely as it tells."""
    return cell if isinstance(cell, datetime) and cell.time() != time() else day


class Told(dict[object, str]):
    """What each part of a row is in the text of a list: there are few, and they stand in many."""

    def __missing__(self, part: object) -> str:
        self[part] = repr(None if part is None else str(part))
        return self[part]


def id_of(said: Sequence[object], told: Told) -> str:
    """The id of an observation that says this."""
    text = ", ".join([told[part] for part in said])  # as Python writes a list of texts
    return hashlib.sha256(f"[{text}]".encode()).hexdigest()[:32]
