"""What was delivered, before it is checked: blocks of rows, whatever they were read from; and what
each row must be by itself, which is checked cell by cell here and in SQL where a table lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.cells import (
    coded_texts,
    listed_reader,
    read_coded,
    read_date,
)
from impactbond.evidence.coded_cells import CodedCells, CodedColumn, coded_together
from impactbond.evidence.mapped import MappedBy
from impactbond.evidence.refusals import (
    LEFT_BEFORE_START,
    MISSING,
    RECORDED_BEFORE_OBSERVED,
    Refusal,
    Refused,
)
from impactbond.numbering import row_numbers
from impactbond.terms.sheets import (
    LONG_COLUMNS,
    METRIC,
    REQUIRED_OBSERVATION_COLUMNS,
    REQUIRED_PARTICIPANT_COLUMNS,
    VALUE,
)
from impactbond.texts import are_in_one_spelling, one_spelling

Cells = list[object]
Columns = dict[str, CodedColumn[Any]]
STATUSES = RECORDED, DISPUTED, WITHDRAWN = "recorded", "disputed", "withdrawn"
_UNKNOWN = "\0"  # before what is written for a metric and stands for none
_STRUCTURE = "Faults in the structure of the evidence"


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """The rows of one sheet of one file. Blank cells are None; texts have one spelling.

    `columns` holds the cells by the column's name in the evidence tables, `metrics` by metric; None
    stands for a metric that every row evidences. `headings` says what people call them. References
    live in a `scope`: a sheet, or all frames together. Where `names_observations`, a reference
    names one observation, otherwise a row of several metrics; `words` are then what may stand for a
    metric.
    """

    file: str
    sheet: str
    scope: str
    rows: list[int]
    columns: Mapping[str, Sequence[object]]
    metrics: Mapping[str, Sequence[object] | None] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    names_observations: bool = False

    def column(self, name: str) -> Sequence[object]:
        """The cells of a column; blank where nobody delivers it."""
        return self.columns.get(name) or [None] * len(self.rows)

    def coded(self, name: str) -> CodedCells:
        """The cells of a column, coded."""
        if name in self.columns:
            return CodedCells.of(self.columns[name])
        return CodedCells.alike(None, len(self.rows))

    def coded_metric(self, metric: str) -> CodedCells:
        """The cells of a metric, coded."""
        cells = self.metrics[metric]
        return CodedCells.alike(True, len(self.rows)) if cells is None else CodedCells.of(cells)

    def all_coded(self) -> Block:
        """The same block with its cells coded."""
        columns, metrics = self.columns.items(), self.metrics.items()
        return replace(
            self,
            columns={name: CodedCells.of(cells) for name, cells in columns},
            metrics={
                name: None if cells is None else CodedCells.of(cells) for name, cells in metrics
            },
        )

    def heading(self, name: str) -> str:
        """What people call a column or a metric."""
        return self.headings.get(name, name)

    def observation_id(self, reference: str, metric: str) -> str:
        """The id of the observation of a metric in the row with that reference."""
        before, after = self.beside_reference(metric)
        return f"{before}{reference}{after}"

    def beside_reference(self, metric: str) -> tuple[str, str]:
        """What stands before and after a row's reference in the id of its observation."""
        if self.names_observations:
            return (f"{self.scope}/" if self.scope else ""), ""
        return "", f"/{metric}"

    def where(self, place: int) -> tuple[str, str, int]:
        """Where people find the row at that place."""
        return self.file, self.sheet, self.rows[place]

    def refused(self, place: int, column: str, refusal: Refusal) -> Refused:
        """The cell of a column in the row at that place, refused."""
        return Refused(*self.where(place), self.heading(column), refusal)

    @property
    def delivered(self) -> list[Sequence[object]]:
        """The cells of every column and metric that somebody delivers."""
        of_metrics = self.metrics.values()
        return [*self.columns.values(), *(cells for cells in of_metrics if cells is not None)]

    def only(self, wanted: Sequence[bool] | NDArray[np.bool_]) -> Block:
        """The block with some of its rows."""
        chosen = np.flatnonzero(wanted)
        if len(chosen) == len(self.rows):
            return self
        of_metrics = self.metrics.items()
        return replace(
            self,
            rows=_taken(self.rows, chosen),
            columns={name: _taken(cells, chosen) for name, cells in self.columns.items()},
            metrics={name: cells and _taken(cells, chosen) for name, cells in of_metrics},
        )


def _taken(cells: Any, places: NDArray[np.int64]) -> Any:
    """Some of the cells of a column."""
    if isinstance(cells, CodedCells):
        return cells.at(places)
    return [cells[place] for place in places.tolist()]


def by_metric(block: Block, words: Mapping[str, str]) -> Iterator[Block]:
    """The observations of a block in long form, cut so that each block has one metric.

    `words` says what the block writes for each metric. A row of another one is of a metric that no
    contract has, also where it writes the name that the contract has for one.
    """
    columns = {name: cells for name, cells in block.columns.items() if name not in LONG_COLUMNS}
    metrics = {one_spelling(word): metric for metric, word in words.items()}
    written = block.coded(METRIC)
    names: list[str] = []
    for cell in written.held:
        word = "" if cell is None else one_spelling(str(cell))
        # A contract may have a metric by the very name that a file uses for another.
        names.append(metrics.get(word, word and f"{_UNKNOWN}{word}"))
    found = dict.fromkeys(names[code] for code in written.codes.tolist())
    number = {name: at for at, name in enumerate(found)}
    numbers = np.array([number.get(name, -1) for name in names])[written.codes]
    for metric, at in number.items():
        chosen = np.flatnonzero(numbers == at)
        yield replace(
            block,
            rows=_taken(block.rows, chosen),
            columns={name: _taken(cells, chosen) for name, cells in columns.items()},
            metrics={metric: _taken(block.columns[VALUE], chosen)},
            headings={**block.headings, metric: block.heading(VALUE)},
            words=tuple(words.values()),
        )


@dataclass(frozen=True, slots=True, repr=False)
class Delivery:
    """Everything that came in at once, in reading order, and the kind of frame to give back.
    `personal` are the columns that say who a child is.

    Where it was read by mappings, `refused` are the cells that these could not read, `mapped` says
    which read which files, and `mappings` holds their texts by name.
    """

    participants: list[Block]
    observations: list[Block]
    kind: str
    cautions: frozenset[str] = frozenset()
    personal: frozenset[Fault] = frozenset()
    refused: tuple[Refused, ...] = ()
    mapped: tuple[MappedBy, ...] = ()
    mappings: Mapping[str, bytes] = field(default_factory=dict)


def clean(cells: Iterable[object]) -> Cells:
    """Cells with their texts in one spelling, and None where nothing is left."""
    held = list(cells)
    texts_held = {cell for cell in held if type(cell) is str}  # the same few in most columns
    spelt = {text: one_spelling(text) or None for text in texts_held}
    return [spelt[cell] if type(cell) is str else cell for cell in held]


def clean_coded(cells: CodedCells) -> CodedCells:
    """Coded cells with their texts in one spelling, and blank where nothing is left."""
    return cells.spelt(_in_one_spelling)


def _in_one_spelling(held: list[Any]) -> list[object]:
    if set(map(type, held)) == {str} and are_in_one_spelling(held):
        return held
    return [(one_spelling(one) or None) if type(one) is str else one for one in held]


def without_blank_rows(block: Block) -> Block:
    """The block without the rows in which every cell is blank."""
    holds = np.zeros(len(block.rows), bool)
    for cells in block.delivered:
        if isinstance(cells, CodedCells):
            holds |= cells.codes > 0
        else:
            holds |= np.fromiter((cell is not None for cell in cells), bool, len(cells))
    return block.only(holds)


def without_repeats(blocks: Sequence[Block]) -> tuple[list[Block], int, set[str]]:
    """The blocks, coded, with each row once, how many rows were dropped, and the sheets to look at
    again.

    Those are where one file holds a row twice without a reference: it may have been two events.
    """
    alike: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for at, block in enumerate(blocks):
        alike.setdefault((block.scope, (*block.columns, *block.metrics)), []).append(at)
    kept, repeated, doubtful = list(blocks), 0, set[str]()
    for places in alike.values():
        same = [blocks[at] for at in places]
        is_again = _said_before(same)
        if not is_again.any():
            continue
        repeated += int(np.count_nonzero(is_again))
        ends = np.cumsum([0, *(len(block.rows) for block in same)]).tolist()
        for at, block, begin, end in zip(places, same, ends, ends[1:], strict=False):
            if block.metrics:
                blank = block.coded("ref").codes == 0
                if (_said_before([block]) & blank).any():
                    doubtful.add(block.sheet or block.file)
            kept[at] = block.only(~is_again[begin:end])
    return kept, repeated, doubtful


def _said_before(blocks: Sequence[Block]) -> NDArray[np.bool_]:
    """Where the rows of some blocks of the same columns, one block after the other, say what one
    before them says.
    """
    count = sum(len(block.rows) for block in blocks)
    columns: list[NDArray[np.int32]] = []
    for cells in zip(*(map(CodedCells.of, block.delivered) for block in blocks), strict=True):
        columns.append(coded_together(cells))
        # Where one column holds something else in every row no two rows are alike.
        if count and np.bincount(columns[-1]).max() == 1:
            return np.zeros(count, bool)
    numbers = row_numbers(columns)
    _, firsts = np.unique(numbers, return_index=True)
    found = np.ones(len(numbers), bool)
    found[firsts] = False
    return found


class RowRules(NamedTuple):
    """What a row of an evidence table must be by itself.

    Which columns hold texts, days, or one of some texts (with what each of them is); which may not
    be blank; and which day may not come before which other.
    """

    texts: tuple[str, ...]
    days: tuple[str, ...]
    listed: dict[str, tuple[tuple[str, ...], str]]
    required: tuple[str, ...]
    order: tuple[str, str, Refusal]


def participant_rules(contract: Contract) -> RowRules:
    """What each row about a participant must be."""
    attributes = contract.participants.attributes
    return RowRules(
        ("participant", *(name for name, allowed in attributes.items() if allowed == "text")),
        ("started_on", "recorded_on", "from_on", "left_on"),
        {
            name: (allowed, f"a value of the attribute '{name}'")
            for name, allowed in attributes.items()
            if allowed != "text"
        },
        (*REQUIRED_PARTICIPANT_COLUMNS, *attributes),
        ("left_on", "started_on", LEFT_BEFORE_START),
    )


OBSERVATION_RULES = RowRules(
    ("participant", "ref", "replaces", "source", "evidence_ref", "slot"),
    ("observed_on", "recorded_on"),
    {"status": (STATUSES, "a status of an observation")},
    REQUIRED_OBSERVATION_COLUMNS,
    ("recorded_on", "observed_on", RECORDED_BEFORE_OBSERVED),
)


class RowFaults:
    """The faults of the rows of one block; a row with any of them is left out whole."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._by_place: dict[int, dict[tuple[str, str], Refused]] = {}

    def add(self, place: int, column: str, refusal: Refusal) -> None:
        """Note a fault of the row at that place; the same fault of the same column counts once."""
        refused = self._block.refused(place, column, refusal)
        faults = self._by_place.setdefault(place, {})
        faults.setdefault((refused.column, refusal.code), refused)

    def __contains__(self, place: int) -> bool:
        return place in self._by_place

    @property
    def places(self) -> Set[int]:
        """The rows that have any."""
        return self._by_place.keys()

    def refused(self) -> Iterator[Refused]:
        """The faults as refused cells, in no particular order."""
        return (refused for faults in self._by_place.values() for refused in faults.values())


def read_columns(block: Block, rules: RowRules) -> tuple[Columns, RowFaults]:
    """The columns of a block read, by name, and how its rows break the rules."""
    columns: Columns = {name: coded_texts(block.coded(name)) for name in rules.texts}
    columns |= {name: read_coded(block.coded(name), read_date) for name in rules.days}
    for name, (allowed, what) in rules.listed.items():
        columns[name] = read_coded(block.coded(name), listed_reader(allowed, what=what))
    faults = RowFaults(block)
    for name, column in columns.items():
        for place, refusal in column.refusals.items():
            faults.add(place, name, refusal)
    for name in rules.required:
        column = columns[name]
        missing = ~column.is_there
        for place in np.flatnonzero(missing).tolist():
            # A cell that cannot be read is not missing as well: one fault is told once.
            if place not in column.refusals:
                faults.add(place, name, MISSING)
    later, earlier, refusal = rules.order
    day, other = day_numbers(columns[later]), day_numbers(columns[earlier])
    for place in np.flatnonzero((day < other) & (day >= 0)).tolist():
        faults.add(place, later, refusal)
    return columns, faults


def day_numbers(column: CodedColumn[date]) -> NDArray[np.int32]:
    """The day number of each cell, less than any of them where there is none."""
    held = [-1 if day is None else day_number(day) for day in column.held]
    return np.array(held, np.int32)[column.codes]


def refuse(faults: Sequence[Fault]) -> None:
    """Raises EvidenceError with the faults in the structure of the evidence, where it has any."""
    if faults:
        raise EvidenceError(f"{_STRUCTURE}: {len(set(faults))}", faults)
