"""Reaching: the first day on which a measure is past a bar, which no later measure moves."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import paid, verdicts


def when(condition: str, more: str = "") -> str:
    """A contract that pays £100.00 for this condition."""
    return f"milestones: {{goal: {{when: {condition}, price: 100.00{more}}}}}"


READINGS = """
    child | metric  | on         | value
    c1    | reading | 2017-11-01 | 94
    c1    | reading | 2017-12-01 | 96
    c1    | reading | 2018-03-01 | 110
    c2    | reading | 2017-11-01 | 100
    c2    | reading | 2018-03-01 | 80
    c3    | reading | 2017-11-01 | 95
"""
FALLING = ", rates: [{price: 40.00, from: 2018-01-01}]"


@pytest.mark.mechanic(128)
@pytest.mark.parametrize(
    ("bar", "days"),
    [
        ("at least 95", {"c1": "2017-12-01", "c2": "2017-11-01", "c3": "2017-11-01"}),
        ("above 95", {"c1": "2017-12-01", "c2": "2017-11-01"}),
        ("at most 94", {"c1": "2017-11-01", "c2": "2018-03-01"}),
        ("below 94", {"c2": "2018-03-01"}),
    ],
)
def test_what_is_reached_counts_on_the_first_day_on_whichever_side(
    bar: str, days: dict[str, str]
) -> None:
    decided = verdicts(when(f"{{reaches: reading, in: end, is: {bar}}}"), READINGS)
    expected = {f"{child} goal": "not achieved: not met" for child in ("c1", "c2", "c3")}
    expected |= {f"{child} goal": f"achieved {day}" for child, day in days.items()}
    assert decided == expected


@pytest.mark.mechanic(128)
def test_an_improvement_takes_no_money_back_as_the_day_of_the_best_does() -> None:
    # All three reach 95 in 2017, at £100.00; the price falls to £40.00 from 2018 on. c1's best
    # measure is of 2018, and moves the day of the best into the lower price.
    reached = when("{reaches: reading, in: end, is: at least 95}", FALLING)
    assert paid(reached, READINGS) == {"2017-Q4": {"council": "300.00"}}
    best = when("{level: reading, pick: best, in: end, is: at least 95}", FALLING)
    assert paid(best, READINGS) == {
        "2017-Q4": {"council": "300.00"},
        "2018-Q1": {"council": "-60.00"},
    }


@pytest.mark.mechanic(128)
def test_a_gain_is_reached_on_the_first_day_that_is_so_much_better_than_the_first() -> None:
    terms = when("{reaches: sdq, by: 5, between: [baseline, year one]}")
    evidence = """
        child | metric | on         | value
        c1    | sdq    | 2017-01-20 | 20
        c1    | sdq    | 2017-03-01 | 16
        c1    | sdq    | 2017-05-01 | 15
        c1    | sdq    | 2017-09-01 | 9
        c2    | sdq    | 2017-01-20 | 20
        c2    | sdq    | 2017-05-01 | 16
        c3    | sdq    | 2017-05-01 | 3
        c4    | sdq    | 2016-12-01 | 20
        c5    | sdq    | 2017-01-20 | 10
        c5    | sdq    | 2017-05-01 | 15
    """
    # Of the SDQ a lower score is better. c3 has no first score, c4 no later one.
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-05-01",
        "c2 goal": "not achieved: not met",
        "c3 goal": "not evidenced: no evidence",
        "c4 goal": "not evidenced: no evidence",
        "c5 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(128)
def test_what_was_taken_back_reaches_nothing_and_a_correction_counts_on_its_day() -> None:
    terms = when("{reaches: reading, in: year one, is: at least 95}")
    evidence = """
        child | metric  | on         | value | ref | replaces | status    | recorded
        c1    | reading | 2017-03-01 | 99    | a   |          |           | 2017-03-02
        c1    | reading | 2017-03-01 | 69    | b   | a        |           | 2017-05-01
        c1    | reading | 2017-06-01 | 95    | c   |          |           | 2017-06-01
        c2    | reading | 2017-03-01 | 99    | d   |          |           | 2017-03-02
        c2    | reading | 2017-03-01 | 99    | e   | d        | withdrawn | 2017-05-01
    """
    assert verdicts(terms, evidence, as_of="2017-04-30") == {
        "c1 goal": "achieved 2017-03-01",
        "c2 goal": "achieved 2017-03-01",
    }
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-06-01",
        "c2 goal": "not evidenced: no evidence",
    }
    # Paid for the first quarter, and taken back when it was corrected; c1 earns it again in June.
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "200.00"},
        "2017-Q2": {"council": "-100.00"},
    }
