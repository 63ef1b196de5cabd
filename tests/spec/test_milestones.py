"""Milestones: what can be paid for, once for each child, and for which children."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import BASE, lines, paid, rows, verdicts

CHAIN = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  sign_up: {after: consent, when: {observed: agreement, in: year one}, price: 450.00}
"""


@pytest.mark.mechanic(1, 16)
def test_a_milestone_is_paid_once_per_participant() -> None:
    evidence = """
        child | metric  | on                               | value
        c1    | consent | 2017-01-12 2017-04-12 2017-12-01 | yes
    """
    assert paid(BASE, evidence) == {"2017-Q1": {"council": "100.00"}}


@pytest.mark.mechanic(7, 8)
def test_a_milestone_is_paid_only_after_its_prerequisite() -> None:
    evidence = """
        child | metric    | on         | value
        c1    | agreement | 2017-02-01 | yes
        c2    | consent   | 2017-01-20 | no
        c2    | agreement | 2017-02-01 | yes
    """
    assert verdicts(CHAIN, evidence) == {
        "c1 consent": "not evidenced: no evidence",
        "c1 sign_up": "not achieved: prerequisite",
        "c2 consent": "not achieved: not met",
        "c2 sign_up": "not achieved: prerequisite",
    }
    assert paid(CHAIN, evidence) == {}


@pytest.mark.mechanic(8)
def test_a_milestone_is_reached_no_earlier_than_its_prerequisite() -> None:
    evidence = """
        child | metric    | on         | value
        c1    | agreement | 2017-02-01 | yes
        c1    | consent   | 2017-05-02 | yes
    """
    assert verdicts(CHAIN, evidence)["c1 sign_up"] == "achieved 2017-05-02"
    assert paid(CHAIN, evidence) == {"2017-Q2": {"council": "550.00"}}


@pytest.mark.mechanic(8)
def test_a_milestone_waits_while_its_prerequisite_is_not_yet_due() -> None:
    evidence = """
        child | metric    | on         | value
        c1    | agreement | 2017-02-01 | yes
    """
    assert verdicts(CHAIN, evidence, as_of="2017-04-30") == {
        "c1 consent": "not yet due: window open",
        "c1 sign_up": "not yet due: prerequisite",
    }


@pytest.mark.mechanic(8, 9)
def test_every_prerequisite_is_needed_and_they_may_stand_anywhere_in_the_contract() -> None:
    terms = """
milestones:
  last:  {after: [one, two], when: {observed: assessed, in: year one}, price: 500.00}
  two:   {when: {observed: agreement, in: year one}, price: 20.00}
  one:   {when: {observed: consent, in: year one}, price: 10.00}
"""
    evidence = """
        child | metric    | on         | value
        c1 c2 | assessed  | 2017-02-01 | yes
        c1 c2 | agreement | 2017-02-02 | yes
        c1    | consent   | 2017-02-03 | yes
    """
    # c1 10 + 20 + 500, c2 20
    assert paid(terms, evidence) == {"2017-Q1": {"council": "550.00"}}
    assert verdicts(terms, evidence)["c1 last"] == "achieved 2017-02-03"
    assert verdicts(terms, evidence)["c2 last"] == "not achieved: prerequisite"


@pytest.mark.mechanic(7)
def test_each_step_of_a_ladder_is_paid_once_when_it_is_reached() -> None:
    terms = """
milestones:
  three: {when: {count: meeting, in: year one, at_least: 3}, price: 150.00}
  six:   {after: three, when: {count: meeting, in: year one, at_least: 6}, price: 250.00}
"""
    evidence = """
        child | metric  | on                                          | value
        c1 c2 | meeting | 2017-01-10 2017-02-10 2017-03-10 2017-04-10 | yes
        c1    | meeting | 2017-05-10 2017-06-10 2017-07-10            | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "300.00"},
        "2017-Q2": {"council": "250.00"},
    }


@pytest.mark.mechanic(30)
def test_a_precondition_that_pays_nothing_is_a_milestone_priced_at_nothing() -> None:
    terms = """
milestones:
  assessed: {when: {observed: assessed, in: year one}, price: 0}
  consent:  {after: assessed, when: {observed: consent, in: year one}, price: 100.00}
"""
    evidence = """
        child | metric   | on         | value
        c1    | assessed | 2017-02-01 | yes
        c1 c2 | consent  | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "100.00"}}


@pytest.mark.mechanic(64)
def test_a_milestone_that_is_tracked_and_not_paid_is_a_line_of_nothing() -> None:
    terms = "milestones: {kept: {when: {observed: consent, in: year one}, price: 0}}"
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    assert lines(terms, evidence) == rows("""
        claimed | kind  | child | milestone | achieved | because  | value | withheld
        2017-Q1 | claim | c1    | kept      | 2017-Q1  | achieved | 0.00  | 0.00
    """)
    assert paid(terms, evidence) == {}


@pytest.mark.mechanic(32)
def test_a_child_that_left_achieves_nothing_after_the_day_it_left() -> None:
    evidence = """
        child | start      | left
        c1    | 2017-01-09 | 2017-02-10
        c2    | 2017-01-09 | 2017-02-09
        c3    | 2017-01-09 | 2017-02-09
        ---
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-10 | yes
    """
    assert verdicts(BASE, evidence) == {
        "c1 consent": "achieved 2017-02-10",  # on the last day
        "c2 consent": "withdrawn: left",
        "c3 consent": "withdrawn: left",
    }


@pytest.mark.mechanic(32)
def test_what_a_child_earned_before_it_left_stays_paid() -> None:
    evidence = """
        child | start      | left       | recorded
        c1    | 2017-01-09 |            | 2017-01-09
        c1    | 2017-01-09 | 2017-06-01 | 2017-06-05
        ---
        child | metric    | on         | value
        c1    | consent   | 2017-02-01 | yes
        c1    | agreement | 2017-06-02 | yes
    """
    assert paid(CHAIN, evidence) == {"2017-Q1": {"council": "100.00"}}
    assert verdicts(CHAIN, evidence)["c1 sign_up"] == "withdrawn: left"


@pytest.mark.mechanic(32, 116)
def test_a_child_that_turns_out_not_to_have_left_is_paid_for_at_the_next_claim() -> None:
    evidence = """
        child | start      | left       | recorded
        c1    | 2017-01-09 | 2017-02-01 | 2017-02-02
        c1    | 2017-01-09 |            | 2017-05-05
        ---
        child | metric  | on         | value
        c1    | consent | 2017-02-10 | yes
    """
    assert paid(BASE, evidence) == {"2017-Q2": {"council": "100.00"}}


AT_RISK = "participants: {eligible: {level: sdq, pick: first, in: baseline, is: at least 17}}"


@pytest.mark.mechanic(12)
def test_only_eligible_children_are_paid_for_and_eligibility_needs_evidence() -> None:
    evidence = """
        child    | metric  | on         | value
        c1       | sdq     | 2017-01-10 | 17
        c2       | sdq     | 2017-01-10 | 16
        c1 c2 c3 | consent | 2017-02-01 | yes
    """
    assert verdicts(AT_RISK, evidence) == {
        "c1 consent": "achieved 2017-02-01",
        "c2 consent": "ineligible: not eligible",
        "c3 consent": "not evidenced: eligibility not evidenced",
    }
    assert paid(AT_RISK, evidence) == {"2017-Q1": {"council": "100.00"}}


@pytest.mark.mechanic(12)
def test_a_milestone_is_reached_no_earlier_than_the_child_was_shown_to_be_eligible() -> None:
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
        c1    | sdq     | 2017-04-05 | 20
    """
    assert verdicts(AT_RISK, evidence) == {"c1 consent": "achieved 2017-04-05"}
    assert verdicts(AT_RISK, evidence, as_of="2017-04-30") == {
        "c1 consent": "not yet due: window open"
    }


@pytest.mark.mechanic(79)
def test_children_that_the_contract_does_not_cover_are_left_out_entirely() -> None:
    terms = "participants: {covered: {borough: [north]}}"
    evidence = """
        child | start      | borough
        c1    | 2017-01-09 | north
        c2    | 2017-01-09 | south
        ---
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
    """
    assert verdicts(terms, evidence) == {"c1 consent": "achieved 2017-02-01"}
    assert paid(terms, evidence) == {"2017-Q1": {"council": "100.00"}}


@pytest.mark.mechanic(79, 114)
def test_a_child_is_covered_by_where_it_was_when_it_started() -> None:
    terms = "participants: {covered: {borough: [north]}}"
    evidence = """
        child | start      | from       | borough | recorded
        c1    | 2017-01-09 | 2017-01-09 | north   | 2017-01-09
        c1    | 2017-01-09 | 2017-01-20 | south   | 2017-01-20
        c2    | 2017-01-09 | 2017-01-09 | south   | 2017-01-09
        c2    | 2017-01-09 | 2017-01-20 | north   | 2017-01-20
        ---
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
    """
    assert verdicts(terms, evidence) == {"c1 consent": "achieved 2017-02-01"}


@pytest.mark.mechanic(101)
def test_what_is_achieved_outside_the_term_is_not_paid() -> None:
    terms = """
windows: {around: 3 months before start through 2 years after start}
milestones: {goal: {when: {observed: consent, in: around}, price: 100.00}}
"""
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2016-12-31 | yes
        c2    | consent | 2017-01-01 | yes
        c3    | consent | 2018-12-31 | yes
        c4    | consent | 2019-01-01 | yes
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "not achieved: outside term",
        "c2 goal": "achieved 2017-01-01",
        "c3 goal": "achieved 2018-12-31",
        "c4 goal": "not achieved: outside term",
    }


@pytest.mark.mechanic(112)
def test_every_child_and_milestone_has_a_verdict_and_what_is_unpaid_has_a_reason() -> None:
    evidence = """
        child | metric    | on         | value
        c1    | consent   | 2017-02-01 | yes
        c2    | consent   | 2017-02-01 | no
        c3    | agreement | 2017-02-01 | yes
    """
    assert verdicts(CHAIN, evidence, as_of="2018-04-30") == {
        "c1 consent": "achieved 2017-02-01",
        "c1 sign_up": "not evidenced: no evidence",
        "c2 consent": "not achieved: not met",
        "c2 sign_up": "not achieved: prerequisite",
        "c3 consent": "not evidenced: no evidence",
        "c3 sign_up": "not achieved: prerequisite",
    }
