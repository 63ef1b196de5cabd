"""The observations: every cell of a metric becomes one, if its row and it are in order and if it
agrees with the others.

Repeats are kept once, contradictions are refused on every side, and a row that replaces another
has to lead to one that was delivered, not round in a circle.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from impactbond.contract.contract import Contract
from impactbond.evidence.cells import CellColumn, dates, listed, texts, values_of
from impactbond.evidence.deliveries import Block, RowFaults
from impactbond.evidence.people import People
from impactbond.evidence.refusals import (
    CONTRADICTORY_VALUES,
    MISSING,
    RECORDED_BEFORE_OBSERVED,
    REFERENCE_REUSED,
    REPLACES_ITSELF,
    UNKNOWN_REPLACED,
    Refused,
    not_listed,
    source_not_accepted,
    unknown_participant,
)
from impactbond.terms.metrics import Metric
from impactbond.terms.sheets import EACH_ROW, REQUIRED_OBSERVATION_COLUMNS

Reference = tuple[str, str]  # scope and text


@dataclass(frozen=True, slots=True, repr=False)
class References:
    """The references that were delivered, on rows that were refused as well.

    `known` by scope; `replacing` says what each replaces; `evidenced` names observations
    of replaced rows, whether or not they could be read.
    """

    known: dict[str, frozenset[str]]
    replacing: dict[Reference, str]
    circular: frozenset[Reference]
    evidenced: frozenset[str]

    @classmethod
    def of(
        cls, blocks: Sequence[Block], columns: Sequence[tuple[list[str | None], list[str | None]]]
    ) -> References:
        """The references of some blocks, given the texts of their columns `ref` and `replaces`."""
        known: dict[str, set[str]] = {}
        earlier: dict[Reference, str] = {}
        replaced: set[Reference] = set()
        for block, (refs, replaces) in zip(blocks, columns, strict=True):
            known.setdefault(block.scope, set()).update(filter(None, refs))
            for ref, target in zip(refs, replaces, strict=True):
                if target is not None:
                    replaced.add((block.scope, target))
                if target is not None and ref is not None:
                    key = (block.scope, ref)
                    earlier[key] = min(earlier.get(key, target), target)
        evidenced = (
            block.observation_id(ref, metric)
            for block, (refs, _) in zip(blocks, columns, strict=True)
            for metric in block.metrics
            for ref, cell in zip(refs, block.metric_cells(metric), strict=True)
            if cell is not None and ref is not None and (block.scope, ref) in replaced
        )
        return cls(
            {scope: frozenset(refs) for scope, refs in known.items()},
            earlier,
            frozenset(_circular(earlier)),
            frozenset(evidenced) if replaced else frozenset(),
        )

    def superseded(self, block: Block, replaces: str, metric: str, standing: Container[str]) -> str:
        """The observation that a row replaces.

        Where that one was refused, it is the nearest one that stands among those it had replaced in
        turn: a wrong correction, once put right, must not bring back what both of them replaced.
        """
        for reference in self._back_from(block.scope, replaces):
            observation = block.observation_id(reference, metric)
            if observation in standing:
                return observation
        return block.observation_id(replaces, metric)

    def _back_from(self, scope: str, reference: str) -> Iterator[str]:
        passed: set[str] = set()
        following: str | None = reference
        while following is not None and following not in passed:
            yield following
            passed.add(following)
            following = self.replacing.get((scope, following))


def _circular(earlier: dict[Reference, str]) -> set[Reference]:
    """The references that replace themselves in some steps: what is left without loose ends."""
    left = {key: (key[0], replaced) for key, replaced in earlier.items()}
    pointed_at = Counter(left.values())
    ends = [key for key in left if not pointed_at[key]]
    while ends:
        target = left.pop(ends.pop())
        pointed_at[target] -= 1
        if not pointed_at[target] and target in left:
            ends.append(target)
    return set(left)


STATUSES = RECORDED, DISPUTED, WITHDRAWN = "recorded", "disputed", "withdrawn"
_TEXTS = ("participant", "ref", "replaces", "source", "evidence_ref")
_Text = str | None
_HeadRow = tuple[_Text, _Text, _Text, _Text, _Text, date | None, date | None, _Text]


class Observation(NamedTuple):
    """One observation; `replaces` is the reference as it was delivered."""

    participant: str
    metric: str
    observed_on: date
    recorded_on: date
    observation: str
    value: int
    source: str | None
    evidence_ref: str | None
    replaces: str | None
    status: str
    block: int
    row: int

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, without where it stands."""
        return self[:10]


class Head:
    """What the columns of a block say apart from its metrics."""

    def __init__(self, block: Block) -> None:
        self.texts = {name: texts(block.column(name)) for name in _TEXTS}
        self.days = {name: dates(block.column(name)) for name in ("observed_on", "recorded_on")}
        status = block.column("status")
        self.status = listed(status, STATUSES, what="a status of an observation")

    def rows(self) -> Iterator[_HeadRow]:
        """What each row says, in the order of the columns above; None where a cell is unusable."""
        columns: list[CellColumn[Any]] = [*self.texts.values(), *self.days.values(), self.status]
        return zip(*(column.values for column in columns), strict=True)


def read_observations(
    blocks: Sequence[Block], contract: Contract, people: People, people_sheet: str
) -> tuple[list[Observation], References, list[Refused]]:
    """The observations of all blocks, not yet compared with each other, and what was refused."""
    heads = [Head(block) for block in blocks]
    references = References.of(
        blocks, [(head.texts["ref"].values, head.texts["replaces"].values) for head in heads]
    )
    known = frozenset(person.participant for person in people.rows)
    found: list[Observation] = []
    refused: list[Refused] = []
    for number, (block, head) in enumerate(zip(blocks, heads, strict=True)):
        faults = _row_faults(block, head, references)
        _refuse_unknown(faults, head, known, people, people_sheet)
        for metric in block.metrics:
            if metric not in contract.metrics:
                refusal = not_listed(
                    "unknown_metric", "a metric of the contract", tuple(contract.metrics)
                )
                faults.add_all(range(len(block.rows)), "metric", refusal if metric else MISSING)
                continue
            values = values_of(contract.metrics[metric], block.metric_cells(metric))
            refused += _refused_cells(block, head, metric, values)
            refused += _refuse_sources(block, head, contract.metrics[metric], metric, values)
            found += _of_metric(number, block, head, metric, values, faults, references)
        refused += faults.refused()
    return found, references, refused


def _row_faults(block: Block, head: Head, references: References) -> RowFaults:
    faults = RowFaults(block)
    faults.add_columns(head.texts)
    faults.add_columns(head.days)
    faults.add_columns({"status": head.status})
    required: dict[str, CellColumn[Any]] = {**head.texts, **head.days}
    for name in REQUIRED_OBSERVATION_COLUMNS:
        faults.require(name, required[name])
    faults.refuse_earlier(
        "recorded_on", head.days["recorded_on"], head.days["observed_on"], RECORDED_BEFORE_OBSERVED
    )
    pairs = zip(head.texts["ref"].values, head.texts["replaces"].values, strict=True)
    for index, (ref, replaced) in enumerate(pairs):
        if replaced is None:
            continue
        if replaced not in references.known[block.scope]:
            faults.add(index, "replaces", UNKNOWN_REPLACED)
        elif ref is not None and (block.scope, ref) in references.circular:
            faults.add(index, "replaces", REPLACES_ITSELF)
    return faults


def _refuse_unknown(
    faults: RowFaults, head: Head, known: frozenset[str], people: People, people_sheet: str
) -> None:
    never_told = unknown_participant(people_sheet, was_refused=False)
    was_refused = unknown_participant(people_sheet, was_refused=True)
    for index, who in enumerate(head.texts["participant"].values):
        if who is not None and who not in known:
            is_refused = who in people.refused_participants
            faults.add(index, "participant", was_refused if is_refused else never_told)


def _refused_cells(
    block: Block, head: Head, metric: str, values: CellColumn[int]
) -> Iterator[Refused]:
    """The refused cells of a metric; where a row is one observation, a blank cell as well."""
    column = block.heading(metric)
    refusals = dict(values.refusals)
    if block.names_observations:
        refusals |= {
            index: MISSING
            for index, value in enumerate(values.values)
            if value is None and index not in refusals
        }
    for index, refusal in refusals.items():
        if head.status.values[index] != WITHDRAWN:
            yield Refused(block.file, block.sheet, block.rows[index], column, refusal)


def _refuse_sources(
    block: Block, head: Head, term: Metric, metric: str, values: CellColumn[int]
) -> Iterator[Refused]:
    """The values of a metric that come from no source that the contract accepts; each is dropped,
    and what else its row says is not.
    """
    if not term.sources:
        return
    refusal = source_not_accepted(metric, term.sources)
    for index, source in enumerate(head.texts["source"].values):
        if values.values[index] is None or head.status.values[index] == WITHDRAWN:
            continue
        if source not in term.sources and index not in head.texts["source"].refusals:
            values.values[index] = None
            values.refusals[index] = refusal
            column = block.heading("source")
            yield Refused(block.file, block.sheet, block.rows[index], column, refusal)


def _of_metric(
    number: int,
    block: Block,
    head: Head,
    metric: str,
    values: CellColumn[int],
    faults: RowFaults,
    references: References,
) -> Iterator[Observation]:
    for index, (who, ref, replaced, source, proof, day, known, status) in enumerate(head.rows()):
        if index in faults or who is None or day is None or known is None:
            continue
        value = values.values[index]
        if status == WITHDRAWN:
            value = 0
        elif value is None:
            if replaced is None or index in values.refusals or block.names_observations:
                continue
            if block.observation_id(replaced, metric) not in references.evidenced:
                continue
            value, status = 0, WITHDRAWN
        said = (value, source, proof, replaced, status or RECORDED)
        name = block.observation_id(ref, metric) if ref else _digest(who, metric, day, known, *said)
        yield Observation(who, metric, day, known, name, *said, number, block.rows[index])


def _digest(*said: object) -> str:
    """The id of an observation without a reference: what it says, and nothing else, decides it."""
    text = repr([None if part is None else str(part) for part in said])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def column_of(block: Block, metric: str) -> str:
    """The heading to tell a fault of a metric under; the participant's where it has none."""
    heading = block.heading(metric)
    return block.heading("participant") if heading == EACH_ROW else heading


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
