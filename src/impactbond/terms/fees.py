"""Money that does not depend on outcomes: fees, their dates, and what they wait for."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

from dateutil.relativedelta import relativedelta
from pydantic import Discriminator, Field, Tag

from impactbond.dates import MONTHS
from impactbond.money import RoundingRule, cut_equally, minor_units
from impactbond.terms.reference import MilestoneName
from impactbond.terms.term import Amount, Cited, Day, OneOrMany, Some, Term, kind_of


class Every(Term):
    """The same day of every month, quarter or year, from a first day through a last."""

    every: Literal["month", "quarter", "year"]
    """How often."""
    from_: Day = Field(alias="from")
    """The first day, such as 2017-01-31."""
    through: Day
    """The last day, such as 2017-12-31."""


def _dates_kind(value: Any) -> str | None:
    if isinstance(value, list | tuple):
        return "(listed)"
    return kind_of(value, {"every": Every}) or "(day)"


Dates = Annotated[
    Annotated[Day, Tag("(day)")]
    | Annotated[Some[Day], Tag("(listed)")]
    | Annotated[Every, Tag("(every)")],
    Discriminator(_dates_kind),
]


class Reached(Term):
    """Once so many claims of a milestone stand."""

    milestone: MilestoneName
    """The milestone whose claims are counted."""
    at_least: int = Field(ge=1)
    """How many claims must stand, such as 100."""


class InsteadOf(Term):
    """Claims of these milestones achieved from one day through another are not paid."""

    milestones: OneOrMany[MilestoneName]
    """The milestone, or the list of them, that is not paid."""
    from_: Day = Field(alias="from")
    """The first day of achievement that is not paid, such as 2018-01-01."""
    through: Day
    """The last day of achievement that is not paid, such as 2018-03-31."""


class Fee(Cited):
    """Money that does not depend on outcomes: a fee, a standing charge, a grant, relief.

    `pay` on each date, or `in_all` in equal parts over the dates. It falls due in the period of its
    date, and is shared as `funding` says.
    """

    title: str = ""
    """What people call it."""
    kind: Literal["service fee", "standing charge", "grant", "relief", "termination", "other"]
    """What it is."""
    pay: Amount | None = None
    """What is paid on each of its days, in the currency of payments, such as 600.00."""
    in_all: Amount | None = None
    """What is paid over all its days, in the currency of payments, such as 3000.00."""
    on: Dates
    """Its day, its days, or every month, quarter or year from a day through a day."""
    deferred_until: Reached | None = None
    """What must be reached before it is paid."""
    instead_of: InsteadOf | None = None
    """What it is paid in the place of."""

    @property
    def days(self) -> list[date]:
        """The days on which it falls due, sorted; of `every`, each counted from the first day."""
        if isinstance(self.on, date):
            return [self.on]
        if not isinstance(self.on, Every):
            return sorted(self.on)
        first, last, found = self.on.from_, self.on.through, [self.on.from_]
        step = MONTHS[self.on.every]
        # Each from the first day, and not from the one before: the 31st would become the 28th in
        # February and stay it.
        while (following := first + relativedelta(months=step * len(found))) <= last:
            found.append(following)
        return found

    def instalments(self, currency: str, rule: RoundingRule) -> list[tuple[date, int]]:
        """The days on which it falls due, each with its amount in minor units, in order of days.

        A fee `in_all` is cut into equal parts at running totals, so that the parts make the whole.
        """
        days = self.days
        if self.in_all is not None:
            parts = cut_equally(minor_units(self.in_all, currency), len(days), rule)
            return list(zip(days, parts, strict=True))
        assert self.pay is not None
        return [(day, minor_units(self.pay, currency)) for day in days]

    @property
    def most(self) -> Fraction:
        """All that is paid over its days, in major units of the contract's currency."""
        return Fraction(self.pay or 0) * len(self.days) + Fraction(self.in_all or 0)
