"""Records that somebody changed and sealed again: every digest fits, and the parts hold anything.

Whatever is asked of such a record is answered, or refused in our own words: no other exception, and
no value of a child.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from tests.spec.drawn_tables import settled
from tests.unit.test_record_tampering import EVIDENCE, SECRETS, parts, with_digests

import impactbond as ib
from impactbond.canonical import zip_bytes
from impactbond.errors import ImpactBondError, RecordError
from impactbond.settlement.settlement import Settlement

MUTANTS = int(os.environ.get("IMPACTBOND_MUTANTS", "40"))
STATEMENT = "statements/specification_2017-Q1_council.xlsx"
NUMBERS = (b"-1", b"9223372036854775807", b"99999999999999999999", b"1e308", b"NaN", b"0x10", b"")
DATES = (b"0000-00-00", b"9999-12-31", b"0001-01-01", b"31/07/2018", b"2018-02-30")
TEXTS = (b"\xff\xfe", b"\xc3", b"\x00", b'"', b"'", b"\r", b"=1+1", b"x" * 200_000, b"no such")
VALUES = (None, True, -1, 10**400, 1.5, "", "\udc80", [], {}, [[]], {"a": [1]}, "9999-12-31")


def _cell(content: bytes, chance: Random) -> bytes:
    """One cell of a CSV part as something else."""
    lines = content.split(b"\n")
    place = chance.randrange(len(lines))
    cells = lines[place].split(b",")
    cells[chance.randrange(len(cells))] = chance.choice((*NUMBERS, *DATES, *TEXTS))
    lines[place] = b",".join(cells)
    return b"\n".join(lines)


def _row(content: bytes, chance: Random) -> bytes:
    """A row gone, doubled, or moved to the end."""
    lines = content.rstrip(b"\n").split(b"\n")
    row = lines.pop(chance.randrange(len(lines)))
    return b"\n".join([*lines, *[row] * chance.randrange(3)]) + b"\n"


def _byte(content: bytes, chance: Random) -> bytes:
    changed = bytearray(content or b"\0")
    for _ in range(chance.randrange(1, 5)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(content: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _packed(content: bytes, chance: Random) -> bytes:
    """Something else in place of the part: compressed, deep, no text, nothing."""
    deep = b"[" * 100_000 + b"]" * 100_000
    return chance.choice((zlib.compress(content), deep, b"\x80" * 50, b"", b"{}", b"null", b"[1]"))


CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (_cell, _cell, _row, _byte, _cut, _packed)


def mutant(seed: int) -> bytes:
    """A record with a seeded change of one part, or of one value of the manifest, sealed again."""
    chance, changed = Random(seed), dict(parts())
    name = chance.choice(sorted(changed))
    if name == "manifest.json":
        manifest = json.loads(changed[name])
        _change_value(manifest, chance)
        return zip_bytes(changed | {name: json.dumps(manifest).encode()})
    if chance.random() < 0.1:
        del changed[name]
    else:
        changed[name] = chance.choice(CHANGES)(changed[name], chance)
    return zip_bytes(with_digests(changed))


def _change_value(manifest: dict[str, Any], chance: Random) -> None:
    inside, key = manifest, chance.choice(sorted(manifest.keys() - {"parts"}))
    if isinstance(manifest[key], dict) and chance.random() < 0.7:
        inside = manifest[key]
        key = chance.choice(sorted(inside))
    inside[key] = chance.choice(VALUES)


@cache
def later() -> Settlement:
    return settled("", EVIDENCE, "2017-07-31")


def asked(record: Path, good: Path, workbook: Path) -> list[Callable[[], object]]:
    """Everything that can be asked of a record."""
    contract, evidence = later().contract, later().evidence
    following = record.with_name("next.record")
    return [
        lambda: ib.regenerate(record).text,
        lambda: ib.compare(record, good).text,
        lambda: ib.compare(good, record).as_dict(),
        lambda: ib.verify(workbook, record).text,
        lambda: ib.read_record(record).view("council"),
        lambda: ib.read_record(record).receipts,
        lambda: ib.settle(contract, evidence, as_of="2017-07-31", earlier=record),
        lambda: ib.write_record(later(), following, previous=record),
    ]


def refusal_of(ask: Callable[[], object]) -> ImpactBondError | None:
    """The refusal in our own words, if it is none of an answer; any other exception goes on."""
    try:
        ask()
    except ImpactBondError as error:
        return error
    return None


def test_whatever_is_sealed_again_ends_in_an_answer_or_in_an_error_of_ours(tmp_path: Path) -> None:
    good, record, workbook = (tmp_path / name for name in ("good", "sealed", "council.xlsx"))
    good.write_bytes(zip_bytes(parts()))
    workbook.write_bytes(parts()[STATEMENT])
    questions, refused = asked(record, good, workbook), 0
    for seed in range(MUTANTS):
        record.write_bytes(mutant(seed))
        (tmp_path / "next.record").unlink(missing_ok=True)
        try:
            error = refusal_of(questions[seed % len(questions)])
        except Exception as unforeseen:
            pytest.fail(f"seed {seed}: {unforeseen!r}")
        if error is not None:
            refused += 1
            assert not [one for one in SECRETS if one in str(error)], seed
            assert error.__suppress_context__ or error.__context__ is None, seed
    assert refused > MUTANTS / 4


def test_a_record_that_unpacks_to_more_than_it_is_is_refused_before_it_is_unpacked(
    tmp_path: Path,
) -> None:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as file:
        file.writestr("manifest.json", b" " * 10_000_000)  # some 10,000 bytes when packed
    path = tmp_path / "small.record"
    path.write_bytes(content.getvalue())
    with pytest.raises(RecordError, match="its parts are larger than the file"):
        ib.read_record(path)


def test_a_closed_line_of_a_milestone_that_no_contract_has_cannot_be_settled_on(
    tmp_path: Path,
) -> None:
    lines = parts()["results/lines.csv"].replace(b",consent,", b",concert,")
    sealed = zip_bytes(with_digests(parts() | {"results/lines.csv": lines}))
    (tmp_path / "sealed.record").write_bytes(sealed)
    with pytest.raises(RecordError, match="what its parts hold does not fit together"):
        ib.settle(
            later().contract,
            later().evidence,
            as_of="2017-07-31",
            earlier=tmp_path / "sealed.record",
        )


def test_a_closed_line_that_was_made_dearer_is_not_what_the_record_asked_for(
    tmp_path: Path,
) -> None:
    # £200.00 were asked for, £100.00 for each of two; the sealed lines say £200.00 and £100.00.
    lines = parts()["results/lines.csv"].replace(b",10000,0,10000,", b",20000,0,20000,", 1)
    sealed = zip_bytes(with_digests(parts() | {"results/lines.csv": lines}))
    (tmp_path / "sealed.record").write_bytes(sealed)
    with pytest.raises(RecordError, match=r"2017-Q1 was settled at £200\.00 and .* at £300\.00"):
        ib.settle(
            later().contract,
            later().evidence,
            as_of="2017-07-31",
            earlier=tmp_path / "sealed.record",
        )
