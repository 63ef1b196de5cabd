"""One changed byte anywhere in a record, or in the workbook of a statement, is found and placed.

The suite draws a few hundred changes; `IMPACTBOND_CHANGES=10000` draws as many as it says.
"""

from __future__ import annotations

import os
import random
import re
from functools import cache
from pathlib import Path

import pytest
from tests.spec.drawn_tables import settled

from impactbond.errors import RecordError, StatementError
from impactbond.records.record import Record, read_record, record_bytes
from impactbond.records.verify import verify_content

CHANGES = int(os.environ.get("IMPACTBOND_CHANGES", "400"))
SECRET = "secret-77"
EVIDENCE = f"""
    child     | metric  | on         | value | recorded
    {SECRET}  | consent | 2017-02-01 | yes   | 2017-02-01
    secret-78 | consent | 2017-02-01 | yes   | 2017-02-11
"""
TERMS = "funding: [{for: every milestone, shares: {council: 1/3, school: the rest}}]"
NAME = "specification_2017-Q1_all_funders.xlsx"
PLACED = re.compile(r"part b?['\"]|list of parts|the record is of format")


@cache
def kept() -> bytes:
    return record_bytes(settled(TERMS, EVIDENCE, "2017-04-30"))


def changed(content: bytes, drawn: random.Random) -> bytes:
    """The bytes with one of them, anywhere, turned into another."""
    place = drawn.randrange(len(content))
    found = bytearray(content)
    found[place] ^= drawn.randrange(1, 256)
    return bytes(found)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    path = tmp_path / "kept.record"
    path.write_bytes(kept())
    return read_record(path)


def test_every_changed_byte_of_a_record_is_found_and_placed(tmp_path: Path) -> None:
    drawn = random.Random(20_170_430)
    path = tmp_path / "changed.record"
    for _ in range(CHANGES // 2):
        path.write_bytes(changed(kept(), drawn))
        with pytest.raises(RecordError) as caught:
            read_record(path)
        told = str(caught.value)
        assert PLACED.search(told), told
        assert SECRET not in told


def test_every_changed_byte_of_a_workbook_is_found_and_placed(record: Record) -> None:
    drawn = random.Random(20_170_431)
    content = record.parts[f"statements/{NAME}"]
    for _ in range(CHANGES // 2):
        try:
            found = verify_content(changed(content, drawn), NAME, record, again=False)
        except StatementError as error:
            told = str(error)
        else:
            assert not found.identical
            assert found.differences or found.file_differences
            told = found.text
        assert PLACED.search(told) or re.search(r"\w!\w", told), told
        assert SECRET not in told
