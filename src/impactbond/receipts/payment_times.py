"""How long funders took to pay, as payers in England have to publish it of themselves: the three
figures of regulation 38(2)(c) of the Procurement Regulations 2024.

Takes  the matches of receipts, and dues.
Gives  PAYMENT_TIMES: a row for every funder.
Keeps  day 1 is the day after the claim is made, or after up-front money falls due; a payment is
       made when it is received; the average is the arithmetic mean. A receipt that pays two dues is
       two payments. What a claim gives back, and what is written off, is no payment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

import pyarrow as pa

from impactbond.receipts.match import Due, Match
from impactbond.tables import rows_table, schema_of

PAYMENT_TIMES = schema_of(
    *("funder", "payments", "average_days", "within_30_percent", "from_31_to_60_percent"),
    *("after_60_percent", "unpaid"),
    payments=pa.int64(),
    unpaid=pa.int64(),
)


def payment_times(
    dues: Iterable[Due], matches: Iterable[Match], no_money: Collection[str | None]
) -> pa.Table:
    """The table PAYMENT_TIMES. `no_money` are the references of what is no payment. Figures are
    blank where nothing was paid; `unpaid` are the dues of which anything is open.
    """
    asked = {
        (due.funder, due.claim.claim_period, due.due_on): due for due in dues if not due.is_refund
    }
    days: dict[str, list[int]] = {due.funder: [] for due in asked.values()}
    for one in matches:
        due = asked.get((one.funder, one.claim_period, one.due_on))
        if due is not None and one.receipt not in no_money:
            # Money that came before it was asked for took no day.
            days[one.funder].append(max((one.received_on - due.asked_on).days, 0))
    rows = []
    for funder, own in days.items():
        unpaid = sum(due.funder == funder and due.open_pence > 0 for due in asked.values())
        within = sum(one <= 30 for one in own)
        later = sum(one > 60 for one in own)
        parts = (sum(own), 100 * within, 100 * (len(own) - within - later), 100 * later)
        told = [_tenths(Fraction(one, len(own))) if own else None for one in parts]
        rows.append((funder, len(own), *told, unpaid))
    return rows_table(rows, PAYMENT_TIMES)


def _tenths(exact: Fraction) -> str:
    """To one decimal, halves up."""
    whole, tenth = divmod(int(exact * 10 + Fraction(1, 2)), 10)
    return f"{whole}.{tenth}"
