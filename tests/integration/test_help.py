"""Help: what it says is so, and every example in it runs as it stands."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from hashlib import sha256
from pathlib import Path

import pytest
from tests.commands import Done, run
from tests.evidence_workbooks import few_children

from impactbond.cli.commands import EXAMPLES
from impactbond.version import __version__

ROOT = Path(__file__).parents[2]
FIXTURES, DOCS = ROOT / "fixtures", ROOT / "docs"
AUDITORS = (DOCS / "auditors.md").read_text("utf-8")
COMMANDS = re.findall(r"\| `(impactbond [^`]*)`", AUDITORS)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that an example reads, by the name that it has there."""
    folder = tmp_path_factory.mktemp("desk")
    for name, source in (
        ("contract.yaml", "contracts/west_london_zone.yaml"),
        ("bank.csv", "receipts/west_london_zone.csv"),
        ("area.yaml", "areas/new_borough.yaml"),
    ):
        shutil.copy(FIXTURES / source, folder / name)
    few_children(folder / "evidence.xlsx")
    (folder / "who.txt").write_text("C-0071\n", encoding="utf-8")
    (folder / "people.csv").write_text("child\nC-1\nC-2\n", encoding="utf-8")
    (folder / "answers.csv").write_text("q1,q2,q3,q4,q5\n5,4,3,2,1\n", encoding="utf-8")
    given = (folder / "contract.yaml", folder / "evidence.xlsx", "--leave-out-refused")
    first, second = folder / "q1.record", folder / "q2.record"
    assert run("record", *given, "--as-of", "2017-01-31", "--out", first).returncode == 0
    later = ("--as-of", "2017-04-30", "--earlier", first, "--out", second)
    assert run("record", *given, *later).returncode == 0
    sent = folder / "sent"
    assert run("settle", *given, "--as-of", "2017-01-31", "--out", sent).returncode == 0
    shutil.copy(sent / "wlz-lbhf_2016-Q4_all_funders.xlsx", folder / "q1.xlsx")
    view = ("--funder", "trust", "--out", folder / "theirs.record")
    assert run("record", *given, "--as-of", "2017-01-31", *view).returncode == 0
    return folder


def answer(
    command: str, desk: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, *, writes: bool = False
) -> Done:
    """What a command of a document comes to, in a folder that has every file that it reads."""
    for path in desk.iterdir():
        if not (writes and path.suffix == ".record"):
            (folder / path.name).symlink_to(path)
    monkeypatch.chdir(folder)
    return run(*command.split()[1:])


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "demo"])  # the README's
def test_an_example_of_help_runs_as_it_stands(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    command = EXAMPLES[name].removeprefix("Such as: ")
    done = answer(command, desk, tmp_path, monkeypatch, writes=name == "record")
    # Two records that differ, and files with other content than each other, are an answer too.
    assert (done.returncode, done.stderr) in ((0, ""), (1, "")), done.stderr
    assert done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_question_of_the_auditors_page_is_answered(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    digest = sha256((desk / "q1.record").read_bytes()).hexdigest()
    done = answer(command.replace("DIGEST", digest), desk, tmp_path, monkeypatch)
    assert (done.returncode, done.stderr) == (1 if " compare " in f" {command} " else 0, "")
    assert done.stdout


def test_the_auditors_page_names_every_part_of_a_record(desk: Path) -> None:
    parts = {
        one["name"] for one in json.loads(run("show", desk / "q1.record", "--json").stdout)["parts"]
    }
    named = re.findall(r"^\| `([^`…]*)", AUDITORS, flags=re.MULTILINE)
    assert not [part for part in parts if not any(part.startswith(one) for one in named if one)]


def test_the_page_on_embedding_runs_as_it_stands(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk)
    blocks = re.findall(
        r"```python\n(.*?)```", (DOCS / "embedding.md").read_text("utf-8"), re.DOTALL
    )
    assert len(blocks) == 5
    with warnings.catch_warnings():  # the page leaves closing its streams to Python
        warnings.simplefilter("ignore", ResourceWarning)
        exec("\n".join(blocks), {})


def test_help_groups_the_commands_and_shows_an_example_of_each() -> None:
    told = run("--help").stdout
    for heading in ("For finance teams", "For auditors", "For modellers", "For contracts"):
        assert heading in told
    for name, example in EXAMPLES.items():
        assert f"│ {name} " in told
        shown = " ".join(run(name, "--help").stdout.split())
        assert " ".join(example.split()) in shown


def test_the_version_is_told() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"impactbond {__version__}\n")


def test_an_answer_is_written_where_it_is_asked_for_and_over_nothing_else(
    desk: Path, tmp_path: Path
) -> None:
    printed = run("show", desk / "q1.record").stdout
    out = tmp_path / "answer.txt"
    assert run("show", desk / "q1.record", "--out", out).returncode == 0
    assert out.read_text(encoding="utf-8") == printed
    refused = run("compare", desk / "q1.record", desk / "q2.record", "--out", out)
    assert refused.returncode == 2
    assert "another file stands there" in refused.stderr
    assert out.read_text(encoding="utf-8") == printed
    as_json = tmp_path / "answer.json"
    assert run("show", desk / "q1.record", "--out", as_json).returncode == 0
    assert as_json.read_text(encoding="utf-8") == run("show", desk / "q1.record", "--json").stdout
