"""What is at hand as bytes or as a stream, in place of a file. It is laid into a private folder and
read from there: there is one set of rules, that of files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import IO, Any
from weakref import finalize

from impactbond.errors import EvidenceError, Fault, ImpactBondError
from impactbond.files import private_folder

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
