"""Values that come from several columns of a row: shares of counts, sums, rules over codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction
from typing import Any, ClassVar, Literal

from pydantic import Field

from impactbond.evidence.cells import CellColumn, numbers_counted, why_broken
from impactbond.evidence.refusals import NOT_A_COUNT, Refusal
from impactbond.mappings.cell_forms import read_number
from impactbond.mappings.codes import Codes, check_codes, code_of, meant
from impactbond.mappings.refused_cells import (
    MORE_THAN_WHOLE,
    NOT_TWO_COUNTS,
    PARTS_DIFFER,
    unknown_code,
)
from impactbond.mappings.tables import SourceTable
from impactbond.mappings.values import (
    CODES,
    ColumnValue,
    MappedValue,
    RowContext,
    by_rows,
    check_list,
    each_cell,
)
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, fault_at
from impactbond.terms.term import Listed, OneOrMany, Some

ROUNDINGS = {
    "down": ROUND_DOWN,
    "up": ROUND_UP,
    "half up": ROUND_HALF_UP,
    "half down": ROUND_HALF_DOWN,
    "half even": ROUND_HALF_EVEN,
}
Rounding = Literal["down", "up", "half up", "half down", "half even"]


class ShareOfCounts(MappedValue):
    """A percentage from counts, exactly: what some columns come to, of what others come to.

    Nothing where the whole is nought or below `least`; refused where the columns of `adding_up` do
    not come to the whole. It is rounded once, to the decimals of its metric.
    """

    key: ClassVar[str] = "share"

    share: OneOrMany[str] = Field(min_length=1)
    """The headings of what is counted."""
    of: OneOrMany[str] = Field(min_length=1)
    """The headings of the whole."""
    rounded: Rounding
    """How it is rounded to the decimals of its metric."""
    adding_up: Listed[str] = ()
    """The headings of all parts, which must come to the whole."""
    least: int = Field(default=1, ge=1)
    """The smallest whole of which there is a share."""
    separated_by: str = ""
    """What stands between the two where one cell holds both: / in 18/20."""

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.share, *self.of, *self.adding_up)))

    @property
    def column(self) -> str:
        return self.of[0]

    def read(self, table: SourceTable, context: RowContext) -> CellColumn[Any]:
        names = self.headings
        columns: dict[str, CellColumn[Any]] = {}
        if self.separated_by:
            names = (self.share[0], "")
            both = table.cells(self.share[0])
            columns = dict(zip(names, _two_counts(both, self.separated_by), strict=True))
        else:
            for name in names:
                columns[name] = numbers_counted(table.cells(name))
        of = names[1:] if self.separated_by else self.of
        exponent = Decimal(1).scaleb(-context.decimals)

        def value(row: tuple[object, ...]) -> object:
            counts = {name: count for name, count in zip(names, row, strict=True)}
            if all(count is None for count in counts.values()):
                return None
            # A blank beside counts is no nought: it was not counted, or not sent.
            if any(count is None for count in counts.values()):
                return NOT_A_COUNT
            part, whole, every = (
                sum(int(str(counts[name])) for name in some)
                for some in (self.share, of, self.adding_up)
            )
            if self.adding_up and every != whole:
                return PARTS_DIFFER
            if part > whole:
                return MORE_THAN_WHOLE
            if whole < self.least:
                return None
            return exactly_rounded(Fraction(100 * part, whole), exponent, self.rounded)

        return by_rows(len(table.rows), columns, value)

    def check(self, path: Path, lists: Sequence[str]) -> Diagnostics:
        both = set(self.share) & set(self.of)
        if self.separated_by:
            if self.share != self.of or len(self.of) > 1 or self.adding_up:
                problem = "where one cell holds a count and its whole, both are of its one column"
                hint = "Write {share: Sessions, of: Sessions, separated_by: /, ...}"
                yield fault_at((*path, "separated_by"), "not_one_cell", problem, hint=hint)
        elif both:
            problem = f"'{sorted(both)[0]}' is counted and is the whole as well"
            yield fault_at((*path, "share"), "part_and_whole", problem)


def _two_counts(cells: Sequence[object], separator: str) -> tuple[CellColumn[Any], CellColumn[Any]]:
    """The count and its whole, where one cell holds both."""
    found: tuple[CellColumn[Any], CellColumn[Any]] = CellColumn([], {}), CellColumn([], {})
    for place, cell in enumerate(cells):
        broken = why_broken(cell)
        text = cell.casefold() if isinstance(cell, str) and broken is None else ""
        parts = list(map(str.strip, text.split(separator.casefold())))
        counts: Sequence[object] = [None, None]
        if cell is not None:
            read = numbers_counted(parts)
            if len(parts) == 2 and all(parts) and not read.refusals:
                counts = read.values
            else:
                found[0].refusals[place] = broken or NOT_TWO_COUNTS
        for column, count in zip(found, counts, strict=True):
            column.values.append(count)
    return found


def exactly_rounded(value: Fraction, step: Decimal, rule: Rounding) -> Decimal:
    """A fraction brought to whole steps by a rule, without a float on the way."""
    steps = value / Fraction(step)
    whole, rest = divmod(steps.numerator, steps.denominator)
    # A digit that says on which side of a half the rest lies is all that the rule needs of it.
    side = (2 * rest > steps.denominator) - (2 * rest < steps.denominator)
    digit = 0 if rest == 0 else 5 + side * 2
    rounded = (Decimal(whole) + Decimal(digit) / 10).quantize(Decimal(1), ROUNDINGS[rule])
    return rounded * step


class SumOfColumns(MappedValue):
    """The sum of several columns; nothing where one of them is blank. With codes, only what is
    listed is an answer.
    """

    key: ClassVar[str] = "sum"

    sum: Some[str]
    """The headings of what is added."""
    codes: str | Codes | None = CODES
    look_up: Codes = Field(default_factory=dict, description="what each sum stands for")

    @property
    def headings(self) -> tuple[str, ...]:
        return self.sum

    @property
    def column(self) -> str:
        return self.sum[0]

    def read(self, table: SourceTable, context: RowContext) -> CellColumn[Any]:
        item = ColumnValue(column=self.sum[0], codes=self.codes)
        columns = {name: item.of_cells(table.cells(name), context) for name in self.sum}
        unlisted = unknown_code(self.look_up)

        def value(row: tuple[object, ...]) -> object:
            # A sum without one of its parts is another sum: nothing, and not nought for the missing
            # one.
            if any(cell is None for cell in row):
                return None
            numbers = [read_number(cell) for cell in row]
            total = Decimal(0)
            for number in numbers:
                if isinstance(number, Refusal):
                    return number
                total += Decimal(str(number))
            if not self.look_up:
                return total
            meanings = self.look_up.get(f"{total.normalize():f}")
            return unlisted if meanings is None else meant(meanings, None)

        return by_rows(len(table.rows), columns, value)

    def check(self, path: Path, lists: Sequence[str]) -> Diagnostics:
        yield from check_list(self.codes, (*path, "codes"), lists)
        yield from check_codes(self.look_up, (*path, "look_up"))
        yield from _each_once(self.sum, (*path, "sum"))


def _each_once(headings: Sequence[str], path: Path) -> Iterator[Diagnostic]:
    for index, heading in enumerate(headings):
        if heading in headings[:index]:
            problem = f"'{heading}' is counted twice"
            yield fault_at((*path, index), "heading_twice", problem, hint="Name it once")


class EveryColumn(MappedValue):
    """Yes where every one of some columns holds one of some codes, no where one holds another that
    is listed; nothing where one is blank or says that there is nothing.
    """

    key: ClassVar[str] = "every"

    every: Some[str]
    """The headings that are asked."""
    is_: OneOrMany[str] = Field(alias="is", min_length=1)
    """The codes that count."""
    not_: OneOrMany[str] = Field(default=(), alias="not", description="the codes that do not count")
    nothing: OneOrMany[str] = ()
    """Codes of which one is enough for nothing to be known."""

    @property
    def headings(self) -> tuple[str, ...]:
        return self.every

    @property
    def column(self) -> str:
        return self.every[0]

    def read(self, table: SourceTable, context: RowContext) -> CellColumn[Any]:
        known = (*self.is_, *self.not_, *self.nothing)
        unlisted = unknown_code(known)

        def code(cell: object, day: date | None) -> object:
            found = code_of(cell)
            return found if isinstance(found, Refusal) or found in known else unlisted

        columns = {name: each_cell(table.cells(name), code) for name in self.every}

        def value(row: tuple[object, ...]) -> object:
            # One that is not known leaves the answer open, also where another says no.
            if any(cell is None or cell in self.nothing for cell in row):
                return None
            return "yes" if all(cell in self.is_ for cell in row) else "no"

        return by_rows(len(table.rows), columns, value)

    def check(self, path: Path, lists: Sequence[str]) -> Diagnostics:
        yield from _each_once(self.every, (*path, "every"))
        if set(self.is_) & set(self.not_):
            problem = "a code counts and does not count"
            yield fault_at((*path, "not"), "two_meanings", problem, hint="Name it once")
