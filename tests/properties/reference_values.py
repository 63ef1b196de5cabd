"""What claims, results and fees are worth to date, in plain loops and fractions.

It shares no code with the engine, and takes claims as (milestone, day, attributes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

from impactbond.contract.contract import Contract


class Claimed(NamedTuple):
    """One claim that stands, and what it is worth among all that do."""

    milestone: str
    day: date
    attributes: Mapping[str, str]
    pence: int = 0


def nearest(contract: Contract, amount: Fraction) -> int:
    """A whole number; halves go up, or to even where the contract says so."""
    return HALF_RULES[contract.rounding.half](amount)


# What every rule makes of a number; a rule that is not here is not tested.
HALF_RULES: dict[str, Callable[[Fraction], int]] = {
    "up": lambda amount: floor(amount + Fraction(1, 2)),
    "even": round,
}


def worth(contract: Contract, claims: Sequence[Claimed], ends_on: date) -> dict[str, int]:
    """The value of every payable at the end of a period, in pence."""
    claims = [one for name in contract.milestones for one in valued(contract, claims, name)]
    found = dict.fromkeys(contract.milestones, 0)
    for one in claims:
        found[one.milestone] += one.pence
    for name, result in contract.results.items():
        groups = contract.participants.attributes[result.each] if result.each else (None,)
        found[name] = sum(result_worth(contract, claims, name, of, ends_on) for of in groups)
    for name, fee in contract.fees.items():
        days = [fee.on] if isinstance(fee.on, date) else list(fee.on)  # type: ignore[arg-type]
        found[name] = sum(pence(fee.pay or Decimal(0)) for day in days if day <= ends_on)
    return found


def pence(amount: Decimal) -> int:
    """Pounds in pence."""
    return int(amount * 100)


def valued(contract: Contract, claims: Sequence[Claimed], name: str) -> list[Claimed]:
    """The claims of a milestone with their worth: what each adds to the part that is paid of all
    that come before it, by day, then by price and by who claims.
    """
    term, total, before = contract.milestones[name], 0, 0
    own = [one for one in claims if one.milestone == name]
    own.sort(
        key=lambda one: (one.day, price(contract, term, 0, one), sorted(one.attributes.items()))
    )
    found = []
    for number, one in enumerate(own):
        total += price(contract, term, number, one)
        paid = nearest(contract, total * term.paid_for) if term.paid_for is not None else total
        found.append(one._replace(pence=paid - before))
        before = paid
    return found


def price(contract: Contract, term: Any, number: int, one: Claimed) -> int:
    """The price of the claim with that number, counted from 0."""
    found = Fraction(term.price)
    for band in term.bands:
        if number >= band.after:
            found = Fraction(band.price)
    for rate in reversed(term.rates):
        if fits(rate, one):
            found = Fraction(rate.price)
    for change in term.changes:
        found = CHANGES[change.key](contract, change, found, one)
    for discount in contract.discounts:
        is_meant = "every milestone" in discount.for_ or one.milestone in discount.for_
        if is_meant and fits(discount, one):
            found -= found * discount.off
    return nearest(contract, found * 100)


def by_percentage(contract: Contract, change: Any, price: Fraction, one: Claimed) -> Fraction:
    """A price and so many per cent of it."""
    return price + price * change.by if fits(change, one) else price


def by_index(contract: Contract, change: Any, price: Fraction, one: Claimed) -> Fraction:
    """A price in the proportion of an index on the day and on its base day."""
    on_day, on_base = Fraction(0), Fraction(0)
    for value in sorted(contract.indices[change.index], key=lambda value: value.from_):
        on_day = Fraction(value.is_) if value.from_ <= one.day else on_day
        on_base = Fraction(value.is_) if value.from_ <= change.base else on_base
    return price / on_base * on_day


# What every kind of change makes of a price, by its key; a kind that is not here is not tested.
CHANGES = {"by": by_percentage, "index": by_index}


def fits(term: Any, one: Claimed) -> bool:
    """Whether a dated term is about a claim."""
    early = term.from_ is not None and one.day < term.from_
    late = term.through is not None and one.day > term.through
    others = [name for name, values in term.only.items() if one.attributes[name] not in values]
    return not (early or late or others)


def result_worth(
    contract: Contract, claims: Sequence[Claimed], name: str, of: str | None, ends_on: date
) -> int:
    """All that a result has earned by a day: period by period, or to date."""
    result, periods = contract.results[name], contract.calendar.periods
    if of is not None:
        claims = [one for one in claims if one.attributes[str(result.each)] == of]
    done = [period for period in periods if period.last <= ends_on]
    total = 0
    for place, period in enumerate(done):
        if result.counted == "to date":
            since = periods[0].first
        elif result.counted == "each period":
            since = periods[max(0, place - result.over + 1)].first
        else:
            year = contract.calendar.year_of(period.last) - result.over + 1
            since = date(year, *contract.calendar.year_starts)
        seen = [one for one in claims if since <= one.day <= period.last]
        if result.counted == "each period":
            total += at_once(contract, result, seen)
            continue
        is_last = period == done[-1]
        following = contract.calendar.year_of(period.last + timedelta(days=1))
        closes_year = following > contract.calendar.year_of(period.last)
        if is_last or (result.counted == "each year" and closes_year):
            total += at_once(contract, result, seen)
    return total


def at_once(contract: Contract, result: Any, claims: Sequence[Claimed]) -> int:
    """What a result pays for these claims."""
    measured = number(contract, result.measure, claims)
    if measured is None:
        return 0
    for gate in result.only_if:
        passed = number(contract, gate.measure, claims)
        if passed is None or not past(passed, gate.is_):
            return 0
    pays = result.pays
    amount = WAYS_TO_PAY[pays.key](pays, measured)
    if result.times is not None:
        times = number(contract, result.times, claims)
        amount = Fraction(0) if times is None else amount * times
    return nearest(contract, amount * 100)


def by_tier(pays: Any, measured: Fraction) -> Fraction:
    """The amount of the last tier that holds."""
    held = [Fraction(tier.pays) for tier in pays.tiers if past(measured, tier.is_)]
    return held[-1] if held else Fraction(0)


def by_slide(pays: Any, measured: Fraction) -> Fraction:
    """The height of the line at the measure."""
    return along([(Fraction(one.at.size), Fraction(one.pays)) for one in pays.slides], measured)


def by_point(pays: Any, measured: Fraction) -> Fraction:
    """So much for each step above the mark, within bounds."""
    above = Fraction(pays.above.size) if pays.above else Fraction(0)
    steps = max(Fraction(0), measured - above) / Fraction(pays.each.size)
    amount = (floor(steps) if pays.steps == "whole" else steps) * Fraction(pays.pays)
    amount = min(amount, Fraction(pays.at_most)) if pays.at_most is not None else amount
    return max(amount, Fraction(pays.at_least)) if pays.at_least is not None else amount


WAYS_TO_PAY: dict[str, Callable[[Any, Fraction], Fraction]] = {
    "tiers": by_tier,
    "slides": by_slide,
    "each": by_point,
}


def along(points: list[tuple[Fraction, Fraction]], measured: Fraction) -> Fraction:
    """The height of a broken line, flat at both ends."""
    below = [point for point in points if point[0] <= measured]
    above = [point for point in points if point[0] > measured]
    if not below or not above:
        return (below or above)[-1 if below else 0][1]
    (x, y), (further, higher) = below[-1], above[0]
    return y + (higher - y) * ((measured - x) / (further - x))


def past(measured: Fraction, bar: Any) -> bool:
    """Whether a number is on the right side of a bar."""
    size = Fraction(bar.bar) / (100 if bar.percent else 1)
    sides = {"at least": measured >= size, "above": measured > size, "below": measured < size}
    return sides.get(bar.comparison, measured <= size)


def number(contract: Contract, measure: Any, claims: Sequence[Claimed]) -> Fraction | None:
    """A measure over these claims; None where something is over nothing."""
    if isinstance(measure, str):
        return number(contract, contract.measures[measure], claims)
    return MEASURES[measure.key](contract, measure, claims)


def several(
    of: Callable[..., Fraction | None],
) -> Callable[[Contract, Any, Sequence[Claimed]], Fraction | None]:
    """A measure made of others: known when all of them are."""

    def found(contract: Contract, measure: Any, claims: Sequence[Claimed]) -> Fraction | None:
        parts = [number(contract, part, claims) for part in getattr(measure, measure.key)]
        return None if None in parts else of(*parts)

    return found


def multiplied(*factors: Fraction) -> Fraction:
    """All of them, one after the other."""
    product = Fraction(1)
    for factor in factors:
        product = product * factor
    return product


MEASURES: dict[str, Callable[[Contract, Any, Sequence[Claimed]], Fraction | None]] = {
    "claims": lambda _, term, claims: Fraction(sum(one.milestone in term.claims for one in claims)),
    "value": lambda _, term, claims: Fraction(
        sum(one.pence for one in claims if one.milestone in term.value), 100
    ),
    "number": lambda _, term, claims: Fraction(term.number),
    "share": lambda _, term, claims: Fraction(term.share),
    "ratio": several(lambda above, below: above / below if below else None),
    "difference": several(lambda more, less: more - less),
    "reduction": several(lambda now, then: (then - now) / then if then else None),
    "product": several(multiplied),
}
