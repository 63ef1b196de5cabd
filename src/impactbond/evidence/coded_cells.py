"""A column of cells in which what is different stands once: each cell is a number, its place among
what is different. Of a large delivery most columns hold a few things many times, and what is asked
of each thing once is asked quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from impactbond.evidence.refusals import Refusal

T = TypeVar("T")
Codes = NDArray[np.int32]
Objects = NDArray[Any]
Places = NDArray[np.int64]


class CodedCells(Sequence[object]):
    """Cells, `held[codes[place]]` at each place; `held[0]` is None, which a blank cell is."""

    __slots__ = ("_cells", "codes", "held")

    def __init__(self, codes: Codes, held: Sequence[object] | Objects) -> None:
        self.codes, self.held = codes, held
        self._cells: list[object] | None = None

    @classmethod
    def of(cls, cells: Sequence[object]) -> CodedCells:
        """Cells, coded unless they are; what differs in its type alone is different."""
        if isinstance(cells, CodedCells):
            return cells
        kinds = set(map(type, cells)) - {type(None)}
        keys: Sequence[object] = cells
        if len(kinds) > 1:
            keys = [
                None if cell is None else (kind, cell)
                for kind, cell in zip(map(type, cells), cells, strict=True)
            ]
        found = dict.fromkeys(keys)
        found.pop(None, None)
        place_of = {None: 0, **dict(zip(found, range(1, len(found) + 1), strict=True))}
        held = [None, *(key[1] for key in found)] if len(kinds) > 1 else [None, *found]  # type: ignore[index]
        return cls(np.fromiter(map(place_of.__getitem__, keys), np.int32, len(keys)), held)

    @classmethod
    def alike(cls, cell: object, count: int) -> CodedCells:
        """So many cells that hold the same."""
        return cls(np.full(count, cell is not None, np.int32), [None, cell])

    @property
    def cells(self) -> list[object]:
        """The cells, one by one."""
        if self._cells is None:
            self._cells = objects(self.held)[self.codes].tolist()
        return self._cells

    @property
    def used(self) -> Places:
        """The codes that stand in some cell, in order."""
        return np.flatnonzero(np.bincount(self.codes, minlength=len(self.held)))

    def at(self, places: Any) -> CodedCells:
        """The cells at some places, or where a mask is true."""
        return CodedCells(self.codes[places], self.held)

    def spelt(self, spell: Callable[[list[object]], Sequence[object]]) -> CodedCells:
        """The cells with what they hold written in one way; what becomes alike has one code."""
        used = self.used
        used = used[used > 0]
        told = spell(objects(self.held)[used].tolist())
        keys: Sequence[object] = told
        if len(set(map(type, told))) > 1:
            keys = [None if one is None else (type(one), one) for one in told]
        place_of: dict[object, int] = {None: 0}
        held: list[object] = [None]
        new = np.zeros(len(self.held), np.int32)
        if None not in (found := dict.fromkeys(keys)) and len(found) == len(keys):
            new[used] = np.arange(1, len(keys) + 1)
            held += told
        else:
            for code, key, one in zip(used.tolist(), keys, told, strict=True):
                if key not in place_of:
                    place_of[key] = len(held)
                    held.append(one)
                new[code] = place_of[key]
        return CodedCells(new[self.codes], held)

    @overload
    def __getitem__(self, place: int) -> object: ...

    @overload
    def __getitem__(self, place: slice) -> list[object]: ...

    def __getitem__(self, place: int | slice) -> object:
        if isinstance(place, slice):
            return self.cells[place]
        return self.held[self.codes[place]]

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[object]:
        return iter(self.cells)


def objects(held: Sequence[object] | Objects) -> Objects:
    """Things as an array of them."""
    if isinstance(held, np.ndarray):
        return held
    found = np.empty(len(held), object)
    found[:] = held
    return found


class OneNumbering:
    """One numbering of what several columns hold: equal things have one number, TRUE is told from
    1, and None is 0.
    """

    def __init__(self) -> None:
        self._places: dict[Any, int] = {None: 0}
        self._known: dict[int, tuple[object, Codes]] = {}

    @property
    def held(self) -> list[Any]:
        """What is numbered, by its number."""
        return [one.cell if type(one) is _Answer else one for one in self._places]

    def codes(self, held: Sequence[object] | Objects) -> Codes:
        """The number of each of some things."""
        # Many columns of one sheet hold one list of things; kept, so that no other has its id.
        if id(held) not in self._known:
            keys: Any = held
            if bool in set(map(type, held)):
                keys = [_Answer(one) if type(one) is bool else one for one in held]
            places = self._places
            found = [places.setdefault(key, len(places)) for key in keys]
            self._known[id(held)] = held, np.array(found, np.int32)
        return self._known[id(held)][1]


def coded_together(columns: Sequence[CodedCells]) -> Codes:
    """The cells of some columns, one after the other, in one numbering of what is different."""
    if len(columns) == 1 and len(set(map(type, columns[0].held)) - {type(None)}) == 1:
        return columns[0].codes  # of one type, no two that have two codes are equal
    told = OneNumbering()
    return joined(told.codes(one.held)[one.codes] for one in columns)


class _Answer(NamedTuple):
    """TRUE or FALSE, which would be taken for 1 or 0."""

    cell: object


def joined(parts: Iterable[Any]) -> NDArray[Any]:
    """Several arrays one after the other; of none, an empty one of whole numbers."""
    every = list(parts)
    return np.concatenate(every) if every else np.zeros(0, np.int64)


@dataclass(eq=False, repr=False)
class CodedColumn(Generic[T]):
    """The values of a column and its refusals, by the codes of its cells: `held[code]` is the value
    of every cell with that code, None where it is blank or refused.
    """

    codes: Codes
    held: list[T | None]
    wrong: dict[int, Refusal]

    @cached_property
    def values(self) -> list[T | None]:
        """The values by place."""
        return list(objects(self.held)[self.codes].tolist())

    @cached_property
    def refusals(self) -> dict[int, Refusal]:
        """The refusals by place."""
        if not self.wrong:
            return {}
        places = np.flatnonzero(self.where(self.wrong.__contains__)).tolist()
        return {place: self.wrong[self.codes[place]] for place in places}

    def where(self, holds: Callable[[int], bool]) -> NDArray[np.bool_]:
        """Where the code of a cell is one for which something holds."""
        return np.fromiter(map(holds, range(len(self.held))), bool, len(self.held))[self.codes]

    def with_value(self, wanted: Callable[[T | None], bool]) -> NDArray[np.bool_]:
        """Where the value of a cell, or None, is one that is wanted."""
        return np.fromiter(map(wanted, self.held), bool, len(self.held))[self.codes]

    @property
    def is_there(self) -> NDArray[np.bool_]:
        """Where a cell has a value."""
        return self.with_value(lambda one: one is not None)
