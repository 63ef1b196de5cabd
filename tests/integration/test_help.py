"""Help: what it says is so, and every example in it runs as it stands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.commands import run

from impactbond.cli.help import EXAMPLES
from impactbond.version import __version__

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that an example reads, by the name that it has there."""
    folder = tmp_path_factory.mktemp("desk")
    for name, source in (
        ("contract.yaml", "contracts/west_london_zone.yaml"),
        ("evidence.xlsx", "evidence/west_london_zone.xlsx"),
        ("bank.csv", "receipts/west_london_zone.csv"),
        ("area.yaml", "areas/new_borough.yaml"),
    ):
        shutil.copy(FIXTURES / source, folder / name)
    given = (folder / "contract.yaml", folder / "evidence.xlsx", "--leave-out-refused")
    for quarter, day in (("q1", "2017-01-31"), ("q2", "2017-04-30")):
        record = ("record", *given, "--as-of", day, "--out", folder / f"{quarter}.record")
        assert run(*record).returncode == 0
    sent = folder / "sent"
    assert run("settle", *given, "--as-of", "2017-01-31", "--out", sent).returncode == 0
    (sent / "wlz-lbhf_2016-Q4_all_funders.xlsx").rename(folder / "q1.xlsx")
    return folder


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_help_runs_as_it_stands(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for path in desk.iterdir():
        if path.is_file() and not (name == "record" and path.suffix == ".record"):
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    _, words = EXAMPLES[name].split("impactbond ")
    done = run(*words.split())
    # Two records that differ, and files with other content than each other, are an answer too.
    assert (done.returncode, done.stderr) in ((0, ""), (1, "")), done.stderr
    assert done.stdout


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
