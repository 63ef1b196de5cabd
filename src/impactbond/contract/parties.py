"""Who signs: the provider and the funders, and the version that they signed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from impactbond.contract.term import Cited, Day, Term

FunderKind = Literal[
    "council",
    "school",
    "lottery",
    "central government",
    "philanthropy",
    "health",
    "foundation",
    "other",
]


class Version(Term):
    """Which whole version of the contract this is; an amendment or correction is a new one."""

    number: int = Field(ge=1)
    kind: Literal["original", "amendment", "correction"]
    signed_on: Day
    effective_on: Day


class Funder(Cited):
    """Whoever pays for outcomes.

    With `each`, one funder for every value of that attribute: each school for its own pupils.
    """

    name: str = Field(min_length=1)
    kind: FunderKind
    each: str | None = None
