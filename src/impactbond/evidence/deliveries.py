"""What was delivered, before it is checked: blocks of rows, whatever they were read from, with the
references among them; and what each row must be by itself, which is checked cell by cell here and
in SQL where a table lies.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any, NamedTuple

from impactbond.contract.contract import Contract
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.cells import CellColumn, dates, listed, texts
from impactbond.evidence.mapped import MappedBy
from impactbond.evidence.refusals import (
    LEFT_BEFORE_START,
    MISSING,
    RECORDED_BEFORE_OBSERVED,
    Refusal,
    Refused,
)
from impactbond.terms.sheets import (
    LONG_COLUMNS,
    METRIC,
    REQUIRED_OBSERVATION_COLUMNS,
    REQUIRED_PARTICIPANT_COLUMNS,
    VALUE,
)
from impactbond.texts import one_spelling

Cells = list[object]
Columns = dict[str, CellColumn[Any]]
Reference = tuple[str, str]  # scope and text
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
    columns: dict[str, Cells]
    metrics: dict[str, Cells | None] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    names_observations: bool = False

    def column(self, name: str) -> Cells:
        """The cells of a column; blank where nobody delivers it."""
        return self.columns.get(name) or [None] * len(self.rows)

    def heading(self, name: str) -> str:
        """What people call a column or a metric."""
        return self.headings.get(name, name)

    def metric_cells(self, metric: str) -> Cells:
        """The cells of a metric; yes in every row for a metric that every row evidences."""
        cells = self.metrics[metric]
        return [True] * len(self.rows) if cells is None else cells

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
    def delivered(self) -> list[Cells]:
        """The cells of every column and metric that somebody delivers."""
        return [*self.columns.values(), *filter(None, self.metrics.values())]

    def only(self, wanted: Sequence[bool]) -> Block:
        """The block with some of its rows."""
        if all(wanted):
            return self
        of_metrics = self.metrics.items()
        return replace(
            self,
            rows=list(compress(self.rows, wanted)),
            columns={name: list(compress(cells, wanted)) for name, cells in self.columns.items()},
            metrics={name: cells and list(compress(cells, wanted)) for name, cells in of_metrics},
        )

    def contents(self) -> Iterable[tuple[object, ...]]:
        """Each row as one tuple; equal tuples say the same. TRUE is told from 1."""
        return zip(*map(_told_apart, self.delivered), strict=True)


def by_metric(block: Block, words: Mapping[str, str]) -> Iterator[Block]:
    """The observations of a block in long form, cut so that each block has one metric.

    `words` says what the block writes for each metric. A row of another one is of a metric that no
    contract has, also where it writes the name that the contract has for one.
    """
    columns = {name: cells for name, cells in block.columns.items() if name not in LONG_COLUMNS}
    metrics = {one_spelling(word): metric for metric, word in words.items()}
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, cell in enumerate(block.column(METRIC)):
        written = "" if cell is None else one_spelling(str(cell))
        # A contract may have a metric by the very name that a file uses for another.
        places[metrics.get(written, written and f"{_UNKNOWN}{written}")].append(place)
    for metric, chosen in places.items():
        yield replace(
            block,
            rows=[block.rows[place] for place in chosen],
            columns={name: [cells[place] for place in chosen] for name, cells in columns.items()},
            metrics={metric: [block.columns[VALUE][place] for place in chosen]},
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


def _told_apart(cells: Cells) -> Cells:
    if bool in set(map(type, cells)):
        return [("answer", cell) if type(cell) is bool else cell for cell in cells]
    return cells


def clean(cells: Iterable[object]) -> Cells:
    """Cells with their texts in one spelling, and None where nothing is left."""
    held = list(cells)
    texts_held = {cell for cell in held if type(cell) is str}  # the same few in most columns
    spelt = {text: one_spelling(text) or None for text in texts_held}
    return [spelt[cell] if type(cell) is str else cell for cell in held]


def without_blank_rows(block: Block) -> Block:
    """The block without the rows in which every cell is blank."""
    rows = zip(*block.delivered, strict=True)
    return block.only([row.count(None) < len(row) for row in rows])


def without_repeats(blocks: Sequence[Block]) -> tuple[list[Block], int, set[str]]:
    """The blocks with each row once, how many rows were dropped, and the sheets to look at again.

    Those are where one file holds a row twice without a reference: it may have been two events.
    """
    seen: dict[tuple[str, tuple[str, ...]], set[tuple[object, ...]]] = {}
    kept, repeated, doubtful = [], 0, set()
    for block in blocks:
        before = seen.setdefault((block.scope, (*block.columns, *block.metrics)), set())
        here: set[tuple[object, ...]] = set()
        wanted = []
        for content, reference in zip(block.contents(), block.column("ref"), strict=True):
            there = len(here)
            here.add(content)
            is_again = len(here) == there
            if is_again and reference is None and block.metrics:
                doubtful.add(block.sheet)
            wanted.append(not is_again and not (before and content in before))
        before |= here
        repeated += wanted.count(False)
        kept.append(block.only(wanted))
    return kept, repeated, doubtful


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
    def places(self) -> Container[int]:
        """The rows that have any."""
        return self._by_place.keys()

    def refused(self) -> Iterator[Refused]:
        """The faults as refused cells, in no particular order."""
        return (refused for faults in self._by_place.values() for refused in faults.values())


def read_columns(block: Block, rules: RowRules) -> tuple[Columns, RowFaults]:
    """The columns of a block read, by name, and how its rows break the rules."""
    columns: Columns = {name: texts(block.column(name)) for name in rules.texts}
    columns |= {name: dates(block.column(name)) for name in rules.days}
    for name, (allowed, what) in rules.listed.items():
        columns[name] = listed(block.column(name), allowed, what=what)
    faults = RowFaults(block)
    for name, column in columns.items():
        for place, refusal in column.refusals.items():
            faults.add(place, name, refusal)
    for name in rules.required:
        column = columns[name]
        for place, value in enumerate(column.values):
            # A cell that cannot be read is not missing as well: one fault is told once.
            if value is None and place not in column.refusals:
                faults.add(place, name, MISSING)
    later, earlier, refusal = rules.order
    pairs = zip(columns[later].values, columns[earlier].values, strict=True)
    for place, (day, other) in enumerate(pairs):
        if day and other and day < other:
            faults.add(place, later, refusal)
    return columns, faults


def refuse(faults: Sequence[Fault]) -> None:
    """Raises EvidenceError with the faults in the structure of the evidence, where it has any."""
    if faults:
        raise EvidenceError(f"{_STRUCTURE}: {len(set(faults))}", faults)


@dataclass(frozen=True, slots=True, repr=False)
class References:
    """The references that were delivered, on rows that were refused as well.

    `known` by scope; `replacing` says what each replaces; `evidenced` names observations
    of replaced rows, whether or not they could be read.
    """

    known: dict[str, set[str]]
    replacing: dict[Reference, str]
    circular: set[Reference]
    evidenced: set[str]

    @classmethod
    def of(cls, blocks: Sequence[Block], columns: Sequence[Columns]) -> References:
        """The references of some blocks, given what was read in their columns."""
        pairs = [(of_block["ref"].values, of_block["replaces"].values) for of_block in columns]
        known: defaultdict[str, set[str]] = defaultdict(set)
        earlier: dict[Reference, str] = {}
        replaced: set[Reference] = set()
        for block, (refs, replaces) in zip(blocks, pairs, strict=True):
            known[block.scope].update(filter(None, refs))
            for ref, target in zip(refs, replaces, strict=True):
                if target is not None:
                    replaced.add((block.scope, target))
                if target is not None and ref is not None:
                    key = (block.scope, ref)
                    # Two rows may have one reference and replace different ones: which of the two
                    # is followed may not hang on the order of files.
                    earlier[key] = min(earlier.get(key, target), target)
        evidenced = (
            block.observation_id(ref, metric)
            for block, (refs, _) in zip(blocks, pairs, strict=True)
            for metric in block.metrics
            for ref, cell in zip(refs, block.metric_cells(metric), strict=True)
            if cell is not None and ref is not None and (block.scope, ref) in replaced
        )
        return cls(known, earlier, _circular(earlier), set(evidenced) if replaced else set())

    def superseded(self, block: Block, replaces: str, metric: str, standing: Container[str]) -> str:
        """The observation that a row replaces.

        Where that one was refused, it is the nearest one that stands among those it had replaced in
        turn: a wrong correction, once put right, must not bring back what both of them replaced.
        """
        passed: set[str] = set()
        following: str | None = replaces
        while following is not None and following not in passed:
            observation = block.observation_id(following, metric)
            if observation in standing:
                return observation
            passed.add(following)
            following = self.replacing.get((block.scope, following))
        return block.observation_id(replaces, metric)


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
