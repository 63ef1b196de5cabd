"""Reading evidence: every fault is told, and nothing that is in order is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.deliveries import Block, Delivery, without_repeats
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    Evidence,
    participants_schema,
)
from impactbond.evidence.external import rest
from impactbond.evidence.external_columns import Values
from impactbond.evidence.frames import NAMES, read_frames
from impactbond.evidence.observations import Agreed, agree, read_observations
from impactbond.evidence.people import People, read_people
from impactbond.evidence.refusals import Refused
from impactbond.evidence.sources import collected, is_path, rests, source_of
from impactbond.evidence.workbook import read_workbooks
from impactbond.terms.metrics import Percentage

Source = str | PathLike[str] | Sequence[str | PathLike[str]] | Mapping[str, Any]


def read_evidence(
    source: Source,
    contract: Contract | Versions,
    *,
    at_rest: bool | None = None,
    values: Values = "as written",
) -> Evidence:
    """The evidence in an .xlsx workbook, in several, in frames, or in Parquet and CSV files.

    Takes: a path, several paths (deliveries may overlap, or be the same twice), or a mapping of
        `participants` and `observations` to tables in the library's own columns, where `value` is
        as people write it: 17, 91.5, yes, a mark. A table is a frame of any kind, or Parquet or CSV
        files: a path, a folder, a pattern, or several.
    Gives: participants and observations in order, and every refused row with its reason.
    Keeps: the order of rows, of files and of repeated deliveries changes nothing.

    `at_rest` says whether observations stay where they are: files and Spark frames do, other frames
    are read row by row. What stays is checked as a whole, and used only if nothing is wrong with
    it; every observation needs a reference, and rows may not be delivered twice. Its `values` may
    be "as held": the whole numbers of `Evidence.observations`, quicker than reading texts.

    Raises EvidenceError when files, sheets or columns are not as the contract says, listing all.
    """
    if isinstance(contract, Versions):
        contract = contract.whole
    if isinstance(source, Mapping):
        given = dict(source)
        if at_rest or (at_rest is None and any(map(rests, given.values()))):
            return _at_rest(given, contract, values)
        source = {
            name: collected(table, name) if is_path(table) else table
            for name, table in given.items()
        }
    delivery = _delivered(source, contract)
    people_blocks, people_repeated, _ = without_repeats(delivery.participants)
    blocks, repeated, doubtful = without_repeats(delivery.observations)
    people = read_people(people_blocks, contract.participants)
    found, references, refused = read_observations(
        blocks, contract, people, _people_sheet(contract, delivery)
    )
    agreed = agree(found, blocks, contract, references)
    cautions = {
        *delivery.cautions,
        *map(_without_reference, doubtful),
        *_as_fractions(agreed, blocks, contract),
    }
    return Evidence(
        participants_table=_participants_table(
            people, people_blocks, tuple(contract.participants.attributes)
        ),
        observations_table=_observations_table(agreed, blocks),
        refused_table=_refused_table([*people.refused, *refused, *agreed.refused]),
        repeated=people_repeated + repeated + people.repeated + agreed.repeated,
        kind=delivery.kind,
        cautions=tuple(sorted(cautions)),
    )


def _at_rest(given: dict[str, Any], contract: Contract, values: Values) -> Evidence:
    unknown = sorted(set(NAMES) ^ given.keys())
    if unknown:
        faults = [
            Fault(code="unknown_table", problem=f"no evidence table '{name}', or one too many")
            for name in unknown
        ]
        raise EvidenceError(f"Faults in the structure of the evidence: {len(faults)}", faults)
    participants, _ = source_of(given["participants"], "participants")
    observations, kind = source_of(given["observations"], "observations")
    return rest(participants, observations, contract, values, kind)


def _delivered(source: Source, contract: Contract) -> Delivery:
    if isinstance(source, Mapping):
        return read_frames(source, contract)
    if isinstance(source, str | PathLike):
        return read_workbooks([source], contract)
    return read_workbooks(source, contract)


def _people_sheet(contract: Contract, delivery: Delivery) -> str:
    if delivery.participants[0].names_observations:
        return "participants"
    return next(name for name, sheet in contract.sheets.items() if sheet.holds == "participants")


def _without_reference(sheet: str) -> str:
    return (
        f"sheet '{sheet}': some rows without a reference say the same as another row and "
        "were counted once. Give each row a reference if they are different events."
    )


def _as_fractions(agreed: Agreed, blocks: Sequence[Block], contract: Contract) -> set[str]:
    """A caution for a column of percentages where none is above 1: 0.9 for 90, perhaps."""
    percentages = {
        name for name, metric in contract.metrics.items() if isinstance(metric, Percentage)
    }
    largest: dict[tuple[str, str, str], int] = {}
    for row in agreed.rows.values():
        if row.metric in percentages:
            block = blocks[row.block]
            key = (block.sheet, block.heading(row.metric), row.metric)
            largest[key] = max(largest.get(key, 0), row.value)
    found = set()
    for (sheet, heading, name), value in largest.items():
        metric = contract.metrics[name]
        assert isinstance(metric, Percentage)
        if 0 < value <= 10**metric.decimals and metric.range[1] > 1:
            found.add(
                f"sheet '{sheet}', column '{heading}': no percentage is above 1. "
                "Write 92.5 for 92.5%, not 0.925, which Excel keeps in a cell formatted as %."
            )
    return found


def _participants_table(
    people: People, blocks: Sequence[Block], attributes: tuple[str, ...]
) -> pa.Table:
    rows = people.rows
    columns: list[Iterable[object]] = [
        [row.participant for row in rows],
        [row.started_on for row in rows],
        [row.left_on for row in rows],
        [row.from_on for row in rows],
        [row.recorded_on for row in rows],
        *([row.attributes[place] for row in rows] for place in range(len(attributes))),
        [blocks[row.block].file for row in rows],
        [blocks[row.block].sheet for row in rows],
        [row.row for row in rows],
    ]
    return _table(columns, participants_schema(attributes))


def _observations_table(agreed: Agreed, blocks: Sequence[Block]) -> pa.Table:
    rows = sorted(agreed.rows.values())
    if not rows:
        return OBSERVATIONS_SCHEMA.empty_table()
    who, metric, observed_on, recorded_on, name, value, source, proof, _, status, block, row = zip(
        *rows, strict=True
    )
    columns: list[Iterable[object]] = [
        name,
        who,
        metric,
        value,
        observed_on,
        recorded_on,
        source,
        proof,
        map(agreed.supersedes.get, name),
        status,
        [blocks[number].file for number in block],
        [blocks[number].sheet for number in block],
        row,
    ]
    return _table(columns, OBSERVATIONS_SCHEMA)


def _refused_table(refused: Iterable[Refused]) -> pa.Table:
    ordered = sorted(set(refused), key=lambda one: (*one[:4], one.refusal.code, one.refusal.hint))
    columns: list[Iterable[object]] = [
        *([one[place] for one in ordered] for place in range(4)),
        [one.refusal.code for one in ordered],
        [one.refusal.problem for one in ordered],
        [one.refusal.allowed for one in ordered],
        [one.refusal.hint for one in ordered],
    ]
    return _table(columns, REFUSED_SCHEMA)


def _table(columns: Sequence[Iterable[object]], schema: pa.Schema) -> pa.Table:
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
