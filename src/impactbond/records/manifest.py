"""The manifest of a record: what it is of, what made it, and the digest of every part."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from pydantic import Field, ValidationError

from impactbond.canonical import json_bytes
from impactbond.errors import Fault, RecordError
from impactbond.terms.term import Listed, Term

MANIFEST = "manifest.json"
FORMAT = 1


class RecordPart(Term):
    """One part of a record."""

    name: str
    sha256: str
    size: int


class OfContract(Term):
    """Which contract was settled."""

    contract: str
    version: int
    sha256: str


class OfClaim(Term):
    """Which claim: its period, and the claim date by which evidence counts."""

    claim_period: str
    claim_date: date


class View(Term):
    """Whose view a record holds, and the digest of the whole record that it was cut from."""

    funder: str
    of_record: str


class Manifest(Term):
    """What a record says about itself.

    `earlier` is the last claim that came in closed, and `previous_record` the digest of its record,
    where there was one. `view` is None in a whole record.
    """

    impactbond_record: int = FORMAT
    engine: str
    contract: OfContract
    claim: OfClaim
    as_of: date
    refused_left_out: int
    earlier: OfClaim | None = None
    previous_record: str | None = None
    view: View | None = None
    parts: Listed[RecordPart] = Field(default=())

    @property
    def content(self) -> bytes:
        """The manifest as canonical JSON."""
        plain = self.model_dump(mode="json")
        if self.view is None:  # as records were written before there were views
            del plain["view"]
        return json_bytes(plain)


def read_manifest(content: bytes, name: str) -> Manifest:
    """The manifest of a record called `name`. Raises RecordError unless it is of this format."""
    plain = _plain(content, name)
    found = plain.get("impactbond_record")
    if found != FORMAT:
        fault = Fault(
            file=name,
            code="other_format",
            problem=f"the record is of format {found!a}, made by engine {plain.get('engine')!a}",
            allowed=f"format {FORMAT}",
            hint="Read it with the version of impactbond that made it",
        )
        raise RecordError("The record is of another format.", [fault])
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError:
        raise _unreadable(name) from None
    return manifest


def _plain(content: bytes, name: str) -> dict[str, Any]:
    try:
        plain = json.loads(content)
    except (ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        raise _unreadable(name)
    return plain


def _unreadable(name: str) -> RecordError:
    fault = Fault(file=name, code="manifest_damaged", problem=f"the part '{MANIFEST}' is damaged")
    return RecordError("The record cannot be trusted.", [fault])
