"""Columns: in which lot every claim that can be drawn is counted, and what is claimed already.

Takes  the stages of every group, the share rules, and where the contract stands.
Gives  lots in settlement order, and the column of each claim; of settled claims, how many each lot
       holds to date.
Keeps  a claim is in the lot that its evidence would be in, whoever draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
) -> tuple[Lots, tuple[tuple[int, int], ...], Mapping[Place, int], Numbers | None]:
    """The lots that can be claimed, in settlement order; the lots that are known later; and which
    column each claim is in. Of what is settled, the claims to date: (claim date, lot).
    """
    (rules,), rows = rulebook.by_version, []
    keys: dict[Place, LotKey] = {}
    for place, who in _every_claim(contract, area, stages, outturn):
        group, claim, _ = place
        of = (claim.milestone, claim.day, segment[group])
        rows.append(Counted(claim.known, *of, 1, who, claim.standing))
        keys[place] = rules.key(*of, who, claim.standing)
    settled = None if outturn is None else outturn.claims_in(contract, claims, rulebook)
    closed = () if settled is None else settled.keys
    lots, _ = make_lots(rulebook, [rows], len(claims), closed)
    later, column = _columns(keys, lots)
    if settled is None:
        return lots, later, column, None
    moved = settled.in_lots(lots)
    claimed = np.zeros((len(claims), len(lots.keys)), dtype=np.int64)
    np.add.at(claimed, (moved.claim, moved.lot), moved.quantity[0])
    return lots, later, column, claimed.cumsum(axis=0)


def _every_claim(
    contract: Contract,
    area: Area,
    stages: Sequence[Sequence[Stage]],
    outturn: Outturn | None,
) -> Iterator[tuple[Place, str]]:
    """Every claim that can be made, and whose it is: nobody's by name, and one for all children of
    a group, unless a limit looks at single claims.
    """
    references = () if outturn is None else outturn.references
    for group, (own, of_area) in enumerate(zip(stages, area.cohorts, strict=True)):
        asked = sorted({claim._replace(quantity=1) for claim in _claims_of(own)})
        if not contract.claim_by_claim:
            yield from (((group, claim, 0), "") for claim in asked)
            continue
        is_known = group < len(references)
        for child in range(of_area.children):
            who = references[group][child] if is_known else child_name(of_area.name, child)
            yield from (((group, claim, child), who) for claim in asked)


def _claims_of(stages: Iterable[Stage]) -> Iterator[DrawnClaim]:
    for stage in stages:
        for turns in stage.of_cell:
            for turn in turns:
                yield from turn.claims


def _columns(
    keys: Mapping[Place, LotKey], lots: Lots
) -> tuple[tuple[tuple[int, int], ...], dict[Place, int]]:
    """The lots that are known later than at the claim date of their period, each with that of which
    they are known; and the column of every claim: its lot, or behind the lots the later one.
    """
    number = {key: index for index, key in enumerate(lots.keys)}
    later: dict[tuple[int, int], int] = {}
    column = {}
    for place, key in keys.items():
        column[place], since = number[key], place[1].known
        if since != key.period:
            at = (number[key], since)
            column[place] = later.setdefault(at, len(lots.keys) + len(later))
    return tuple(later), column
