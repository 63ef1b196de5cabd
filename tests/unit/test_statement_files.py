"""Statements as files: one for every funder, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from tests.statement_sources import FUNDERS, large_source, small_source, with_cells

from impactbond.errors import InvariantError
from impactbond.statements import write_statements


def test_every_funder_has_a_workbook_and_all_have_one(tmp_path: Path) -> None:
    written = write_statements(small_source(), tmp_path / "new" / "folder")
    assert [path.name for path in written] == [
        "wlz-lbhf_2017-Q4_all_funders.xlsx",
        "wlz-lbhf_2017-Q4_lbhf.xlsx",
        "wlz-lbhf_2017-Q4_school-brook-green-primary.xlsx",
        "wlz-lbhf_2017-Q4_school-st-marys-fulham.xlsx",
        "wlz-lbhf_2017-Q4_lottery.xlsx",
        "wlz-lbhf_2017-Q4_trust.xlsx",
    ]
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(
        ["manifest.json", *(path.name for path in written)]
    )
    assert openpyxl.load_workbook(written[0])["Cover"]["A1"].value.startswith("Statement for all")


def test_a_funder_who_was_never_asked_has_no_workbook(tmp_path: Path) -> None:
    written = write_statements(small_source(), tmp_path, "2017-Q2")
    assert [path.stem.split("_")[2] for path in written] == [
        "all",
        "lbhf",
        "school-brook-green-primary",
        "lottery",
        "trust",
    ]


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_statements(large_source(30), tmp_path / "a")]
    again = [path.read_bytes() for path in write_statements(large_source(30), tmp_path / "b")]
    assert first == again


def test_funders_whose_names_look_alike_keep_files_of_their_own(tmp_path: Path) -> None:
    ids = {1: "school: ST. Mary's / Fulham", 2: "school: St Marys - Fulham", 3: "../..", 4: "学校"}
    source = small_source()
    for table in ("funders", "shares", "payments", "balances"):
        names = getattr(source, table)["funder"].to_pylist()
        renames = {FUNDERS[place][0]: name for place, name in ids.items()}
        changes = {place: renames[name] for place, name in enumerate(names) if name in renames}
        source = with_cells(source, table, "funder", changes)
    written = write_statements(source, tmp_path)
    assert [path.name.removeprefix("wlz-lbhf_2017-Q4_") for path in written[2:]] == [
        "school-st-marys-fulham.xlsx",
        "school-st-marys-fulham_2.xlsx",
        "funder.xlsx",
        "funder_2.xlsx",
    ]
    assert {path.parent for path in written} == {tmp_path}


def test_nothing_is_written_when_a_check_fails(tmp_path: Path) -> None:
    source = small_source()
    wrong = with_cells(source, "balances", "due_pence", {source.balances.num_rows - 1: 0})
    with pytest.raises(
        InvariantError, match="What is due is what was settled \\(out by 4,417 pence\\)"
    ):
        write_statements(wrong, tmp_path)
    assert list(tmp_path.iterdir()) == []
