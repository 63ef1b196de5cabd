"""The page on pages: its examples run, and it names every column of journeys."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pyarrow.compute as pc
import pytest
from tests.spec.drawn_tables import settled
from tests.unit.test_pages import AS_OF, EVIDENCE, TERMS

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
