"""Pseudonyms are keyed hashes: the same for the same child, and nothing without the key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

import pytest

import impactbond as ib
from impactbond.cli.commands import app
from impactbond.errors import EvidenceError
from impactbond.evidence.pseudonyms import Key, replaced_references

SECRET = bytes(range(32))
PEOPLE = "Child,Name,Note\nC-1 ,Zebedee,a\nC-2,Quilla,\n,nobody,b\nC-1,Zebedee,c\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "keys").mkdir()
    (tmp_path / "data" / "people.csv").write_text(PEOPLE)
    return tmp_path


def test_a_pseudonym_is_the_hmac_of_the_reference() -> None:
    digest = hmac.new(SECRET, b"participant\0C-1", hashlib.sha256).digest()
    expected = "P-" + base64.b32encode(digest).decode()[:26]
    assert Key(SECRET).pseudonym(" C-1\u200b") == expected
    assert Key(SECRET).pseudonym("c-1") != expected
    assert SECRET.hex() not in repr(Key(SECRET))
    assert "\\x" not in f"{Key(SECRET)}"


def test_a_file_keeps_everything_but_references_and_what_is_dropped(place: Path) -> None:
    key = Key(SECRET)
    done = ib.pseudonymise(place / "data" / "people.csv", columns=["Child"], key=key, drop=["Name"])
    one, two = key.pseudonym("C-1"), key.pseudonym("C-2")
    assert done.content.decode() == f"Child,Note\n{one},a\n{two},\n,b\n{one},c\n"
    assert (done.rows, done.children) == (4, 2)
    (place / "data" / "again.csv").write_bytes(done.content)
    with pytest.raises(EvidenceError, match="a pseudonym already"):
        ib.pseudonymise(place / "data" / "again.csv", columns=["Child"], key=key)


@pytest.mark.parametrize(
    ("text", "mode", "code"),
    [
        ("password", 0o600, "weak_key"),
        ("impactbond key 1\n" + "00" * 32 + "\n", 0o600, "weak_key"),
        ("impactbond key 1\n" + SECRET[:16].hex() + "\n", 0o600, "weak_key"),
        ("impactbond key 1\n" + SECRET.hex() + "\n", 0o644, "key_not_private"),
    ],
)
def test_a_weak_or_open_key_is_refused(place: Path, text: str, mode: int, code: str) -> None:
    path = place / "keys" / "key"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(EvidenceError) as raised:
        ib.read_key(path)
    assert [fault.code for fault in raised.value.faults] == [code]
    assert text.split()[-1] not in str(raised.value)


def run(place: Path, *words: str) -> None:
    given = ["pseudonymise", str(place / "data" / "people.csv"), "--column", "Child"]
    app([*given, *words], standalone_mode=False)


def test_the_command_makes_a_key_apart_and_rotates_it(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "out").mkdir()
    old, new, links = (str(place / "keys" / name) for name in ("old", "new", "links.csv"))
    first, second = place / "out" / "first.csv", place / "out" / "second.csv"
    run(place, "--key", old, "--new-key", "--out", str(first))
    assert Path(old).stat().st_mode & 0o077 == 0
    run(place, "--key", new, "--new-key", "--old-key", old, "--links", links, "--out", str(second))
    shown = capsys.readouterr().out
    assert "children 2" in shown
    for key in (old, new):
        assert ib.read_key(key).secret.hex() not in shown + first.read_text() + second.read_text()
    # What was replaced with the old key says after the links what is replaced with the new one.
    assert "C-1" not in Path(links).read_text()
    moved = replaced_references(first, columns=["Child"], links=links)
    assert moved.content == second.read_bytes()
    with pytest.raises(EvidenceError, match="Keep the key in a folder of its own"):
        run(place, "--key", str(place / "out" / "key"), "--new-key", "--out", str(first))
    assert not (place / "out" / "key").exists()
