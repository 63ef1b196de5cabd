"""Prices: what one claim is worth, exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.spec.drawn_tables import contract_of, paid

from impactbond.contract.diagnostics.check import check
from impactbond.errors import ContractError, SettlementError


@pytest.mark.mechanic(1)
def test_every_claim_is_paid_its_price_to_the_penny() -> None:
    terms = "milestones: {goal: {when: {observed: consent, in: year one}, price: 333.33}}"
    evidence = """
        child    | metric  | on         | value
        c1 c2 c3 | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "999.99"}}


@pytest.mark.mechanic(2, 3, 4)
def test_signing_up_being_assessed_and_staying_each_have_their_price() -> None:
    terms = """
milestones:
  sign_up:  {when: {observed: consent, in: year one}, price: 400.00}
  assessed: {when: {observed: assessed, in: year one}, price: 100.00}
  stays:    {after: sign_up, when: {count: meeting, in: year one, at_least: 2}, price: 1200.00}
"""
    evidence = """
        child | metric   | on                    | value
        c1 c2 | consent  | 2017-02-01            | yes
        c1    | assessed | 2017-05-01            | yes
        c1 c2 | meeting  | 2017-05-02 2017-08-02 | yes
    """
    # The assessment pays for having been done: no score is asked for.
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "800.00"},
        "2017-Q2": {"council": "100.00"},
        "2017-Q3": {"council": "2,400.00"},
    }


@pytest.mark.mechanic(22, 23)
def test_one_route_or_the_other_is_worth_the_same_price_once() -> None:
    terms = """
conditions:
  by school: {level: attendance, in: end, is: at least 95%}
  by health: {crosses: sdq, from: at least 17, to: below 17, between: [baseline, end]}
milestones: {goal: {when: {any: [by school, by health]}, price: 800.00}}
"""
    evidence = """
        child | metric     | on         | value
        c1 c2 | sdq        | 2017-01-10 | 20
        c1    | attendance | 2017-11-01 | 95
        c1 c2 | sdq        | 2018-02-01 | 10
    """
    # c1 by both routes, the first of them in November; c2 by the second alone.
    assert paid(terms, evidence) == {
        "2017-Q4": {"council": "800.00"},
        "2018-Q1": {"council": "800.00"},
    }


@pytest.mark.mechanic(1)
@pytest.mark.parametrize(
    ("currency", "price", "two_claims"),
    [("EUR", "0.01", "0.02"), ("JPY", "5000", "10,000"), ("KWD", "0.125", "0.250")],
)
def test_money_has_the_decimals_of_the_currency_of_the_contract(
    currency: str, price: str, two_claims: str
) -> None:
    terms = f"""
currency: {currency}
milestones: {{goal: {{when: {{observed: consent, in: year one}}, price: {price}}}}}
"""
    evidence = """
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": two_claims}}


@pytest.mark.mechanic(60)
@pytest.mark.parametrize(
    ("currency", "price"), [("GBP", "100.005"), ("JPY", "0.5"), ("GBP", "-1.00")]
)
def test_a_price_finer_than_the_currency_or_below_nothing_is_refused(
    currency: str, price: str
) -> None:
    terms = f"""
currency: {currency}
milestones: {{goal: {{when: {{observed: consent, in: year one}}, price: {price}}}}}
"""
    with pytest.raises(ContractError) as refused:
        contract_of(terms)
    assert [fault.clause for fault in refused.value.faults] == ["milestones > goal > price"]


@pytest.mark.mechanic(142)
@pytest.mark.parametrize(
    ("currency", "price", "hint"),
    [
        ("CLP", "250.000", "Write 250000 if thousands are meant, and otherwise 250"),
        ("EUR", "1.500", "Write 1500 if thousands are meant, and otherwise 1.5"),
        ("CLP", "1.250", "Write 1250 if thousands are meant; otherwise round it"),
    ],
)
def test_three_digits_after_a_point_may_be_thousands_and_are_refused(
    currency: str, price: str, hint: str
) -> None:
    """In Santiago, Madrid and Jakarta 250.000 is a quarter of a million."""
    written = "{when: {observed: consent, in: year one}, price: 100}"
    terms = f"""
currency: {currency}
milestones: {{goal: {written.replace("100", price)}}}
"""
    with pytest.raises(ContractError) as refused:
        contract_of(terms)
    assert [fault.clause for fault in refused.value.faults] == ["milestones > goal > price"]
    assert refused.value.faults[0].hint.startswith(hint)
    limit = f"""
currency: EUR
milestones: {{goal: {written}}}
limits: [{{milestone: goal, at_most: {"90.000"}, beyond: unpaid}}]
"""
    with pytest.raises(ContractError, match="Write 90000 if thousands are meant"):
        contract_of(limit)


@pytest.mark.parametrize(("currency", "price"), [("KWD", "1.500"), ("GBP", "1200.000")])
def test_three_digits_that_can_be_no_thousands_are_decimals(currency: str, price: str) -> None:
    terms = f"""
currency: {currency}
milestones: {{goal: {{when: {{observed: consent, in: year one}}, price: {price}}}}}
"""
    assert contract_of(terms).milestones["goal"].price == Decimal(price)


DEAREST = """
metrics: {earnings: {kind: quantity}}
milestones:
  pounds: {when: {observed: consent, in: year one}, price: 999999999999.99,
    units: {amounts: earnings, in: year one, every: 1, at_most: 1000000}}
"""


def earned(pounds: int) -> str:
    """Evidence of so many units."""
    return f"""
        child | metric   | on         | value
        c1    | consent  | 2017-02-01 | yes
        c1    | earnings | 2017-02-01 | {pounds}
    """


def test_a_total_is_exact_up_to_what_64_bits_hold_and_refused_beyond() -> None:
    # 46,116 x (10^12 - 0.01) = 46,116 x 10^12 - 461.16, below 2^62 pence; one more is above it.
    assert paid(DEAREST, earned(46_116)) == {"2017-Q1": {"council": "46,115,999,999,999,538.84"}}
    for more in (46_117, 184_468):  # of the latter, pence would come round to about nothing
        with pytest.raises(SettlementError, match=r"at most £46,116,860,184,273,879\.03") as caught:
            paid(DEAREST, earned(more))
        assert [fault.code for fault in caught.value.faults] == ["too_large"]
    bands = DEAREST.replace("price:", "bands: [{after: 1, price: 1.00}], price:")
    assert paid(bands, earned(2)) == {"2017-Q1": {"council": "1,000,000,000,000.99"}}
    bands = DEAREST.replace("price:", "price: 0.01, bands: [{after: 1, price: 999999999999.99}], #")
    with pytest.raises(SettlementError, match="An amount is too large"):
        paid(bands, earned(46_118))


def test_prices_that_leave_room_for_few_claims_are_foreseen() -> None:
    told = {one.code: one for one in check(contract_of(DEAREST))}["few_claims_fit"]
    assert "46,116 claims can be settled" in told.problem
    # A share of 0.00001% cuts into 10^7 parts: (2^62 - 1) / 10^7 = 461,168,601,842.7 pence.
    finer = "funding: [{for: every milestone, shares: {council: 0.00001%, trust: the rest}}]"
    with pytest.raises(ContractError, match=r"allowed: at most £4,611,686,018\.42"):
        contract_of(f"{finer}\n{DEAREST}")
