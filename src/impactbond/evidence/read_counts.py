"""Reading counts: every row that cannot be used is refused with its reason, and nothing is guessed.

Takes  CSV and Parquet files, workbooks, or a frame, as evidence comes.
Gives  Counts.
Keeps  the order of rows and files changes nothing. No row stands whose money could be worked out
       in two ways.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import Period
from impactbond.errors import Fault
from impactbond.evidence.cells import read_coded, read_count
from impactbond.evidence.counts import (
    Counts,
    Source,
    asked_of_counts,
    counts_schema,
    delivered_counts,
)
from impactbond.evidence.delivered_references import References
from impactbond.evidence.deliveries import (
    Block,
    Columns,
    RowFaults,
    RowRules,
    read_columns,
)
from impactbond.evidence.evidence import refused_table
from impactbond.evidence.headings import REQUIRED
from impactbond.evidence.personal import assert_allowed
from impactbond.evidence.refusals import (
    MISSING,
    RECORDED_BEFORE_OBSERVED,
    REFERENCE_REUSED,
    REPLACES_ITSELF,
    UNKNOWN_REPLACED,
    Refusal,
    not_listed,
)
from impactbond.evidence.sources import kind_to_give_back
from impactbond.reasons import Standing
from impactbond.tables import rows_table
from impactbond.terms.applicability import is_about
from impactbond.texts import as_counted

_ANSWER = "Fill in one of the two, and leave the other blank."
_NO_DAY = Refusal(
    "no_day", "the row has neither achieved_on nor period", "a day, or a claim period", _ANSWER
)
_TWO_DAYS = Refusal(
    "day_and_period", "the row has both achieved_on and period", "one of the two", _ANSWER
)
_NOT_BY_UNIT = Refusal(
    "not_by_unit",
    "this milestone is paid once for each participant, not by unit",
    "how many reached it, in the column number",
    "Move the number, if it is how many participants reached the milestone.",
)
_BY_UNIT = Refusal(
    "paid_by_unit",
    "this milestone is paid by unit: how many participants reached it says nothing of the money",
    "how many whole units were completed, in the column units",
    "Count each participant's whole units and add them up: what is left over of one makes no unit "
    "with what is left over of another.",
)
_NO_RECORD = Refusal(
    "correction_undated",
    "this row replaces another and does not say since when",
    "the day on which the correction was recorded, in recorded_on",
    "Fill it in: what was claimed before that day stays as it was.",
)
_TWICE = Refusal(
    "counted_twice",
    "rows count the same milestone, day or period, attributes and standing, and nothing tells "
    "them apart",
    "one row for each, or a ref of its own on each",
    "Take the copy out, or give each row a ref; a row that corrects another names it in replaces. "
    "None of them counts until then.",
)
_MIXED = Refusal(
    "day_beside_period",
    "the same milestone is counted by day and for a whole period that holds that day",
    "one of the two within a period",
    "Take out what is counted twice.",
)


class CountRow(NamedTuple):
    """One count in order by itself, and where it stands."""

    milestone: str
    achieved_on: date
    period: str | None
    number: int
    recorded_on: date
    standing: str
    ref: str | None
    replaces: str | None
    attributes: tuple[str, ...]
    block: Block
    place: int

    @property
    def of(self) -> tuple[object, ...]:
        """What it counts, whatever the number."""
        return self.milestone, self.achieved_on, self.standing, self.attributes


def read_claims(
    source: Source, contract: Contract | Versions, *, allow_personal: Sequence[str] = ()
) -> Counts:
    """How many claims there were of each milestone: counts without evidence.

    Takes: CSV or Parquet files, a folder or pattern of them, workbooks (the sheet `Counts`, or the
        only one), several, the bytes or streams of files, or a frame of any kind. Columns:
        `milestone`; `achieved_on`, a day, or `period`, a claim period of the contract; `number` of
        claims, or `units` where the milestone is paid by unit; every attribute on which the
        contract lets money depend; as well, if you like, `recorded_on`, `standing` (full, late or
        disputed), `ref`, `replaces`.
    Gives: Counts; a row that cannot be used is in `.refused` with its reason.
    Keeps: a count for a period stands on its last day. Without `recorded_on` a count is known from
        its day on. A correction is a row that `replaces` the `ref` of another, from its own
        `recorded_on` on.

    Raises EvidenceError when files, sheets or columns are not as they must be, listing all, and for
    columns that say who a child is, unless `allow_personal` names their headings.
    """
    versions = Versions.of(contract)
    attributes = tuple(versions.whole.participants.attributes)
    cautions: set[str] = set()
    wanted = (*REQUIRED["counts"], *asked_of_counts(versions))
    personal: set[Fault] = set()
    begins = versions.whole.calendar.periods[0].first
    blocks, kind = delivered_counts(source, wanted, cautions, attributes, personal, begins)
    cautions |= assert_allowed(personal, allow_personal)
    door = _Rows(versions, attributes)
    rows = [row for block in blocks for row in door.read(block)]
    stands = _together(rows, door)
    found = [(*row[:8], *row.attributes, *row.block.where(row.place)) for row in stands]
    found.sort(key=lambda row: tuple("" if cell is None else str(cell) for cell in row))
    refused = (one for faults in door.faults for one in faults.refused())
    return Counts(
        counts_table=rows_table(found, counts_schema(attributes)),
        refused_table=refused_table(refused),
        kind=kind_to_give_back(kind),
        cautions=tuple(sorted(cautions, key=as_counted)),
    )


class _Rows:
    """Rows against the contract, each by itself."""

    def __init__(self, versions: Versions, attributes: tuple[str, ...]) -> None:
        self.versions, self.attributes = versions, attributes
        whole = versions.whole
        self.faults: list[RowFaults] = []
        self.columns: list[tuple[Block, Columns, RowFaults]] = []
        self.periods: dict[str, Period] = {one.label: one for one in whole.calendar.periods}
        values = whole.participants.attributes
        free = tuple(name for name in self.attributes if values[name] == "text")
        listed = {
            name: (tuple(values[name]), f"a value of the attribute '{name}'")
            for name in self.attributes
            if name not in free
        }
        self.rules = RowRules(
            ("ref", "replaces", *free),
            ("achieved_on", "recorded_on"),
            {
                "milestone": (tuple(whole.milestones), "a milestone of the contract"),
                "period": (tuple(self.periods), "a claim period of the contract"),
                "standing": (tuple(one.value for one in Standing), "how a claim stands"),
                **listed,
            },
            (*REQUIRED["counts"], *asked_of_counts(versions)),
            ("recorded_on", "achieved_on", RECORDED_BEFORE_OBSERVED),
        )

    def read(self, block: Block) -> Iterator[CountRow]:
        """The rows of a block that are in order by themselves; what is wrong with others is noted.

        Each rule looks at cells that could be read, so that one wrong cell is told once.
        """
        columns, faults = read_columns(block, self.rules)
        for name in ("number", "units"):
            columns[name] = read_coded(block.coded(name), read_count)
            for place, refusal in columns[name].refusals.items():
                faults.add(place, name, refusal)
        self.faults.append(faults)
        self.columns.append((block, columns, faults))
        for place in range(len(block.rows)):
            cells = {name: column.values[place] for name, column in columns.items()}
            broken = {name for name, column in columns.items() if place in column.refusals}
            for column, refusal in self._wrong(cells, broken):
                faults.add(place, column, refusal)
            if place not in faults:
                yield self._row(cells, block, place)

    def _row(self, cells: Mapping[str, Any], block: Block, place: int) -> CountRow:
        period = cells["period"]
        day = self.periods[period].last if period else cells["achieved_on"]
        return CountRow(
            milestone=cells["milestone"],
            achieved_on=day,
            period=period,
            number=cells["number"] if cells["units"] is None else cells["units"],
            recorded_on=cells["recorded_on"] or day,
            standing=cells["standing"] or Standing.FULL.value,
            ref=cells["ref"],
            replaces=cells["replaces"],
            attributes=tuple(cells[name] or "" for name in self.attributes),
            block=block,
            place=place,
        )

    def _wrong(self, cells: Mapping[str, Any], broken: set[str]) -> Iterator[tuple[str, Refusal]]:
        """What is wrong between the cells of a row, each with its column."""
        period, day = cells["period"], cells["achieved_on"]
        dated = {"achieved_on", "period"}
        # A cell that could not be read is told as that: "no day", told of a row that has one, would
        # send people looking for the wrong fault.
        if not broken & dated:
            if period and day:
                yield "period", _TWO_DAYS
            elif not period and not day:
                yield "achieved_on", _NO_DAY
        first, last = self.versions.whole.calendar.term
        if day and not first <= day <= last:
            yield "achieved_on", _outside_term(first, last)
        known = cells["recorded_on"]
        if period and known and known < self.periods[period].last:
            yield "recorded_on", RECORDED_BEFORE_OBSERVED
        if cells["replaces"] and not known and "recorded_on" not in broken:
            yield "recorded_on", _NO_RECORD
        name = cells["milestone"]
        if name is None:
            return
        by_unit = self.versions.whole.milestones[name].units is not None
        asked, other = ("units", "number") if by_unit else ("number", "units")
        if cells[other] is not None or other in broken:
            yield other, _BY_UNIT if by_unit else _NOT_BY_UNIT
        elif cells[asked] is None and asked not in broken:
            yield asked, MISSING
        on = self.periods[period].last if period else day
        if on and not broken & dated:
            yield from self._not_paid(name, on, cells)

    def _not_paid(
        self, name: str, day: date, cells: Mapping[str, Any]
    ) -> Iterator[tuple[str, Refusal]]:
        """Why the version that governs a day pays nothing for such a claim, whoever makes it."""
        terms = self.versions.governing(day)
        if name not in terms.milestones:
            other = "the version of the contract that governs this day does not pay this milestone"
            paid = tuple(terms.milestones)
            yield "milestone", replace(not_listed("other_version", "", paid), problem=other)
            return
        for only, code, problem in (
            (terms.participants.covered, "not_covered", "the contract does not cover these"),
            (terms.milestones[name].only, "not_for_these", "this milestone is not for these"),
        ):
            for attribute, values in only.items():
                held = cells.get(attribute)
                if held is not None and not is_about({attribute: values}, {attribute: held}):
                    yield attribute, Refusal(code, problem, ", ".join(values))


def _outside_term(first: date, last: date) -> Refusal:
    problem = "this day is outside the term of the contract"
    hint = "What is reached outside the term is not paid: take the row out, or look at the year."
    return Refusal("outside_term", problem, f"{first} through {last}", hint)


def _together(rows: Sequence[CountRow], door: _Rows) -> list[CountRow]:
    """The rows that can stand beside each other; what is wrong with others is noted."""
    faults_of = {id(block): faults for block, _, faults in door.columns}
    blocks = [block for block, _, _ in door.columns]
    references = References.of(blocks, [columns for _, columns, _ in door.columns])
    refs = Counter(ref for _, columns, _ in door.columns for ref in columns["ref"].values if ref)
    known = references.known.get("", set())

    def refuse(row: CountRow, column: str, refusal: Refusal) -> None:
        faults_of[id(row.block)].add(row.place, column, refusal)

    alike: defaultdict[tuple[object, ...], list[CountRow]] = defaultdict(list)
    whole: defaultdict[tuple[object, ...], list[CountRow]] = defaultdict(list)
    for row in rows:
        alike[row.of, row.ref, row.replaces].append(row)
        if row.ref is not None and refs[row.ref] > 1:
            refuse(row, "ref", REFERENCE_REUSED)
        if row.replaces is not None and row.replaces not in known:
            refuse(row, "replaces", UNKNOWN_REPLACED)
        if row.ref is not None and ("", row.ref) in references.circular:
            refuse(row, "replaces", REPLACES_ITSELF)
        if row.replaces is None:
            period = row.period or next(
                label for label, one in door.periods.items() if row.achieved_on <= one.last
            )
            whole[row.milestone, period, row.attributes].append(row)
    for same in alike.values():
        for row in same if len(same) > 1 and same[0].ref is None else ():
            refuse(row, "milestone", _TWICE)
    for same in whole.values():
        # What replaces another may be finer than it: only what stands beside it is counted twice.
        if len({row.period is None for row in same}) > 1:
            for row in same:
                refuse(row, "period" if row.period else "achieved_on", _MIXED)
    return [row for row in rows if row.place not in faults_of[id(row.block)]]
