"""The participants: rows checked one by one, then against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from impactbond.evidence.cells import CellColumn, dates, listed, texts
from impactbond.evidence.deliveries import Block, RowFaults
from impactbond.evidence.refusals import CONTRADICTORY_PARTICIPANT, LEFT_BEFORE_START, Refused
from impactbond.terms.participants import Participants
from impactbond.terms.sheets import REQUIRED_PARTICIPANT_COLUMNS

_DATES = ("started_on", "recorded_on", "from_on", "left_on")


class Person(NamedTuple):
    """What one row tells about a participant."""

    participant: str
    from_on: date
    recorded_on: date
    started_on: date
    left_on: date | None
    attributes: tuple[str, ...]
    block: int
    row: int

    @property
    def content(self) -> tuple[object, ...]:
        """What the row says, without where it stands."""
        return self[:6]


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """The rows that stand, what was refused, whom refused rows speak of, and how many repeat."""

    rows: list[Person]
    refused: list[Refused]
    refused_participants: frozenset[str]
    repeated: int


def read_people(blocks: Sequence[Block], terms: Participants) -> People:
    """The participants of all blocks."""
    rows: list[Person] = []
    refused: list[Refused] = []
    unusable: set[str] = set()
    for number, block in enumerate(blocks):
        rows += _read_block(number, block, terms, refused, unusable)
    return _agreed(rows, blocks, refused, unusable)


def _read_block(
    number: int, block: Block, terms: Participants, refused: list[Refused], unusable: set[str]
) -> list[Person]:
    participant = texts(block.column("participant"))
    days = {name: dates(block.column(name)) for name in _DATES}
    attributes = {
        name: texts(block.column(name))
        if allowed == "text"
        else listed(block.column(name), allowed, what=f"a value of the attribute '{name}'")
        for name, allowed in terms.attributes.items()
    }
    faults = RowFaults(block)
    faults.add_columns({"participant": participant, **attributes})
    faults.add_columns(days)
    required: dict[str, CellColumn[Any]] = {"participant": participant, **days, **attributes}
    for name in (*REQUIRED_PARTICIPANT_COLUMNS, *attributes):
        faults.require(name, required[name])
    faults.refuse_earlier("left_on", days["left_on"], days["started_on"], LEFT_BEFORE_START)
    refused += faults.refused()
    found = []
    for index, row in enumerate(block.rows):
        who = participant.values[index]
        started_on, recorded_on, from_on, left_on = (days[name].values[index] for name in _DATES)
        if index in faults or who is None or started_on is None or recorded_on is None:
            unusable.update(filter(None, [who]))
            continue
        values = tuple(column.values[index] or "" for column in attributes.values())
        found.append(
            Person(
                who, from_on or started_on, recorded_on, started_on, left_on, values, number, row
            )
        )
    return found


def _agreed(
    rows: list[Person], blocks: Sequence[Block], refused: list[Refused], unusable: set[str]
) -> People:
    """The rows without those that contradict each other, and each once."""
    same: dict[tuple[object, ...], dict[tuple[object, ...], Person]] = {}
    contradictory: set[tuple[object, ...]] = set()
    for row in rows:
        stated = same.setdefault(row[:3], {})
        stated.setdefault(row.content, row)
        if len(stated) > 1:
            contradictory.add(row[:3])
    for row in rows:
        if row[:3] in contradictory:
            block = blocks[row.block]
            column = block.heading("participant")
            refused.append(
                Refused(block.file, block.sheet, row.row, column, CONTRADICTORY_PARTICIPANT)
            )
            unusable.add(row.participant)
    kept = [
        person
        for key, stated in same.items()
        if key not in contradictory
        for person in stated.values()
    ]
    standing = sum(row[:3] not in contradictory for row in rows)
    return People(
        sorted(kept, key=lambda row: row[:3]), refused, frozenset(unusable), standing - len(kept)
    )
