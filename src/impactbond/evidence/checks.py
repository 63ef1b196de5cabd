"""What is wrong with each row of a block, gathered column by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from impactbond.evidence.cells import CellColumn
from impactbond.evidence.deliveries import Block
from impactbond.evidence.refusals import MISSING, Refusal, Refused


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
