"""The file in which one claim date carries something forward to the next: a line that says what it
is of, with the SHA-256 of what follows, and then its parts one after another.

Takes  parts by their names, and the digest of the record that they stand beside.
Gives  the bytes of the file, and the parts back again.
Keeps  what is not as it was written is refused, and what another version wrote is nobody's loss:
       whoever reads evidence or settles does it without.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any

from impactbond.canonical import sha256
from impactbond.errors import Fault, RecordError, unopened
from impactbond.version import __version__

FORMAT = 2
# Participants with what is known of them; those with rows recorded later; the delivery.
CLAIMED, LATER, DELIVERY = "claimed", "later", "delivery"
WITHOUT = "Settle without it: everybody is evaluated again, to the same bytes"
_MOST_OF_A_LINE = 4096


@dataclass(frozen=True, eq=False, repr=False)
class CarriedParts:
    """The parts in a file that was carried forward; without any where another version of the
    library or of DuckDB wrote them. `record` is the digest of the record that it stands beside.
    """

    file: str
    record: str
    parts: Mapping[str, bytes]


def carried_content(parts: Mapping[str, bytes], record: str) -> bytes:
    """The file of some parts, beside the record of that digest."""
    rest = b"".join(parts.values())
    sizes = {name: len(content) for name, content in parts.items()}
    about = {"impactbond_carried": FORMAT, "record": record, "sha256": sha256(rest)}
    return json.dumps({**about, "parts": sizes, **_made_by()}).encode() + b"\n" + rest


def carried_parts(path: str | PathLike[str]) -> CarriedParts:
    """What is in a file that was carried forward. Raises RecordError where it is damaged."""
    file = Path(path)
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        raise unused(unopened(file, error)) from None
    first, _, rest = content.partition(b"\n")
    about = _read(first)
    if about.get("impactbond_carried") != FORMAT or about.get("sha256") != sha256(rest):
        raise _damaged(file.name)
    parts: dict[str, bytes] = {}
    if all(about.get(name) == now for name, now in _made_by().items()):
        begins = 0
        with as_written(file.name):
            for name, size in about["parts"].items():
                parts[name] = rest[begins : begins + size]
                begins += size
    return CarriedParts(file.name, str(about.get("record")), parts)


@contextmanager
def as_written(file: str) -> Iterator[None]:
    """Where parts are read: somebody may have sealed some that hold something else."""
    try:
        yield
    except Exception:  # whatever it comes to; its words can hold what the part holds
        raise _damaged(file) from None


def _damaged(file: str) -> RecordError:
    problem = "this holds nothing that was carried forward, or is not as it was written"
    return unused(Fault(file=file, code="carried_damaged", problem=problem, hint=WITHOUT))


def unused(fault: Fault) -> RecordError:
    """Why what was carried forward is not used."""
    return RecordError("What was carried forward cannot be used.", [fault])


def _made_by() -> dict[str, str]:
    return {"engine": __version__, "duckdb": version("duckdb")}


def _read(line: bytes) -> Mapping[str, Any]:
    """What the first line says; nothing where it is none."""
    try:
        found = json.loads(line) if len(line) <= _MOST_OF_A_LINE else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
