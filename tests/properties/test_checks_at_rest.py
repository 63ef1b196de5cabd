"""Drawn deliveries at rest, some with faults planted in them: what the checks find in a few looks
at all rows is what a plain loop finds row by row, fault by fault, with the first row and the count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from re import fullmatch
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.evidence_workbooks import CONTRACT
from tests.properties.test_file_doors import REGISTER, SHEET

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.dates import day_number
from impactbond.errors import EvidenceError
from impactbond.evidence.deliveries import STATUSES
from impactbond.evidence.external_agreement import groups_in_order
from impactbond.evidence.external_checks import rows_alone
from impactbond.evidence.external_columns import DELIVERED, Reading
from impactbond.evidence.external_rules import observation_checks
from impactbond.evidence.external_screen import may_be_faulty
from impactbond.evidence.read import read_evidence
from impactbond.tables import EngineSession
from impactbond.texts import one_spelling

Row = dict[str, Any]
Found = set[tuple[str, str, int, int]]  # column, code, first row, how many rows
START = date(2017, 1, 31)
NEW_MARKS = date(2017, 2, 5)
CHILDREN = ("C-1", "C-2")
VALUES: dict[str, Sequence[str]] = {
    "consent": ("yes", "no", "Yes"),
    "agreement": ("yes",),
    "session": ("attended", "missed"),
    "sdq": ("17", "0", "40", "3.0"),
    "hours": ("-2.50", "7", "1234567.8"),
    "attendance": ("91.5", "100", "0"),
    "register": ("/",),
}
DECIMALS = {"sdq": (0, 0, 40), "hours": (2, -5, 99_999_999), "attendance": (1, 0, 100)}
TEXTS = ("observation", "participant", "supersedes", "source", "evidence_ref", "slot")
DAYS = ("observed_on", "recorded_on")
BAD = (" x", "x ", "a  b", "b\u200b", "c\x07", "e\u0301", "=x", "#REF!", "")
# What may be put into a cell of a row; most of it is a fault there.
PLANTED: list[tuple[str, object]] = [
    *((column, bad) for column in TEXTS for bad in BAD),
    *((column, None) for column in ("observation", "participant", "metric", *DAYS, "value")),
    *(("metric", bad) for bad in ("", "zebedee", "sdq ")),
    *(("value", bad) for bad in ("", "zebedee", "17.", "1.234", "-6", "41", "1e2", "9" * 40)),
    *(("value", mark) for mark in ("J", "J1", "//")),
    *(("status", bad) for bad in ("", "zebedee", " recorded")),
    *((day, bad) for day in DAYS for bad in (date(1969, 1, 1), date(2160, 1, 1), START)),
    *(("supersedes", other) for other in ("R0", "R1", "R2", "nowhere")),
    *(("observation", other) for other in ("R0", "R1", "é 4", "#1", "a=")),
    ("participant", "C-3"),
    ("slot", "AM"),
    ("slot", "noon"),
    ("source", "a form"),
    ("source", "letter"),
]


@cache
def contract() -> Contract:
    """The small contract with a register of half days, and a metric with sources of its own."""
    text = CONTRACT.replace("\nwindows:", f"{REGISTER}windows:") + SHEET
    text = text.replace("agreement:  {kind: event}", "agreement:  {kind: event, sources: [letter]}")
    return parse_contract(text.encode(), name="small.yaml")


def drawn(random: Random) -> list[Row]:
    """Rows that are in order by themselves; some replace another, and some are about one thing."""
    rows = []
    for number in range(random.randint(2, 12)):
        metric = random.choice(list(VALUES))
        day = START + timedelta(days=random.randint(0, 3))
        status = random.choice([None, None, None, "recorded", "disputed", "withdrawn"])
        value = random.choice(VALUES[metric])
        rows.append(
            {
                "observation": f"R{number}",
                "participant": random.choice(CHILDREN),
                "metric": metric,
                "value": random.choice([None, value, "x"]) if status == "withdrawn" else value,
                "observed_on": day,
                "recorded_on": day + timedelta(days=random.randint(0, 40)),
                "supersedes": f"R{random.randint(0, number)}" if random.random() < 0.15 else None,
                "status": status,
                "source": "letter" if metric == "agreement" else random.choice([None, "é ß"]),
                "evidence_ref": random.choice([None, "", "p. 7"]),
                "slot": random.choice(["AM", "PM"]) if metric == "register" else None,
            }
        )
    return rows


def held(row: Row) -> Decimal | int | None:
    """The value as a number; None where it cannot be read."""
    value, metric = row["value"] or "", row["metric"]
    if metric in DECIMALS:
        decimals = DECIMALS[metric][0]
        if not fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) or len(value) > 28:
            return None
        number = Decimal(value)
        return number if number == round(number, decimals) else None
    if metric in ("consent", "agreement"):
        return {"yes": 1, "no": 0}.get(value.lower())
    marks = ["attended", "missed"] if metric == "session" else ["/", "J", "J1"]
    return marks.index(value) if value in marks else None


def faults_of(row: Row) -> Iterator[tuple[str, str]]:
    """The faults of one row by itself: column and code."""
    for column in ("observation", "participant", "metric", *DAYS):
        if not row[column]:
            yield column, "missing_value"
    for column in TEXTS:
        text = row[column] or ""
        if one_spelling(text) != text:
            yield column, "spaces_around"
        if text.startswith("="):
            yield column, "formula_as_text"
        if text == "#REF!":
            yield column, "error_value"
    for day in DAYS:
        if row[day] and not date(1970, 1, 1) <= row[day] <= date(2149, 6, 6):
            yield day, "date_outside"
    if all(row[day] for day in DAYS) and row["recorded_on"] < row["observed_on"]:
        yield "recorded_on", "recorded_before_observed"
    if row["status"] not in (None, "recorded", "disputed", "withdrawn"):
        yield "status", "unknown_value"
    if row["metric"] and row["metric"] not in VALUES:
        yield "metric", "unknown_metric"
    who = row["participant"] or ""
    if who and who not in CHILDREN and who.strip(" ") == who:
        yield "participant", "unknown_participant"
    if row["status"] != "withdrawn":
        yield from faults_of_value(row)


def faults_of_value(row: Row) -> Iterator[tuple[str, str]]:
    """The faults of what a row says that stands."""
    metric, number = row["metric"], held(row)
    if not row["value"]:
        yield "value", "missing_value"
        return
    if metric not in VALUES:
        return
    if number is None:
        words = {"consent": "not_yes_or_no", "agreement": "not_yes_or_no"}
        marks = {"session": "unknown_mark", "register": "unknown_mark"}
        yield "value", {**words, **marks}.get(metric, "text_in_number")
        return
    if metric in DECIMALS and not DECIMALS[metric][1] <= number <= DECIMALS[metric][2]:
        yield "value", "out_of_range"
    if metric == "register":
        other = {"J": row["observed_on"] and row["observed_on"] >= NEW_MARKS}
        other["J1"] = row["observed_on"] and row["observed_on"] < NEW_MARKS
        if other.get(row["value"]):
            yield "value", "mark_not_in_force"
        if not row["slot"]:
            yield "slot", "missing_value"
        elif row["slot"] not in ("AM", "PM"):
            yield "slot", "unknown_slot"
    elif row["slot"]:
        yield "slot", "slot_not_taken"
    if metric == "agreement" and row["source"] != "letter":
        yield "source", "source_not_accepted"


def faults_among(rows: Sequence[Row]) -> Iterator[tuple[str, str, int]]:
    """The faults of rows among each other: column, code and row."""
    references = Counter(row["observation"] for row in rows)
    replacing = {at: row for at, row in enumerate(rows) if row["supersedes"]}
    replaced = {row["supersedes"] for row in replacing.values()}
    for at, row in enumerate(rows):
        if references[row["observation"]] > 1:
            yield "observation", "reference_repeated", at
        if row["supersedes"] and row["supersedes"] not in references:
            yield "supersedes", "unknown_replaced", at
    left, before = dict(replacing), -1
    while len(left) != before:
        before, pointed = len(left), {row["supersedes"] for row in left.values()}
        left = {at: row for at, row in left.items() if row["observation"] in pointed}
    for at in left:
        yield "supersedes", "replaces_itself", at
    alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        if row["observation"] not in replaced and row["status"] != "withdrawn":
            slot = row["slot"] if row["metric"] == "register" else None
            alike[row["participant"], row["metric"], row["observed_on"], slot].append(at)
    for (_, metric, *_), places in alike.items():
        if metric in DECIMALS and len({held(rows[at]) for at in places}) > 1:
            yield from (("value", "contradictory_values", at) for at in places)
        if metric == "register" and len(places) > 1:
            yield from (("value", "slot_twice", at) for at in places)


def by_plain_loop(rows: Sequence[Row]) -> Found:
    """Every fault as the checks tell it."""
    one_by_one = [(*fault, at) for at, row in enumerate(rows) for fault in set(faults_of(row))]
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for column, code, at in one_by_one or faults_among(rows):
        places[column, code].append(at + 1)
    return {(*fault, min(every), len(every)) for fault, every in places.items()}


PEOPLE = pa.table(
    {
        "participant": CHILDREN,
        "started_on": [START] * 2,
        "recorded_on": [START] * 2,
        "school": ["Oak"] * 2,
        "borough": ["north"] * 2,
    }
)


def as_table(rows: Sequence[Row]) -> pa.Table:
    days = dict.fromkeys(DAYS, pa.date32())
    schema = pa.schema([(name, days.get(name, pa.string())) for name in rows[0]])
    return pa.Table.from_pylist(list(rows), schema=schema)


def planted(random: Random, *faults: tuple[str, object]) -> list[Row]:
    rows = drawn(random)
    for column, cell in faults:
        random.choice(rows)[column] = cell
    return rows


def seen_at_once(rows: Sequence[Row]) -> list[dict[str, Any]] | None:
    """What rows come to by the few looks alone; None where they are doubtful."""
    session = EngineSession()
    session.scan("people", PEOPLE.select(["participant"]))
    session.scan(DELIVERED["observations"], as_table(rows))
    reading = Reading.of(session, "observations", contract())
    checks = observation_checks(reading)
    if may_be_faulty(session, reading, rows_alone(reading), checks):
        return None
    return groups_in_order(session, reading, checks)


def test_no_fault_is_overlooked_by_looking_at_all_rows_at_once() -> None:
    sound = 0
    for seed, fault in enumerate([*PLANTED, *[("note", "")] * 20]):
        rows = planted(Random(seed), fault)
        groups, expected = seen_at_once(rows), by_plain_loop(rows)
        assert (groups is None) == bool(expected), (seed, fault, expected)
        if groups is not None:
            sound += 1
            metrics = list(contract().metrics)
            statuses = [(row["metric"], row["status"] or "recorded") for row in rows]
            assert Counter(
                {
                    (metrics[one["c_metric"]], STATUSES[one["status_place"]]): one["rows"]
                    for one in groups
                }
            ) == Counter(statuses)
            days = [day_number(row["observed_on"]) for row in rows]
            assert {(one["min_day"], one["max_day"]) for one in groups} == {(min(days), max(days))}
    assert sound > 20


def test_every_fault_is_told_as_a_plain_loop_finds_it(tmp_path: Path) -> None:
    for seed in range(16):
        random = Random(seed)
        rows = planted(random, *random.sample(PLANTED, seed % 4))
        path = tmp_path / f"{seed}.parquet"
        pq.write_table(as_table(rows), path, row_group_size=5)
        found: list[tuple[str, str, int | None, int]] = []
        try:
            read_evidence({"participants": PEOPLE, "observations": path}, contract())
        except EvidenceError as error:
            told = [(one, int(one.found.split()[0])) for one in error.faults]
            found = [(one.column, one.code, one.row, rows) for one, rows in told]
        assert Counter(found) == Counter(by_plain_loop(rows)), seed
