"""Which mapping read which file of evidence: told by records and statements, so that whoever checks
them can read the same files in the same way.
"""

from __future__ import annotations

from pydantic import Field

from impactbond.terms.term import Day, Listed, Term


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
