"""Proyectá tu Futuro, Buenos Aires (INDIGO 0001): published prices, shares of what is paid."""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_period, contract, counted, days, earned, people
from tests.spec.test_counts import counts_of

from impactbond.records.following import settle
from impactbond.settlement.settlement import Settlement

NAME = "proyecta_tu_futuro"
# Published, by line: for somebody who is vulnerable, and for somebody who is extremely so.
PRICES = {
    "certificate": (12_635, 17_689),
    "job": (42_116, 58_963),
    "four_months": (84_234, 117_928),
    "twelve_months": (48_471, 67_860),
}


def of_counts(*rows: str) -> Settlement:
    """Counts in 2021-Q1: a milestone, how many, and how vulnerable they are."""
    about = contract(NAME)
    drawn = "milestone | period | number | vulnerable | school\n"
    drawn += "\n".join(
        f"{name} | 2021-Q1 | {number} | {how} | finished"
        for name, number, how in map(str.split, rows)
    )
    return settle(about, claims=counts_of(about, drawn), as_of="2022-06-30")


@pytest.mark.mechanic(25, 60)
def test_the_higher_prices_are_40_percent_more_rounded_up_to_the_peso() -> None:
    assert {name: -(-low * 14 // 10) for name, (low, _) in PRICES.items()} == {
        name: high for name, (_, high) in PRICES.items()
    }
    book = Book(starts="2019-03-01", attributes={"school": "unfinished"})
    book.joins(people(10, "low"), vulnerable="vulnerable")
    book.joins(people(10, "high"), vulnerable="extremely")
    book.saw([*people(10, "low"), *people(10, "high")], "enrolment", "2019-03-01")
    for who in ("low1", "high1"):
        book.saw([who], "certificate", "2019-12-16", source="certificate")
        book.saw([who], "work", "2019-03-01", value="none")
        book.saw([who], "work", "2019-08-05", value="on trial")
        book.saw([who], "work", *days("2019-11-05", 5, apart=31), value="one employer")
    # 2 of 20 use the school service; four months are complete on 5 March 2020, but the one person
    # who is not extremely vulnerable is half of what would be paid, and so not too many.
    assert earned(book.settled(NAME)) == {
        "certificate": (12_635 + 17_689) * 100,
        "job": (42_116 + 58_963) * 100,
        "four_months": (84_234 + 117_928) * 100,
    }


def test_four_of_six_published_maxima_are_whole_numbers_of_prices() -> None:
    assert 88 * 12_635 == 1_111_880
    assert 35 * 17_689 == 619_115
    assert 81 * 84_234 == 6_822_954
    assert 135 * 117_928 == 15_920_280
    # Those of jobs are not: no number of claims comes to either.
    assert 2_257_400 % 42_116
    assert 11_645_189 % 58_963


@pytest.mark.mechanic(146)
@pytest.mark.parametrize(("extremely", "vulnerable"), [(3, 7), (2, 4), (0, 0), (6, 8)])
def test_at_most_70_percent_of_the_four_months_that_are_paid_are_of_vulnerable_people(
    extremely: int, vulnerable: int
) -> None:
    # Of 8: n with n <= 70% of (n + those who are extremely vulnerable), 7/3 of these.
    book = Book(starts="2019-03-01", attributes={"school": "finished"})
    for how, number in {"vulnerable": 8, "extremely": extremely}.items():
        book.joins(people(number, how), vulnerable=how)
        known = days("2019-11-05", 5, apart=31)
        book.saw(people(number, how), "work", *known, value="one employer")
    paid = vulnerable * 84_234 + extremely * 117_928
    assert earned(book.settled(NAME)).get("four_months", 0) == paid * 100


@pytest.mark.mechanic(147)
def test_at_most_40_percent_of_those_who_take_part_are_paid_for_at_school() -> None:
    book = Book(starts="2019-03-01", attributes={"vulnerable": "vulnerable"})
    book.joins(people(5, "u"), school="unfinished")
    book.joins(people(5, "f"), school="finished")
    book.saw([*people(5, "u"), *people(5, "f")], "enrolment", "2019-03-01")
    book.saw(people(5, "u"), "certificate", "2019-12-16", source="certificate pending")
    # Four of ten.
    assert earned(book.settled(NAME)) == {"certificate": 4 * 12_635_00}


@pytest.mark.mechanic(9)
@pytest.mark.parametrize(
    ("jobs", "four_months", "is_open"),
    [(360, 270, True), (359, 270, False), (360, 269, False)],
)
def test_twelve_months_are_paid_when_all_ordinary_outcomes_are_achieved(
    jobs: int, four_months: int, is_open: bool
) -> None:
    settlement = of_counts(
        f"job {jobs} vulnerable",
        f"four_months {four_months} extremely",
        "twelve_months 2 vulnerable",
        "twelve_months_extremely 1 extremely",
    )
    ordinary = jobs * 42_116 + four_months * 117_928
    extraordinary = (2 * 48_471 + 67_860) if is_open else 0
    assert by_period(settlement) == {"2021-Q1": (ordinary + extraordinary) * 100}


@pytest.mark.mechanic(20)
@pytest.mark.parametrize(
    ("between", "months"),
    [(30, {"job": 1, "twelve_months": 1}), (75, {"job": 1})],
    ids=["a month", "over two months"],
)
def test_twelve_months_may_be_of_two_jobs_within_fourteen(
    between: int, months: dict[str, int]
) -> None:
    book = Book(starts="2019-01-02", attributes={"vulnerable": "vulnerable", "school": "finished"})
    # On trial throughout: two jobs of 190 days each, with some days without work between them.
    first = days("2019-01-02", 191, apart=1)
    second = days(first[-1], between + 1)[-1]
    book.saw(["y"], "work", *first[:-1:30], value="on trial")
    book.saw(["y"], "work", first[-1], value="none")
    book.saw(["y"], "work", *days(second, 7, apart=31), value="on trial")
    assert counted(book.settled(NAME)) == months
