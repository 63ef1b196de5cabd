"""What was delivered, before it is checked: blocks of rows, whatever they were read from, and what
is then found wrong with each row, gathered column by column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import compress
from typing import Any

from impactbond.evidence.cells import CellColumn
from impactbond.evidence.refusals import MISSING, Refusal, Refused

Cells = list[object]


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """The rows of one sheet of one file. Blank cells are None; texts are stripped.

    `columns` holds the cells by the column's name in the evidence tables, `metrics` by metric; None
    stands for a metric that every row evidences. `headings` says what people call them. References
    live in a `scope`: a sheet, or all frames together. Where `names_observations`, a reference
    names one observation, otherwise a row of several metrics.
    """

    file: str
    sheet: str
    scope: str
    rows: list[int]
    columns: dict[str, Cells]
    metrics: dict[str, Cells | None] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
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
        return reference if self.names_observations else f"{reference}/{metric}"

    def only(self, wanted: Sequence[bool]) -> Block:
        """The block with some of its rows."""
        if all(wanted):
            return self
        return replace(
            self,
            rows=list(compress(self.rows, wanted)),
            columns={name: list(compress(cells, wanted)) for name, cells in self.columns.items()},
            metrics={
                name: cells and list(compress(cells, wanted))
                for name, cells in self.metrics.items()
            },
        )

    def contents(self) -> Iterable[tuple[object, ...]]:
        """Each row as one tuple; equal tuples say the same. TRUE is told from 1."""
        cells = [
            *self.columns.values(),
            *(cells for cells in self.metrics.values() if cells is not None),
        ]
        return zip(*(_told_apart(column) for column in cells), strict=True)


@dataclass(frozen=True, slots=True, repr=False)
class Delivery:
    """Everything that came in at once, in reading order, and the kind of frame to give back."""

    participants: list[Block]
    observations: list[Block]
    kind: str
    cautions: frozenset[str] = frozenset()


def _told_apart(cells: Cells) -> Cells:
    if bool in set(map(type, cells)):
        return [("answer", cell) if type(cell) is bool else cell for cell in cells]
    return cells


def clean(cells: Iterable[object]) -> Cells:
    """Cells with their texts stripped, and None where nothing is left."""
    return [(cell.strip() or None) if type(cell) is str else cell for cell in cells]


def without_blank_rows(block: Block) -> Block:
    """The block without the rows in which every cell is blank."""
    cells = [
        *block.columns.values(),
        *(cells for cells in block.metrics.values() if cells is not None),
    ]
    return block.only([any(cell is not None for cell in row) for row in zip(*cells, strict=True)])


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
            if content in here and reference is None and block.metrics:
                doubtful.add(block.sheet)
            wanted.append(content not in before and content not in here)
            here.add(content)
        before |= here
        repeated += wanted.count(False)
        kept.append(block.only(wanted))
    return kept, repeated, doubtful


_PRIVATE = {
    "a name": r"(fore|sur|nick)?names?",
    "an NHS number": r"nhs(\s?(number|no|nr|id))?",
    "a pupil number": r"(upn|uln|unique (pupil|learner) (number|no|id))",
    "a postcode": r"(home )?post\s?codes?",
    "a date of birth": r"(dob|d o b|birth\s?(day|date)|date of birth|born( on)?)",
}
_LOOKS_LIKE = {what: re.compile(rf"\b({pattern})\b") for what, pattern in _PRIVATE.items()}
_OTHER_NAMES = re.compile(
    r"\b(school|club|partner|worker|organisation|provider|programme|project|service)s? names?\b"
)


def private_headings(sheet: str, headings: Iterable[str]) -> set[str]:
    """A caution for each heading that looks as if it held what says who a child is."""
    found = set()
    for heading in headings:
        words = " ".join(
            re.findall(
                r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", heading).replace("'", "").casefold()
            )
        )
        words = _OTHER_NAMES.sub("", words)
        for what, pattern in _LOOKS_LIKE.items():
            if pattern.search(words):
                found.add(
                    f"sheet '{sheet}', column '{heading}': the heading looks like {what}. "
                    "Evidence needs none: take the column out of what is delivered."
                )
    return found


class RowFaults:
    """The faults of the rows of one block; a row with any of them is left out whole."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._found: dict[int, dict[tuple[str, str], Refusal]] = {}

    def add(self, index: int, column: str, refusal: Refusal) -> None:
        """Note a fault of the row at that place; the same fault of the same column counts once."""
        self._found.setdefault(index, {}).setdefault(
            (self._block.heading(column), refusal.code), refusal
        )

    def add_all(self, indices: Iterable[int], column: str, refusal: Refusal) -> None:
        """Note the same fault of several rows."""
        for index in indices:
            self.add(index, column, refusal)

    def add_columns(self, columns: Mapping[str, CellColumn[Any]]) -> None:
        """Note every refusal of the cells of some columns."""
        for name, column in columns.items():
            for index, refusal in column.refusals.items():
                self.add(index, name, refusal)

    def require(self, name: str, column: CellColumn[Any]) -> None:
        """Note every row in which that column is blank."""
        if None in column.values:
            blank = (index for index, value in enumerate(column.values) if value is None)
            self.add_all((index for index in blank if index not in column.refusals), name, MISSING)

    def refuse_earlier(
        self, name: str, column: CellColumn[date], than: CellColumn[date], refusal: Refusal
    ) -> None:
        """Note every row in which one date is earlier than the other."""
        pairs = zip(column.values, than.values, strict=True)
        self.add_all(
            (index for index, (day, other) in enumerate(pairs) if day and other and day < other),
            name,
            refusal,
        )

    def __contains__(self, index: int) -> bool:
        return index in self._found

    def refused(self) -> list[Refused]:
        """The faults as refused cells, in no particular order."""
        return [
            Refused(self._block.file, self._block.sheet, self._block.rows[index], column, refusal)
            for index, faults in self._found.items()
            for (column, _), refusal in faults.items()
        ]
