"""The two dates of evidence: the day it speaks of decides what is achieved, the day it was
recorded decides at which claim it counts."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import BASE, contract_of, evidence_of, lines, paid, rows, verdicts

from impactbond.errors import EvidenceError
from impactbond.settlement.settle import settle

LATE_EARNS_NOTHING = "calendar: {evidence: {within: 90 days, late: nothing}}"


@pytest.mark.mechanic(99, 103)
def test_evidence_counts_at_the_first_claim_date_by_which_it_is_recorded() -> None:
    evidence = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-02-01 | 2017-04-30 | yes
        c2    | consent | 2017-02-01 | 2017-05-01 | yes
    """
    # The claim for January to March is made on 30 April.
    assert lines(BASE, evidence) == rows("""
        claimed | kind       | child | milestone | achieved | because  | value  | withheld
        2017-Q1 | claim      | c1    | consent   | 2017-Q1  | achieved | 100.00 | 0.00
        2017-Q2 | adjustment | c2    | consent   | 2017-Q1  | achieved | 100.00 | 0.00
    """)


@pytest.mark.mechanic(99)
def test_what_is_achieved_after_a_period_waits_for_the_next_however_soon_it_is_recorded() -> None:
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-03-31 | yes
        c2    | consent | 2017-04-01 | yes
    """
    assert verdicts(BASE, evidence, as_of="2017-04-30") == {
        "c1 consent": "achieved 2017-03-31",
        "c2 consent": "not yet due: window open",
    }
    assert paid(BASE, evidence) == {
        "2017-Q1": {"council": "100.00"},
        "2017-Q2": {"council": "100.00"},
    }


@pytest.mark.mechanic(101, 103)
def test_late_evidence_earns_nothing_where_the_contract_says_so() -> None:
    evidence = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-02-01 | 2017-05-02 | yes
        c2    | consent | 2017-02-01 | 2017-05-03 | yes
    """
    # 90 days after 1 February is 2 May: 27 in February, 31, 30 and 2.
    assert verdicts(LATE_EARNS_NOTHING, evidence) == {
        "c1 consent": "achieved 2017-02-01",
        "c2 consent": "late: recorded late",
    }
    assert paid(LATE_EARNS_NOTHING, evidence) == {"2017-Q2": {"council": "100.00"}}


@pytest.mark.mechanic(101, 103)
def test_late_evidence_is_paid_in_full_at_the_next_claim_where_the_contract_says_so() -> None:
    evidence = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-02-01 | 2018-08-01 | yes
    """
    assert paid(BASE, evidence) == {"2018-Q3": {"council": "100.00"}}


@pytest.mark.mechanic(8, 103)
def test_what_needs_a_late_milestone_is_late_with_it() -> None:
    terms = f"""
{LATE_EARNS_NOTHING}
milestones:
  consent: {{when: {{observed: consent, in: year one}}, price: 100.00}}
  sign_up: {{after: consent, when: {{observed: agreement, in: year one}}, price: 450.00}}
"""
    evidence = """
        child | metric    | on         | recorded   | value
        c1    | consent   | 2017-02-01 | 2017-08-01 | yes
        c1    | agreement | 2017-02-10 | 2017-02-10 | yes
    """
    assert verdicts(terms, evidence) == {
        "c1 consent": "late: recorded late",
        "c1 sign_up": "late: recorded late",
    }
    assert paid(terms, evidence) == {}


@pytest.mark.mechanic(103)
def test_one_late_row_among_enough_that_came_in_time_costs_nothing() -> None:
    terms = f"""
{LATE_EARNS_NOTHING}
milestones: {{goal: {{when: {{count: meeting, in: year one, at_least: 2}}, price: 100.00}}}}
"""
    evidence = """
        child | metric  | on                    | recorded   | value
        c1 c2 | meeting | 2017-02-01            | 2017-12-01 | yes
        c1    | meeting | 2017-03-01 2017-04-01 |            | yes
        c2    | meeting | 2017-03-01            |            | yes
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-04-01",  # the second of those recorded in time
        "c2 goal": "late: recorded late",
    }


@pytest.mark.mechanic(95, 116)
def test_a_correction_takes_back_at_the_next_claim_what_was_paid() -> None:
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |
        c1    | consent | 2017-02-01 | 2017-06-01 | no    | r2  | r1
    """
    assert lines(BASE, evidence) == rows("""
        claimed | kind       | child | milestone | achieved | because    | value   | withheld
        2017-Q1 | claim      | c1    | consent   | 2017-Q1  | achieved   | 100.00  | 0.00
        2017-Q2 | adjustment | c1    | consent   | 2017-Q1  | taken back | -100.00 | 0.00
    """)


@pytest.mark.mechanic(104, 116)
def test_a_correction_put_right_pays_again() -> None:
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |
        c1    | consent | 2017-02-01 | 2017-06-01 | no    | r2  | r1
        c1    | consent | 2017-02-01 | 2017-08-01 | yes   | r3  | r2
    """
    assert paid(BASE, evidence) == {
        "2017-Q1": {"council": "100.00"},
        "2017-Q2": {"council": "-100.00"},
        "2017-Q3": {"council": "100.00"},
    }


@pytest.mark.mechanic(95)
def test_what_was_replaced_stays_replaced_though_what_replaced_it_is_replaced_too() -> None:
    evidence = """
        child | metric | on         | recorded   | value | ref | replaces
        c1    | sdq    | 2017-11-01 | 2017-11-01 | 10    | r1  |
        c1    | sdq    | 2017-11-02 | 2018-01-05 | 20    | r2  | r1
        c1    | sdq    | 2017-11-01 | 2018-01-06 | 30    | r3  | r2
    """
    terms = "milestones: {goal: {when: {level: sdq, in: end, is: below 17}, price: 100.00}}"
    assert verdicts(terms, evidence) == {"c1 goal": "not achieved: not met"}


@pytest.mark.mechanic(95)
def test_evidence_that_is_withdrawn_is_not_evidence_any_more() -> None:
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces | status
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |          |
        c1    | consent | 2017-02-01 | 2017-06-01 |       | r2  | r1       | withdrawn
    """
    assert verdicts(BASE, evidence) == {"c1 consent": "not evidenced: no evidence"}
    assert paid(BASE, evidence) == {
        "2017-Q1": {"council": "100.00"},
        "2017-Q2": {"council": "-100.00"},
    }


@pytest.mark.mechanic(99, 116)
def test_a_day_put_right_moves_the_claim_to_the_period_in_which_it_belongs() -> None:
    evidence = """
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-03-31 | 2017-04-03 | yes   | r1  |
        c1    | consent | 2017-04-01 | 2017-06-01 | yes   | r2  | r1
    """
    assert lines(BASE, evidence) == rows("""
        claimed | kind       | child | milestone | achieved | because    | value   | withheld
        2017-Q1 | claim      | c1    | consent   | 2017-Q1  | achieved   | 100.00  | 0.00
        2017-Q2 | adjustment | c1    | consent   | 2017-Q1  | taken back | -100.00 | 0.00
        2017-Q2 | claim      | c1    | consent   | 2017-Q2  | achieved   | 100.00  | 0.00
    """)
    assert paid(BASE, evidence) == {"2017-Q1": {"council": "100.00"}}


@pytest.mark.mechanic(95)
def test_a_later_measure_in_the_window_takes_back_what_an_earlier_one_had_earned() -> None:
    terms = "milestones: {goal: {when: {level: sdq, in: end, is: below 17}, price: 100.00}}"
    evidence = """
        child | metric | on         | value
        c1    | sdq    | 2017-11-01 | 16
        c1    | sdq    | 2018-02-01 | 17
    """
    assert paid(terms, evidence) == {
        "2017-Q4": {"council": "100.00"},
        "2018-Q1": {"council": "-100.00"},
    }


@pytest.mark.mechanic(103)
def test_a_child_of_whom_we_are_told_late_is_claimed_for_at_the_next_claim() -> None:
    evidence = """
        child | start      | recorded
        c1    | 2017-01-09 | 2017-06-01
        ---
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    assert paid(BASE, evidence) == {"2017-Q2": {"council": "100.00"}}


@pytest.mark.mechanic(112)
def test_a_row_that_cannot_be_read_stops_the_settlement_until_it_is_left_out_knowingly() -> None:
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
        c2    | consent | 2017-02-01 | perhaps
    """
    contract = contract_of(BASE)
    read = evidence_of(evidence, contract)
    with pytest.raises(EvidenceError) as refused:
        settle(contract, read, as_of="2017-04-30")
    assert "perhaps" not in str(refused.value)
    settlement = settle(contract, read, as_of="2017-04-30", leave_out_refused=True)
    assert (settlement.refused_left_out, settlement.due_pence("council")) == (1, 100_00)
