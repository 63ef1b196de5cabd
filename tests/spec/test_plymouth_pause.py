"""Pause in Plymouth (INDIGO 0180): time without pregnancy, and days without proceedings."""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_period, counted, earned

STARTS = "2019-05-01"


def pause(engaged: int, reviewed: bool = True, pregnant: bool = False) -> Book:
    book = Book(starts=STARTS)
    book.stays(["w"], "programme", ("engaged", "left"), STARTS, engaged)
    if reviewed:
        book.saw(["w"], "reviewed", "2020-10-15")
    if pregnant:
        book.saw(["w"], "pregnancy", "2020-03-01")
    return book


@pytest.mark.mechanic(15, 22)
@pytest.mark.parametrize(
    ("book", "paid"),
    [
        (pause(366), {"full_programme": 8_000_00}),
        (pause(300), {"shorter_programme": 5_000_00}),
        (pause(200), {}),
        (pause(366, pregnant=True), {}),
        (pause(366, reviewed=False), {}),  # nobody looked: not evidenced, and not paid
    ],
    ids=["twelve months", "ten months", "six months", "pregnant", "not reviewed"],
)
def test_18_months_without_pregnancy_are_paid_by_the_length_of_the_programme(
    book: Book, paid: dict[str, int]
) -> None:
    assert earned(book.settled("plymouth_pause")) == paid


@pytest.mark.mechanic(29, 32)
def test_proceedings_that_start_end_the_daily_payment_and_what_was_paid_stays() -> None:
    book = pause(200)
    # Month 18 is complete on 2020-11-01. Proceedings start on 2021-03-01, 120 days later.
    book.saw(["w"], "proceedings", "2020-11-01", "2021-01-04", value="none")
    book.saw(["w"], "proceedings", "2021-03-01", value="started")
    settlement = book.settled("plymouth_pause")
    assert counted(settlement) == {"without_proceedings": 120}
    assert by_period(settlement) == {"2020-Q4": 61 * 15_00, "2021-Q1": 59 * 15_00}


def test_what_the_payers_recorded_is_more_than_40_percent_for_the_fund() -> None:
    # £649,559 and £949,425 make £1,598,984, a pound more than is recorded; 40% is £639,594.
    assert 649_559 + 949_425 == 1_598_983 + 1
    assert round(0.40 * 1_598_984) == 639_594 < 649_559
