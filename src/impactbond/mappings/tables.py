"""A table of a partner's file, whatever it was read from: headings, and columns of cells below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress

from impactbond.evidence.deliveries import Cells, clean
from impactbond.evidence.refusals import Refusal, Refused
from impactbond.texts import one_spelling


@dataclass(eq=False, repr=False)
class TableColumn:
    """The values of a column and its refusals, by place; `told_at` is the heading at which one is
    told where it is not the column's own. `cautions` are about all of them.
    """

    values: list[object]
    refusals: dict[int, Refusal]
    told_at: dict[int, str] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class SourceTable:
    """Rows of cells below headings, each row with its number in the file.

    A heading is in one spelling; `raw` are the cells as they were read, column by column, and empty
    where nothing names the column. `above` are cells above the table, by the column they fill, and
    `below` the rows behind the one that ends it.
    """

    file: str
    sheet: str
    rows: list[int]
    headings: tuple[str, ...]
    raw: list[Cells]
    above: Mapping[str, object] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()
    below: SourceTable | None = None

    @cached_property
    def _clean(self) -> dict[int, Cells]:
        return {}

    @property
    def place(self) -> str:
        """The sheet, or the file that has none."""
        return f"sheet '{self.sheet or self.file}'"

    @cached_property
    def times(self) -> Counter[str]:
        """How often each heading stands."""
        return Counter(self.headings)

    def place_of(self, heading: str) -> int:
        """The place of the first column under a heading."""
        return self.headings.index(one_spelling(heading))

    def cells(self, heading: str) -> Cells:
        """The cells under a heading, in one spelling; None where they are blank."""
        return self.at(self.place_of(heading))

    def at(self, place: int) -> Cells:
        """The cells of the column at a place."""
        if place not in self._clean:
            self._clean[place] = clean(self.raw[place])
        return self._clean[place]

    def only(self, wanted: Sequence[bool]) -> SourceTable:
        """The table with some of its rows."""
        if all(wanted):
            return self
        raw = [list(compress(cells, wanted)) for cells in self.raw]
        return replace(self, rows=list(compress(self.rows, wanted)), raw=raw)

    def refused(self, place: int, column: str, refusal: Refusal) -> Refused:
        """The cell of a column in the row at a place, refused."""
        return Refused(self.file, self.sheet, self.rows[place], column, refusal)
