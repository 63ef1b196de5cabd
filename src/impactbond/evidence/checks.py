"""Rows that were read into memory, checked one by one and then against each other.

Participants come first. Then every cell of a metric becomes an observation, if its row and it are
in order and if it agrees with the others: repeats are kept once, contradictions are refused on
every side, and a row that replaces another has to lead to one that was delivered, not round in a
circle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evidence.cells import CellColumn, values_of
from impactbond.evidence.deliveries import (
    OBSERVATION_RULES,
    RECORDED,
    WITHDRAWN,
    Block,
    Columns,
    References,
    RowFaults,
    participant_rules,
    read_columns,
)
from impactbond.evidence.observation_ids import Told, id_of, moment
from impactbond.evidence.refusals import (
    CONTRADICTORY_PARTICIPANT,
    CONTRADICTORY_VALUES,
    MISSING,
    REFERENCE_REUSED,
    REPLACES_ITSELF,
    SLOT_TWICE,
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
from impactbond.terms.sheets import EACH_ROW, PARTICIPANT_COLUMNS


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


class Observation(NamedTuple):
    """One observation, as a row of the evidence; until all are known, `supersedes` is the
    reference as it was delivered.
    """

    observation: str
    participant: str
    metric: str
    value: int
    observed_on: date
    recorded_on: date
    source: str | None
    evidence_ref: str | None
    supersedes: str | None
    status: str
    slot: str | None
    block: Block
    place: int

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, without where it stands."""
        return self[:11]

    @property
    def measured(self) -> tuple[object, ...]:
        """Whose measure of which day, and of which slot of it, it is."""
        return self.participant, self.metric, self.observed_on, self.slot

    def refused(self, refusal: Refusal) -> Refused:
        """The cell of its value, refused; its participant's where it has no cell of its own."""
        column = "participant" if self.block.heading(self.metric) == EACH_ROW else self.metric
        return self.block.refused(self.place, column, refusal)


_new = tuple.__new__
# Where an observation comes among the others; no two have the same id.
_ORDER = ("participant", "metric", "observed_on", "recorded_on", "observation")


def read_observations(
    blocks: Sequence[Block], contract: Contract, people: People, people_sheet: str
) -> tuple[list[Observation], list[Refused], int]:
    """The observations that stand, in order; what was refused; and how many repeat."""
    read = [read_columns(block, OBSERVATION_RULES) for block in blocks]
    references = References.of(blocks, [columns for columns, _ in read])
    known = {person.participant for person in people.rows}
    found: list[Observation] = []
    refused: list[Refused] = []
    for block, (columns, faults) in zip(blocks, read, strict=True):
        _refuse_references(faults, block, columns, references)
        _refuse_unknown(faults, columns, known, people, people_sheet)
        for metric in block.metrics:
            if metric not in contract.metrics:
                refusal = not_listed("unknown_metric", "a metric of the contract", block.words)
                for place in range(len(block.rows)):
                    faults.add(place, "metric", refusal if metric else MISSING)
                continue
            term = contract.metrics[metric]
            values = values_of(term, block.metric_cells(metric))
            if isinstance(term, Session):
                _refuse_marks(columns, term, values)
            refused += _refused_cells(block, columns, metric, values)
            refused += _refuse_sources(block, columns, term, metric, values)
            if contract.slots:
                refused += _refuse_slots(block, columns, term, metric, values)
            rows = _of_metric(block, columns, metric, values, faults, references)
            # A slot beside a metric that has none would tell apart what is the same.
            if not term.slot_names and any(columns["slot"].values):
                rows = (row if row.slot is None else row._replace(slot=None) for row in rows)
            found += rows
        refused += faults.refused()
    standing, disagreeing, repeated = _agreeing(found, contract, references)
    return standing, refused + disagreeing, repeated


def _refuse_references(
    faults: RowFaults, block: Block, columns: Columns, references: References
) -> None:
    pairs = zip(columns["ref"].values, columns["replaces"].values, strict=True)
    for place, (ref, replaced) in enumerate(pairs):
        if replaced is None:
            continue
        if replaced not in references.known[block.scope]:
            faults.add(place, "replaces", UNKNOWN_REPLACED)
        elif ref is not None and (block.scope, ref) in references.circular:
            faults.add(place, "replaces", REPLACES_ITSELF)


def _refuse_unknown(
    faults: RowFaults, columns: Columns, known: set[str], people: People, people_sheet: str
) -> None:
    never_told = unknown_participant(people_sheet, was_refused=False)
    was_refused = unknown_participant(people_sheet, was_refused=True)
    for place, who in enumerate(columns["participant"].values):
        if who is not None and who not in known:
            is_refused = who in people.refused_participants
            faults.add(place, "participant", was_refused if is_refused else never_told)


def _refused_cells(
    block: Block, columns: Columns, metric: str, values: CellColumn[int]
) -> Iterator[Refused]:
    """The refused cells of a metric; where a row is one observation, a blank cell as well."""
    refusals = dict(values.refusals)
    if block.names_observations:
        for place, value in enumerate(values.values):
            if value is None:
                refusals.setdefault(place, MISSING)
    for place, refusal in refusals.items():
        if columns["status"].values[place] != WITHDRAWN:
            yield block.refused(place, metric, refusal)


def _refuse_sources(
    block: Block, columns: Columns, term: Metric, metric: str, values: CellColumn[int]
) -> Iterator[Refused]:
    """The values of a metric that come from no source that the contract accepts; each is dropped,
    and what else its row says is not.
    """
    if not term.sources:
        return
    refusal = source_not_accepted(metric, term.sources)
    for place, source in enumerate(columns["source"].values):
        if values.values[place] is None or columns["status"].values[place] == WITHDRAWN:
            continue
        if source not in term.sources and place not in columns["source"].refusals:
            values.values[place] = None
            values.refusals[place] = refusal
            yield block.refused(place, "source", refusal)


def _refuse_marks(columns: Columns, term: Session, values: CellColumn[int]) -> None:
    """Each mark that may not be written for the day that its row speaks of is refused."""
    days = columns["observed_on"].values
    for edition in term.editions():
        refusal = mark_not_in_force(term, edition)
        for place, (value, day) in enumerate(zip(values.values, days, strict=True)):
            if value is None or day is None or value in edition.places:
                continue
            if edition.first <= day_number(day) <= edition.last:
                values.values[place] = None
                values.refusals[place] = refusal


def _refuse_slots(
    block: Block, columns: Columns, term: Metric, metric: str, values: CellColumn[int]
) -> Iterator[Refused]:
    """The values of a metric whose row names no slot of it. A row of several metrics may name a
    slot for the others; where a row is one observation, a metric without slots takes none.
    """
    unknown = no_slot_of(metric, term.slot_names)
    for place, slot in enumerate(columns["slot"].values):
        if values.values[place] is None or columns["status"].values[place] == WITHDRAWN:
            continue
        if term.slot_names:
            fits = slot in term.slot_names
        else:
            fits = slot is None or not block.names_observations
        if not fits and place not in columns["slot"].refusals:
            refusal = MISSING if slot is None else unknown
            values.values[place] = None
            values.refusals[place] = refusal
            yield block.refused(place, "slot", refusal)


def _of_metric(
    block: Block,
    columns: Columns,
    metric: str,
    values: CellColumn[int],
    faults: RowFaults,
    references: References,
) -> Iterator[Observation]:
    """A blank cell evidences nothing, unless its row replaces one that evidenced the metric: then
    it takes that back. Rows without references at other times of one day are other events.
    """
    days, faulty, told = block.column("observed_on"), faults.places, Told()
    before, after = block.beside_reference(metric)
    cells = zip(*(column.values for column in columns.values()), values.values, strict=True)
    for place, row in enumerate(cells):
        if place in faulty:
            continue
        who, ref, replaced, source, proof, slot, day, known, status, value = row
        # What is withdrawn is no evidence, whatever value its row still shows.
        # Nought stands for any value: two withdrawals that differ in it say the same.
        if status == WITHDRAWN:
            value = 0
        elif value is None:
            if replaced is None or place in values.refusals or block.names_observations:
                continue
            # A correction says its whole row anew: a blank takes back what the replaced row had
            # there, and where that had nothing there is nothing to take back.
            if block.observation_id(replaced, metric) not in references.evidenced:
                continue
            value, status = 0, WITHDRAWN
        said = (source, proof, replaced, status or RECORDED)
        if ref:
            name = f"{before}{ref}{after}"
        else:
            also = said if slot is None else (*said, slot)
            name = id_of((who, metric, moment(days[place], day), known, value, *also), told)
        cell = (name, who, metric, value, day, known, *said, slot, block, place)
        yield _new(Observation, cell)  # without a call of Python's for each of very many


def _agreeing(
    found: Sequence[Observation], contract: Contract, references: References
) -> tuple[list[Observation], list[Refused], int]:
    """The observations without repeats, reused references and contradictory values, in order."""
    standing: dict[str, Observation] = {}
    reused: set[str] = set()
    for row in found:
        first = standing.setdefault(row.observation, row)
        # The same reference saying the same is a repeat; saying something else, nobody knows which
        # is meant, and all of them are refused.
        if first is not row and first.content != row.content:
            reused.add(row.observation)
    refused = [
        row.block.refused(row.place, "ref", REFERENCE_REUSED)
        for row in found
        if row.observation in reused
    ]
    for name in reused:
        del standing[name]
    repeated = len(found) - len(refused) - len(standing)
    # Once a row is refused it replaces nothing any more: what it had replaced stands again, and may
    # contradict others in its turn.
    while True:
        # Found anew in each round: what a refused row had replaced stands again.
        superseded = {
            name: references.superseded(row.block, row.supersedes, row.metric, standing)
            for name, row in standing.items()
            if row.supersedes is not None
        }
        contradictory = _contradictory(standing, contract, set(superseded.values()))
        if not contradictory:
            break
        for row, refusal in contradictory:
            refused.append(row.refused(refusal))
            del standing[row.observation]
    for name, other in superseded.items():
        standing[name] = standing[name]._replace(supersedes=other)
    rows = list(standing.values())
    for column in reversed(_ORDER):  # one column after another is quicker than tuples of five
        rows.sort(key=attrgetter(column))
    return rows, refused, repeated


def _contradictory(
    standing: dict[str, Observation], contract: Contract, superseded: set[str]
) -> list[tuple[Observation, Refusal]]:
    """The rows that no other replaces and that differ about a participant, measure and day; with
    slots, all that are about the same one: were two alike to stand, a session would count twice.
    """
    wrong = {name: CONTRADICTORY_VALUES for name, one in contract.metrics.items() if one.one_a_day}
    wrong |= {name: SLOT_TWICE for name, one in contract.metrics.items() if one.slot_names}
    first: dict[tuple[object, ...], int] = {}
    differing: set[tuple[object, ...]] = set()
    live = [
        (row.measured, row)
        for name, row in standing.items()
        if row.metric in wrong and row.status != WITHDRAWN and name not in superseded
    ]
    for measured, row in live:
        if measured not in first:
            first[measured] = row.value
        # Rows alike say the same twice and harm nobody, except of a slot.
        elif first[measured] != row.value or wrong[row.metric] is SLOT_TWICE:
            differing.add(measured)
    if not differing:
        return []
    return [(row, wrong[row.metric]) for measured, row in live if measured in differing]
