"""Commitments: funders pay up to what they have committed, once others have, and in each year."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import (
    balance,
    contract_of,
    due_of,
    lines,
    lines_of,
    paid,
    rows,
    settled,
)

from impactbond.contract.wording.words import ContractWords

ONE_A_QUARTER = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-05-01 | yes
    c3    | consent | 2017-08-01 | yes
    c4    | consent | 2017-11-01 | yes
"""
HALVES = "funding: [{for: every milestone, shares: {council: 50%, lottery: 50%}}]"
TWO_STEPS = "[{from: 2017-01-01, amount: 60.00}, {from: 2017-08-15, amount: 130.00}]"


def committed(beyond: str, commits: str = TWO_STEPS) -> str:
    """The lottery pays half, up to what it has committed."""
    return f"""
{HALVES}
funders: {{lottery: {{commits: {commits}}}}}
limits: [{{funder: lottery, at_most: commitment, beyond: {beyond}}}]
"""


@pytest.mark.mechanic(84, 71)
def test_when_a_commitment_is_raised_the_difference_pays_what_was_left_unpaid() -> None:
    # The lottery's halves: 50, 100, 150, 200. Until the claim of 31 July it has committed 60, from
    # that of 31 October 130.
    terms = committed("unpaid")
    assert paid(terms, ONE_A_QUARTER) == {
        "2017-Q1": {"council": "50.00", "lottery": "50.00"},
        "2017-Q2": {"council": "50.00", "lottery": "10.00"},
        "2017-Q3": {"council": "50.00", "lottery": "70.00"},
        "2017-Q4": {"council": "50.00"},
    }
    assert balance(terms, ONE_A_QUARTER, "unfunded") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q2 | 40.00    | 40.00    | 0.00       | 0.00
        2017-Q3 | 20.00    | 20.00    | 0.00       | 0.00
        2017-Q4 | 70.00    | 70.00    | 0.00       | 0.00
    """)


@pytest.mark.mechanic(84, 116)
def test_what_a_raised_commitment_pays_is_a_line_of_the_claim_that_was_left_unpaid() -> None:
    terms = committed("unpaid")
    told = [" ".join([row["claimed"], row["kind"], row["child"], row["because"], row["value"]])
            for row in lines(terms, ONE_A_QUARTER)[2:]]  # fmt: skip
    assert told == [
        "2017-Q3 adjustment c2 funder limit released 0.00",
        "2017-Q3 claim c3 achieved 100.00",
        "2017-Q4 claim c4 achieved 100.00",
    ]
    released = [
        (row["funder"], row["amount_pence"])
        for row in settled(terms, ONE_A_QUARTER).shares_table.to_pylist()
        if row["line"] == "2017-Q3/0001"
    ]
    assert released == [("council", 0), ("lottery", 40_00), ("unfunded", -40_00)]


@pytest.mark.mechanic(84)
def test_a_closed_claim_that_released_something_stays_as_it_was() -> None:
    terms = committed("unpaid")
    third = settled(terms, ONE_A_QUARTER, as_of="2017-10-31")
    fourth = settled(terms, ONE_A_QUARTER, as_of="2018-01-31", earlier=third)
    at_once = settled(terms, ONE_A_QUARTER, as_of="2018-01-31")
    assert lines_of(fourth) == lines_of(at_once)
    assert due_of(fourth) == due_of(at_once)


@pytest.mark.mechanic(84, 77)
def test_what_another_funder_took_over_stays_with_it_when_a_commitment_is_raised() -> None:
    # Passed on 40 at the second claim. From the third on there is room for 70 more, which pays the
    # third half and 20 of the fourth.
    assert paid(committed("{funder: trust}"), ONE_A_QUARTER) == {
        "2017-Q1": {"council": "50.00", "lottery": "50.00"},
        "2017-Q2": {"council": "50.00", "lottery": "10.00", "trust": "40.00"},
        "2017-Q3": {"council": "50.00", "lottery": "50.00"},
        "2017-Q4": {"council": "50.00", "lottery": "20.00", "trust": "30.00"},
    }


@pytest.mark.mechanic(84, 95)
def test_after_a_raise_a_claim_taken_back_is_given_to_the_funder_with_the_commitment() -> None:
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   |     |
        c2    | consent | 2017-05-01 | 2017-05-01 | yes   | r1  |
        c3    | consent | 2017-08-01 | 2017-08-01 | yes   |     |
        c2    | consent | 2017-05-01 | 2017-11-01 | no    | r2  | r1
    """
    # The trust keeps the 40 that it took over before the raise.
    due = paid(committed("{funder: trust}"), evidence)
    assert due["2017-Q4"] == {"council": "-50.00", "lottery": "-50.00"}


@pytest.mark.mechanic(84)
def test_the_uplift_of_a_department_from_november_2020_pays_from_then_on() -> None:
    # DFN (Project SEARCH): the Department's commitment was raised in November 2020; amounts are
    # illustrative. Claims of 100,000 a quarter, of which it pays 45%.
    commits = "[{from: 2020-01-01, amount: 100000}, {from: 2020-11-01, amount: 200000}]"
    terms = f"""
calendar: {{term: 2020-01-01 through 2021-06-30}}
milestones: {{job: {{when: {{observed: consent, in: year one}}, price: 100000}}}}
funding: [{{for: every milestone, shares: {{lottery: 45%, council: the rest}}}}]
funders: {{lottery: {{commits: {commits}}}}}
limits: [{{funder: lottery, at_most: commitment, beyond: unpaid}}]
"""
    days = ("2020-02-01", "2020-05-01", "2020-08-01", "2020-11-15")
    drawn = [f"c{number} | consent | {day} | yes" for number, day in enumerate(days)]
    started = [f"c{number} | 2020-01-01" for number, _ in enumerate(days)]
    evidence = "\n".join(["child | start", *started, "---", "child | metric | on | value", *drawn])
    assert {period: due["lottery"] for period, due in paid(terms, evidence).items()} == {
        "2020-Q1": "45,000.00",
        "2020-Q2": "45,000.00",
        "2020-Q3": "10,000.00",
        "2020-Q4": "80,000.00",  # 35,000 that had been left unpaid, and 45,000
    }


MATCHED = """
funders:
  council: {commits: [{from: 2017-01-01, amount: 1000.00}]}
  trust: {commits: [{from: 2017-06-01, amount: 500.00}]}
  lottery: {commits: [{from: 2017-01-01, amount: 130.00}]}
funding: [{for: every milestone, shares: {council: 50%, lottery: 50%}}]
limits:
  - {funder: lottery, at_most: commitment, beyond: unpaid,
     released_when: {committed_by: [council, trust], at_least: 1500.00}}
"""


@pytest.mark.mechanic(83, 71)
def test_a_funder_that_waits_for_others_pays_all_it_owes_once_they_have_committed() -> None:
    # As the Life Chances Fund's offer to West London Zone: nothing before the others join.
    assert paid(MATCHED, ONE_A_QUARTER) == {
        "2017-Q1": {"council": "50.00"},
        "2017-Q2": {"council": "50.00", "lottery": "100.00"},
        "2017-Q3": {"council": "50.00", "lottery": "30.00"},
        "2017-Q4": {"council": "50.00"},
    }
    released = [row for row in lines(MATCHED, ONE_A_QUARTER) if "released" in row["because"]]
    assert [(row["claimed"], row["child"]) for row in released] == [("2017-Q2", "c1")]


@pytest.mark.mechanic(83, 94)
def test_up_front_money_waits_for_the_release_too() -> None:
    terms = (
        MATCHED
        + """
tranches: {start: {pay: 60.00, on: 2017-01-16, by: {lottery: 100%}, recovered: {at: 10%}}}
"""
    )
    assert balance(terms, ONE_A_QUARTER, "lottery") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q2 | 100.00   | 0.00     | 30.00      | 130.00
        2017-Q3 | 130.00   | 0.00     | 0.00       | 0.00
    """)


@pytest.mark.mechanic(70, 71)
@pytest.mark.parametrize(
    ("beyond", "others"),
    [
        ("unpaid", ["50.00", "50.00", "50.00", "100.00"]),
        ("{funder: council}", ["50.00", "90.00", "100.00", "140.00"]),
    ],
)
def test_a_funder_may_have_a_limit_for_each_year(beyond: str, others: list[str]) -> None:
    # 60 a year: 50 and 10 of 2017, then 50 and 10 of 2018; what 2017 left unused is not carried.
    terms = f"""
{HALVES}
limits: [{{funder: lottery, each: year, at_most: 60.00, beyond: {beyond}}}]
"""
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
        c2    | consent | 2017-05-01 | yes
        c3    | consent | 2017-08-01 | yes
        c4    | consent | 2018-01-05 | yes
        c5    | consent | 2018-01-06 | yes
    """
    due = paid(terms, evidence)
    assert {period: each.get("lottery") for period, each in due.items()} == {
        "2017-Q1": "50.00", "2017-Q2": "10.00", "2017-Q3": None, "2018-Q1": "60.00",
    }  # fmt: skip
    assert [each["council"] for each in due.values()] == others


@pytest.mark.mechanic(71, 95)
def test_a_claim_of_one_year_taken_back_in_the_next_makes_room_in_its_own_year() -> None:
    terms = f"""
{HALVES}
limits: [{{funder: lottery, each: year, at_most: 60.00, beyond: unpaid}}]
"""
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |
        c2    | consent | 2017-05-01 | 2017-05-01 | yes   |     |
        c3    | consent | 2018-01-05 | 2018-01-05 | yes   |     |
        c1    | consent | 2017-02-01 | 2018-02-01 | no    | r2  | r1
    """
    # Of 2017: 60, then 50 of one claim. Of 2018: 50.
    assert paid(terms, evidence)["2018-Q1"] == {"lottery": "40.00"}


@pytest.mark.mechanic(83)
def test_a_commitment_and_what_releases_it_are_told_in_words() -> None:
    contract = contract_of(MATCHED)
    assert contract.limits[0].subject_in_full(ContractWords(contract)) == "Funder: The lottery"
    assert contract.limits[0].terms_in_words(ContractWords(contract)) == (
        "at most what it has committed; beyond it: unpaid; committed: £130.00 from 2017-01-01; "
        "nothing until council, trust have committed £1,500.00 in all"
    )
