"""When, and how it runs: the term, its periods and claims, the deadline of evidence, payment, and
the sheets that evidence is delivered in.
"""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.wording.words import Rule, SchedulePart, ScheduleTable
from impactbond.dates import MONTH_NAMES, between, said_day, said_place
from impactbond.terms.calendar import PaymentTerms
from impactbond.terms.sheets import EACH_ROW
from impactbond.terms.words import listed, plain, quoted


def dates(contract: Contract) -> SchedulePart:
    """The term, the years and the periods of the contract, each period with its claim date."""
    calendar = contract.calendar
    claims = calendar.claims
    # A year of the contract need not be one of the calendar; its months and quarters are.
    is_own = claims.every == "year" and calendar.year_starts != (1, 1)
    whose = "contract" if is_own else "calendar"
    how_often = (
        "for each of the periods listed below"
        if claims.every == "listed"
        else f"for every {claims.every} of the {whose}, the first and the last cut to the term"
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
    days = {one: (one.first, one.last, calendar.claim_date(one)) for one in calendar.periods}
    rows = tuple((one.label, *map(said_day, of)) for one, of in days.items())
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


def process(contract: Contract) -> SchedulePart:
    """The evidence deadline, what late evidence earns, and when payment is due."""
    evidence, payment = contract.calendar.evidence, contract.calendar.payment
    rules = (
        Rule(
            f"evidence is to be recorded within {evidence.within} of the day that it speaks of; "
            f"{evidence.says_late()}",
            evidence.clause,
        ),
        Rule(
            "evidence that is recorded after a claim date counts at the next; a claim that was "
            "made is never rewritten, and what changes later is an adjustment in the next claim"
        ),
        Rule(
            f"payment is due within {payment.within} of the claim date; where "
            f"{closed_words(payment)} on the last of these days, on the {payment.if_closed}",
            payment.clause,
            tuple(map(Rule, _closed_terms(payment))),
        ),
        *([Rule(_INVOICED[payment.invoiced], payment.clause)] if payment.invoiced else []),
    )
    return SchedulePart("Evidence and payment", rules)


def closed_words(payment: PaymentTerms) -> str:
    """Which banks are closed, in words that end where the day is named."""
    if payment.working_days_of is None:
        return "banks are closed"
    return f"banks in {said_place(payment.working_days_of)} are closed"


def _closed_terms(payment: PaymentTerms) -> Iterator[str]:
    """The days on which banks are closed, as far as the contract itself says them."""
    always = f"banks are closed on every {listed(payment.weekend)}"
    if payment.bank_holidays == "none":
        yield f"{always}, and on no other day"
    elif payment.bank_holidays is not None:
        days = listed(map(said_day, payment.bank_holidays))
        yield f"{always}, and on {days}"
    elif payment.weekend != ("Saturday", "Sunday"):
        yield f"{always}, and on the bank holidays there"


_INVOICED = {
    "by the provider": "the provider sends the invoice",
    "by the funder itself": "each funder makes out the invoice itself",
}


_COLUMNS = {
    "participant": "the participant's reference",
    "started_on": "the day on which the participant started",
    "recorded_on": "the day on which the row was recorded",
    "from_on": "the day from which the row holds",
    "left_on": "the day on which the participant left",
    "observed_on": "the day that the row speaks of",
    "metric": "what was observed",
    "value": "what it came to",
    "ref": "the reference of the row",
    "replaces": "the reference of the row that it replaces",
    "source": "who it comes from",
    "status": "how the row stands, such as disputed",
    "evidence_ref": "where the evidence is kept",
    "slot": "the part of the day that the row speaks of",
}


def sheets(contract: Contract) -> SchedulePart:
    """Which sheets the evidence is delivered in, and what stands under each heading."""
    rules = []
    for name, sheet in contract.sheets.items():
        each = (metric for metric, heading in sheet.metrics.items() if heading == EACH_ROW)
        told = [f"; each of its rows is a record of {quoted(metric)}" for metric in each]
        if sheet.is_long:
            told = ["; each of its rows is one observation"]
            told += [f", where “{word}” is {quoted(one)}" for one, word in sheet.metrics.items()]
        rules.append(Rule(f"the sheet “{name}” holds {sheet.holds}{''.join(told)}", sheet.clause))
    rows = tuple(_headings(contract))
    table = ScheduleTable(("Sheet", "Heading", "What stands there"), rows) if rows else None
    return SchedulePart("How evidence is delivered", tuple(rules), table)


def _headings(contract: Contract) -> Iterator[tuple[str, str, str]]:
    for name, sheet in contract.sheets.items():
        for column, heading in sheet.columns.items():
            yield name, heading, _COLUMNS.get(column, f"the {plain(column)}")
        for metric, heading in sheet.metrics.items():
            if heading != EACH_ROW and not sheet.is_long:
                yield name, heading, quoted(metric)
