"""The command line where it cannot write, cannot print, or meets what nobody foresaw: one sentence,
an exit code of its own, and JSON for whoever asked for JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.commands import run

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTRACT = FIXTURES / "contracts" / "west_london_zone.yaml"
EVIDENCE = FIXTURES / "evidence" / "west_london_zone.xlsx"
SETTLED = (EVIDENCE, "--as-of", "2017-04-30", "--leave-out-refused")


def run_by_itself(
    *words: str | Path, encoding: str = "utf-8", program: str = ""
) -> subprocess.CompletedProcess[str]:
    start = ["-c", program] if program else ["-m", "impactbond"]
    return subprocess.run(
        [sys.executable, *start, *map(str, words)],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        encoding=encoding,
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A folder with a file where a folder should be, and the other way round."""
    (tmp_path / "file").write_bytes(b"somebody's")
    (tmp_path / "q1.record").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("settle", *SETTLED, "--out", "file"), "a file stands where a folder should be"),
        (("record", *SETTLED, "--out", "q1.record"), "a folder stands there"),
        (("template", "--out", "file"), "another file stands there"),
        (("render", "--out", "file"), "another file stands there"),
        (("render", "--out", "n" * 300), "the name is too long"),
        (("render", "--out", "nowhere/c.md"), "no such file or directory"),
    ],
)
def test_what_cannot_be_written_is_told_in_words_and_as_json(
    filled: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str | Path, ...], told: str
) -> None:
    monkeypatch.chdir(filled)
    before = contents(filled)
    command, *rest = words
    if command == "render":
        done = run(command, CONTRACT, *rest)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 3
        assert done.stderr.endswith("Nothing was written.\n")
    as_json = run(command, CONTRACT, *rest, "--json")
    assert (as_json.returncode, as_json.stderr) == (2, "")
    [fault] = json.loads(as_json.stdout)["faults"]
    assert told in fault["problem"]
    assert contents(filled) == before


@pytest.mark.parametrize("name", ["", " "])
def test_no_name_is_not_the_folder_that_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for command, *words in (("settle", *SETTLED), ("record", *SETTLED), ("template",), ("render",)):
        found = run(command, CONTRACT, *words, "--out", name)
        assert found.returncode == 2
        assert "name a file or a folder" in found.stderr
    assert contents(tmp_path) == {}


def test_nothing_that_a_command_reads_is_written_over(tmp_path: Path) -> None:
    contract, evidence = tmp_path / "contract.yaml", tmp_path / "evidence.xlsx"
    contract.write_bytes(CONTRACT.read_bytes())
    evidence.write_bytes(EVIDENCE.read_bytes())
    before = contents(tmp_path)
    for words in (
        ("render", contract, "--out", contract),
        ("template", contract, "--out", contract),
        ("record", contract, evidence, *SETTLED[1:], "--out", evidence),
    ):
        done = run(*words, "--replace")
        assert done.returncode == 2, words
        assert "this is read by the same command" in done.stderr
    assert contents(tmp_path) == before


def test_a_claim_is_settled_again_into_a_folder_only_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    settle = ("settle", CONTRACT, *SETTLED, "--out", out)
    assert run(*settle).returncode == 0
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    statement = out / "wlz-lbhf_2017-Q1_lbhf.xlsx"
    statement.write_bytes(b"as it was issued")
    assert run(*settle).returncode == 2
    changed = run("verify", out)
    assert changed.returncode == 1
    assert "wlz-lbhf_2017-Q1_lbhf.xlsx: is not as it was written" in changed.stdout
    assert run(*settle, "--replace").returncode == 0
    told = json.loads(run("verify", out, "--json").stdout)
    assert told["same"] is True
    assert told["claims"] == ["wlz-lbhf / 2017-Q1"]
    lone = run("verify", statement)
    assert lone.returncode == 2
    assert "name the record of the statement" in " ".join(lone.stderr.split())


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-16"])
def test_any_code_page_takes_what_is_printed(encoding: str) -> None:
    done = run_by_itself("render", CONTRACT, encoding=encoding)
    assert (done.returncode, done.stderr.strip("\ufeff")) == (0, "")
    assert "West London Zone" in done.stdout


def test_json_is_json_in_any_code_page() -> None:
    done = run_by_itself("check", CONTRACT, "--json", encoding="cp437")
    assert json.loads(done.stdout)["contract"] == "wlz-lbhf"


def test_what_is_printed_to_a_full_disk_is_told() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "impactbond", "render", str(CONTRACT)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "The answer cannot be printed: there is no room for it.\n"


def test_a_wrong_command_is_told_as_json_where_json_was_asked() -> None:
    for words in (
        ("check", "--json"),
        ("check", CONTRACT, "--jsn", "--json"),
        ("settle", CONTRACT, EVIDENCE, "--as-of", "31/07/2026", "--out", "out", "--json"),
    ):
        done = run(*words)
        assert (done.returncode, done.stderr) == (2, "")
        assert json.loads(done.stdout)["error"]


BROKEN = """
from impactbond.cli.commands import app
from impactbond.cli.main import main

@app.command()
def broken(json: bool = False) -> None:
    {}["C-0001, Elm, 2017-02-01"]

main()
"""


def test_what_nobody_foresaw_is_one_line_without_the_row_that_met_it() -> None:
    done = run_by_itself("broken", program=BROKEN)
    assert (done.returncode, done.stdout) == (3, "")
    [line] = done.stderr.splitlines()
    assert "KeyError (cli/main.py, line " in line
    assert "C-0001" not in line
    as_json = run_by_itself("broken", "--json", program=BROKEN)
    assert (as_json.returncode, as_json.stderr) == (3, "")
    assert "KeyError" in json.loads(as_json.stdout)["error"]
    shown = run_by_itself("broken", "--debug", program=BROKEN)
    assert shown.returncode == 3
    assert "Traceback" in shown.stderr


ALIKE = """
from impactbond.cli.commands import app
from impactbond.cli.main import main
from impactbond.errors import EvidenceError, Fault

@app.command()
def broken(json: bool = False) -> None:
    blank = [Fault(sheet="S", row=row, column="slot", problem="blank") for row in range(2, 1300)]
    raise EvidenceError("No.", [*blank, Fault(sheet="S", row=700, column="day", problem="other")])

main()
"""


def test_rows_that_are_wrong_alike_hide_no_other_fault_and_json_has_them_all() -> None:
    done = run_by_itself("broken", program=ALIKE)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 1 + 20 + 1 + 1 + 1  # "No.", the first, how many more, the other, the end
    assert lines[21].strip() == "... and 1,278 more rows like these: --json lists every one."
    assert "column 'day'" in lines[22]
    assert (
        len(json.loads(run_by_itself("broken", "--json", program=ALIKE).stdout)["faults"]) == 1299
    )
