"""Money that does not depend on outcomes: fees, standing charges, grants, relief, and money held by
a trustee.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from tests.spec.drawn_tables import balance, contract_of, lines, paid, rows, schedule

NOBODY = "child | metric | on | value\n c1 | consent | 2017-02-01 | no"
TWO = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
        c2    | consent | 2017-05-01 | yes
"""


@pytest.mark.mechanic(90)
def test_a_service_fee_is_cut_into_equal_months_that_make_the_whole() -> None:
    """30% of £10,000 over seven months: £428.57 and a penny more now and then."""
    terms = """
fees:
  delivery:
    kind: service fee
    in_all: 3000.00
    on: {every: month, from: 2017-01-31, through: 2017-07-31}
"""
    found = [(row["achieved"], row["value"]) for row in lines(terms, NOBODY)]
    # round(3,000 × n / 7): 428.57 857.14 1,285.71 1,714.29 2,142.86 2,571.43 3,000.00
    assert found == [
        ("2017-Q1", "428.57"),
        ("2017-Q1", "428.57"),
        ("2017-Q1", "428.57"),
        ("2017-Q2", "428.58"),
        ("2017-Q2", "428.57"),
        ("2017-Q2", "428.57"),
        ("2017-Q3", "428.57"),
    ]
    assert paid(terms, NOBODY)["2017-Q1"] == {"council": "1,285.71"}


def test_all_that_a_fee_can_pay_is_its_amount_on_each_of_its_days() -> None:
    terms = """
fees:
  monthly:
    kind: service fee
    pay: 100.00
    on: {every: month, from: 2017-01-31, through: 2017-06-30}
  listed:  {kind: grant, pay: 2.50, on: [2017-03-31, 2017-01-31]}
  once:    {kind: other, in_all: 7.01, on: 2017-01-31}
"""
    fees = contract_of(terms).fees
    # The last days of January to June: six, each counted from the first.
    assert fees["monthly"].days[1:3] == [date(2017, 2, 28), date(2017, 3, 31)]
    assert {name: fee.most for name, fee in fees.items()} == {
        "monthly": 600,
        "listed": 5,
        "once": Fraction(701, 100),
    }


@pytest.mark.mechanic(91, 88)
def test_a_standing_charge_and_a_grant_are_paid_whatever_is_achieved() -> None:
    """Aspire: A$6m fixed beside what is contingent; a grant that only the trust pays."""
    terms = """
fees:
  standing: {kind: standing charge, pay: 60.00, on: [2017-01-31, 2017-04-30]}
  grant:    {kind: grant, pay: 25.00, on: 2017-06-30}
funding:
  - {for: [consent, standing], shares: {council: 75%, lottery: 25%}}
  - {for: grant, shares: {trust: 100%}}
"""
    assert paid(terms, TWO) == {
        "2017-Q1": {"council": "120.00", "lottery": "40.00"},  # 100 + 60
        "2017-Q2": {"council": "120.00", "lottery": "40.00", "trust": "25.00"},
    }


@pytest.mark.mechanic(69, 91)
@pytest.mark.parametrize(
    ("besides", "second_quarter"), [("", "40.00"), ("besides: standing, ", "100.00")]
)
def test_a_fee_counts_towards_the_contracts_limit_unless_it_says_otherwise(
    besides: str, second_quarter: str
) -> None:
    terms = f"""
fees: {{standing: {{kind: standing charge, pay: 60.00, on: 2017-01-31}}}}
limits: [{{contract: whole, {besides}at_most: 200.00, beyond: unpaid}}]
"""
    found = paid(terms, TWO)
    assert found == {
        "2017-Q1": {"council": "160.00"},
        "2017-Q2": {"council": second_quarter},
    }


@pytest.mark.mechanic(96)
def test_a_fee_is_deferred_until_so_many_claims_stand_and_then_all_of_it_is_paid() -> None:
    terms = """
fees:
  service:
    kind: service fee
    pay: 30.00
    on: [2017-01-31, 2017-04-30]
    deferred_until: {milestone: consent, at_least: 2}
"""
    assert paid(terms, TWO) == {
        "2017-Q1": {"council": "100.00"},
        "2017-Q2": {"council": "160.00"},  # 100 and both instalments
    }
    assert lines(terms, TWO) == rows("""
        claimed | kind       | child | milestone | achieved | because     | value  | withheld
        2017-Q1 | claim      |       | service   | 2017-Q1  | service fee | 0.00   | 0.00
        2017-Q1 | claim      | c1    | consent   | 2017-Q1  | achieved    | 100.00 | 0.00
        2017-Q2 | adjustment |       | service   | 2017-Q1  | released    | 30.00  | 0.00
        2017-Q2 | claim      |       | service   | 2017-Q2  | service fee | 30.00  | 0.00
        2017-Q2 | claim      | c2    | consent   | 2017-Q2  | achieved    | 100.00 | 0.00
    """)


@pytest.mark.mechanic(97)
def test_relief_is_paid_instead_of_what_was_achieved_in_its_days_which_stays_visible() -> None:
    """WLZ's COVID quarter: an amount on a scenario, in place of the claims of that time."""
    terms = """
fees:
  covid:
    kind: relief
    pay: 80.00
    on: 2017-03-31
    instead_of: {milestones: consent, from: 2017-01-01, through: 2017-03-31}
"""
    assert paid(terms, TWO) == {
        "2017-Q1": {"council": "80.00"},
        "2017-Q2": {"council": "100.00"},
    }
    assert lines(terms, TWO)[0]["withheld"] == "100.00"
    assert balance(terms, TWO, "council")[-1] == {
        "claimed": "2017-Q2",
        "entitled": "280.00",
        "withheld": "100.00",
        "on account": "0.00",
        "due": "100.00",
    }


@pytest.mark.mechanic(97)
@pytest.mark.parametrize(
    ("from_", "through", "pays"),
    [
        ("2017-02-01", "2017-02-01", "80.00"),  # the day of the consent is first and last
        ("2017-01-01", "2017-01-31", "180.00"),  # the day after the last is paid
        ("2017-02-02", "2017-03-31", "180.00"),  # and so is the day before the first
    ],
)
def test_relief_stands_in_the_place_of_both_its_days(from_: str, through: str, pays: str) -> None:
    terms = f"""
fees:
  covid:
    kind: relief
    pay: 80.00
    on: 2017-03-31
    instead_of: {{milestones: consent, from: {from_}, through: {through}}}
"""
    assert paid(terms, TWO)["2017-Q1"] == {"council": pays}


@pytest.mark.mechanic(92)
def test_a_foundation_payment_on_account_is_trued_up_by_what_is_earned() -> None:
    """£150 on account in January; what is earned pays it off before anything more is due."""
    terms = """
tranches:
  foundation: {pay: 150.00, on: 2017-01-15, by: {council: 100%}, recovered: {at: 100%}}
"""
    assert paid(terms, TWO) == {
        "2017-Q1": {"council": "150.00"},  # 150 on account, and nothing more for the first 100
        "2017-Q2": {"council": "50.00"},  # the second 100, less the last 50 on account
    }


@pytest.mark.mechanic(87)
def test_money_held_by_a_trustee_is_used_up_by_what_is_earned_before_more_is_asked_for() -> None:
    """Village Enterprise: the funder pays a trustee, who releases what was verified."""
    terms = """
tranches:
  escrow:
    pay: 150.00
    on: 2017-01-16
    by: {council: 100%}
    held_by: A trustee
    recovered: {at: 100%}
"""
    assert schedule(terms, TWO) == rows("""
        claimed | due        | funder  | for              | amount
        2017-Q1 | 2017-05-30 | council | milestones       | 100.00
        2017-Q1 | 2017-01-16 | council | up-front escrow  | 150.00
        2017-Q1 | 2017-05-30 | council | recovered escrow | -100.00
        2017-Q2 | 2017-08-30 | council | milestones       | 100.00
        2017-Q2 | 2017-08-30 | council | recovered escrow | -50.00
    """)
