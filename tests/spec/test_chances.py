"""Chances (INDIGO 0198): each area pays for its own young people, and some areas share one part."""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_funder, earned, held_by, in_pence, people


@pytest.mark.mechanic(79, 80, 82)
def test_every_area_comes_to_its_published_part_and_shared_ones_split_it_as_published() -> None:
    book = Book(starts="2020-02-03")
    for area, prefix in {"Bristol": "b", "Leeds": "l", "Oxford": "o", "Tees Valley": "t"}.items():
        book.joins(people(520, prefix), area=area)
        book.saw(people(520, prefix), "qualification", "2020-05-04")
    settlement = book.settled("chances")
    # £260,000 in each area, of which a sixteenth of the whole, £256,500, is paid.
    assert sum(held_by(settlement).values()) == 4 * 3_500_00
    assert by_funder(settlement) == in_pence(
        {
            "sport": 4 * 90_000,
            "fund": 4 * 76_500,
            "area: Bristol": 90_000,
            "area: Leeds": 90_000,
            "city": 45_000,
            "county": 45_000,
            "tees_1": 15_000,
            "tees_2": 15_000,
            "tees_3": 15_000,
            "tees_4": 15_000,
            "police": 30_000,
        }
    )


def test_sixteen_areas_with_both_national_payers_make_the_published_maximum() -> None:
    assert 1_440_000 + 1_224_000 + 16 * 90_000 == 4_104_000
    assert 16 * 256_500 == 4_104_000


@pytest.mark.mechanic(15, 100)
@pytest.mark.parametrize(
    ("offended", "checked", "clean"),
    [
        ([], ["2020-05-20", "2020-08-20"], ["clean_1", "clean_2"]),
        (["2020-03-01"], ["2020-05-20", "2020-08-20"], ["clean_2"]),
        ([], ["2020-08-20"], ["clean_2"]),  # nobody looked after the first three months
    ],
)
def test_three_months_without_an_offence_are_paid_when_somebody_looked(
    offended: list[str], checked: list[str], clean: list[str]
) -> None:
    book = Book(starts="2020-02-03", attributes={"area": "Bristol"})
    book.saw(["y"], "police_check", *checked)
    book.saw(["y"], "offence", *offended)
    assert earned(book.settled("chances")) == dict.fromkeys(clean, 300_00)


@pytest.mark.mechanic(13, 100)
@pytest.mark.parametrize(
    ("later", "on", "paid"),
    [("91.0", "2021-03-01", 900_00), ("90.9", "2021-03-01", 0), ("99.0", "2020-09-01", 0)],
    ids=["ten points", "a tenth short", "too early"],
)
def test_attendance_that_is_ten_points_better_three_terms_on_is_paid(
    later: str, on: str, paid: int
) -> None:
    book = Book(starts="2020-02-03", attributes={"area": "Bristol"})
    book.saw(["y"], "attendance", "2020-01-20", value="81.0")
    book.saw(["y"], "attendance", on, value=later)
    assert sum(by_funder(book.settled("chances")).values()) == paid
