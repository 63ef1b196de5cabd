"""Funding: who pays for whom, from when, and for what; the first entry that applies."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of, paid

from impactbond.errors import ContractError

ONE_IN_EACH = """
    child | start      | borough
    n1    | 2017-01-09 | north
    s1    | 2017-01-09 | south
    ---
    child | metric  | on         | value
    n1 s1 | consent | 2017-02-01 | yes
"""


@pytest.mark.mechanic(79)
def test_each_council_pays_for_its_own_residents_and_the_fund_tops_up_both() -> None:
    terms = """
funders:
  north: {name: North council, kind: council}
  south: {name: South council, kind: council}
funding:
  - {for: every milestone, only: {borough: [north]}, shares: {north: 60%, lottery: 40%}}
  - {for: every milestone, only: {borough: [south]}, shares: {south: 75%, lottery: 25%}}
"""
    assert paid(terms, ONE_IN_EACH) == {
        "2017-Q1": {"lottery": "65.00", "north": "60.00", "south": "75.00"}
    }


@pytest.mark.mechanic(79, 77)
def test_an_entry_without_conditions_pays_for_whoever_is_left() -> None:
    terms = """
funding:
  - {for: every milestone, only: {borough: [north], school: [Elm, Oak]}, shares: {council: 100%}}
  - {for: every milestone, shares: {trust: 100%}}
"""
    evidence = """
        child | start      | borough | school
        c1    | 2017-01-09 | north   | Elm
        c2    | 2017-01-09 | north   | Ash
        c3    | 2017-01-09 | south   | Oak
        ---
        child    | metric  | on         | value
        c1 c2 c3 | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "100.00", "trust": "200.00"}}


@pytest.mark.mechanic(80)
def test_four_councils_and_a_commissioner_share_the_local_part_each_up_to_its_own_limit() -> None:
    # As in the Tees Valley: 4 x £15,000 and £30,000 are the local half. Each claim of 10,000 is
    # paid half by the lottery; of the local half a third by the commissioner, the rest by the
    # child's own council, whose limit passes on to the commissioner.
    towns = ("Darlington", "Hartlepool", "Redcar", "Stockton")
    councils = "\n".join(f"  {town}: {{name: {town}, kind: council}}" for town in towns)
    entries = "\n".join(
        f"  - {{for: every milestone, only: {{school: [{town}]}},"
        f" shares: {{lottery: 1/2, commissioner: 1/6, {town}: the rest}}}}"
        for town in towns
    )
    limits = "\n".join(
        f"  - {{funder: {town}, at_most: 15000, beyond: {{funder: commissioner}}}}"
        for town in towns
    )
    terms = f"""
funders:
{councils}
  commissioner: {{name: The commissioner, kind: other}}
milestones: {{job: {{when: {{observed: consent, in: year one}}, price: 10000}}}}
funding:
{entries}
  - {{for: every milestone, shares: {{trust: 100%}}}}
limits:
{limits}
  - {{funder: commissioner, at_most: 30000, beyond: unpaid}}
"""
    evidence = """
        child  | start      | school
        d1..d6 | 2017-01-09 | Darlington
        r1..r3 | 2017-01-09 | Redcar
        ---
        child  | metric  | on         | value
        d1..d6 | consent | 2017-02-01 | yes
        r1..r3 | consent | 2017-05-01 | yes
    """
    # Darlington: a third of 60,000 is 20,000, of which 15,000; the commissioner a sixth of it,
    # 10,000, and 5,000. Redcar: a third of 30,000 is 10,000, the commissioner 5,000.
    assert paid(terms, evidence) == {
        "2017-Q1": {"Darlington": "15,000.00", "commissioner": "15,000.00", "lottery": "30,000.00"},
        "2017-Q2": {"Redcar": "10,000.00", "commissioner": "5,000.00", "lottery": "15,000.00"},
    }


@pytest.mark.mechanic(114, 79)
def test_a_child_who_moves_is_paid_for_by_the_council_of_the_day_of_achievement() -> None:
    terms = """
funders: {north: {name: North council, kind: council}, south: {name: South, kind: council}}
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  assessed: {when: {observed: assessed, in: year one}, price: 50.00}
funding:
  - {for: every milestone, only: {borough: [north]}, shares: {north: 100%}}
  - {for: every milestone, only: {borough: [south]}, shares: {south: 100%}}
"""
    evidence = """
        child | start      | from       | borough
        c1    | 2017-01-09 | 2017-01-09 | north
        c1    | 2017-01-09 | 2017-05-01 | south
        ---
        child | metric   | on         | value
        c1    | consent  | 2017-04-30 | yes
        c1    | assessed | 2017-05-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q2": {"north": "100.00", "south": "50.00"}}


@pytest.mark.mechanic(84, 75)
def test_other_shares_hold_for_what_is_achieved_from_a_day_on() -> None:
    terms = """
funding:
  - {for: every milestone, through: 2017-03-31, shares: {council: 80%, lottery: 20%}}
  - {for: every milestone, from: 2017-04-01, shares: {council: 55%, lottery: 45%}}
"""
    evidence = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-03-31 | 2017-05-01 | yes
        c2    | consent | 2017-04-01 | 2017-04-01 | yes
    """
    # The day of achievement counts, not that of the claim: both are claimed in the second quarter.
    assert paid(terms, evidence) == {"2017-Q2": {"council": "135.00", "lottery": "65.00"}}


@pytest.mark.mechanic(59, 81)
def test_two_payers_with_prices_of_their_own_are_two_milestones_with_one_condition() -> None:
    terms = """
milestones:
  local: {when: {observed: consent, in: year one}, price: 70.00}
  central: {when: {observed: consent, in: year one}, price: 41.50}
funding:
  - {for: local, shares: {council: 100%}}
  - {for: central, shares: {lottery: 100%}}
"""
    assert paid(terms, ONE_IN_EACH) == {"2017-Q1": {"council": "140.00", "lottery": "83.00"}}


@pytest.mark.mechanic(82)
def test_a_donor_may_pay_for_the_bonus_only_and_in_one_place_only() -> None:
    terms = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  bonus: {when: {observed: consent, in: year one}, price: 10.00}
funding:
  - {for: bonus, only: {borough: [south]}, shares: {trust: 100%}}
  - {for: every milestone, shares: {council: 100%}}
"""
    assert paid(terms, ONE_IN_EACH) == {"2017-Q1": {"council": "210.00", "trust": "10.00"}}


@pytest.mark.mechanic(77, 79)
@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ("[{for: every milestone, only: {borough: [north]}, shares: {council: 100%}}]",
         "not_funded"),
        ("[{for: every milestone, through: 2018-06-30, shares: {council: 100%}}]", "not_funded"),
        ("[{for: every milestone, shares: {council: 100%}}, {for: every milestone,"
         " only: {borough: [north]}, shares: {trust: 100%}}]", "funded_twice"),
        ("[{for: every milestone, through: 2017-06-30, shares: {council: 100%}},"
         " {for: every milestone, from: 2017-06-30, shares: {trust: 100%}}]", "dates_overlap"),
    ],
)  # fmt: skip
def test_entries_that_leave_a_gap_or_overlap_are_refused(entries: str, code: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(f"funding: {entries}")
    assert [fault.code for fault in refused.value.faults] == [code]
