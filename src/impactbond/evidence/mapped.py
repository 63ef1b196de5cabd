"""Which mapping read which file of evidence: told by records and statements, so that whoever checks
them can read the same files in the same way.
"""

from __future__ import annotations

import re

from pydantic import Field

from impactbond.terms.term import Day, Listed, Term

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class FileRead(Term):
    """A file that was read: its name, and the digest of its bytes."""

    name: str
    sha256: str


class MappedBy(Term):
    """A mapping by which files were read: its name, version, day and the digest of its text; the
    files; the columns that were said with the delivery; and the version of each instrument by which
    answers were scored.
    """

    mapping: str
    version: int
    dated: Day
    sha256: str
    files: Listed[FileRead] = ()
    given: dict[str, str] = Field(default_factory=dict)
    instruments: dict[str, str] = Field(default_factory=dict)

    @property
    def label(self) -> str:
        """The mapping by its name, version and day."""
        return f"'{self.mapping}', version {self.version} of {self.dated}"

    @property
    def said(self) -> dict[str, str]:
        """What was said with the delivery, as it may be told: days. Of anything else, such as whose
        file it is, the column alone; the record keeps the word.
        """
        return {name: word if _DAY.fullmatch(word) else "" for name, word in self.given.items()}

    def unnamed(self) -> MappedBy:
        """The same for a funder: files by their digests, whose names may name a child, and of what
        was said what may be told.
        """
        files = tuple(FileRead(name="", sha256=one.sha256) for one in self.files)
        return self.model_copy(update={"files": files, "given": self.said})
