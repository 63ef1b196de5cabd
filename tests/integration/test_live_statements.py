"""Must show: whatever an accountant changes in a funder's workbook, the total follows, a check says
so, and to undo it restores both.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from tests.libreoffice import RECALCULATED, convert_all, needs_libreoffice
from tests.opened import beside, opened
from tests.statement_sources import PRICES, Movement, Settling, make_source

from impactbond.statements import StatementSource, make_statement, statement_workbook

pytestmark = needs_libreoffice

RATES, UP_FRONT = "Rates and limits", 6  # after five prices and a limit
# Sheet, header, row of the table, and what it becomes; then by how much, in pence, the trust's
# total moves: its part lies from 55/90 to 90/90 of each running total.
CHANGES: list[tuple[str, str, int, int]] = [
    *((RATES, "Amount (pence)", row, more) for row in (0, 1, 2, 3, 4) for more in (1_000, -900)),
    ("Shares", "Parts", 0, -1),
    ("Shares", "Parts", 0, 2),
    *(("Lines", "Quantity", row, 1) for row in range(5)),
    *(("Lines", "Withheld (pence)", row, 9_000) for row in (0, 3)),
    (RATES, "Amount (pence)", UP_FRONT, 5_000),
    ("Lines", "Taken over or passed on (pence)", 1, 77),
]


def source() -> StatementSource:
    """One claim with five milestones, in which up-front money falls due too."""
    brook = "Brook Green Primary"
    settling = Settling(tranche_pence={"trust": 50_000})
    held = {"engaged_year_1": 600}
    day, claim = date(2017, 5, 2), "2017-Q2"
    settling.settle(
        [
            Movement(claim, f"C-{name}", brook, name, claim, day, withheld_pence=held.get(name, 0))
            for name in PRICES
        ]
    )
    return make_source(settling)


def table_cell(book: Workbook, sheet: str, header: str, row: int) -> Any:
    (table,) = book[sheet].tables.values()
    headers, *rows = book[sheet][table.ref]
    return rows[row][[cell.value for cell in headers].index(header)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The workbook as it is, with each change, and with all of them undone: LibreOffice starts
    once for all.
    """
    folder = tmp_path_factory.mktemp("live")
    content = statement_workbook(make_statement(source(), "trust", "2017-Q2"))
    paths, undone = [folder / "as_it_is.xlsx"], opened(content)
    paths[0].write_bytes(content)
    for number, (sheet, header, row, more) in enumerate(CHANGES):
        book = opened(content)
        cell = table_cell(book, sheet, header, row)
        before = cell.value
        cell.value = before + more
        paths.append(folder / f"change_{number:02d}.xlsx")
        book.save(paths[-1])
        cell = table_cell(undone, sheet, header, row)
        cell.value += more
        cell.value = before
    paths.append(folder / "undone.xlsx")
    undone.save(paths[-1])
    return convert_all(paths, folder / "new", RECALCULATED, seconds=600)


def shown(path: Path) -> tuple[float, str]:
    cover = openpyxl.load_workbook(path, data_only=True)["Cover"]
    return beside(cover, "Total due (£)"), beside(cover, "Checks")


def test_every_input_moves_the_total_and_breaks_a_check(made: list[Path]) -> None:
    assert len(CHANGES) >= 20
    due = make_statement(source(), "trust", "2017-Q2").due_pence / 100
    assert shown(made[0]) == (due, "All checks hold")
    for change, path in zip(CHANGES, made[1:-1], strict=True):
        total, told = shown(path)
        assert total != due, change
        assert told.startswith("A check fails"), change
    assert shown(made[-1]) == (due, "All checks hold")


def test_the_total_moves_by_the_share_of_the_running_total(made: list[Path]) -> None:
    """Of £120 more and the £600 with £6 withheld, by hand: 35/90 of what is let through."""
    due = make_statement(source(), "trust", "2017-Q2").due_pence

    def moved(change: tuple[str, str, int, int]) -> int:
        return round(shown(made[1 + CHANGES.index(change)])[0] * 100) - due

    # £120.00 + £450.00 + £594.00 + £350.00 + £333.33 is £1,847.33, of which others' 55/90 are
    # £1,128.92 (1,128.923…) and the trust's £718.41. With £10.00 more, £1,857.33: £1,135.04
    # (1,135.035) and £722.29. One consent more, £1,967.33: £1,202.26 (1,202.257) and £765.07.
    assert moved((RATES, "Amount (pence)", 0, 1_000)) == 72_229 - 71_841
    assert moved(("Lines", "Quantity", 0, 1)) == 76_507 - 71_841
    # £90.00 withheld, £1,757.33 let through: £1,073.92 (1,073.923…) and £683.41.
    assert moved(("Lines", "Withheld (pence)", 0, 9_000)) == 68_341 - 71_841
    # Of 18 parts the trust's 7 become 6, from 11 to 17: 17/18 of £1,847.33 is £1,744.70.
    assert moved(("Shares", "Parts", 0, -1)) == 174_470 - 112_892 - 71_841
    assert moved((RATES, "Amount (pence)", UP_FRONT, 5_000)) == 5_000
