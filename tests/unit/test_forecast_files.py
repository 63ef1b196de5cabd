"""What a forecast comes to, its workbook and its page: figures by hand, and what readers see."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import openpyxl
import pytest
from tests.unit.test_designs import CERTAIN, EVEN
from typer.testing import CliRunner

from impactbond.cli.commands import app
from impactbond.errors import SimulationError
from impactbond.forecasts.outlook import Outlook
from impactbond.forecasts.page import forecast_page
from impactbond.forecasts.workbook import forecast_workbook, write_forecast
from impactbond.simulation.simulate import simulate
from impactbond.terms.expected import Plan

FIXTURES = Path(__file__).parents[2] / "fixtures"


def outlook_of(trials: int = 300, opening_pence: int = 0) -> Outlook:
    return Outlook(simulate(*EVEN, trials=trials, seed=3), opening_pence)


def test_the_figures_are_those_of_the_futures() -> None:
    outlook = Outlook(simulate(*CERTAIN, trials=4, seed=1), 100_00)
    told = {row["figure"]: row["mean_pence"] for row in outlook.figures_table.to_pylist()}
    # 40 children at £1,100; £3,000 spent, £500 of up-front money before it, £100 to begin with.
    assert told == {
        "Asked of all funders": 44_000_00,
        "Achieved and paid by nobody": 0,
        "Asked for each child who starts": 1_100_00,
        "Spent by the provider": 3_000_00,
        "Asked for, less spent": 41_000_00,
        "Provider's deepest need of cash": 2_400_00,
    }
    assert outlook.deepest_on == "2017-02-01"
    last = outlook.to_date_table.to_pylist()[-1]
    assert (last["p5_pence"], last["most_pence"]) == (44_000_00, 44_000_00)
    below = {str(row["on"]): row["below_trials"] for row in outlook.cash_table.to_pylist()}
    assert (below["2017-02-01"], list(below.values())[-1]) == (4, 0)


def test_exposure_is_spread_as_the_futures_are() -> None:
    outlook = outlook_of()
    *own, overall = outlook.exposure_table.to_pylist()
    due = np.sort(outlook.forecast.due_pence[..., :-1].sum(axis=(1, 2)))
    # Of 300 futures the 5% is the fifteenth from below, the 95% the 285th.
    assert (overall["p5_pence"], overall["p95_pence"]) == (due[14], due[284])
    assert overall["most_pence"] == due[-1]
    assert sum(row["mean_pence"] for row in own) == pytest.approx(
        overall["mean_pence"], abs=len(own)
    )
    assert outlook.as_dict()["exposure"][-1]["funder"] == "All funders"


def test_the_workbook_shows_what_its_cells_work_out() -> None:
    outlook = outlook_of()
    content = forecast_workbook(outlook)
    assert content == forecast_workbook(outlook_of())
    formulas = openpyxl.load_workbook(BytesIO(content))
    values = openpyxl.load_workbook(BytesIO(content), data_only=True)
    assert values.sheetnames == ["Figures", "Exposure", "Claims", "Cash", "Limits", "Assumed"]
    sheet, shown = formulas["Claims"], values["Claims"]
    header = next(row for row in sheet.iter_rows() if row[0].value == "Claim")
    heads = {cell.value: cell.column for cell in header}
    last = sheet.max_row
    minor = heads["Median in pence"]
    letter = openpyxl.utils.get_column_letter(minor)
    assert sheet.cell(last, heads["Median (£)"]).value == f"={letter}{last}/100"
    pence = outlook.to_date_table["p50_pence"].to_pylist()[-1]
    assert shown.cell(last, minor).value == pence
    assert shown.cell(last, heads["Median (£)"]).value == pence / 100
    with ZipFile(BytesIO(content)) as zipped:
        drawings = [
            zipped.read(name).decode() for name in zipped.namelist() if "drawings/d" in name
        ]
    # Every chart says in words what it shows.
    assert len(drawings) == 3
    assert all(re.search(r'descr="[^"]{40,}"', one) for one in drawings)


def test_the_page_needs_nothing_and_tells_the_same(tmp_path: Path) -> None:
    outlook = outlook_of()
    workbook, page = write_forecast(outlook.forecast, tmp_path / "out")
    told = page.read_text("utf-8")
    assert (workbook.stat().st_mode & 0o777, page.stat().st_mode & 0o777) == (0o600, 0o600)
    assert "<script" not in told
    assert "src=" not in told
    assert told.count('role="img"') == 2
    mean = outlook.figures_table["mean_pence"].to_pylist()[0]
    assert f"£{mean // 100:,}.{mean % 100:02d}" in told
    page.write_text("another", encoding="utf-8")
    with pytest.raises(SimulationError, match="another file stands there"):
        write_forecast(outlook.forecast, tmp_path / "out")
    assert page.read_text("utf-8") == "another"


def test_the_command_writes_both(tmp_path: Path) -> None:
    contract = FIXTURES / "contracts" / "west_london_zone.yaml"
    area = FIXTURES / "areas" / "new_borough.yaml"
    asked = ["simulate", str(contract), str(area), "--trials", "20", "--out", str(tmp_path / "x")]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "wlz-lbhf_new-borough_forecast.xlsx" in done.output.replace("\n", "")
    assert sorted(path.suffix for path in (tmp_path / "x").iterdir()) == [".html", ".xlsx"]


def test_plans_stand_beside_what_is_forecast() -> None:
    contract, area = CERTAIN
    terms = {"total": Decimal("20000.00")}
    first = Plan(made_on=date(2016, 12, 1), payments={"to 2016-12-31": terms, "2018": terms})
    planned = contract.model_copy(update={"plans": {"first": first}})
    outlook = Outlook(simulate(planned, area, trials=4, seed=1))
    found = [
        (row["period"], row["planned_pence"], row["p50_pence"], row["more_pence"])
        for row in outlook.plans_table.to_pylist()
    ]
    # Before the first claim nothing; of the year 2018 the last claim is one: £44,000 in all.
    assert found == [
        ("to 2016-12-31", 20_000_00, 0, -20_000_00),
        ("2018", 40_000_00, 44_000_00, 4_000_00),
    ]
    shown = openpyxl.load_workbook(BytesIO(forecast_workbook(outlook)), data_only=True)["Plans"]
    cells = [[cell.value for cell in row] for row in shown.iter_rows()]
    assert "Median less planned (£)" in next(row for row in cells if row[0] == "Plan")
    assert cells[-1][4:9] == [40_000, 44_000, 44_000, 44_000, 4_000]
    page = forecast_page(outlook)
    assert page.count('id="plans"') == 1
    assert "£4,000.00" in page
    assert "Plans</" not in forecast_page(outlook_of(20))
