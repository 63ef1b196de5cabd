"""What is open at a year end by how long it is overdue, by the matching that reconciling does.

Takes  what was asked and what came by the year end.
Gives  the tables AGED and PAYMENT_TIMES of a reconciliation, and PAID.
Keeps  up-front money can be open before the first claim is made.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from impactbond.closing.inputs import Year
from impactbond.receipts.account import dues_and_credits, received
from impactbond.receipts.match import Claimed, Credit, Due, Match, match
from impactbond.receipts.payment_times import payment_times
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
