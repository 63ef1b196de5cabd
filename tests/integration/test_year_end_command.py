"""A year end on the command line: two years, the second on the file of the first."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands import Done
from tests.commands import run as run_command

FIXTURES = Path(__file__).parents[2] / "fixtures"
GIVEN = (
    *(f"{FIXTURES}/contracts/west_london_zone.yaml", f"{FIXTURES}/evidence/west_london_zone.xlsx"),
    *("--receipts", f"{FIXTURES}/receipts/west_london_zone.csv", "--leave-out-refused"),
)


def run(*words: str | Path) -> Done:
    return run_command("year-end", *GIVEN, *words)


def test_two_year_ends_on_the_command_line(tmp_path: Path) -> None:
    ledger = ("--ledger", FIXTURES / "ledgers" / "west_london_zone.yaml")
    first = ("--on", "2017-03-31", "--evidence-to", "2017-07-31", "--out", tmp_path / "2017")
    done = run(*first, *ledger)
    assert done.returncode == 0, done.stderr
    (filed,) = (tmp_path / "2017").glob("*.json")
    assert filed.name == "wlz-lbhf_year_end_2017-03-31_evidence_to_2017-07-31.json"
    second = ("--on", "2018-03-31", "--evidence-to", "2018-07-31", "--previous", filed)
    words = ("--framework", "SORP 2019", "--out", tmp_path / "2018")
    done = run(*second, *ledger, *words)
    assert done.returncode == 0, done.stderr
    assert "Income: £49,410.00 (since 2017-03-31, as filed" in done.stdout
    assert "Accrued income" in done.stdout
    assert "hold" in done.stdout
    assert "no accounting advice" in done.stdout
    # The same again is the same bytes, and stands there already.
    kept = {path.name: path.read_bytes() for path in (tmp_path / "2018").iterdir()}
    told = json.loads(run(*second, *ledger, *words, "--json").stdout)
    assert told["checks_hold"] is True
    assert sorted(told["written"]) == sorted(kept)
    assert {path.name: path.read_bytes() for path in (tmp_path / "2018").iterdir()} == kept


def test_what_cannot_be_drawn_up_ends_with_2_and_writes_nothing(tmp_path: Path) -> None:
    early = ("--on", "2018-03-31", "--evidence-to", "2018-03-01", "--out", tmp_path / "out")
    done = run(*early)
    assert done.returncode == 2
    assert "before the year end" in done.stderr
    assert not (tmp_path / "out").exists()
    done = run("--on", "2018-03-31", "--framework", "SORP 2005")
    assert (done.returncode, "SORP 2019" in done.stderr) == (2, True)
