"""The pages on children and on what is kept: examples run as written, and what they name is so."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from impactbond.evidence import refusals
from impactbond.evidence.personal import SAMPLE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "children.md").read_text("utf-8")


def test_the_examples_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    os.symlink(ROOT / "fixtures", tmp_path / "fixtures")
    for folder in ("keys", "data"):
        (tmp_path / folder).mkdir()
    rows = "UPN,Name\nB801200005001,Zebedee\nB801200005001,Zebedee\n"
    (tmp_path / "data" / "register.csv").write_text(rows)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile("\n".join(blocks), "children.md", "exec"), {})
    told = re.findall(r"```\n\n    ([^\n]*)\n", PAGE)
    assert capsys.readouterr().out.splitlines() == told


def test_what_the_page_names_is_so() -> None:
    assert f"a sample of {SAMPLE} of them" in PAGE
    assert f"`{refusals.CONTRADICTORY_PARTICIPANT.code}`" in PAGE
