"""When: the term, its periods, and the days on which claims are made."""

from __future__ import annotations

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule, SchedulePart, ScheduleTable
from impactbond.contract.wording.words import between, said_day
from impactbond.dates import MONTH_NAMES
from impactbond.terms.words import listed


def dates(contract: Contract) -> SchedulePart:
    """The term, the years and the periods of the contract, each period with its claim date."""
    calendar = contract.calendar
    claims = calendar.claims
    how_often = (
        "for each of the periods listed below"
        if claims.every == "listed"
        else f"for every {claims.every} of the calendar, the first and the last cut to the term"
    )
    rules = (
        Rule(
            f"the term runs {between(*calendar.term)}, both days included; what is achieved "
            "outside it is not paid"
        ),
        Rule(year_words(contract)),
        Rule(
            f"a claim is made {how_often}, {claims.made} after the period has ended: that day is "
            "its claim date",
            claims.clause,
        ),
    )
    rows = tuple(
        (
            period.label,
            said_day(period.first),
            said_day(period.last),
            said_day(calendar.claim_date(period)),
        )
        for period in calendar.periods
    )
    return SchedulePart(
        "Dates", rules, ScheduleTable(("Period", "From", "Through", "Claim date"), rows)
    )


def year_words(contract: Contract) -> str:
    """When a year of the contract starts."""
    month, day = contract.calendar.year_starts
    return f"a year of the contract starts on {day} {MONTH_NAMES[month - 1]}"


def claims_words(contract: Contract) -> str:
    """How often claims are made; listed periods each with its days."""
    claims = contract.calendar.claims
    if claims.every != "listed":
        return f"every {claims.every}"
    return listed(f"{label} {between(*days)}" for label, days in claims.listed.items())
