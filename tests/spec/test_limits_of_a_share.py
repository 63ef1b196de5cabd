"""At most so large a share by one route: of all claims, of what is paid, of participants."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of, paid
from tests.spec.test_limits_on_claims import held
from tests.spec.test_published_figures import rate_card

from impactbond.contract.wording.words import ContractWords
from impactbond.errors import ContractError

SOUTH = "milestone: consent, only: {borough: [south]}, beyond: unpaid"
# Nine of the south and six of the north, in four quarters.
EVIDENCE = """
    child  | start      | borough
    s1..s9 | 2017-01-09 | south
    n1..n6 | 2017-01-09 | north
    ---
    child    | metric  | on         | value
    s1..s6   | consent | 2017-02-01 | yes
    n1       | consent | 2017-03-01 | yes
    n2 n3    | consent | 2017-04-01 | yes
    s7 s8 s9 | consent | 2017-05-01 | yes
    n4       | consent | 2017-08-01 | yes
    n5 n6    | consent | 2017-11-01 | yes
"""


def limited(at_most: str, more: str = "") -> str:
    return f"limits: [{{{SOUTH}, at_most: {at_most}{more}}}]"


@pytest.mark.mechanic(146)
def test_a_share_of_what_is_paid_lets_in_by_the_others_that_are_paid() -> None:
    # Of the south, n with n <= 40% of (n + others): two thirds of the others, rounded down.
    # Q1: 1 other, none of the south. Q2: 3 others, 2 (2 of 5 are 40%). Q3: 4 others, still 2
    # (3 of 7 are 42.9%). Q4: 6 others, 4 (4 of 10).
    assert paid(limited("40% of paid claims"), EVIDENCE) == {
        "2017-Q1": {"council": "100.00"},  # n1
        "2017-Q2": {"council": "400.00"},  # n2 n3, and s1 s2 in the order of claims
        "2017-Q3": {"council": "100.00"},  # n4
        "2017-Q4": {"council": "400.00"},  # n5 n6, s3 s4
    }
    assert [*held(limited("40% of paid claims"), EVIDENCE)] == [
        f"s{n} consent" for n in (5, 6, 7, 8, 9)
    ]


@pytest.mark.mechanic(68, 146)
def test_a_share_of_all_claims_counts_those_that_are_not_paid_as_well() -> None:
    # 40% of 7 is 2, of 12 is 4, of 13 is 5, of 15 is 6: six of the south beside six of the north.
    assert paid(limited("40% of claims"), EVIDENCE) == {
        "2017-Q1": {"council": "300.00"},
        "2017-Q2": {"council": "400.00"},
        "2017-Q3": {"council": "200.00"},
        "2017-Q4": {"council": "300.00"},
    }


@pytest.mark.mechanic(146)
def test_what_is_taken_back_of_the_others_takes_back_what_it_let_in() -> None:
    evidence = """
        child | start      | borough
        s1 s2 | 2017-01-09 | south
        n1..n3 | 2017-01-09 | north
        ---
        child  | metric  | on         | value | recorded   | ref | replaces
        s1 s2  | consent | 2017-02-01 | yes   | 2017-02-01 |     |
        n1 n2  | consent | 2017-02-02 | yes   | 2017-02-02 |     |
        n3     | consent | 2017-02-02 | yes   | 2017-02-02 | a   |
        n3     | consent | 2017-02-02 | no    | 2017-06-01 | b   | a
    """
    # Three others let two in; when one of them falls away, two let in one.
    assert paid(limited("40% of paid claims"), evidence) == {
        "2017-Q1": {"council": "500.00"},
        "2017-Q2": {"council": "-200.00"},
    }


@pytest.mark.mechanic(146)
def test_what_limits_before_it_leave_nothing_of_is_not_paid() -> None:
    # Of the north one claim is paid in all: none of the south fits in 40% of what is paid.
    terms = f"""
limits:
  - {{milestone: consent, only: {{borough: [north]}}, at_most: 1 claims, beyond: unpaid}}
  - {{{SOUTH}, at_most: 40% of paid claims}}
"""
    assert paid(terms, EVIDENCE) == {"2017-Q1": {"council": "100.00"}}


@pytest.mark.mechanic(147)
def test_a_share_of_participants_pays_all_claims_of_so_many() -> None:
    # Everybody is enrolled, at a price of nothing; of five participants, 40% are two of the
    # south: all that those two earn is paid, of the third nothing.
    terms = f"""
{rate_card({"enrolled": 0, "first": 100, "second": 10})}
limits:
  - {{milestone: [enrolled, first, second], only: {{borough: [south]}},
     at_most: 40% of participants with claims, beyond: unpaid}}
"""
    evidence = """
        child    | start      | borough
        s1 s2 s3 | 2017-01-09 | south
        n1 n2    | 2017-01-09 | north
        ---
        child          | metric   | on         | value
        s1 s2 s3 n1 n2 | enrolled | 2017-01-10 | yes
        s1 s2 s3 n1    | first    | 2017-02-10 | yes
        s1 s2 s3       | second   | 2017-05-10 | yes
    """
    assert held(terms, evidence) == {"s3 first": "100.00", "s3 second": "10.00"}
    # Without it, only the four who earned something count: 40% of four is one.
    without = terms.replace("enrolled, first", "first")
    assert held(without, evidence) == {
        "s2 first": "100.00", "s2 second": "10.00", "s3 first": "100.00", "s3 second": "10.00",
    }  # fmt: skip


@pytest.mark.mechanic(146, 147)
@pytest.mark.parametrize(
    ("at_most", "says"),
    [
        ("40% of claims",
         "at most so many claims of participants with borough south are paid for “consent” as make,"
         " rounded down, 40% of the number of all claims that stand for “consent”, of all"
         " participants, paid or not"),
        ("40% of paid claims",
         "at most so many claims of participants with borough south are paid for “consent” that"
         " they make no more than 40% of the number of all claims that are paid for “consent” to"
         " date, of all participants, these included"),
        ("40% of participants with claims",
         "claims for “consent” are paid of at most so many participants with borough south as make,"
         " rounded down, 40% of the number of all participants who have a claim for “consent”, paid"
         " or not"),
    ],
)  # fmt: skip
def test_the_contract_says_which_whole_a_share_is_of(at_most: str, says: str) -> None:
    contract = contract_of(limited(at_most))
    assert contract.limits[0].says(ContractWords(contract)).startswith(says)


@pytest.mark.mechanic(146, 147)
@pytest.mark.parametrize(
    ("terms", "found"),
    [
        (limited("40% of participants"), "40% of participants with claims"),
        (limited("100% of paid claims"), "limits nothing"),
        (limited("40% of paid claims", ", first: in proportion"), "all paid in part"),
        ("limits: [{contract: whole, at_most: 40% of paid claims, beyond: unpaid}]",
         "must be on some of them only"),
        (f"limits: [{{{SOUTH}, at_most: 40% of paid claims}},"
         " {contract: whole, at_most: 300.00, beyond: unpaid}]",
         "may leave unpaid what a limit before it counts as paid"),
    ],
)  # fmt: skip
def test_a_share_that_says_nothing_or_two_things_is_refused(terms: str, found: str) -> None:
    with pytest.raises(ContractError, match=found):
        contract_of(terms)
