"""The schedule: the periods of a contract, the dates of its claims, and when payment is due."""

from __future__ import annotations

from datetime import date

import pytest
from tests.spec.drawn_tables import BASE, contract_of, schedule, settled

from impactbond.errors import SettlementError

ONE_CLAIM = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
"""


def claim_dates(terms: str) -> list[tuple[str, str, str]]:
    """The label, the last day and the claim date of every period of a contract."""
    calendar = contract_of(terms).calendar
    return [
        (period.label, str(period.last), str(calendar.claim_date(period)))
        for period in calendar.periods
    ]


@pytest.mark.mechanic(99)
def test_quarters_are_cut_to_the_term_and_claimed_a_month_after_their_last_day() -> None:
    terms = "calendar: {term: 2017-02-15 through 2018-01-10}"
    assert claim_dates(terms) == [
        ("2017-Q1", "2017-03-31", "2017-04-30"),
        ("2017-Q2", "2017-06-30", "2017-07-31"),  # a month after the end of June is the end of July
        ("2017-Q3", "2017-09-30", "2017-10-31"),
        ("2017-Q4", "2017-12-31", "2018-01-31"),
        ("2018-Q1", "2018-01-10", "2018-02-10"),
    ]
    first = contract_of(terms).calendar.periods[0]
    assert first.first == date(2017, 2, 15)


@pytest.mark.mechanic(99)
@pytest.mark.parametrize(
    ("every", "made", "first_claim", "count"),
    [
        ("month", "10 days after the period", ("2017-01", "2017-01-31", "2017-02-10"), 24),
        ("quarter", "6 weeks after the period", ("2017-Q1", "2017-03-31", "2017-05-12"), 8),
        ("year", "3 months after the period", ("2017", "2017-12-31", "2018-03-31"), 2),
    ],
)
def test_claims_are_made_every_month_quarter_or_year(
    every: str, made: str, first_claim: tuple[str, str, str], count: int
) -> None:
    found = claim_dates(f"calendar: {{claims: {{every: {every}, made: {made}}}}}")
    assert (found[0], len(found)) == (first_claim, count)


@pytest.mark.mechanic(99)
def test_between_two_claim_dates_nothing_new_is_due() -> None:
    on_the_day = settled(BASE, ONE_CLAIM, as_of="2017-04-30")
    for as_of in ("2017-05-01", "2017-07-30"):
        later = settled(BASE, ONE_CLAIM, as_of=as_of)
        assert later.claim_dates == on_the_day.claim_dates
        assert later.payments_table.equals(on_the_day.payments_table)


@pytest.mark.mechanic(99)
def test_before_the_first_claim_date_there_is_nothing_to_settle() -> None:
    with pytest.raises(SettlementError) as refused:
        settled(BASE, ONE_CLAIM, as_of="2017-04-29")
    assert "2017-04-30" in str(refused.value)


@pytest.mark.mechanic(118)
@pytest.mark.parametrize(
    ("within", "if_closed", "achieved", "due"),
    [
        # claimed on Sunday 30 April 2017
        ("8 days", "next working day", "2017-02-01", "2017-05-08"),  # a Monday
        ("6 days", "next working day", "2017-02-01", "2017-05-08"),  # Saturday 6 May
        ("6 days", "previous working day", "2017-02-01", "2017-05-05"),
        # claimed on 31 January 2018, due on Good Friday, 30 March
        ("58 days", "next working day", "2017-11-01", "2018-04-03"),  # after Easter Monday
        ("58 days", "previous working day", "2017-11-01", "2018-03-29"),
        ("1 month", "next working day", "2017-11-01", "2018-02-28"),  # there is no 31 February
    ],
)
def test_payment_is_due_on_a_day_on_which_banks_are_open(
    within: str, if_closed: str, achieved: str, due: str
) -> None:
    terms = f"calendar: {{payment: {{within: {within}, if_closed: {if_closed}}}}}"
    assert [row["due"] for row in schedule(terms, ONE_CLAIM.replace("2017-02-01", achieved))] == [
        due
    ]


@pytest.mark.mechanic(94, 118)
def test_up_front_money_moves_back_over_a_new_year_past_the_holidays_of_the_year_before() -> None:
    """1 January 2023 is a Sunday, and Friday 30 December was Rizal Day: Thursday the 29th."""
    terms = """
calendar:
  term: 2023-01-01 through 2023-12-31
  payment: {working_days_of: PH, if_closed: previous working day}
tranches:
  first: {pay: 90.00, on: 2023-01-01, by: {council: 100%}, recovered: {at: 50%}}
"""
    evidence = """
        child | start
        c1    | 2023-01-09
        ---
        child | metric   | on         | value
        c1    | assessed | 2023-02-01 | yes
    """
    assert [(row["due"], row["amount"]) for row in schedule(terms, evidence)] == [
        ("2022-12-29", "90.00")
    ]


@pytest.mark.mechanic(118)
@pytest.mark.parametrize(
    ("within", "nation", "due"),
    [
        # claimed on 31 July 2017; Scotland's summer bank holiday is Monday 7 August
        ("7 days", "England", "2017-08-07"),
        ("7 days", "Scotland", "2017-08-08"),
        # and that of England and Wales is Monday 28 August
        ("28 days", "England", "2017-08-29"),
        ("28 days", "Wales", "2017-08-29"),
        ("28 days", "Scotland", "2017-08-28"),
        # Saint Andrew's Day is Thursday 30 November
        ("122 days", "Northern Ireland", "2017-11-30"),
        ("122 days", "Scotland", "2017-12-01"),
    ],
)
def test_bank_holidays_are_those_of_the_nation_that_the_contract_names(
    within: str, nation: str, due: str
) -> None:
    terms = f"calendar: {{payment: {{within: {within}, working_days_of: {nation}}}}}"
    evidence = ONE_CLAIM.replace("2017-02-01", "2017-05-02")
    assert [row["due"] for row in schedule(terms, evidence)] == [due]


@pytest.mark.mechanic(94, 118)
def test_an_up_front_payment_due_on_a_closed_day_moves_like_any_other() -> None:
    terms = """
tranches:
  mobilisation: {pay: 120.00, on: 2017-04-14, by: {council: 100%}, recovered: {at: 50%}}
"""
    found = schedule(terms, "child | start\n c1 | 2017-01-09")
    assert [(row["due"], row["for"]) for row in found] == [
        ("2017-04-18", "up-front mobilisation")  # the Tuesday after Easter
    ]


@pytest.mark.mechanic(116)
def test_what_belongs_to_a_closed_period_is_paid_as_an_adjustment_beside_the_periods_own() -> None:
    evidence = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-02-01 | 2017-06-01 | yes
        c2    | consent | 2017-05-01 | 2017-06-01 | yes
    """
    found = settled(BASE, evidence)
    assert [
        (row["claim_period"], row["kind"], row["amount_pence"])
        for row in found.payments_table.to_pylist()
    ] == [("2017-Q2", "milestones", 100_00), ("2017-Q2", "adjustments", 100_00)]
    assert [(row["kind"], row["period"]) for row in found.lines_table.to_pylist()] == [
        ("adjustment", "2017-Q1"),
        ("claim", "2017-Q2"),
    ]
