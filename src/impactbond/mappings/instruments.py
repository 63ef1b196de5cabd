"""A score of an instrument, from the answers in a row: the room of questionnaires knows how it is
scored, a mapping only where the answers stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from importlib import import_module
from typing import ClassVar

from pydantic import Field

from impactbond.errors import EvidenceError, Fault, ImpactBondError
from impactbond.evidence.refusals import Refusal
from impactbond.mappings.cell_forms import read_number
from impactbond.mappings.codes import NOTHING, Codes
from impactbond.mappings.refused_cells import NOT_SCORED
from impactbond.mappings.several_columns import Rounding, exactly_rounded
from impactbond.mappings.tables import SourceTable, TableColumn
from impactbond.mappings.values import (
    CODES,
    ColumnValue,
    MappedValue,
    RowContext,
    by_rows,
    check_list,
)
from impactbond.terms.diagnostic import Diagnostics, Path

_ROOM = "impactbond.questionnaires"
Answers = Mapping[str, str | Decimal | None]
Score = Callable[[Answers], Mapping[str, Fraction | None]]


class InstrumentScore(MappedValue):
    """One of the scores that an instrument gives for the answers in a row; nothing where it gives
    none.
    """

    key: ClassVar[str] = "instrument"

    instrument: str = Field(min_length=1)
    """The name of the instrument."""
    score: str = Field(min_length=1)
    """Which of its scores, such as total."""
    answers: dict[str, str] = Field(min_length=1, description="its items, each with its heading")
    codes: str | Codes | None = CODES
    rounded: Rounding = "half up"
    """How a score is rounded to the decimals of its metric."""

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.answers.values()))

    @property
    def column(self) -> str:
        return self.headings[0]

    def read(self, table: SourceTable, context: RowContext) -> TableColumn:
        scored = scoring(self.instrument)
        item = ColumnValue(column=self.column, codes=self.codes)
        columns = {name: item.of_cells(table.cells(name), context) for name in self.headings}
        exponent = Decimal(1).scaleb(-context.decimals)

        def value(row: tuple[object, ...]) -> object:
            by_heading = dict(zip(self.headings, row, strict=True))
            answers = {name: _answer(by_heading[heading]) for name, heading in self.answers.items()}
            try:
                found = scored(answers).get(self.score)
            except ImpactBondError:
                return NOT_SCORED
            return None if found is None else exactly_rounded(found, exponent, self.rounded)

        return by_rows(len(table.rows), columns, value)

    def check(self, path: Path, lists: Sequence[str]) -> Diagnostics:
        yield from check_list(self.codes, (*path, "codes"), lists)


def _answer(cell: object) -> str | Decimal | None:
    if cell is None or cell == NOTHING:
        return None
    number = read_number(cell)
    return str(cell) if isinstance(number, Refusal) else Decimal(str(number))


def scoring(name: str) -> Score:
    """What scores the answers to an instrument of that name.

    Raises EvidenceError where there is no such instrument, or this version has no questionnaires.
    """
    try:
        room = import_module(_ROOM)
    except ImportError:
        problem = "the mapping asks for the score of an instrument, and this version scores none"
        hint = "Use sum: and look_up:, or a version of impactbond with questionnaires"
        fault = Fault(code="no_questionnaires", problem=problem, hint=hint)
        raise EvidenceError("The evidence cannot be read.", [fault]) from None
    instrument = room.read_instrument(name) if hasattr(room, "read_instrument") else name
    return partial(room.score, instrument)
