"""Whether observations agree: repeats are kept once, contradictions refused on every side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from impactbond.contract.contract import Contract
from impactbond.evidence.deliveries import Block
from impactbond.evidence.observations import WITHDRAWN, Observation, column_of
from impactbond.evidence.references import References
from impactbond.evidence.refusals import CONTRADICTORY_VALUES, REFERENCE_REUSED, Refused


@dataclass(frozen=True, slots=True, repr=False)
class Agreed:
    """The observations that stand, by id; what each supersedes; what was refused; repeats."""

    rows: dict[str, Observation]
    supersedes: dict[str, str]
    refused: list[Refused]
    repeated: int


def agree(
    found: Sequence[Observation],
    blocks: Sequence[Block],
    contract: Contract,
    references: References,
) -> Agreed:
    """The observations without repeats, reused references and contradictory values."""
    standing: dict[str, Observation] = {}
    reused: set[str] = set()
    for row in found:
        if standing.setdefault(row.observation, row).content != row.content:
            reused.add(row.observation)
    refused = []
    if reused:
        refused = [_refused(row, blocks, "ref") for row in found if row.observation in reused]
        standing = {name: row for name, row in standing.items() if name not in reused}
    repeated = len(found) - len(refused) - len(standing)
    measures = {name for name, metric in contract.metrics.items() if metric.one_a_day}
    while True:
        supersedes = _supersedes(standing, blocks, references)
        contradictory = _contradictory(standing, measures, frozenset(supersedes.values()))
        if not contradictory:
            return Agreed(standing, supersedes, refused, repeated)
        for row in contradictory:
            refused.append(_refused(row, blocks, row.metric))
            del standing[row.observation]


def _supersedes(
    standing: dict[str, Observation], blocks: Sequence[Block], references: References
) -> dict[str, str]:
    return {
        name: references.superseded(blocks[row.block], row.replaces, row.metric, standing)
        for name, row in standing.items()
        if row.replaces is not None
    }


def _contradictory(
    standing: dict[str, Observation], measures: set[str], superseded: frozenset[str]
) -> list[Observation]:
    """The rows that no other replaces and that differ about a participant, measure and day."""
    first: dict[tuple[object, ...], int] = {}
    differing: set[tuple[object, ...]] = set()
    live = [
        row
        for name, row in standing.items()
        if row.metric in measures and row.status != WITHDRAWN and name not in superseded
    ]
    for row in live:
        if first.setdefault(row[:3], row.value) != row.value:
            differing.add(row[:3])
    return [row for row in live if row[:3] in differing] if differing else []


def _refused(row: Observation, blocks: Sequence[Block], column: str) -> Refused:
    block = blocks[row.block]
    if column == "ref":
        return Refused(block.file, block.sheet, row.row, block.heading("ref"), REFERENCE_REUSED)
    return Refused(block.file, block.sheet, row.row, column_of(block, column), CONTRADICTORY_VALUES)
