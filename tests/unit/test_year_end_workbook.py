"""The workbook of a year end: every formula gives what is written, and a changed input moves the
total and breaks a check.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import openpyxl
import pytest
from tests.libreoffice import differences, differences_of, needs_libreoffice, recalculate, values
from tests.opened import beside, opened, rows_of
from tests.spec.test_year_end import FIXTURES, closed, in_2017
from tests.spec.test_year_end_currencies_and_agents import EUROS, abroad, agents
from tests.spec.test_year_end_edges import FOUR
from tests.spec.test_year_end_edges import closed as closed_of
from tests.spec.test_year_end_money import CONSTRAINED, MONEY, UP_FRONT, ledger_of, receipts_of

from impactbond.closing.workbook import year_end_workbook
from impactbond.closing.year_end import YearEnd


@cache
def book() -> bytes:
    ledger = FIXTURES / "ledgers" / "west_london_zone.yaml"
    return year_end_workbook(closed("2018-03-31", "2018-07-31", in_2017(), ledger=ledger))


def test_an_examiner_finds_the_figures_the_checks_and_what_is_to_be_decided() -> None:
    found = opened(book(), values=True)
    cover = found["Cover"]
    assert beside(cover, "Income of the year (£)") == 49410.00
    assert beside(cover, "Contract asset (£)") == 19636.66
    assert beside(cover, "Contract liability (£)") == 4153.99
    assert beside(cover, "Checks") == "All checks hold"
    told = [str(row[0].value) for row in cover.iter_rows()]
    assert "These are figures, no accounting advice." in told
    assert sum(line.endswith("?") or "? See" in line for line in told) == 8
    listed = [row["Sheet"] for row in rows_of(found["Contents"])]
    assert set(listed) <= set(found.sheetnames)
    position = {row["Funder"]: row for row in rows_of(found["Position"])}
    # Names stand beside ids, codes of the ledger beside the keys of its accounts.
    assert position["lbhf"]["Name"] == "London Borough of Hammersmith & Fulham"
    codes = {row["Account"]: row["Code"] for row in rows_of(found["Journals"])}
    assert (codes["accrued"], codes["income"]) == ("1105", "4105")
    assert beside(cover, "Income of the year before, as filed (£)") == 40710.00
    assert beside(cover, "Trial balance") == "none was given"
    funds = {row["Fund"]: row for row in rows_of(found["Funds"])}
    assert funds["Lottery project"]["Income of the year (£)"] == 7411.50
    assert funds["Lottery project"]["Restricted?"] == "restricted"
    policy = {row["Subject"]: row["Text"] for row in rows_of(found["Policy"])}
    assert "evidence recorded up to 2018-07-31" in policy["Cut-off"]
    refused = rows_of(found["Refused"])
    assert sum(row["Rows"] for row in refused) == 12
    assert position["trust"]["Contract liability (£)"] == 4153.99
    # What was filed stands as it was filed: £40,710.00 earned by 31 March 2017.
    assert sum(row["Earned (£)"] for row in rows_of(found["As filed"])) == 40710.00


def test_every_funder_has_a_page_to_sign_that_names_no_other() -> None:
    found = opened(book(), values=True)
    pages = [name for name in found.sheetnames if name.startswith("Confirm ")]
    assert len(pages) == 9
    by_funder = {found[name]["A2"].value: found[name] for name in pages}
    trust = next(sheet for name, sheet in by_funder.items() if "trust" in name.casefold())
    cells = [cell.value for row in trust.iter_rows() for cell in row]
    assert "up-front money held" in cells
    assert 10317.33 in cells
    names = {name.removeprefix("To: ") for name in by_funder}
    for told, sheet in by_funder.items():
        cells = {str(cell.value) for row in sheet.iter_rows() for cell in row}
        assert not (names - {told.removeprefix("To: ")}) & cells


def test_what_is_worked_out_is_a_formula() -> None:
    found = opened(book())
    for sheet, header in (("Position", "Earned (pence)"), ("Journals", "Debit (pence)")):
        assert all(str(row[header]).startswith("=") for row in rows_of(found[sheet]))
    checks = rows_of(found["Checks"])
    live = [row for row in checks if str(row["First (pence)"]).startswith("=")]
    stated = {row["Check"] for row in checks} - {row["Check"] for row in live}
    assert stated == {
        "lines of the cut are shared in full",
        "shares are what the schedule asks for",
    }


def written(folder: Path, name: str, year: YearEnd) -> Path:
    path = folder / f"{name}.xlsx"
    path.write_bytes(year_end_workbook(year))
    return path


@needs_libreoffice
def test_an_agents_books_and_those_in_two_currencies_are_as_written(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    agent = agents(tmp_path / "first", passed_on="2200")
    before = closed_of("", FOUR, "2017-09-30", ledger=agent)
    ours = closed_of("", FOUR, "2017-12-31", ledger=agent, previous=before)
    terms = f"{EUROS}\n{UP_FRONT}"
    pounds = closed_of(terms, FOUR, "2017-12-31", ledger=abroad(tmp_path / "second", terms=terms))
    paths = [written(tmp_path, "agent", ours), written(tmp_path, "abroad", pounds)]
    for count, different in differences_of(paths, tmp_path / "again"):
        assert count > 150
        assert different == {}
    assert beside(opened(paths[0].read_bytes(), values=True)["Cover"], "Earned to date (£)") == 400
    found = rows_of(opened(paths[1].read_bytes(), values=True)["Exchange"])
    council = {row["Item"]: row for row in found if row["Funder"] == "council"}
    assert council["exchange difference"]["Of the year (£)"] == 26.00
    assert council["income to date"]["In the contract's (€)"] == 400.00


@needs_libreoffice
def test_recalculated_it_is_as_written_and_a_changed_outcome_breaks_a_check(
    tmp_path: Path,
) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(
        year_end_workbook(
            closed_of(
                "",
                FOUR,
                "2017-12-31",
                ledger=ledger_of(tmp_path, CONSTRAINED),
                receipts=receipts_of(MONEY),
                previous=closed_of("", FOUR, "2017-06-30"),
            )
        )
    )
    count, different = differences(path, tmp_path / "again")
    assert count > 150
    assert different == {}
    changed = openpyxl.load_workbook(path)
    sheet = changed["Cut off"]
    row = next(row for row in sheet.iter_rows() if row[0].value == "council")
    row[-1].value += 100
    changed.save(tmp_path / "changed.xlsx")
    cells = values(recalculate(tmp_path / "changed.xlsx", tmp_path / "other"))
    cover = [cell for (name, _), cell in cells.items() if name == "Cover"]
    assert "A check fails: see the sheet Checks" in cover
    assert 341.00 in cover  # earned: £340.00 before


LOOK_ALIKE = """
    child | school
    c1    | Oak*
    c2    | oak*
    c3    | Oak Tree
    c4    | Oa?*
    ---
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-08-10 | yes
    c3    | consent | 2017-11-20 | yes
    c4    | consent | 2017-02-05 | yes
"""


@needs_libreoffice
def test_schools_that_a_spreadsheet_takes_for_one_another_have_their_own_figures(
    tmp_path: Path,
) -> None:
    # Each school pays £25.00 of its own child's £100.00; c1, c4 and c2 are claimed by the year end.
    terms = "funding: [{for: every milestone, shares: {council: 3/4, school: 1/4}}]"
    ledger = ledger_of(tmp_path, "funds: {default: {name: A*}, other: {name: a*}}\n", terms)
    before = closed_of(terms, LOOK_ALIKE, "2017-06-30", ledger=ledger)
    year = closed_of(terms, LOOK_ALIKE, "2017-12-31", ledger=ledger, previous=before)
    path = written(tmp_path, "alike", year)
    count, different = differences(path, tmp_path / "again")
    assert count > 150
    assert different == {}
    position = {
        row["Funder"]: row for row in rows_of(opened(path.read_bytes(), values=True)["Position"])
    }
    own = {name.removeprefix("school: "): row for name, row in position.items() if ":" in name}
    assert {name: (row["Claimed (£)"], row["Unclaimed (£)"]) for name, row in own.items()} == {
        "Oak*": (25, 0),
        "oak*": (25, 0),
        "Oa?*": (25, 0),
        "Oak Tree": (0, 25),
    }


def test_money_of_a_currency_without_decimals_stands_once() -> None:
    terms = (
        "currency: JPY\nmilestones: {consent: {when: {observed: consent, in: year one}, price: 9}}"
    )
    found = opened(year_end_workbook(closed_of(terms, FOUR, "2017-09-30")), values=True)
    (row, *_) = rows_of(found["Position"])
    assert next(cell for header, cell in row.items() if header.startswith("Earned (")) == 27


@pytest.mark.parametrize("framework", ["SORP 2019", "SORP 2026"])
def test_the_framework_chooses_words_and_no_figure(framework: str) -> None:
    year = closed_of("", FOUR, "2017-12-31", framework=framework)
    words = {"SORP 2019": "Accrued income", "SORP 2026": "Contract asset"}
    found = opened(year_end_workbook(year), values=True)
    assert beside(found["Cover"], f"{words[framework]} (£)") == 100
