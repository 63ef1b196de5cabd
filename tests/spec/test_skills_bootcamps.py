"""Skills Bootcamps: 45%, 35% and 20% of the unit rate, each after the one before it."""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_funder, days, people

STEPS = {
    "starts": ("qualifying_day",),
    "completes": ("completed", "interview"),
    "works": ("works",),
}


def learner(*reached: str, lot: str = "digital", on: str = "2022-09-01") -> dict[str, int]:
    """What is owed in all for one learner who reaches these steps."""
    book = Book(starts="2022-05-02", attributes={"lot": lot})
    book.joins(people(1))
    if "starts" in reached:
        book.saw(people(1), "qualifying_day", *days("2022-05-02", 5))
    for metric in [metric for step in reached if step != "starts" for metric in STEPS[step]]:
        book.saw(people(1), metric, on)
    book.saw(people(1), "qualifying_day", "2022-05-20")
    return by_funder(book.settled("skills_bootcamps"))


@pytest.mark.mechanic(7, 8)
@pytest.mark.parametrize(
    ("reached", "percent"),
    [
        ((), 0),
        (("starts",), 45),
        (("starts", "completes"), 80),
        (("starts", "completes", "works"), 100),
        (("starts", "works"), 45),  # the third milestone needs the second
        (("completes", "works"), 0),  # and the second needs the first
    ],
)
def test_a_learner_is_paid_the_published_shares_of_the_unit_rate(
    reached: tuple[str, ...], percent: int
) -> None:
    assert learner(*reached).get("dfe", 0) == 2_000_00 * percent // 100
    assert learner(*reached, lot="engineering").get("dfe", 0) == 3_333_00 * percent // 100


@pytest.mark.mechanic(101)
@pytest.mark.parametrize(("on", "due"), [("2023-09-30", 2_000_00), ("2023-10-01", 900_00)])
def test_a_job_after_the_published_last_day_is_not_paid(on: str, due: int) -> None:
    assert learner("starts", "completes", "works", on=on)["dfe"] == due
