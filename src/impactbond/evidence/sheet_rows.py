"""The cells of a sheet that are not blank: row by row, as most readers of a sheet ask for them, and
column by column, as the rows of a large delivery are read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from impactbond.evidence.coded_cells import CodedCells, objects

Rows = Mapping[int, Mapping[int, object]]
_FEW = 100  # rows that are put together one by one


class SheetRows(Mapping[int, Mapping[int, object]]):
    """Rows of cells by row and column, both from 0. `numbers` are the rows that hold something, in
    order, and `columns` the cells of each column in those rows.
    """

    def __init__(self, numbers: Sequence[int], columns: Mapping[int, CodedCells]) -> None:
        self.numbers, self.columns = numbers, columns
        self._few: dict[int, dict[int, object]] = {}

    @cached_property
    def _by_row(self) -> dict[int, dict[int, object]]:
        found: dict[int, dict[int, object]] = {row: {} for row in self.numbers}
        for column in sorted(self.columns):
            for row, cell in zip(found.values(), self.columns[column].cells, strict=True):
                if cell is not None:
                    row[column] = cell
        return found

    def __getitem__(self, row: int) -> Mapping[int, object]:
        # Of a large table a reader of columns asks for the headings and a title alone.
        if row in self._few or len(self._few) >= _FEW:
            return self._few.get(row) or self._by_row[row]
        place = bisect_left(self.numbers, row)
        if place == len(self.numbers) or self.numbers[place] != row:
            raise KeyError(row)
        cells = ((column, self.columns[column][place]) for column in sorted(self.columns))
        self._few[row] = {column: cell for column, cell in cells if cell is not None}
        return self._few[row]

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def columns_of(self, wanted: Iterable[int], rows: Sequence[int]) -> dict[int, list[object]]:
        """The cells of some columns in some of the rows."""
        places = np.searchsorted(np.array(self.numbers, np.int64), np.array(rows, np.int64))
        return {one: self.column(one).at(places).cells for one in wanted}

    def column(self, column: int) -> CodedCells:
        """The cells of a column, which may be one that holds nothing."""
        return self.columns.get(column) or CodedCells.alike(None, len(self.numbers))

    def firsts(self) -> list[object]:
        """The first cell of each row."""
        found = np.full(len(self.numbers), None, object)
        blank = np.ones(len(self.numbers), bool)
        for column in sorted(self.columns):
            cells = self.columns[column]
            filled = blank & (cells.codes > 0)
            found[filled] = objects(cells.held)[cells.codes[filled]]
            blank &= ~filled
            if not blank.any():
                break
        return list(found.tolist())

    def with_cells(self, cells: Mapping[tuple[int, int], object]) -> SheetRows:
        """The same rows with other cells in some places, in rows that hold something."""
        columns: dict[int, list[object]] = {}
        for (row, column), cell in cells.items():
            if column not in columns:
                columns[column] = list(self.column(column))
            columns[column][bisect_left(self.numbers, row)] = cell
        coded = {column: CodedCells.of(one) for column, one in columns.items()}
        return SheetRows(self.numbers, {**self.columns, **coded})

    @classmethod
    def of(cls, rows: Rows) -> SheetRows:
        """The same, from rows that were read one by one."""
        if isinstance(rows, SheetRows):
            return rows
        there = sorted({column for cells in rows.values() for column in cells})
        columns: dict[int, list[object]] = {column: [None] * len(rows) for column in there}
        for place, cells in enumerate(rows.values()):
            for column, cell in cells.items():
                columns[column][place] = cell
        return cls(list(rows), {column: CodedCells.of(one) for column, one in columns.items()})


def spanned(rows: Rows) -> int:
    """How many cells there are in the area that rows span."""
    if not rows:
        return 0
    last = max(rows.columns) if isinstance(rows, SheetRows) else max(map(max, rows.values()))
    return (max(rows) + 1) * (last + 1)


def grid_from(rows: Rows) -> list[list[object]]:
    """The cells of every row down to the last, "" where they are blank."""
    width = spanned(rows) // (max(rows) + 1) if rows else 0
    grid: list[list[object]] = [[""] * width for _ in range(1 + max(rows, default=-1))]
    if isinstance(rows, SheetRows):
        # By columns, as they are held: a dict of every row would cost more than the sheet itself.
        blank = [""] * len(rows)
        columns = [
            ["" if cell is None else cell for cell in rows.columns[column].cells]
            if column in rows.columns
            else blank
            for column in range(width)
        ]
        for row, line in zip(rows, zip(*columns, strict=True), strict=True):
            grid[row] = list(line)
        return grid
    for row, cells in rows.items():
        for column, cell in cells.items():
            grid[row][column] = cell
    return grid
