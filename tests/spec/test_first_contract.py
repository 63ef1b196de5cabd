"""The contract that `impactbond new` writes is in order as it stands, from check to money."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

import impactbond as ib
from impactbond.cli.commands import app
from impactbond.contract.read import write_new_contract
from impactbond.errors import ContractError


def run(*words: object) -> str:
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 0, done.output
    return done.output


def test_it_checks_renders_has_a_template_and_settles(tmp_path: Path) -> None:
    contract, book = tmp_path / "contract.yaml", tmp_path / "evidence.xlsx"
    assert "impactbond check" in run("new", contract)
    run("check", "--strict", contract)
    assert "Housed for 26 weeks" in run("render", contract)
    run("template", contract, "--out", book)
    filled = openpyxl.load_workbook(book)
    filled["Participants"].append(["p1", "2027-01-11", "2027-01-11", None, None, "north"])
    filled["Observations"].append([None, "p1", "joined", "yes", "2027-01-11", "2027-01-12"])
    filled.save(book)
    told = run("settle", contract, book, "--as-of", "2027-05-31", "--out", tmp_path / "out")
    # One who joined: 300.00, of which 60% and 40%.
    assert "£180.00" in told
    assert "£120.00" in told


def test_it_replaces_nothing_unasked(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("signed", encoding="utf-8")
    with pytest.raises(ContractError, match="another file stands there"):
        write_new_contract(path)
    assert path.read_text(encoding="utf-8") == "signed"
    write_new_contract(path, replace=True)
    assert ib.read_contract(path).contract == "my-contract"


def test_every_part_that_is_invented_is_marked(tmp_path: Path) -> None:
    lines = write_new_contract(tmp_path / "c.yaml").read_text(encoding="utf-8").splitlines()
    top = [line for line in lines if line[:1].isalpha()]
    unmarked = {line.partition(":")[0] for line in top if "FILL IN" not in line}
    # Of these the lines inside are marked, and the first one stays as it is.
    assert unmarked == {"impactbond", "calendar", "participants"}
    inside = [line for line in lines if line.startswith("  ") and line.strip()[:1].isalpha()]
    own = ("term:", "claims:", "evidence:", "payment:", "attributes:")
    assert all("FILL IN" in line for line in inside if line.strip().startswith(own))
