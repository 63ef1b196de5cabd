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
from tests.spec.drawn_tables import amended, settled, versions_of
from tests.statement_sources import PRICES, Movement, Settling, make_source

from impactbond.settlement.settlement import Settlement
from impactbond.statements import Statement, StatementSource, make_statement, statement_workbook
from impactbond.statements.source import statement_source

pytestmark = needs_libreoffice

RATES, UP_FRONT = "Rates and limits", 6  # after five prices and a limit
# Sheet, header, row of the table, and what it becomes; then by how much, in pence, the trust's
# total moves: its part lies from 55/90 to 90/90 of each running total.
CHANGES: list[tuple[str, str, int, int]] = [
    *((RATES, "Amount (pence)", row, 1_000) for row in (0, 2, 4)),
    *((RATES, "Amount (pence)", row, -900) for row in (1, 3)),
    ("Shares", "Parts", 0, -1),
    ("Shares", "Parts", 0, 2),
    *(("Lines", "Quantity", row, 1) for row in range(5)),
    *(("Lines", "Withheld (pence)", row, 9_000) for row in (0, 3)),
    (RATES, "Amount (pence)", UP_FRONT, 5_000),
    ("Lines", "Taken over or passed on (pence)", 1, 77),
    ("Shares", "Out of", 0, 3),
    # Of 184,735 pence instead of 184,733 others' 11/18 are 112,894 (112,893.6), not 112,892; of
    # the two that came before, one (1.2): the trust's total is a penny less.
    ("Lines", "Let through under the rule, before (pence)", 0, 2),
]
# What moves no money, and is missed all the same where somebody changes it.
CHECKED: list[tuple[str, str, int, int]] = [
    ("Shares", "Parts before yours", 0, 1),  # by which odd pennies alone would move
    ("Lines", "Parts that are stated", 2, 1),
    ("Lines", "Line number", 3, 40),
]
# What earlier claims were worth, which is told, and by which nothing is cut.
TOLD = {("Lines", "Values under the rule, before (pence)")}


# The kinds of limits, with what each lets through and what it is changed to.
LIMITS: dict[str, tuple[str, str, str]] = {
    "each participant": ("milestone: consent, each: participant", "95.00", "60.00"),
    "a milestone": ("milestone: consent", "470.00", "200.00"),
    "each borough": ("contract: whole, each: borough", "1500.00", "1400.00"),
    "each year": ("contract: whole, each: year", "2960.00", "2900.00"),
    "some alone": ("contract: whole, only: {school: [Elm]}", "2500.00", "1000.00"),
    "besides": (
        "contract: whole, besides: consent, first: in proportion",
        "2600.00",
        "2000.00",
    ),
    "the contract": ("contract: whole", "2950.00", "2500.00"),
    "the funder": ("funder: lottery", "1750.00", "1600.00"),
}
STATED = {
    "in number": ("milestone: agreement", "6 claims", ""),
    "straddling": ("milestone: agreement, straddling: unpaid", "2700.00", "2699.00"),
}
CHILDREN = """
    child | school | borough
    c1    | Elm    | north
    c2    | Elm    | north
    c3    | Elm    | north
    c4    | Oak    | south
    c5    | Elm    | south
    c6    | Elm    | south
    ---
    child | metric    | on         | value
    c1    | consent   | 2017-02-01 | yes
    c1    | agreement | 2017-02-02 | yes
    c2    | consent   | 2017-02-03 | yes
    c2    | agreement | 2017-02-04 | yes
    c3    | agreement | 2017-02-05 | yes
    c4    | consent   | 2017-02-06 | yes
    c4    | agreement | 2017-02-07 | yes
    c5    | consent   | 2017-02-08 | yes
    c5    | agreement | 2017-02-09 | yes
    c6    | consent   | 2017-02-10 | yes
    c6    | agreement | 2017-02-11 | yes
"""


def limited(changed: str = "") -> Settlement:
    """One claim under limits of every kind, one of them changed."""
    kinds = STATED | LIMITS
    limits = [
        f"  - {{{on}, at_most: {to if name == changed else most}, beyond: unpaid}}"
        for name, (on, most, to) in kinds.items()
    ]
    return settled("\n".join([TERMS, "limits:", *limits]), CHILDREN, "2017-05-01")


TERMS = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  agreement: {when: {observed: agreement, in: year one}, price: 450.00}
funding: [{for: every milestone, shares: {council: 40%, lottery: 60%}}]
"""
# Three claims of £100.00 at each of two claim dates, under a limit that binds at both.
QUARTERS = """
    child  | metric  | on         | value
    c1..c3 | consent | 2017-02-01 | yes
    c4..c6 | consent | 2017-05-01 | yes
"""
AT_MOST = "limits: [{contract: whole, at_most: %s, beyond: unpaid}]"
THEN = ("330.00", "200.00")
AMENDED = "version: {number: 2, kind: amendment, signed_on: 2017-06-01, effective_on: 2017-06-01}"


def second_claim(at_most: str = "") -> Settlement:
    """The second claim: under the limit of £250.00, or one that an amendment states since."""
    first = TERMS + AT_MOST % "250.00"
    then = AMENDED + "\n" + AT_MOST % (at_most or "250.00")
    return amended(versions_of(first, then), QUARTERS, "2017-08-01")


# The first child's consent is withdrawn at the second claim: there is room for £50.00 that the
# limit withheld of the third, and what is settled does not follow in the order of the lines.
TAKEN_BACK = """
    child | metric  | on         | recorded   | value | ref | replaces | status
    c1    | consent | 2017-02-01 |            | yes   | r1  |          |
    c2    | consent | 2017-02-02 |            | yes   | r2  |          |
    c3    | consent | 2017-02-03 |            | yes   | r3  |          |
    c1    | consent | 2017-02-01 | 2017-06-01 |       | r4  | r1       | withdrawn
    c4    | consent | 2017-05-01 |            | yes   | r5  |          |
"""


def taken_back() -> StatementSource:
    return statement_source(settled(TERMS + AT_MOST % "250.00", TAKEN_BACK, "2017-08-01"))


def lotterys(settlement: Settlement) -> Statement:
    return make_statement(statement_source(settlement), "lottery")


def in_rates(statement: Statement, place: int) -> int:
    """The row of a limit in the sheet Rates and limits, after the prices."""
    return len(statement.rates) + place


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
    for number, (sheet, header, row, more) in enumerate(CHANGES + CHECKED):
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
    first, second = lotterys(limited()), lotterys(second_claim())
    for place, (name, (_, most, to)) in enumerate((STATED | LIMITS).items()):
        if to:
            more = pence(to) - pence(most)
            paths.append(with_limit(folder / f"{name}.xlsx", first, place, more))
    for to in THEN:
        more = pence(to) - pence("250.00")
        paths.append(with_limit(folder / f"then {to}.xlsx", second, 0, more))
    paths += [folder / "all taken back.xlsx", folder / "own taken back.xlsx"]
    for path, funder in zip(paths[-2:], (None, "lottery"), strict=True):
        path.write_bytes(statement_workbook(make_statement(taken_back(), funder)))
    return convert_all(paths, folder / "new", RECALCULATED, seconds=600)


def with_limit(path: Path, statement: Statement, place: int, more: int) -> Path:
    """The workbook of a statement with one of its limits changed."""
    book = opened(statement_workbook(statement))
    table_cell(book, RATES, "Amount (pence)", in_rates(statement, place)).value += more
    book.save(path)
    return path


def pence(pounds: str) -> int:
    return int(pounds.replace(".", ""))


def shown(path: Path) -> tuple[float, str]:
    cover = openpyxl.load_workbook(path, data_only=True)["Cover"]
    return beside(cover, "Total due (£)"), beside(cover, "Checks")


def test_every_input_moves_the_total_and_breaks_a_check(made: list[Path]) -> None:
    assert len(CHANGES) + len(LIMITS) >= 20
    due = make_statement(source(), "trust", "2017-Q2").due_pence / 100
    assert shown(made[0]) == (due, "All checks hold")
    for change, path in zip(CHANGES, made[1:], strict=False):
        total, told = shown(path)
        assert total != due, change
        assert told.startswith("A check fails"), change
    for change, path in zip(CHECKED, made[1 + len(CHANGES) :], strict=False):
        assert shown(path)[1].startswith("A check fails"), change
    undone = made[1 + len(CHANGES) + len(CHECKED)]
    assert shown(undone) == (due, "All checks hold")


def test_every_kind_of_input_is_among_those_that_are_changed() -> None:
    book = opened(statement_workbook(make_statement(source(), "trust", "2017-Q2")))
    found = set()
    for sheet in (RATES, "Shares", "Lines"):
        (table,) = book[sheet].tables.values()
        headers, *rows = book[sheet][table.ref]
        for place, header in enumerate(headers):
            if any(isinstance(row[place].value, int | float) for row in rows):
                found.add((sheet, header.value))
    changed = {(sheet, header) for sheet, header, _, _ in CHANGES + CHECKED}
    assert found == changed | TOLD


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


def test_a_limit_of_each_kind_moves_the_total_as_settling_under_it_does(made: list[Path]) -> None:
    by_name = {path.stem: path for path in made}
    due = lotterys(limited()).due_pence
    for name in LIMITS:
        settled_again = lotterys(limited(name)).due_pence
        total, told = shown(by_name[name])
        assert round(total * 100) == settled_again != due, name
        assert told.startswith("A check fails"), name
    # By hand: £470.00 of the consents (five of £95.00 let through) and six agreements of £450.00
    # are £3,170.00; by borough £1,500.00 each of £1,540.00 and £1,630.00 less £5.00 withheld; then
    # £2,960.00 in the year, and £2,950.00 in all, of which the lottery's 60% are £1,770.00, of
    # which its own limit lets £1,750.00 through. At most £2,500.00 in all would be £1,500.00.
    assert due == 175_000
    assert lotterys(limited("the contract")).due_pence == 150_000


def test_a_limit_that_is_only_stated_says_so_and_fails_a_check(made: list[Path]) -> None:
    (path,) = (path for path in made if path.stem == "straddling")
    due = lotterys(limited()).due_pence / 100
    total, told = shown(path)
    assert total == due
    assert told.startswith("A check fails")
    book = openpyxl.load_workbook(path, data_only=True)
    rates, first = book[RATES], lotterys(limited())
    told_of = [
        table_cell(book, rates.title, "What it withholds", in_rates(first, place)).value
        for place in range(len(STATED | LIMITS))
    ]
    assert [text.partition(":")[0] for text in told_of] == [
        *["Stated"] * len(STATED),
        *["Worked out in Lines"] * len(LIMITS),
    ]


def test_a_limit_that_changes_later_leaves_what_was_let_through_before(made: list[Path]) -> None:
    """Of £300.00 asked for at the first claim £250.00 was let through, and of £600.00 at both as
    much: £330.00 would let through £80.00 more, £200.00 take £50.00 back; 60% of it is hers.
    """
    assert lotterys(second_claim()).due_pence == 0
    for to, moved in zip(THEN, (4_800, -3_000), strict=True):
        assert lotterys(second_claim(to)).due_pence == moved
        (path,) = (path for path in made if path.stem == f"then {to}")
        total, told = shown(path)
        assert round(total * 100) == moved
        assert told.startswith("A check fails")


def test_what_passes_from_line_to_line_is_told_and_comes_to_nothing(made: list[Path]) -> None:
    for funder, path in zip((None, "lottery"), made[-2:], strict=True):
        statement = make_statement(taken_back(), funder)
        assert statement.working is not None
        (limit,) = statement.working.limited.whole
        # Less £100.00 of the first, and £50.00 through of the third and of the fourth: of the
        # running total of £200.00 after the first, none had been withheld.
        assert [line.withheld_pence for line in statement.lines] == limit.held == [0, -5_000, 5_000]
        assert limit.between == [5_000, -5_000, 0]
        content = statement_workbook(statement)
        written, again = opened(content, values=True), openpyxl.load_workbook(path, data_only=True)
        for sheet in ("Lines", "Summary", "Checks"):
            ours, theirs = (
                [[cell.value for cell in row] for row in book[sheet].iter_rows()]
                for book in (written, again)
            )
            assert ours == theirs
