"""Investor terms: what published bonds return and repay at a measured result, exactly."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from tests.spec.drawn_tables import contract_of

import impactbond as ib
from impactbond.contract.contract import Contract
from impactbond.errors import ContractError
from impactbond.investment.waterfall import (
    committed_pence,
    drawn_pence,
    earned_principal_share,
    earned_share,
    for_repayment,
    repay,
    return_share,
    split_among_investors,
)
from impactbond.terms.investment import Investment, InvestmentClass


def agreed(investment: str, currency: str = "AUD") -> Contract:
    return contract_of(f"measures: {{rate: {{share: 1/2}}}}\ncurrency: {currency}\n{investment}")


def terms_of(contract: Contract, name: str = "bond") -> InvestmentClass:
    return investment_of(contract).classes[name]


def investment_of(contract: Contract) -> Investment:
    assert contract.investment is not None
    return contract.investment


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


NEWPIN = """
investment:
  investors: {holders: {name: Bond holders}}
  classes:
    bond:
      commits: {holders: 7000000.00}
      drawn: [{on: 2013-07-01, amount: 7000000.00}]
      measured: rate
      tiers:
        - {is: at least 0%, returns: 0%}
        - {is: at least 55%, returns: 3%}
        - {is: at least 60%, returns: 7.5%}
        - {is: at least 65%, returns: 12%}
        - {is: at least 70%, returns: 15%}
      floors: [{through: 2016-06-30, at_least: 5%}]
      redeemed: [{from: 2017-07-01, principal: 75%}, {from: 2018-07-01, principal: 50%}]
  repaid: [bond]
"""


@pytest.mark.mechanic(121)
def test_the_return_is_that_of_the_tier_that_the_measure_reaches() -> None:
    # Newpin, year 1: a restoration rate of 60% is in the tier from 60%, and pays 7.5% of A$7m.
    bond = terms_of(agreed(NEWPIN))
    assert return_share(bond, Fraction(60, 100)) == percent("7.5")
    assert 7_000_000_00 * return_share(bond, Fraction(60, 100)) == 525_000_00
    published = {"54.9": "0", "55": "3", "59.99": "3", "65": "12", "69.9": "12", "70": "15"}
    assert {rate: return_share(bond, percent(rate)) for rate in published} == {
        rate: percent(share) for rate, share in published.items()
    }
    assert return_share(bond, None) == 0


@pytest.mark.mechanic(72, 121)
def test_a_floor_holds_through_its_last_day() -> None:
    bond = terms_of(agreed(NEWPIN))
    assert return_share(bond, percent("55"), date(2016, 6, 30)) == percent("5")
    assert return_share(bond, percent("60"), date(2016, 6, 30)) == percent("7.5")
    assert return_share(bond, percent("55"), date(2016, 7, 1)) == percent("3")


@pytest.mark.mechanic(120)
def test_who_leaves_early_gets_a_share_of_principal() -> None:
    # No figure of ours rests on it: who leaves is known to nobody here. The agreement says it.
    contract = agreed(NEWPIN)
    told = ib.render(contract, "markdown")
    assert [(one.from_, one.principal) for one in terms_of(contract).redeemed] == [
        (date(2017, 7, 1), Fraction(3, 4)),
        (date(2018, 7, 1), Fraction(1, 2)),
    ]
    assert "an investor who leaves from 1 July 2017 on gets 75% of principal" in told
    assert "an investor who leaves from 1 July 2018 on gets 50% of principal" in told


@pytest.mark.mechanic(122)
def test_what_is_earned_above_the_cap_goes_to_whom_the_terms_name() -> None:
    # The New Zealand bond: class A pays 7% and at most 9%, class B 13% and at most 17%; the rest
    # goes back to the Crown. The bars and what they would earn without a cap are ours.
    contract = agreed(
        """
funders: {crown: {name: The Crown, kind: central government}}
investment:
  investors: {holders: {name: Holders}}
  classes:
    A:
      commits: {holders: 1000000.00}
      drawn: [{on: 2017-02-01, amount: 1000000.00}]
      measured: rate
      tiers: [{is: at least 0%, returns: 7%}, {is: at least 50%, returns: 12%}]
      at_most: 9%
      surplus_to: crown
    B:
      commits: {holders: 500000.00}
      drawn: [{on: 2017-02-01, amount: 500000.00}]
      measured: rate
      tiers: [{is: at least 0%, returns: 13%}, {is: at least 50%, returns: 20%}]
      at_most: 17%
      surplus_to: crown
  repaid: [A, B]
""",
        "NZD",
    )
    for name, base, cap, over in (("A", "7", "9", "3"), ("B", "13", "17", "3")):
        term = terms_of(contract, name)
        assert return_share(term, percent("20")) == percent(base)
        assert return_share(term, percent("50")) == percent(cap)
        assert earned_share(term, percent("50")) == percent(cap) + percent(over)
        assert (earned_share(term, percent("20")), term.surplus_to) == (percent(base), "crown")


BENEVOLENT = """
investment:
  investors: {banks: {name: Banks}, fund: {name: A fund}}
  classes:
    P:
      commits: {banks: 5000000.00, fund: 2500000.00}
      drawn: [{on: 2013-10-01, amount: 4000000.00}, {on: 2014-10-01, amount: 3500000.00}]
      measured: rate
      tiers: [{is: at least 5%, returns: 5%}, {is: at least 15%, returns: 6%}]
      protected: {principal: 100%, by: New South Wales}
      at_most: 10%
    E:
      commits: {fund: 2500000.00}
      drawn: [{on: 2013-10-01, amount: 2500000.00}]
      measured: rate
      tiers: [{is: at least 5%, returns: 8%}, {is: at least 15%, returns: 10.5%}]
      at_most: 30%
  repaid: [P, E]
"""


@pytest.mark.mechanic(123)
def test_classes_have_their_own_returns_and_their_own_risk() -> None:
    # Benevolent Society: below 5% class P earns nothing and keeps its principal, class E loses it;
    # at 19% the published returns are 6% and 10.5%. The bar at 15% is ours.
    contract = agreed(BENEVOLENT)
    p, e = terms_of(contract, "P"), terms_of(contract, "E")
    assert (return_share(p, percent("4.9")), earned_principal_share(p, percent("4.9"))) == (0, 0)
    assert (return_share(e, percent("4.9")), earned_principal_share(e, percent("4.9"))) == (0, 0)
    assert p.protected is not None
    assert (p.protected.principal, e.protected) == (1, None)
    assert (return_share(p, percent("19")), return_share(e, percent("19"))) == (
        percent("6"),
        percent("10.5"),
    )
    assert committed_pence(contract, p) == 7_500_000_00
    assert drawn_pence(contract, p, date(2014, 9, 30)) == 4_000_000_00
    assert split_among_investors(contract, p, 100) == {"banks": 67, "fund": 33}


@pytest.mark.mechanic(123)
def test_senior_classes_are_repaid_first_and_equal_ones_in_proportion() -> None:
    # Goldman's $4.6m came before Pritzker's $2.4m.
    investment = investment_of(agreed(BENEVOLENT))
    owed = {"P": 4_600_000_00, "E": 2_400_000_00}
    assert repay(investment, 5_000_000_00, owed) == {"P": 4_600_000_00, "E": 400_000_00}
    assert repay(investment, 9_000_000_00, owed) == owed
    alike = investment_of(agreed(BENEVOLENT.replace("repaid: [P, E]", "repaid: [[P, E]]")))
    assert repay(alike, 100, {"P": 200, "E": 100}) == {"P": 67, "E": 33}


RIKERS = """
investment:
  investors: {bank: {name: A bank}}
  classes:
    bond:
      commits: {bank: 9600000.00}
      drawn: [{on: 2012-08-01, amount: 9600000.00}]
      measured: rate
      returned: internal rate of return
      tiers:
        - {is: at least 0%, returns: 0%, principal: 0%}
        - {is: at least 10%, returns: 0%}
        - {is: at least 11%, returns: 1.2%}
        - {is: at least 12%, returns: 1.5%}
        - {is: at least 13%, returns: 1.9%}
        - {is: at least 16%, returns: 3.3%}
        - {is: at least 20%, returns: 5.1%}
      protected: {principal: 75%, by: Bloomberg Philanthropies}
  repaid: [bond]
"""


@pytest.mark.mechanic(124)
def test_a_guarantee_makes_good_what_is_lost_up_to_its_share() -> None:
    # Rikers Island: no effect, no payment; three quarters of $9.6m were guaranteed.
    bond = terms_of(agreed(RIKERS, "USD"))
    assert bond.protected is not None
    assert bond.protected.principal == Fraction(3, 4)
    assert [earned_principal_share(bond, percent(rate)) for rate in ("8.4", "10")] == [0, 1]
    published = {"10": "0", "11": "1.2", "12": "1.5", "13": "1.9", "16": "3.3", "20": "5.1"}
    assert {rate: return_share(bond, percent(rate)) for rate in published} == {
        rate: percent(share) for rate, share in published.items()
    }


@pytest.mark.mechanic(125)
def test_part_of_the_principal_comes_back_at_a_lower_tier() -> None:
    # Mother Teresa School: from 82% all of the principal and 1.3% a year, from 75% three quarters.
    terms = """
investment:
  investors: {lenders: {name: Lenders}}
  classes:
    bond:
      commits: {lenders: 1000000.00}
      drawn: [{on: 2014-09-01, amount: 1000000.00}]
      measured: rate
      tiers:
        - {is: at least 75%, returns: 0%, principal: 3/4}
        - {is: at least 82%, returns: 1.3%}
  repaid: [bond]
"""
    bond = terms_of(agreed(terms, "CAD"))
    rates = ("74.9", "75", "81.9", "82")
    earned = [earned_principal_share(bond, percent(rate)) for rate in rates]
    assert earned == [0, *[Fraction(3, 4)] * 2, 1]
    assert [return_share(bond, percent(rate)) for rate in rates] == [0, 0, 0, percent("1.3")]


@pytest.mark.mechanic(126)
def test_early_receipts_can_pay_for_delivery_again() -> None:
    terms = f"{NEWPIN}  recycled: {{share: 2/3, through: 2015-06-30}}\n"
    investment = investment_of(agreed(terms))
    assert for_repayment(investment, 100_00, date(2015, 6, 30)) == 33_33
    assert for_repayment(investment, 100_00, date(2015, 7, 1)) == 100_00


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("repaid: [P, E]", "repaid: [P]", "class_not_ranked"),
        ("repaid: [P, E]", "repaid: [P, E, P]", "ranked_twice"),
        ("repaid: [P, E]", "repaid: [P, E, F]", "unknown_class"),
        ("{fund: 2500000.00}", "{found: 2500000.00}", "unknown_investor"),
        ("amount: 2500000.00", "amount: 2500000.01", "drawn_over"),
        ("measured: rate", "measured: result", "unknown_measure"),
        ("at_most: 30%", "surplus_to: council", "surplus_of_nothing"),
        ("at_most: 30%", "at_most: 30%\n      surplus_to: nobody", "unknown_funder"),
    ],
)
def test_terms_that_do_not_fit_together_are_refused(old: str, new: str, code: str) -> None:
    with pytest.raises(ContractError) as refused:
        agreed(BENEVOLENT.replace(old, new))
    assert code in {fault.code for fault in refused.value.faults}
