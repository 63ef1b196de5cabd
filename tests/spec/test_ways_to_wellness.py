"""Ways to Wellness (INDIGO 0120): a mean change that slides, and costs against similar patients.
Bars, parts and maxima are published; the amounts of a year are ours.
"""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_funder, by_period, people

from impactbond.settlement.settlement import Settlement


def stars(*changes: str, on: str = "2018-01-15") -> Settlement:
    """A later star of one person each, higher or lower than the first by so many points."""
    book = Book(starts="2015-04-01", attributes={"patients": "west"})
    for who, change in zip(people(len(changes)), changes, strict=True):
        book.saw([who], "star", on)
        metric = "points_down" if change.startswith("-") else "points_up"
        book.saw([who], metric, on, value=change.lstrip("-"))
    return book.settled("ways_to_wellness")


@pytest.mark.mechanic(40, 53)
@pytest.mark.parametrize(
    ("changes", "paid"),
    [
        (["2.0", "0.8"], 351_000_00),  # 1.4 on average
        (["3.0", "2.0"], 351_000_00),  # no more beyond it
        (["1.0", "0.9"], 175_500_00),  # 0.95 is half way from 0.5 to 1.4
        (["2.0", "-0.1"], 175_500_00),  # the same, with one who lost a tenth
        (["0.5", "0.5"], 0),
        (["0.4"], 0),
        (["-1.0", "0.5"], 0),
    ],
)
def test_the_average_change_slides_from_half_a_point_to_one_and_four_tenths(
    changes: list[str], paid: int
) -> None:
    assert by_period(stars(*changes)) == ({"2017-2018": paid} if paid else {})


@pytest.mark.mechanic(75)
def test_70_percent_of_outcome_a_are_the_lotterys_and_the_cabinet_offices_at_first() -> None:
    # £351,000: 30% are 105,300; of the other 245,700 two thirds and one third.
    assert by_funder(stars("1.4", on="2016-01-15")) == {
        "ccg": 105_300_00, "lottery": 163_800_00, "cabinet": 81_900_00,
    }  # fmt: skip
    # Later 52, 20 and 10 of 82, cut at 52/82 (222,585.366) and at 72/82 (308,195.122).
    assert by_funder(stars("1.4")) == {
        "ccg": 222_585_37, "lottery": 85_609_75, "cabinet": 42_804_88,
    }  # fmt: skip


@pytest.mark.mechanic(35, 40, 53)
@pytest.mark.parametrize(
    ("west", "paid"),
    [
        # 14% less pays all: £1,148,000, of which 52, 20 and 10 parts of 82 at £14,000 each.
        ((900, 820), {"ccg": 728_000_00, "lottery": 280_000_00, "cabinet": 140_000_00}),
        # 7% less pays half.
        ((930, 930), {"ccg": 364_000_00, "lottery": 140_000_00, "cabinet": 70_000_00}),
        ((1_000, 1_000), {}),
        ((1_200, 1_000), {}),
    ],
    ids=["14% less", "7% less", "the same", "more"],
)
def test_what_a_patient_costs_is_compared_with_similar_patients(
    west: tuple[int, int], paid: dict[str, int]
) -> None:
    # Two patients served, and four elsewhere who cost £1,000 on average.
    book = Book(starts="2017-04-03")
    costs = {"west": west, "elsewhere": (700, 1_300, 900, 1_100)}
    for group, pounds in costs.items():
        for who, cost in zip(people(len(pounds), group), pounds, strict=True):
            book.joins([who], patients=group)
            book.saw([who], "year_costed", "2018-03-30")
            book.saw([who], "cost", "2018-03-30", value=cost)
    assert by_funder(book.settled("ways_to_wellness")) == paid


def test_the_three_payers_make_8_2_million_and_the_outcomes_30_and_70_percent_of_it() -> None:
    assert 5_200_000 + 2_000_000 + 1_000_000 == 8_200_000
    assert 351_000 * 7 <= 0.3 * 8_200_000 < 352_000 * 7
    assert 1_148_000 * 5 == 0.7 * 8_200_000
