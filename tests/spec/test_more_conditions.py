"""Conditions about totals, means and ways, and about what did not happen."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import THE_END, contract_of, evidence_of, paid, verdicts

from impactbond.dialect import Engine
from impactbond.settlement.settle import settle

MORE = """
metrics:
  earned: {kind: quantity, unit: pounds, decimals: 2}
  offence: {kind: event, repeats: true}
  order: {kind: event}
windows: {quarter: start to 3 months after start}
"""


def when(condition: str) -> str:
    """A contract that pays £100.00 for this condition."""
    return f"{MORE}milestones: {{goal: {{when: {condition}, price: 100.00}}}}"


@pytest.mark.mechanic(21)
def test_earnings_reach_each_of_four_totals_on_their_own_days() -> None:
    # DfE care leavers: £768, £1,631, £3,350 and £8,155, each £2,750.
    steps = {"first": "768", "second": "1631", "third": "3350", "fourth": "8155"}
    milestones = [
        f"  {name}: {{when: {{total: earned, in: year one, at_least: {amount}}}, price: 2750.00}}\n"
        for name, amount in steps.items()
    ]
    evidence = """
        child | metric | on         | value
        c1    | earned | 2017-02-28 | 767.99
        c1    | earned | 2017-03-31 | 0.01
        c1    | earned | 2017-04-30 | 2582.00
        c2    | earned | 2017-02-28 | 0
    """
    assert verdicts(f"{MORE}milestones:\n{''.join(milestones)}", evidence) == {
        "c1 first": "achieved 2017-03-31",
        "c1 second": "achieved 2017-04-30",
        "c1 third": "achieved 2017-04-30",  # 3,350.00 exactly
        "c1 fourth": "not achieved: not met",
        **{f"c2 {name}": "not achieved: not met" for name in steps},
    }


@pytest.mark.mechanic(13)
def test_the_best_measure_is_the_highest_or_lowest_as_the_metric_gets_better() -> None:
    evidence = """
        child | metric  | on         | value
        c1    | sdq     | 2017-11-01 | 16
        c1    | sdq     | 2017-12-01 | 15
        c1    | sdq     | 2018-01-01 | 15
        c1    | sdq     | 2018-02-01 | 30
        c1    | reading | 2017-11-01 | 100
        c1    | reading | 2017-12-01 | 90
    """
    sdq = when("{level: sdq, pick: best, in: end, is: below 16}")
    assert verdicts(sdq, evidence) == {"c1 goal": "achieved 2017-12-01"}  # the first day with it
    reading = when("{level: reading, pick: best, in: end, is: at least 100}")
    assert verdicts(reading, evidence) == {"c1 goal": "achieved 2017-11-01"}


@pytest.mark.mechanic(13)
def test_a_mean_is_compared_exactly_and_met_on_the_last_day() -> None:
    terms = when("{level: sdq, pick: mean, in: end, is: below 16}")
    evidence = """
        child | metric | on         | value
        c1 c2 | sdq    | 2017-11-01 | 15
        c1 c2 | sdq    | 2017-12-01 | 16
        c1    | sdq    | 2018-01-01 | 16
        c2    | sdq    | 2018-01-01 | 17
    """
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2018-01-01",  # 47 / 3
        "c2 goal": "not achieved: not met",  # 48 / 3 is 16
    }


@pytest.mark.mechanic(14)
def test_an_improvement_must_be_held_against_a_bar_that_changes() -> None:
    # Healthier Devon: weight -2 kg at 6 months, -3 kg at 12, -1.5 kg at 24, all from the start.
    terms = """
metrics: {weight: {kind: score, range: [30, 200], better: lower, decimals: 1}}
windows:
  at start: start through 1 week after start
  at six: 5 months after start to 7 months after start
  at twelve: 11 months after start to 13 months after start
  at twenty: 20 months after start to 23 months after start
milestones:
  held: {when: {all: [
    {improves: weight, by: 2, between: [at start, at six]},
    {improves: weight, by: 3, between: [at start, at twelve]},
    {improves: weight, by: 1.5, between: [at start, at twenty]}]}, price: 100.00}
"""
    evidence = """
        child | metric | on         | value
        c1 c2 | weight | 2017-01-09 | 90.0
        c1 c2 | weight | 2017-07-01 | 88.0
        c1 c2 | weight | 2018-01-01 | 87.0
        c1    | weight | 2018-10-01 | 88.5
        c2    | weight | 2018-10-01 | 88.6
    """
    assert verdicts(terms, evidence) == {
        "c1 held": "achieved 2018-10-01",
        "c2 held": "not achieved: not met",
    }


CLEAN = "{absence: offence, in: quarter, shown_by: {observed: assessed, in: quarter}}"


@pytest.mark.mechanic(15)
def test_nothing_happened_only_where_something_shows_that_somebody_looked() -> None:
    evidence = """
        child | start
        c4    | 2017-01-09
        ---
        child    | metric   | on         | value
        c1 c2 c3 | assessed | 2017-03-01 | yes
        c2       | offence  | 2017-04-08 | yes
        c3       | offence  | 2017-04-08 | no
        c5       | assessed | 2017-03-01 | no
        c6       | offence  | 2017-02-01 | yes
    """
    assert verdicts(when(CLEAN), evidence) == {
        "c1 goal": "achieved 2017-04-08",  # the last day of the quarter
        "c2 goal": "not achieved: not met",
        "c3 goal": "achieved 2017-04-08",
        "c4 goal": "not evidenced: no evidence",  # nobody looked
        "c5 goal": "not achieved: not met",
        "c6 goal": "not achieved: not met",  # whatever else is known
    }
    assert paid(when(CLEAN), evidence) == {"2017-Q2": {"council": "200.00"}}


@pytest.mark.mechanic(15)
def test_a_clean_quarter_waits_for_the_day_of_what_shows_it() -> None:
    shown_later = when(
        "{absence: offence, in: quarter, shown_by: {observed: assessed, in: year one}}"
    )
    evidence = """
        child | metric   | on         | value
        c1    | assessed | 2017-06-01 | yes
        c2    | assessed | 2017-02-01 | yes
    """
    assert verdicts(shown_later, evidence) == {
        "c1 goal": "achieved 2017-06-01",
        "c2 goal": "achieved 2017-04-08",
    }


@pytest.mark.mechanic(15)
def test_what_is_not_so_was_looked_at_and_is_decided_on_the_last_day() -> None:
    terms = when("{not: {observed: order, in: quarter}}")
    evidence = """
        child | start
        c3    | 2017-01-09
        ---
        child | metric | on         | value
        c1    | order  | 2017-02-01 | no
        c2    | order  | 2017-02-01 | yes
    """
    assert verdicts(terms, evidence, as_of="2017-04-30") == {
        "c1 goal": "not yet due: window open",
        "c2 goal": "not yet due: window open",
        "c3 goal": "not yet due: window open",
    }
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-04-08",
        "c2 goal": "not achieved: not met",
        "c3 goal": "not evidenced: no evidence",
    }


HALFWAY = when(
    "{travels: {sdq: at most 16, reading: at least 90, attendance: at least 92%},"
    " between: [baseline, end], at_least: 50%}"
)


@pytest.mark.mechanic(11)
def test_the_average_distance_travelled_is_the_mean_of_the_ways_gone() -> None:
    evidence = """
        child    | metric     | on         | value
        c1 c2 c3 | sdq        | 2017-01-10 | 20
        c1 c2 c3 | reading    | 2017-01-10 | 80
        c1 c2 c3 | attendance | 2017-01-10 | 95.0
        c1 c2 c3 | sdq        | 2017-11-01 | 17
        c1       | reading    | 2017-12-01 | 83
        c2       | reading    | 2017-12-01 | 82
    """
    # Attendance is past its threshold from the start. c1: 3/4 and 3/10, 52.5% on average; c2: 3/4
    # and 2/10, 47.5%; of c3 one way is not known.
    assert verdicts(HALFWAY, evidence) == {
        "c1 goal": "achieved 2017-12-01",
        "c2 goal": "not achieved: not met",
        "c3 goal": "not evidenced: no evidence",
    }


@pytest.mark.mechanic(11)
def test_a_way_gone_back_counts_against_one_gone_on_and_no_way_is_none() -> None:
    evidence = """
        child | metric     | on         | value
        c1 c2 | sdq        | 2017-01-10 | 20
        c1 c2 | reading    | 2017-01-10 | 80
        c1 c2 | attendance | 2017-01-10 | 95
        c1    | sdq        | 2017-11-01 | 8
        c2    | sdq        | 2017-11-01 | 9
        c1 c2 | reading    | 2017-12-01 | 60
        c3    | sdq        | 2017-01-10 | 16
        c3    | reading    | 2017-01-10 | 90
        c3    | attendance | 2017-01-10 | 92
    """
    # c1: three ways forward and two back, 50% on average; c2 less. c3 had no way to go.
    assert verdicts(HALFWAY, evidence) == {
        "c1 goal": "achieved 2017-12-01",
        "c2 goal": "not achieved: not met",
        "c3 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(11)
@pytest.mark.parametrize("engine", ["duckdb", "polars", "pandas"])
def test_who_has_gone_nothing_of_the_way_is_not_paid_on_any_engine(engine: Engine) -> None:
    # 3 ways × 83,333 × 10,000 hundredths is more than 32 bits hold.
    terms = when(
        "{travels: {sdq: at most 16, reading: at least 90, attendance: at least 97%},"
        " between: [baseline, end], at_least: 83.333%}"
    )
    evidence = """
        child | metric     | on                    | value
        c1    | sdq        | 2017-01-10 2017-11-01 | 20
        c1    | reading    | 2017-01-10 2017-11-01 | 80
        c1    | attendance | 2017-01-10 2017-11-01 | 95.0
    """
    contract = contract_of(terms)
    known = evidence_of(evidence, contract)
    settled = settle(contract, known, as_of=THE_END, engine=engine)
    assert settled.lines_table.num_rows == 0


@pytest.mark.mechanic(11)
def test_exactly_a_third_of_the_way_is_a_third() -> None:
    terms = when("{travels: {sdq: at most 17}, between: [baseline, end], at_least: 1/3}")
    evidence = """
        child | metric | on         | value
        c1 c2 | sdq    | 2017-01-10 | 20
        c1    | sdq    | 2017-11-01 | 19
        c2    | sdq    | 2017-11-01 | 20
    """
    # 1 of 3 points; rounded down to 33.33% it was less than a third.
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-11-01",
        "c2 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(11)
def test_a_third_of_one_way_and_two_thirds_of_another_are_half_of_the_way() -> None:
    terms = when(
        "{travels: {sdq: at most 17, reading: at least 93}, between: [baseline, end],"
        " at_least: 50%}"
    )
    evidence = """
        child | metric  | on         | value
        c1 c2 | sdq     | 2017-01-10 | 20
        c1 c2 | reading | 2017-01-10 | 90
        c1 c2 | sdq     | 2017-11-01 | 19
        c1    | reading | 2017-12-01 | 92
        c2    | reading | 2017-12-01 | 91
    """
    # c1: (1/3 + 2/3) / 2 is exactly 50%; c2: 1/3 of both.
    assert verdicts(terms, evidence) == {
        "c1 goal": "achieved 2017-12-01",
        "c2 goal": "not achieved: not met",
    }


@pytest.mark.mechanic(107)
def test_evidence_from_a_source_that_the_contract_does_not_name_is_refused() -> None:
    from tests.spec.drawn_tables import contract_of, evidence_of

    contract = contract_of("metrics: {consent: {kind: event, sources: [school template]}}")
    evidence = """
        child | metric  | on         | value | source
        c1    | consent | 2017-02-01 | yes   | school template
        c2    | consent | 2017-02-01 | yes   | a phone call
        c3    | consent | 2017-02-01 | yes   |
    """
    read = evidence_of(evidence, contract)
    refused = read.refused_table.to_pylist()
    assert [(row["row"], row["code"], row["allowed"]) for row in refused] == [
        (2, "source_not_accepted", "school template"),
        (3, "source_not_accepted", "school template"),
    ]
    assert read.observations_table["participant"].to_pylist() == ["c1"]
    assert "phone" not in str(refused)
