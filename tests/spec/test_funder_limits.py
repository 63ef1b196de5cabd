"""Limits on a funder: the most that it pays, and who pays beyond."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import balance, contract_of, lines, paid, rows

from impactbond.errors import ContractError

ONE_A_QUARTER = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-05-01 | yes
    c3    | consent | 2017-08-01 | yes
"""
SHARED = "funding: [{for: every milestone, shares: {council: 40%, lottery: 60%}}]"


def beyond_100(beyond: str) -> str:
    """A contract under which the lottery pays 60% and at most £100.00."""
    return f"{SHARED}\nlimits: [{{funder: lottery, at_most: 100.00, beyond: {beyond}}}]"


@pytest.mark.mechanic(71, 77)
def test_beyond_its_limit_a_funders_share_is_paid_by_the_funder_named() -> None:
    assert paid(beyond_100("{funder: trust}"), ONE_A_QUARTER) == {
        "2017-Q1": {"council": "40.00", "lottery": "60.00"},
        "2017-Q2": {"council": "40.00", "lottery": "40.00", "trust": "20.00"},
        "2017-Q3": {"council": "40.00", "trust": "60.00"},
    }


@pytest.mark.mechanic(71, 77)
def test_the_funder_that_takes_over_may_have_a_share_of_its_own() -> None:
    assert paid(beyond_100("{funder: council}"), ONE_A_QUARTER) == {
        "2017-Q1": {"council": "40.00", "lottery": "60.00"},
        "2017-Q2": {"council": "60.00", "lottery": "40.00"},
        "2017-Q3": {"council": "100.00"},
    }


@pytest.mark.mechanic(73, 86)
def test_a_funder_exhausted_before_the_end_leaves_the_others_paying_their_shares() -> None:
    terms = beyond_100("unpaid")
    assert paid(terms, ONE_A_QUARTER) == {
        "2017-Q1": {"council": "40.00", "lottery": "60.00"},
        "2017-Q2": {"council": "40.00", "lottery": "40.00"},
        "2017-Q3": {"council": "40.00"},
    }
    # What nobody pays stays visible, and the claims stand in full.
    assert balance(terms, ONE_A_QUARTER, "unfunded") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q2 | 20.00    | 20.00    | 0.00       | 0.00
        2017-Q3 | 80.00    | 80.00    | 0.00       | 0.00
    """)
    assert [row["value"] for row in lines(terms, ONE_A_QUARTER)] == ["100.00"] * 3


@pytest.mark.mechanic(74, 77)
def test_what_overflows_may_overflow_again_in_the_order_in_which_the_limits_are_written() -> None:
    terms = """
funding: [{for: every milestone, shares: {lottery: 100%}}]
limits:
  - {funder: lottery, at_most: 120.00, beyond: {funder: trust}}
  - {funder: trust, at_most: 50.00, beyond: {funder: council}}
"""
    assert paid(terms, ONE_A_QUARTER) == {
        "2017-Q1": {"lottery": "100.00"},
        "2017-Q2": {"council": "30.00", "lottery": "20.00", "trust": "50.00"},
        "2017-Q3": {"council": "100.00"},
    }


@pytest.mark.mechanic(74)
@pytest.mark.parametrize(
    ("limits", "fault"),
    [
        (
            "[{funder: trust, at_most: 50.00, beyond: unpaid},"
            " {funder: lottery, at_most: 120.00, beyond: {funder: trust}}]",
            "overflow_order",
        ),
        (
            "[{funder: lottery, at_most: 120.00, beyond: {funder: trust}},"
            " {funder: trust, at_most: 50.00, beyond: {funder: lottery}}]",
            "circular_overflow",
        ),
        ("[{funder: lottery, at_most: 9.00, beyond: {funder: school}}]", "resolved_funder"),
    ],
)
def test_an_overflow_that_cannot_be_followed_is_refused(limits: str, fault: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(f"limits: {limits}")
    assert fault in [one.code for one in refused.value.faults]


@pytest.mark.mechanic(71, 95)
def test_a_claim_taken_back_is_given_first_to_whoever_had_taken_over() -> None:
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |
        c2 c3 | consent | 2017-03-01 | 2017-03-01 | yes   |     |
        c1    | consent | 2017-02-01 | 2017-08-01 | no    | r2  | r1
    """
    # Three claims: lottery 180, of which 100 by its limit and 80 by the trust.
    # Two claims: lottery 120, so still 100, and 20 by the trust.
    assert paid(beyond_100("{funder: trust}"), evidence) == {
        "2017-Q1": {"council": "120.00", "lottery": "100.00", "trust": "80.00"},
        "2017-Q3": {"council": "-40.00", "trust": "-60.00"},
    }


@pytest.mark.mechanic(71, 79)
def test_a_limit_on_schools_is_a_limit_on_each_of_them() -> None:
    terms = """
funding: [{for: every milestone, shares: {school: 100%}}]
limits: [{funder: school, at_most: 150.00, beyond: {funder: trust}}]
"""
    evidence = """
        child | start      | school
        c1 c2 | 2017-01-09 | Elm
        c3    | 2017-01-09 | Oak
        ---
        child    | metric  | on         | value
        c1 c2 c3 | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"trust": "50.00", "school: Elm": "150.00", "school: Oak": "100.00"}
    }


@pytest.mark.mechanic(69, 71, 74)
def test_limits_on_the_whole_are_applied_before_the_money_is_shared() -> None:
    terms = f"""
{SHARED}
limits:
  - {{contract: whole, at_most: 200.00, beyond: unpaid}}
  - {{funder: lottery, at_most: 100.00, beyond: {{funder: trust}}}}
"""
    # 300 is limited to 200, of which the lottery's 60% is 120: 100 and 20 by the trust.
    assert paid(terms, ONE_A_QUARTER) == {
        "2017-Q1": {"council": "40.00", "lottery": "60.00"},
        "2017-Q2": {"council": "40.00", "lottery": "40.00", "trust": "20.00"},
    }
