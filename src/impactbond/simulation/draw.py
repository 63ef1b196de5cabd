"""Drawn futures: how many children of every group take each journey, and so how many claims every
lot then holds.

Takes  a contract, an area that fits it, and a seed.
Gives  claims of every lot in every trial, and quantities to date (trial, claim date, lot); one
       trial child by child, dealt out from the same numbers.
Keeps  the first trials are the same however many are drawn; a group added at the end leaves the
       draws of the others alone. Work does not grow with the number of children, unless a limit
       looks at single claims of many children: then every child is drawn by itself. Limits on each
       participant look at one journey.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.random import PCG64, SeedSequence

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.money import Pence
from impactbond.settlement.funding import Funders
from impactbond.settlement.limits import settles_in_order
from impactbond.settlement.lots import Lots, Numbers, Rulebook
from impactbond.settlement.priorities import Truths
from impactbond.simulation.area import Area, Group
from impactbond.simulation.binomial import Bits
from impactbond.simulation.columns import Columns, Place, columns_of, segments_of
from impactbond.simulation.held_by_journey import HeldByJourney
from impactbond.simulation.journeys import journeys_and_limits
from impactbond.simulation.luck import Luck
from impactbond.simulation.outturn import Outturn
from impactbond.simulation.spending import Spending, Tariff
from impactbond.simulation.stages import DrawnClaim, Stage, Turn
from impactbond.simulation.ways_to_draw import (
    AlikeGroups,
    Taken,
    alike_groups,
    child_by_child,
    deal,
    deal_by_stage,
)

# Parts of what a seed means: another number is another set of futures.
# The stream of a block gives its trials all their bits at once, so how many are in it decides what
# each trial draws.
TRIALS_PER_BLOCK = 2048
SINGLE_TRIALS_PER_BLOCK = 256
# Luck that many share has streams of its own, beside those of the groups; so has leaving, so that
# children who stay have the luck that they have without it.
_LUCK, _LEAVING = 2**31, 2**31 - 1
# Of every stage and turn, in each group: the turn, and the columns of its claims with how many.
ClaimedByTurns = list[list[list[tuple[Turn, list[tuple[int, int]]]]]]


@dataclass(frozen=True, eq=False, repr=False)
class Draws:
    """Everything that drawing an area's futures needs, worked out once; blocks are drawn on demand.

    `stages` are the journeys of every group, `columns` those in which claims are counted. Where
    limits on each participant are worked out journey by journey, columns of pence stand last: what
    is `held`. Of an amended contract, `contract` is all of its `versions` under one roof.
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
    held: HeldByJourney | None = None
    columns_one_by_one: Callable[[], Columns] | None = None

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
        known = () if outturn is None else outturn.known
        # Journeys and limits together: where children have too many ways to claim to be told apart,
        # each is drawn by itself instead.
        limits, stages = journeys_and_limits(versions, area, known, is_drawn=outturn is None)
        of_claims = partial(
            columns_of, versions, cohorts, stages, rulebook, segments, claims, outturn
        )
        columns = of_claims(whole.claim_by_claim and not limits)
        funders = Funders.of(whole, rulebook.all)
        every = (turn for own in stages for stage in own for of in stage.of_cell for turn in of)
        drawn = (spent for turn in every for spent in turn.spent)
        spending = Spending(Tariff(whole, area).fixed(), drawn, area.children)
        if outturn is not None:  # what is settled has been counted, and workers need none of it
            outturn = replace(outturn, lines=outturn.lines.schema.empty_table(), claims=())
        held = one_by_one = None
        if limits:
            one_by_one = partial(of_claims, True)
            held = HeldByJourney.settled(whole, limits, stages, columns, len(claims))
        of_area = whole, area, seed, claims, funders, stages
        return cls(*of_area, columns, spending, versions, outturn, held, one_by_one)

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
    def settled_claims(self) -> int:
        """How many claim dates are settled, and the same in every future."""
        return 0 if self.outturn is None else self.outturn.claim.number + 1

    @property
    def is_single(self) -> bool:
        """Whether every child is drawn by itself, because a limit looks at single claims."""
        return self.contract.claim_by_claim and self.held is None

    @cached_property
    def settles_in_order(self) -> bool:
        """Whether all claim dates of a future can be settled at once."""
        return self.columns.can_settle_in_order and settles_in_order(self.contract)

    @property
    def trials_per_block(self) -> int:
        """How many trials have a stream of their own, and are always drawn together."""
        return SINGLE_TRIALS_PER_BLOCK if self.is_single else TRIALS_PER_BLOCK

    def counts(self, block: int) -> Numbers:
        """Claims of every column by the end of the term, in trials of a block: (trial, column)."""
        return self.drawn(block)[0]

    def drawn(self, block: int) -> tuple[Numbers, Pence]:
        """The counts of a block, and what is spent in it: (trial, month, cost)."""
        # In memory the trials of a lot lie side by side: they are drawn and settled together.
        counts = self.nothing_claimed(self.trials_per_block)
        spent = self.spending.nothing(len(self.area.costs), self.trials_per_block)
        if self.is_single:
            for group in range(len(self.stages)):
                for some, came, is_taken in self._singly(block, group):
                    for claim in came.claims:
                        columns = self.columns_of_children(group, claim)[some]
                        counts.T[columns] += is_taken * claim.quantity
                    if came.spent:
                        self.spending.add(spent, came.spent, is_taken.sum(axis=0))
            return counts, spent.transpose(2, 0, 1)
        for alike in self._batches:
            stages = zip(self._claimed_by(alike), self._taken(block, alike), strict=True)
            for of_turns, stage in stages:
                for of_turn, one in zip(of_turns, stage, strict=True):
                    for (came, claimed), children in zip(of_turn, one.children, strict=True):
                        self._add(counts, claimed, children)
                        self.spending.add(spent, came.spent, children)
        return counts, spent.transpose(2, 0, 1)

    def nothing_claimed(self, trials: int) -> Numbers:
        """The counts of trials in which nobody is drawn yet: each fee once."""
        columns = self.first_held + (0 if self.held is None else len(self.held.steps))
        counts = np.zeros((columns, trials), dtype=np.int64).T
        counts[:, self.columns.standing] = 1
        return counts

    @property
    def first_held(self) -> int:
        """The first of the columns of pence, which stand behind those of claims."""
        return len(self.lots.keys) + len(self.later)

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
        # Of a period from its own claim date on.
        known = claims[:, None] >= self.lots.period[None, :]
        lots = len(self.lots.keys)
        by_claim = np.multiply(known[..., None], counts.T[:lots], dtype=np.int64)
        if self.columns.claimed is not None:
            by_claim += self.columns.claimed[..., None]
        for (lot, since), more in zip(self.later, counts.T[lots : self.first_held], strict=True):
            by_claim[since:, lot] += more
        return np.asarray(by_claim.transpose(2, 0, 1), dtype=np.int64)

    @cached_property
    def one_by_one(self) -> Draws:
        """The same futures, with a lot for every claim of every child."""
        if self.columns_one_by_one is None:
            return self
        return replace(self, columns=self.columns_one_by_one(), held=None)

    def journeys(self, block: int) -> Iterator[tuple[int, Sequence[DrawnClaim], Numbers]]:
        """Of each group and each journey that limits on each participant tell apart: its claims,
        and how many children take it in every trial of a block.
        """
        for alike in self._batches:
            stages = [self.stages[group][-1:] for group in alike.groups]
            *_, last = self._taken(block, alike) if any(stages) else [[]]
            for at, group in enumerate(alike.groups):
                for stage in stages[at]:
                    taken = np.zeros((len(stage.ends), self.trials_per_block), dtype=np.int64)
                    for cell, turn, children in last:
                        taken[stage.of_cell[cell][turn].cell] += children[at]
                    yield from ((group, *one) for one in zip(stage.ends, taken, strict=True))

    def turns(self, trial: int) -> Iterator[tuple[int, int, Turn]]:
        """One trial child by child: the group, the number of the child in it, and a turn of
        every stage.
        """
        block, place = divmod(trial, self.trials_per_block)
        if self.held is not None:
            for group, turn, _, children in self.dealt(block, [place]):
                yield from ((group, child, turn) for child in children.tolist())
            return
        for group in range(len(self.stages)):
            for child, turn in self._turns_of(block, group, place):
                yield group, child, turn

    def _turns_of(self, block: int, group: int, place: int) -> Iterator[tuple[int, Turn]]:
        """The children of a group in one trial, each with a turn of every stage."""
        if self.is_single:
            for some, turn, is_taken in self._singly(block, group):
                children = some.start + np.flatnonzero(is_taken[:, place])
                yield from ((child, turn) for child in children.tolist())
        else:
            alike = next(one.alone(group) for one in self._batches if group in one.groups)
            taken, stream = self._taken(block, alike), self._stream(block, group, place)
            yield from deal_by_stage(self.stages[group], taken, stream, place)

    @cached_property
    def _luck(self) -> Luck:
        of_those_counted = None if self.outturn is None else self.outturn.luck
        return Luck(self.contract, self.area, self.stages, of_those_counted)

    def _level(self, block: int, group: int, stage: Stage) -> Numbers | None:
        """The level of the chances of a stage in every trial of a block; None where they are
        certain. It is the same for everybody who has the same luck.
        """
        if stage.varies is None:
            return None
        # By what is shared and not by the group: all who share a luck read the same bits.
        stream = self._stream(block, _LUCK + stage.varies, self._luck.alike[stage.varies][group])
        return self._luck.levels(stage.varies, group, stream.random_raw(self.trials_per_block))

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
        # A stream for each group: a group that is added or left out moves no other one's bits.
        streams = [self._stream(block, group) for group in alike.groups]
        leaving: list[PCG64] = []
        if any(stage.is_start for stage in alike.stages):
            leaving = [self._stream(block, _LEAVING, group) for group in alike.groups]

        def bits(stage: Stage) -> Bits:
            found = np.empty((digits, len(streams), trials), dtype=np.uint64)
            for place, source in enumerate(leaving if stage.is_start else streams):
                # All the digits of a group from its own stream, however few its children: the next
                # stage then begins at the same bit.
                found[:, place] = source.random_raw(digits * trials).reshape(digits, trials)
            return found

        def level(number: int) -> Numbers | None:
            if alike.stages[number].varies is None:
                return None
            own = [self._level(block, one, self.stages[one][number]) for one in alike.groups]
            return np.array(own, dtype=np.int64)

        return alike.taken(trials, bits, level)

    def dealt(
        self, block: int, places: Sequence[int]
    ) -> Iterator[tuple[int, Turn, Numbers, Numbers]]:
        """Of each group and turn, the trials, by their number among these places of a block, and
        the children of whom it comes true. Everybody is put in an order, by a stream that nothing
        else depends on.
        """
        for alike in self._batches if places else ():
            of_stages = [
                [one._replace(children=one.children[:, places]) for one in stage]
                for stage in self._taken(block, alike)
            ]
            for number, group in enumerate(alike.groups):
                children = alike.children[number]
                bits = [self._stream(block, group, at).random_raw(children) for at in places]
                # Stable, so that ties between random numbers, as rare as they are, are broken alike
                # everywhere.
                order = np.argsort(np.array(bits), axis=1, kind="stable")
                for dealt in deal(self.stages[group], of_stages, number, order):
                    yield group, *dealt

    def columns_of_children(self, group: int, claim: DrawnClaim) -> Numbers:
        """In which column a claim of each child of a group is counted."""
        one = claim._replace(quantity=1)
        if (group, one) not in self._known_places:
            children = range(self.cohorts[group].children)
            places = [self.place[group, one, child] for child in children]
            self._known_places[group, one] = np.array(places, dtype=np.int64)
        return self._known_places[group, one]

    @cached_property
    def _known_places(self) -> dict[tuple[int, DrawnClaim], Numbers]:
        return {}

    def _singly(self, block: int, group: int) -> Iterator[tuple[slice, Turn, Truths]]:
        """The children of a group, some after others, with every turn of every stage, and which of
        them come to it in which trials: (child, trial).
        """
        stages = self.stages[group]
        levels = [self._level(block, group, stage) for stage in stages]
        streams = self._stream(block, group), self._stream(block, _LEAVING, group)
        children = self.cohorts[group].children
        return child_by_child(stages, levels, children, *streams, SINGLE_TRIALS_PER_BLOCK)

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
            # Only the last stage knows all that was claimed on a journey, and so what is withheld
            # of it.
            for of_turn in self._known_columns[alike.groups][-1:]:  # where journeys end
                for turns in of_turn:
                    for group, (turn, columns) in zip(alike.groups, turns, strict=True):
                        columns += self._held_at(group, turn.cell)
        return self._known_columns[alike.groups]

    def _held_at(self, group: int, end: int) -> list[tuple[int, int]]:
        """The columns of what is withheld on a journey, each with its pence."""
        held = () if self.held is None else self.held.of.get((group, end), ())
        return [(self.first_held + step, pence) for step, pence in held]

    @staticmethod
    def _add(counts: Numbers, columns: Sequence[tuple[int, int]], children: Numbers) -> None:
        for column, each in columns:
            counts[:, column] += children if each == 1 else children * each
