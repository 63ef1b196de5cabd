"""Shares: who pays which part of a claim, and who pays the odd penny."""

from __future__ import annotations

from itertools import accumulate

import pytest
from tests.spec.drawn_tables import contract_of, paid, settled

from impactbond.errors import ContractError

THIRDS = """
funding: [{for: every milestone, shares: {council: 1/3, lottery: 1/3, trust: the rest}}]
"""
ONE_A_QUARTER = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-05-01 | yes
    c3    | consent | 2017-08-01 | yes
"""


def priced(price: str) -> str:
    """A contract that pays this price for consent."""
    return f"milestones: {{consent: {{when: {{observed: consent, in: year one}}, price: {price}}}}}"


@pytest.mark.mechanic(75)
def test_every_claim_is_split_in_the_fixed_shares() -> None:
    terms = "funding: [{for: every milestone, shares: {council: 58%, lottery: 42%}}]"
    assert paid(terms, ONE_A_QUARTER) == {
        "2017-Q1": {"council": "58.00", "lottery": "42.00"},
        "2017-Q2": {"council": "58.00", "lottery": "42.00"},
        "2017-Q3": {"council": "58.00", "lottery": "42.00"},
    }


@pytest.mark.mechanic(76, 77)
def test_one_funder_may_pay_the_rest() -> None:
    terms = (
        "funding: [{for: every milestone, shares: {lottery: 12.5%, trust: 1/4, council: the rest}}]"
    )
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "62.50", "lottery": "12.50", "trust": "25.00"}
    }


@pytest.mark.mechanic(60, 85)
def test_thirds_are_cut_where_the_running_total_is_cut_and_never_drift() -> None:
    # Boundaries at a third and two thirds of the running total, rounded:
    #   £100: 33.33 | 66.67     £200: 66.67 | 133.33     £300: 100.00 | 200.00
    # so to date 33.33 33.34 33.33, then 66.67 66.66 66.67, then 100 each.
    assert paid(THIRDS, ONE_A_QUARTER) == {
        "2017-Q1": {"council": "33.33", "lottery": "33.34", "trust": "33.33"},
        "2017-Q2": {"council": "33.34", "lottery": "33.32", "trust": "33.34"},
        "2017-Q3": {"council": "33.33", "lottery": "33.34", "trust": "33.33"},
    }


@pytest.mark.mechanic(60, 85)
@pytest.mark.parametrize(
    ("shares", "half", "who_pays"),
    [
        ("{council: 50%, trust: 50%}", "up", {"council": "0.01"}),
        ("{trust: 50%, council: 50%}", "up", {"trust": "0.01"}),
        ("{council: 50%, trust: 50%}", "even", {"trust": "0.01"}),
        # the boundaries 0.25, 0.5, 0.75 and 1 of a penny become 0, 1, 1 and 1
        ("{council: 25%, lottery: 25%, trust: 25%, school: 25%}", "up", {"lottery": "0.01"}),
        ("{school: 25%, trust: 25%, lottery: 25%, council: 25%}", "up", {"trust": "0.01"}),
    ],
)
def test_the_order_of_the_shares_and_the_rule_for_halves_say_who_pays_an_odd_penny(
    shares: str, half: str, who_pays: dict[str, str]
) -> None:
    terms = f"""
{priced("0.01")}
funding: [{{for: every milestone, shares: {shares}}}]
rounding: {{half: {half}}}
"""
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": who_pays}


@pytest.mark.mechanic(60, 85)
def test_over_a_thousand_awards_in_thirds_no_funder_is_ever_a_penny_off() -> None:
    evidence = """
        child     | metric  | on         | value
        c1..c1000 | consent | 2017-02-01 | yes
    """
    settlement = settled(THIRDS, evidence, as_of="2017-04-30")
    for funder in ("council", "lottery", "trust"):
        parts = [
            row["amount_pence"]
            for row in settlement.shares_table.to_pylist()
            if row["funder"] == funder
        ]
        exactly = range(100_00, 100_000_01, 100_00)  # three times this funder's exact third
        assert len(parts) == 1000
        assert all(
            abs(3 * total - exact) < 3
            for total, exact in zip(accumulate(parts), exactly, strict=True)
        )
    assert [settlement.due_pence(name) for name in ("council", "lottery", "trust")] == [
        33_333_33,
        33_333_34,
        33_333_33,
    ]


@pytest.mark.mechanic(85, 95)
def test_a_claim_taken_back_is_given_back_to_the_penny_that_each_had_paid() -> None:
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |
        c2    | consent | 2017-05-01 | 2017-05-01 | yes   | r2  |
        c1    | consent | 2017-02-01 | 2017-08-01 | no    | r3  | r1
        c2    | consent | 2017-05-01 | 2017-11-01 | no    | r4  | r2
    """
    due = paid(THIRDS, evidence)
    assert due["2017-Q3"] == {"council": "-33.34", "lottery": "-33.32", "trust": "-33.34"}
    assert due["2017-Q4"] == {"council": "-33.33", "lottery": "-33.34", "trust": "-33.33"}


@pytest.mark.mechanic(82)
def test_different_milestones_may_be_paid_for_by_different_funders() -> None:
    terms = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  sign_up: {when: {observed: agreement, in: year one}, price: 450.00}
funding:
  - {for: consent, shares: {council: 30%, trust: the rest}}
  - {for: [sign_up], shares: {lottery: 100%}}
"""
    evidence = """
        child | metric    | on         | value
        c1    | consent   | 2017-02-01 | yes
        c1    | agreement | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "30.00", "lottery": "450.00", "trust": "70.00"}
    }


OWN_SCHOOL = "funding: [{for: every milestone, shares: {council: 80%, school: 20%}}]"


@pytest.mark.mechanic(79)
def test_each_school_pays_for_its_own_pupils() -> None:
    evidence = """
        child | start      | school
        c1 c2 | 2017-01-09 | Elm
        c3    | 2017-01-09 | Oak
        ---
        child    | metric  | on         | value
        c1 c2 c3 | consent | 2017-02-01 | yes
    """
    assert paid(OWN_SCHOOL, evidence) == {
        "2017-Q1": {"council": "240.00", "school: Elm": "40.00", "school: Oak": "20.00"}
    }


@pytest.mark.mechanic(79, 114)
def test_a_claim_is_shared_by_the_school_that_the_child_was_at_on_the_day_of_achievement() -> None:
    terms = f"""
{OWN_SCHOOL}
milestones:
  consent: {{when: {{observed: consent, in: year one}}, price: 100.00}}
  sign_up: {{when: {{observed: agreement, in: year one}}, price: 450.00}}
"""
    evidence = """
        child | start      | from       | school | recorded
        c1    | 2017-01-09 | 2017-01-09 | Elm    | 2017-01-09
        c1    | 2017-01-09 | 2017-02-10 | Oak    | 2017-02-10
        ---
        child | metric    | on         | value
        c1    | consent   | 2017-02-09 | yes
        c1    | agreement | 2017-02-10 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "440.00", "school: Elm": "20.00", "school: Oak": "90.00"}
    }


@pytest.mark.mechanic(79, 114, 116)
def test_a_move_that_is_told_late_moves_the_charge_from_one_school_to_the_other() -> None:
    evidence = """
        child | start      | from       | school | recorded
        c1    | 2017-01-09 | 2017-01-09 | Elm    | 2017-01-09
        c1    | 2017-01-09 | 2017-01-20 | Oak    | 2017-06-01
        ---
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    assert paid(OWN_SCHOOL, evidence) == {
        "2017-Q1": {"council": "80.00", "school: Elm": "20.00"},
        "2017-Q2": {"school: Elm": "-20.00", "school: Oak": "20.00"},
    }


@pytest.mark.mechanic(79, 85)
def test_the_running_total_is_kept_for_each_combination_of_funders() -> None:
    terms = "funding: [{for: every milestone, shares: {council: 1/3, lottery: 1/3, school: 1/3}}]"
    evidence = """
        child | start      | school
        c1    | 2017-01-09 | Elm
        c2    | 2017-01-09 | Oak
        ---
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
    """
    # £100 with Elm and £100 with Oak, each 33.33, 33.34 and 33.33; not £200 in thirds.
    assert paid(terms, evidence) == {
        "2017-Q1": {
            "council": "66.66",
            "lottery": "66.68",
            "school: Elm": "33.33",
            "school: Oak": "33.33",
        }
    }


@pytest.mark.mechanic(75)
@pytest.mark.parametrize(
    ("shares", "fault"),
    [
        ("{council: 50%, trust: 49.99%}", "shares_not_whole"),
        ("{council: 50%, trust: 51%}", "shares_not_whole"),
        ("{council: 100%, trust: the rest}", "shares_not_whole"),
        ("{council: the rest, trust: the rest}", "two_rests"),
        ("{council: 50%, county: 50%}", "unknown_funder"),
    ],
)
def test_shares_that_do_not_make_a_whole_are_refused(shares: str, fault: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(f"funding: [{{for: every milestone, shares: {shares}}}]")
    assert fault in [one.code for one in refused.value.faults]
