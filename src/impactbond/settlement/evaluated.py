"""What evaluation gives to settlement: the claims at every claim date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import narwhals as nw
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.evaluation.claims import claims_of, counted
from impactbond.evaluation.question import ClaimDate, Question
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.lots import Counted
from impactbond.tables import Engine, Workshop


@dataclass(frozen=True)
class Evaluated:
    """What evaluation gives to settlement: the claims counted, and one by one for whoever asks:
    these stay in the engine until then.
    """

    segments: dict[int, dict[str, str]]
    lots: list[Counted]
    singly: Callable[[], list[Counted]]


def evaluate(
    contract: Contract, evidence: Evidence, claims: Sequence[ClaimDate], engine: Engine = "duckdb"
) -> Evaluated:
    """The claims at those claim dates."""
    question = Question.of(contract, evidence, claims, engine)
    found = claims_of(question)
    shop, segments = question.shop, question.segments
    lots = _counted(shop.give(counted(found)))
    shop.keep_only(found)
    return Evaluated(
        {number: segments.named(number) for number in {lot.segment for lot in lots}},
        lots,
        partial(_singly, shop, found),
    )


def _counted(table: pa.Table) -> list[Counted]:
    names = ("claim", "milestone", "reached", "segment", "quantity", "standing")
    rows = zip(*(table[name].to_pylist() for name in names), strict=True)
    return [
        Counted(claim, milestone, day, segment, quantity, "", standing)
        for claim, milestone, day, segment, quantity, standing in rows
    ]


def _singly(shop: Workshop, found: nw.LazyFrame[Any]) -> list[Counted]:
    table = shop.give(found)
    names = ("claim", "milestone", "reached", "segment", "quantity", "participant", "standing")
    return [Counted(*row) for row in zip(*(table[name].to_pylist() for name in names), strict=True)]
