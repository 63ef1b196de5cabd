"""The README keeps its word: its example runs, its commands exist, each sets itself up."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from impactbond.cli.commands import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("default")
def test_the_examples_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    os.symlink(ROOT / "fixtures", tmp_path / "fixtures")
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(blocks), "README.md", "exec"), {})
    assert "C-0042" in capsys.readouterr().out
    assert (tmp_path / "out" / "2017-Q4.record").exists()
    assert len(list((tmp_path / "out").glob("*_2017-Q4_*.xlsx"))) > 5


def test_every_command_is_in_the_readme_and_the_other_way_round() -> None:
    words = re.findall(r"^\| `impactbond ([\w-]+)", README, re.MULTILINE)
    told = {word.replace("-", "_") for word in words} | {"demo"}
    commands = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    }
    assert told == commands | {str(group.name) for group in app.registered_groups}


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_each_of_the_two_commands_is_one_line_that_sets_itself_up(name: str) -> None:
    [command] = re.findall(rf"<!-- {name} -->\n```\n(.*)\n```", README)
    assert command.startswith("python3 -m venv .venv && ")


def test_every_word_of_the_glossary_is_used_as_it_says() -> None:
    words = re.findall(r"^\| \*\*(\w+)\*\*", README, re.MULTILINE)
    assert words == list(dict.fromkeys(words))
    assert {"funder", "participant", "milestone", "claim", "lot", "limit", "share"} <= set(words)
