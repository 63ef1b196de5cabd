"""What evidence is, row by row and cell by cell, written as plainly as can be: the reference that
the quick intake is compared with. Nothing is read once for many cells, and nothing in columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any, NamedTuple

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evidence import refusals as why
from impactbond.evidence.cells import _CellError, listed_reader, read_date, read_text, value_reader
from impactbond.evidence.deliveries import OBSERVATION_RULES, RowRules, participant_rules
from impactbond.evidence.refusals import Refusal
from impactbond.terms.metrics.sessions import Session
from impactbond.terms.sheets import EACH_ROW, PARTICIPANT_COLUMNS, Sheet
from impactbond.texts import one_spelling

Grid = Mapping[int, Mapping[int, object]]
Place = tuple[str, str, int, str, str]  # file, sheet, row, column, code


@dataclass
class Row:
    """One row as it was delivered, and what is found of it."""

    file: str
    sheet: str
    number: int
    cells: dict[str, object]
    metrics: dict[str, object]
    headings: Mapping[str, str]
    is_long: bool
    read: dict[str, Any] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)  # columns that could not be read
    is_faulty: bool = False

    def place(self, column: str, refusal: Refusal) -> Place:
        heading = self.headings.get(column, column)
        return (self.file, self.sheet, self.number, heading, refusal.code)

    def name(self, reference: str, metric: str) -> str:
        return f"{self.sheet}/{reference}" if self.is_long else f"{reference}/{metric}"


class Seen(NamedTuple):
    """One observation."""

    name: str
    participant: str
    metric: str
    value: int
    observed_on: date
    recorded_on: date
    source: str | None
    evidence_ref: str | None
    supersedes: str | None
    status: str
    slot: str | None


def delivered(file: str, name: str, term: Sheet, grid: Grid, contract: Contract) -> Iterator[Row]:
    """The rows of a sheet that hold anything of what the contract names."""
    first, *others = sorted(grid)
    at = {one_spelling(str(cell)): column for column, cell in grid[first].items()}
    known = term.delivers(contract.metrics) if term.is_long else {}
    words = {one_spelling(word): metric for metric, word in known.items()}
    for number in others:

        def cell(heading: str, number: int = number) -> object:
            held = grid[number].get(at[one_spelling(heading)])
            return (one_spelling(held) or None) if isinstance(held, str) else held

        cells = {column: cell(heading) for column, heading in term.columns.items()}
        named = {} if term.is_long else term.metrics
        metrics = {one: cell(heading) for one, heading in named.items() if heading != EACH_ROW}
        if all(one is None for one in (*cells.values(), *metrics.values())):
            continue
        metrics |= dict.fromkeys((one for one, says in named.items() if says == EACH_ROW), True)
        headings = {**term.columns, **named}
        if term.is_long:
            said, value = cells.pop("metric"), cells.pop("value")
            word = "" if said is None else one_spelling(str(said))
            metric = words.get(word, word and f"?{word}")
            metrics, headings = {metric: value}, {**headings, metric: term.columns["value"]}
        yield Row(file, name, number + 1, cells, metrics, headings, term.is_long)


def content(row: Row) -> tuple[object, ...]:
    """What a row says; TRUE is told from 1."""
    every = {**row.cells, **row.metrics}.items()
    return (row.sheet, *((name, type(one) is bool, one) for name, one in every))


def read_row(row: Row, rules: RowRules) -> Iterator[Place]:
    """What the columns of a row hold, and what is wrong with them."""

    def tried(column: str, read: Callable[[object], object]) -> Iterator[Place]:
        cell = row.cells.get(column)
        row.read[column] = None
        if cell is None:
            return
        try:
            row.read[column] = read(cell)
        except _CellError as error:
            row.bad.add(column)
            yield row.place(column, error.refusal)

    for column in rules.texts:
        yield from tried(column, read_text)
    for column in rules.days:
        yield from tried(column, read_date)
    for column, (allowed, what) in rules.listed.items():
        yield from tried(column, listed_reader(allowed, what=what))
    for column in rules.required:
        if row.read[column] is None and column not in row.bad:
            yield row.place(column, why.MISSING)
    later, earlier, refusal = rules.order
    if row.read[later] and row.read[earlier] and row.read[later] < row.read[earlier]:
        yield row.place(later, refusal)


class RowByRow:
    """The evidence in some sheets: what stands, what is refused, how many repeat."""

    def __init__(self, rows: Sequence[Row], contract: Contract, people_sheet: str) -> None:
        self.contract = contract
        self.people: list[tuple[object, ...]] = []
        self.refused: set[Place] = set()
        self.repeated = 0
        self.seen: list[tuple[Seen, Row]] = []
        once: dict[tuple[object, ...], Row] = {}
        for row in rows:
            self.repeated += content(row) in once
            once.setdefault(content(row), row)
        every = list(once.values())
        self._people([one for one in every if one.sheet == people_sheet])
        self._observations([one for one in every if one.sheet != people_sheet])

    def _people(self, rows: list[Row]) -> None:
        unusable: set[object] = set()
        said: list[tuple[tuple[object, ...], Row]] = []
        for row in rows:
            wrong = list(read_row(row, participant_rules(self.contract)))
            self.refused.update(wrong)
            who, started, recorded, since, left = (row.read[one] for one in PARTICIPANT_COLUMNS)
            also = tuple(row.read[one] for one in self.contract.participants.attributes)
            if not wrong:
                said.append(((who, since or started, recorded, started, left, also), row))
            elif who is not None:
                unusable.add(who)
        for one, row in said:
            if any(other[:3] == one[:3] and other != one for other, _ in said):
                self.refused.add(row.place("participant", why.CONTRADICTORY_PARTICIPANT))
                unusable.add(one[0])
            elif one in self.people:
                self.repeated += 1
            else:
                self.people.append(one)
        self._known = {one[0] for one in self.people}
        self._unusable = unusable

    def _observations(self, rows: list[Row]) -> None:
        for row in rows:
            wrong = list(read_row(row, OBSERVATION_RULES))
            row.is_faulty = bool(wrong)
            self.refused.update(wrong)
        self._refs = {(row.sheet, row.read["ref"]) for row in rows if row.read["ref"]}
        self._leads: dict[tuple[str, str], str] = {}
        for row in rows:
            ref, target = row.read["ref"], row.read["replaces"]
            if ref is not None and target is not None:
                key = (row.sheet, ref)
                self._leads[key] = min(self._leads.get(key, target), target)
        replaced = {(row.sheet, row.read["replaces"]) for row in rows if row.read["replaces"]}
        self._evidenced = {
            row.name(row.read["ref"], metric)
            for row in rows
            for metric, cell in row.metrics.items()
            if cell is not None and (row.sheet, row.read["ref"]) in replaced
        }
        for row in rows:
            for place in self._wrong_together(row):
                row.is_faulty = True
                self.refused.add(place)
        for row in rows:
            for metric, cell in row.metrics.items():
                self._value(row, metric, cell)
        self._agree()

    def _wrong_together(self, row: Row) -> Iterator[Place]:
        target, ref, who = (row.read[one] for one in ("replaces", "ref", "participant"))
        if target is not None and (row.sheet, target) not in self._refs:
            yield row.place("replaces", why.UNKNOWN_REPLACED)
        elif target is not None and ref is not None and self._is_circular(row.sheet, ref):
            yield row.place("replaces", why.REPLACES_ITSELF)
        if who is not None and who not in self._known:
            yield row.place("participant", why.unknown_participant("", was_refused=False))
        for metric in row.metrics:
            if metric not in self.contract.metrics:
                unknown = why.not_listed("unknown_metric", "", ())
                yield row.place("metric", unknown if metric else why.MISSING)

    def _is_circular(self, scope: str, ref: str) -> bool:
        passed, at = set[str](), self._leads.get((scope, ref))
        while at is not None and at not in passed:
            if at == ref:
                return True
            passed.add(at)
            at = self._leads.get((scope, at))
        return False

    def _value(self, row: Row, metric: str, cell: object) -> None:
        if metric not in self.contract.metrics:
            return
        term, read = self.contract.metrics[metric], row.read
        is_withdrawn = read["status"] == "withdrawn"
        value: int | None = None
        refusal: Refusal | None = None
        column = metric
        try:
            value = None if cell is None else value_reader(term)(cell)
        except _CellError as error:
            refusal = error.refusal
        day = None if read["observed_on"] is None else day_number(read["observed_on"])
        for edition in term.editions() if isinstance(term, Session) else ():
            within = day is not None and edition.first <= day <= edition.last
            if value is not None and within and value not in edition.places:
                value, refusal = None, why.mark_not_in_force(term, edition)
        if row.is_long and value is None and refusal is None:
            refusal = why.MISSING
        is_other = bool(term.sources) and read["source"] not in term.sources
        if value is not None and not is_withdrawn and "source" not in row.bad and is_other:
            refusal = why.source_not_accepted(metric, term.sources)
            value, column = None, "source"
        slot, slots = read["slot"], term.slot_names
        fits = slot in slots if slots else slot is None or not row.is_long
        if value is not None and not is_withdrawn and "slot" not in row.bad and not fits:
            refusal = why.MISSING if slot is None else why.no_slot_of(metric, slots)
            value, column = None, "slot"
        if refusal is not None and not is_withdrawn:
            self.refused.add(row.place(column, refusal))
        if not row.is_faulty:
            self._seen(row, metric, value, has_refusal=refusal is not None and not row.is_long)

    def _seen(self, row: Row, metric: str, value: int | None, *, has_refusal: bool) -> None:
        read, status = row.read, row.read["status"]
        if status == "withdrawn":
            value = 0
        elif value is None:
            target = read["replaces"]
            if target is None or has_refusal or row.is_long:
                return
            if row.name(target, metric) not in self._evidenced:
                return
            value, status = 0, "withdrawn"
        cell, day = row.cells["observed_on"], read["observed_on"]
        moment = cell if isinstance(cell, datetime) and cell.time() != time() else day
        known, also = read["recorded_on"], (read["source"], read["evidence_ref"], read["replaces"])
        parts = [read["participant"], metric, moment, known, value, *also, status or "recorded"]
        parts += [] if read["slot"] is None else [read["slot"]]
        text = repr([None if one is None else str(one) for one in parts])
        name = sha256(text.encode()).hexdigest()[:32]
        if read["ref"]:
            name = row.name(read["ref"], metric)
        slot = read["slot"] if self.contract.metrics[metric].slot_names else None
        said = (name, read["participant"], metric, value, day, known, *also, status or "recorded")
        self.seen.append((Seen(*said, slot), row))

    def _agree(self) -> None:
        every, first = self.seen, dict[str, Seen]()
        reused = {one.name for one, _ in every if first.setdefault(one.name, one) != one}
        standing: dict[str, tuple[Seen, Row]] = {}
        for one, row in every:
            if one.name in reused:
                self.refused.add(row.place("ref", why.REFERENCE_REUSED))
            elif one.name in standing:
                self.repeated += 1
            else:
                standing[one.name] = (one, row)
        while wrong := list(self._contradictory(standing)):
            for name, refusal in wrong:
                one, row = standing.pop(name)
                has_cell = row.headings.get(one.metric) != EACH_ROW
                self.refused.add(row.place(one.metric if has_cell else "participant", refusal))
        found = [self._led(one, row, standing) for one, row in standing.values()]
        key = ("participant", "metric", "observed_on", "recorded_on", "name")
        self.observations = sorted(found, key=lambda one: [getattr(one, name) for name in key])

    def _led(self, one: Seen, row: Row, standing: Mapping[str, object]) -> Seen:
        """The observation with the name of what it replaces, among those that stand."""
        if one.supersedes is None:
            return one
        passed, at = set[str](), one.supersedes
        while at not in passed:
            if row.name(at, one.metric) in standing:
                return one._replace(supersedes=row.name(at, one.metric))
            passed.add(at)
            at = self._leads.get((row.sheet, at), at)
        return one._replace(supersedes=row.name(one.supersedes, one.metric))

    def _contradictory(
        self, standing: Mapping[str, tuple[Seen, Row]]
    ) -> Iterator[tuple[str, Refusal]]:
        led = (self._led(one, row, standing).supersedes for one, row in standing.values())
        over = set(led)
        live = [one for one, _ in standing.values() if one.status != "withdrawn"]
        live = [one for one in live if one.name not in over]
        for one in live:
            term = self.contract.metrics[one.metric]
            same = [
                other
                for other in live
                if (other.participant, other.metric, other.observed_on, other.slot)
                == (one.participant, one.metric, one.observed_on, one.slot)
            ]
            if term.slot_names and len(same) > 1:
                yield one.name, why.SLOT_TWICE
            elif term.one_a_day and not term.slot_names and len({each.value for each in same}) > 1:
                yield one.name, why.CONTRADICTORY_VALUES
