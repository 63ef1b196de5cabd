"""Evidence in files: which files a path names, and what every format must be able to do with them.

A folder stands for all the files in it: what is no evidence is refused and named, because a folder
of which half is passed over would be settled as if it were whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from glob import glob, has_magic
from os import PathLike, fspath, walk
from os.path import exists, isdir  # no to a name that is too long, where pathlib raises
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from impactbond.errors import Fault
from impactbond.evidence.deliveries import refuse

# What other programs leave beside the files that they write.
_BESIDE = ("_SUCCESS", "_metadata", "_common_metadata")
_ALLOWED = (
    "files .csv, .csv.gz or .parquet, a folder that holds nothing else, or a pattern such as *.csv"
)


@dataclass(frozen=True)
class Files(ABC):
    """Files of one format that stay where they are, delivered as the evidence table of a name.

    However they are read, every table has the files' columns by their names, whatever order a file
    has them in; read where they lie, also FILE, the path, and ROW, the row's number or null.
    """

    suffixes: ClassVar[tuple[str, ...]]
    name: str
    paths: tuple[str, ...]

    @classmethod
    @abstractmethod
    def opened(cls, paths: tuple[str, ...], name: str, wanted: Sequence[str]) -> Files:
        """Files whose headings could be read; `wanted` are some of those they should have.

        Raises EvidenceError where a file, or one of its headings, cannot be.
        """

    @abstractmethod
    def in_duckdb(self) -> str:
        """The query that reads them in DuckDB."""

    @abstractmethod
    def in_spark(self, spark: Any) -> Any:
        """The frame that reads them in a Spark session, without FILE and ROW."""

    @abstractmethod
    def in_memory(self) -> pa.Table:
        """All of their rows, with the columns `file` and `row`. Raises EvidenceError."""

    def misread(self) -> Iterator[Fault]:
        """What an engine would read otherwise than it stands there, and say nothing."""
        yield from ()

    @abstractmethod
    def unreadable(self) -> Iterator[Fault]:
        """Why an engine could not read them: a fault for each kind of broken row of each file."""


def by_name(frames: Iterable[Any]) -> Any:
    """Spark frames as one, a column being null where a frame does not have it."""
    return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), frames)


def files_of(
    given: Any, name: str, formats: Sequence[type[Files]], wanted: Sequence[str] = ()
) -> Files:
    """The files that a path, a folder, a pattern or several of them name, each once, in order.

    `wanted` are the columns of the evidence table of that name: where they are not, the error says
    where they seem to be. Raises EvidenceError where there is none, or where they are not all of
    one format.
    """
    by_suffix = {suffix: one for one in formats for suffix in one.suffixes}
    asked: Sequence[Any] = given if isinstance(given, list | tuple) else [given]
    faults: list[Fault] = []
    found: dict[str, type[Files]] = {}
    for one in asked:
        paths = list(expanded(fspath(one)))
        if not paths:
            fault = _fault(name, one, "no_files", "there is no file here")
            faults.append(fault)
        for path in paths:
            # By the end of the name and not its suffix alone: .csv.gz has two.
            suffix = next((one for one in by_suffix if path.casefold().endswith(one)), None)
            if suffix is None:
                faults.append(_fault(name, path, "file_form", "this is no file of evidence"))
            else:
                found[path] = by_suffix[suffix]
    kinds = sorted({kind.suffixes[0] for kind in found.values()})
    if len(kinds) > 1:
        faults.append(_fault(name, "", "file_form", "these are not files of one form", kinds))
    refuse(faults)
    return next(iter(found.values())).opened(tuple(sorted(found)), name, wanted)


def _fault(
    name: str, path: str | PathLike[str], code: str, problem: str, found: Sequence[str] = ()
) -> Fault:
    return Fault(
        file=Path(path).name if path else "",
        sheet=name,
        code=code,
        problem=problem,
        found=", ".join(found),
        allowed=_ALLOWED,
        hint="Check the path, and where the program runs"
        if code == "no_files"
        else "Take it out of the folder, or name the files one by one",
    )


def expanded(path: str) -> Iterator[str]:
    """The files that a path names. A path that exists is that path, whatever is in its name."""
    if not exists(path) and has_magic(path):
        for one in glob(path, recursive=True):
            yield from expanded(one)
    elif isdir(path):
        for folder, folders, names in walk(path):
            folders[:] = [one for one in folders if not one.startswith(".")]
            hidden = [one for one in names if one.startswith(".") or one in _BESIDE]
            # Spark and Delta keep what is unfinished, or what counts, in folders of their own.
            yield from (str(Path(folder, one)) for one in folders if one.startswith("_"))
            yield from (str(Path(folder, one)) for one in names if one not in hidden)
            folders[:] = [one for one in folders if not one.startswith("_")]
    elif exists(path):
        yield path
