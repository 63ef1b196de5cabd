"""Decisions as a table that people read: of every participant and milestone, verdict and reason."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.evaluation.decisions import REASONS, VERDICTS, decide
from impactbond.evaluation.facts import NEVER
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evidence.evidence import Evidence
from impactbond.tables import Engine, sorted_by

DECISIONS = pa.schema(
    [
        ("participant", pa.string()),
        ("milestone", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("achieved_on", pa.date32()),
        ("known_on", pa.date32()),
    ]
)


def decided(
    contract: Contract, evidence: Evidence, claim: ClaimDate, engine: Engine | None = None
) -> pa.Table:
    """The decisions of one claim date in words and dates (DECISIONS), sorted by participant and the
    contract's milestones.
    """
    question = EvaluationInput.of(contract, evidence, [claim], engine)
    chosen = sorted_by(question.shop.give(decide(question)), "participant", "milestone")

    def words(column: str, names: tuple[str, ...]) -> pa.Array:
        return pa.array(names, pa.string()).take(
            pc.cast(chosen[column], pa.int64()).combine_chunks()
        )

    def days(column: str, none: int) -> pa.Array:
        numbers = pc.if_else(pc.equal(chosen[column], none), None, chosen[column])
        return pc.cast(pc.cast(numbers, pa.int32()), pa.date32()).combine_chunks()

    columns = [
        chosen["participant"].combine_chunks(),
        words("milestone", tuple(contract.milestones)),
        words("verdict", VERDICTS),
        words("reason", REASONS),
        days("reached", NEVER),
        days("known_on", 0),
    ]
    return pa.table(columns, schema=DECISIONS)
