"""Evidence in files: which files a path names, and what every format must be able to do with them.

A folder stands for all the files in it: what is no evidence is refused and named, because a folder
of which half is passed over would be settled as if it were whole.

And what is at hand as bytes or as a stream, in place of a file. It is laid into a private folder
and read from there: there is one set of rules, that of files.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from glob import glob, has_magic
from os import PathLike, fspath, walk
from os.path import exists, isdir  # no to a name that is too long, where pathlib raises
from pathlib import Path
from typing import IO, Any, ClassVar
from weakref import finalize

import pyarrow as pa

from impactbond.errors import EvidenceError, Fault, ImpactBondError
from impactbond.evidence.deliveries import refuse
from impactbond.files import private_folder

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


Content = bytes | bytearray | memoryview | IO[bytes] | IO[str]
# How files begin, and what such a file is called where nobody names it. Old workbooks are told as
# workbooks that cannot be read.
_BEGINNINGS = ((b"PK\x03\x04", ".xlsx"), (b"\xd0\xcf\x11\xe0", ".xlsx"), (b"PAR1", ".parquet"))
_LONGEST_NAME = 200
_NO_NAME = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, repr=False)
class GivenFile:
    """A file that is at hand as bytes or as an open stream. `name` is what it is called in refused
    rows and errors, with the end that says its form, such as `march.xlsx`.
    """

    name: str
    content: Content

    def __repr__(self) -> str:
        """What it is, and nothing of what is in it."""
        return "<GivenFile>"


Given = str | PathLike[str] | Content | GivenFile


class GivenFiles:
    """A private folder for what is given without one; it goes when this goes.

    Whoever reads files later, where they lie, keeps this.
    """

    def __init__(self, error: type[ImpactBondError] = EvidenceError) -> None:
        self._error = error
        self._folder: Path | None = None
        self._laid = 0

    def paths_for(self, source: Any, called: str) -> Any:
        """The source with a path in place of whatever is given as bytes or as a stream. `called` is
        the name, without its end, of what nobody names; in a mapping its key is.

        Raises the error for a stream that cannot be read and a name that is none.
        """
        if isinstance(source, Mapping):
            return {key: self.paths_for(one, str(key)) for key, one in source.items()}
        if isinstance(source, list | tuple):
            return [self.paths_for(one, called) for one in source]
        if isinstance(source, GivenFile):
            return self._path_of(self._content(source.content), source.name)
        if isinstance(source, bytes | bytearray | memoryview):
            return self._path_of(bytes(source), "", called)
        if callable(getattr(source, "read", None)):
            name = getattr(source, "name", None)  # of a file that is open; a number is no name
            content = self._content(source)
            return self._path_of(content, name if isinstance(name, str) else "", called)
        return source

    def _content(self, given: Any) -> bytes:
        if isinstance(given, bytes | bytearray | memoryview):
            return bytes(given)
        try:
            content = given.read()
        except Exception:  # whatever a stream of somebody's raises
            content = None
        if isinstance(content, str):
            return content.encode("utf-8", errors="surrogatepass")
        if not isinstance(content, bytes):
            hint = "Give bytes, or a stream that is open for reading"
            raise self._refused("no_stream", "the stream cannot be read", hint)
        return content

    def _path_of(self, content: bytes, name: str, called: str = "evidence") -> Path:
        name = re.split(r"[/\\]", name)[-1] if name else f"{called}{_end_of(content)}"
        if name in ("", ".", "..") or _NO_NAME.search(name) or len(name) > _LONGEST_NAME:
            hint = "Give it the name of a file, such as march.xlsx"
            raise self._refused("not_a_name", "this is no name of a file", hint)
        if self._folder is None:
            folder, put_away = private_folder()
            self._folder = Path(folder)
            finalize(self, put_away)
        self._laid += 1
        # A folder for each: two deliveries may have the same name.
        path = self._folder / str(self._laid) / name
        try:
            path.parent.mkdir()
            path.write_bytes(content)
        except OSError:  # which would show the folder
            hint = "Look whether there is room on the disk, and whether the name can be a file's"
            raise self._refused("not_laid", "it cannot be laid down to be read", hint) from None
        return path

    def _refused(self, code: str, problem: str, hint: str) -> ImpactBondError:
        fault = Fault(code=code, problem=problem, hint=hint)
        return self._error("What was given cannot be read.", [fault])


def _end_of(content: bytes) -> str:
    return next((end for begins, end in _BEGINNINGS if content.startswith(begins)), ".csv")
