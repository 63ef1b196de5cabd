"""The page on questionnaires: its examples run, print what it says, and its instrument is one."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from pathlib import Path

import pytest
from tests.commands import run
from typer.testing import CliRunner

from impactbond.cli.commands import app
from impactbond.questionnaires import score, shipped_instruments
from impactbond.questionnaires.instrument import Scored
from impactbond.questionnaires.read import parse_instrument, read_instrument

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "questionnaires.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_examples_print_what_the_page_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    told = re.findall(r"```python\n(.*?)```\n\nprints\n\n```\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(told) == len(blocks("python"))
    for example, printed in told:
        exec(compile(example, "questionnaires.md", "exec"), {})
        assert capsys.readouterr().out == printed


def test_the_instrument_of_the_page_scores() -> None:
    instrument = parse_instrument(blocks("yaml")[0].encode(), name="steps.yaml")
    # 3 and 2, and 1 turned round to 3, are 8; the mean of two of them is 2.5.
    assert score(instrument, {"q1": 3, "q2": "Sometimes", "q3": 1}) == {
        "raw": 8,
        "metric": Fraction(775, 100),
        "mean": Fraction(27, 10),
    }
    assert score(instrument, {"q1": 3, "q2": 2})["mean"] == Fraction(5, 2)


def test_the_page_names_what_there_is() -> None:
    table = PAGE.partition("## An instrument of your own")[0]
    assert all(f"`{name}`" in table for name in shipped_instruments())
    keys = PAGE.partition("| key of a score |")[2]
    assert all(f"`{name}`" in keys for name in Scored.model_fields)


def test_the_command_of_the_page_writes_the_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = read_instrument("sdq").items
    rows = [["Child", "Completed by", *(item.upper() for item in items)]]
    rows += [["C-1", "T", *["1"] * 25], ["C-2", "P", *["Not True "] * 25], []]
    monkeypatch.chdir(tmp_path)
    with open("answers.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    [command] = re.findall(r"^impactbond (score .*)$", PAGE, re.MULTILINE)
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert read_scores() == [("C-1", "teacher", "20", "very high"), ("C-2", "parent", "10", "")]
    # Written from 1 on, a 1 is what the form calls not true: the lowest total there is.
    done = CliRunner().invoke(app, [*words, "--starting-at", "1", "--replace"])
    assert done.exit_code == 0, done.output
    assert [one[2] for one in read_scores()] == ["10", "10"]


def test_an_answer_under_another_heading_is_refused(tmp_path: Path) -> None:
    answers, out = tmp_path / "answers.csv", tmp_path / "scores.csv"
    items = read_instrument("sdq").items
    # The comma in the note moves 25 answers by one: scored, the first would be the note's own 2.
    answers.write_text(f"note,{','.join(items)}\nseen,2{',1' * 25}\nseen{',1' * 25}\n", "utf-8")
    done = run("score", answers, "--instrument", "sdq", "--out", out)
    assert done.returncode == 2
    assert "answers.csv, line 2: the line has more cells than there are headings" in done.stderr
    assert not out.exists()


def read_scores() -> list[tuple[str, ...]]:
    with open("scores.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {one["scored by"] for one in rows} == {"sdq 1"}
    return [(one["Child"], one["informant"], one["total"], one["total band"]) for one in rows]
