"""What was planned to be paid: one schedule after another, kept beside what is paid."""

from __future__ import annotations

from pydantic import Field

from impactbond.terms.examples import PaidName
from impactbond.terms.term import Amount, Cited, Day


class Plan(Cited):
    """A schedule as planned on a day: for each claim period what is to be paid, by milestone,
    result or fee, by funder, or in total. A later plan does not replace it.
    """

    title: str = ""
    made_on: Day
    payments: dict[str, dict[PaidName, Amount]] = Field(min_length=1)
