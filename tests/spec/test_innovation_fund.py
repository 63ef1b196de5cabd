"""The Innovation Fund (INDIGO 0138 to 0147): the limit for one person, and jobs in two steps."""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_funder, earned, people, worth

TEACHER = "teacher letter"


def everything(*events: str) -> Book:
    """One young person who reaches whatever a round pays for."""
    book = Book(starts="2012-09-03")
    for metric in ("behaviour", "school", *(["attitude"] if "entry_level" in events else [])):
        book.stays(people(1), metric, ("improved", "as before"), "2012-10-01", 95, source=TEACHER)
    for metric in ("level_1", "level_2", "level_3", *events):
        book.saw(people(1), metric, "2013-07-01")
    book.stays(people(1), "work", ("employed", "none"), "2013-09-02", 200)
    return book


@pytest.mark.mechanic(7, 16, 65)
@pytest.mark.parametrize(
    ("name", "events", "tariff", "most"),
    [
        ("innovation_fund_first_round", ("higher", "esol"), 15_100, 8_200),
        ("innovation_fund_second_round", ("entry_level", "basic_skills"), 20_200, 11_700),
    ],
    ids=["first round", "second round"],
)
def test_one_person_is_paid_the_published_most_of_a_tariff_that_comes_to_more(
    name: str, events: tuple[str, ...], tariff: int, most: int
) -> None:
    settlement = everything(*events).settled(name)
    assert sum(worth(settlement).values()) == tariff * 100
    assert by_funder(settlement) == {"dwp": most * 100}


@pytest.mark.mechanic(8)
@pytest.mark.parametrize(
    ("stretches", "paid"),
    [
        ([("2013-01-07", 90)], {}),
        ([("2013-01-07", 91)], {"job_13": 2_600_00}),
        ([("2013-01-07", 182)], {"job_13": 2_600_00, "job_26": 1_000_00}),
        # Two jobs of 13 weeks are no job of 26, and a second one of 13 is no first.
        ([("2013-01-07", 91), ("2013-06-03", 91)], {"job_13": 2_600_00}),
    ],
    ids=["a day short", "13 weeks", "26 weeks", "13 and 13 weeks"],
)
def test_26_weeks_are_paid_after_13_and_13_more_without_a_break(
    stretches: list[tuple[str, int]], paid: dict[str, int]
) -> None:
    book = Book(starts="2012-09-03")
    for begins, length in stretches:
        book.stays(people(1), "work", ("employed", "none"), begins, length)
    assert earned(book.settled("innovation_fund_first_round")) == paid


@pytest.mark.mechanic(16)
def test_a_second_qualification_of_one_level_is_not_paid() -> None:
    book = Book(starts="2012-09-03")
    book.saw(people(1), "level_1", "2013-07-01", "2014-07-01")
    assert earned(book.settled("innovation_fund_first_round")) == {"level_1": 700_00}
