"""Every command that writes, where it cannot: one sentence, exit code 2, and all as it was before.

The commands are those of the command line itself, so that a new one cannot be forgotten here. The
suite tries each place to write in one way, `python -m tests.long writing` in all of them.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from tests.commands import run
from tests.evidence_workbooks import AREA, CONTRACT, FEB, MAR, write_book
from typer.main import get_command

from impactbond.cli.commands import app

SETTLED = ("contract.yaml", "evidence.xlsx", "--as-of", "2017-04-30")
BY_KEY = ("pseudonymise", "people.csv", "--column", "child", "--key", "keys/new.key")
DRAWN = ("simulate", "contract.yaml", "area.yaml", "--trials", "20")
RECONCILED = ("page", "reconciliation", *SETTLED, "--receipts", "bank.csv")
ROTATED = (*BY_KEY, "--old-key", "old/old.key")
# How each place to write is asked for; PLACE is put there.
CALLS: dict[tuple[str, str], tuple[str, ...]] = {
    ("demo", "--out"): ("demo", "--out", "PLACE"),
    ("settle", "--out"): ("settle", *SETTLED, "--out", "PLACE"),
    ("explain", "--out"): ("explain", *SETTLED, "--participant", "C-1", "--out", "PLACE"),
    ("reconcile", "--out"): ("reconcile", *SETTLED, "--receipts", "bank.csv", "--out", "PLACE"),
    ("plan", "--out"): ("plan", *SETTLED, "--out", "PLACE"),
    ("template", "--out"): ("template", "contract.yaml", "--out", "PLACE"),
    ("map", "--out"): ("map", "answers.csv", "--out", "PLACE"),
    ("check-evidence", "--marked"): ("check-evidence", *SETTLED[:2], "--marked", "PLACE"),
    ("check-evidence", "--refused"): ("check-evidence", *SETTLED[:2], "--refused", "PLACE"),
    ("score", "--out"): ("score", "answers.csv", "--instrument", "who-5", "--out", "PLACE"),
    ("identify", "--out"): ("identify", *SETTLED, "--condition", "signed", "--out", "PLACE"),
    ("pseudonymise", "--out"): (*BY_KEY, "--out", "PLACE"),
    ("pseudonymise", "--links"): (*ROTATED, "--out", "out.csv", "--links", "PLACE"),
    ("publish", "--out"): ("publish", *SETTLED, "--out", "PLACE"),
    ("publish", "--log"): ("publish", *SETTLED, "--out", "published", "--log", "PLACE"),
    ("year-end", "--out"): ("year-end", *SETTLED[:2], "--on", "2017-03-31", "--out", "PLACE"),
    ("up-front", "--out"): ("up-front", "contract.yaml", "first", "--out", "PLACE"),
    ("record", "--out"): ("record", *SETTLED, "--out", "PLACE"),
    ("record", "--carry"): ("record", *SETTLED, "--out", "q2.record", "--carry", "PLACE"),
    ("show", "--out"): ("show", "q1.record", "--out", "PLACE"),
    ("regenerate", "--out"): ("regenerate", "q1.record", "--out", "PLACE"),
    ("compare", "--out"): ("compare", "q1.record", "q1.record", "--out", "PLACE"),
    ("forget", "--out"): ("forget", "q1.record", "--participants", "who.txt", "--out", "PLACE"),
    ("learn", "--out"): ("learn", *SETTLED, "--out", "PLACE"),
    ("simulate", "--out"): (*DRAWN, "--out", "PLACE"),
    ("simulate", "--paths"): (*DRAWN, "--paths", "PLACE"),
    ("new", "FILE"): ("new", "PLACE"),
    ("render", "--out"): ("render", "contract.yaml", "--out", "PLACE"),
    ("page programme", "--out"): ("page", "programme", *SETTLED, "--out", "PLACE"),
    ("page statement", "--out"): ("page", "statement", *SETTLED, "--out", "PLACE"),
    ("page reconciliation", "--out"): (*RECONCILED, "--out", "PLACE"),
}
# What a command wrote elsewhere before it was refused here, and says so.
BEFORE = {
    ("publish", "--log"): "small_2017-Q1_public.xlsx",
    ("record", "--carry"): "q2.record",
}
# What the suite does not wait for, because it settles or draws before it writes.
SLOW = (
    *("demo", "explain", "reconcile", "plan", "identify", "record", "regenerate", "compare"),
    *("forget", "learn", "simulate", "page programme", "page statement", "page reconciliation"),
)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the commands read."""
    folder = tmp_path_factory.mktemp("given")
    conditions = "conditions:\n  signed: {observed: consent, in: year}\nmilestones:"
    first = "{pay: 5.00, on: 2017-01-03, by: {council: 100%}, recovered: {at: 40%}}"
    (folder / "contract.yaml").write_text(
        CONTRACT.replace("milestones:", conditions) + f"\ntranches:\n  first: {first}\n"
    )
    (folder / "who.txt").write_text("C-1\n")
    forms = [("F1", "C-1", FEB, MAR, None, "parent", "scan", "yes")]
    write_book(folder / "evidence.xlsx", {"Forms": forms})
    (folder / "area.yaml").write_text(AREA)
    (folder / "bank.csv").write_text(
        "receipt,funder,received_on,amount\nB-1,council,2017-06-01,5\n"
    )
    (folder / "answers.csv").write_text("child,q1,q2,q3,q4,q5\nC-1,1,2,3,4,5\n")
    (folder / "people.csv").write_text("child\nC-1\nC-2\n")
    for name in ("keys/new.key", "old/old.key"):
        words = ("--key", name, "--new-key", "--out", f"{name[:3]}.csv")
        with pytest.MonkeyPatch.context() as here:
            here.chdir(folder)
            made = run("pseudonymise", "people.csv", "--column", "child", *words)
            assert made.returncode == 0, made.stderr
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        made = run("record", *SETTLED, "--out", "q1.record")
    assert made.returncode == 0, made.stderr
    (folder / "a file").write_bytes(b"somebody's")
    (folder / "a folder").mkdir()
    return folder


def places_to_write() -> Iterator[tuple[str, str]]:
    """Every option, or argument, of the command line that says where to write."""

    def of(command: object, name: str) -> Iterator[tuple[str, str]]:
        for inside, one in getattr(command, "commands", {}).items():
            yield from of(one, f"{name} {inside}".strip())
        parameters = getattr(command, "params", [])
        if any(one.name == "replace" for one in parameters):
            outs = [one for one in parameters if one.metavar == "<path>"]
            yield from ((name, one.opts[0]) for one in outs)
            if not outs:
                yield from ((name, one.name.upper()) for one in parameters if one.required)

    return of(get_command(app), "")


def test_every_place_to_write_is_tried_here() -> None:
    assert set(places_to_write()) == set(CALLS)


@contextmanager
def no_room() -> Iterator[None]:
    """Files may hold ten bytes; a disk that is full fails at the same calls."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def contents(folder: Path) -> dict[str, bytes | None]:
    found = sorted(folder.rglob("*"))
    return {str(path): path.read_bytes() if path.is_file() else None for path in found}


# Each way in which a place cannot be written to, and what is said of it.
WAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "no room": ("a folder/new", ("the system takes no file of that size",)),
    "a file for a folder": ("a file/new", ("a file stands where a folder should be",)),
    "a folder that nobody may write to": (
        "/sys/new",
        ("the system does not let you write here", "the disk may only be read", "no such file"),
    ),
}


def tried(call: tuple[str, str], way: str, folder: Path, *, as_json: bool) -> None:
    place, sentences = WAYS[way]
    ending = {"--marked": ".xlsx", "--out": ".html" if "page" in call[0] else ""}.get(call[1], "")
    words = [f"{place}{ending}" if word == "PLACE" else word for word in CALLS[call]]
    before = contents(folder)
    with no_room() if way == "no room" else nullcontext():
        done = run(*words, *(["--json"] if as_json else []))
    told = done.stdout + done.stderr
    assert done.returncode == 2, (words, told)
    assert any(sentence in told for sentence in sentences), (words, told)
    assert "Traceback" not in told
    left = {path: held for path, held in contents(folder).items() if path not in before}
    is_before = call in BEFORE and way != "no room"
    if as_json:
        assert json.loads(told)["faults"]
    assert ("Nothing was written." in told) == (not as_json and not is_before), told
    if is_before:
        assert BEFORE[call] in told
        assert any(path.endswith(BEFORE[call]) for path in left)
        for path in sorted(map(Path, left), reverse=True):  # the next way finds what the first did
            path.rmdir() if path.is_dir() else path.unlink()
    else:
        assert left == {}
    assert {path: contents(folder)[path] for path in before} == before


@pytest.mark.parametrize("call", [call for call in CALLS if call[0] not in SLOW], ids=" ".join)
def test_what_cannot_be_written_is_told_and_nothing_is_changed(
    call: tuple[str, str], given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(given)
    at = list(CALLS).index(call)
    tried(call, list(WAYS)[at % len(WAYS)], given, as_json=bool(at % 2))


@pytest.mark.long
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_no_place_can_be_written_to_in_any_of_these_ways(
    call: tuple[str, str], given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(given)
    for way in WAYS:
        for as_json in (False, True):
            tried(call, way, given, as_json=as_json)
