"""The Work Programme: the most for one person of each payment group (HC 162, table 3)."""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_funder, counted, earned, people

TOTALS = {
    "1": (400, 1_200, 2_210, 3_810),
    "2": (400, 1_200, 2_795, 4_395),
    "3": (400, 1_200, 5_000, 6_600),
    "4": (400, 1_200, 5_000, 6_600),
    "5": (400, 1_000, 2_300, 3_700),
}


def in_work_for(
    days: int, group: str, starts: str = "2011-07-01", begins: str = "2011-09-01"
) -> Book:
    book = Book(starts=starts, attributes={"payment_group": group})
    book.saw(people(1), "attached", starts)
    book.stays(people(1), "work", ("in work", "out of work"), begins, days)
    return book


@pytest.mark.mechanic(3, 24, 25, 27)
@pytest.mark.parametrize("group", TOTALS)
def test_two_years_in_work_are_paid_the_published_total_of_the_payment_group(group: str) -> None:
    attachment, job, sustainment, total = TOTALS[group]
    settlement = in_work_for(800, group).settled("work_programme")
    weeks = "26" if group in "12" else "13"
    assert earned(settlement) == {
        "attachment": attachment * 100,
        f"job_{weeks}": job * 100,
        f"sustained_after_{weeks}": sustainment * 100,
    }
    assert by_funder(settlement) == {"dwp": total * 100}
    assert attachment + job + sustainment == total


@pytest.mark.mechanic(62)
@pytest.mark.parametrize(("attached", "paid"), [("2014-03-31", 400_00), ("2014-04-01", 0)])
def test_from_april_2014_nothing_is_paid_for_attachment(attached: str, paid: int) -> None:
    book = Book(starts=attached, attributes={"payment_group": "1"})
    book.saw(people(1), "attached", attached)
    settlement = book.settled("work_programme")
    assert by_funder(settlement).get("dwp", 0) == paid
    assert counted(settlement) == {"attachment": 1}  # still recorded


@pytest.mark.mechanic(27, 30)
@pytest.mark.parametrize(
    ("in_work", "payments"),
    # The day on which the job outcome is complete is the first of the four weeks, too.
    [(182, 0), (182 + 26, 0), (182 + 27, 1), (182 + 54, 1), (182 + 55, 2), (900, 13)],
)
def test_sustainment_is_paid_by_the_whole_four_weeks_after_the_job_outcome(
    in_work: int, payments: int
) -> None:
    settlement = in_work_for(in_work, "1").settled("work_programme")
    assert counted(settlement).get("sustained_after_26", 0) == payments
    assert earned(settlement).get("sustained_after_26", 0) == payments * 170_00


@pytest.mark.mechanic(24)
def test_the_harder_groups_have_their_job_outcome_after_13_weeks_and_the_others_after_26() -> None:
    assert "job_13" in earned(in_work_for(91, "3").settled("work_programme"))
    assert earned(in_work_for(91, "2").settled("work_programme")) == {"attachment": 400_00}
