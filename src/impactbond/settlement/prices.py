"""Prices: what one claim of a milestone is worth on a day, for a participant with some attributes.

Takes  a milestone's price with its rates and changes.
Gives  whole minor units of the currency that prices are in.
Keeps  exact fractions until the one rounding that the contract states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.money import CURRENCIES, always_down, always_up, minor_units, rounded
from impactbond.terms.milestones import ChangedBy, Dated, Indexed, Milestone, PriceChange


def price_pence(
    contract: Contract, milestone: str, day: date, attributes: Mapping[str, str]
) -> int:
    """The price of a claim achieved on a day, in minor units of the currency of prices."""
    term = contract.milestones[milestone]
    rates = (rate.price for rate in term.rates if applies(rate, day, attributes))
    return changed(contract, term, next(rates, term.price), day, attributes)


def changed(
    contract: Contract, term: Milestone, price: Decimal, day: date, attributes: Mapping[str, str]
) -> int:
    """A price with the milestone's changes and rounding, in minor units."""
    currency = contract.currency_of_prices
    if not term.changes and term.rounded is None:
        return minor_units(price, currency)
    exact = Fraction(price)
    for change in term.changes:
        exact *= _factor(contract, change, day, attributes)
    step = Fraction(term.rounded.to) if term.rounded else Fraction(1, CURRENCIES[currency].in_one)
    ways = {"up": always_up, "down": always_down}
    rule = ways.get(term.rounded.way if term.rounded else "nearest", contract.rounding.rule)
    return int(rounded(exact / step, rule) * step * CURRENCIES[currency].in_one)


def applies(term: Dated, day: date, attributes: Mapping[str, str]) -> bool:
    """Whether a dated term is about a claim of that day, by somebody with these attributes."""
    if (term.from_ is not None and day < term.from_) or (
        term.through is not None and day > term.through
    ):
        return False
    return is_about(term.only, attributes)


def is_about(only: Mapping[str, Sequence[str]], attributes: Mapping[str, str]) -> bool:
    """Whether a term for participants with some attributes is about one with these."""
    return all(attributes.get(name) in values for name, values in only.items())


def _factor(
    contract: Contract, change: PriceChange, day: date, attributes: Mapping[str, str]
) -> Fraction:
    if isinstance(change, ChangedBy):
        return 1 + change.by if applies(change, day, attributes) else Fraction(1)
    return _index(contract, change, day) / _index(contract, change, change.base)


def _index(contract: Contract, change: Indexed, day: date) -> Fraction:
    """What an index stands at on a day: its latest value from that day or before."""
    values = contract.indices[change.index]
    past = [value for value in values if value.from_ <= day]
    return Fraction(max(past, key=lambda value: value.from_).is_ if past else values[0].is_)
