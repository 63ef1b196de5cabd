"""A template is filled in as a person would, and reads without a refusal; what its cells take is
what evidence takes, tried at every edge.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from tests.evidence_workbooks import refusals, small_contract
from tests.libreoffice import recalculate
from tests.rich_contracts import rich_contract
from typer.testing import CliRunner

from impactbond.cli.commands import app
from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract, read_contract
from impactbond.contract.wording.render import render
from impactbond.evidence.cells import dates, values_of
from impactbond.evidence.read import read_evidence
from impactbond.evidence.refusals import FIRST_DAY, LAST_DAY
from impactbond.evidence.template import write_csv_templates, write_template
from impactbond.evidence.template_parts import example_rows
from impactbond.terms.metrics import METRICS

WLZ = Path(__file__).parents[2] / "fixtures" / "contracts" / "west_london_zone.yaml"
KINDS = """
  grade:    {kind: score, range: [-2, 3], better: higher}
  hours_in: {kind: quantity, decimals: 2, unit: hours}
  beds:     {kind: quantity}
  home:     {kind: state, states: [with family, in care]}
  register: {kind: session, marks: [/, L, "N"], slots: [AM, PM]}
"""


def with_every_kind() -> Contract:
    """The small contract with a metric of every kind, a column each."""
    text = small_contract().source.decode().replace("windows:\n", f"{KINDS[1:]}windows:\n", 1)
    text = text.replace(
        "  Meetings:",
        """  More:
    columns: {ref: Row, participant: Key, observed_on: On, recorded_on: Known, slot: Part}
    metrics: {grade: Grade, hours_in: Hours in, beds: Beds, home: Home, register: Register}
  Meetings:""",
        1,
    )
    return parse_contract(text.encode(), name="kinds.yaml")


CONTRACTS: dict[str, Callable[[], Contract]] = {
    "small": small_contract,
    "every kind": with_every_kind,
    "shipped": lambda: read_contract(WLZ),
    # Its own sheets have no columns for its attributes; as the two tables it has all of them.
    "rich": lambda: rich_contract().model_copy(update={"sheets": {}}),
}


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_example_rows_typed_into_the_sheets_read_without_a_refusal(
    tmp_path: Path, name: str
) -> None:
    contract = CONTRACTS[name]()
    path = write_template(contract, tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(path)
    for number, (title, sheet) in enumerate(contract.workbook_sheets.items(), 1):
        headings = [cell.value for cell in book[title][1]]
        for row, example in enumerate(example_rows(contract, sheet, number), 2):
            for column, heading in enumerate(headings, 1):
                book[title].cell(row, column).value = example[heading]
    book.save(path)
    evidence = read_evidence(path, contract)
    assert refusals(evidence) == []
    assert len(evidence.participants_table) == 2
    seen = set(evidence.observations_table["metric"].to_pylist())
    delivered = {
        one
        for sheet in contract.workbook_sheets.values()
        if sheet.holds == "observations"
        for one in sheet.delivers(contract.metrics)
    }
    assert seen == delivered
    assert not [one for one in evidence.cautions if "not read" in one]


@pytest.mark.parametrize("at_rest", [True, False])
def test_the_example_rows_read_as_csv_files_too(tmp_path: Path, at_rest: bool) -> None:
    contract = with_every_kind()
    paths = write_csv_templates(contract, tmp_path / "empty")
    assert [path.name for path in paths] == [
        "participants.csv",
        "observations.csv",
        "instructions.md",
    ]
    told = paths[2].read_text("utf-8")
    for path in paths[:2]:
        [headings] = csv.reader(path.read_text("utf-8").splitlines())
        # As a person would, from the rows that the instructions show.
        shown = told.partition(f"look in {path.name}\n\n```\n")[2].partition("```")[0]
        assert shown.splitlines()[0].split(",") == headings
        path.write_text(shown, encoding="utf-8")
    source = {"participants": str(paths[0]), "observations": str(paths[1])}
    evidence = read_evidence(source, contract, at_rest=at_rest)
    assert refusals(evidence) == []
    assert set(evidence.observations_table["metric"].to_pylist()) == set(contract.metrics)


def test_the_instructions_are_in_the_words_of_render(tmp_path: Path) -> None:
    contract = read_contract(WLZ)
    book = openpyxl.load_workbook(write_template(contract, tmp_path / "template.xlsx"))
    assert book.sheetnames[:2] == ["Instructions", "Examples"]
    assert book.active is book["Instructions"]
    lines = [(row[0].value, row[1].value) for row in book["Instructions"].iter_rows()]
    rendered = " ".join(render(contract).split())
    numbered = [(mark, says) for mark, says in lines if says and mark and "." in mark]
    assert len(numbered) > 30
    for mark, says in numbered:
        assert f"{mark} {says}" in rendered
    assert any(mark == "7.2" and "at least 17" in says for mark, says in numbered)


def test_every_sheet_prints_on_a4_as_wide_as_the_paper(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_template(with_every_kind(), tmp_path / "template.xlsx"))
    for sheet in book.worksheets[:-1]:
        assert (sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (9, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def tried(contract: Contract, metric: str) -> list[object]:
    """Values at the edges of what a metric takes, and beside them."""
    term = contract.metrics[metric]
    if term.choices:
        return [*term.choices, "something else", "yes and no"]
    unit = Decimal(1).scaleb(-getattr(term, "decimals", 0))
    low, high = (Decimal(end) * unit for end in term.bounds)
    near = [low - unit, low, low + unit, high - unit, high, high + unit, low + unit / 10, "text"]
    return [one if isinstance(one, str) else float(one) for one in near]


DAYS = [date(1899, 12, 31), date(1969, 12, 31), date(1970, 1, 1), date(2017, 5, 5)]


@pytest.mark.office
def test_each_cell_takes_what_evidence_takes(tmp_path: Path) -> None:
    """Both are asked of the same values: the rules in the sheet, those with a formula worked out by
    LibreOffice, and the reading of evidence.
    """
    contract = with_every_kind()
    template = openpyxl.load_workbook(write_template(contract, tmp_path / "template.xlsx"))
    formulas = openpyxl.Workbook()
    asked: list[tuple[str, object, bool | None]] = []
    for title, sheet in contract.workbook_sheets.items():
        if sheet.holds != "observations":
            continue
        rules = {
            template[title].cell(1, next(iter(rule.sqref.ranges)).min_col).value: rule
            for rule in template[title].data_validations.dataValidation
        }
        for metric, heading in sheet.metrics.items():
            if heading == "each row":
                continue
            for value in tried(contract, metric):
                takes = in_sheet(template, rules[heading], value, formulas.active, len(asked) + 1)
                asked.append((metric, value, takes))
    formulas.save(tmp_path / "formulas.xlsx")
    worked = openpyxl.load_workbook(
        recalculate(tmp_path / "formulas.xlsx", tmp_path / "worked"), data_only=True
    )
    differing, counts = [], {True: 0, False: 0}
    for row, (metric, value, by_rule) in enumerate(asked, 1):
        in_cell = worked.active.cell(row, 2).value if by_rule is None else by_rule
        in_evidence = not values_of(contract.metrics[metric], [value]).refusals
        counts[in_evidence] += 1
        if in_cell is not in_evidence:
            differing.append((metric, value, in_cell))
    assert differing == []
    assert {contract.metrics[metric].kind for metric, *_ in asked} == set(METRICS.keys)
    assert min(counts.values()) > 15


def in_sheet(
    template: openpyxl.Workbook, rule: object, value: object, formulas: object, row: int
) -> bool | None:
    """Whether a cell takes a value by its rule; None where a formula says so, written down here."""
    kind, first, second = rule.type, rule.formula1, rule.formula2  # type: ignore[attr-defined]
    if kind == "list":
        name, cells = first.split("!")
        listed = template[name.strip("'")][cells.replace("$", "")]
        return value in [one[0].value for one in listed]
    formulas.cell(row, 1).value = value  # type: ignore[attr-defined]
    if kind == "custom":
        at = str(rule.sqref).split(":")[0]  # type: ignore[attr-defined]
        formulas.cell(row, 2).value = f"={first.replace(at, f'A{row}')}"  # type: ignore[attr-defined]
        return None
    assert kind == "whole"
    is_number = isinstance(value, float)
    return is_number and value == int(value) and float(first) <= value <= float(second)


def test_dates_are_taken_from_the_first_day_to_the_last(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_template(small_contract(), tmp_path / "template.xlsx"))
    rules = [one for one in book["Surveys"].data_validations.dataValidation if one.type == "date"]
    first, last = (
        date(1899, 12, 30) + timedelta(days=float(end))
        for end in (rules[0].formula1, rules[0].formula2)
    )
    days = [*DAYS, first - timedelta(1), first, last]
    assert [first <= day <= last for day in days] == [not dates([day]).refusals for day in days]
    assert (first, last) == (FIRST_DAY, LAST_DAY)


def test_the_command_writes_csv_files_into_a_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["template", str(WLZ), "--csv", "--out", str(tmp_path / "t")])
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "t").iterdir()} >= {
        "participants.csv",
        "observations.csv",
    }
