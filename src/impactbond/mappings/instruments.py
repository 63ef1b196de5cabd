"""A score of an instrument, from the answers in a row: the room of questionnaires knows how it is
scored, a mapping only where the answers stand, how they are coded, and who gave them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import compress
from typing import Any, ClassVar, Literal, cast

from pydantic import Field

from impactbond.errors import ImpactBondError, InstrumentError
from impactbond.evidence.cells import CellColumn, texts, why_broken
from impactbond.evidence.refusals import Refusal
from impactbond.mappings.codes import Codes, code_of, meant
from impactbond.mappings.refused_cells import OTHER_CODING, answer_not_listed, unknown_informant
from impactbond.mappings.several_columns import Rounding, exactly_rounded
from impactbond.mappings.tables import SourceTable
from impactbond.mappings.values import CODES, MappedValue, RowContext, by_rows, check_list
from impactbond.questionnaires.answer_tables import doubtful_coding, lowest_stands
from impactbond.questionnaires.instrument import Instrument
from impactbond.questionnaires.read import read_instrument, shipped_instruments
from impactbond.questionnaires.scoring import (
    Exact,
    NotListed,
    Reader,
    not_listed,
    scores_in_columns,
)
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, fault_at, listing, unknown
from impactbond.terms.term import OneOrMany
from impactbond.texts import one_spelling

_RANGE = re.compile(r"(?P<stem>.*?)(?P<first>\d+) to (?P=stem)(?P<last>\d+)")
_MOST_ITEMS = 1_000


class InstrumentScore(MappedValue):
    """One of the scores that an instrument gives for the answers in a row; nothing where it gives
    none. A row with an answer that its item does not have is refused, and has no score.
    """

    key: ClassVar[str] = "instrument"

    instrument: str = Field(min_length=1)
    """The name of the instrument: one that comes with impactbond, or one of the mapping's own."""
    score: str = Field(min_length=1)
    """Which of its scores, such as total."""
    answers: dict[str, str] | OneOrMany[str] = Field(
        min_length=1,
        description="the headings of all items in the order of the form, such as Q1 to Q25; or its "
        "items, each with its heading",
    )
    codes: str | Codes | None = CODES
    rounded: Rounding = "half up"
    """How a score is rounded to the decimals of its metric."""
    starting_at: Literal[0, 1] | None = None
    """The number that is written for the lowest answer, where the instrument counts from another:
    with 1, what counts from 0 to 2 is written 1, 2, 3."""
    already_reversed: OneOrMany[str] = ()
    """Reversed items whose answers were turned round before they were written."""
    informant: str = ""
    """Whose answers count, as the instrument calls them, such as teacher."""
    informant_in: str = ""
    """The heading of who answered."""

    @property
    def in_order(self) -> tuple[str, ...]:
        """The headings that were given in the order of the form; none where items are named."""
        if isinstance(self.answers, dict):
            return ()
        return tuple(heading for one in self.answers for heading in _ranged(one))

    @property
    def headings(self) -> tuple[str, ...]:
        named = self.answers.values() if isinstance(self.answers, dict) else self.in_order
        return tuple(dict.fromkeys(named))

    @property
    def column(self) -> str:
        return self.headings[0]

    @property
    def asks(self) -> tuple[str, ...]:
        return (*super().asks, *((self.informant_in,) if self.informant_in else ()))

    def heading_of(self, instrument: Instrument) -> dict[str, str]:
        """The heading of each item."""
        if isinstance(self.answers, dict):
            return self.answers
        return dict(zip(instrument.items, self.in_order, strict=False))

    def counting(self, table: SourceTable, context: RowContext) -> list[bool]:
        """As every value, and of its informant alone. Words for nobody are looked at, and told."""
        counts = super().counting(table, context)
        if not self.informant_in:
            return counts
        who = self._informants(table, context)
        return [one and who in (self.informant, None) for one, who in zip(counts, who, strict=True)]

    def _informants(self, table: SourceTable, context: RowContext) -> list[str | None]:
        """Who answered in each row, as the instrument calls it; None where it does not say."""
        words = _words_of_informants(instrument_of(self.instrument, context.instruments))
        cells = texts(table.cells(self.informant_in)).values
        return [words.get((cell or "").casefold()) for cell in cells]

    def read(self, table: SourceTable, context: RowContext) -> CellColumn[Any]:
        """The score of every row. The items that it does not rest on are not read."""
        instrument = self._as_written(instrument_of(self.instrument, context.instruments))
        count, counts = len(table.rows), self.counting(table, context)
        columns: dict[str, CellColumn[Any]] = {}
        if self.informant_in:
            refusal = unknown_informant(_words_of_informants(instrument))
            who = self._informants(table, context)
            unknown = [place for place, one in enumerate(who) if one is None]
            columns[self.informant_in] = CellColumn([None] * count, dict.fromkeys(unknown, refusal))
        items = self._items(table, context, instrument, counts)
        read: dict[str, Sequence[Exact | None]] = {one: [None] * count for one in instrument.items}
        headings = self.heading_of(instrument)
        for item, column in items.items():
            read[item] = cast("list[Exact | None]", column.values)
            columns[headings[item]] = column
        some = {item: list(compress(cells, counts)) for item, cells in read.items()}
        scores = iter(scores_in_columns(instrument, some)[self.score])
        columns[""] = CellColumn([next(scores) if one else None for one in counts], {})
        exponent = Decimal(1).scaleb(-context.decimals)

        def value(row: tuple[object, ...]) -> object:
            found = row[-1]
            if not isinstance(found, int | Fraction):
                return None
            return exactly_rounded(Fraction(found), exponent, self.rounded)

        told = by_rows(count, columns, value)
        told.cautions = tuple(doubtful_coding(instrument, some, "starting_at: 1"))
        return told

    def _items(
        self,
        table: SourceTable,
        context: RowContext,
        instrument: Instrument,
        counts: Sequence[bool],
    ) -> dict[str, CellColumn[Any]]:
        """What the answers to each item count as. Where one is too high and none is the lowest they
        are coded from 1 to 3, it seems: then rows without a 3 do not say what they seem to either.
        """
        reader, headings = Reader(instrument), self.heading_of(instrument)
        found: dict[str, CellColumn[Any]] = {}
        rows = _RowsOfNumbers()
        has_numbers = False
        for item in rests_on(instrument, self.score):
            cells, refusals = self._answers(table.cells(headings[item]), context)
            numbers = sorted(map(Fraction, instrument.answers_to(item)))
            rows.ends = numbers[0] + instrument.shift, numbers[-1] + instrument.shift
            values: list[object] = []
            for place, answer in enumerate(reader.column(item, cells)):
                if counts[place]:
                    rows.add(place, cells[place])
                if isinstance(answer, NotListed):
                    has_numbers |= counts[place] and answer.number is not None
                    fault = not_listed(instrument, item, answer)
                    refusals.setdefault(place, answer_not_listed(fault.allowed, fault.hint))
                values.append(None if isinstance(answer, NotListed) else answer)
            found[item] = CellColumn(values, refusals)
        read = {
            item: cast("list[Exact | None]", list(compress(column.values, counts)))
            for item, column in found.items()
        }
        doubtful = rows.doubtful(is_declared=self.starting_at == 1)
        if has_numbers and not lowest_stands(instrument, read):
            doubtful = set(range(len(counts)))
        _refuse_doubtful(found.values(), doubtful)
        return found

    def _as_written(self, instrument: Instrument) -> Instrument:
        """The instrument for answers that are coded as the mapping says."""
        turned = tuple(one for one in instrument.reversed if one not in self.already_reversed)
        if turned != instrument.reversed:
            instrument = instrument.model_copy(update={"reversed": turned})
        return instrument if self.starting_at is None else instrument.starting_at(self.starting_at)

    def _answers(
        self, cells: Sequence[object], context: RowContext
    ) -> tuple[list[object], dict[int, Refusal]]:
        """The cells by their codes, and as they are where they are none; with those that hold no
        value that could be told.
        """
        codes, found, refusals = context.codes(self.codes), list[object](), dict[int, Refusal]()
        for place, cell in enumerate(cells):
            answer: object = cell
            if refusal := why_broken(cell):
                answer = refusal
            elif cell is not None and (code := code_of(cell)) in codes:
                answer = meant(codes[str(code)], context.day(place))
            if isinstance(answer, Refusal):
                refusals[place], answer = answer, None
            found.append(answer)
        return found, refusals

    def check(self, path: Path, lists: Sequence[str]) -> Diagnostics:
        yield from check_list(self.codes, (*path, "codes"), lists)
        if bool(self.informant) != bool(self.informant_in):
            problem = "an informant, and the heading of who answered, are said together"
            there = "informant" if self.informant else "informant_in"
            hint = "Write informant: teacher and informant_in: Completed by"
            yield fault_at((*path, there), "informant_alone", problem, hint=hint)

    def check_scoring(self, path: Path, own: Mapping[str, Instrument]) -> Diagnostics:
        """Whether the instrument is there and has the score, the items and the informant."""
        try:
            instrument = instrument_of(self.instrument, own)
        except ImpactBondError:
            fault = unknown("instrument", self.instrument, (*own, *shipped_instruments()))
            yield Diagnostic((*path, "instrument"), fault)
            return
        if self.informant and self.informant not in instrument.informants:
            fault = unknown("informant", self.informant, instrument.informants)
            yield Diagnostic((*path, "informant"), fault)
        for item in self.already_reversed:
            if item not in instrument.reversed:
                fault = unknown("item", item, instrument.reversed)
                yield Diagnostic((*path, "already_reversed"), fault)
        if self.score not in instrument.scores:
            yield Diagnostic((*path, "score"), unknown("score", self.score, instrument.scores))
        else:
            yield from self._check_answers((*path, "answers"), instrument)

    def _check_answers(self, path: Path, instrument: Instrument) -> Diagnostics:
        """Whether every item that the score rests on has a heading of its own: one without would
        be pro-rated in every row.
        """
        in_order = len(self.in_order)
        if in_order and in_order != len(instrument.items):
            problem = f"these are {in_order} headings, and {self.instrument} has "
            problem += f"{len(instrument.items)} items"
            hint = "Name the heading of every item in the order of the form, or write item: heading"
            yield fault_at(path, "not_every_item", problem, hint=hint)
        else:
            yield from self._check_headings(path, instrument)

    def _check_headings(self, path: Path, instrument: Instrument) -> Diagnostics:
        headings = self.heading_of(instrument)
        for item in headings:
            if item not in instrument.items:
                yield Diagnostic((*path, item), unknown("item", item, instrument.items))
        missing = [one for one in rests_on(instrument, self.score) if one not in headings]
        if missing:
            problem = f"nothing says where answers stand that '{self.score}' is made of"
            hint = "Name their headings; an item that was not asked stands in an empty column"
            found = f"no heading for {listing(missing)}"
            yield fault_at(path, "not_every_item", problem, found=found, hint=hint)
        twice = [one for one in headings.values() if list(headings.values()).count(one) > 1]
        if twice:
            problem = f"'{twice[0]}' is the heading of two items"
            yield fault_at(path, "heading_twice", problem, hint="Name it once")


def _refuse_doubtful(columns: Iterable[CellColumn[Any]], doubtful: Collection[int]) -> None:
    for column in columns:
        for place in doubtful:
            if column.values[place] is not None:
                column.refusals.setdefault(place, OTHER_CODING)


@dataclass(eq=False)
class _RowsOfNumbers:
    """Which rows hold answers as numbers, and at which end of the scale, or one step beyond it."""

    ends: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    numbers: set[int] = field(default_factory=set)
    lowest: set[int] = field(default_factory=set)
    highest: set[int] = field(default_factory=set)
    below: set[int] = field(default_factory=set)
    above: set[int] = field(default_factory=set)

    def add(self, place: int, cell: object) -> None:
        """An answer of a row."""
        number = cell if isinstance(cell, str) else str(cell)
        if isinstance(cell, bool) or not re.fullmatch(r"\d+(\.0)?", number, re.ASCII):
            return
        self.numbers.add(place)
        first, last = self.ends
        for told, rows in (
            *((first, self.lowest), (last, self.highest)),
            *((first - 1, self.below), (last + 1, self.above)),
        ):
            if Fraction(number) == told:
                rows.add(place)

    def doubtful(self, *, is_declared: bool) -> set[int]:
        """The rows that may be coded otherwise than others of the file: some from 1 and some from
        0. Where in one a 3 stands and no 0, those without a 0 may be of either kind.
        """
        if is_declared:
            return self.numbers - self.highest if self.below - self.highest else set()
        return self.numbers - self.lowest if self.above - self.lowest else set()


def _ranged(text: str) -> Iterator[str]:
    """The headings of a range such as `Q1 to Q25` or `Item 01 to Item 25`; another text is one."""
    match = _RANGE.fullmatch(text)
    if match is None:
        yield text
        return
    first, last = int(match["first"]), int(match["last"])
    width = len(match["first"])
    for number in range(first, min(last, first + _MOST_ITEMS) + 1):
        yield f"{match['stem']}{number:0{width}d}"


def _words_of_informants(instrument: Instrument) -> dict[str, str]:
    """Who is meant by each word, in small letters."""
    return {
        one_spelling(word).casefold(): name
        for name, said in instrument.informants.items()
        for word in (name, *said)
    }


def rests_on(instrument: Instrument, score: str) -> list[str]:
    """The items that a score is made of, itself or by way of others, in the order of the form."""
    found, ahead = set(), [score]
    while ahead:
        one = ahead.pop()
        if one in instrument.scores:
            ahead += instrument.scores[one].of
        else:
            found.add(one)
    return [item for item in instrument.items if item in found]


@cache
def _shipped(name: str) -> Instrument:
    return read_instrument(name)


def instrument_of(name: str, own: Mapping[str, Instrument]) -> Instrument:
    """The instrument of that name: a mapping's own, or one that comes with impactbond.

    Raises InstrumentError where there is none.
    """
    if name in own:
        return own[name]
    if name not in shipped_instruments():  # a path is not taken: a record keeps the mapping alone
        raise InstrumentError("There is no such instrument.")
    return _shipped(name)
