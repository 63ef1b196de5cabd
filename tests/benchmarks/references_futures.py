"""Futures of the West London Zone contract in an area, drawn and settled by NumPy that was written
by hand for that contract.

Counts of claims are drawn down the tree of prerequisites, a binomial for each group and milestone;
with a limit on each child, counts of the ways through it, of which each is cut once. Trials are the
last axis throughout; limits are running totals, and each share rule is cut only in a
period in which something of it moved. Nothing of the contract is read: another one is another
program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from dateutil.relativedelta import relativedelta
from numpy.typing import NDArray

from impactbond.simulation.area import Area

Numbers = NDArray[np.int64]

PERIODS, TERM_ENDS = 10, date(2019, 3, 31)
PRICES = (12_000, 45_000, 60_000, 60_000, 35_000, 32_500, 33_333)
CHANCES = (0.96, 0.93, 0.74, 0.66, 0.78, 0.67, 0.54)
AFTER = (None, 0, 1, 1, 1, 4, 5)  # the milestone that each comes after
FIRST_OUTCOME = 4  # from here on the second entry of the funding is meant
AFTER_START: tuple[Callable[[date], date], ...] = (
    *(lambda start, days=days: start + timedelta(days) for days in (10, 30, 364, 729)),
    *(lambda start, months=months: start + relativedelta(months=months) for months in (21, 22, 23)),
)
# Boundaries of lbhf, school, lottery, central; trust has the rest.
BOUNDARIES = (
    ((3, 10), (1, 2), (13, 20), (137, 180)),
    ((3, 10), (2, 5), (7, 10), (4, 5)),
)
WHOLE, LOTTERY = 18_000_000, 3_000_000
UP_FRONT = {"lbhf": 600_000, "trust": 1_800_000}
AT_ONCE = 1_000
# What a child has reached, by the numbers of the milestones, and how many children did.
Journeys = list[tuple[tuple[int, ...], Numbers]]


@dataclass(frozen=True)
class Futures:
    """What can be claimed in an area, in the order in which the limit is met: period, day,
    milestone, school.
    """

    area: Area
    schools: list[str]
    claims: list[tuple[int, date, int, str]]
    each: int | None = None

    @classmethod
    def of(cls, area: Area, each: int | None = None) -> Futures:
        schools = sorted({group.attributes["school"] for group in area.groups})
        found = {
            (_period(day), day, milestone, group.attributes["school"])
            for group in area.groups
            for milestone, after in enumerate(AFTER_START)
            if (day := after(group.start)) <= TERM_ENDS
        }
        return cls(area, schools, sorted(found), each)

    def drawn(self, trials: int, seed: int) -> Numbers:
        """What is due in so many futures, shaped (claim date, funder, trial)."""
        rng = np.random.default_rng(seed)
        found = np.empty((PERIODS, len(self.schools) + 4, trials), dtype=np.int64)
        for first in range(0, trials, AT_ONCE):
            some = min(AT_ONCE, trials - first)
            if self.each is None:
                due = self.due(self.counts(rng, some))
            else:
                taken = [_journeys(rng, group.children, some) for group in self.area.groups]
                due = self.due(*self.cut(taken))
            found[..., first : first + some] = due
        return found

    def cut(self, journeys: list[Journeys]) -> tuple[Numbers, Numbers]:
        """Claims by the end of the term, and what the limit on each child takes off them, by the
        journeys of every group; both shaped (claim, trial).
        """
        number = {claim: index for index, claim in enumerate(self.claims)}
        counts = np.zeros((len(self.claims), journeys[0][0][1].size), dtype=np.int64)
        off = np.zeros_like(counts)
        for group, taken in zip(self.area.groups, journeys, strict=True):
            days = sorted((after(group.start), at) for at, after in enumerate(AFTER_START))
            in_time = [(day, milestone) for day, milestone in days if day <= TERM_ENDS]
            for reached, children in taken:
                total = 0
                for day, milestone in in_time:
                    if milestone not in reached:
                        continue
                    claim = number[_period(day), day, milestone, group.attributes["school"]]
                    counts[claim] += children
                    beyond = min(PRICES[milestone], max(0, total + PRICES[milestone] - self.each))
                    total += PRICES[milestone]
                    if beyond:
                        off[claim] += children * beyond
        return counts, off

    def counts(self, rng: np.random.Generator, trials: int) -> Numbers:
        """Claims by the end of the term, shaped (claim, trial)."""
        number = {claim: index for index, claim in enumerate(self.claims)}
        counts = np.zeros((len(self.claims), trials), dtype=np.int64)
        for group in self.area.groups:
            reached: list[Numbers] = []
            for milestone, (chance, before) in enumerate(zip(CHANCES, AFTER, strict=True)):
                of = np.full(trials, group.children) if before is None else reached[before]
                reached.append(rng.binomial(of, chance))
                day = AFTER_START[milestone](group.start)
                if day <= TERM_ENDS:
                    claim = (_period(day), day, milestone, group.attributes["school"])
                    counts[number[claim]] += reached[milestone]
        return counts

    def due(self, counts: Numbers, off: Numbers | None = None) -> Numbers:
        """What is due for given counts, less what is taken off every claim: lbhf, every school,
        lottery, central, trust.
        """
        trials, schools = counts.shape[1], len(self.schools)
        place = {school: index for index, school in enumerate(self.schools)}
        running = np.zeros((2, schools, trials), dtype=np.int64)
        parts = np.zeros((2, 5, schools, trials), dtype=np.int64)
        paid = np.zeros((PERIODS, schools + 4, trials), dtype=np.int64)
        total, allowed = np.zeros(trials, dtype=np.int64), np.zeros(trials, dtype=np.int64)
        lbhf, lottery, central, trust = np.zeros((4, trials), dtype=np.int64)
        own, claim = np.zeros((schools, trials), dtype=np.int64), 0
        for period in range(PERIODS):
            moved: tuple[set[int], set[int]] = (set(), set())
            while claim < len(self.claims) and self.claims[claim][0] == period:
                _, _, milestone, school = self.claims[claim]
                total = total + counts[claim] * PRICES[milestone]
                if off is not None:
                    total -= off[claim]
                within, entry = np.minimum(total, WHOLE), int(milestone >= FIRST_OUTCOME)
                running[entry, place[school]] += within - allowed
                moved[entry].add(place[school])
                allowed, claim = within, claim + 1
            for entry, at in enumerate(map(sorted, moved)):
                below: Numbers | int = 0
                for share in range(5):
                    to = _cut(running[entry, at], entry, share)
                    more = to - below - parts[entry, share, at]
                    parts[entry, share, at] += more
                    if share == 1:
                        own[at] += more
                    else:
                        (lbhf, None, lottery, central, trust)[share][...] += more.sum(axis=0)
                    below = to
            over = np.maximum(lottery - LOTTERY, 0)
            amounts = {"lbhf": lbhf, "trust": trust + over}
            on_account = _on_account(amounts, own.sum(axis=0) + lottery - over + central)
            paid[period, 0] = lbhf + on_account["lbhf"]
            paid[period, 1 : schools + 1] = own
            paid[period, schools + 1] = lottery - over
            paid[period, schools + 2] = central
            paid[period, schools + 3] = amounts["trust"] + on_account["trust"]
        paid[1:] -= paid[:-1].copy()
        return paid


def _journeys(rng: np.random.Generator, children: int, trials: int) -> Journeys:
    """How many children take each way: the outcomes one after another, engagement in each year by
    itself.
    """
    consented = rng.binomial(np.full(trials, children), CHANCES[0])
    signed = rng.binomial(consented, CHANCES[1])
    one = rng.binomial(signed, CHANCES[4])
    two = rng.binomial(one, CHANCES[5])
    three = rng.binomial(two, CHANCES[6])
    found: Journeys = [((0,), consented - signed)]
    steps = [((), signed - one), ((4,), one - two), ((4, 5), two - three), ((4, 5, 6), three)]
    for outcomes, of in steps:
        first = rng.binomial(of, CHANCES[2])
        for year_1, engaged in (((2,), first), ((), of - first)):
            second = rng.binomial(engaged, CHANCES[3])
            found.append(((0, 1, *year_1, 3, *outcomes), second))
            found.append(((0, 1, *year_1, *outcomes), engaged - second))
    return found


def _period(day: date) -> int:
    """The number of a quarter; the first is the last of 2016."""
    return (day.year - 2016) * 4 + (day.month - 1) // 3 - 3


def _cut(running: Numbers, entry: int, share: int) -> Numbers:
    """The boundary above a share of running totals; half a penny goes up."""
    if share == 4:
        return running
    part, whole = BOUNDARIES[entry][share]
    return np.asarray((2 * part * running + whole) // (2 * whole), dtype=np.int64)


def _on_account(amounts: dict[str, Numbers], others: Numbers) -> dict[str, Numbers]:
    """Mobilisation money that half of what is paid has not recovered yet, and that carries nobody
    over the limit on the contract.
    """
    left = {}
    for name, up_front in UP_FRONT.items():
        back = np.minimum((amounts[name] + 1) // 2, amounts[name])
        left[name] = up_front - np.minimum(up_front, back)
    over = np.maximum(sum(amounts.values()) + others + sum(left.values()) - WHOLE, 0)
    for name, of in left.items():
        sooner = np.minimum(over, of)
        left[name], over = of - sooner, over - sooner
    return left
