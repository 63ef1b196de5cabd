"""Positive Families (INDIGO 0117): every seven consecutive days out of care. The price is ours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.spec.published import Book, by_funder, counted, days

LAST = date(2018, 3, 1) + timedelta(days=730)  # the first day after the two years


def family(*stays: tuple[str, int], confirmed: int = 28) -> Book:
    """A young person accepted on 1 March 2018, out of care from these days for so long each, which
    is confirmed every so many days; in care on the day after.
    """
    book = Book(starts="2018-03-01", attributes={"borough": "Sutton"})
    book.saw(["one"], "accepted", "2018-03-01")
    for start, length in stays:
        known = days(start, -(-length // confirmed), apart=confirmed)
        book.saw(["one"], "care", *known, value="out of care")
        book.saw(["one"], "care", *days(start, length + 1)[-1:], value="in care")
    return book


@pytest.mark.mechanic(27, 132)
def test_seven_days_are_consecutive_and_start_again_after_a_return_to_care() -> None:
    # 20 days are two weeks and six days; with the six days of another stay they are no week.
    settlement = family(("2018-03-01", 20), ("2018-03-22", 20)).settled("positive_families")
    assert counted(settlement) == {"week_out_of_care": 4}
    # 4 × £270 = £1,080, of which 15% are the lottery's.
    assert by_funder(settlement) == {"lottery": 162_00, "borough: Sutton": 918_00}


@pytest.mark.mechanic(27)
def test_two_years_out_of_care_are_104_weeks() -> None:
    # 731 days stay within 730 of the window, which are 104 weeks and two days: £28,080.
    settlement = family(("2018-03-01", 731)).settled("positive_families")
    assert counted(settlement) == {"week_out_of_care": 104}
    assert sum(by_funder(settlement).values()) == 28_080_00


@pytest.mark.mechanic(129)
def test_weeks_of_which_nothing_is_known_are_not_paid() -> None:
    # Records 50 days apart, though one is needed every 31: each tells of its own day.
    settlement = family(("2018-03-01", 100), confirmed=50).settled("positive_families")
    assert counted(settlement) == {}


def test_the_most_is_no_more_than_ten_million_over_104_weeks_of_350_young_people() -> None:
    assert round(10_000_000 / (104 * 350), 2) == 274.73
    assert 270 * 104 * 350 <= 10_000_000
    assert 0.15 * 10_000_000 == 1_500_000
