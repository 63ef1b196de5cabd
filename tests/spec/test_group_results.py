"""Results of groups as published: Peterborough, Newpin, Educate Girls, and Essex in words."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.spec.drawn_tables import settled
from tests.spec.published import Book, by_funder, by_period, days, earned, people

from impactbond.settlement.settlement import Settlement

COHORT_STARTS = {"1": "2011-06-01", "2": "2014-06-01"}


def peterborough(events: dict[str, tuple[int, int]], size: int = 100) -> Settlement:
    """Cohorts of so many released and so many matched, with their reconvictions in the year."""
    book = Book(starts=COHORT_STARTS["1"])
    for cohort, counts in events.items():
        starts = COHORT_STARTS[cohort]
        for group, count in zip(("released", "matched"), counts, strict=True):
            who = people(size, f"{group}{cohort}x")
            book.joins(who, starts, group=group, cohort=cohort)
            book.saw(who, "released", starts)
            book.claims(who, "reconviction", count, f"{starts[:4]}-09-01")
    return book.settled("hmp_peterborough")


@pytest.mark.mechanic(35, 37, 39)
def test_peterborough_142_for_100_against_155_is_8_percent_fewer_and_no_cohort_is_paid() -> None:
    # 13 of 155 is 8.39%, published as 8.4%: below the 10% for a cohort by itself.
    assert round(float(Fraction(13, 155)) * 100, 1) == 8.4
    assert earned(peterborough({"1": (142, 155)})) == {"all_cohorts": 2_000_000_00}
    # The first cohort alone is above 7.5%, but what all earn together is measured at the end.
    assert "first cohort" not in by_period(peterborough({"1": (142, 155)}))


@pytest.mark.mechanic(36, 37)
def test_peterborough_9_percent_over_both_cohorts_pays_what_neither_earned_alone() -> None:
    # A second cohort at 140 makes 282 against 310, 9.03%; published are 9% for both together.
    settlement = peterborough({"1": (142, 155), "2": (140, 155)})
    assert by_period(settlement) == {"second cohort": 2_000_000_00}
    assert by_funder(settlement) == {"moj": 1_200_000_00, "lottery": 800_000_00}


@pytest.mark.mechanic(35, 36)
@pytest.mark.parametrize(
    ("first", "second", "paid"),
    [
        # 10% exactly is enough for a cohort: 180 against 200.
        ((180, 200), (200, 200), {"single_cohort": 1_000_000_00}),
        ((181, 200), (200, 200), {}),
        # Both bars are passed: what the first cohort earned is taken off what both earn together.
        (
            (170, 200),
            (190, 200),
            {"single_cohort": 1_000_000_00, "all_cohorts": 1_000_000_00},
        ),
        ((185, 200), (185, 200), {"all_cohorts": 2_000_000_00}),  # 7.5% exactly
        ((185, 200), (186, 200), {}),
    ],
)
def test_peterborough_the_bars_are_at_10_and_at_7_and_a_half_percent(
    first: tuple[int, int], second: tuple[int, int], paid: dict[str, int]
) -> None:
    assert earned(peterborough({"1": first, "2": second})) == paid


def newpin(exits: dict[str, tuple[int, int]]) -> Settlement:
    """Children who left in each year: so many restored, so many not."""
    book = Book(starts="2013-07-15")
    for year, (restored, not_restored) in exits.items():
        day = f"{year}-03-31"
        book.saw(people(restored, f"r{year}x"), "exit", day, value="restored")
        book.saw(people(not_restored, f"n{year}x"), "exit", day, value="not restored")
    return book.settled("newpin")


@pytest.mark.mechanic(39, 45, 51, 121)
def test_newpin_60_percent_restored_in_the_first_year_earns_7_and_a_half_percent() -> None:
    # Published: 60% and 7.5%; on A$7m that is A$525,000 for the year.
    assert by_period(newpin({"2014": (6, 4)})) | {} == {
        "2013-14": 525_000_00,
        "2014-15": 525_000_00,  # nobody left: the rate to date stays where it was
        "2015-16": 525_000_00,
    }


@pytest.mark.mechanic(39, 45, 51, 72)
def test_newpin_each_year_earns_by_the_rate_to_date_and_at_least_5_percent() -> None:
    settlement = newpin({"2014": (5, 5), "2015": (9, 1), "2016": (10, 2)})
    assert by_period(settlement) == {
        "2013-14": 350_000_00,  # 50%: the floor of the first three years
        "2014-15": 1_050_000_00,  # 14 of 20, 70%
        "2015-16": 1_050_000_00,  # 24 of 32, 75%
    }


@pytest.mark.mechanic(39)
@pytest.mark.parametrize(
    ("restored", "not_restored", "dollars"),
    [(59, 41, 350_000), (60, 40, 525_000), (64, 36, 525_000), (65, 35, 840_000),
     (69, 31, 840_000), (70, 30, 1_050_000)],
)  # fmt: skip
def test_newpin_a_rate_on_a_boundary_belongs_to_the_upper_band(
    restored: int, not_restored: int, dollars: int
) -> None:
    assert by_period(newpin({"2014": (restored, not_restored)}))["2013-14"] == dollars * 100


def educate_girls(found: int, enrolled: int, levels: int, control: int) -> Settlement:
    book = Book(starts="2015-06-15")
    girls, children, others = people(found, "g"), people(20, "c"), people(20, "k")
    book.joins([*girls, *children], villages="programme")
    book.joins(others, villages="control")
    book.saw(girls, "found", "2015-07-01")
    book.saw(girls[:enrolled], "enrolled", "2016-07-01")
    for who, gained in ((children, levels), (others, control)):
        book.saw(who, "tested", "2015-09-01")
        book.saw(who, "levels", "2018-02-01", value=gained // 20)
    return book.settled("educate_girls")


@pytest.mark.mechanic(42, 53, 69)
def test_educate_girls_116_and_160_percent_of_the_targets_are_paid_the_most_of_422_000() -> None:
    assert round(Fraction(92, 79) * 100) == 116
    assert round(Fraction(8_940, 5_592) * 100) == 160
    settlement = educate_girls(found=100, enrolled=92, levels=20_000, control=11_060)
    assert by_funder(settlement) == {"ciff": 422_000_00}


@pytest.mark.mechanic(42, 53)
def test_educate_girls_half_of_each_target_is_paid_half_of_each_part() -> None:
    settlement = educate_girls(found=200, enrolled=79, levels=7_800, control=5_000)
    # 39.5% of girls is half of 79%: 42,200. 2,800 levels of 5,592: 169,041.49 of 337,600.
    assert earned(settlement) == {"enrolment": 42_200_00, "learning": 169_041_49}


@pytest.mark.mechanic(40, 45)
@pytest.mark.parametrize(
    ("measure", "each", "due"),
    [
        # Percentage points avoided: 55 - 10.8 = 44.2, where the target of 27% avoids 28.
        ("{difference: [{share: 55%}, {ratio: [{claims: care}, {claims: life}]}]}", "1%", 44_20),
        # The share of the baseline avoided: 44.2 of 55 is 80.4%, where the target avoids 50.9%.
        ("{reduction: [{ratio: [{claims: care}, {claims: life}]}, {share: 55%}]}", "1%", 80_36),
    ],
    ids=["points", "share"],
)
def test_essex_is_paid_differently_by_either_reading_of_a_reduction(
    measure: str, each: str, due: int
) -> None:
    # INDIGO 0130: care days / child days, 10.8% against a baseline of 55% and a target of 27%,
    # "more than double the rate expected". No reading says so: 44.2 over 28 points is 1.58 times,
    # 27% over 10.8% is 2.5 times. A contract must write the formula down, and this language does.
    assert round(44.2 / 28, 2) == 1.58
    terms = f"""
metrics:
  seen: {{kind: event}}
  care: {{kind: event, repeats: true}}
  life: {{kind: event, repeats: true}}
milestones:
  care: {{when: {{observed: seen, in: year one}}, units: {{rows: care, in: year one}}, price: 0}}
  life: {{when: {{observed: seen, in: year one}}, units: {{rows: life, in: year one}}, price: 0}}
results:
  fewer care days: {{measure: {measure}, pays: {{each: {each}, pays: 1.00}}}}
calendar: {{term: 2017-01-01 through 2017-12-31, claims: {{every: year}}}}
"""
    hundred = days("2017-02-01", 100)  # 1,000 days of ten children, 108 of them in care
    drawn = f"""
        child   | metric | on                       | value
        c1..c10 | seen   | 2017-01-10               | yes
        c1..c10 | life   | {" ".join(hundred)}      | yes
        c1..c10 | care   | {" ".join(hundred[:10])} | yes
        c1..c8  | care   | {hundred[10]}            | yes
    """
    assert sum(earned(settled(terms, drawn)).values()) == due
