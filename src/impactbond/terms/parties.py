"""Who signs: the provider and the funders, and the version that they signed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from impactbond.terms.reference import AttributeName
from impactbond.terms.term import Amount, Cited, Day, Listed, Term

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
    corrects: int | None = Field(
        default=None, ge=1, description="the number of the version that a correction puts right"
    )

    @property
    def corrected(self) -> int:
        """The number of the version that a correction puts right: the one before, unless said."""
        return self.number - 1 if self.corrects is None else self.corrects


class Commitment(Term):
    """What a funder has committed to pay in all, from a day until its next commitment."""

    from_: Day = Field(alias="from")
    amount: Amount


class Funder(Cited):
    """Whoever pays for outcomes.

    With `each`, one funder for every value of that attribute: each school for its own pupils.
    """

    name: str = Field(min_length=1)
    kind: FunderKind
    each: AttributeName | None = None
    commits: Listed[Commitment] = ()

    def committed_on(self, day: date) -> Decimal:
        """What it has committed in all by a day: its latest commitment from that day or before."""
        past = [one for one in self.commits if one.from_ <= day]
        return max(past, key=lambda one: one.from_).amount if past else Decimal(0)
