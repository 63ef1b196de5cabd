"""Prices: what one claim of a milestone is worth on a day, for a participant with some attributes.

Takes  a milestone's price with its rates and changes.
Gives  whole minor units of the currency that prices are in.
Keeps  exact fractions until the one rounding that the contract states.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.money import CURRENCIES, rounded


def price_pence(
    contract: Contract, milestone: str, day: date, attributes: Mapping[str, str]
) -> int:
    """The price of a claim achieved on a day, in minor units of the currency of prices."""
    term, halves = contract.milestones[milestone], contract.rounding.rule
    rates = (rate.price for rate in term.rates if rate.applies(day, attributes))
    price = Fraction(next(rates, term.price))
    for change in term.changes:
        price = change.changed(price, contract, day, attributes)
    if term.rounded is not None:
        price = term.rounded.rounded(price, halves)
    return rounded(price * CURRENCIES[contract.currency_of_prices].in_one, halves)
