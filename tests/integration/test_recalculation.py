"""A statement's own formulas, recalculated by LibreOffice, give the figures that were written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from tests.libreoffice import Cells, differences, needs_libreoffice, recalculate, values
from tests.statement_sources import (
    Movement,
    Settling,
    large_source,
    make_source,
    renamed,
    small_source,
    with_cells,
)
from tests.unit.test_statement_groups import in_part_of_schools

from impactbond.statements import StatementSource, make_statement, statement_workbook

pytestmark = needs_libreoffice
MARY = "school: St Mary's, Fulham"


def written(tmp_path: Path, source: StatementSource, funder: str | None = None) -> Path:
    path = tmp_path / "statement.xlsx"
    path.write_bytes(statement_workbook(make_statement(source, funder)))
    return path


def test_wrong_values_are_found(tmp_path: Path) -> None:
    path = tmp_path / "wrong.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sums")
        sheet.write_number("A1", 1)
        sheet.write_formula("A2", "=A1+1", None, 99)
        sheet.write_formula("A3", '=IF(A1=1,"yes","no")', None, "no")
        sheet.write_formula("A4", "=A1=1", None, False)
        sheet.write_formula("A5", "=A1*100", None, 100)
    count, wrong = differences(path, tmp_path / "recalculated")
    assert count == 4
    assert {place[1]: (ours, theirs) for place, (_, ours, theirs) in wrong.items()} == {
        "A2": (99, 2),
        "A3": ("no", "yes"),
        "A4": (False, True),
    }


@pytest.mark.parametrize("funder", [None, "lbhf", MARY, "lottery", "trust"])
def test_every_formula_gives_the_value_that_was_written(tmp_path: Path, funder: str | None) -> None:
    source = large_source(100)
    count, wrong = differences(written(tmp_path, source, funder), tmp_path / "recalculated")
    lines = len(make_statement(source, funder).lines)
    assert count > (5 if funder is None else 3) * lines > 100
    assert wrong == {}


def beyond_a_limit() -> StatementSource:
    settling = Settling(lottery_limit_pence=5_000, passes_on_to="unfunded")
    settling.settle(
        [
            Movement(
                "2017-Q4",
                "C-1",
                "Brook Green Primary",
                "engaged_year_1",
                "2017-Q4",
                date(2017, 11, 3),
            )
        ]
    )
    return make_source(settling)


def without_lines() -> StatementSource:
    settling = Settling()
    settling.settle(
        [Movement("2017-Q2", "C-1", "Brook Green Primary", "consent", "2017-Q2", date(2017, 5, 2))]
    )
    return make_source(settling)


def before_anything() -> StatementSource:
    settling = Settling()
    settling.settle([])
    return make_source(settling, share_rules=(), rates=(), limits=())


def look_alikes() -> StatementSource:
    """Funders whose names a spreadsheet's matching would take for one another, or for a pattern."""
    source = large_source(60)
    names = ["A*", "a*", "A?", ">0", "<>"]
    source = with_cells(source, "funders", "name", dict(enumerate(names)))
    return renamed(renamed(source, "school: Brook Green Primary", "school: *"), MARY, "school: ~?")


@pytest.mark.parametrize(
    "source",
    [small_source, beyond_a_limit, without_lines, before_anything, look_alikes, in_part_of_schools],
    ids=lambda make: make.__name__,
)
def test_unusual_statements_recalculate_to_what_was_written(tmp_path: Path, source: object) -> None:
    assert callable(source)
    count, wrong = differences(written(tmp_path, source()), tmp_path / "recalculated")
    assert count >= 60
    assert wrong == {}


def told_of_checks(cells: Cells) -> str:
    """What stands beside the label Checks on the cover."""
    places = [place for (sheet, place), value in cells.items() if (sheet, value) == _CHECKS]
    return str(cells["Cover", f"B{places[0][1:]}"])


_CHECKS = ("Cover", "Checks")


def test_a_statement_that_fails_its_checks_says_so_by_its_own_formulas(tmp_path: Path) -> None:
    source = large_source(40)
    last = source.shares.num_rows - 1
    for table, column, place in (
        ("shares", "value_pence", last),
        ("balances", "due_pence", source.balances.num_rows - 1),
        ("payments", "amount_pence", 0),
    ):
        figure = getattr(source, table)[column][place].as_py()
        source = with_cells(source, table, column, {place: figure + 1})
    statement = make_statement(source)
    assert len(statement.failing) >= 5
    path = written(tmp_path, source)
    wrong = differences(path, tmp_path / "recalculated")[1]
    # Shares that are not those of their lines are added up by milestone, and by school, otherwise
    # than the lines, which a check says; no such statement is ever written for a funder.
    assert {sheet for sheet, _ in wrong} == {"By milestone", "By school", "Checks"}
    assert "A check fails" in told_of_checks(values(path))


@pytest.mark.parametrize("sheet", ["Lines", "Schedule"])
def test_a_figure_changed_by_hand_fails_the_checks(tmp_path: Path, sheet: str) -> None:
    path = written(tmp_path, large_source(40), "trust")
    assert told_of_checks(values(path)) == "All checks hold"
    book = openpyxl.load_workbook(path)
    (table,) = book[sheet].tables.values()
    header, first, *_ = book[sheet][table.ref]
    column = [cell.value for cell in header].index(
        {"Lines": "Quantity", "Schedule": "Amount (pence)"}[sheet]
    )
    first[column].value += 1
    changed = tmp_path / "changed.xlsx"
    book.save(changed)
    recalculated = values(recalculate(changed, tmp_path / "recalculated"))
    assert told_of_checks(recalculated).startswith("A check fails")
