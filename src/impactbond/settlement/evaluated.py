"""What evaluation gives to settlement: the claims at every claim date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.evaluation.claims import claims_of, counted
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.lots import Counted
from impactbond.tables import Engine


@dataclass(frozen=True)
class Evaluated:
    """What evaluation gives to settlement: the claims counted, and one by one for whoever asks."""

    segments: dict[int, dict[str, str]]
    lots: list[Counted]
    claims: Callable[[], pa.Table]

    def singly(self) -> list[Counted]:
        """The claims one by one."""
        table = self.claims()
        return _rows(table, table["participant"].to_pylist())


def evaluate(
    contract: Contract, evidence: Evidence, claims: Sequence[ClaimDate], engine: Engine = "duckdb"
) -> Evaluated:
    """The claims at those claim dates."""
    question = EvaluationInput.of(contract, evidence, claims, engine)
    found = claims_of(question)
    shop, segments = question.shop, question.segments
    table = shop.give(counted(found))
    lots = _rows(table, [""] * table.num_rows)
    return Evaluated(
        {number: segments.named(number) for number in {lot.segment for lot in lots}},
        lots,
        shop.give_later(found),
    )


def _rows(table: pa.Table, participants: Sequence[str]) -> list[Counted]:
    names = ("claim", "milestone", "reached", "segment", "quantity")
    columns = [table[name].to_pylist() for name in names]
    standing = table["standing"].to_pylist()
    return [Counted(*row) for row in zip(*columns, participants, standing, strict=True)]
