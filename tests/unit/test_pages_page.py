"""The page on pages: its examples run, and it names every column of journeys."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pyarrow.compute as pc
import pytest
from tests.spec.drawn_tables import contract_text, settled
from tests.unit.test_pages import AS_OF, EVIDENCE, TERMS
from typer.testing import CliRunner

from impactbond.cli.commands import app
from impactbond.errors import PageError, StatementError
from impactbond.explanation.journeys import JOURNEYS, PARTS, journeys

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "pages.md").read_text("utf-8")


def test_the_examples_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    os.symlink(ROOT / "fixtures", tmp_path / "fixtures")
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL))
    exec(compile(code, "pages.md", "exec"), {})
    assert "2 explained" in capsys.readouterr().out
    sizes = {path.name: path.stat().st_size for path in tmp_path.glob("*.html")}
    assert sizes.keys() == {"programme.html", "statement_lbhf.html", "receipts.html"}
    assert max(sizes.values()) < 2_000_000


def test_the_page_names_every_column() -> None:
    assert not [name for name in (*JOURNEYS.names, *PARTS.names) if f"`{name}`" not in PAGE]


def test_journeys_are_what_was_settled_and_what_can_still_be_earned() -> None:
    settlement = settled(TERMS, EVIDENCE, AS_OF)
    told = journeys(settlement)
    assert "C-" not in repr(told)
    table = told.table
    decided = settlement.decisions_table
    names = ["participant", "milestone", "verdict", "reason", "achieved_on", "known_on"]
    assert table.select(names).to_pylist() == decided.to_pylist()
    assert pc.sum(table["entitled_pence"]).as_py() == 10_000
    # Two consents at £100.00 and three readings at £200.00 can still come.
    assert pc.sum(table["worth_pence"]).as_py() == 80_000
    parts = told.parts_table.to_pylist()
    [ada] = [one for one in parts if one["participant"] == "C-ADA" and one["funder"] == "lottery"]
    assert (ada["share"], ada["worth_pence"], ada["amount_pence"]) == ("50%", 10_000, None)
    paid = sorted((one["funder"], one["amount_pence"]) for one in parts if one["amount_pence"])
    assert paid == [("council", 6_000), ("school: Elm", 4_000)]


def test_the_commands_write_pages_and_refuse_a_stranger(tmp_path: Path) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text(contract_text(TERMS), "utf-8")
    people, seen = tmp_path / "people.csv", tmp_path / "seen.csv"
    people.write_text(
        "participant,started_on,recorded_on,school,borough\nC-1,2017-01-09,2017-01-09,Elm,north\n"
    )
    seen.write_text(
        "observation,participant,metric,observed_on,recorded_on,value\n"
        "O1,C-1,consent,2017-02-01,2017-02-01,yes\n"
    )
    out = tmp_path / "page.html"
    asked = [str(contract), f"participants={people}", f"observations={seen}"]
    asked += ["--as-of", AS_OF, "--out", str(out)]
    done = CliRunner().invoke(app, ["page", "programme", *asked, "--json"])
    assert done.exit_code == 0, str(done.exception)
    assert json.loads(done.stdout) == {"written": "page.html"}
    assert "C-1" in out.read_text("utf-8")
    again = CliRunner().invoke(app, ["page", "statement", *asked, "--audience", "council"])
    assert isinstance(again.exception, PageError), "another page stands there"
    stranger = CliRunner().invoke(app, ["page", "statement", *asked, "--audience", "mayor"])
    assert isinstance(stranger.exception, StatementError)
