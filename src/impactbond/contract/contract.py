"""The contract: the whole of what was agreed, as data."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Literal

from pydantic import Field, PrivateAttr

from impactbond.contract.calendar import Calendar
from impactbond.contract.conditions import Condition
from impactbond.contract.delivery import Sheet
from impactbond.contract.metrics import Metric
from impactbond.contract.participants import Participants
from impactbond.contract.parties import Funder, Version
from impactbond.contract.payments import Funding, Limit, Milestone, Rounding, Tranche
from impactbond.contract.phrases import WindowPhrase
from impactbond.contract.term import Listed, Some, Term
from impactbond.money import CURRENCIES, minor_units


class Contract(Term):
    """A contract that has been read and checked.

    Reads top to bottom like a schedule; every mapping keeps its order.
    """

    impactbond: Literal[1]
    contract: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", description="small letters, digits and hyphens"
    )
    title: str = Field(min_length=1)
    version: Version
    currency: str = "GBP"
    provider: str = Field(min_length=1)
    funders: dict[str, Funder] = Field(min_length=1)
    calendar: Calendar
    participants: Participants = Participants()
    metrics: dict[str, Metric] = Field(min_length=1)
    windows: dict[str, WindowPhrase] = Field(min_length=1)
    conditions: dict[str, Condition] = Field(default_factory=dict)
    milestones: dict[str, Milestone] = Field(min_length=1)
    funding: Some[Funding]
    tranches: dict[str, Tranche] = Field(default_factory=dict)
    limits: Listed[Limit] = ()
    rounding: Rounding = Rounding()
    sheets: dict[str, Sheet] = Field(default_factory=dict)

    _source: bytes = PrivateAttr(default=b"")
    _source_name: str = PrivateAttr(default="")

    @property
    def source(self) -> bytes:
        """The text that was read, byte for byte; what a record keeps."""
        return self._source

    @property
    def digest(self) -> str:
        """SHA-256 of the text that was read; of the terms as JSON where there was no text."""
        return hashlib.sha256(self._source or self.model_dump_json().encode()).hexdigest()

    @property
    def decimals(self) -> int:
        """How many decimals the contract's currency has."""
        return CURRENCIES[self.currency][0]

    def price_pence(self, milestone: str) -> int:
        """The price of a milestone in minor units."""
        return minor_units(self.milestones[milestone].price, self.currency)

    def funding_of(self, milestone: str) -> Funding:
        """The one funding rule that a milestone is under."""
        return next(
            rule
            for rule in self.funding
            if milestone in rule.for_ or rule.for_ == (EVERY_MILESTONE,)
        )

    def _repr_html_(self) -> str:
        from html import escape

        from impactbond.money import show

        rows = "".join(
            f"<tr><td>{escape(term.title or name)}</td><td>{escape(term.clause)}</td>"
            f"<td style='text-align:right'>{show(self.price_pence(name), self.currency)}</td></tr>"
            for name, term in self.milestones.items()
        )
        return (
            f"<h4>{escape(self.title)}</h4>"
            f"<p>{escape(self.contract)}, version {self.version.number}, "
            f"{self.calendar.term[0]} through {self.calendar.term[1]}</p>"
            f"<table><tr><th>Milestone</th><th>Clause</th><th>Price</th></tr>{rows}</table>"
        )


EVERY_MILESTONE = "every milestone"


def whole_shares(shares: dict[str, Fraction | None]) -> dict[str, Fraction]:
    """The shares with `the rest` worked out."""
    stated = sum((share for share in shares.values() if share is not None), Fraction(0))
    return {funder: 1 - stated if share is None else share for funder, share in shares.items()}
