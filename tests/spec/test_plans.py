"""Plans with their own periods, with decimals, and with what they leave blank."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook
from tests.spec.drawn_tables import contract_of, settled

from impactbond.contract.wording.render import render
from impactbond.errors import ContractError
from impactbond.settlement.plans import planned_table, planned_text
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import statement_source
from impactbond.statements.workbook.sheets import statement_workbook

SHARED = "funding: [{for: every milestone, shares: {council: 60%, trust: 40%}}]"
# £100.00 is claimed in the first quarter, the second, and the third, and nothing after.
EVIDENCE = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-05-01 | yes
    c3    | consent | 2017-08-01 | yes
"""


def plan(payments: str) -> str:
    lines = "".join(f"\n      {one}" for one in payments.split("; "))
    return f"{SHARED}\nplans:\n  p:\n    made_on: 2016-12-01\n    payments:{lines}"


def told(payments: str, as_of: str = "2017-10-31") -> list[tuple[object, ...]]:
    names = ("claim_period", "name", "planned_pence", "actual_pence", "difference_pence", "is_over")
    table = planned_table(settled(plan(payments), EVIDENCE, as_of))
    return [tuple(row[name] for name in names) for row in table.to_pylist()]


@pytest.mark.mechanic(150)
def test_a_plan_has_its_own_periods_and_says_nothing_of_others() -> None:
    # Three quarters are claimed: the year is not over, and has no difference yet. No period of the
    # plan holds the first quarter but the year, so that no row is invented.
    assert told("2017: {consent: 350.00}; 2017-04-01 through 2017-09-30: {council: 100.00}") == [
        ("2017", "consent", 350_00, 300_00, None, False),
        ("2017", "council", None, 180_00, None, False),
        ("2017-04-01 through 2017-09-30", "consent", None, 200_00, None, True),
        ("2017-04-01 through 2017-09-30", "council", 100_00, 120_00, 20_00, True),
    ]


@pytest.mark.mechanic(150)
def test_where_a_plan_says_nothing_there_is_no_number() -> None:
    # The plan begins with the second quarter: of the first it says nothing, not nought.
    assert told("2017-Q2: {consent: 0.00}; 2017-Q3: {total: 90.00}") == [
        ("2017-Q1", "consent", None, 100_00, None, True),
        ("2017-Q1", "total", None, 100_00, None, True),
        ("2017-Q2", "consent", 0, 100_00, 100_00, True),
        ("2017-Q2", "total", None, 100_00, None, True),
        ("2017-Q3", "consent", None, 100_00, None, True),
        ("2017-Q3", "total", 90_00, 100_00, 10_00, True),
    ]


@pytest.mark.mechanic(150)
def test_to_date_is_from_the_start_of_the_term() -> None:
    assert told("to 2017-06-30: {consent: 150.00}")[0] == (
        "to 2017-06-30", "consent", 150_00, 200_00, 50_00, True,
    )  # fmt: skip


@pytest.mark.mechanic(150)
def test_what_came_is_not_told_of_a_period_that_cuts_a_claim_in_two() -> None:
    # February is a part of the claim of the first quarter.
    assert told("2017-02: {consent: 150.00}", as_of="2017-04-30") == [
        ("2017-02", "consent", 150_00, None, None, False),
    ]


@pytest.mark.mechanic(150)
def test_a_plan_may_be_finer_than_the_currency_and_stays_exact() -> None:
    settlement = settled(plan("2017-Q1: {consent: 98.7654321}"), EVIDENCE, "2017-04-30")
    [row] = planned_table(settlement).to_pylist()
    assert row["planned"] == Decimal("98.7654321")
    assert (row["planned_pence"], row["difference_pence"]) == (98_77, 1_23)
    text = planned_text(settlement)
    assert "2017-Q1  consent  £98.7654321  £100.00       £1.23" in text
    assert "for 2017-Q1: 98.7654321 GBP for consent" in render(settlement.contract)


@pytest.mark.mechanic(150)
@pytest.mark.parametrize(
    "label", ["2017-Q5", "2017-13", "spring", "2019", "2017-06-30 through 2017-01-01", "to spring"]
)
def test_a_period_that_is_none_is_refused(label: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(plan(f"{label}: {{consent: 1.00}}"))
    assert {fault.code for fault in refused.value.faults} == {"unknown_period"}


@pytest.mark.mechanic(150)
def test_a_statement_has_a_sheet_of_plans_and_shows_a_funder_its_own_rows() -> None:
    settlement = settled(plan("2017: {consent: 350.00, trust: 140.00}"), EVIDENCE, "2018-01-31")
    source = statement_source(settlement)
    found = {}
    for funder in ("trust", "council", None):
        book = load_workbook(BytesIO(statement_workbook(make_statement(source, funder))))
        found[funder] = []
        if "Plans" in book.sheetnames:
            cells = [list(row) for row in book["Plans"].iter_rows(values_only=True)]
            found[funder] = [row for row in cells if "2017" in row]
    assert found["council"] == []
    # Of £120.00 the trust's 40%: 140 planned, 120 came.
    [own] = found["trust"]
    assert {"p", "trust", 14000, 12000} <= set(own)
    assert len(found[None]) == 2


def test_milestones_stand_beside_what_the_latest_plan_says_of_the_periods_that_are_over() -> None:
    periods = "2017-Q4: {consent: 350.00, trust: 140.00}; 2018-Q1: {consent: 99.00}"
    source = statement_source(settled(plan(periods), EVIDENCE, "2018-01-31"))
    (row,) = make_statement(source).by_milestone
    assert row.planned_pence == 35_000
    assert [one.planned_pence for one in make_statement(source, "trust").by_milestone] == [None]
    book = load_workbook(BytesIO(statement_workbook(make_statement(source))))
    cells = [list(row) for row in book["By milestone"].iter_rows(values_only=True)]
    (header,) = (row for row in cells if "Planned to date (pence)" in row)
    (told,) = (row for row in cells if "M01" in row)
    assert told[header.index("Planned to date (pence)")] == 35_000
