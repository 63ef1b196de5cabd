"""Limits on the contract and on milestones: what lies beyond is not paid, and never deleted."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import balance, contract_of, lines, paid, rows

from impactbond.errors import ContractError

CAPPED = "limits: [{contract: whole, at_most: 250.00, beyond: unpaid}]"
THREE_CHILDREN = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-03-01 | yes
    c3    | consent | 2017-04-01 | yes
"""


@pytest.mark.mechanic(69, 73)
def test_the_claim_that_reaches_over_the_limit_is_part_paid_and_the_rest_stays_visible() -> None:
    assert lines(CAPPED, THREE_CHILDREN) == rows("""
        claimed | kind  | child | milestone | achieved | because  | value  | withheld
        2017-Q1 | claim | c1    | consent   | 2017-Q1  | achieved | 100.00 | 0.00
        2017-Q1 | claim | c2    | consent   | 2017-Q1  | achieved | 100.00 | 0.00
        2017-Q2 | claim | c3    | consent   | 2017-Q2  | achieved | 100.00 | 50.00
    """)
    assert balance(CAPPED, THREE_CHILDREN, "council") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q1 | 200.00   | 0.00     | 0.00       | 200.00
        2017-Q2 | 300.00   | 50.00    | 0.00       | 50.00
    """)


@pytest.mark.mechanic(69)
@pytest.mark.parametrize(
    ("at_most", "second_quarter"),
    [("300.00", "100.00"), ("299.99", "99.99"), ("200.01", "0.01"), ("200.00", None)],
)
def test_a_limit_lets_through_up_to_its_last_penny(
    at_most: str, second_quarter: str | None
) -> None:
    terms = f"limits: [{{contract: whole, at_most: {at_most}, beyond: unpaid}}]"
    expected = {"2017-Q1": {"council": "200.00"}}
    if second_quarter:
        expected["2017-Q2"] = {"council": second_quarter}
    assert paid(terms, THREE_CHILDREN) == expected


@pytest.mark.mechanic(66, 67, 73)
def test_a_limit_on_a_milestone_leaves_the_others_alone() -> None:
    terms = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  sign_up: {when: {observed: agreement, in: year one}, price: 450.00}
limits: [{milestone: consent, at_most: 150.00, beyond: unpaid}]
"""
    evidence = """
        child | metric    | on         | value
        c1 c2 | consent   | 2017-02-01 | yes
        c1 c2 | agreement | 2017-02-02 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "1,050.00"}}  # 150 + 2 × 450


BOTH = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  sign_up: {when: {observed: agreement, in: year one}, price: 100.00}
"""


@pytest.mark.mechanic(74)
@pytest.mark.parametrize(
    ("first", "second", "total"),
    [
        # consent keeps 100 of 200, then the contract lets through 150 of those 100 + 100
        ("milestone: consent, at_most: 100.00", "contract: whole, at_most: 150.00", "150.00"),
        # the contract lets through 100 + 50 of consent, then consent keeps 100 of those 150
        ("contract: whole, at_most: 150.00", "milestone: consent, at_most: 100.00", "100.00"),
    ],
)
def test_limits_are_applied_in_the_order_in_which_they_are_written(
    first: str, second: str, total: str
) -> None:
    terms = f"{BOTH}\nlimits: [{{{first}, beyond: unpaid}}, {{{second}, beyond: unpaid}}]"
    evidence = """
        child | metric    | on         | value
        c1 c2 | consent   | 2017-02-01 | yes
        c1    | agreement | 2017-03-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": total}}


@pytest.mark.mechanic(74)
def test_what_was_achieved_first_meets_the_limit_first_and_on_one_day_in_the_contracts_order() -> (
    None
):
    terms = f"{BOTH}\nlimits: [{{contract: whole, at_most: 250.00, beyond: unpaid}}]"
    evidence = """
        child | metric    | on         | value
        c2    | agreement | 2017-03-01 | yes
        c1    | consent   | 2017-03-01 | yes
        c3    | agreement | 2017-02-01 | yes
    """
    held = {f"{row['child']} {row['milestone']}": row["withheld"] for row in lines(terms, evidence)}
    assert held == {"c3 sign_up": "0.00", "c1 consent": "0.00", "c2 sign_up": "50.00"}


@pytest.mark.mechanic(69, 95)
def test_a_claim_taken_back_makes_room_for_what_the_limit_had_withheld() -> None:
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-01-10 | 2017-01-10 | yes   | r1  |
        c2    | consent | 2017-02-01 | 2017-02-01 | yes   |     |
        c3    | consent | 2017-03-01 | 2017-03-01 | yes   |     |
        c4    | consent | 2017-04-01 | 2017-04-01 | yes   |     |
        c1    | consent | 2017-01-10 | 2017-08-01 | no    | r2  | r1
    """
    assert lines(CAPPED, evidence)[3:] == rows("""
        claimed | kind       | child | milestone | achieved | because        | value   | withheld
        2017-Q2 | claim      | c4    | consent   | 2017-Q2  | achieved       | 100.00  | 100.00
        2017-Q3 | adjustment | c1    | consent   | 2017-Q1  | taken back     | -100.00 | 0.00
        2017-Q3 | adjustment | c3    | consent   | 2017-Q1  | limit released | 0.00    | -50.00
        2017-Q3 | adjustment | c4    | consent   | 2017-Q2  | limit released | 0.00    | -50.00
    """)
    assert paid(CAPPED, evidence) == {"2017-Q1": {"council": "250.00"}}  # full before and after


@pytest.mark.mechanic(74, 79, 103)
def test_an_earlier_claim_told_late_takes_the_room_of_a_later_one_each_for_its_own_funder() -> None:
    terms = """
limits: [{contract: whole, at_most: 100.00, beyond: unpaid}]
funding: [{for: every milestone, shares: {school: 100%}}]
"""
    evidence = """
        child | start      | school
        c1    | 2017-01-09 | Elm
        c2    | 2017-01-09 | Oak
        ---
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-01-12 | 2017-05-01 | yes
        c2    | consent | 2017-02-01 | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"school: Oak": "100.00"},
        "2017-Q2": {"school: Elm": "100.00", "school: Oak": "-100.00"},
    }
    assert [row["because"] for row in lines(terms, evidence)] == [
        "achieved",
        "achieved",
        "limit displaced",
    ]


@pytest.mark.mechanic(69, 75)
def test_what_a_limit_withholds_is_withheld_from_every_funder_in_its_share() -> None:
    terms = f"{CAPPED}\nfunding: [{{for: every milestone, shares: {{council: 40%, trust: 60%}}}}]"
    assert paid(terms, THREE_CHILDREN) == {
        "2017-Q1": {"council": "80.00", "trust": "120.00"},
        "2017-Q2": {"council": "20.00", "trust": "30.00"},
    }


@pytest.mark.mechanic(74)
def test_a_limit_on_the_whole_written_after_a_limit_on_a_funder_is_refused() -> None:
    terms = """
limits:
  - {funder: council, at_most: 100.00, beyond: unpaid}
  - {contract: whole, at_most: 250.00, beyond: unpaid}
"""
    with pytest.raises(ContractError) as refused:
        contract_of(terms)
    assert [fault.code for fault in refused.value.faults] == ["limit_order"]
