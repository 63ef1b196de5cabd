"""Records: any changed, missing, swapped or extra part is found, and so is any changed byte."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from tests.spec.drawn_tables import settled

from impactbond.canonical import json_bytes, sha256, zip_bytes
from impactbond.errors import RecordError
from impactbond.records.record import Record, read_record, record_bytes

EVIDENCE = """
    child        | metric  | on         | value | recorded
    secret-77    | consent | 2017-02-01 | yes   | 2017-02-01
    secret-78    | consent | 2017-02-01 | yes   | 2017-02-11
    secret-78    | sdq     | 2017-02-01 | 37    | 2017-02-11
"""
SECRETS = ("secret-7", "Elm")
Parts = dict[str, bytes]


@cache
def kept() -> bytes:
    return record_bytes(settled("", EVIDENCE, "2017-04-30"))


@cache
def parts() -> Parts:
    with ZipFile(BytesIO(kept())) as file:
        return {name: file.read(name) for name in file.namelist()}


def read(content: bytes, folder: Path) -> Record:
    path = folder / "kept.record"
    path.write_bytes(content)
    return read_record(path)


def refusal(content: bytes, folder: Path) -> str:
    """What is said of a record that is not as it was, which never holds a child's id or value."""
    with pytest.raises(RecordError) as caught:
        read(content, folder)
    told = str(caught.value)
    assert not [secret for secret in SECRETS if secret in told]
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return told


def with_digests(changed: Parts) -> Parts:
    """The parts with a manifest that fits them: what somebody would make who knows how."""
    manifest = json.loads(changed["manifest.json"])
    manifest["parts"] = [
        {"name": name, "sha256": sha256(content), "size": len(content)}
        for name, content in sorted(changed.items())
        if name != "manifest.json"
    ]
    return changed | {"manifest.json": json_bytes(manifest)}


def test_every_single_changed_byte_is_found(tmp_path: Path) -> None:
    drawn = random.Random(20_180_131)
    content = kept()
    places = drawn.sample(range(len(content)), 200)
    # Headings are few among the bytes of the parts: all of the first, and the list at the end.
    places += [*range(60), *range(len(content) - 400, len(content))]
    for place in places:
        changed = bytearray(content)
        changed[place] ^= drawn.randrange(1, 256)
        refusal(bytes(changed), tmp_path)
    assert read(content, tmp_path).digest == sha256(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content + b"\0",
        lambda content: b"\0" + content,
        lambda content: content * 2,
        lambda content: b"",
        lambda content: b"not a record",
    ],
    ids=["cut by one", "cut in half", "longer", "shifted", "doubled", "empty", "other"],
)  # fmt: skip
def test_a_record_cut_or_lengthened_is_found(
    change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    refusal(change(kept()), tmp_path)


def test_a_changed_part_is_named(tmp_path: Path) -> None:
    line = parts()["results/lines.csv"].replace(b"10000", b"90000")
    told = refusal(zip_bytes(parts() | {"results/lines.csv": line}), tmp_path)
    assert "the part 'results/lines.csv' is not the one that was kept" in told
    damaged = kept().replace(b"2017-Q1/0001,2017-Q1,2017-04-30", b"2017-Q1/0001,2017-Q1,2017-04-29")
    assert "the part 'results/lines.csv' is damaged" in refusal(damaged, tmp_path)


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    left = {name: content for name, content in parts().items() if name != "holidays.json"}
    assert "the part 'holidays.json' is missing" in refusal(zip_bytes(left), tmp_path)
    bare = {name: content for name, content in parts().items() if name != "manifest.json"}
    assert "there is no part 'manifest.json'" in refusal(zip_bytes(bare), tmp_path)


def test_swapped_parts_are_both_named(tmp_path: Path) -> None:
    one, other = "results/lines.csv", "results/shares.csv"
    told = refusal(zip_bytes(parts() | {one: parts()[other], other: parts()[one]}), tmp_path)
    assert f"the part '{one}' is not the one that was kept" in told
    assert f"the part '{other}' is not the one that was kept" in told


def test_an_extra_part_is_named(tmp_path: Path) -> None:
    told = refusal(zip_bytes(parts() | {"notes.txt": b"paid already"}), tmp_path)
    assert "the part 'notes.txt' does not belong to the record" in told


def test_a_part_that_is_there_twice_is_named(tmp_path: Path) -> None:
    content = BytesIO(kept())
    with ZipFile(content, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("holidays.json", parts()["holidays.json"])
    assert "the part 'holidays.json' is there twice" in refusal(content.getvalue(), tmp_path)


def test_the_same_parts_packed_otherwise_are_not_the_record(tmp_path: Path) -> None:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as file:
        for name, part in parts().items():
            file.writestr(name, part)
    told = refusal(content.getvalue(), tmp_path)
    assert "the heading of the part 'contract.yaml' is not as it was written" in told
    commented = BytesIO(kept())
    with ZipFile(commented, "a") as file:
        file.comment = b"looked at by me"
    told = refusal(commented.getvalue(), tmp_path)
    assert "the list of parts is not as it was written" in told


@pytest.mark.parametrize("version", [0, 2, "1", None, True])
def test_another_format_is_refused_by_its_version(version: object, tmp_path: Path) -> None:
    manifest = json.loads(parts()["manifest.json"]) | {
        "impactbond_record": version,
        "engine": "9.1",
    }
    told = refusal(zip_bytes(parts() | {"manifest.json": json_bytes(manifest)}), tmp_path)
    if version is not True:
        assert f"the record is of format {version!r}, made by engine '9.1'" in told
        assert "allowed: format 1" in told


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"{", b"\xff", b'{"impactbond_record": 1}', b"[" * 100_000]
)
def test_a_manifest_that_is_none_is_refused(manifest: bytes, tmp_path: Path) -> None:
    refusal(zip_bytes(parts() | {"manifest.json": manifest}), tmp_path)


@pytest.mark.parametrize(
    ("part", "was", "is_"),
    [
        ("evidence/observations.csv", b"2017-02-11", b"11/02/2017"),
        ("evidence/participants.csv", b"secret-77", b'"secret-77"'),
        ("evidence/refused.csv", b"file,", b"fila,"),
        ("results/lines.csv", b"10000", b"10_000"),
        ("holidays.json", b"2017-", b"17-"),
        ("holidays.json", b"[", b"{"),
    ],
)
def test_a_part_made_anew_that_is_not_as_records_are_written_is_named(
    part: str, was: bytes, is_: bytes, tmp_path: Path
) -> None:
    changed = with_digests(parts() | {part: parts()[part].replace(was, is_)})
    record = read(zip_bytes(changed), tmp_path)
    with pytest.raises(RecordError, match=f"the part '{part}' is not as records are") as caught:
        print(record.evidence, record.holidays, record.lines_table)
    assert not [secret for secret in SECRETS if secret in str(caught.value)]
    assert caught.value.__suppress_context__


def test_a_contract_that_is_refused_now_names_both_engines(tmp_path: Path) -> None:
    text = parts()["contract.yaml"].replace(b"price: 100.00", b"prize: 100.00")
    record = read(zip_bytes(with_digests(parts() | {"contract.yaml": text})), tmp_path)
    with pytest.raises(RecordError, match="refuses the contract that engine") as caught:
        print(record.contract)
    assert "unknown key 'prize'" in str(caught.value)
