"""Tranches: money paid up-front, on account of later entitlements, and recovered from them."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import balance, contract_of, paid, rows, schedule, settled

from impactbond.errors import ContractError

SHARED = "funding: [{for: every milestone, shares: {council: 60%, trust: 40%}}]"
ONE_A_QUARTER = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-05-01 | yes
    c3    | consent | 2017-08-01 | yes
    c4    | consent | 2017-11-01 | yes
"""


def mobilised(pay: str = "120.00", at: str = "50%", on: str = "2017-01-16") -> str:
    """A contract with an up-front payment, three quarters of it by the council."""
    return f"""
{SHARED}
tranches:
  mobilisation: {{pay: {pay}, on: {on}, by: {{council: 75%, trust: 25%}}, recovered: {{at: {at}}}}}
"""


@pytest.mark.mechanic(94)
def test_up_front_money_is_paid_on_its_date_and_comes_back_out_of_what_is_earned() -> None:
    assert schedule(mobilised(), ONE_A_QUARTER, as_of="2017-07-31") == rows("""
        claimed | due        | funder  | for                    | amount
        2017-Q1 | 2017-05-30 | council | milestones             | 60.00
        2017-Q1 | 2017-01-16 | council | up-front mobilisation  | 90.00
        2017-Q1 | 2017-05-30 | council | recovered mobilisation | -30.00
        2017-Q1 | 2017-05-30 | trust   | milestones             | 40.00
        2017-Q1 | 2017-01-16 | trust   | up-front mobilisation  | 30.00
        2017-Q1 | 2017-05-30 | trust   | recovered mobilisation | -20.00
        2017-Q2 | 2017-08-30 | council | milestones             | 60.00
        2017-Q2 | 2017-08-30 | council | recovered mobilisation | -30.00
        2017-Q2 | 2017-08-30 | trust   | milestones             | 40.00
        2017-Q2 | 2017-08-30 | trust   | recovered mobilisation | -10.00
    """)


@pytest.mark.mechanic(94)
def test_no_funder_recovers_more_than_it_paid_up_front() -> None:
    assert balance(mobilised(), ONE_A_QUARTER, "council") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q1 | 60.00    | 0.00     | 60.00      | 120.00
        2017-Q2 | 120.00   | 0.00     | 30.00      | 30.00
        2017-Q3 | 180.00   | 0.00     | 0.00       | 30.00
        2017-Q4 | 240.00   | 0.00     | 0.00       | 60.00
    """)
    assert balance(mobilised(), ONE_A_QUARTER, "trust") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q1 | 40.00    | 0.00     | 10.00      | 50.00
        2017-Q2 | 80.00    | 0.00     | 0.00       | 30.00
        2017-Q3 | 120.00   | 0.00     | 0.00       | 40.00
        2017-Q4 | 160.00   | 0.00     | 0.00       | 40.00
    """)


@pytest.mark.mechanic(94)
def test_in_the_end_everybody_has_paid_what_it_would_have_paid_without_the_tranche() -> None:
    totals = [
        [sum(row["due_pence"] for row in settled(terms, ONE_A_QUARTER).balances_table.to_pylist()
             if row["funder"] == funder) for funder in ("council", "trust")]
        for terms in (SHARED, mobilised())
    ]  # fmt: skip
    assert totals == [[240_00, 160_00], [240_00, 160_00]]


@pytest.mark.mechanic(94)
def test_what_is_not_earned_back_by_the_end_stays_on_account() -> None:
    terms = mobilised(pay="1000.00", at="100%")
    assert balance(terms, ONE_A_QUARTER, "council")[-1:] == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q4 | 240.00   | 0.00     | 510.00     | 0.00
    """)  # 750 less four times 60


@pytest.mark.mechanic(94, 95)
def test_a_claim_taken_back_puts_back_on_account_what_it_had_recovered() -> None:
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |
        c1    | consent | 2017-02-01 | 2017-06-01 | no    | r2  | r1
    """
    assert schedule(mobilised(), evidence)[-4:] == rows("""
        claimed | due        | funder  | for                    | amount
        2017-Q2 | 2017-08-30 | council | adjustments            | -60.00
        2017-Q2 | 2017-08-30 | council | recovered mobilisation | 30.00
        2017-Q2 | 2017-08-30 | trust   | adjustments            | -40.00
        2017-Q2 | 2017-08-30 | trust   | recovered mobilisation | 20.00
    """)


@pytest.mark.mechanic(85, 94)
def test_up_front_money_is_cut_to_the_penny_like_any_other() -> None:
    terms = """
tranches:
  mobilisation:
    pay: 100.00
    on: 2017-01-16
    by: {council: 1/3, lottery: 1/3, trust: 1/3}
    recovered: {at: 1/3}
"""
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    # The council pays 33.33 up-front and 100.00 for the claim, of which a third, 33.33, comes back.
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "100.00", "lottery": "33.34", "trust": "33.33"}
    }


@pytest.mark.mechanic(71, 94)
def test_up_front_money_comes_back_sooner_where_a_funder_would_else_exceed_its_limit() -> None:
    terms = (
        f"{mobilised()}\nlimits: [{{funder: council, at_most: 160.00, beyond: {{funder: trust}}}}]"
    )
    # To date the council is asked for 60 and 60 on account; then 120 and 30, then 160 and nothing:
    # the 20 that 180 is beyond the limit is the trust's.
    assert balance(terms, ONE_A_QUARTER, "council") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q1 | 60.00    | 0.00     | 60.00      | 120.00
        2017-Q2 | 120.00   | 0.00     | 30.00      | 30.00
        2017-Q3 | 160.00   | 0.00     | 0.00       | 10.00
    """)
    tighter = terms.replace("160.00", "130.00")
    assert balance(tighter, ONE_A_QUARTER, "council") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q1 | 60.00    | 0.00     | 60.00      | 120.00
        2017-Q2 | 120.00   | 0.00     | 10.00      | 10.00
        2017-Q3 | 130.00   | 0.00     | 0.00       | 0.00
    """)


@pytest.mark.mechanic(69, 94)
def test_up_front_money_never_carries_the_contract_over_its_limit() -> None:
    terms = f"{mobilised()}\nlimits: [{{contract: whole, at_most: 200.00, beyond: unpaid}}]"
    # Q1: 100 earned and 70 on account. Q2: 200 earned is the limit, so the council's last 30, which
    # would still be on account, come back at once.
    assert paid(terms, ONE_A_QUARTER) == {
        "2017-Q1": {"council": "120.00", "trust": "50.00"},
        "2017-Q2": {"trust": "30.00"},
    }


@pytest.mark.mechanic(94)
def test_two_tranches_are_recovered_side_by_side() -> None:
    terms = """
tranches:
  first:  {pay: 30.00, on: 2017-01-16, by: {council: 100%}, recovered: {at: 50%}}
  second: {pay: 60.00, on: 2017-02-16, by: {council: 100%}, recovered: {at: 25%}}
"""
    # first back: 30; second back: 25, 25 and 10.
    assert [row["on account"] for row in balance(terms, ONE_A_QUARTER, "council")] == [
        "35.00",
        "10.00",
        "0.00",
        "0.00",
    ]


@pytest.mark.mechanic(94)
def test_no_penny_of_a_claim_recovers_two_tranches() -> None:
    """Both come back in full out of every claim of £100: the first takes £60 of the first claim,
    and the second the £40 that are left of it, and its other £40 of the next.
    """
    terms = """
tranches:
  first:  {pay: 60.00, on: 2017-01-16, by: {council: 100%}, recovered: {at: 100%}}
  second: {pay: 80.00, on: 2017-02-16, by: {council: 100%}, recovered: {at: 100%}}
"""
    assert balance(terms, ONE_A_QUARTER, "council") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q1 | 100.00   | 0.00     | 40.00      | 140.00
        2017-Q2 | 200.00   | 0.00     | 0.00       | 60.00
        2017-Q3 | 300.00   | 0.00     | 0.00       | 100.00
        2017-Q4 | 400.00   | 0.00     | 0.00       | 100.00
    """)


@pytest.mark.mechanic(94, 95)
def test_a_claim_from_before_a_tranche_that_is_taken_back_adds_nothing_to_it() -> None:
    """£100 were claimed before £90 were paid up-front, and are taken back at the claim in which
    these are paid: £90 stay on account, and not a penny of the £100 beside them.
    """
    terms = """
tranches:
  first: {pay: 90.00, on: 2017-05-15, by: {council: 100%}, recovered: {at: 50%}}
"""
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |
        c1    | consent | 2017-02-01 | 2017-06-01 | no    | r2  | r1
    """
    assert balance(terms, evidence, "council", as_of="2017-07-31") == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q1 | 100.00   | 0.00     | 0.00       | 100.00
        2017-Q2 | 0.00     | 0.00     | 90.00      | -10.00
    """)


@pytest.mark.mechanic(94)
@pytest.mark.parametrize(
    ("tranche", "fault"),
    [
        ("{pay: 9.00, on: 2016-12-31, by: {council: 100%}, recovered: {at: 50%}}", "outside_term"),
        (
            "{pay: 9.00, on: 2017-01-16, by: {council: 99%}, recovered: {at: 5%}}",
            "shares_not_whole",
        ),
        ("{pay: 9.00, on: 2017-01-16, by: {school: 100%}, recovered: {at: 5%}}", "resolved_funder"),
        (
            "{pay: 9.00, on: 2017-01-16, by: {council: 100%}, recovered: {at: 0%}}",
            "never_recovered",
        ),
    ],
)
def test_a_tranche_that_cannot_be_paid_or_never_comes_back_is_refused(
    tranche: str, fault: str
) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(f"tranches: {{mobilisation: {tranche}}}")
    assert fault in [one.code for one in refused.value.faults]
