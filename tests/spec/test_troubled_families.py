"""Troubled Families: what the department paid for so many families, and the two routes to it.

The published allocations are families times £4,000 times 5/6 (council and press reports, 2012).
"""

from __future__ import annotations

from functools import cache

import pytest
from tests.spec.published import Book, by_funder, earned, people, worth

from impactbond.settlement.settlement import Settlement

FIRST_DAY = {"2012-13": "2012-05-01", "2013-14": "2013-05-01", "2014-15": "2014-05-01"}


@cache
def turned_round(families: int, joined: str = "2012-13") -> Settlement:
    """So many families that join and have somebody in continuous employment."""
    starts = FIRST_DAY[joined]
    book = Book(starts=starts, attributes={"joined": joined})
    book.saw(people(families), "attached", starts)
    for family in people(families):
        book.stays([family], "work", ("continuous employment", "none"), starts, 190)
    return book.settled("troubled_families")


@pytest.mark.mechanic(3, 33)
@pytest.mark.parametrize(
    ("council", "families", "pounds"),
    [
        ("Birmingham", 4180, 13_933_333),  # "just under £14m"
        ("Lancashire", 2630, 8_766_667),  # "around £8.8m"
        ("Sheffield", 1680, 5_600_000),  # "£5.6m"
    ],
)
def test_five_sixths_of_the_families_at_4_000_pounds_make_the_published_allocation(
    council: str, families: int, pounds: int
) -> None:
    owed = by_funder(turned_round(families))["dclg"]
    assert round(owed / 100) == pounds, council
    # 5/6 is cut on what all families are worth, milestone by milestone: at most a halfpenny each.
    assert abs(6 * owed - 5 * families * 4_000_00) <= 6


@pytest.mark.mechanic(3, 33, 56)
@pytest.mark.parametrize(
    ("joined", "attachment", "result"),
    [("2012-13", 3_200, 800), ("2013-14", 2_400, 1_600), ("2014-15", 1_600, 2_400)],
)
def test_the_part_that_is_paid_on_joining_falls_from_80_to_60_to_40_percent(
    joined: str, attachment: int, result: int
) -> None:
    # Of six families five are paid, so that five sixths are whole pounds.
    assert worth(turned_round(6, joined)) == {
        "attachment": 5 * attachment * 100,
        "employment": 5 * result * 100,
    }


def one_family(**seen: str) -> Settlement:
    """Six families that are alike, of which five are paid; each reaches what is dated."""
    book = Book(starts="2012-05-01", attributes={"joined": "2012-13"})
    six = people(6)
    book.saw(six, "attached", "2012-05-01")
    if "crime" in seen:
        book.saw(six, "crime_reduced", seen["crime"], source="internal audit")
        book.saw(six, "unauthorised_absence", "2013-04-25", value=seen.get("absence", "14.9"))
        book.saw(six, "exclusion", *seen.get("excluded", "2012-10-01 2013-01-10").split())
    if "in_sight" in seen:
        book.saw(six, "work_in_sight", seen["in_sight"])
    if "job" in seen:
        book.stays(six, "work", ("continuous employment", "none"), seen["job"], 190)
    return book.settled("troubled_families")


@pytest.mark.mechanic(23)
@pytest.mark.parametrize(
    ("seen", "paid"),
    [
        ({"crime": "2013-02-01"}, {"crime_and_education": 700}),
        (
            {"crime": "2013-02-01", "in_sight": "2013-06-01"},
            {"crime_and_education": 700, "progress_to_work": 100},
        ),
        ({"job": "2012-06-01"}, {"employment": 800}),
        # Both routes: the first that is complete is paid, the other is not.
        (
            {"job": "2012-06-01", "crime": "2013-02-01", "in_sight": "2013-06-01"},
            {"employment": 800},
        ),
        (
            {"job": "2013-06-01", "crime": "2013-02-01", "in_sight": "2013-06-01"},
            {"crime_and_education": 700, "progress_to_work": 100},
        ),
        ({"in_sight": "2013-06-01"}, {}),
        ({"crime": "2013-02-01", "absence": "15.0"}, {}),
        ({"crime": "2013-02-01", "excluded": "2012-10-01 2012-12-03 2013-01-10"}, {}),
    ],
    ids=["crime and school", "and work in sight", "a job", "a job first", "a job later",
         "only work in sight", "15% absent", "three exclusions"],
)  # fmt: skip
def test_one_route_or_the_other_is_paid_and_never_both(
    seen: dict[str, str], paid: dict[str, int]
) -> None:
    results = earned(one_family(**seen))
    assert results.pop("attachment") == 5 * 3_200_00
    assert results == {name: 5 * pounds * 100 for name, pounds in paid.items()}
    assert sum(results.values()) <= 5 * 800_00
