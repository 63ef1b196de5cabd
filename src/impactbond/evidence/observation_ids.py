"""What an observation without a reference of its own is called.

Takes  what its row says.
Gives  an id that the same row has wherever and whenever it is delivered.
Keeps  what a row says decides its id, and nothing else: neither its file nor its place there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

from impactbond.evidence.coded_cells import Objects, objects


def moment(cell: object, day: date) -> object:
    """When a row was observed, as finely as it tells."""
    return cell if isinstance(cell, datetime) and cell.time() != time() else day


def told(parts: Iterable[object]) -> Objects:
    """Parts of rows as they are in the text of a list: of most there are few, in many rows."""
    return objects([repr(None if part is None else str(part)) for part in parts])


def ids_of(parts: Sequence[Sequence[str]], last: Sequence[str]) -> list[str]:
    """The ids of observations that say these things, part by part as `told`; the last part is said
    where it is not None.
    """
    rows = map(", ".join, zip(*parts, strict=True))  # as Python writes a list of texts
    texts = (
        f"[{row}]" if also == "None" else f"[{row}, {also}]"
        for row, also in zip(rows, last, strict=True)
    )
    return [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
