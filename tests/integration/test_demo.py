"""The demo, run as a user runs it: the whole path from files to statements."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from random import Random

import pytest
import xlsxwriter
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from tests.libreoffice import differences_of, needs_libreoffice

import impactbond as ib

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTRACT = FIXTURES / "contracts" / "west_london_zone.yaml"
EVIDENCE = FIXTURES / "evidence" / "west_london_zone.xlsx"


def demo(out: Path, **environment: str) -> str:
    """What the demo prints; its files are in `out`."""
    done = subprocess.run(
        [sys.executable, "-m", "impactbond", "demo", "--out", str(out)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The files of the demo, and what it printed."""
    out = tmp_path_factory.mktemp("demo")
    return out, demo(out, TZ="Europe/London", PYTHONHASHSEED="1")


@pytest.fixture
def made(run: tuple[Path, str]) -> Path:
    return run[0]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_demo_gives_the_same_bytes_in_another_time_zone_locale_and_hash_seed(
    made: Path, tmp_path: Path
) -> None:
    demo(tmp_path, TZ="Pacific/Kiritimati", PYTHONHASHSEED="4242", LC_ALL="C")
    names = sorted(path.name for path in made.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert len(names) >= 15
    for name in names:
        assert (made / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_the_summary_says_who_owes_what_and_what_was_left_out(
    run: tuple[Path, str],
) -> None:
    made, told = run
    schedule = rows(made / "schedule.csv")
    now = [int(row["amount_pence"]) for row in schedule if row["claim_period"] == "2019-Q1"]
    assert f"£{sum(now) / 100:,.2f}" in told
    assert "12 rows of evidence were refused and left out" in told
    assert "has reached its limit" in told


def test_the_funders_workbooks_sum_to_the_one_for_all(made: Path) -> None:
    def total_due(path: Path) -> int:
        cover = load_workbook(path, data_only=True)["Cover"]
        [due] = [row[1].value for row in cover.iter_rows() if row[0].value == "Total due (£)"]
        return round(due * 100)

    [everybody] = made.glob("*_all_funders.xlsx")
    each = [path for path in made.glob("*.xlsx") if path != everybody]
    assert len(each) >= 8
    assert sum(map(total_due, each)) == total_due(everybody) != 0


def test_the_tables_agree_with_each_other_to_the_penny(made: Path) -> None:
    due: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows(made / "schedule.csv"):
        due[row["claim_period"], row["funder"]] += int(row["amount_pence"])
    balances = rows(made / "balances.csv")
    for row in balances:
        assert due[row["claim_period"], row["funder"]] == int(row["due_pence"])
    parts: dict[str, int] = defaultdict(int)
    for row in rows(made / "shares.csv"):
        parts[row["line"]] += int(row["amount_pence"])
    lines = rows(made / "lines.csv")
    assert {row["line"]: int(row["entitled_pence"]) for row in lines} == dict(parts)


def test_the_limits_of_the_contract_and_of_the_lottery_bind_and_are_not_exceeded(
    made: Path,
) -> None:
    last = [row for row in rows(made / "balances.csv") if row["claim_period"] == "2019-Q1"]
    paid = {row["funder"]: int(row["settled_pence"]) + int(row["due_pence"]) for row in last}
    assert sum(paid.values()) == 180_000_00
    assert paid["lottery"] == 30_000_00
    assert sum(int(row["withheld_pence"]) for row in last) > 0


@needs_libreoffice
def test_every_workbook_of_the_demo_recalculates_to_the_same_pence(
    made: Path, tmp_path: Path
) -> None:
    paths = sorted(made.glob("*.xlsx"))
    for path, (formulas, wrong) in zip(paths, differences_of(paths, tmp_path), strict=True):
        assert formulas > 100
        assert wrong == {}, path.name


def test_a_workbook_delivered_twice_changes_nothing() -> None:
    contract = ib.read_contract(CONTRACT)
    once = ib.read_evidence(EVIDENCE, contract)
    twice = ib.read_evidence([EVIDENCE, EVIDENCE], contract)
    settled = [
        ib.settle(contract, evidence, as_of="2019-04-30", leave_out_refused=True)
        for evidence in (once, twice)
    ]
    assert once.digest == twice.digest
    for name in ("decisions", "lines", "shares", "payments", "balances"):
        assert getattr(settled[0], f"{name}_table") == getattr(settled[1], f"{name}_table")


def shuffled(path: Path, seed: int) -> Path:
    """The example evidence with the rows of every sheet, and the sheets, in another order."""
    source, mix = CalamineWorkbook.from_path(EVIDENCE), Random(seed)
    names = mix.sample(source.sheet_names, len(source.sheet_names))
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name in names:
            head, *rows = source.get_sheet_by_name(name).to_python(skip_empty_area=False)
            page = book.add_worksheet(name)
            for number, row in enumerate([head, *mix.sample(rows, len(rows))]):
                page.write_row(number, 0, row)
    return path


def test_the_order_of_rows_and_sheets_changes_nothing(tmp_path: Path) -> None:
    contract = ib.read_contract(CONTRACT)
    settled = []
    for path in (EVIDENCE, shuffled(tmp_path / "shuffled.xlsx", seed=7)):
        evidence = ib.read_evidence(path, contract)
        assert len(evidence.refused) == 12
        settled.append(ib.settle(contract, evidence, as_of="2019-04-30", leave_out_refused=True))
    for name in ("decisions", "lines", "shares", "payments", "balances"):
        assert getattr(settled[0], f"{name}_table") == getattr(settled[1], f"{name}_table")


def test_both_boroughs_settle_from_the_same_workbook() -> None:
    covered = 0
    for name in ("west_london_zone", "west_london_zone_kensington"):
        contract = ib.read_contract(FIXTURES / "contracts" / f"{name}.yaml")
        evidence = ib.read_evidence(EVIDENCE, contract)
        settlement = ib.settle(contract, evidence, as_of="2019-04-30", leave_out_refused=True)
        assert settlement.due_pence() > 0
        covered += settlement.decisions.participant.nunique()
    assert covered == 240
