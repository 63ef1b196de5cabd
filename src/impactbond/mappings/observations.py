"""Observations from a table of a partner's file, of whatever shape: a row for each, with a column
for each metric; a column for each day; or a row for each session, with who was there in one cell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import compress
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.errors import Fault
from impactbond.evidence.cells import CellColumn, dates, texts
from impactbond.evidence.deliveries import WITHDRAWN, Block, Cells
from impactbond.evidence.refusals import Refusal
from impactbond.mappings.cell_forms import day_in
from impactbond.mappings.codes import NOTHING, marks_of_slots
from impactbond.mappings.days import week_of, written
from impactbond.mappings.mapped_table import WEEK, MappedTable
from impactbond.mappings.participants import BaseColumns, BlocksRead, base_columns
from impactbond.mappings.refused_cells import CHILD_TWICE, LISTED_TWICE
from impactbond.mappings.tables import SourceTable
from impactbond.mappings.values import ColumnValue, MappedValue, RowContext
from impactbond.terms.words import counted
from impactbond.texts import one_spelling


def observed(
    source: SourceTable,
    table: MappedTable,
    context: RowContext,
    constants: Mapping[str, object],
    contract: Contract,
    scope: str,
) -> BlocksRead:
    """The observations of a table. A row whose columns cannot be read is left out whole, a value
    that cannot be read by itself.
    """
    base = base_columns(source, table, context, constants)
    found = BlocksRead([], base.refused)
    reading = _TableReading(source, table, context, contract, scope, base, found)
    for metric, value in table.of_metrics.items():
        reading.metric(metric, value)
    reading.unasked()
    if table.across is not None:
        reading.across()
    if table.lists is not None:
        reading.lists()
    return found


@dataclass(eq=False, repr=False)
class _TableReading:
    """A table while it is read."""

    source: SourceTable
    table: MappedTable
    context: RowContext
    contract: Contract
    scope: str
    base: BaseColumns
    found: BlocksRead
    asked: dict[str, tuple[MappedValue, list[bool]]] = field(default_factory=dict)

    def unasked(self) -> None:
        """A caution about rows of which no metric asks: a word may be written in another way."""
        every = list(self.asked.values())
        headings = dict.fromkeys(one for value, _ in every for one in value.asks)
        if not all(value.asks for value, _ in every) or not headings:
            return
        missed = sum(
            not any(counts) for counts in zip(*(counts for _, counts in every), strict=True)
        )
        if missed:
            names = " and ".join(f"'{one}'" for one in headings)
            self.found.cautions.append(
                f"{self.source.place}: {counted(missed, 'row')} are asked for by no metric: look "
                f"whether {names} is written there as in the mapping"
            )

    def metric(self, metric: str, value: MappedValue) -> None:
        """The observations of a metric that has a value in every row."""
        context = replace(
            self.context,
            days=dates(self.base.columns["observed_on"]).values,
            decimals=self.contract.metrics[metric].places,
        )
        counts = value.counting(self.source, context)
        self.asked[metric] = value, counts
        if isinstance(value, ColumnValue) and value.marks_of:
            cells = value.cells(self.source)
            self._marks(metric, value, context, cells, value.marks_of, self.base.columns, counts)
            return
        read = value.read(self.source, context)
        self.found.cautions += [
            f"{self.source.place}, metric '{metric}': {one}" for one in read.cautions
        ]
        self._refuse(read, value.column, counts)
        self._add(metric, read, self.base.columns, value.column, counts)

    def _marks(
        self,
        metric: str,
        value: ColumnValue,
        context: RowContext,
        cells: Cells,
        slots: Sequence[str],
        columns: Mapping[str, Cells],
        counts: Sequence[bool],
    ) -> None:
        """The marks of several slots in each cell; a cell of which one is refused is none."""
        marks, refusals = marks_of_slots(cells, slots, context.codes(value.codes))
        found = [value.of_cells(some, context) for some in marks]
        for one in found:
            for place, refusal in one.refusals.items():
                refusals.setdefault(place, refusal)
        self._refuse(CellColumn([], refusals), value.column, counts)
        for slot, one in zip(slots, found, strict=True):
            one.refusals = refusals
            told: dict[str, Cells] = {**columns, "slot": [slot] * len(cells)}
            self._add(metric, one, told, value.column, counts)

    def _refuse(self, read: CellColumn[Any], column: str, counts: Sequence[bool]) -> None:
        self.found.refused += (
            self.source.refused(place, read.told_at.get(place, column), refusal)
            for place, refusal in read.refusals.items()
            if counts[place]
        )

    def _add(
        self,
        metric: str,
        read: CellColumn[Any],
        columns: Mapping[str, Cells],
        heading: str,
        counts: Sequence[bool],
    ) -> None:
        """A block of the rows that have a value; a row that takes another back needs none."""
        wanted = list(self._wanted(read, columns, counts))
        if not any(wanted):
            return
        kept = {name: list(compress(cells, wanted)) for name, cells in columns.items()}
        if not self.contract.metrics[metric].slot_names:
            kept.pop("slot", None)
        self.found.blocks.append(
            Block(
                file=self.source.file,
                sheet=self.source.sheet,
                scope=f"{self.scope}/{metric}",
                rows=list(compress(self.source.rows, wanted)),
                columns=kept,
                metrics={metric: list(compress(read.values, wanted))},
                headings={**self.base.headings, metric: heading},
                names_observations=True,
            )
        )

    def _wanted(
        self, read: CellColumn[Any], columns: Mapping[str, Cells], counts: Sequence[bool]
    ) -> Iterator[bool]:
        replaces = columns.get("replaces") or [None] * len(read.values)
        status = columns.get("status") or [None] * len(read.values)
        rows = zip(read.values, replaces, status, strict=True)
        for place, (value, back, said) in enumerate(rows):
            is_usable = place not in read.refusals and place not in self.base.bad and counts[place]
            yield is_usable and (value is not None or back is not None or said == WITHDRAWN)

    def across(self) -> None:
        """The marks below headings that are days. A heading that is neither a day nor named is a
        fault: a day that is written otherwise would be lost without a word.
        """
        across = self.table.across
        assert across is not None
        first: dict[tuple[date, str], str] = {}
        within = self._week() if across.week_of else self.table.span
        for heading, cells in self._columns_of_days():
            day = self._day_of(heading, within)
            if day is None:
                number = heading.isdecimal() and len(heading) == 5
                self._fault(heading, *(_DAY_NUMBER if number else _NOT_A_DAY))
            elif day in first:
                self._fault(heading, *_DAY_TWICE)
            else:
                first[day] = heading
                self._day(heading, cells, *day)

    def _columns_of_days(self) -> Iterator[tuple[str, Cells]]:
        """The columns whose headings must be days; one that holds anything needs a heading."""
        named = set(self.table.headings)
        for place, heading in enumerate(self.source.headings):
            if heading in named or (heading and self.table.is_never(heading)):
                continue
            cells = self.source.at(place)
            if heading:
                yield heading, cells
            elif any(cell is not None for cell in cells):
                self._fault(f"number {place + 1}", *_NO_HEADING)

    def _week(self) -> tuple[date, date] | None:
        """The week that a cell above the table names."""
        across = self.table.across
        assert across is not None
        assert across.week_of is not None
        cell, after = self.source.above.get(WEEK), across.week_of.after
        day = day_in(cell, after, across.week_of.format, self.table.span)
        if isinstance(day, date):
            return week_of(day)
        problem = f"no day of a week stands in the cell {across.week_of.cell}"
        hint = "Put the cell right, or week_of: of across"
        self._fault(across.week_of.cell, "no_week", problem, hint)
        return None

    def _day_of(self, heading: str, within: tuple[date, date] | None) -> tuple[date, str] | None:
        """The day that a heading stands for, and its slot where it has one."""
        across = self.table.across
        assert across is not None
        stem, _, last = heading.rpartition(" ")
        by_case = {word.casefold(): name for word, name in across.slots.items()}
        slot = by_case.get(last.casefold(), "")
        heading = stem if slot else heading
        slot = "" if slot == NOTHING else slot
        slots = self.contract.metrics[across.metric].slot_names
        if slots and not (slot or across.marks_of or "slot" in self.base.columns):
            return None
        forms, in_week = (*across.format, "YYYY-MM-DD"), across.week_of is not None
        day = written(heading.removesuffix(" 00:00:00"), forms, within, in_week)
        return None if day is None else (day, slot)

    def _day(self, heading: str, cells: Cells, day: date, slot: str) -> None:
        across, count = self.table.across, len(self.source.rows)
        assert across is not None
        value = ColumnValue(column=heading, codes=across.codes)
        codes = self.context.codes(across.codes)
        context = replace(self.context, days=[day] * count)
        blank = None if across.blank == NOTHING else across.blank
        if blank in codes:
            cells = [blank if cell is None else cell for cell in cells]
        columns: dict[str, Cells] = {**self.base.columns, "observed_on": [day] * count}
        if across.marks_of:
            slots, counts = across.marks_of, [True] * count
            self._marks(across.metric, value, context, cells, slots, columns, counts)
            return
        read = value.of_cells(cells, context)
        # A blank that stands for a value, and for no mark, is put in after reading: as a cell it
        # would be looked for among the marks.
        if blank is not None and blank not in codes:
            read.values = [
                blank if cell is None else found
                for cell, found in zip(cells, read.values, strict=True)
            ]
        if slot:
            columns["slot"] = [slot] * count
        if not slot and self.table.again != "corrects" and self._has_child_twice:
            read.refusals |= self._child_twice(read)
        counts = [True] * count
        self._refuse(read, heading, counts)
        self._add(across.metric, read, columns, heading, counts)

    @cached_property
    def _has_child_twice(self) -> bool:
        """Whether any child has several rows: in most registers none has."""
        people = self.base.columns["participant"]
        return len(set(people)) < len(people)

    def _child_twice(self, read: CellColumn[Any]) -> dict[int, Refusal]:
        """The cells of a day in which rows of one child differ: in two sessions of a day they could
        not, for the day has one column.
        """
        marks: dict[object, set[object]] = defaultdict(set)
        people = self.base.columns["participant"]
        for who, mark in zip(people, read.values, strict=True):
            if mark is not None:
                marks[who].add(mark)
        return {
            place: CHILD_TWICE
            for place, (who, mark) in enumerate(zip(people, read.values, strict=True))
            if mark is not None and who is not None and len(marks[who]) > 1
        }

    def _fault(self, column: str, code: str, problem: str, hint: str) -> None:
        place = Fault(file=self.source.file, sheet=self.source.sheet, column=column)
        self.found.faults.append(replace(place, code=code, problem=problem, hint=hint))

    def lists(self) -> None:
        """Everybody who stands in a list, with the mark of the list."""
        lists = self.table.lists
        assert lists is not None
        rows = [self._listed(place) for place in range(len(self.source.rows))]
        for heading, mark in lists.columns.items():
            of_heading = [
                (place, who) for place, row in enumerate(rows) for who in row.get(heading, ())
            ]
            if not of_heading:
                continue
            places = [place for place, _ in of_heading]
            columns = {
                name: [cells[place] for place in places]
                for name, cells in self.base.columns.items()
            }
            columns["participant"] = [who for _, who in of_heading]
            if "ref" in columns:  # of the session: everybody in it has a row of his own
                columns["ref"] = [
                    None if ref is None else f"{ref}/{who}"
                    for ref, (_, who) in zip(columns["ref"], of_heading, strict=True)
                ]
            if not self.contract.metrics[lists.metric].slot_names:
                columns.pop("slot", None)
            self.found.blocks.append(
                Block(
                    file=self.source.file,
                    sheet=self.source.sheet,
                    scope=f"{self.scope}/{lists.metric}",
                    rows=[self.source.rows[place] for place in places],
                    columns=columns,
                    metrics={lists.metric: [mark] * len(places)},
                    headings={**self.base.headings, "participant": heading, lists.metric: heading},
                    names_observations=True,
                )
            )

    def _listed(self, place: int) -> dict[str, list[str]]:
        """Who stands in each list of a row, each once; nobody where one stands in two of them."""
        lists = self.table.lists
        assert lists is not None
        found: dict[str, list[str]] = {}
        if place in self.base.bad:
            return found
        for heading in lists.columns:
            read = texts([self.source.cells(heading)[place]])
            if read.refusals:
                self.found.refused.append(self.source.refused(place, heading, read.refusals[0]))
                continue
            found[heading] = list(dict.fromkeys(_split(read.values[0] or "", lists.separated_by)))
        # Who stands in two lists of a row was there and was not: neither is taken, and the others
        # are.
        times = Counter(who for some in found.values() for who in some)
        for heading, some in found.items():
            if any(times[who] > 1 for who in some):
                self.found.refused.append(self.source.refused(place, heading, LISTED_TWICE))
            found[heading] = [who for who in some if times[who] == 1]
        return found


def _split(text: str, separators: Sequence[str]) -> Iterator[str]:
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    yield from filter(None, map(one_spelling, text.split(separators[0])))


_NOT_A_DAY = (
    "heading_not_mapped",
    "this heading is no day in the forms that are stated, nor named in the mapping",
    "Add its form to format: of across, or name it under never:",
)
_DAY_NUMBER = (
    "day_as_number",
    "this heading is a number, as a spreadsheet keeps a day that is not formatted as one",
    "Format the row of the headings as dates, or name the heading under never:",
)
_NO_HEADING = (
    "no_heading",
    "a column without a heading holds something",
    "Give it a heading",
)
_DAY_TWICE = (
    "day_twice",
    "two columns are of the same day",
    "Take one of them out, or tell them apart by slots: of across",
)
