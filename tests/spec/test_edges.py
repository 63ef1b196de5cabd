"""Edges at which nothing else here would fail: which row counts on its very day, and what stands
for how much where rows in time and late rows meet.
"""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of, evidence_of, paid, settled

from impactbond.evaluation.decisions import decisions_table

HALF_LATE = "calendar: {evidence: {within: 30 days, late: next claim, late_pays: 50%}}"


@pytest.mark.mechanic(101)
@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        # known by the claim of 30 April 2017, on that day too: nothing is paid
        ("2017-04-30", {}),
        # the day after: paid, and taken back at the next claim
        ("2017-05-01", {"2017-Q1": {"council": "100.00"}, "2017-Q2": {"council": "-100.00"}}),
    ],
)
def test_a_correction_counts_from_the_claim_date_on_which_it_is_recorded(
    recorded: str, expected: dict[str, dict[str, str]]
) -> None:
    evidence = f"""
        child | metric  | on         | recorded   | value | ref | replaces
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |
        c1    | consent | 2017-02-01 | {recorded} | no    | r2  | r1
    """
    assert paid("", evidence) == expected


@pytest.mark.mechanic(101)
def test_a_leaving_that_is_taken_back_is_none() -> None:
    """The second row says that the child is still there: what it reached in March is paid."""
    evidence = """
        child | start      | left       | recorded
        c1    | 2017-01-09 | 2017-02-01 | 2017-02-05
        c1    | 2017-01-09 |            | 2017-03-01
        ---
        child | metric  | on         | value
        c1    | consent | 2017-03-15 | yes
    """
    assert paid("", evidence) == {"2017-Q1": {"council": "100.00"}}


@pytest.mark.mechanic(25)
@pytest.mark.parametrize("since", ["2017-01-15", "2017-03-01"])
def test_of_rows_that_hold_from_one_day_the_one_recorded_last_is_taken(since: str) -> None:
    """On 1 February the latest row that holds counts, or where all hold from later days only, the
    earliest: of the two from one day the one recorded last says south.
    """
    terms = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00,
    rates: [{price: 300.00, only: {borough: [south]}}]}
"""
    evidence = f"""
        child | start      | from       | recorded   | borough
        c1    | 2017-01-09 | {since} | 2017-01-10 | north
        c1    | 2017-01-09 | {since} | 2017-01-20 | south
        c1    | 2017-01-09 | 2017-06-01 | 2017-01-30 | north
        ---
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "300.00"}}


@pytest.mark.mechanic(14, 103)
def test_of_alternatives_one_that_is_paid_whole_goes_before_an_earlier_one_that_is_late() -> None:
    """Consent in February is recorded too late and would earn £50; agreement in March earns £80."""
    terms = f"""
{HALF_LATE}
milestones:
  consent:   {{when: {{observed: consent, in: year one}}, price: 100.00}}
  agreement: {{when: {{observed: agreement, in: year one}}, price: 80.00, instead_of: consent}}
"""
    evidence = """
        child | metric    | on         | value | recorded
        c1    | consent   | 2017-02-01 | yes   | 2017-04-20
        c1    | agreement | 2017-03-01 | yes   | 2017-03-01
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "80.00"}}


MEETINGS = """
milestones:
  meetings: {when: {observed: consent, in: year one}, price: 10.00,
    units: {rows: meeting, in: year one, every: 2}}
"""


@pytest.mark.mechanic(27, 103)
def test_units_of_a_milestone_on_late_evidence_are_late_though_their_rows_are_not() -> None:
    """The consent is recorded after 30 days, the two meetings at once: one unit at half of £10."""
    evidence = """
        child | metric  | on         | value | recorded
        c1    | consent | 2017-02-01 | yes   | 2017-04-20
        c1    | meeting | 2017-03-01 | yes   | 2017-03-01
        c1    | meeting | 2017-03-08 | yes   | 2017-03-08
    """
    assert paid(HALF_LATE + MEETINGS, evidence) == {"2017-Q1": {"council": "5.00"}}


@pytest.mark.mechanic(27, 103)
@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("2017-03-08", "5.00"),  # one row in time is half a unit, which the late row completes
        ("2017-03-08 2017-03-15", "10.00"),  # two are a unit, and the late row begins another
    ],
)
def test_a_late_row_is_counted_after_those_in_time_also_where_it_came_before_them(
    days: str, expected: str
) -> None:
    evidence = f"""
        child | metric  | on         | value | recorded
        c1    | consent | 2017-02-01 | yes   |
        c1    | meeting | 2017-03-01 | yes   | 2017-04-20
        c1    | meeting | {days}     | yes   |
    """
    assert paid(HALF_LATE + MEETINGS, evidence) == {"2017-Q1": {"council": expected}}


@pytest.mark.mechanic(22)
def test_a_stay_is_known_when_the_row_is_recorded_that_says_how_long_it_lasted() -> None:
    """In the family from February; only the row of June, after the window of three months, tells
    that it lasted: it was recorded on 10 June.
    """
    terms = """
metrics: {home: {kind: state, states: [family, care]}}
windows: {spring: start to 3 months after start}
milestones:
  settled: {when: {sustained: home, as: family, for: 28 days, in: spring}, price: 1.00}
"""
    evidence = """
        child | metric | on         | value  | recorded
        c1    | home   | 2017-02-01 | family | 2017-02-01
        c1    | home   | 2017-06-01 | care   | 2017-06-10
    """
    settlement = settled(terms, evidence)
    known = evidence_of(evidence, contract_of(terms))
    table = decisions_table(settlement.contract, known, settlement.claim)
    (row,) = table.to_pylist()
    assert (str(row["achieved_on"]), str(row["known_on"])) == ("2017-02-28", "2017-06-10")


@pytest.mark.mechanic(71, 74)
def test_two_funders_whose_commitments_grow_at_two_claims_each_pay_what_waited_at_its_own() -> None:
    """Half of £400 is £200 for each; £100 of it are committed. The council commits the rest in the
    second quarter and the lottery in the third: each then pays the £100 that waited.
    """
    terms = """
funders:
  council: {commits: [{from: 2017-01-01, amount: 100.00}, {from: 2017-06-01, amount: 500.00}]}
  lottery: {commits: [{from: 2017-01-01, amount: 100.00}, {from: 2017-09-01, amount: 500.00}]}
funding: [{for: every milestone, shares: {council: 50%, lottery: 50%}}]
limits:
  - {funder: council, at_most: commitment, beyond: unpaid}
  - {funder: lottery, at_most: commitment, beyond: unpaid}
"""
    evidence = """
        child  | metric  | on         | value
        c1..c4 | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "100.00", "lottery": "100.00"},
        "2017-Q2": {"council": "100.00"},
        "2017-Q3": {"lottery": "100.00"},
    }
