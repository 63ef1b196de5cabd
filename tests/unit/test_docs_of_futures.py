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
from impactbond.simulation.read import parse_area

AREA = WLZ.parents[1] / "areas" / "new_borough.yaml"
EVIDENCE = WLZ.parents[1] / "evidence" / "west_london_zone.xlsx"

TEN = """
impactbond: 1
area: ten
title: Ten
groups:
  - {name: January, children: 10, start: 2017-01-09, attributes: {school: Elm, borough: north}}
chances:
  consent: {chance: 50%, after: 1 month}
"""
FEW = {"trials": 20, "seed": 1}
PLANNED = """
plans:
  plan: {made_on: 2016-12-01, payments: {2017-Q1: {total: 1000}, 2017-Q2: {total: 500}}}
"""


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
    [terms], [code, futures] = shown("investors", "yaml"), shown("investors", "python")
    contract = contract_of(terms)
    said = run(code, contract=contract)
    [block] = told("investors")
    assert block in said
    assert "principal   £39,966.85" in said  # 41,000.00 less 1,033.15
    forecast = impactbond.simulate(contract, parse_area(TEN.encode(), name="a.yaml"), **FEW)
    # Ten consents at £100.00: of £150,000.00 hardly anything comes back in any future.
    told_of_futures = run(futures, forecast=forecast)
    assert "Money multiple" in told_of_futures
    assert "All comes back in 0 of 20 futures." in told_of_futures
    assert "in 90 of 100; less than 1 in 20 of 20" in told_of_futures


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
    evidence = impactbond.read_evidence(EVIDENCE, contract)
    names = {"contract": contract, "area": area, "evidence": evidence, "folder": tmp_path}
    names["planned"] = contract_of(PLANNED)
    said = [run(code, **names) for code in shown("forecasts", "python")]
    assert "wlz-lbhf_new-borough_forecast.html" in said[0]
    assert said[1] == "2 claim dates are settled\nTrue\n"
    # £1,550.00 came by June, of £1,500.00 that were planned.
    assert "2017-Q2    £500.00        £1,500.00     £1,550.00             £50.00" in said[2]
    assert "plan had £1,500.00 by 2017-06-30, and £1,550.00 had come" in said[2]
    assert "Asked of all funders to date" in said[3]
    assert all(f"| `{kind}` |" in page("forecasts") for kind in CHARTS)
    [workbook] = tmp_path.glob("*.xlsx")
    sheets = openpyxl.load_workbook(workbook, read_only=True).sheetnames
    assert all(f"| {sheet} |" in page("forecasts") for sheet in sheets)
