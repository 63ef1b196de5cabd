"""The delivery that follows: files that were checked for the claim before are not checked again,
and what reading everything finds is found, the same faults in the same words.

Deliveries are drawn. Faults are planted in what is new, between new rows and old ones, among the
participants, and in the old file itself, of which a byte is another. What has no fault is settled
by both ways, to the same record.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from tests.spec.drawn_tables import contract_of

import impactbond as ib
from impactbond.evaluation import carried as carrying
from impactbond.evidence import followed_delivery
from impactbond.evidence.evidence import Evidence, ExternalEvidence
from impactbond.records.carried_file import carried_bytes, carried_to
from impactbond.records.record import record_bytes
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

CONTRACT = contract_of("""
metrics:
  offence: {kind: event, repeats: true}
  lesson: {kind: session, marks: [attended, missed], slots: [AM, PM]}
conditions:
  looked: {count: meeting, in: baseline, at_least: 1}
  better: {level: reading, pick: best, in: year one, is: at least 100}
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  calm: {when: {absence: offence, in: baseline, shown_by: looked}, price: 50.00}
  reads: {when: better, price: 20.00}
""")
FIRST, SECOND = "2017-04-30", "2017-07-31"
START, THEN, SINCE = date(2017, 1, 9), date(2017, 4, 20), date(2017, 7, 1)
VALUES = {
    "consent": ["yes"],
    "meeting": ["yes"],
    "offence": ["yes", "no"],
    "reading": ["95", "101", "120"],
    "lesson": ["attended", "missed"],
}
COLUMNS = (
    *("observation", "participant", "metric", "value", "observed_on", "recorded_on"),
    *("supersedes", "status", "slot"),
)
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _however_many_are_concerned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "_MOST_CHANGED", 1)
    monkeypatch.setattr(followed_delivery, "MOST_CONCERNED", 1)


@dataclass
class Delivery:
    """What is delivered, row by row; `new_types` are columns of the new file that are no texts."""

    people: list[Row]
    old: list[Row]
    new: list[Row]
    new_types: dict[str, pa.DataType] = field(default_factory=dict)

    def write(self, folder: Path, kind: str) -> dict[str, Any]:
        named = {"people": self.people, "old": self.old, "new": self.new}
        for name, rows in named.items():
            columns = COLUMNS if name != "people" else tuple(PERSON)
            cells = {one: pa.array([row[one] for row in rows], pa.string()) for one in columns}
            table = pa.table(cells)
            for column, other in self.new_types.items() if name == "new" else ():
                place = table.schema.get_field_index(column)
                table = table.set_column(place, column, table[column].cast(other))
            if kind == "csv":
                pa.csv.write_csv(table, folder / f"{name}.csv")
            else:
                pq.write_table(table, folder / f"{name}.parquet")
        paths = {name: folder / f"{name}.{kind}" for name in named}
        return {"participants": paths["people"], "observations": [paths["old"], paths["new"]]}


QUIET = "quiet"
PERSON = {
    "participant": "",
    "started_on": str(START),
    "left_on": None,
    "from_on": None,
    "recorded_on": str(START),
    "school": "Elm",
    "borough": "north",
}


def drawn(random: Random) -> Delivery:
    """Twelve children, of whom four have new rows, and one will never have other claims. Nothing
    is wrong with it.
    """
    names = [f"c{number:02d}" for number in range(11)]
    people = [{**PERSON, "participant": name} for name in (*names, QUIET)]
    old = [row for name in names for row in _rows(random, name, THEN, 4)]
    replaced = {row["supersedes"] for row in old}
    # What was delivered before and became known only later counts now.
    for row in old[:: len(old) // 3]:
        if row["supersedes"] is None and row["observation"] not in replaced:
            row["recorded_on"] = str(date(2017, 5, 10))
    new = [row for name in random.sample(names, 4) for row in _rows(random, name, SINCE, 3)]
    for reference, day, metric in (("r1", 1, "reading"), ("r2", 2, "lesson")):
        row = _reading(new[0], "95") | {"observation": reference, "recorded_on": str(THEN)}
        own = {"metric": "lesson", "value": "attended", "slot": "AM"} if metric == "lesson" else {}
        old.append({**row, "observed_on": f"2017-01-0{day}", **own})
    quiet = {**old[-1], "participant": QUIET, "metric": "consent", "value": "yes", "slot": None}
    old.append({**quiet, "observation": "q1", "observed_on": "2017-02-01"})
    moved = {**people[0], "school": "Oak", "from_on": "2017-05-01", "recorded_on": "2017-05-02"}
    return Delivery([*people, moved], old, new)


def _rows(random: Random, name: str, until: date, number: int) -> list[Row]:
    found: list[Row] = []
    for place in range(number):
        metric = random.choice(list(VALUES))
        day = until - timedelta(days=10 * place + random.randrange(9))
        row = {
            "observation": f"{name}-{until.month}-{place}",
            "participant": name,
            "metric": metric,
            "value": random.choice(VALUES[metric]),
            "observed_on": str(day),
            "recorded_on": str(until),
            "supersedes": None,
            "status": None,
            "slot": random.choice(["AM", "PM"]) if metric == "lesson" else None,
        }
        found.append(row)
        if not random.randrange(4):
            fate = random.choice([None, "withdrawn", "disputed"])
            value = None if fate == "withdrawn" else random.choice(VALUES[metric])
            again = {"observation": f"{row['observation']}b", "value": value, "status": fate}
            found.append({**row, **again, "supersedes": row["observation"]})
    return found


def _reading(row: Row, value: str) -> Row:
    """A row that says something of the day that another does."""
    plain = {"metric": "reading", "value": value, "supersedes": None, "status": None, "slot": None}
    return {**row, **plain}


def _new(one: Delivery, **said: Any) -> None:
    one.new[1].update(said)


def _add(one: Delivery, reference: str, **said: Any) -> None:
    """A new row about the child and day of an old reading (r1), unless it says otherwise."""
    row = {**_reading(one.new[0], "95"), "observation": reference, "observed_on": "2017-01-01"}
    one.new.append({**row, **said})


def _lesson(one: Delivery, slot: str, **said: Any) -> None:
    """A new row about the child and day of an old lesson in the morning (r2)."""
    own = {"metric": "lesson", "value": "attended", "slot": slot, "observed_on": "2017-01-02"}
    _add(one, "x1", **own | said)


def _of_another(one: Delivery) -> Row:
    return next(row for row in one.old if row["participant"] == QUIET)


def _circle(one: Delivery) -> None:
    _add(one, "x1", supersedes="x2")
    _add(one, "x2", supersedes="x1")


PLANTS: dict[str, Callable[[Delivery], object]] = {
    "nothing": lambda one: None,
    "no new row": lambda one: one.new.clear(),
    "a value that is none": lambda one: _add(one, "x1", value="much"),
    "a value beyond the range": lambda one: _add(one, "x1", value="900"),
    "an unknown metric": lambda one: _new(one, metric="height"),
    "nobody known": lambda one: _new(one, participant="c99"),
    "spaces round a reference": lambda one: _new(one, observation=" x"),
    "no reference": lambda one: _new(one, observation=None),
    "a day that is none": lambda one: _new(one, observed_on="tomorrow"),
    "recorded before it was observed": lambda one: _new(one, recorded_on="2016-01-01"),
    "a status that is none": lambda one: _new(one, status="lost"),
    "a reference twice among new rows": lambda one: one.new.append(dict(one.new[0])),
    "a reference of an old row of the same child": lambda one: _add(one, "r1"),
    "a reference of an old row of another child": lambda one: _new(
        one, observation=_of_another(one)["observation"]
    ),
    "replaces nothing": lambda one: _new(one, supersedes="nowhere"),
    "replaces itself": lambda one: _add(one, "x1", supersedes="x1"),
    "a circle": _circle,
    "contradicts a new row": lambda one: (
        _add(one, "x1", observed_on="2017-04-02"),
        _add(one, "x2", observed_on="2017-04-02", value="101"),
    ),
    "contradicts an old row": lambda one: _add(one, "x1", value="101"),
    "says what an old row says": lambda one: _add(one, "x1"),
    "replaces an old row": lambda one: _add(one, "x1", value="101", supersedes="r1"),
    "a slot twice": lambda one: _lesson(one, "AM"),
    "two slots": lambda one: _lesson(one, "PM"),
    "takes an old row back": lambda one: _lesson(
        one, "AM", supersedes="r2", status="withdrawn", value=None
    ),
    "replaces a row of another child": lambda one: _new(
        one, supersedes=_of_another(one)["observation"]
    ),
    "another type of column": lambda one: one.new_types.update(recorded_on=pa.date32()),
}
LATER: dict[str, Callable[[Delivery], object]] = {
    "a participant is left out": lambda one: one.people.remove(
        next(row for row in one.people if row["participant"] == QUIET)
    ),
    "a participant is put right": lambda one: one.people[3].update(started_on="2017-01-02"),
    "a participant more": lambda one: one.people.append({**PERSON, "participant": "c50"}),
    "a participant twice": lambda one: one.people.append(dict(one.people[2])),
    "an old row is changed": lambda one: _of_another(one).update(observed_on="2017-03-01"),
    "an old row is faulty": lambda one: _of_another(one).update(metric="heigth"),
    "an old row is gone": lambda one: one.old.remove(_of_another(one)),
}


def read(files: dict[str, Any], carried: Path | None) -> Evidence | ib.EvidenceError:
    try:
        return ib.read_evidence(files, CONTRACT, carried=carried)
    except ib.EvidenceError as error:
        return error


@dataclass(frozen=True)
class Before:
    """The claim before, of one form of files: what was delivered, and what was carried forward."""

    kind: str
    delivery: Delivery
    settlement: Settlement
    carried: Path


@cache
def before(kind: str, folder: Path) -> Before:
    one = drawn(Random(f"{kind} 1"))
    files = one.write(folder, kind)
    files["observations"] = files["observations"][:1]
    settlement = settle(CONTRACT, ib.read_evidence(files, CONTRACT), as_of=FIRST)
    carried = folder / "q1.carried"
    carried.write_bytes(carried_bytes(settlement, ""))
    return Before(kind, one, settlement, carried)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("before")


def followed(
    before: Before, name: str, folder: Path
) -> tuple[Evidence, Evidence] | list[ib.EvidenceError]:
    """The evidence with something planted, read by the short way and by the long one."""
    one = deepcopy(before.delivery)
    {**PLANTS, **LATER}[name](one)
    files = one.write(folder, before.kind)
    short, long = read(files, before.carried), read(files, None)
    if isinstance(short, ib.EvidenceError) or isinstance(long, ib.EvidenceError):
        assert str(short) == str(long)
        return [one for one in (short, long) if isinstance(one, ib.EvidenceError)]
    return short, long


FAULTLESS = ("nothing", "no new row", "says what", "replaces an", "two slots", "takes an")
# Where files are not as they were, or new rows reach beyond their children, everything is checked.
NOT_FOLLOWED = ("replaces a row of", "another type", "an old row")


# What forms of files do to it is little, and is asked of few.
IN_CSV = ("nothing", "a reference of an old row of another child", "an old row is changed")
CASES = [("parquet", name) for name in (*PLANTS, *LATER)] + [("csv", name) for name in IN_CSV]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_what_is_found_is_what_reading_everything_finds(
    kind: str, name: str, folder: Path, tmp_path: Path
) -> None:
    first = before(kind, folder)
    found = followed(first, name, tmp_path)
    if isinstance(found, list):
        short_way, long_way = (error.faults for error in found)
        assert short_way == long_way
        assert not name.startswith(FAULTLESS)
        return
    short, long = found
    assert isinstance(short, ExternalEvidence)
    assert isinstance(long, ExternalEvidence)
    assert (short.followed is None) == name.startswith(NOT_FOLLOWED)
    assert (short.summary, short.cautions) == (long.summary, long.cautions)
    assert short.participants_table.equals(long.participants_table)
    table = carried_to(first.carried, "")
    by_both = [
        settle(CONTRACT, evidence, as_of=SECOND, earlier=first.settlement, carried=way)
        for evidence, way in ((short, table), (long, None))
    ]
    for what in ("claims", "lines", "shares", "payments", "balances"):
        own, other = (getattr(one, f"{what}_table") for one in by_both)
        assert own.equals(other), what
    if name == "nothing":
        assert by_both[0].unchanged is not None
        # What is carried on comes to the same, whatever came before it.
        assert carried_bytes(by_both[0], "") == carried_bytes(by_both[1], "")


def test_the_record_is_the_same(folder: Path, tmp_path: Path) -> None:
    first = before("parquet", folder)
    record, carried = tmp_path / "q1.record", tmp_path / "q1.carried"
    ib.write_record(first.settlement, record, carried=carried)
    found = followed(first, "replaces an old row", tmp_path)
    assert isinstance(found, tuple)
    by_both = [
        ib.settle(CONTRACT, evidence, as_of=SECOND, earlier=record, carried=way)
        for evidence, way in zip(found, (carried, None), strict=True)
    ]
    assert record_bytes(by_both[0]) == record_bytes(by_both[1])
    record.write_bytes(record.read_bytes()[:-1] + b"x")
    with pytest.raises(ib.RecordError) as refused:
        ib.settle(CONTRACT, found[0], as_of=SECOND, earlier=record, carried=carried)
    assert [fault.code for fault in refused.value.faults] != ["carried_of_another"]
