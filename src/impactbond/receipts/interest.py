"""Statutory interest on what was paid late, by the reference rates that the user gives.

Takes  a reconciliation, reference rates, and the funders whose debts are commercial.
Gives  INTEREST: a row for every debt that was, or is, late.
Keeps  the Late Payment of Commercial Debts (Interest) Act 1998: simple interest of 8% over the
       reference rate of the 30 June or 31 December before the day on which it starts to run, which
       stays for the whole debt; and one fixed sum for each debt. Whether a debt is commercial is
       never inferred: a grant is none. No rate is fetched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import pyarrow as pa

from impactbond.dates import ONE_DAY, day_given
from impactbond.errors import Fault, ReceiptError
from impactbond.receipts.match import REFUND_OF
from impactbond.receipts.reconcile import Reconciliation
from impactbond.tables import rows_table, schema_of
from impactbond.terms.diagnostic import listing

INTEREST = schema_of(
    *("funder", "claim_period", "due_on", "runs_from_on", "debt_pence", "percent"),
    *("interest_pence", "fixed_sum_pence"),
)
Of = tuple[str, str, date]  # the funder, the claim period and the day of a due
OVER_REFERENCE = Decimal(8)  # per cent a year
# The least debt in pence, and its fixed sum: £40, from £1,000 £70, from £10,000 £100.
FIXED_SUMS = ((1_000_000, 10_000), (100_000, 7_000), (0, 4_000))


def statutory_interest(
    found: Reconciliation,
    rates: Mapping[date | str, Decimal | str],
    *,
    funders: Collection[str],
) -> pa.Table:
    """The table INTEREST, as at the day of the reconciliation. `rates` are the Bank of England's
    official rates in per cent on 30 June and 31 December, such as {"2017-06-30": "0.25"};
    `funders` those whose debts are commercial.

    Raises ReceiptError for another currency than GBP, an unknown funder, a rate that is none, and a
    debt for whose day there is no rate.
    """
    given = _rates(rates)
    known = found.dues_table["funder"].unique().to_pylist()
    faults = [
        Fault(
            code="unknown_funder",
            problem=f"'{one}' was asked for nothing",
            allowed=listing(known),
        )
        for one in funders
        if one not in known
    ]
    if found.currency != "GBP":
        problem = "the Act is of the law of the United Kingdom"
        faults.append(
            Fault(code="other_currency", problem=problem, found=found.currency, allowed="GBP")
        )
    if faults:
        raise ReceiptError("Statutory interest cannot be worked out.", faults)
    names = ("funder", "claim_period", "due_on")
    dues = [
        (tuple(due[name] for name in names), due["due_pence"], due["open_pence"])
        for due in found.dues_table.to_pylist()
    ]
    paid = [
        (tuple(one[name] for name in names), one["received_on"], one["amount_pence"])
        for one in found.matches_table.to_pylist()
    ]
    return interest_on(dues, paid, given, found.on, funders)


def interest_on(
    dues: Iterable[tuple[Of, int, int]],
    paid: Iterable[tuple[Of, date, int]],
    given: Mapping[date, Decimal],
    on: date,
    funders: Collection[str],
) -> pa.Table:
    """The same of dues, each with what was asked for and what is open, and of what paid them."""
    payments: dict[Of, list[tuple[date, int]]] = defaultdict(list)
    for of, day, pence in paid:
        payments[of].append((day, pence))
    rows = []
    for of, asked, open_ in dues:
        if of[0] not in funders or of[1].startswith(REFUND_OF):
            continue
        parts = [*payments[of], (on, open_)]
        # A pound for a day: what runs from the day after the due day, through that of payment.
        days = sum(pence * max((day - of[2]).days, 0) for day, pence in parts)
        if days:
            runs_from = of[2] + ONE_DAY
            percent = OVER_REFERENCE + _reference(given, runs_from)
            # Rounded once, on all parts and days of the debt.
            interest = int(Fraction(days) * Fraction(percent) / 36_500 + Fraction(1, 2))
            fixed = next(sum_ for least, sum_ in FIXED_SUMS if asked >= least)
            rows.append((*of, runs_from, asked, str(percent), interest, fixed))
    return rows_table(rows, INTEREST)


def _rates(rates: Mapping[date | str, Decimal | str]) -> dict[date, Decimal]:
    given: dict[date, Decimal] = {}
    for day, rate in rates.items():
        on = day_given(day, "rates", ReceiptError)
        try:
            percent = Decimal(rate)
        except (InvalidOperation, TypeError, ValueError):
            percent = Decimal(-1)
        if (on.month, on.day) not in ((6, 30), (12, 31)) or not 0 <= percent < 100:
            fault = Fault(
                code="no_reference_rate",
                problem=f"this is no reference rate: {on}",
                allowed="a 30 June or 31 December, and per cent, such as '0.25'",
            )
            raise ReceiptError("Statutory interest cannot be worked out.", [fault])
        given[on] = percent
    return given


def _reference(given: Mapping[date, Decimal], runs_from: date) -> Decimal:
    """The reference rate of a debt on which interest starts to run on a day."""
    year = runs_from.year
    # Strictly after the 30 June: what begins to run on that day is still of the December before.
    on = date(year, 6, 30) if runs_from > date(year, 6, 30) else date(year - 1, 12, 31)
    if on not in given:
        fault = Fault(
            code="rate_missing",
            problem=f"there is no rate of {on}, for a debt on which interest runs from {runs_from}",
            hint="Give the official rate of the Bank of England on that day",
        )
        raise ReceiptError("Statutory interest cannot be worked out.", [fault])
    return given[on]
