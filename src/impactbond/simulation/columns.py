"""Columns: in which lot every claim that can be drawn is counted, and what is claimed already.

Takes  the stages of every group, the share rules, and where the contract stands.
Gives  lots in settlement order, and the column of each claim; of settled claims, how many each lot
       holds to date.
Keeps  a claim is in the lot that its evidence would be in, whoever draws it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.evaluation.claims import Counted
from impactbond.evaluation.inputs import ClaimDate
from impactbond.settlement.lots import LotKey, Lots, Numbers, Rulebook, make_lots
from impactbond.simulation.area import Area
from impactbond.simulation.outturn import Outturn
from impactbond.simulation.stages import DrawnClaim, Stage

# A group, a claim of it, and a child of it: the claim as one, however many.
Place = tuple[int, DrawnClaim, int]
# The lots, those that are known later, the column of each claim, and what is claimed already.
Columns = tuple[Lots, tuple[tuple[int, int], ...], Mapping[Place, int], Numbers | None]


def child_name(group: str, child: int) -> str:
    """What a drawn child is called: its group and its number there, counted from one."""
    return f"{group} {child + 1:07d}"


def columns_of(
    contract: Contract,
    area: Area,
    stages: Sequence[Sequence[Stage]],
    rulebook: Rulebook,
    segment: Sequence[int],
    claims: Sequence[ClaimDate],
    outturn: Outturn | None,
    is_single: bool,
) -> Columns:
    """The lots that can be claimed, in settlement order; the lots that are known later; and which
    column each claim is in: `is_single`, one of its own. Of what is settled, the claims to date:
    (claim date, lot).
    """
    references = () if outturn is None else outturn.references
    (rules,), rows = rulebook.by_version, []
    keys: dict[Place, LotKey] = {}
    for group, (own, of_area) in enumerate(zip(stages, area.cohorts, strict=True)):
        children = of_area.children if is_single else 1
        asked = {
            claim._replace(quantity=1)
            for stage in own
            for turns in stage.of_cell
            for turn in turns
            for claim in turn.claims
        }
        for child in range(children):
            who = ""
            if is_single:
                is_known = group < len(references)
                who = references[group][child] if is_known else child_name(of_area.name, child)
            for claim in sorted(asked):
                of = (claim.milestone, claim.day, segment[group])
                rows.append(Counted(claim.known, *of, 1, who, claim.standing))
                keys[group, claim, child] = rules.key(*of, who, claim.standing)
    settled = None if outturn is None else outturn.claims_in(contract, claims, rulebook)
    closed = () if settled is None else settled.keys
    lots, _ = make_lots(rulebook, [rows], len(claims), closed)
    number = {key: index for index, key in enumerate(lots.keys)}
    later: dict[tuple[int, int], int] = {}
    place = {}
    for at, key in keys.items():
        column, since = number[key], at[1].known
        if since != key.period:
            column = later.setdefault((column, since), len(lots.keys) + len(later))
        place[at] = column
    if settled is None:
        return lots, tuple(later), place, None
    moved = settled.in_lots(lots)
    claimed = np.zeros((len(claims), len(lots.keys)), dtype=np.int64)
    np.add.at(claimed, (moved.claim, moved.lot), moved.quantity[0])
    return lots, tuple(later), place, claimed.cumsum(axis=0)
