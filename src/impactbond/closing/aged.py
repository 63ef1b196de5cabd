"""What is open at a year end by how long it is overdue, by the matching that reconciling does.

Takes  what was asked and what came by the year end.
Gives  the table AGED of a reconciliation.
Keeps  up-front money can be open before the first claim is made.
"""

from __future__ import annotations

import pyarrow as pa

from impactbond.closing.inputs import Year
from impactbond.receipts.account import dues_and_credits, received
from impactbond.receipts.match import Claimed, match
from impactbond.receipts.reconcile import AGED, BANDS, band
from impactbond.tables import rows_table, schema_of

_PAYMENTS = schema_of("funder", "claim_period", "due_on", "amount_pence")


def aged_table(year: Year) -> pa.Table:
    """The table `aged`: a row for every funder."""
    claims = _claims(year)
    payments = [(one.funder, one.claim_period, one.due_on, one.amount_pence) for one in year.asked]
    dues, given_back = dues_and_credits(rows_table(payments, _PAYMENTS), claims)
    came = []
    if year.receipts is not None:
        came = received(year.receipts.received_by(year.on).received_table)
    rows = []
    for funder in year.funders:
        own = sorted((one for one in dues if one.funder == funder.id), key=lambda due: due.order)
        money = [one for one in (*given_back, *came) if one.funder == funder.id]
        money.sort(key=lambda credit: credit.order)
        match(own, money, claims)
        open_ = dict.fromkeys(BANDS, 0)
        for due in own:
            open_[band((year.on - due.due_on).days)] += due.open_pence
        carried = sum(one.left_pence for one in money)
        rows.append((funder.id, *open_.values(), carried, sum(open_.values()) - carried))
    return rows_table(rows, AGED)


def _claims(year: Year) -> list[Claimed]:
    """The claims made, and after them those in which up-front money was asked for already."""
    made = () if year.made is None else year.made.claim_dates
    days = {one.label: one.known_by for one in made}
    for asked in year.asked:
        days.setdefault(asked.claim_period, year.on)
    return [Claimed(number, label, day) for number, (label, day) in enumerate(days.items())]
