"""What is open at a year end by how long it is overdue, by the matching that reconciling does.

Takes  what was asked and what came by the year end.
Gives  the tables AGED and PAYMENT_TIMES of a reconciliation, and PAID.
Keeps  up-front money can be open before the first claim is made.

And statutory interest on what funders paid late, for those whose money is an exchange.

Takes  what every funder was asked for and what paid it; the reference rates of the ledger map.
Gives  the table INTEREST of receipts.
Keeps  it is claimed or not as the provider decides: it is in no journal and no other figure. A
       grant is no commercial debt, and nobody's nature is inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pyarrow as pa

from impactbond.closing.inputs import Year
from impactbond.errors import Fault, ReceiptError, YearEndError
from impactbond.receipts.account import dues_and_credits, received
from impactbond.receipts.interest import INTEREST, Of, interest_on
from impactbond.receipts.match import Claimed, Credit, Due, Match, match, payment_times
from impactbond.receipts.reconcile import AGED, BANDS, band
from impactbond.tables import rows_table, schema_of

PAID = schema_of(
    *("funder", "receipt", "received_on", "claim_period", "from_on", "through_on"), "amount_pence"
)
_PAYMENTS = schema_of("funder", "claim_period", "due_on", "amount_pence")


Matched = tuple[str, list[Due], list[Credit], list[Match]]


def matched(year: Year) -> list[Matched]:
    """Of every funder, what it was asked for, its money, and what of it paid what."""
    claims = _claims(year)
    payments = [(one.funder, one.claim_period, one.due_on, one.amount_pence) for one in year.asked]
    came, sent = [], None
    if year.receipts is not None:
        by_then = year.receipts.received_by(year.on)
        sent = by_then.received_table
        came = received(sent, by_then.written_off_table)
    dues, given_back = dues_and_credits(rows_table(payments, _PAYMENTS), claims, sent)
    found = []
    for funder in year.funders:
        own = sorted((one for one in dues if one.funder == funder.id), key=lambda due: due.order)
        money = [one for one in (*given_back, *came) if one.funder == funder.id]
        money.sort(key=lambda credit: credit.order)
        found.append((funder.id, own, money, match(own, money, claims)))
    return found


def aged_table(year: Year, found: Iterable[Matched]) -> pa.Table:
    """The table `aged`: a row for every funder."""
    rows = []
    for funder, own, money, _ in found:
        open_ = dict.fromkeys(BANDS, 0)
        for due in own:
            open_[band((year.on - due.due_on).days)] += due.open_pence
        # Money that paid nothing yet comes off the whole, and off no band: nobody said which debt
        # it is for.
        carried = sum(one.left_pence for one in money)
        rows.append((funder, *open_.values(), carried, sum(open_.values()) - carried))
    return rows_table(rows, AGED)


def received_table(year: Year, found: Iterable[Matched]) -> pa.Table:
    """The table `paid`: every receipt by the claims that it paid, and what of it paid none: it is
    carried, or was paid back.
    """
    periods = {one.label: one for one in year.terms.calendar.periods}
    left = {receipt: pence for _, _, receipt, pence in year.received}
    days = {receipt: day for day, _, receipt, _ in year.received}
    funders = {receipt: funder for _, funder, receipt, _ in year.received}
    sums: dict[tuple[str, str], int] = {}
    for *_, matches in found:
        for one in matches:
            # What a claim gives back, and what is written off, is no money.
            # Matches name credits and write-offs too, which are no receipts.
            if one.receipt in left and one.claim_period in periods:
                key = (one.receipt, one.claim_period)
                sums[key] = sums.get(key, 0) + one.amount_pence
                left[one.receipt] -= one.amount_pence
    sums |= {(receipt, ""): pence for receipt, pence in left.items() if pence}
    rows = []
    for (receipt, claim), pence in sums.items():
        period = periods.get(claim)
        of = (None, None) if period is None else (period.first, period.last)
        rows.append((funders[receipt], receipt, days[receipt], claim, *of, pence))
    return rows_table(sorted(rows, key=lambda row: (row[2], row[1], row[3])), PAID)


def paid_table(year: Year, found: Iterable[Matched]) -> pa.Table:
    """The table `payment_times`: how long every funder took, to date."""
    every = list(found)
    no_money = {None, *(reference for _, _, reference, _ in year.written_off)}
    dues = [due for _, own, _, _ in every for due in own]
    return payment_times(dues, [one for *_, own in every for one in own], no_money)


def _claims(year: Year) -> list[Claimed]:
    """The claims made, and after them those in which up-front money was asked for already."""
    made = () if year.made is None else year.made.claim_dates
    days = {one.label: one.known_by for one in made}
    for asked in year.asked:
        days.setdefault(asked.claim_period, year.on)
    return [Claimed(number, label, day) for number, (label, day) in enumerate(days.items())]


EXCHANGE_NATURE = "exchange"


def interest_table(year: Year, found: Iterable[Matched]) -> pa.Table:
    """The table `interest`, to date; without rows where the ledger map gives no rates.

    Raises YearEndError for a debt for whose day there is no rate, and another currency than GBP.
    """
    ledger = year.ledger
    if ledger is None or not ledger.reference_rates:
        return INTEREST.empty_table()
    _assert_in_pounds(year.terms.currency)
    entries = {one.id: ledger.of(one.id) for one in year.funders}
    # The Act is about debts of an exchange: a grant that comes late bears no statutory interest.
    funders = [one for one, entry in entries.items() if entry and entry.nature == EXCHANGE_NATURE]
    dues, paid = _dues_and_paid(list(found))
    given = {one.from_: one.is_ for one in ledger.reference_rates}
    try:
        return interest_on(dues, paid, given, year.on, funders)
    except ReceiptError as error:
        raise YearEndError("Statutory interest cannot be worked out.", error.faults) from None


def _assert_in_pounds(currency: str) -> None:
    if currency != "GBP":
        fault = Fault(
            code="other_currency",
            problem="the Act on late payment is of the law of the United Kingdom",
            found=currency,
            allowed="GBP",
            hint="Take reference_rates out of the ledger map",
        )
        raise YearEndError("Statutory interest cannot be worked out.", [fault])


def _dues_and_paid(
    found: Sequence[Matched],
) -> tuple[list[tuple[Of, int, int]], list[tuple[Of, date, int]]]:
    """What was asked for, in all and still open; and what paid it, and when."""
    asked = (due for _, own, _, _ in found for due in own)
    matches = (match for *_, own in found for match in own)
    dues = [
        ((due.funder, due.claim.claim_period, due.due_on), due.amount_pence, due.open_pence)
        for due in asked
    ]
    paid = [
        ((one.funder, one.claim_period, one.due_on), one.received_on, one.amount_pence)
        for one in matches
    ]
    return dues, paid
