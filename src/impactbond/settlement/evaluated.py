"""What evaluation gives to settlement: the claims at every claim date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.evaluation.claims import claims_of, counted
from impactbond.evaluation.question import ClaimDate, Question
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.lots import Counted
from impactbond.tables import Engine


@dataclass(frozen=True)
class Evaluated:
    """What evaluation gives to settlement: the claims counted and one by one."""

    segments: dict[int, dict[str, str]]
    lots: list[Counted]
    claims: list[Counted]


def evaluate(
    contract: Contract, evidence: Evidence, claims: Sequence[ClaimDate], engine: Engine = "duckdb"
) -> Evaluated:
    """The claims at those claim dates."""
    question = Question.of(contract, evidence, claims, engine)
    found = claims_of(question)
    give, segments = question.shop.give, question.segments
    lots = _counted(give(counted(found)))
    return Evaluated(
        {number: segments.named(number) for number in {lot.segment for lot in lots}},
        lots,
        _singly(give(found)),
    )


def _counted(table: pa.Table) -> list[Counted]:
    names = ("claim", "milestone", "reached", "segment", "quantity", "standing")
    rows = zip(*(table[name].to_pylist() for name in names), strict=True)
    return [
        Counted(claim, milestone, day, segment, quantity, "", standing)
        for claim, milestone, day, segment, quantity, standing in rows
    ]


def _singly(table: pa.Table) -> list[Counted]:
    names = ("claim", "milestone", "reached", "segment", "quantity", "participant", "standing")
    return [Counted(*row) for row in zip(*(table[name].to_pylist() for name in names), strict=True)]
