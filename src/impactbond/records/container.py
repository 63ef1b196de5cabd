"""One zip file whose bytes follow from its parts: sorted names, no times, nothing compressed.

Compressed bytes depend on the library that made them, so that a record compressed here might not
be the same file elsewhere. Parts are stored as they are, and whoever reads can build the file
again and compare it.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from impactbond.errors import Fault

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can tell
_UNIX = 3
_OWNER_ONLY = 0o600 << 16


def pack(parts: Mapping[str, bytes]) -> bytes:
    """The zip file of some parts."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_STORED) as file:
        for name in sorted(parts):
            entry = ZipInfo(name, _FIRST_DAY)
            entry.create_system, entry.external_attr = _UNIX, _OWNER_ONLY
            file.writestr(entry, parts[name], ZIP_STORED)
    return content.getvalue()


def unpack(content: bytes, name: str) -> tuple[dict[str, bytes], list[Fault]]:
    """The parts of a zip file as far as they can be read, and a fault for each that cannot."""
    parts: dict[str, bytes] = {}
    faults: list[Fault] = []
    try:
        file = ZipFile(BytesIO(content))
    except Exception:  # whatever damaged bytes make of a zip file
        problem = "this is not a record, or its list of parts is damaged"
        return parts, [Fault(file=name, code="not_a_record", problem=problem)]
    for entry in file.infolist():
        part = entry.filename
        if part in parts:
            faults.append(_fault(name, "part_twice", f"the part {part!a} is there twice"))
        try:
            parts[part] = file.read(entry)
        except Exception:
            faults.append(_fault(name, "part_damaged", f"the part {part!a} is damaged"))
    return parts, faults


def find_difference(content: bytes, parts: Mapping[str, bytes], name: str) -> Fault | None:
    """Where a file is not the one that its parts make; None where it is."""
    made = pack(parts)
    if made == content:
        return None
    return _fault(name, "file_changed", first_difference(made, content))


def first_difference(made: bytes, content: bytes) -> str:
    """Where a zip file whose parts are all the same first differs from the one that was made."""
    shorter = min(len(made), len(content))
    place = next((at for at in range(shorter) if made[at] != content[at]), shorter)
    with ZipFile(BytesIO(made)) as file:
        before = [entry for entry in file.infolist() if entry.header_offset <= place]
        is_inside = place < file.start_dir and before
    where = f"the heading of the part {before[-1].filename!a}" if is_inside else "the list of parts"
    return f"{where} is not as it was written"


def _fault(name: str, code: str, problem: str) -> Fault:
    return Fault(
        file=name,
        code=code,
        problem=problem,
        hint="Take the record from where it was kept; write it anew only if it was never relied on",
    )
