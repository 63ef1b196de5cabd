"""Columns: in which lot every claim that can be drawn is counted, and what is claimed already.

Takes  the stages of every group, the share rules, and where the contract stands.
Gives  lots in settlement order, and the column of each claim; of settled claims, how many each lot
       holds to date.
Keeps  a claim is in the lot that its evidence would be in, whoever draws it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from impactbond.contract.versions import Versions
from impactbond.evaluation.claims import Counted
from impactbond.evaluation.inputs import ClaimDate, Segments
from impactbond.settlement.closed_lines import ClosedLines
from impactbond.settlement.lots import LotKey, Lots, Numbers, Rulebook
from impactbond.settlement.make_lots import make_lots
from impactbond.settlement.movements import Movements
from impactbond.simulation.area import Group
from impactbond.simulation.outturn import Outturn
from impactbond.simulation.paying_by_version import covers
from impactbond.simulation.stages import DrawnClaim, Stage

# A group, a claim of it, and a child of it: the claim as one, however many.
Place = tuple[int, DrawnClaim, int]


def name_of(
    cohorts: Sequence[Group], outturn: Outturn | None, group: int, child: int, holder: int = 0
) -> str:
    """What a child is called: its group and its number there, counted from one, and where others
    held its place before, how many; of those on record, what stands in place of their references.
    """
    if outturn is not None and group < len(outturn.names):
        return outturn.names[group][child]
    name = f"{cohorts[group].name} {child + 1:07d}"
    return f"{name} after {holder:02d}" if holder else name


@dataclass(frozen=True, eq=False, repr=False)
class Columns:
    """Columns of claims: first one for every lot, of what is known at the claim date of its own
    period; then those of `later`, each with its lot and the number of the claim date at which it is
    known. `place` is the column of a claim of a group, and of the child where children are drawn
    one by one; `standing` are the lots, fees, that stand whoever comes.

    Of what is settled, `claimed` are the claims to date: (claim date, lot). Where an amended
    contract is settled on from its closed lines, `closed` are their movements.
    """

    lots: Lots
    later: tuple[tuple[int, int], ...]
    place: Mapping[Place, int]
    standing: Numbers
    claimed: Numbers | None = None
    closed: Movements | None = None

    @property
    def can_settle_in_order(self) -> bool:
        """Whether all is known at the claim date of its own period, and nothing is settled yet."""
        return not self.later and self.claimed is None


class _Lots:
    """Lots as claims are met: `keys` of what is drawn, `rows` of every version."""

    def __init__(self, rulebook: Rulebook, payables: Sequence[Sequence[str]]) -> None:
        self._rulebook, self._payables = rulebook, payables
        self.rows: list[list[Counted]] = [[] for _ in payables]
        self.keys: dict[Place, LotKey] = {}

    def add(self, place: Place, name: str, segment: int, who: str) -> None:
        """A claim of a group, and of a child of it, is counted in a lot."""
        claim = place[1]
        of = (self._payables[claim.version].index(name), claim.day, segment)
        row = Counted(claim.known, *of, 1, who, claim.standing)
        # At the claim date at which it is known, which for late evidence is a later one than that
        # of its period.
        self.rows[claim.version].append(row)
        rules = self._rulebook.by_version[claim.version]
        self.keys[place] = rules.key(*of, who, claim.standing)


def _asked_in(stages: Sequence[Stage]) -> list[DrawnClaim]:
    """Every claim that some way through the stages of a group makes, once and as a claim of one."""
    # How many units a way claims is no other lot: it is multiplied in where the column is filled.
    return sorted(
        {
            claim._replace(quantity=1)
            for stage in stages
            for turns in stage.of_cell
            for turn in turns
            for claim in turn.claims
        }
    )


def columns_of(
    versions: Versions,
    cohorts: Sequence[Group],
    stages: Sequence[Sequence[Stage]],
    rulebook: Rulebook,
    segments: Segments,
    claims: Sequence[ClaimDate],
    outturn: Outturn | None,
    is_single: bool,
) -> Columns:
    """The lots that can be claimed, in settlement order, and the columns of every claim: where it
    `is_single`, one of its own.
    """
    contract = versions.whole
    names = list(contract.milestones)
    drawn = _Lots(rulebook, [stretch.terms.payables for stretch in versions.stretches])
    for group, (own, of_area) in enumerate(zip(stages, cohorts, strict=True)):
        # Where nothing asks whose a claim is, all children of a group have the lots of one:
        # a million of them would otherwise be a million lots.
        children = of_area.children if is_single else 1
        segment = segments.values.index(held_by(segments, of_area.attributes))
        asked = _asked_in(own)
        for child in range(children):
            for claim in asked:
                of = group, child, claim.holder
                who = name_of(cohorts, outturn, *of) if is_single else ""
                drawn.add((group, claim, child), names[claim.milestone], segment, who)
    if outturn is not None and outturn.claims:
        return _on_from(versions, rulebook, segments, claims, outturn, drawn)
    settled = None if outturn is None else outturn.claims_in(contract, claims, rulebook)
    closed = () if settled is None else settled.keys
    lots, quantities = make_lots(rulebook, drawn.rows, len(claims), closed)
    columns = _columns(rulebook, drawn, lots, quantities)
    if settled is None:
        return columns
    return replace(columns, claimed=_to_date(settled.in_lots(lots), len(claims), lots))


def _on_from(
    versions: Versions,
    rulebook: Rulebook,
    segments: Segments,
    claims: Sequence[ClaimDate],
    outturn: Outturn,
    drawn: _Lots,
) -> Columns:
    """The columns of an amended contract, on its closed lines: what stands under each version at
    the latest claim date goes on to stand.
    """
    contract, now = versions.whole, outturn.claim.number
    standing: list[list[Counted]] = []
    for own in outturn.claims:
        number = {
            at: segments.values.index(held_by(segments, held)) for at, held in own.segments.items()
        }
        rows = own.singly()
        standing.append([row._replace(segment=number[row.segment], claim=now) for row in rows])
    stands_now, _ = make_lots(rulebook, standing, len(claims))
    lines = ClosedLines.of(contract, claims, rulebook.all, outturn.lines)
    lines = lines.grouped_as_now(len(contract.grouping), lambda: stands_now)
    # Closed lines are of single claims; drawn ones are counted: both must meet in the same lots.
    if not contract.claim_by_claim:
        lines = lines.pooled()
        standing = [[row._replace(participant="") for row in rows] for rows in standing]
    every = [[*one, *other] for one, other in zip(standing, drawn.rows, strict=True)]
    lots, quantities = make_lots(rulebook, every, len(claims), lines.keys)
    before = lines.in_lots(lots)
    claimed = _to_date(before, len(claims), lots)
    _, of_now = make_lots(rulebook, standing, len(claims), lots.keys)
    # After the last closed claim date stands what evidence says now, not what was claimed: the
    # difference is an adjustment of the next claim, as settlement makes it.
    claimed[now + 1 :] = of_now[now]
    claimed[:, lots.milestone >= rulebook.first_fee] = 0  # they are counted as they stand
    return replace(_columns(rulebook, drawn, lots, quantities), claimed=claimed, closed=before)


def _columns(rulebook: Rulebook, drawn: _Lots, lots: Lots, quantities: Numbers) -> Columns:
    number = {key: index for index, key in enumerate(lots.keys)}
    later: dict[tuple[int, int], int] = {}
    place = {}
    for at, key in drawn.keys.items():
        column, since = number[key], at[1].known
        if since != key.period:
            column = later.setdefault((column, since), len(lots.keys) + len(later))
        place[at] = column
    fees = np.flatnonzero((lots.milestone >= rulebook.first_fee) & (quantities[-1] > 0))
    return Columns(lots, tuple(later), place, fees)


def _to_date(moved: Movements, claims: int, lots: Lots) -> Numbers:
    """How many claims stood in every lot at each claim date: (claim date, lot)."""
    found = np.zeros((claims, len(lots.keys)), dtype=np.int64)
    np.add.at(found, (moved.claim, moved.lot), moved.quantity[0])
    return found.cumsum(axis=0)


def held_by(segments: Segments, attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The values of somebody's attributes, as segments have them."""
    return tuple(attributes[name] for name in segments.names)


def segments_of(
    versions: Versions, cohorts: Sequence[Group], outturn: Outturn | None
) -> tuple[Segments, list[dict[int, dict[str, str]]]]:
    """The segments of everybody, and by their numbers those that each version in force is for."""
    names = tuple(versions.whole.participants.attributes)
    of_nobody = Segments(names, ())
    claims = () if outturn is None else outturn.claims
    held = [{held_by(of_nobody, one) for one in own.segments.values()} for own in claims] or [
        set() for _ in versions.stretches
    ]
    is_amended = len(versions.all) > 1
    for stretch, own in zip(versions.stretches, held, strict=True):
        own |= {
            held_by(of_nobody, group.attributes)
            for group in cohorts
            if not is_amended or covers(stretch.terms, group.start, group.attributes)
        }
    # In order, and not as groups stand in the file: the same area gives the same lots.
    every = {held_by(of_nobody, group.attributes) for group in cohorts}
    segments = Segments(names, tuple(sorted(every.union(*held))))
    named = [
        {
            place: segments.named(place)
            for place, values in enumerate(segments.values)
            if values in own
        }
        for own in held
    ]
    return segments, named
