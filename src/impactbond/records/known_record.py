"""The record that something was carried forward beside, known by its digest: it was written whole,
and is not taken apart again to see that it is one.

Takes  the file of a record, and what was carried forward beside it.
Gives  the record, whose parts are read when they are asked for, each as its manifest says.
Keeps  a file of which a byte is another is no longer that record: it is read as any other, and what
       is wrong with it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import file_digest
from io import BufferedReader
from os import PathLike
from pathlib import Path
from typing import ClassVar
from zipfile import ZipFile

from impactbond.canonical import sha256
from impactbond.errors import RecordError
from impactbond.evidence.carried_parts import carried_parts
from impactbond.records.contents import (
    MANIFEST,
    UNTRUSTED,
    Manifest,
    damage,
    read_manifest,
)
from impactbond.records.record import Record, read_record


class KnownRecord(Record):
    """A record that this version wrote, as its digest says."""

    is_canonical: ClassVar[bool] = True


class _Parts(Mapping[str, bytes]):
    """The parts of a record, each read when it is asked for."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._path = path
        self._listed = {part.name: part.sha256 for part in manifest.parts}
        self._read: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._read:
            if name not in self._listed:
                raise KeyError(name)
            self._read[name] = self._part(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    def _part(self, name: str) -> bytes:
        try:
            with ZipFile(self._path) as file:
                content = file.read(name)
        except Exception:  # whatever has become of the file since
            content = b""
        if sha256(content) != self._listed[name]:
            problem = f"the part '{name}' is not the one that was kept"
            fault = damage(self._path.name, "part_changed", problem)
            raise RecordError(UNTRUSTED, [fault])
        return content


def record_beside(path: str | PathLike[str], carried: str | PathLike[str] | None) -> Record:
    """The record in a file, that something may have been `carried` forward beside. Raises
    RecordError as `read_record`.
    """
    known = None if carried is None else _known(Path(path), carried)
    return read_record(path) if known is None else known


def _known(path: Path, carried: str | PathLike[str]) -> Record | None:
    """The record, where its file is the one that something was carried forward beside."""
    try:
        beside = carried_parts(carried)
    except RecordError:  # which is told after what is wrong with the record itself
        return None
    if not beside.parts:
        return None
    try:
        with path.open("rb") as file:
            return _record(path, file, beside.record)
    except Exception:  # whatever it is, whoever reads it as any other record tells it
        return None


def _record(path: Path, file: BufferedReader, digest: str) -> Record | None:
    if file_digest(file, "sha256").hexdigest() != digest:
        return None
    with ZipFile(file) as parts:
        manifest = read_manifest(parts.read(MANIFEST), path.name)
    return KnownRecord(path.name, digest, manifest, _Parts(path, manifest))
