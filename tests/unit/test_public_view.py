"""Public views: the rules by which a cell may not be shown, what is refused, and what is written;
and the page about them.
"""

from __future__ import annotations

import os
import re
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from tests.properties.test_disclosure import settled

import impactbond as ib
from impactbond.cli.commands import app
from impactbond.disclosure.attack import knowing
from impactbond.disclosure.published import public_files
from impactbond.disclosure.rules import DOMINATED, SECONDARY, TOO_FEW, CellKey, Dominance, Linked
from impactbond.errors import DisclosureError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "publishing.md").read_text("utf-8")
# Elm: 3 in the first quarter and 8 in the second; Oak: 7 and 9; in all 10, 17, and 27.
TWO_SCHOOLS = [
    *[("Elm", "K1", 0)] * 3,
    *[("Elm", "K1", 1)] * 8,
    *[("Oak", "K1", 0)] * 7,
    *[("Oak", "K1", 1)] * 9,
]


def cells(view: Any) -> dict[tuple[str, str], str]:
    rows = view.table("by_school").to_pylist()
    return {(row["school"], row["period"]): row["shown"] for row in rows}


def test_a_small_cell_goes_with_the_three_that_would_tell_it() -> None:
    """With totals shown, a rectangle of four cells is the least: each row and column has two. The
    3 lies between 1 and 10 then (noughts are shown, and the first quarter has 10, of which Oak has
    at least one): between 1 and 9.
    """
    view = ib.public_view(settled(TWO_SCHOOLS), by="school")
    got = cells(view)
    hidden = {key for key, told in got.items() if told == "[c]"}
    assert hidden == {(s, q) for s in ("Elm", "Oak") for q in ("2024-Q1", "2024-Q2")}
    assert got["Elm", "All"] == "11"
    assert got["Oak", "All"] == "16"
    assert got["All", "2024-Q1"] == "10"
    assert got["All", "All"] == "27"
    why = {(row["group"], row["period"]): row["why"] for row in view.log_table.to_pylist()}
    assert why["Elm", "2024-Q1"] == TOO_FEW
    assert set(why.values()) == {TOO_FEW, SECONDARY}
    assert "27" not in str(view.log_table.to_pylist())


def test_five_ones_below_a_total_of_five_are_told_by_it() -> None:
    """Where noughts are shown each of five hidden cells is at least 1: shown, a total of 5 would
    tell that each is 1. So it goes, as do those of the quarter.
    """
    view = ib.public_view(settled([(f"S{at}", "K1", 0) for at in range(5)]), by="school")
    assert cells(view)["All", "All"] == "[c]"
    with_noughts = ib.public_view(
        settled([(f"S{at}", "K1", 0) for at in range(5)]), by="school", zeros="hidden"
    )
    # One of the two totals of 5 goes: both would tell that the other quarters have none.
    got = cells(with_noughts)
    assert {got["All", "All"], got["All", "2024-Q1"]} == {"5", "[c]"}
    assert cells(with_noughts)["S1", "2024-Q2"] == "[c]"


def test_dominance_is_as_published() -> None:
    """(2, 85): 60 + 30 of 100 is 90 %. p %: without the two largest 10 are left, and 15 % of 60 is
    9, 20 % is 12.
    """
    amounts = np.array([60, 30, 10])
    assert Dominance(n=2, k=85).is_broken(amounts)
    assert not Dominance(n=1, k=60).is_broken(amounts)
    assert not Dominance(p=15).is_broken(amounts)
    assert Dominance(p=20).is_broken(amounts)
    # Six children at £100.00 each: the two largest make up a third.
    six = settled([("Elm", "K1", 0)] * 6)
    view = ib.public_view(six, by="school", values=True, dominance={"n": 2, "k": 30})
    assert {row["why"] for row in view.log_table.to_pylist()} == {DOMINATED}
    assert not ib.public_view(six, values=True, dominance={"n": 2, "k": 40}).log_table.num_rows


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(DisclosureError) as raised:
        ib.public_view(settled(TWO_SCHOOLS), least=1, width=0, dominance={"q": 1}, rounded_to=2)
    codes = {fault.code for fault in raised.value.faults}
    assert codes == {"out_of_range", "no_values", "unknown_dominance"}
    with pytest.raises(DisclosureError, match="no attribute 'borough'") as raised:
        ib.public_view(settled(TWO_SCHOOLS), by="borough", least=1)
    assert len(raised.value.faults) == 2


def test_the_solver_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    settlement = settled(TWO_SCHOOLS)
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(DisclosureError, match=r"impactbond\[disclosure\]"):
        ib.public_view(settlement)


def test_the_workbook_says_what_the_tables_say() -> None:
    view = ib.public_view(settled(TWO_SCHOOLS), by="school", values=True)
    files = public_files(view)
    assert files == public_files(ib.public_view(settled(TWO_SCHOOLS), by="school", values=True))
    [name] = [one for one in files if one.endswith(".xlsx")]
    book = openpyxl.load_workbook(BytesIO(files[name]))
    assert book.sheetnames == [
        *("About", "By period", "Value by period", "By school", "Value by school"),
    ]
    rows = [[cell.value for cell in row] for row in book["By school"].iter_rows()]
    assert ["Done", "Elm", "[c]", "[c]", 0, 0, 11] in rows
    assert ["Done", "All", 10, 17, 0, 0, 27] in rows
    values = [[cell.value for cell in row] for row in book["Value by school"].iter_rows()]
    assert ["Done", "Elm", "[c]", "[c]", 0, 0, 1100] in values


def test_the_page_runs_as_written_and_the_command_writes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    os.symlink(ROOT / "fixtures", tmp_path / "fixtures")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    ran: dict[str, Any] = {}
    exec(compile("\n".join(blocks), "publishing.md", "exec"), ran)
    [told] = re.findall(r"^    (Cells: .*)$", PAGE, re.MULTILINE)
    assert told in capsys.readouterr().out
    contract = "fixtures/contracts/west_london_zone.yaml"
    words = ["publish", contract, "fixtures/evidence/west_london_zone.xlsx", "--by", "school"]
    words += [
        "--as-of",
        "2018-01-31",
        "--leave-out-refused",
        "--out",
        "out",
        "--log",
        "own/log.csv",
    ]
    (tmp_path / "own").mkdir()
    app(words, standalone_mode=False)
    assert told in capsys.readouterr().out
    written = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    assert written == public_files(ran["view"])
    assert "Elm" not in Path("own/log.csv").read_text()
    assert (tmp_path / "own/log.csv").stat().st_mode & 0o077 == 0


def test_a_table_that_disagrees_with_what_is_shown_settles_nothing() -> None:
    """Tables that were found are kept for later attacks: two parts, and both of them with their
    sum. Whoever sees the sum, 10, does not take over that the first may be 12.
    """
    keys = tuple(CellKey("done", "All", "All", str(at)) for at in range(3))
    parts = np.array([4, 6])
    sums = np.array([[1, 0], [0, 1], [1, 1]])
    linked = Linked(keys, sums, parts, np.zeros(2, np.int64), parts)
    tables: list[Any] = []
    blind = knowing(linked, frozenset({0, 1, 2}), zeros_shown=False, most=99, tables=tables)
    assert blind.proof(0, 50) is None
    assert tables
    seeing = knowing(linked, frozenset({0, 1}), zeros_shown=False, most=99, tables=tables)
    assert not seeing.is_wide(0, 5)
    assert seeing.proof(0, 11) == {2}
    assert seeing.proof(0, 10) is None
