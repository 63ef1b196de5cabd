"""What limits on each participant withhold of every journey: children who claim the same are let
through the same, and so each journey is settled once and multiplied by how many take it.

Takes  the stages of every group, of which the last says what was claimed on each journey; the lots.
Gives  pence of each journey in steps: of a limit, in a lot, from a claim date on.
Keeps  it is the settlement that pays which says what is withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.money import Pence
from impactbond.settlement.each_participant import withheld_of_each
from impactbond.settlement.limits import settles_in_order
from impactbond.settlement.lots import LotColumns, Lots, Numbers
from impactbond.simulation.columns import Columns
from impactbond.simulation.stages import DrawnClaim, Stage

# Lots of single claims name a participant; whose they are is all the same.
_SOMEBODY = "somebody"


class HeldStep(NamedTuple):
    """What a limit, by its position, withholds in a lot from the claim date of a number on."""

    limit: int
    lot: int
    since: int


@dataclass(frozen=True, eq=False)
class HeldByJourney:
    """What is withheld of the children of a group that come to the end of a number: in which of the
    `steps` how many pence of each.
    """

    limits: tuple[int, ...]
    steps: tuple[HeldStep, ...]
    of: Mapping[tuple[int, int], Sequence[tuple[int, int]]]

    @classmethod
    def settled(
        cls,
        contract: Contract,
        limits: tuple[int, ...],
        stages: Sequence[Sequence[Stage]],
        columns: Columns,
        claims: int,
    ) -> HeldByJourney:
        """Every journey settled at so many claim dates; in order, the last of them tells of all."""
        in_order = columns.can_settle_in_order and settles_in_order(contract)
        lots, place_of = columns.lots, columns.place
        number: dict[HeldStep, int] = {}
        found: dict[tuple[int, int], list[tuple[int, int]]] = {}
        dates = range(claims - 1 if in_order else 0, claims)
        lot_of_column = [*range(len(lots.keys)), *(lot for lot, _ in columns.later)]
        for group, own in enumerate(stages):
            journeys = own[-1].ends if own else ()
            lot_of = {
                one: lot_of_column[place_of[group, one._replace(quantity=1), 0]]
                for one in set(chain.from_iterable(journeys))
            }
            for journey, step, pence in _steps(contract, limits, lots, journeys, lot_of, dates):
                if in_order:  # withheld at the claim date of the period, and so at every later one
                    step = step._replace(since=int(lots.period[step.lot]))
                entry = number.setdefault(step, len(number)), pence
                found.setdefault((group, journey), []).append(entry)
        return cls(limits, tuple(number), found)

    def by_lot(self, pence: Pence, lots: int) -> dict[int, Pence]:
        """What each limit withholds in all, by its position: (trial, lot), of steps shaped (trial,
        step).
        """
        found = {limit: np.zeros((lots, len(pence)), dtype=np.int64) for limit in self.limits}
        for step, more in zip(self.steps, pence.T, strict=True):
            found[step.limit][step.lot] += more
        return {limit: held.T for limit, held in found.items()}

    def to_date(self, claims: int, pence: Pence, lots: int) -> dict[int, Pence]:
        """What each limit withholds to date, by its position: (trial, claim date, lot)."""
        found = {
            limit: np.zeros((claims, lots, len(pence)), dtype=np.int64) for limit in self.limits
        }
        for step, more in zip(self.steps, pence.T, strict=True):
            found[step.limit][step.since :, step.lot] += more
        return {limit: held.transpose(2, 0, 1) for limit, held in found.items()}


def _steps(
    contract: Contract,
    limits: tuple[int, ...],
    lots: Lots,
    journeys: Sequence[Sequence[DrawnClaim]],
    lot_of: Mapping[DrawnClaim, int],
    dates: Iterable[int],
) -> Iterator[tuple[int, HeldStep, int]]:
    """Each journey by its number, with a step and the pence by which more is withheld than before,
    at claim dates one after another.
    """
    at = sorted(set(lot_of.values()))
    if not at:
        return
    keys = tuple(lots.keys[lot]._replace(participant=_SOMEBODY) for lot in at)
    single, place = (
        Lots(LotColumns.of(keys), lots.rules),
        {one: at.index(lot) for one, lot in lot_of.items()},
    )
    before: dict[int, Pence] = {}
    for claim in dates:
        held = withheld_of_each(contract, limits, single, _claimed(journeys, place, claim), claim)
        for limit, pence in held.items():
            more = pence - before.get(limit, 0)
            for journey, index in np.argwhere(more).tolist():
                yield journey, HeldStep(limit, at[index], claim), int(more[journey, index])
        before = held


def _claimed(
    journeys: Sequence[Sequence[DrawnClaim]], place: Mapping[DrawnClaim, int], claim: int
) -> Numbers:
    """What is claimed on every journey by the claim date of a number: (journey, lot)."""
    found = np.zeros((len(journeys), len(set(place.values()))), dtype=np.int64)
    for journey, claims in enumerate(journeys):
        for one in claims:
            if one.known <= claim:
                found[journey, place[one]] += one.quantity
    return found
