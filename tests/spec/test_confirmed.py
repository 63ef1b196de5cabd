"""Confirmed: a state lasts until the next row only where that comes soon enough to confirm it."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of, paid, verdicts

from impactbond.contract.wording.conditions import measured


def contract(often: str, milestone: str) -> str:
    """A contract about work that must be confirmed so often."""
    return f"""
metrics: {{work: {{kind: state, states: [none, full time], confirmed: {often}}}}}
windows: {{long: start to 20 months after start, spring: 2017-01-10 through 2017-03-31}}
milestones: {{goal: {milestone}}}
"""


YEAR = "{when: {sustained: work, as: full time, for: 1 year, in: long}, price: 100.00}"
TEN_DAYS = "{when: {sustained: work, as: full time, for: 10 days, in: long}, price: 100.00}"


@pytest.mark.mechanic(129)
def test_two_rows_far_apart_tell_of_two_days() -> None:
    evidence = """
        child | metric | on                                                     | value
        c1    | work   | 2017-02-01                                  2018-02-01 | full time
        c2    | work   | 2017-02-01 2017-05-04 2017-08-04 2017-11-04 2018-02-01 | full time
        c3    | work   | 2017-02-01 2017-05-05 2017-08-05 2017-11-04 2018-02-01 | full time
        c3    | work   | 2018-05-04                                             | full time
    """
    # 92 days after 1 February is 4 May, then 4 August, then 4 November, then 4 February.
    # c2 has worked a year on 31 January. c3's row of May is a day late: the clock starts again on
    # 5 May 2017, and the year is complete on 4 May 2018, which the row of that day still tells.
    assert verdicts(contract("every 92 days", YEAR), evidence) == {
        "c1 goal": "not achieved: not met",
        "c2 goal": "achieved 2018-01-31",
        "c3 goal": "achieved 2018-05-04",
    }


@pytest.mark.mechanic(129)
@pytest.mark.parametrize(
    ("often", "is_lasting"),
    [
        ("every 28 days", True),
        ("every 27 days", False),
        ("every 4 weeks", True),
        ("every 3 weeks", False),
        ("every 1 month", True),
        ("every 1 year", True),
    ],
)
def test_it_is_confirmed_by_days_weeks_months_or_years(often: str, is_lasting: bool) -> None:
    # A month after 31 January is 28 February, 28 days later.
    evidence = """
        child | metric | on                    | value
        c1    | work   | 2017-01-31 2017-02-28 | full time
    """
    day = "achieved 2017-02-09" if is_lasting else "not achieved: not met"
    assert verdicts(contract(often, TEN_DAYS), evidence) == {"c1 goal": day}


SPRING = """
    child | metric  | on         | value
    c1    | consent | 2017-01-09 | yes
    c1    | work    | 2017-01-10 | full time
    c1    | work    | 2017-02-09 | none
    c1    | work    | 2017-02-10 | full time
    c1    | work    | 2017-03-31 | full time
"""


@pytest.mark.mechanic(129)
def test_days_that_nobody_confirmed_are_no_units() -> None:
    goal = (
        "{when: {observed: consent, in: year one},"
        " units: {days: work, as: full time, in: year one}, price: 1.00}"
    )
    # 10 January through 8 February are 30 days, confirmed by the row of the 30th day after. From 10
    # February to 31 March it is 49 days: of these only the two days of the rows are known.
    assert paid(contract("every 30 days", goal), SPRING) == {"2017-Q1": {"council": "32.00"}}
    assert paid(contract("every 49 days", goal), SPRING) == {"2017-Q1": {"council": "80.00"}}


@pytest.mark.mechanic(127, 129)
def test_days_that_nobody_confirmed_are_not_known_to_be_in_another_state() -> None:
    goal = "{when: {not: {sustained: work, as: full time, for: 51 days, in: spring}}, price: 1.00}"
    # 10 February through 31 March are 50 days of work, and every day of the window is known, where
    # 49 days without a row are allowed.
    assert verdicts(contract("every 49 days", goal), SPRING)["c1 goal"] == "achieved 2017-03-31"
    unknown = "not evidenced: no evidence"
    assert verdicts(contract("every 48 days", goal), SPRING)["c1 goal"] == unknown


@pytest.mark.mechanic(129)
def test_a_row_before_the_window_tells_of_it_only_where_it_is_confirmed_in_it() -> None:
    evidence = """
        child | metric | on                    | value
        c1    | work   | 2017-01-01 2017-01-20 | full time
        c2    | work   | 2017-01-01 2017-01-31 | full time
    """
    # The window opens on 9 January. c1 is confirmed 19 days after its row; c2 30, a day too late.
    assert verdicts(contract("every 29 days", TEN_DAYS), evidence) == {
        "c1 goal": "achieved 2017-01-18",
        "c2 goal": "not achieved: not met",
    }


def test_the_contract_says_how_long_a_record_holds() -> None:
    whole = contract_of(contract("every 92 days", YEAR))
    (said,) = [rule.says for rule in measured(whole).rules if "work" in rule.says]
    assert said.endswith(
        "from the day of a record until the day of the next where it comes within 92 days, and"
        " otherwise on its own day alone: none or full time"
    )
