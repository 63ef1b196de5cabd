"""Results of groups: what is measured over the claims that stand, and the money that follows.

Takes  quantities and values to date of milestones, shaped (trial, lot).
Gives  the same values with those of the results' lots, one for each period, group and result.
Keeps  exact fractions; a measure of which nothing is known pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from impactbond.contract.contract import Contract
from impactbond.money import Pence, rounded
from impactbond.settlement.lots import Lots, Numbers
from impactbond.terms.results import (
    ClaimsCounted,
    Constant,
    ConstantShare,
    Difference,
    Measure,
    PerPoint,
    Product,
    Ratio,
    Reduction,
    Result,
    Slides,
    Tiers,
    Value,
)

Sums = Callable[[str, bool], Fraction]  # how many claims of a milestone, or what they are worth


def result_values(
    contract: Contract, lots: Lots, quantity: Numbers, value: Pence, claim: int
) -> Pence:
    """Values with those of the results, as measured at the claim date of that number."""
    ledgers = [_Counts.of(contract, lots, quantity, value, trial) for trial in range(len(value))]
    worth = value.copy()
    for lot, key in enumerate(lots.keys):
        name = contract.payables[key.milestone]
        if name not in contract.results or key.period > claim:
            continue
        group = _group_of(contract, contract.results[name], key.group)
        for trial, ledger in enumerate(ledgers):
            worth[trial, lot] = ledger.moved(name, group, key.period)
    return worth


def _group_of(contract: Contract, result: Result, group: tuple[str, ...]) -> str | None:
    return None if result.each is None else group[contract.grouping.index(result.each)]


@dataclass(frozen=True)
class _Counts:
    """Claims and their worth in one trial, by milestone, period and group."""

    contract: Contract
    counts: dict[tuple[int, int, tuple[str, ...]], tuple[int, int]]
    known: dict[tuple[str, str | None, int], int]

    @classmethod
    def of(
        cls, contract: Contract, lots: Lots, quantity: Numbers, value: Pence, trial: int
    ) -> _Counts:
        counts: dict[tuple[int, int, tuple[str, ...]], tuple[int, int]] = {}
        pairs = zip(quantity[trial].tolist(), value[trial].tolist(), strict=True)
        for key, (number, worth) in zip(lots.keys, pairs, strict=True):
            if key.milestone >= len(contract.milestones) or not (number or worth):
                continue
            place = (key.milestone, key.period, key.group)
            before = counts.get(place, (0, 0))
            counts[place] = (before[0] + number, before[1] + worth)
        return cls(contract, counts, {})

    def moved(self, name: str, group: str | None, period: int) -> int:
        """What a result adds in one period, in minor units: its worth to date, less that at the end
        of the period before where both are worth of the same year, or to date.
        """
        result = self.contract.results[name]
        now = self.worth(name, group, period)
        if result.counted == "each period" or period == 0:
            return now
        years = [
            self.contract.calendar.year_of(self.contract.calendar.periods[number].last)
            for number in (period - 1, period)
        ]
        if result.counted == "each year" and years[0] != years[1]:
            return now
        return now - self.worth(name, group, period - 1)

    def worth(self, name: str, group: str | None, period: int) -> int:
        """What a result is worth at the end of a period, in minor units."""
        if (name, group, period) not in self.known:
            self.known[name, group, period] = self._worth(name, group, period)
        return self.known[name, group, period]

    def _worth(self, name: str, group: str | None, period: int) -> int:
        result = self.contract.results[name]
        if result.on is not None and self.contract.calendar.periods[period].last < result.on:
            return 0
        first = first_period(self.contract, result, period)

        def sums(milestone: str, in_money: bool) -> Fraction:
            return self._sum(milestone, in_money, result, group, first, period)

        money = worth_of(self.contract, result, sums) * 10**self.contract.decimals
        pence = rounded(money, self.contract.rounding.rule)
        others = (
            self.worth(other, of, period)
            for other in result.less
            for of in self._groups(other, group)
        )
        return max(0, pence - sum(others)) if result.less else pence

    def _groups(self, other: str, group: str | None) -> list[str | None]:
        """The groups of another result that lie within a group of this one."""
        each = self.contract.results[other].each
        if each is None or group is not None:
            return [group if each is not None else None]
        place = self.contract.grouping.index(each)
        return list(sorted({held[place] for _, _, held in self.counts}))

    def _sum(
        self,
        milestone: str,
        in_money: bool,
        result: Result,
        group: str | None,
        first: int,
        last: int,
    ) -> Fraction:
        wanted = self.contract.payables.index(milestone)
        total = sum(
            counted[in_money]
            for (place, period, held), counted in self.counts.items()
            if place == wanted
            and first <= period <= last
            and (group is None or _group_of(self.contract, result, held) == group)
        )
        return Fraction(total, 10**self.contract.decimals if in_money else 1)


def first_period(contract: Contract, result: Result, period: int) -> int:
    """The first period that a measure at the end of a period looks at."""
    if result.counted == "to date":
        return 0
    if result.counted == "each period":
        return max(0, period - result.over + 1)
    years = [contract.calendar.year_of(one.last) for one in contract.calendar.periods]
    return next(n for n, year in enumerate(years) if year > years[period] - result.over)


def worth_of(contract: Contract, result: Result, sums: Sums) -> Fraction:
    """What a result pays for what is measured, before what is taken off, in major units."""
    measured = measure(contract, result.measure, sums)
    gated = [(measure(contract, gate.measure, sums), gate.is_) for gate in result.only_if]
    if measured is None or not all(
        found is not None and bar.is_passed_by(found) for found, bar in gated
    ):
        return Fraction(0)
    times = Fraction(1) if result.times is None else measure(contract, result.times, sums)
    return Fraction(0) if times is None else pay(result, measured) * times


def measure(contract: Contract, term: Measure, sums: Sums) -> Fraction | None:
    """A measure, exactly; None where nothing is known, because something is over nought."""
    match term:
        case str():
            return measure(contract, contract.measures[term], sums)
        case ClaimsCounted(claims=names):
            return sum((sums(name, False) for name in names), Fraction(0))
        case Value(value=names):
            return sum((sums(name, True) for name in names), Fraction(0))
        case Constant(number=number):
            return Fraction(number)
        case ConstantShare(share=share):
            return share
        case Product(product=parts):
            found = list(_known(contract, parts, sums))
            return _multiplied(found) if len(found) == len(parts) else None
        # Over nought nothing is known, and that is not 0: as 0 it would pass a bar such as 'at
        # most 20%' and be paid where there is nothing to compare with.
        case Ratio(ratio=pair) | Difference(difference=pair) | Reduction(reduction=pair):
            found = list(_known(contract, pair, sums))
            return _of_two(term, *found) if len(found) == len(pair) else None
    raise TypeError("not a measure")


def _known(contract: Contract, parts: tuple[Measure, ...], sums: Sums) -> Iterator[Fraction]:
    for part in parts:
        found = measure(contract, part, sums)
        if found is not None:
            yield found


def _multiplied(factors: list[Fraction]) -> Fraction:
    product = Fraction(1)
    for factor in factors:
        product *= factor
    return product


def _of_two(
    term: Ratio | Difference | Reduction, first: Fraction, second: Fraction
) -> Fraction | None:
    if isinstance(term, Difference):
        return first - second
    if not second:
        return None
    return first / second if isinstance(term, Ratio) else 1 - first / second


def pay(result: Result, measured: Fraction) -> Fraction:
    """What a measured number pays, in major units."""
    match result.pays:
        case Tiers(tiers=tiers):
            passed = [tier.pays for tier in tiers if tier.is_.is_passed_by(measured)]
            return Fraction(passed[-1]) if passed else Fraction(0)
        case Slides(slides=points):
            return _slide([(one.at.exact, Fraction(one.pays)) for one in points], measured)
        case PerPoint() as each:
            return _per_point(each, measured)


def _slide(points: list[tuple[Fraction, Fraction]], measured: Fraction) -> Fraction:
    if measured <= points[0][0]:
        return points[0][1]
    for (at, pays), (following, more) in pairwise(points):
        if measured <= following:
            return pays + (more - pays) * (measured - at) / (following - at)
    return points[-1][1]


def _per_point(term: PerPoint, measured: Fraction) -> Fraction:
    above = Fraction(0) if term.above is None else term.above.exact
    steps = max(Fraction(0), (measured - above) / term.each.exact)
    if term.steps == "whole":
        steps = Fraction(steps.numerator // steps.denominator)
    paid = steps * Fraction(term.pays)
    if term.at_most is not None:
        paid = min(paid, Fraction(term.at_most))
    return paid if term.at_least is None else max(paid, Fraction(term.at_least))
