"""For whom a milestone is, which of several is paid, and how a claim stands."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import lines, paid, rows, verdicts

AGED = """
participants: {attributes: {age at start: ["13", "14", "15", "16"]}}
milestones:
  joins: {when: {observed: consent, in: year one}, price: 10.00}
  school:
    {only: {age at start: ["14", "15"]}, when: {observed: assessed, in: year one}, price: 100.00}
"""


@pytest.mark.mechanic(24)
def test_an_outcome_is_for_those_who_were_of_that_age_at_the_start() -> None:
    evidence = """
        child | start      | age at start | from       | recorded
        c13   | 2017-01-09 | 13           | 2017-01-09 | 2017-01-09
        c13   | 2017-01-09 | 14           | 2017-02-09 | 2017-02-09
        c14   | 2017-01-09 | 14           | 2017-01-09 | 2017-01-09
        ---
        child   | metric   | on         | value
        c13 c14 | consent  | 2017-02-01 | yes
        c13 c14 | assessed | 2017-03-01 | yes
    """
    assert verdicts(AGED, evidence) == {
        "c13 joins": "achieved 2017-02-01",
        "c13 school": "ineligible: not for segment",  # turned 14 after the start
        "c14 joins": "achieved 2017-02-01",
        "c14 school": "achieved 2017-03-01",
    }


ROUTES = """
milestones:
  school_and_crime: {instead_of: work, when: {observed: agreement, in: year one}, price: 3900.00}
  work: {when: {observed: consent, in: year one}, price: 4000.00}
"""


@pytest.mark.mechanic(22, 23)
def test_of_two_routes_to_the_same_payment_the_first_is_paid_and_never_both() -> None:
    # Troubled Families: crime and education £3,900, or employment £4,000.
    evidence = """
        child | metric    | on         | value
        c1    | agreement | 2017-02-01 | yes
        c1    | consent   | 2017-03-01 | yes
        c2    | consent   | 2017-02-01 | yes
        c2    | agreement | 2017-03-01 | yes
        c3    | consent   | 2017-02-01 | yes
        c3    | agreement | 2017-02-01 | yes
    """
    assert verdicts(ROUTES, evidence) == {
        "c1 school_and_crime": "achieved 2017-02-01",
        "c1 work": "not achieved: alternative",
        "c2 school_and_crime": "not achieved: alternative",
        "c2 work": "achieved 2017-02-01",
        "c3 school_and_crime": "achieved 2017-02-01",  # on one day: as the contract is written
        "c3 work": "not achieved: alternative",
    }


@pytest.mark.mechanic(23, 116)
def test_a_route_that_turns_out_to_have_been_first_takes_the_place_of_the_other() -> None:
    evidence = """
        child | metric    | on         | value | recorded
        c1    | agreement | 2017-02-01 | yes   | 2017-02-01
        c1    | consent   | 2017-01-31 | yes   | 2017-05-01
    """
    assert paid(ROUTES, evidence) == {
        "2017-Q1": {"council": "3,900.00"},
        "2017-Q2": {"council": "100.00"},
    }


@pytest.mark.mechanic(102)
def test_only_those_who_started_while_referrals_were_open_are_paid_for() -> None:
    terms = "participants: {started: 2017-01-01 through 2017-03-31}"
    evidence = """
        child | start
        c1    | 2017-03-31
        c2    | 2017-04-01
        ---
        child | metric  | on         | value
        c1 c2 | consent | 2017-12-01 | yes
    """
    assert verdicts(terms, evidence) == {"c1 consent": "achieved 2017-12-01"}
    assert paid(terms, evidence) == {"2017-Q4": {"council": "100.00"}}  # the tail


HALF_LATE = "calendar: {evidence: {within: 30 days, late: next claim, late_pays: 50%}}"


@pytest.mark.mechanic(103)
def test_late_evidence_earns_a_share_of_the_price() -> None:
    evidence = """
        child | metric  | on         | value | recorded
        c1    | consent | 2017-03-01 | yes   | 2017-03-31
        c2    | consent | 2017-03-01 | yes   | 2017-04-01
        c3    | consent | 2017-03-01 | yes   | 2017-06-01
    """
    assert paid(HALF_LATE, evidence) == {
        "2017-Q1": {"council": "150.00"},  # c1 whole, c2 half
        "2017-Q2": {"council": "50.00"},
    }


@pytest.mark.mechanic(103)
def test_what_was_in_time_as_well_is_paid_whole_on_the_day_that_was_in_time() -> None:
    evidence = """
        child | metric  | on         | value | recorded
        c1    | consent | 2017-02-01 | yes   | 2017-04-20
        c1    | consent | 2017-04-10 | yes   | 2017-04-10
    """
    # By the first claim date the late row is known, of the first quarter; then the row in time.
    assert verdicts(HALF_LATE, evidence) == {"c1 consent": "achieved 2017-04-10"}
    assert paid(HALF_LATE, evidence) == {
        "2017-Q1": {"council": "50.00"},
        "2017-Q2": {"council": "50.00"},  # 100.00 in April less the 50.00
    }


@pytest.mark.mechanic(105)
def test_what_is_in_dispute_is_withheld_and_the_rest_is_paid() -> None:
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces | status
        c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |          |
        c2    | consent | 2017-02-01 | yes   | 2017-02-01 | b   |          | disputed
        c2    | consent | 2017-02-01 | yes   | 2017-05-01 | c   | b        |
        c3    | consent | 2017-02-01 | yes   | 2017-02-01 | d   |          |
        c3    | consent | 2017-02-01 | yes   | 2017-05-01 | e   | d        | disputed
    """
    # c2's dispute is settled in May, when c3's begins.
    assert paid("", evidence) == {"2017-Q1": {"council": "200.00"}}
    told = [
        (row["claimed"], row["child"], row["because"], row["value"], row["withheld"])
        for row in lines("", evidence)
    ]
    assert sorted(told) == [
        ("2017-Q1", "c1", "achieved", "100.00", "0.00"),
        ("2017-Q1", "c2", "achieved", "100.00", "100.00"),
        ("2017-Q1", "c3", "achieved", "100.00", "0.00"),
        ("2017-Q2", "c2", "dispute settled", "-100.00", "-100.00"),
        ("2017-Q2", "c2", "dispute settled", "100.00", "0.00"),
        ("2017-Q2", "c3", "in dispute", "-100.00", "0.00"),
        ("2017-Q2", "c3", "in dispute", "100.00", "100.00"),
    ]


@pytest.mark.mechanic(105)
def test_a_dispute_that_is_lost_takes_back_what_it_withheld() -> None:
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces | status
        c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |          | disputed
        c1    | consent | 2017-02-01 | no    | 2017-05-01 | b   | a        |
    """
    assert lines("", evidence) == rows("""
        claimed | kind       | child | milestone | achieved | because    | value   | withheld
        2017-Q1 | claim      | c1    | consent   | 2017-Q1  | achieved   | 100.00  | 100.00
        2017-Q2 | adjustment | c1    | consent   | 2017-Q1  | taken back | -100.00 | -100.00
    """)


@pytest.mark.mechanic(105)
def test_of_units_of_a_period_those_in_dispute_are_told_from_those_that_are_paid() -> None:
    terms = """
milestones:
  met:
    when: {count: meeting, in: year one, at_least: 1}
    units: {rows: meeting, in: year one}
    price: 10.00
"""
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces | status
        c1    | meeting | 2017-02-01 | yes   | 2017-02-01 | a   |          |
        c1    | meeting | 2017-02-02 | yes   | 2017-02-02 | b   |          |
        c1    | meeting | 2017-02-03 | yes   | 2017-02-03 | c   |          |
        c1    | meeting | 2017-02-02 | yes   | 2017-06-01 | d   | b        | disputed
    """
    assert lines(terms, evidence) == rows("""
        claimed | kind       | child | milestone | achieved | because    | value  | withheld
        2017-Q1 | claim      | c1    | met       | 2017-Q1  | achieved   | 30.00  | 0.00
        2017-Q2 | adjustment | c1    | met       | 2017-Q1  | in dispute | -10.00 | 0.00
        2017-Q2 | adjustment | c1    | met       | 2017-Q1  | in dispute | 10.00  | 10.00
    """)


@pytest.mark.mechanic(104)
def test_a_claim_that_was_rejected_can_be_made_again() -> None:
    evidence = """
        child | metric  | on         | value | recorded   | ref | replaces | status
        c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |          |
        c1    | consent | 2017-02-01 |       | 2017-05-01 | b   | a        | withdrawn
        c1    | consent | 2017-02-01 | yes   | 2017-08-01 | c   |          |
    """
    assert paid("", evidence) == {
        "2017-Q1": {"council": "100.00"},
        "2017-Q2": {"council": "-100.00"},
        "2017-Q3": {"council": "100.00"},
    }


@pytest.mark.mechanic(108)
def test_an_outcome_in_administrative_data_is_paid_without_a_claim_by_anybody() -> None:
    terms = """
metrics: {earned: {kind: quantity, decimals: 2, sources: [HMRC]}}
milestones: {job: {when: {total: earned, in: year one, at_least: 3350}, price: 2750.00}}
"""
    evidence = """
        child | metric | on         | value   | source
        c1    | earned | 2017-02-28 | 1700.00 | HMRC
        c1    | earned | 2017-03-31 | 1700.00 | HMRC
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "2,750.00"}}


@pytest.mark.mechanic(89)
def test_an_outcome_that_another_programme_pays_for_is_not_paid_and_must_be_asked_about() -> None:
    terms = """
metrics: {funded elsewhere: {kind: event}}
milestones:
  job: {when: {all: [{observed: consent, in: year one},
        {not: {observed: funded elsewhere, in: year one}}]}, price: 100.00}
"""
    evidence = """
        child    | metric           | on         | value
        c1 c2 c3 | consent          | 2017-02-01 | yes
        c1       | funded elsewhere | 2017-02-01 | no
        c2       | funded elsewhere | 2017-06-01 | yes
    """
    assert verdicts(terms, evidence) == {
        "c1 job": "achieved 2018-01-08",
        "c2 job": "not achieved: not met",
        "c3 job": "not evidenced: no evidence",  # nobody asked
    }


def slots(clock: str) -> str:
    """A contract in which children hold places one after another."""
    return f"""
participants:
  attributes: {{place: text}}
  places: {{by: place, clock: {clock}}}
windows: {{quarter: start to 3 months after start}}
milestones:
  joins: {{when: {{observed: consent, in: quarter}}, price: 10.00}}
  stays: {{after: joins, when: {{observed: assessed, in: year one}}, price: 100.00}}
"""


REPLACED = """
    child | start      | left       | place
    c1    | 2017-01-09 | 2017-03-01 | P1
    c2    | 2017-03-02 |            | P1
    c3    | 2017-03-02 |            | P2
    ---
    child | metric   | on         | value
    c1    | consent  | 2017-01-20 | yes
    c2 c3 | consent  | 2017-05-20 | yes
    c1    | assessed | 2017-04-01 | yes
    c2    | assessed | 2018-02-01 | yes
"""


@pytest.mark.mechanic(113)
def test_a_replacement_whose_clock_starts_afresh_is_paid_what_the_place_was_not() -> None:
    assert verdicts(slots("restarts"), REPLACED) == {
        "c1 joins": "achieved 2017-01-20",
        "c1 stays": "withdrawn: left",
        "c2 joins": "not achieved: place taken",
        "c2 stays": "achieved 2018-02-01",  # within a year of c2's own start
        "c3 joins": "achieved 2017-05-20",
        "c3 stays": "not evidenced: no evidence",
    }


@pytest.mark.mechanic(113)
def test_a_replacement_whose_clock_goes_on_has_the_time_that_is_left() -> None:
    assert verdicts(slots("goes on"), REPLACED) == {
        "c1 joins": "achieved 2017-01-20",
        "c1 stays": "withdrawn: left",
        "c2 joins": "not evidenced: no evidence",  # the quarter ended on 8 April
        "c2 stays": "not evidenced: no evidence",  # the year on 8 January 2018
        "c3 joins": "achieved 2017-05-20",
        "c3 stays": "not evidenced: no evidence",
    }
