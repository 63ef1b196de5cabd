"""What limits on each participant withhold of every journey: children who claim the same are let
through the same, and so each journey is settled once and multiplied by how many take it.

Takes  the stages of every group, of which the last says what was claimed on each journey; the lots.
Gives  pence of each journey in steps: of a limit, in a lot, from a claim date on.
Keeps  it is the settlement that pays which says what is withheld.

And limits on each participant, worked out from one participant's claims alone, whoever it is.

Takes  a contract, and the claims of some participants by themselves.
Gives  which limits can be worked out so, and what they withhold of each participant's claims.
Keeps  what they withhold is what they would withhold in the settlement of everybody: whoever claims
       the same is let through the same.

They can where a claim is worth the same whatever others claim, and no other limit has to tell
participants apart. What other limits do to that is said by `Apart`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.money import Pence
from impactbond.settlement.limits import apply_limits, nothing_of, settles_in_order
from impactbond.settlement.lots import LotColumns, Lots, Numbers
from impactbond.settlement.priorities import Apart
from impactbond.settlement.values import is_plain, values_to_date
from impactbond.simulation.columns import Columns
from impactbond.simulation.stages import DrawnClaim, Stage
from impactbond.terms.applicability import is_about
from impactbond.terms.limits import WholeLimit


def limits_on_each(contract: Contract) -> tuple[int, ...]:
    """The positions, among the limits on the whole, of those on each participant; none where any of
    them asks for more than one participant's claims, or another limit asks for single claims.
    """
    whole = contract.limits_on_the_whole
    own = tuple(at for at, limit in enumerate(whole) if limit.each == "participant")
    others = [limit for limit in whole if limit.each != "participant"]
    if not own or _asks_single_claims(contract, others):
        return ()
    # Which band a claim falls in, and which penny of a part that is paid, depends on how many
    # others claimed before: one participant's claims alone would come to other money.
    uneven = [name for name in contract.milestones if not is_plain(contract, name)]
    return () if any(whole[at].is_on(name) for at in own for name in uneven) else own


def ask_whose(contract: Contract, positions: Collection[int]) -> bool:
    """Whether beside these limits it can matter whose claims come first: where another limit stands
    before one of them on the same claims, or after one of them on a number of these.
    """
    whole = contract.limits_on_the_whole
    # A limit in money that stands after these sees only the sum, and sums do not tell whose they
    # are.
    return any(
        limit.is_on(name) and whole[own].is_on(name)
        for own in positions
        for at, limit in enumerate(whole)
        if at not in positions and (at < own or limit.at_most.of != "money")
        for name in contract.milestones
    )


def milestones_of_each(
    contract: Contract, positions: Collection[int], attributes: Mapping[str, str]
) -> frozenset[int]:
    """The milestones, by their numbers, of whose claims these limits can withhold anything from a
    participant with some attributes.
    """
    limits = [contract.limits_on_the_whole[position] for position in positions]
    return frozenset(
        number
        for number, name in enumerate(contract.milestones)
        if any(limit.is_on(name) and is_about(limit.only, attributes) for limit in limits)
    )


def withheld_of_each(
    contract: Contract, positions: Sequence[int], lots: Lots, quantity: Numbers, claim: int
) -> dict[int, Pence]:
    """What each of these limits withholds at the claim date of that number, by its position:
    (participant, lot). The lots name somebody, and `quantity` are the claims of one participant in
    each row.
    """
    value = values_to_date(contract, lots, quantity, claim)
    others = set(range(len(contract.limits_on_the_whole))).difference(positions)
    passed_by = Apart.of(dict.fromkeys(others, nothing_of(value)), len(value))
    _, withheld = apply_limits(contract, lots, quantity, value, claim, passed_by)
    # The reasons before the limits, dispute and relief, stand at the beginning of the list.
    first = len(withheld) - len(contract.limits_on_the_whole)
    return {position: withheld[first + position] for position in positions}


def _asks_single_claims(contract: Contract, limits: Sequence[WholeLimit]) -> bool:
    """Whether the contract would ask for single claims with these limits alone."""
    terms = {name: getattr(contract, name) for name in Contract.model_fields}
    # Not model_copy, which would keep what was worked out from the other limits.
    return Contract.model_construct(**{**terms, "limits": tuple(limits)}).claim_by_claim


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
            # Of one child: how many units a claim has is no other lot.
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
            # From its claim date to the last: a step that is released again has a step of less than
            # nothing.
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
    # A group that claims nothing: of no lot there is nothing to settle.
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
            # Only what is withheld more than before: added up over claim dates, it is what is
            # withheld to date.
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
            # Known by that claim date, and from then on: claims to date only grow here.
            if one.known <= claim:
                found[journey, place[one]] += one.quantity
    return found
