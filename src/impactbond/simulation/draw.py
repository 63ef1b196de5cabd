"""Drawn futures: how many children of every group take each journey, and so how many claims every
lot then holds.

Takes  a contract, an area that fits it, and a seed.
Gives  claims of every lot in every trial, and quantities to date (trial, claim date, lot); one
       trial child by child, dealt out from the same numbers.
Keeps  the first trials are the same however many are drawn; a group added at the end leaves the
       draws of the others alone. Work does not grow with the number of children, unless a limit
       looks at single claims: then every child is drawn by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.random import PCG64, SeedSequence

from impactbond.contract.conditions import reach_from
from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import Span
from impactbond.evaluation.claims import Counted
from impactbond.evaluation.inputs import ClaimDate, Segments, claim_dates
from impactbond.money import Pence
from impactbond.settlement.funding import Funders
from impactbond.settlement.lots import FULL, Lots, Numbers, Rulebook, make_lots, period_of
from impactbond.simulation.area import Area, Group
from impactbond.simulation.binomial import MOST_LEVELS, Binomial, Bits, digits_of
from impactbond.simulation.journeys import Stage, Turn, journeys
from impactbond.simulation.spending import Spending, Tariff

# Parts of what a seed means: another number is another set of futures.
TRIALS_PER_BLOCK = 2048
SINGLE_TRIALS_PER_BLOCK = 256
# Luck that many share has streams of its own, beside those of the groups; so has leaving, so that
# children who stay have the luck that they have without it.
_LUCK, _LEAVING = 2**31, 2**31 - 1
_LEVEL_BITS = MOST_LEVELS.bit_length() - 1


class Taken(NamedTuple):
    """How many children of a cell a turn came to, in every trial of a block."""

    cell: int
    turn: Turn
    children: Numbers


@dataclass(frozen=True, eq=False)
class Draws:
    """Everything that drawing an area's futures needs, worked out once; blocks are drawn on demand.

    `stages` are the journeys of every group. `place` is the lot of a claim of a group: by its
    milestone and day, and by the child where children are drawn one by one; what is in no lot is
    never paid.
    """

    contract: Contract
    area: Area
    seed: int
    claim_dates: tuple[ClaimDate, ...]
    funders: Funders
    stages: tuple[tuple[Stage, ...], ...]
    lots: Lots
    place: Mapping[tuple[int, int, int, int], int]
    spending: Spending

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
        stages = journeys(contract, area)
        segment = [segments.values.index(values) for values in held]
        lots, place = _lots_of(contract, area, stages, rulebook, segment, len(claims))
        funders = Funders.of(contract, rulebook.all)
        every = (turn for own in stages for stage in own for of in stage.of_cell for turn in of)
        drawn = (spent for turn in every for spent in turn.spent)
        spending = Spending(Tariff(contract, area).fixed(), drawn, area.children)
        return cls(contract, area, seed, claims, funders, stages, lots, place, spending)

    @property
    def is_single(self) -> bool:
        """Whether every child is drawn by itself, because a limit looks at single claims."""
        return self.contract.claim_by_claim

    @property
    def trials_per_block(self) -> int:
        """How many trials have a stream of their own, and are always drawn together."""
        return SINGLE_TRIALS_PER_BLOCK if self.is_single else TRIALS_PER_BLOCK

    def counts(self, block: int) -> Numbers:
        """Claims of every lot by the end of the term, in every trial of a block: (trial, lot)."""
        return self.drawn(block)[0]

    def drawn(self, block: int) -> tuple[Numbers, Pence]:
        """The counts of a block, and what is spent in it: (trial, month, cost)."""
        # In memory the trials of a lot lie side by side: they are drawn and settled together.
        counts = np.zeros((len(self.lots.keys), self.trials_per_block), dtype=np.int64).T
        first_fee = len(self.contract.milestones) + len(self.contract.results)
        counts[:, self.lots.milestone >= first_fee] = 1
        spent = self.spending.nothing(len(self.area.costs), self.trials_per_block)
        for group in range(len(self.stages)):
            if self.is_single:
                for child, turn, is_taken in self._singly(block, group):
                    self._add(counts, group, child, turn, is_taken)
                    self.spending.add(spent, turn.spent, is_taken)
            else:
                for stage in self._taken(block, group):
                    for one in stage:
                        self._add(counts, group, 0, one.turn, one.children)
                        self.spending.add(spent, one.turn.spent, one.children)
        return counts, spent.transpose(2, 0, 1)

    def quantities(self, counts: Numbers) -> Numbers:
        """Claims to date of trials, shaped (trial, claim date, lot).

        Everything reached in a period is known at that period's own claim date.
        """
        claims = np.arange(len(self.claim_dates))
        known = claims[:, None] >= self.lots.period[None, :]
        by_claim = np.multiply(known[..., None], counts.T, dtype=np.int64)
        return np.asarray(by_claim.transpose(2, 0, 1), dtype=np.int64)

    def turns(self, trial: int) -> Iterator[tuple[int, int, Turn]]:
        """One trial child by child: the group, the number of the child in it, and a turn of
        every stage.
        """
        block, place = divmod(trial, self.trials_per_block)
        for group in range(len(self.stages)):
            if self.is_single:
                for child, turn, is_taken in self._singly(block, group):
                    if is_taken[place]:
                        yield group, child, turn
            else:
                for child, turn in self._dealt(block, group, place):
                    yield group, child, turn

    @cached_property
    def _binomials(self) -> dict[tuple[float, ...], Binomial]:
        return {}

    def _binomial(self, chances: tuple[float, ...]) -> Binomial:
        if chances not in self._binomials:
            self._binomials[chances] = Binomial(np.array(chances))
        return self._binomials[chances]

    def _level(self, block: int, group: int, stage: Stage) -> Numbers | None:
        """The level of the chances of a stage in every trial of a block; None where they are
        certain. It is the same for everybody who has the same luck.
        """
        if stage.varies is None:
            return None
        alike = self._alike[stage.varies][group]
        bits = self._stream(block, _LUCK + stage.varies, alike).random_raw(self.trials_per_block)
        return np.asarray(bits >> np.uint64(64 - _LEVEL_BITS), dtype=np.int64)

    @cached_property
    def _alike(self) -> list[list[int]]:
        """Of everything that varies, the number of those with whom a group shares its luck."""
        found = []
        for varying in self.area.varies:
            number: dict[tuple[str, ...], int] = {}
            keys = [
                tuple(self._held(group, word) for word in varying.each)
                for group in self.area.groups
            ]
            found.append([number.setdefault(key, len(number)) for key in keys])
        return found

    def _held(self, group: Group, word: str) -> str:
        match word:
            case "area":
                return ""
            case "group":
                return group.name
            case "year":
                return str(self.contract.calendar.year_of(group.start))
            case attribute:
                return group.attributes[attribute]

    def _stream(self, *key: int) -> PCG64:
        """Raw bits of their own: numpy keeps the stream of its bit generators from one release to
        the next, and that of its distributions not.
        """
        return PCG64(SeedSequence(self.seed, spawn_key=key))

    def _taken(self, block: int, group: int) -> Iterator[list[Taken]]:
        """Of every stage, how many children of each cell come to each turn."""
        stream, children = self._stream(block, group), self.area.groups[group].children
        leaving = self._stream(block, _LEAVING, group)
        digits = digits_of(children)
        standing = {0: np.full(TRIALS_PER_BLOCK, children, dtype=np.int64)}
        for stage in self.stages[group]:
            found: list[Taken] = []
            after: dict[int, Numbers] = {}
            level = self._level(block, group, stage)
            for cell, turns in enumerate(stage.of_cell):
                left = standing[cell]
                for turn, part in zip(turns, _parts(turns), strict=True):
                    taken = left
                    if turn is not turns[-1]:
                        source = leaving if stage.is_start else stream
                        bits = source.random_raw(digits * TRIALS_PER_BLOCK)
                        bits = bits.reshape(digits, TRIALS_PER_BLOCK)
                        taken = self._binomial(part).draw(left, bits, level)
                    left = left - taken
                    found.append(Taken(cell, turn, taken))
                    before = after.get(turn.cell)
                    after[turn.cell] = taken if before is None else before + taken
            standing = after
            yield found

    def _dealt(self, block: int, group: int, place: int) -> Iterator[tuple[int, Turn]]:
        """The children of a group in one trial, each with a turn of every stage.

        Whoever stands in one cell is alike: which of them come to a turn is drawn, by a stream
        that nothing else depends on.
        """
        stream = self._stream(block, group, place)
        standing = {0: np.arange(self.area.groups[group].children)}
        for stage in self._taken(block, group):
            after: dict[int, list[Numbers]] = {}
            waiting: dict[int, Numbers] = {}
            for cell, turn, children in stage:
                if cell not in waiting:
                    order = np.argsort(stream.random_raw(len(standing[cell])), kind="stable")
                    waiting[cell] = standing[cell][order]
                chosen, waiting[cell] = np.split(waiting[cell], [int(children[place])])
                after.setdefault(turn.cell, []).append(chosen)
                for child in chosen.tolist():
                    yield child, turn
            standing = {cell: np.concatenate(parts) for cell, parts in after.items()}

    def _singly(self, block: int, group: int) -> Iterator[tuple[int, Turn, Numbers]]:
        """Every child of a group with every turn of every stage, and in which trials it comes to
        it: 1, or 0.
        """
        stream, leaving = self._stream(block, group), self._stream(block, _LEAVING, group)
        stages, trials = self.stages[group], SINGLE_TRIALS_PER_BLOCK
        starts = int(bool(stages) and stages[0].is_start)
        levels = [self._level(block, group, stage) for stage in stages]
        for child in range(self.area.groups[group].children):
            own = leaving.random_raw(starts * trials)
            rest = stream.random_raw((len(stages) - starts) * trials)
            bits = np.concatenate([own, rest]).reshape(len(stages), trials)
            standing = np.zeros(trials, dtype=np.int64)
            for stage, drawn, level in zip(stages, bits, levels, strict=True):
                after = standing.copy()
                for cell, turns in enumerate(stage.of_cell):
                    chosen = np.where(standing == cell, _chosen(turns, drawn, level), -1)
                    for number, turn in enumerate(turns):
                        after[chosen == number] = turn.cell
                        yield child, turn, np.asarray(chosen == number, dtype=np.int64)
                standing = after

    def _add(self, counts: Numbers, group: int, child: int, turn: Turn, children: Numbers) -> None:
        for claim in turn.claims:
            lot = self.place[group, claim.milestone, claim.day, child]
            counts[:, lot] += children * claim.quantity


def _parts(turns: Sequence[Turn]) -> Iterator[tuple[float, ...]]:
    """The chance of each turn, at each level, where those before it were not drawn."""
    left = [1.0] * len(turns[0].chances)
    for turn in turns:
        pairs = zip(turn.chances, left, strict=True)
        yield tuple(min(1.0, own / of) if of > 0 else 0.0 for own, of in pairs)
        left = [of - own for own, of in zip(turn.chances, left, strict=True)]


def _chosen(turns: Sequence[Turn], drawn: Bits, level: Numbers | None) -> Numbers:
    """The number of the turn that each draw falls on."""
    if level is None:
        return np.searchsorted(_bars(turns, 0), drawn, side="right")
    found = np.zeros(drawn.shape, dtype=np.int64)
    for one in np.unique(level).tolist():
        at = level == one
        found[at] = np.searchsorted(_bars(turns, one), drawn[at], side="right")
    return found


def _bars(turns: Sequence[Turn], level: int) -> Bits:
    """The bits from which on each next turn is drawn at a level, exact to one in 2^53."""
    below, bars = 0.0, []
    for turn in turns[:-1]:
        below += turn.chances[level]
        bars.append(min(int(below * 2.0**53) << 11, 2**64 - 1))
    return np.array(bars, dtype=np.uint64)


def child_name(group: str, child: int) -> str:
    """What a drawn child is called: its group and its number there, counted from one."""
    return f"{group} {child + 1:07d}"


def _lots_of(
    contract: Contract,
    area: Area,
    stages: Sequence[Sequence[Stage]],
    rulebook: Rulebook,
    segment: Sequence[int],
    claims: int,
) -> tuple[Lots, Mapping[tuple[int, int, int, int], int]]:
    """The lots that can be claimed, in settlement order, and which one each claim is in."""
    (rules,), rows = rulebook.by_version, []
    keys = {}
    for group, own in enumerate(stages):
        children = area.groups[group].children if contract.claim_by_claim else 1
        asked = {
            (claim.milestone, claim.day)
            for stage in own
            for turns in stage.of_cell
            for turn in turns
            for claim in turn.claims
        }
        for child in range(children):
            who = child_name(area.groups[group].name, child) if contract.claim_by_claim else ""
            for milestone, day in sorted(asked):
                period = period_of(contract.calendar.periods, day)
                rows.append(Counted(period, milestone, day, segment[group], 1, who))
                keys[group, milestone, day, child] = rules.key(
                    milestone, day, segment[group], who, FULL
                )
    lots, _ = make_lots(rulebook, [rows], claims)
    number = {key: index for index, key in enumerate(lots.keys)}
    return lots, {claimed: number[key] for claimed, key in keys.items()}


def cautions(draws: Draws) -> tuple[str, ...]:
    """What a modeller should know: milestones that never pay, and days on which none is reached."""
    contract, area = draws.contract, draws.area
    groups, found = len(area.groups), []
    paying = [set(_paying(stages)) for stages in draws.stages]
    for number, name in enumerate(contract.milestones):
        unpaid = sum(number not in pays for pays in paying)
        if area.chances[name].chance and unpaid:
            found.append(
                f"'{name}' never pays in {unpaid} of {groups} groups: it, or a milestone that it "
                "comes after, is reached outside the contract's term or is for others only"
            )
    for name in contract.milestones:
        for after in area.chances[name].after:
            found += _cannot_be_met(contract, area, name, after)
    if draws.is_single:
        found.append("Every child is drawn by itself: a limit looks at single claims")
    return tuple(found)


def _paying(stages: Sequence[Stage]) -> Iterator[int]:
    """The milestones that can pay in a group."""
    for stage in stages:
        for turns in stage.of_cell:
            for turn in turns:
                yield from (one.milestone for one in turn.reached if one.pays)


def _cannot_be_met(contract: Contract, area: Area, milestone: str, after: Span) -> list[str]:
    """A caution where a milestone is assumed on a day on which its condition cannot be met."""
    when = contract.milestones[milestone].when
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
