"""What the pages on investors, prices and forecasts show is run, and comes out as they say."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from fractions import Fraction
from io import StringIO
from pathlib import Path

import openpyxl
from tests.spec.drawn_tables import contract_of
from tests.unit.test_docs_run import WLZ, page, shown

import impactbond
from impactbond.charts.chart import KINDS as CHARTS
from impactbond.designs.yardsticks import YARDSTICKS

AREA = WLZ.parents[1] / "areas" / "new_borough.yaml"


def run(code: str, **names: object) -> str:
    """What a piece of code of a page prints."""
    said = StringIO()
    with redirect_stdout(said):
        exec(code, {"ib": impactbond, **names})
    return said.getvalue()


def told(name: str) -> list[str]:
    """What a page says that its code prints: blocks of no language."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page(name), re.DOTALL | re.MULTILINE)
    return [text for language, text in blocks if not language]


def test_the_schedule_of_investors_is_what_the_page_says() -> None:
    [terms], [code] = shown("investors", "yaml"), shown("investors", "python")
    said = run(code, contract=contract_of(terms))
    [block] = told("investors")
    assert block in said
    assert "principal   £39,966.85" in said  # 41,000.00 less 1,033.15


def test_the_designs_of_the_page_are_compared_and_solved() -> None:
    contract = impactbond.read_contract(WLZ)
    area = impactbond.read_area(AREA, contract)
    names = {"contract": contract, "area": area, "Fraction": Fraction}
    compared, moved, solved = (run(code, **names) for code in shown("designs", "python"))
    assert "Due from lottery" in compared
    assert "Global, morris" in moved
    assert "missed by" in solved
    assert "No solution" not in solved
    assert all(f"| `{of}`" in page("designs") for of in YARDSTICKS[:2])


def test_the_forecast_of_the_page_is_written(tmp_path: Path) -> None:
    contract = impactbond.read_contract(WLZ)
    area = impactbond.read_area(AREA, contract)
    said = [
        run(code, contract=contract, area=area, folder=tmp_path)
        for code in shown("forecasts", "python")
    ]
    assert "wlz-lbhf_new-borough_forecast.html" in said[0]
    assert "Asked of all funders to date" in said[1]
    assert all(f"| `{kind}` |" in page("forecasts") for kind in CHARTS)
    [workbook] = tmp_path.glob("*.xlsx")
    sheets = openpyxl.load_workbook(workbook, read_only=True).sheetnames
    assert all(f"| {sheet} |" in page("forecasts") for sheet in sheets)
