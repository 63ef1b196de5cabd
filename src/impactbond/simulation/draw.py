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
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.random import PCG64, SeedSequence
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.money import Pence
from impactbond.settlement.funding import Funders
from impactbond.settlement.limits import settles_in_order
from impactbond.settlement.lots import Lots, Numbers, Rulebook
from impactbond.simulation.alike import AlikeGroups, Taken, alike_groups
from impactbond.simulation.area import Area, Group
from impactbond.simulation.binomial import MOST_LEVELS, Bits
from impactbond.simulation.columns import Columns, Place, columns_of, segments_of
from impactbond.simulation.journeys import journeys
from impactbond.simulation.outturn import Outturn
from impactbond.simulation.spending import Spending, Tariff
from impactbond.simulation.stages import Stage, Turn

# Parts of what a seed means: another number is another set of futures.
TRIALS_PER_BLOCK = 2048
SINGLE_TRIALS_PER_BLOCK = 256
# Luck that many share has streams of its own, beside those of the groups; so has leaving, so that
# children who stay have the luck that they have without it.
_LUCK, _LEAVING = 2**31, 2**31 - 1
_LEVEL_BITS = MOST_LEVELS.bit_length() - 1
_FLOAT_BITS = 53
# Of every stage and turn, in each group: the turn, and the columns of its claims with how many.
ClaimedByTurns = list[list[list[tuple[Turn, list[tuple[int, int]]]]]]


@dataclass(frozen=True, eq=False, repr=False)
class Draws:
    """Everything that drawing an area's futures needs, worked out once; blocks are drawn on demand.

    `stages` are the journeys of every group, `columns` those in which claims are counted. Of an
    amended contract, `contract` is all of its `versions` under one roof.
    """

    contract: Contract
    area: Area
    seed: int
    claim_dates: tuple[ClaimDate, ...]
    funders: Funders
    stages: tuple[tuple[Stage, ...], ...]
    columns: Columns
    spending: Spending
    versions: Versions
    outturn: Outturn | None = None

    @classmethod
    def of(
        cls, contract: Contract | Versions, area: Area, seed: int, outturn: Outturn | None = None
    ) -> Draws:
        """The draws of an area that fits the contract. Every claim date of the contract is in. With
        an `outturn`, those on record are the first groups of the area.
        """
        versions = Versions.of(contract)
        whole, cohorts = versions.whole, area.cohorts
        claims = claim_dates(versions, whole.calendar.claim_dates[-1])
        segments, named = segments_of(versions, cohorts, outturn)
        settled = [] if outturn is None else outturn.share_rules(whole)
        rulebook = Rulebook(versions, named, settled)
        stages = journeys(versions, area, () if outturn is None else outturn.known)
        columns = columns_of(versions, cohorts, stages, rulebook, segments, claims, outturn)
        funders = Funders.of(whole, rulebook.all)
        every = (turn for own in stages for stage in own for of in stage.of_cell for turn in of)
        drawn = (spent for turn in every for spent in turn.spent)
        spending = Spending(Tariff(whole, area).fixed(), drawn, area.children)
        if outturn is not None:  # what is settled has been counted, and workers need none of it
            outturn = replace(outturn, lines=outturn.lines.schema.empty_table(), claims=())
        return cls(whole, area, seed, claims, funders, stages, columns, spending, versions, outturn)

    @property
    def lots(self) -> Lots:
        """The lots that can be claimed, in settlement order."""
        return self.columns.lots

    @property
    def later(self) -> tuple[tuple[int, int], ...]:
        """The columns of what is known later than at the claim date of its own period."""
        return self.columns.later

    @property
    def place(self) -> Mapping[Place, int]:
        """The column of each claim of a group."""
        return self.columns.place

    @cached_property
    def cohorts(self) -> tuple[Group, ...]:
        """Every group of the area, worked out once."""
        return self.area.cohorts

    @property
    def is_single(self) -> bool:
        """Whether every child is drawn by itself, because a limit looks at single claims."""
        return self.contract.claim_by_claim

    @cached_property
    def settles_in_order(self) -> bool:
        """Whether all claim dates of a future can be settled at once."""
        has_claims = bool(self.later) or self.columns.claimed is not None
        return not has_claims and settles_in_order(self.contract)

    @property
    def trials_per_block(self) -> int:
        """How many trials have a stream of their own, and are always drawn together."""
        return SINGLE_TRIALS_PER_BLOCK if self.is_single else TRIALS_PER_BLOCK

    def counts(self, block: int) -> Numbers:
        """Claims of every column by the end of the term, in every trial of a block: (trial,
        column).
        """
        return self.drawn(block)[0]

    def drawn(self, block: int) -> tuple[Numbers, Pence]:
        """The counts of a block, and what is spent in it: (trial, month, cost)."""
        # In memory the trials of a lot lie side by side: they are drawn and settled together.
        columns = len(self.lots.keys) + len(self.later)
        counts = np.zeros((columns, self.trials_per_block), dtype=np.int64).T
        counts[:, self.columns.standing] = 1
        spent = self.spending.nothing(len(self.area.costs), self.trials_per_block)
        if self.is_single:
            for group in range(len(self.stages)):
                for child, came, is_taken in self._singly(block, group):
                    self._add(counts, self._columns(group, child, came), is_taken)
                    self.spending.add(spent, came.spent, is_taken)
            return counts, spent.transpose(2, 0, 1)
        for alike in self._batches:
            stages = zip(self._claimed_by(alike), self._taken(block, alike), strict=True)
            for of_turns, stage in stages:
                for of_turn, one in zip(of_turns, stage, strict=True):
                    for (came, claimed), children in zip(of_turn, one.children, strict=True):
                        self._add(counts, claimed, children)
                        self.spending.add(spent, came.spent, children)
        return counts, spent.transpose(2, 0, 1)

    @cached_property
    def _batches(self) -> list[AlikeGroups]:
        """All groups, those together that are drawn side by side."""
        children = [group.children for group in self.cohorts]
        return alike_groups(self.stages, children, self.trials_per_block)

    def quantities(self, counts: Numbers) -> Numbers:
        """Claims to date of trials, shaped (trial, claim date, lot).

        What is reached in a period is known at that period's own claim date, unless its evidence is
        recorded later.
        """
        claims = np.arange(len(self.claim_dates))
        known = claims[:, None] >= self.lots.period[None, :]
        lots = len(self.lots.keys)
        by_claim = np.multiply(known[..., None], counts.T[:lots], dtype=np.int64)
        if self.columns.claimed is not None:
            by_claim += self.columns.claimed[..., None]
        for (lot, since), more in zip(self.later, counts.T[lots:], strict=True):
            by_claim[since:, lot] += more
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

    def _level(self, block: int, group: int, stage: Stage) -> Numbers | None:
        """The level of the chances of a stage in every trial of a block; None where they are
        certain. It is the same for everybody who has the same luck.
        """
        if stage.varies is None:
            return None
        alike = self._alike[stage.varies][group]
        bits = self._stream(block, _LUCK + stage.varies, alike).random_raw(self.trials_per_block)
        bars = self._luck_known(stage.varies, alike)
        if bars is not None:
            return np.searchsorted(bars, bits, side="right")
        return np.asarray(bits >> np.uint64(64 - _LEVEL_BITS), dtype=np.int64)

    @cached_property
    def _known_luck(self) -> dict[tuple[int, int], Bits | None]:
        return {}

    def _luck_known(self, varies: int, alike: int) -> Bits | None:
        """The bits from which on each next level is drawn, where some who share this luck are on
        record: a level is as likely as what is known of all of them is at it. Otherwise None.
        """
        if (varies, alike) not in self._known_luck:
            weights = np.ones(MOST_LEVELS)
            for group, stages in enumerate(self.stages):
                if self._alike[varies][group] != alike:
                    continue
                for stage in stages:
                    if stage.varies == varies and stage.likely:
                        known = _power(np.array(stage.likely), self.cohorts[group].children)
                        weights = _scaled(weights * known)
            below = np.cumsum(weights)[:-1] / np.cumsum(weights)[-1]
            is_known = (weights != 1).any()
            bars = np.minimum(np.floor(below * 2.0**_FLOAT_BITS), 2.0**_FLOAT_BITS - 1)
            scaled = bars.astype(np.uint64) << np.uint64(64 - _FLOAT_BITS)
            self._known_luck[varies, alike] = scaled if is_known else None
        return self._known_luck[varies, alike]

    @cached_property
    def _alike(self) -> list[list[int]]:
        """Of everything that varies, the number of those with whom a group shares its luck."""
        found = []
        for varying in self.area.varies:
            number: dict[tuple[str, ...], int] = {}
            keys = [
                tuple(self._held(group, word) for word in varying.each) for group in self.cohorts
            ]
            found.append([number.setdefault(key, len(number)) for key in keys])
        return found

    def _held(self, group: Group, word: str) -> str:
        match word:
            case "area":
                return ""
            case "group":
                luck = None if self.outturn is None else self.outturn.luck
                return (luck or {}).get(group.name, group.name)
            case "year":
                return str(self.contract.calendar.year_of(group.start))
            case attribute:
                return group.attributes[attribute]

    def _stream(self, *key: int) -> PCG64:
        """Raw bits of their own: numpy keeps the stream of its bit generators from one release to
        the next, and that of its distributions not.
        """
        return PCG64(SeedSequence(self.seed, spawn_key=key))

    def _taken(self, block: int, alike: AlikeGroups) -> Iterator[list[Taken]]:
        """Of every stage, how many children of each cell come to each turn, in groups that are
        drawn side by side.
        """
        trials, digits = self.trials_per_block, alike.digits
        streams = [self._stream(block, group) for group in alike.groups]
        leaving: list[PCG64] = []
        if any(stage.is_start for stage in alike.stages):
            leaving = [self._stream(block, _LEAVING, group) for group in alike.groups]

        def bits(stage: Stage) -> Bits:
            found = np.empty((digits, len(streams), trials), dtype=np.uint64)
            for place, source in enumerate(leaving if stage.is_start else streams):
                found[:, place] = source.random_raw(digits * trials).reshape(digits, trials)
            return found

        def level(number: int) -> Numbers | None:
            if alike.stages[number].varies is None:
                return None
            own = [self._level(block, one, self.stages[one][number]) for one in alike.groups]
            return np.array(own, dtype=np.int64)

        return alike.taken(trials, bits, level)

    def _dealt(self, block: int, group: int, place: int) -> Iterator[tuple[int, Turn]]:
        """The children of a group in one trial, each with a turn of every stage.

        Whoever stands in one cell is alike: which of them come to a turn is drawn, by a stream
        that nothing else depends on.
        """
        stream = self._stream(block, group, place)
        standing = {0: np.arange(self.cohorts[group].children)}
        alike = next(one.alone(group) for one in self._batches if group in one.groups)
        for number, stage in enumerate(self._taken(block, alike)):
            after: dict[int, list[Numbers]] = {}
            waiting: dict[int, Numbers] = {}
            for cell, place_of_turn, children in stage:
                turn = self.stages[group][number].of_cell[cell][place_of_turn]
                if cell not in waiting:
                    order = np.argsort(stream.random_raw(len(standing[cell])), kind="stable")
                    waiting[cell] = standing[cell][order]
                chosen, waiting[cell] = np.split(waiting[cell], [int(children[0, place])])
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
        for child in range(self.cohorts[group].children):
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

    def _columns(self, group: int, child: int, turn: Turn) -> list[tuple[int, int]]:
        """In which columns the claims of a turn are counted, each with how many they are."""
        return [
            (self.place[group, claim._replace(quantity=1), child], claim.quantity)
            for claim in turn.claims
        ]

    @cached_property
    def _known_columns(self) -> dict[tuple[int, ...], ClaimedByTurns]:
        return {}

    def _claimed_by(self, alike: AlikeGroups) -> ClaimedByTurns:
        """Of every stage and turn, cell after cell: the turn of each group, and its columns."""
        if alike.groups not in self._known_columns:
            of_groups = [
                [[turn for turns in stage.of_cell for turn in turns] for stage in self.stages[one]]
                for one in alike.groups
            ]
            self._known_columns[alike.groups] = [
                [
                    [
                        (turn, self._columns(group, 0, turn))
                        for group, turn in zip(alike.groups, turns, strict=True)
                    ]
                    for turns in zip(*stages, strict=True)
                ]
                for stages in zip(*of_groups, strict=True)
            ]
        return self._known_columns[alike.groups]

    @staticmethod
    def _add(counts: Numbers, columns: Sequence[tuple[int, int]], children: Numbers) -> None:
        for column, each in columns:
            counts[:, column] += children if each == 1 else children * each


def _chosen(turns: Sequence[Turn], drawn: Bits, level: Numbers | None) -> Numbers:
    """The number of the turn that each draw falls on."""
    if level is None:
        return np.searchsorted(_bars(turns, 0), drawn, side="right")
    found = np.zeros(drawn.shape, dtype=np.int64)
    for one in np.unique(level).tolist():
        at = level == one
        found[at] = np.searchsorted(_bars(turns, one), drawn[at], side="right")
    return found


def _scaled(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of which the largest is one; where all are nothing, nothing is known."""
    most = weights.max()
    return weights / most if most > 0 else np.ones_like(weights)


def _power(likely: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    """Each to a power but for their scale, by multiplication alone, which every machine does
    alike.
    """
    found = np.ones_like(likely)
    while times:
        if times & 1:
            found = _scaled(found * likely)
        likely, times = _scaled(likely * likely), times >> 1
    return found


def _bars(turns: Sequence[Turn], level: int) -> Bits:
    """The bits from which on each next turn is drawn at a level, exact to one in 2^53."""
    below, bars = 0.0, []
    for turn in turns[:-1]:
        below += turn.chances[level]
        bars.append(min(int(below * 2.0**53) << 11, 2**64 - 1))
    return np.array(bars, dtype=np.uint64)
