"""Rows that were read into memory, checked by themselves and against the people told of.

Participants come first. Then every cell of a metric becomes an observation, if its row and it are
in order; whether it agrees with the others is for `agreement.py`. What is different in a column is
read once, and rows are looked at together: one by one only where something is wrong with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.evidence.agreement import Observations, StatedRows, agreeing
from impactbond.evidence.cells import read_coded, value_reader
from impactbond.evidence.coded_cells import CodedColumn
from impactbond.evidence.delivered_references import References
from impactbond.evidence.deliveries import (
    OBSERVATION_RULES,
    WITHDRAWN,
    Block,
    Columns,
    RowFaults,
    day_numbers,
    participant_rules,
    read_columns,
)
from impactbond.evidence.refusals import (
    CONTRADICTORY_PARTICIPANT,
    MISSING,
    REPLACES_ITSELF,
    UNKNOWN_REPLACED,
    Refusal,
    Refused,
    mark_not_in_force,
    no_slot_of,
    not_listed,
    source_not_accepted,
    unknown_participant,
)
from impactbond.terms.metrics import Metric
from impactbond.terms.metrics.sessions import Session
from impactbond.terms.sheets import PARTICIPANT_COLUMNS

Flags = NDArray[np.bool_]


class Person(NamedTuple):
    """What one row tells about a participant, and where it stands."""

    participant: str
    from_on: date
    recorded_on: date
    started_on: date
    left_on: date | None
    attributes: tuple[str, ...]
    block: Block
    place: int

    @property
    def content(self) -> tuple[object, ...]:
        """What the row says, without where it stands."""
        return self[:6]


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """The rows that stand, what was refused, whom refused rows speak of, and how many repeat."""

    rows: list[Person]
    refused: list[Refused]
    refused_participants: set[str]
    repeated: int


def read_people(blocks: Sequence[Block], contract: Contract) -> People:
    """The participants of all blocks."""
    rows: list[Person] = []
    refused: list[Refused] = []
    unusable: set[str] = set()
    rules = participant_rules(contract)
    names = (*PARTICIPANT_COLUMNS, *contract.participants.attributes)
    for block in blocks:
        columns, faults = read_columns(block, rules)
        refused += faults.refused()
        cells = zip(*(columns[name].values for name in names), strict=True)
        for place, (who, started_on, recorded_on, from_on, left_on, *values) in enumerate(cells):
            if place not in faults:
                days = (from_on or started_on, recorded_on, started_on, left_on)
                rows.append(Person(who, *days, tuple(values), block, place))
            elif who is not None:
                unusable.add(who)
    return _agreed(rows, refused, unusable)


def _agreed(rows: list[Person], refused: list[Refused], unusable: set[str]) -> People:
    """The rows without those that contradict each other, and each once."""
    stated: dict[tuple[object, ...], dict[tuple[object, ...], Person]] = {}
    for row in rows:
        stated.setdefault(row[:3], {}).setdefault(row.content, row)
    # Two rows of one day, recorded on one day, that differ: neither is the later, and the money of
    # a child must not hang on which stood first.
    standing = [row for row in rows if len(stated[row[:3]]) == 1]
    for row in rows:
        if len(stated[row[:3]]) > 1:
            refused.append(row.block.refused(row.place, "participant", CONTRADICTORY_PARTICIPANT))
            unusable.add(row.participant)
    # Each once: the same row in two deliveries is one row.
    kept = [person for same in stated.values() if len(same) == 1 for person in same.values()]
    kept.sort(key=lambda row: row[:3])
    return People(kept, refused, unusable, len(standing) - len(kept))


class _Values:
    """The values of a metric in the rows of a block, which there are, and the refusals by place."""

    def __init__(self, column: CodedColumn[int]) -> None:
        held = [0 if one is None else one for one in column.held]
        self.numbers = np.array(held, np.int64)[column.codes]
        self.there = column.is_there
        self.refusals = dict(column.refusals)

    def refuse(self, wrong: Flags, refusal: Refusal) -> list[int]:
        """Refuse the values of some rows; which these are."""
        places: list[int] = np.flatnonzero(wrong).tolist()
        self.there &= ~wrong
        self.refusals.update(dict.fromkeys(places, refusal))
        return places


def read_observations(
    blocks: Sequence[Block], contract: Contract, people: People, people_sheet: str
) -> tuple[Observations, list[Refused], int]:
    """The observations that stand, in order; what was refused; and how many repeat."""
    read = [read_columns(block, OBSERVATION_RULES) for block in blocks]
    references = References.of(blocks, [columns for columns, _ in read])
    known = {person.participant for person in people.rows}
    found: list[StatedRows] = []
    refused: list[Refused] = []
    for block, (columns, faults) in zip(blocks, read, strict=True):
        _refuse_references(faults, block, columns, references)
        _refuse_unknown(faults, columns, known, people, people_sheet)
        faulty = np.zeros(len(block.rows), bool)
        is_withdrawn = columns["status"].with_value(lambda status: status == WITHDRAWN)
        for metric in block.metrics:
            if metric not in contract.metrics:
                refusal = not_listed("unknown_metric", "a metric of the contract", block.words)
                for place in range(len(block.rows)):
                    faults.add(place, "metric", refusal if metric else MISSING)
                continue
            term = contract.metrics[metric]
            values = _Values(read_coded(block.coded_metric(metric), value_reader(term)))
            if isinstance(term, Session):
                _refuse_marks(columns, term, values)
            refused += _refused_cells(block, is_withdrawn, metric, values)
            refused += _refuse_sources(block, columns, is_withdrawn, term, metric, values)
            if contract.slots:
                refused += _refuse_slots(block, columns, is_withdrawn, term, metric, values)
            # A cell that is refused costs its row one metric, a fault of the row all of them.
            faulty[list(faults.places)] = True
            found.append(_stated(block, columns, metric, term, values, faulty, references))
        refused += faults.refused()
    standing, disagreeing, repeated = agreeing(found, contract, references)
    return standing, refused + disagreeing, repeated


def _refuse_references(
    faults: RowFaults, block: Block, columns: Columns, references: References
) -> None:
    replaces, refs = columns["replaces"], columns["ref"]
    told = replaces.is_there
    for place in np.flatnonzero(told).tolist():
        if replaces.held[replaces.codes[place]] not in references.known[block.scope]:
            faults.add(place, "replaces", UNKNOWN_REPLACED)
        elif (block.scope, refs.held[refs.codes[place]]) in references.circular:
            faults.add(place, "replaces", REPLACES_ITSELF)


def _refuse_unknown(
    faults: RowFaults, columns: Columns, known: set[str], people: People, people_sheet: str
) -> None:
    never_told = unknown_participant(people_sheet, was_refused=False)
    was_refused = unknown_participant(people_sheet, was_refused=True)
    column = columns["participant"]
    unknown = column.with_value(lambda who: who is not None and who not in known)
    for place in np.flatnonzero(unknown).tolist():
        is_refused = column.held[column.codes[place]] in people.refused_participants
        faults.add(place, "participant", was_refused if is_refused else never_told)


def _refused_cells(
    block: Block, is_withdrawn: Flags, metric: str, values: _Values
) -> Iterator[Refused]:
    """The refused cells of a metric; where a row is one observation, a blank cell as well."""
    refusals = values.refusals
    if block.names_observations:
        blank = np.flatnonzero(~values.there).tolist()
        refusals = {**dict.fromkeys(blank, MISSING), **refusals}
    for place, refusal in refusals.items():
        if not is_withdrawn[place]:
            yield block.refused(place, metric, refusal)


def _refuse_sources(
    block: Block,
    columns: Columns,
    is_withdrawn: Flags,
    term: Metric,
    metric: str,
    values: _Values,
) -> Iterator[Refused]:
    """The values of a metric that come from no source that the contract accepts; each is dropped,
    and what else its row says is not.
    """
    if not term.sources:
        return
    source = columns["source"]
    other = source.with_value(lambda one: one not in term.sources)
    wrong = values.there & ~is_withdrawn & other & ~source.where(source.wrong.__contains__)
    refusal = source_not_accepted(metric, term.sources)
    for place in values.refuse(wrong, refusal):
        yield block.refused(place, "source", refusal)


def _refuse_marks(columns: Columns, term: Session, values: _Values) -> None:
    """Each mark that may not be written for the day that its row speaks of is refused."""
    days = day_numbers(columns["observed_on"])
    for edition in term.editions():
        other = ~np.isin(values.numbers, edition.places)
        within = (edition.first <= days) & (days <= edition.last) & (days >= 0)
        values.refuse(values.there & other & within, mark_not_in_force(term, edition))


def _refuse_slots(
    block: Block,
    columns: Columns,
    is_withdrawn: Flags,
    term: Metric,
    metric: str,
    values: _Values,
) -> Iterator[Refused]:
    """The values of a metric whose row names no slot of it. A row of several metrics may name a
    slot for the others; where a row is one observation, a metric without slots takes none.
    """
    slot = columns["slot"]
    blank = ~slot.is_there
    if term.slot_names:
        fits = slot.with_value(term.slot_names.__contains__)
    else:
        fits = blank | (not block.names_observations)
    wrong = values.there & ~is_withdrawn & ~fits & ~slot.where(slot.wrong.__contains__)
    unknown = no_slot_of(metric, term.slot_names)
    for some, refusal in ((wrong & blank, MISSING), (wrong & ~blank, unknown)):
        for place in values.refuse(some, refusal):
            yield block.refused(place, "slot", refusal)


def _stated(
    block: Block,
    columns: Columns,
    metric: str,
    term: Metric,
    values: _Values,
    faulty: Flags,
    references: References,
) -> StatedRows:
    """What the rows of a block state of a metric. A blank cell evidences nothing, unless its row
    replaces one that evidenced the metric: then it takes that back.
    """
    withdrawn = columns["status"].with_value(lambda status: status == WITHDRAWN)
    taken_back = np.zeros(len(block.rows), bool)
    if not block.names_observations:
        # A correction says its whole row anew: a blank takes back what the replaced row had there,
        # and where that had nothing there is nothing to take back.
        replaces = columns["replaces"]
        told = replaces.is_there
        blank = np.flatnonzero(~values.there & ~withdrawn & told)
        names = (replaces.held[code] for code in replaces.codes[blank].tolist())
        for place, name in zip(blank.tolist(), names, strict=True):
            is_there = block.observation_id(name, metric) in references.evidenced
            taken_back[place] = is_there and place not in values.refusals
    withdrawn |= taken_back
    # What is withdrawn is no evidence, whatever value its row still shows.
    numbers = np.where(withdrawn, 0, values.numbers)
    chosen = np.flatnonzero(~faulty & (values.there | withdrawn))
    return StatedRows(block, columns, metric, bool(term.slot_names), chosen, numbers, taken_back)
