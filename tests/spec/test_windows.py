"""Windows: the stretches of days in which evidence is looked for, counted from a child's start."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import paid, verdicts


def within(window: str) -> str:
    """A contract that pays £100.00 for consent within this window."""
    return f"""
windows: {{the window: {window}}}
milestones: {{goal: {{when: {{observed: consent, in: the window}}, price: 100.00}}}}
"""


@pytest.mark.mechanic(100)
@pytest.mark.parametrize(
    ("window", "who_is_in_it"),
    [
        ("start to 30 days after start", ["first", "eve"]),
        ("start through 30 days after start", ["first", "eve", "last"]),
    ],
)
def test_a_window_to_a_day_ends_before_it_and_a_window_through_a_day_includes_it(
    window: str, who_is_in_it: list[str]
) -> None:
    evidence = """
        child  | metric  | on         | value
        before | consent | 2017-01-08 | yes
        first  | consent | 2017-01-09 | yes
        eve    | consent | 2017-02-07 | yes
        last   | consent | 2017-02-08 | yes
        after  | consent | 2017-02-09 | yes
    """
    decided = verdicts(within(window), evidence)
    achieved = {who.split()[0] for who, why in decided.items() if why.startswith("achieved")}
    assert achieved == set(who_is_in_it)
    assert decided["after goal"] == "not evidenced: no evidence"  # outside counts for nothing


@pytest.mark.mechanic(100)
def test_the_anniversary_belongs_to_the_second_year_and_to_it_alone() -> None:
    terms = """
milestones:
  first:  {when: {observed: consent, in: year one}, price: 100.00}
  second: {when: {observed: consent, in: year two}, price: 100.00}
"""
    evidence = """
        child | start
        c1 c2 | 2016-06-01
        ---
        child | metric  | on         | value
        c1    | consent | 2017-05-31 | yes
        c2    | consent | 2017-06-01 | yes
    """
    assert verdicts(terms, evidence) == {
        "c1 first": "achieved 2017-05-31",
        "c1 second": "not evidenced: no evidence",
        "c2 first": "not evidenced: no evidence",
        "c2 second": "achieved 2017-06-01",
    }


@pytest.mark.mechanic(100)
@pytest.mark.parametrize(
    ("start", "window", "last_day", "day_after"),
    [
        ("2017-11-30", "start through 3 months after start", "2018-02-28", "2018-03-01"),
        ("2017-12-31", "start to 2 months after start", "2018-02-27", "2018-02-28"),
        ("2017-01-31", "start through 6 weeks after start", "2017-03-14", "2017-03-15"),
    ],
)
def test_months_after_a_day_end_with_the_month_where_it_is_shorter(
    start: str, window: str, last_day: str, day_after: str
) -> None:
    evidence = f"""
        child  | start
        in out | {start}
        ---
        child | metric  | on          | value
        in    | consent | {last_day}  | yes
        out   | consent | {day_after} | yes
    """
    assert verdicts(within(window), evidence) == {
        "in goal": f"achieved {last_day}",
        "out goal": "not evidenced: no evidence",
    }


@pytest.mark.mechanic(100)
def test_a_year_after_a_leap_day_is_the_last_day_of_february() -> None:
    evidence = """
        child  | start
        in out | 2016-02-29
        ---
        child | metric  | on         | value
        in    | consent | 2017-02-27 | yes
        out   | consent | 2017-02-28 | yes
    """
    assert verdicts(within("start to 1 year after start"), evidence) == {
        "in goal": "achieved 2017-02-27",
        "out goal": "not evidenced: no evidence",
    }


@pytest.mark.mechanic(100)
def test_a_window_may_open_before_the_start() -> None:
    evidence = """
        child | start
        c1 c2 | 2017-06-01
        ---
        child | metric  | on         | value
        c1    | consent | 2017-03-01 | yes
        c2    | consent | 2017-02-28 | yes
    """
    assert verdicts(within("3 months before start through start"), evidence) == {
        "c1 goal": "achieved 2017-03-01",
        "c2 goal": "not evidenced: no evidence",
    }


@pytest.mark.mechanic(101)
def test_a_window_between_dates_is_the_same_for_every_child() -> None:
    # Skills Bootcamps pay for an outcome by a cut-off date, whenever a learner started.
    evidence = """
        child | start
        c1    | 2017-01-09
        c2 c3 | 2017-09-04
        ---
        child | metric  | on         | value
        c1 c2 | consent | 2017-09-30 | yes
        c3    | consent | 2017-10-01 | yes
    """
    assert verdicts(within("2017-01-01 through 2017-09-30"), evidence) == {
        "c1 goal": "achieved 2017-09-30",
        "c2 goal": "achieved 2017-09-30",
        "c3 goal": "not evidenced: no evidence",
    }


@pytest.mark.mechanic(100)
def test_a_milestone_is_not_yet_due_until_a_period_ends_with_or_after_its_window() -> None:
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | no
        c2    | meeting | 2017-02-01 | yes
    """
    window = within("start through 2017-06-30")
    assert verdicts(window, evidence, as_of="2017-07-30") == {
        "c1 goal": "not yet due: window open",
        "c2 goal": "not yet due: window open",
    }
    assert verdicts(window, evidence, as_of="2017-07-31") == {
        "c1 goal": "not achieved: not met",
        "c2 goal": "not evidenced: no evidence",
    }


@pytest.mark.mechanic(100, 116)
def test_a_start_date_put_right_moves_the_windows_from_the_next_claim_on() -> None:
    evidence = """
        child | start      | recorded
        c1    | 2017-01-09 | 2017-01-09
        c1    | 2017-03-01 | 2017-06-01
        ---
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    # Consent came before the start that we now know of.
    assert paid(within("start to 1 year after start"), evidence) == {
        "2017-Q1": {"council": "100.00"},
        "2017-Q2": {"council": "-100.00"},
    }
