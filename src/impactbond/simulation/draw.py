"""Drawn futures: which child reaches which milestone, and how many claims every lot then holds.

Takes  a contract, an area that fits it, and a seed.
Gives  children shaped (milestone, trial, child), and quantities to date (trial, claim date, lot).
Keeps  the first trials are the same however many are drawn; a child reaches no milestone without
       its prerequisites; no float decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import PCG64, SeedSequence

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evaluation.claims import Counted
from impactbond.evaluation.inputs import ClaimDate, Segments, claim_dates
from impactbond.evaluation.judgement import by_need
from impactbond.settlement.funders import Funders
from impactbond.settlement.lots import (
    FULL,
    LotKey,
    Lots,
    Numbers,
    Rulebook,
    make_lots,
    period_of,
)
from impactbond.simulation.area import Area
from impactbond.simulation.timing import Timing, Truths

# Both are part of what a seed means: another value is another set of futures.
TRIALS_PER_BLOCK = 256
CHILDREN_AT_ONCE = 1024
DRAW_BITS = 64


@dataclass(frozen=True)
class DrawnChildren:
    """Children of one group from `first` on: which milestones each reaches in each trial of a
    block, shaped (milestone, trial, child).
    """

    group: int
    first: int
    reached: Truths


@dataclass(frozen=True, eq=False)
class Draws:
    """Everything that drawing an area's futures needs, worked out once; blocks are drawn on demand.

    `place` is the lot of every group and milestone, shaped (group, milestone); -1 where nothing is
    ever paid.
    """

    contract: Contract
    area: Area
    seed: int
    claim_dates: tuple[ClaimDate, ...]
    funders: Funders
    timing: Timing
    lots: Lots
    place: Numbers

    @classmethod
    def of(cls, contract: Contract, area: Area, seed: int) -> Draws:
        """The draws of an area that fits the contract. Every claim date of the contract is in."""
        calendar = contract.calendar
        claims = claim_dates(contract, calendar.claim_date(calendar.periods[-1]))
        names = tuple(contract.participants.attributes)
        held = [tuple(group.attributes[name] for name in names) for group in area.groups]
        segments = Segments(names, tuple(sorted(set(held))))
        named = {number: segments.named(number) for number in range(len(segments.values))}
        rulebook = Rulebook(Versions.of(contract), [named])
        timing = Timing.of(contract, area)
        segment = [segments.values.index(values) for values in held]
        lots, place = _lots_of(contract, timing, rulebook, segment, len(claims))
        funders = Funders.of(contract, rulebook.all)
        return cls(contract, area, seed, claims, funders, timing, lots, place)

    @cached_property
    def _thresholds(self) -> list[int]:
        """A child reaches a milestone when its draw is below this whole number."""
        chances = [self.area.chances[name].chance for name in self.contract.milestones]
        return [chance.numerator * 2**DRAW_BITS // chance.denominator for chance in chances]

    def children(self, block: int) -> Iterator[DrawnChildren]:
        """Every child of the area in every trial of a block, some children at a time.

        A block has its own stream of the seed and is always drawn whole. Raw bits are used because
        numpy keeps their stream from one release to the next, and that of its distributions not.
        """
        bits = PCG64(SeedSequence(self.seed, spawn_key=(block,)))
        milestones = len(self.contract.milestones)
        for number, group in enumerate(self.area.groups):
            for first in range(0, group.children, CHILDREN_AT_ONCE):
                children = min(CHILDREN_AT_ONCE, group.children - first)
                shape = (milestones, TRIALS_PER_BLOCK, children)
                drawn = bits.random_raw(milestones * TRIALS_PER_BLOCK * children).reshape(shape)
                yield DrawnChildren(number, first, self._reached(drawn))

    def _reached(self, drawn: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> Truths:
        reached = np.empty(drawn.shape, dtype=np.bool_)
        names = list(self.contract.milestones)
        for name in (name for layer in by_need(self.contract) for name in layer):
            milestone = names.index(name)
            reached[milestone] = drawn[milestone] < self._thresholds[milestone]
            for earlier in self.contract.milestones[name].after:
                reached[milestone] &= reached[names.index(earlier)]
        return reached

    def quantities(self, block: int) -> Numbers:
        """Claims to date in every lot, for every trial of a block: (trial, claim date, lot).

        Everything reached in a period is known at that period's own claim date.
        """
        counts = np.zeros((TRIALS_PER_BLOCK, len(self.lots.keys)), dtype=np.int64)
        first_fee = len(self.contract.milestones) + len(self.contract.results)
        counts[:, self.lots.milestone >= first_fee] = 1
        for children in self.children(block):
            for milestone, lot in enumerate(self.place[children.group]):
                if lot >= 0:
                    counts[:, lot] += children.reached[milestone].sum(axis=1)
        claims = np.arange(len(self.claim_dates))
        known = claims[:, None] >= self.lots.period[None, :]
        return np.asarray(counts[:, None, :] * known, dtype=np.int64)


def _lots_of(
    contract: Contract, timing: Timing, rulebook: Rulebook, segment: list[int], claims: int
) -> tuple[Lots, Numbers]:
    """The lots that can be claimed, in settlement order, and which one is of which group and
    milestone.
    """
    keys: dict[tuple[int, int], LotKey] = {}
    (rules,), rows = rulebook.by_version, []
    for group, milestone in np.argwhere(timing.pays).tolist():
        day, held = int(timing.day[group, milestone]), segment[group]
        period = period_of(contract.calendar.periods, day)
        rows.append(Counted(period, milestone, day, held, 1))
        keys[group, milestone] = rules.key(milestone, day, held, "", FULL)
    lots, _ = make_lots(rulebook, [rows], claims)
    number = {key: index for index, key in enumerate(lots.keys)}
    place = np.full(timing.pays.shape, -1, dtype=np.int64)
    for where, key in keys.items():
        place[where] = number[key]
    return lots, place
