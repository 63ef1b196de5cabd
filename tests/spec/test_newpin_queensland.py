"""Newpin Queensland (INDIGO 0081): children at home beyond those who would have been anyway. Rate
and price are ours; what is counted is published.
"""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_period, contract, counted, people
from tests.spec.test_counts import counts_of

from impactbond.errors import AssumptionError
from impactbond.records.following import settle
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate


def placed(*cohorts: tuple[str, str, int, int]) -> Book:
    """Cohorts by start and day of the record: how many are at home, and how many in care."""
    book = Book(starts="2018-07-02")
    for number, (starts, on, home, care) in enumerate(cohorts):
        back, not_back = people(home, f"h{number}x"), people(care, f"c{number}x")
        book.joins([*back, *not_back], starts)
        book.saw(back, "home", on, value="with parents")
        book.saw(not_back, "home", on, value="in care")
    return book


@pytest.mark.mechanic(42)
def test_what_is_beyond_the_counterfactual_to_date_is_paid_and_falls_with_a_bad_year() -> None:
    # 7 − 20% of 10 is 5, A$300,000. A year on 1 of 10: to date 8 − 20% of 20 is 4, one fewer.
    book = placed(("2018-07-02", "2019-12-20", 7, 3), ("2019-07-01", "2020-12-18", 1, 9))
    assert by_period(book.settled("newpin_queensland")) == {
        "2019-2020": 300_000_00,
        "2020-2021": -60_000_00,
    }


@pytest.mark.mechanic(42)
def test_a_child_is_counted_as_one_or_the_other_by_the_last_record_of_the_month() -> None:
    book = placed(("2018-07-02", "2019-12-10", 4, 0))
    # Two go back into care before the 18 months are over; nothing is recorded of a fifth.
    book.saw(["h0x1", "h0x2"], "home", "2019-12-30", value="in care")
    book.joins(["silent"], "2018-07-02")
    settlement = book.settled("newpin_queensland")
    assert counted(settlement) == {"reunified": 2, "not_reunified": 2}
    # 2 − 20% of 4 is 1.2.
    assert by_period(settlement) == {"2019-2020": 72_000_00}


@pytest.mark.mechanic(69)
@pytest.mark.parametrize(("children", "paid"), [(552, 26_496_000_00), (553, 26_500_000_00)])
def test_the_published_most_is_reached_by_553_children(children: int, paid: int) -> None:
    # 80% of each child at A$60,000 is A$48,000; 553 of them are A$26,544,000.
    about = contract("newpin_queensland")
    drawn = f"milestone | period | number\nreunified | 2020-2021 | {children}"
    settled = settle(about, claims=counts_of(about, drawn), as_of="2021-08-31")
    assert by_period(settled) == {"2020-2021": paid}


def area(back: str, not_back: str) -> bytes:
    return f"""
impactbond: 1
area: drawn
title: Drawn
groups: [{{name: all, children: 60, start: 2018-07-02}}]
chances:
  reunified:     {{chance: {back}, after: 540 days}}
  not_reunified: {{chance: {not_back}, after: 540 days}}
""".encode()


def test_a_forecast_has_every_child_either_at_home_or_in_care() -> None:
    about = contract("newpin_queensland")
    drawn = area("60%", "40%")
    found = simulate(about, parse_area(drawn, name="area.yaml", contract=about), trials=50, seed=1)
    for trial in range(50):
        turns = list(found.draws.turns(trial))
        assert len(turns) == 60
        assert {len(turn.reached) for _, _, turn in turns} == {1}
    over = area("60%", "50%")
    with pytest.raises(AssumptionError, match="no child reaches more than one of"):
        simulate(about, parse_area(over, name="area.yaml", contract=about), trials=1, seed=1)
