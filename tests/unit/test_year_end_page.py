"""The page on the year end: its example runs and prints what it says, its ledger map is one, and it
names every table and account.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from tests.spec.test_year_end import in_2018

import impactbond as ib
from impactbond.closing.ledger import Accounts, Ledger

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "year_end.md").read_text("utf-8")
CONTRACT = ROOT / "fixtures" / "contracts" / "west_london_zone.yaml"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_example_runs_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    os.symlink(ROOT / "fixtures", tmp_path / "fixtures")
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(blocks("python")), "year_end.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "Checks: all 181 hold" in printed
    assert {"£64,320.00", "£90,120.00"} <= set(re.findall(r"£[\d,.]+\d", printed))


def test_the_ledger_map_is_one(tmp_path: Path) -> None:
    contract, path = ib.read_contract(CONTRACT), tmp_path / "ledger.yaml"
    written, more = blocks("yaml")
    path.write_text(more, "utf-8")
    assert ib.read_ledger(path, contract).materiality == 500
    path.write_text(written, "utf-8")
    ledger = ib.read_ledger(path, contract)
    assert ledger.fund_of("lottery") == "Lottery project"
    assert ledger.fund_of("school: Elm") == "Unrestricted"


def test_the_page_names_every_table_journal_and_needed_account() -> None:
    tables = in_2018().tables
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert told == set(tables)
    assert set(tables["journals"]["journal"].to_pylist()) <= set(re.findall(r"\*\*(J\d)\*\*", PAGE))
    needed = [name for name, field in Accounts.model_fields.items() if field.is_required()]
    assert all(re.search(rf"\b{name}: ", PAGE) for name in needed)
    # Whatever a ledger map can say is on the page.
    assert all(re.search(rf"`?\b{name}\b", PAGE) for name in Ledger.model_fields)
