"""Drawn futures: when every group would reach every milestone, which child reaches which, and how
many claims every lot then holds.

Takes  a contract, an area that fits it, and a seed.
Gives  days and whether they pay, shaped (group, milestone), with cautions about days that cannot
       be; children shaped (milestone, trial, child); quantities to date (trial, claim date, lot).
Keeps  the first trials are the same however many are drawn; a child reaches no milestone without
       its prerequisites, nor before them; nothing outside the term pays; no float decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.random import PCG64, SeedSequence
from numpy.typing import NDArray

from impactbond.contract.conditions import reach_from
from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number
from impactbond.evaluation.claims import Counted
from impactbond.evaluation.inputs import ClaimDate, Segments, claim_dates
from impactbond.evaluation.judgement import by_need
from impactbond.settlement.funding import Funders
from impactbond.settlement.lots import FULL, LotKey, Lots, Numbers, Rulebook, make_lots, period_of
from impactbond.simulation.area import Area
from impactbond.terms.applicability import is_about

Truths = NDArray[np.bool_]
# Both are part of what a seed means: another value is another set of futures.
TRIALS_PER_BLOCK = 256
CHILDREN_AT_ONCE = 1024
DRAW_BITS = 64


@dataclass(frozen=True)
class Timing:
    """Day numbers on which milestones are reached, and whether a claim is paid."""

    day: Numbers
    pays: Truths

    @classmethod
    def of(cls, contract: Contract, area: Area) -> Timing:
        """The days of an area: its start and span, or its latest prerequisite's day if later."""
        first, last = (day_number(day) for day in contract.calendar.term)
        place = {name: index for index, name in enumerate(contract.milestones)}
        day = np.empty((len(area.groups), len(place)), dtype=np.int64)
        pays = np.empty(day.shape, dtype=np.bool_)
        for name in chain.from_iterable(by_need(contract)):
            before = [place[earlier] for earlier in contract.milestones[name].after]
            after = area.chances[name].after
            own = np.array([[day_number(after.after(group.start))] for group in area.groups])
            day[:, place[name]] = np.hstack([own, day[:, before]]).max(axis=1)
            in_term = (day[:, place[name]] >= first) & (day[:, place[name]] <= last)
            pays[:, place[name]] = in_term & pays[:, before].all(axis=1)
            only = contract.milestones[name].only
            is_for = [is_about(only, group.attributes) for group in area.groups]
            pays[:, place[name]] &= np.array(is_for, dtype=np.bool_)
        return cls(day, pays)


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
        for name in chain.from_iterable(by_need(self.contract)):
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


def cautions(contract: Contract, area: Area, timing: Timing) -> tuple[str, ...]:
    """What a modeller should know: milestones that never pay, and days on which none is reached."""
    found = []
    groups = len(area.groups)
    for index, name in enumerate(contract.milestones):
        unpaid = int((~timing.pays[:, index]).sum())
        if area.chances[name].chance and unpaid:
            found.append(
                f"'{name}' never pays in {unpaid} of {groups} groups: it, or a milestone that it "
                "comes after, is reached outside the contract's term or is for others only"
            )
    for name in contract.milestones:
        found += _cannot_be_met(contract, area, name)
    return tuple(found)


def _cannot_be_met(contract: Contract, area: Area, milestone: str) -> list[str]:
    """A caution where a milestone is assumed on a day on which its condition cannot be met."""
    when, after = contract.milestones[milestone].when, area.chances[milestone].after
    ranges = []
    for group in area.groups:
        reach = reach_from(contract, when, group.start)
        if reach is None or not reach[0] <= after.after(group.start) <= reach[1]:
            ranges.append((group.start, reach))
    if not ranges:
        return []
    start, reach = ranges[0]
    seen = "it cannot be met at all"
    if reach is not None:
        opens, closes = ((day - start).days for day in reach)
        seen = f"it can be met from {opens} to {closes} days after the start"
    return [
        f"'{milestone}' is assumed {after} after the start, when the contract cannot see it, in "
        f"{len(ranges)} of {len(area.groups)} groups; for the first of them {seen}"
    ]
