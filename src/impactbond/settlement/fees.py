"""Fees: the dated instalments of money that does not depend on outcomes."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta

from impactbond.contract.contract import Contract
from impactbond.dates import MONTHS
from impactbond.money import cut_equally, minor_units
from impactbond.terms.payments import Dates, Every, Fee


def instalments(contract: Contract, fee: Fee) -> list[tuple[date, int]]:
    """The days on which a fee falls due, each with its amount in minor units, in order of days.

    A fee `in_all` is cut into equal parts at running totals, so that the parts make the whole.
    """
    days = days_of(fee.on)
    if fee.in_all is not None:
        whole = minor_units(fee.in_all, contract.currency)
        return list(zip(days, cut_equally(whole, len(days), contract.rounding.rule), strict=True))
    assert fee.pay is not None
    return [(day, minor_units(fee.pay, contract.currency)) for day in days]


def days_of(dates: Dates) -> list[date]:
    """The days that a term names, sorted; of `every`, each counted from the first day."""
    if isinstance(dates, date):
        return [dates]
    if not isinstance(dates, Every):
        return sorted(dates)
    found, step = [dates.from_], MONTHS[dates.every]
    while (following := dates.from_ + relativedelta(months=step * len(found))) <= dates.through:
        found.append(following)
    return found
