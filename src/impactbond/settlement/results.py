"""Results of groups: what is measured over the claims that stand, and the money that follows.

Takes  quantities and values to date of milestones, shaped (trial, lot).
Gives  the same values with those of the results' lots, one for each period, group and result.
Keeps  exact fractions; a measure of which nothing is known pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.money import Pence, rounded
from impactbond.settlement.lots import Lots, Numbers
from impactbond.terms.measures import Sums
from impactbond.terms.results import Result


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
        group = group_of(contract, contract.results[name], key.group)
        for trial, ledger in enumerate(ledgers):
            worth[trial, lot] = ledger.added(name, group, key.period)
    return worth


def group_of(contract: Contract, result: Result, group: tuple[str, ...]) -> str | None:
    """The value of the attribute that a result is for each of; None where it is for all."""
    return None if result.each is None else group[contract.grouping.index(result.each)]


def sums_of(contract: Contract, summed: Callable[[str, bool], int]) -> Sums:
    """What measures are worked out from; `summed` gives the claims of a milestone, or, where that
    is asked for, their worth in minor units.
    """
    unit = 10**contract.decimals
    return Sums(
        contract.measures,
        claims=lambda name: Fraction(summed(name, False)),
        value=lambda name: Fraction(summed(name, True), unit),
    )


def worth_pence(contract: Contract, result: Result, sums: Sums) -> int:
    """What a result pays for what is measured, before what is taken off, in minor units; halves go
    as the contract's rounding says.
    """
    exact: Fraction = result.worth(sums) * 10**contract.decimals
    return rounded(exact, contract.rounding.rule)


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

    def added(self, name: str, group: str | None, period: int) -> int:
        """What a result adds in one period, in minor units: its worth at the end of it, less that
        at the end of the period before where both are worth of the same stretch.
        """
        now = self.worth(name, group, period)
        if self.contract.results[name].starts_anew(self.contract.calendar, period):
            return now
        return now - self.worth(name, group, period - 1)

    def worth(self, name: str, group: str | None, period: int) -> int:
        """What a result is worth at the end of a period, in minor units."""
        if (name, group, period) not in self.known:
            self.known[name, group, period] = self._worth(name, group, period)
        return self.known[name, group, period]

    def _worth(self, name: str, group: str | None, period: int) -> int:
        result, calendar = self.contract.results[name], self.contract.calendar
        if result.on is not None and calendar.periods[period].last < result.on:
            return 0
        first = result.first_period(calendar, period)

        def summed(milestone: str, in_money: bool) -> int:
            wanted = self.contract.payables.index(milestone)
            return sum(
                counted[in_money]
                for (place, at, held), counted in self.counts.items()
                if place == wanted
                and first <= at <= period
                and (group is None or group_of(self.contract, result, held) == group)
            )

        pence = worth_pence(self.contract, result, sums_of(self.contract, summed))
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
