"""Fees that pay for days after a year end: what of them is income of the next year.

Takes  what fell due by outcome, the contract, and the days that the ledger map says fees are for.
Gives  what of it is deferred, by outcome.
Keeps  by days, to date, cut at the running total, so that the years add up to the fee. A fee is
       never earned before it falls due by the contract: nothing is accrued here.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import numpy as np

from impactbond.closing.ledger import Ledger
from impactbond.closing.sums import Sums, by_funder
from impactbond.contract.contract import Contract
from impactbond.money import cut_whole, round_fraction


def deferred_fees(due: Sums, terms: Contract, ledger: Ledger | None, on: date) -> Sums:
    """What of the fees that fell due by the year end is for days after it."""
    found: Sums = {}
    for name, days in {} if ledger is None else ledger.fee_days.items():
        # What was taken back of a fee defers nothing.
        own = {one: pence for one, pence in due.items() if one.milestone == name and pence > 0}
        of_funders, rule = by_funder(own), terms.rounding.rule
        in_all = sum(of_funders.values())
        if not in_all or name not in terms.fees:
            continue
        fee = sum(pence for _, pence in terms.fees[name].instalments(terms.currency, rule))
        # By days of the whole fee, not of the instalments that happen to have fallen due.
        by_then = int(round_fraction(np.array([fee]), days.part_by(on), rule)[0])
        parts = tuple(Fraction(pence, in_all) for pence in of_funders.values())
        # Among funders as they owe it; never more than fell due.
        earned = cut_whole(min(by_then, in_all), parts, rule)
        for (funder, pence), done in zip(of_funders.items(), earned, strict=True):
            rest = pence - done
            # Of the instalments that fell due last, because the first days are paid by the first.
            for one in sorted(own, key=lambda one: one.achieved_on, reverse=True):
                if one.funder == funder and rest:
                    found[one] = min(own[one], rest)
                    rest -= found[one]
    return found
