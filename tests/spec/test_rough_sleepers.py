"""The rough sleepers bonds of London and Greater Manchester (INDIGO 0152, 0154)."""

from __future__ import annotations

import pytest
from tests.spec.published import Book, by_funder, counted, earned, held_by, in_pence, people, worth

STEPS = ("entering", "months_3", "months_6", "months_12", "months_18", "months_24")
# The published most for a step is price times people.
LONDON = dict(zip(STEPS, (192_000, 480_000, 480_000, 832_000, 800_000, 576_000), strict=True))
MANCHESTER = dict(zip(STEPS, (180_000, 450_000, 450_000, 780_000, 750_000, 540_000), strict=True))


def housed_for_two_years(count: int) -> Book:
    book = Book(starts="2017-11-01")
    home = ("housed", "streets")
    book.stays(people(count), "home", home, "2018-01-01", 740, source="tenancy")
    return book


@pytest.mark.mechanic(7, 66)
@pytest.mark.parametrize(
    ("name", "volume", "ceilings"),
    [
        ("rough_sleepers_london", 320, LONDON),
        ("rough_sleepers_greater_manchester", 300, MANCHESTER),
    ],
    ids=["London", "Greater Manchester"],
)
def test_so_many_people_in_a_home_for_two_years_are_worth_the_published_most_of_each_step(
    name: str, volume: int, ceilings: dict[str, int]
) -> None:
    assert worth(housed_for_two_years(volume).settled(name)) == in_pence(ceilings)


@pytest.mark.mechanic(66, 69, 73, 74)
@pytest.mark.parametrize(
    ("name", "volume", "ceilings", "budget"),
    [
        ("rough_sleepers_london", 320, LONDON, 3_000_000),
        ("rough_sleepers_greater_manchester", 300, MANCHESTER, 2_629_000),
    ],
    ids=["London", "Greater Manchester"],
)
def test_five_people_more_are_unpaid_at_every_step_and_the_budget_ends_before_24_months(
    name: str, volume: int, ceilings: dict[str, int], budget: int
) -> None:
    settlement = housed_for_two_years(volume + 5).settled(name)
    # The published ceilings add up to more than the published budget: the last step is cut.
    before = {step: most for step, most in ceilings.items() if step != "months_24"}
    left = {"months_24": budget - sum(before.values())}
    assert earned(settlement) == in_pence(before | left)
    assert counted(settlement) == dict.fromkeys(STEPS, volume + 5)
    owed = by_funder(settlement)
    whole = {"dclg": 2_000_000, "gla": 1_000_000} if "london" in name else {"mhclg": budget}
    assert owed == in_pence(whole)


@pytest.mark.mechanic(18)
def test_a_home_that_is_lost_starts_the_clock_again_and_is_paid_once() -> None:
    book = Book(starts="2017-11-01")
    book.stays(["p"], "home", ("housed", "streets"), "2018-01-01", 80, source="tenancy")
    book.stays(["p"], "home", ("housed", "streets"), "2018-04-01", 95, source="landlord letter")
    book.stays(["p"], "home", ("housed", "streets"), "2019-01-01", 95, source="tenancy")
    settlement = book.settled("rough_sleepers_london")
    reached = {
        row["milestone"]: str(row["achieved_on"]) for row in settlement.lines_table.to_pylist()
    }
    # Three months from 1 April end on 30 June; the first 80 days do not count, nor does 2019.
    assert reached == {"entering": "2018-01-01", "months_3": "2018-06-30"}
    assert earned(settlement) == {"entering": 600_00, "months_3": 1_500_00}


@pytest.mark.mechanic(4, 17)
def test_wellbeing_is_paid_three_times_however_often_it_is_assessed() -> None:
    book = Book(starts="2017-11-01")
    monthly = [f"2018-0{month}-10" for month in range(1, 6)]
    book.saw(["p"], "wellbeing_assessed", *monthly)
    settlement = book.settled("rough_sleepers_london")
    assert counted(settlement) == {"wellbeing": 3}
    assert earned(settlement) == {"wellbeing": 300_00}


@pytest.mark.mechanic(65)
def test_one_person_is_paid_19_000_pounds_whatever_is_reached() -> None:
    book = housed_for_two_years(1)  # 10,500
    for metric in ("mental_health", "alcohol", "drugs"):  # 800 + 1,200 + 2,720
        book.stays(people(1), metric, ("in treatment", "none"), "2018-02-01", 200)
    book.saw(people(1), "wellbeing_assessed", "2018-01-10", "2018-02-10", "2018-03-10")  # 300
    book.saw(people(1), "qualification", "2018-06-01")  # 500
    book.saw(people(1), "volunteering", "2018-06-01", "2018-09-03", value="78")  # 1,200
    book.stays(people(1), "work", ("full-time", "none"), "2018-09-03", 200)  # 4,600
    settlement = book.settled("rough_sleepers_london")
    assert sum(worth(settlement).values()) == 21_820_00
    assert by_funder(settlement) == {"dclg": 12_666_67, "gla": 6_333_33}
    assert sum(held_by(settlement).values()) == 2_820_00
    # In order of time: 24 months in a home come last and earn nothing, 18 months only a part.
    assert "months_24" not in earned(settlement)
    assert earned(settlement)["months_18"] == 2_500_00 - (2_820_00 - 1_800_00)


@pytest.mark.mechanic(22)
def test_full_time_or_part_time_work_is_paid_and_not_both() -> None:
    book = Book(starts="2017-11-01")
    book.stays(["p"], "work", ("part-time", "none"), "2018-01-01", 95)
    book.stays(["p"], "work", ("full-time", "none"), "2018-06-01", 95)
    settlement = book.settled("rough_sleepers_london")
    assert earned(settlement) == {"part_time_13": 1_900_00}


@pytest.mark.mechanic(7, 106)
def test_a_home_that_is_confirmed_every_quarter_is_paid_as_each_length_is_complete() -> None:
    book = Book(starts="2017-11-01")
    confirmed = ["2018-01-01", "2018-04-10", "2018-07-10", "2018-10-10", "2019-01-10"]
    book.saw(["p"], "home", confirmed[0], value="housed", source="tenancy")
    book.saw(["p"], "home", *confirmed[1:], value="housed", source="self-certification")
    settlement = book.settled("rough_sleepers_london")
    # Each length is confirmed by the claim date of its quarter, and claimed with it.
    claimed = {
        row["milestone"]: (str(row["achieved_on"]), row["claim_period"])
        for row in settlement.lines_table.to_pylist()
    }
    assert claimed == {
        "entering": ("2018-01-01", "2018-Q1"),
        "months_3": ("2018-03-31", "2018-Q1"),
        "months_6": ("2018-06-30", "2018-Q2"),
        "months_12": ("2018-12-31", "2018-Q4"),
    }
