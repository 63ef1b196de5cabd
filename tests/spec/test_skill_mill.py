"""The Skill Mill (INDIGO 0195): published prices that do not explain what was paid."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from tests.spec.published import Book, by_funder, contract, days, earned
from tests.spec.test_counts import counts_of

from impactbond.records.following import settle
from impactbond.statements.summary import summary_text

PRICES = {
    "registration": 4_390,
    "four_weeks": 1_310,
    "completion": 8_240,
    "award": 9_340,
    "progress": 430,
    "no_reconviction": 320,
}
NUMBERS = (243, 237, 179, 188, 86, 203)
MOST, PAID = 3_241_776, 3_159_820


def test_prices_stand_as_published_and_no_exchange_of_them_comes_to_what_was_paid() -> None:
    assert {name: term.price for name, term in contract("skill_mill").milestones.items()} == PRICES
    product = sum(map(int.__mul__, NUMBERS, PRICES.values()))
    assert product == 4_710_060
    assert (product - MOST, product - PAID, MOST - PAID) == (1_468_284, 1_550_240, 81_956)
    exchanged = {sum(map(int.__mul__, NUMBERS, one)) for one in permutations(PRICES.values())}
    assert not {MOST, PAID} & exchanged


def test_the_limits_of_nine_payers_and_the_third_plan_make_the_most() -> None:
    terms = contract("skill_mill")
    assert MOST == 1_418_976 + 7 * 230_400 + 210_000
    assert sum(one["total"] for one in terms.plans["plan 3"].payments.values()) == MOST


def young_person(present: int, absent: int, **attributes: str) -> Book:
    """Somebody who registers on 14 September 2020 and is on the register for so many days."""
    book = Book(starts="2020-09-14", attributes={"council": "Leeds"} | attributes)
    book.saw(["y"], "registration", "2020-09-14", source="registration form")
    on = days("2020-09-14", present + absent)
    book.saw(["y"], "day", *on[:present], value="present")
    book.saw(["y"], "day", *on[present:], value="absent")
    return book


@pytest.mark.mechanic(6)
@pytest.mark.parametrize(("present", "absent", "paid"), [(15, 5, 1_310), (14, 5, 0), (9, 0, 0)])
def test_four_weeks_need_75_percent_of_enough_days(present: int, absent: int, paid: int) -> None:
    found = earned(young_person(present, absent).settled("skill_mill"))
    # 15 of 20 are 75%; 14 of 19 are 73.7%; nine days are too few.
    assert found == {"registration": 4_390_00} | ({"four_weeks": paid * 100} if paid else {})


@pytest.mark.mechanic(6, 15, 23)
def test_five_months_and_then_a_job_complete_the_programme_as_well() -> None:
    book = young_person(120, 10)
    book.saw(["y"], "progress", "2021-02-22", source="employer letter")
    book.saw(["y"], "award", "2021-01-11", source="awarding body")
    book.saw(["y"], "police_check", "2021-10-04", source="police")
    settlement = book.settled("skill_mill")
    assert earned(settlement) == {name: price * 100 for name, price in PRICES.items()}
    # £24,030, of which the fund has 1,418,976 of 3,241,776: £10,518.306.
    assert by_funder(settlement) == {"fund": 10_518_31, "council: Leeds": 13_511_69}


@pytest.mark.mechanic(79)
def test_west_sussex_pays_for_its_own_young_people() -> None:
    settlement = young_person(9, 0, council="West Sussex").settled("skill_mill")
    # 4,390 × 1,418,976 ÷ 3,241,776 is 1,921.5716.
    assert by_funder(settlement) == {"fund": 1_921_57, "west_sussex": 2_468_43}


@pytest.mark.mechanic(71)
def test_what_is_beyond_a_councils_limit_is_paid_by_nobody_and_not_said_to_be_passed_on() -> None:
    about = contract("skill_mill")
    drawn = """
        milestone    | period  | number | council
        registration | 2021-Q1 | 50     | Leeds
        award        | 2021-Q1 | 50     | Leeds
    """
    settlement = settle(about, claims=counts_of(about, drawn), as_of="2021-04-30")
    # £686,500 in all: the fund's part is 300,491.775, and Leeds's the other 386,008.23.
    assert by_funder(settlement) == {"fund": 300_491_77, "council: Leeds": 230_400_00}
    told = summary_text(settlement, Path("out"), [])
    assert "Leeds has reached its limit: £155,608.23 lies beyond it." in told
