"""By school in a funder's own statement: only where the contract lets it, and never of the few."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.libreoffice import differences, needs_libreoffice
from tests.opened import beside, opened, rows_of
from tests.spec.drawn_tables import contract_of, settled

from impactbond.contract.wording.render import render
from impactbond.statements import Statement, make_statement, statement_workbook
from impactbond.statements.source import statement_source

TERMS = """
    funders:
      council: {name: The council, kind: council%s}
      lottery: {name: The lottery, kind: lottery}
      school: {name: The child's own school, kind: school, each: school}
    milestones:
      consent: {when: {observed: consent, in: year one}, price: 100.00}
    funding:
      - {for: [consent], shares: {council: 50%%, school: 20%%, lottery: 30%%}}
"""
SEES = ", sees: {each: school}"
# In the first quarter six of Elm, six of Oak and two of Fir; in the second two more of Oak, who
# makes Oak one of the few, and five of Fir.
CHILDREN = """
    child   | school
    e1..e6  | Elm
    o1..o8  | Oak
    f1..f7  | Fir
    ---
    child   | metric  | on         | value
    e1..e6  | consent | 2017-02-01 | yes
    o1..o6  | consent | 2017-02-01 | yes
    f1 f2   | consent | 2017-02-01 | yes
    o7 o8   | consent | 2017-05-01 | yes
    f3..f7  | consent | 2017-05-01 | yes
"""


def seen(by: str, day: str, children: str = CHILDREN, funder: str = "council") -> Statement:
    """The statement of a funder, which may see what `by` says."""
    return make_statement(statement_source(settled(TERMS % by, children, day)), funder)


def told(statement: Statement) -> dict[str, tuple[int, int, int, int]]:
    """By school: net, number to date, and what the funder pays now and to date."""
    return {
        row.name: (
            row.claimed,
            row.number_before + row.claimed,
            row.paid_pence,
            row.paid_before_pence + row.paid_pence,
        )
        for one in statement.by_group
        for row in one.rows
    }


def test_no_funder_sees_it_unless_the_contract_says_so() -> None:
    assert seen("", "2017-05-01").by_group == ()
    assert seen(SEES, "2017-05-01", funder="lottery").by_group == ()
    assert seen(SEES, "2017-05-01", funder="school: Elm").by_group == ()


def test_the_few_stand_together_with_the_next_smallest() -> None:
    # Fir's two are fewer than five, so Elm's six, the first of the next smallest, are with them.
    # The council pays £50.00 for each.
    statement = seen(SEES, "2017-05-01")
    assert told(statement) == {
        "Oak": (6, 6, 300_00, 300_00),
        "All others together: fewer than 5 of some": (8, 8, 400_00, 400_00),
    }


def test_who_stood_together_once_stays_together() -> None:
    # Fir has five more, and Oak two: a reader of both statements could subtract.
    statement = seen(SEES, "2017-07-31")
    assert told(statement) == {"All together": (7, 21, 350_00, 1050_00)}


def test_the_contract_may_let_it_see_all_however_few() -> None:
    statement = seen(", sees: {each: school, least: 1}", "2017-07-31")
    assert told(statement) == {
        "Elm": (0, 6, 0, 300_00),
        "Fir": (5, 7, 250_00, 350_00),
        "Oak": (2, 8, 100_00, 400_00),
    }


def test_a_claim_of_too_few_altogether_tells_nothing_and_is_not_told_afterwards() -> None:
    children = """
    child   | school
    e1..e9  | Elm
    o1..o6  | Oak
    ---
    child   | metric  | on         | value
    e1      | consent | 2017-02-01 | yes
    e2..e9  | consent | 2017-05-01 | yes
    o1..o6  | consent | 2017-05-01 | yes
    """
    assert seen(SEES, "2017-05-01", children).by_group == ()
    # Elm's one of the first claim could be told from what stands before this one.
    assert seen(SEES, "2017-07-31", children).by_group == ()


def test_a_school_may_see_the_others() -> None:
    terms = TERMS.replace("each: school}", "each: school, sees: {each: school, least: 1}}", 1)
    source = statement_source(settled(terms % "", CHILDREN, "2017-05-01"))
    # Elm has a part in the lines of its own pupils alone, and so sees no other's.
    assert told(make_statement(source, "school: Elm")) == {"Elm": (6, 6, 120_00, 120_00)}


@pytest.fixture(scope="module")
def book() -> dict[bool, Any]:
    content = statement_workbook(seen(SEES, "2017-05-01"))
    return {values: opened(content, values=values) for values in (False, True)}


def test_the_sheet_tells_no_line_and_adds_up_to_what_is_due(book: dict[bool, Any]) -> None:
    sheet = book[True]["By school"]
    rows = rows_of(sheet)
    assert [row["Each school"] for row in rows] == [
        "Oak",
        "All others together: fewer than 5 of some",
    ]
    assert sum(row["Your amount (£)"] for row in rows) == 700.00
    assert beside(book[True]["Cover"], "Total due (£)") == 700.00
    checks = {row["Check"]: row["Holds"] for row in rows_of(book[True]["Checks"])}
    assert checks["All that milestones came to is of one school, or of none"] is True
    # No line of the statement, and nothing else in it, says which school a child is at.
    for one in book[False]:
        if one.title != "By school":
            cells = [str(cell.value) for row in one.iter_rows() for cell in row if cell.value]
            assert not [text for text in cells if text in ("Oak", "Elm", "Fir")]


def test_the_contract_says_in_english_who_sees_what() -> None:
    text = render(contract_of(TERMS % SEES))
    assert (
        "its own statement says what it pays for the participants of each school, those of whom "
        "fewer than 5 participants were ever claimed for at once taken together"
    ) in " ".join(text.split())
    few = render(contract_of(TERMS % ", sees: {each: school, least: 1}"))
    assert "however few they are" in " ".join(few.split())


@needs_libreoffice
def test_its_formulas_give_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "seen.xlsx"
    path.write_bytes(statement_workbook(seen(SEES, "2017-07-31")))
    found, others = differences(path, tmp_path / "again")
    assert found
    assert others == {}
