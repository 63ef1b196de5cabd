"""States: what somebody is in from the day of a row until the day of the next, and for how long."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import paid, verdicts

WORK = """
metrics: {work: {kind: state, states: [none, part time, full time]}}
windows: {twenty months: start to 20 months after start}
"""


def when(condition: str) -> str:
    """A contract that pays £100.00 for this condition about work."""
    return f"{WORK}milestones: {{goal: {{when: {condition}, price: 100.00}}}}"


@pytest.mark.mechanic(26)
def test_a_first_job_counts_and_one_that_was_there_before_does_not() -> None:
    terms = when(
        "{all: [{state: work, pick: first, in: twenty months, is: [none, part time]},"
        " {state: work, in: twenty months, is: full time}]}"
    )
    evidence = """
        child | metric | on                    | value
        c1    | work   | 2017-01-09            | none
        c2    | work   | 2017-01-09            | full time
        c3    | work   | 2017-01-09            | part time
        c1 c2 | work   | 2017-03-01            | full time
        c3    | work   | 2017-03-01            | full time
        c4    | work   | 2017-03-01            | part time
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-03-01",
        "c2 goal": "not achieved: not met",  # had the job already
        "c3 goal": "achieved 2017-03-01",  # part time to full time is allowed
        "c4 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(26)
def test_of_several_states_of_one_day_the_last_recorded_holds() -> None:
    evidence = """
        child | metric | on         | value     | recorded
        c1    | work   | 2017-03-01 | full time | 2017-03-01
        c1    | work   | 2017-03-01 | none      | 2017-03-05
        c2    | work   | 2017-03-01 | none      | 2017-03-01
        c2    | work   | 2017-03-01 | full time | 2017-03-05
    """
    for pick in ("first", "last"):
        terms = when(f"{{state: work, pick: {pick}, in: twenty months, is: full time}}")
        assert verdicts(terms, evidence) == {
            "c1 goal": "not achieved: not met",
            "c2 goal": "achieved 2017-03-01",
        }


QUARTER = "{sustained: work, as: [part time, full time], for: 3 months, in: twenty months}"


@pytest.mark.mechanic(18)
def test_losing_the_state_starts_the_clock_again_and_the_client_is_paid_once() -> None:
    evidence = """
        child | metric | on         | value
        c1    | work   | 2017-02-01 | part time
        c1    | work   | 2017-04-30 | none
        c1    | work   | 2017-06-01 | full time
        c1    | work   | 2017-08-31 | full time
        c1    | work   | 2018-02-01 | full time
        c2    | work   | 2017-02-01 | part time
        c2    | work   | 2017-03-15 | full time
        c2    | work   | 2017-04-30 | full time
    """
    # c1: 1 February to 29 April is a day short of three months; from 1 June they end on 31 August.
    # c2: from one job to another is no break; 1 February to 30 April is three months.
    assert verdicts(when(QUARTER), evidence) == {
        "c1 goal": "achieved 2017-08-31",
        "c2 goal": "achieved 2017-04-30",
    }
    assert paid(when(QUARTER), evidence) == {
        "2017-Q2": {"council": "100.00"},
        "2017-Q3": {"council": "100.00"},
    }


@pytest.mark.mechanic(18, 112)
def test_after_the_last_row_nothing_is_known() -> None:
    evidence = """
        child | start      | left
        c2    | 2017-01-09 |
        ---
        child | metric | on                               | value
        c1    | work   | 2017-02-01                       | full time
        c3    | work   | 2017-02-01 2017-02-08 2017-02-15 | full time
    """
    assert verdicts(when(QUARTER), evidence) == {
        "c1 goal": "not achieved: not met",  # one day is known
        "c2 goal": "not evidenced: no evidence",
        "c3 goal": "not achieved: not met",  # weeks add up to 15 days
    }


@pytest.mark.mechanic(18)
def test_time_before_the_window_does_not_count() -> None:
    terms = when("{sustained: work, as: full time, for: 10 days, in: year one}")
    evidence = """
        child | metric | on                    | value
        c1    | work   | 2017-01-01            | full time
        c1    | work   | 2017-01-17            | none
        c2    | work   | 2017-01-01 2017-01-18 | full time
    """
    # The window opens on 9 January: c1 has eight days in it, c2 the ten until the 18th.
    assert verdicts(terms, evidence) == {
        "c1 goal": "not achieved: not met",
        "c2 goal": "achieved 2017-01-18",
    }


@pytest.mark.mechanic(20)
def test_thirteen_weeks_in_sixteen_may_be_made_up_of_parts() -> None:
    terms = when(
        "{sustained: work, as: full time, for: 13 weeks, within: 16 weeks, in: twenty months}"
    )
    evidence = """
        child    | metric | on         | value
        c1 c2 c3 | work   | 2017-02-01 | full time
        c1 c2    | work   | 2017-03-01 | none
        c1       | work   | 2017-03-22 | full time
        c2       | work   | 2017-03-23 | full time
        c1 c2    | work   | 2017-06-30 | full time
        c3       | work   | 2017-05-02 | full time
    """
    # 13 weeks are 91 days, 16 weeks from 1 February end on 23 May. c1: 28 days in February, and the
    # 63rd from 22 March is 23 May. c2 comes to 91 a day too late, and from 23 March on, 91 days in
    # one go end on 21 June. c3: the 91st day is 2 May.
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-05-23",
        "c2 goal": "achieved 2017-06-21",
        "c3 goal": "achieved 2017-05-02",
    }


@pytest.mark.mechanic(20)
def test_twelve_months_of_work_within_fourteen() -> None:
    terms = when(
        "{sustained: work, as: full time, for: 12 months, within: 14 months, in: twenty months}"
    )
    evidence = """
        child | metric | on         | value
        c1 c2 | work   | 2017-02-01 | full time
        c1 c2 | work   | 2017-06-01 | none
        c1    | work   | 2017-07-31 | full time
        c2    | work   | 2017-08-01 | full time
        c1 c2 | work   | 2018-12-31 | full time
    """
    # From 1 February 2017, 12 months are 365 days and 14 months end on 31 March 2018. Until June
    # there are 120. c1 needs 245 more: 31 July and 244 days are 1 April, a day too late; from 31
    # July on, 12 months end on 30 July 2018. c2: from 1 August on, they end on 31 July 2018.
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2018-07-30",
        "c2 goal": "achieved 2018-07-31",
    }


CONTACTS = """
metrics: {contact: {kind: event, repeats: true}, housed: {kind: event}}
windows: {year one: start to 1 year after start, later: 1 year after start to 18 months after start}
milestones:
  home_year:   {when: {all: [{observed: housed, in: year one}, {absence: contact, in: year one,
                allowing: 2, shown_by: {observed: housed, in: year one}}]}, price: 100.00}
  home_longer: {after: home_year, when: {absence: contact, in: later, allowing: 1,
                shown_by: {observed: housed, in: later}}, price: 50.00}
"""


@pytest.mark.mechanic(19)
def test_a_sustainment_tolerates_so_many_lapses_in_each_of_its_windows() -> None:
    evidence = """
        child | metric  | on                                          | value
        c1 c2 | housed  | 2017-02-01 2018-03-01                       | yes
        c1    | contact | 2017-03-01 2017-04-01 2018-02-01            | yes
        c2    | contact | 2017-03-01 2017-04-01 2018-02-01 2018-02-02 | yes
        c3    | housed  | 2017-02-01 2018-03-01                       | yes
        c3    | contact | 2017-03-01 2017-03-08 2017-03-09            | yes
    """
    assert paid(CONTACTS, evidence) == {
        "2018-Q1": {"council": "200.00"},  # c1 and c2 by 8 January, with two contacts each
        "2018-Q3": {"council": "50.00"},  # c1 alone by 8 July
    }
